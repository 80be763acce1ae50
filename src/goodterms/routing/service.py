"""Agents' days: every step under the agent's row lock, logged, and told to whoever listens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from goodterms.access.model import Person
from goodterms.calls.model import AttemptDisposed, AttemptState
from goodterms.calls.service import CallService
from goodterms.kit.errors import Conflict, NotFound
from goodterms.kit.ids import new_secret
from goodterms.kit.sql import Connection
from goodterms.kit.wake import Topic, notify
from goodterms.routing import store
from goodterms.routing.decide import fits, steps, waits_with_pause
from goodterms.routing.model import AGENT, Agent, AgentEvent, AgentState, Phone

_IDLE = (AgentState.SIGNED_OUT, AgentState.PAUSED, AgentState.READY)


class RoutingService:
    """Signs agents in and out and moves them through their life cycle."""

    def __init__(self, calls: CallService) -> None:
        self._calls = calls

    async def agents(self, conn: Connection) -> list[Agent]:
        """Read everybody who ever signed in as an agent, by name."""
        return await store.agents(conn)

    async def agent(self, conn: Connection, person_id: int) -> Agent:
        """Read one agent.

        Raises:
            NotFound: this person never signed in as an agent.
        """
        found = await store.agent(conn, person_id)
        if found is None:
            raise NotFound("AGENT_UNKNOWN", f"Person {person_id} is not signed in as an agent.")
        return found

    async def sign_in(
        self,
        conn: Connection,
        person: Person,
        endpoint: str,
        *,
        campaign_ids: Sequence[int] = (),
        now: datetime,
    ) -> Agent:
        """Open an agent's day, paused; an agent at work stays as they are.

        ``endpoint`` is the telephone the node dials; ``campaign_ids`` empty means all campaigns.
        """
        await store.enrol(
            conn, person.id, person.display_name, endpoint, now, automatic=person.automatic
        )
        before = await self._locked(conn, person.id)
        named = replace(
            before,
            name=person.display_name,
            endpoint=endpoint,
            campaign_ids=tuple(campaign_ids),
        )
        if not fits(named, AgentEvent.SIGN_IN):
            return await self._save(conn, named, now)
        return await self._step(conn, named, AgentEvent.SIGN_IN, reason="signed in", now=now)

    async def ready(self, conn: Connection, person_id: int, *, now: datetime) -> Agent:
        """Make an agent available; takes back a pause that was to follow this call.

        Raises:
            Conflict: a call still waits for its disposition.
        """
        before = await self._locked(conn, person_id)
        if waits_with_pause(before):
            if before.state is AgentState.WRAP_UP and not await self._owes(conn, before):
                return await self._step(conn, before, AgentEvent.DISPOSE, now=now)
            if before.state is AgentState.WRAP_UP:
                raise Conflict("DISPOSITION_DUE", "Dispose of the last call first, then go ready.")
            return await self._save(conn, replace(before, pause_after=False), now)
        return await self._step(conn, before, AgentEvent.READY, now=now)

    async def pause(self, conn: Connection, person_id: int, reason: str, *, now: datetime) -> Agent:
        """Take an agent out of the line, at once or as soon as the present call is done."""
        before = await self._locked(conn, person_id)
        if waits_with_pause(before):
            return await self._save(conn, replace(before, pause_after=True, reason=reason), now)
        return await self._step(conn, before, AgentEvent.PAUSE, reason=reason, now=now)

    async def sign_out(self, conn: Connection, person_id: int, *, now: datetime) -> Agent:
        """End an agent's day.

        Raises:
            Conflict: a call is on its way or on the line.
        """
        before = await self._locked(conn, person_id)
        if before.state is AgentState.SIGNED_OUT:
            return before
        if not fits(before, AgentEvent.SIGN_OUT):
            raise Conflict("CALL_LIVES", "Finish the call, or pause first, then sign out.")
        await store.forget_phone(conn, person_id)
        return await self._step(conn, before, AgentEvent.SIGN_OUT, now=now)

    async def move(
        self,
        conn: Connection,
        person_id: int,
        event: AgentEvent,
        *,
        attempt_id: str | None = None,
        reason: str = "",
        now: datetime,
    ) -> Agent:
        """Take one step of the life cycle.

        Raises:
            IllegalTransition: the agent cannot take this step now.
        """
        before = await self._locked(conn, person_id)
        after = before
        for part in steps(before, event):
            after = await self._step(
                conn, after, part, attempt_id=attempt_id, reason=reason, now=now
            )
        return after

    async def observe(
        self,
        conn: Connection,
        person_id: int,
        event: AgentEvent,
        *,
        attempt_id: str | None = None,
        reason: str = "",
        now: datetime,
    ) -> Agent:
        """Record what the engine saw; if the agent has moved on meanwhile, nothing changes."""
        before = await self._locked(conn, person_id)
        after = before
        for part in steps(before, event):
            if fits(after, part):
                after = await self._step(
                    conn, after, part, attempt_id=attempt_id, reason=reason, now=now
                )
        return after

    async def set_line(
        self, conn: Connection, person_id: int, *, line_open: bool, now: datetime
    ) -> Agent:
        """Note whether the agent's telephone line is open."""
        before = await self._locked(conn, person_id)
        if before.line_open == line_open:
            return before
        return await self._save(conn, replace(before, line_open=line_open), now)

    async def issue_phone(self, conn: Connection, person_id: int) -> Phone:
        """Give an agent at work their browser telephone; asked again, the same one.

        The node that sees it (``phones``) makes it and says so (``phone_provided``).

        Raises:
            Conflict: the person is not signed in as an agent.
        """
        phone = await store.issue_phone(conn, person_id, new_secret(18))
        if phone is None:
            raise Conflict("AGENT_AWAY", "Begin work at the desk first; then there is a phone.")
        if not phone.provided:
            await notify(conn, Topic.AGENT, person_id)
        return phone

    async def phones(self, conn: Connection) -> list[Phone]:
        """Read the browser telephones of everybody at work, for the node that provides them."""
        return await store.phones(conn)

    async def phone_provided(self, conn: Connection, phone: Phone, *, now: datetime) -> None:
        """Note that the node lets this telephone register."""
        await store.phone_provided(conn, phone, now)
        await notify(conn, Topic.AGENT, phone.person_id)

    async def on_disposed(self, conn: Connection, event: AttemptDisposed) -> None:
        """Handle AttemptDisposed: the agent's wrap-up of that call is over."""
        if event.attempt.agent_id is None:
            return
        before = await store.agent(conn, event.attempt.agent_id, lock=True)
        if before and before.attempt_id == event.attempt.id and before.state is AgentState.WRAP_UP:
            for part in steps(before, AgentEvent.DISPOSE):
                await self._step(conn, before, part, reason=before.reason, now=event.at)

    async def _owes(self, conn: Connection, agent: Agent) -> bool:
        if agent.attempt_id is None:
            return False
        return (await self._calls.attempt(conn, agent.attempt_id)).state is not AttemptState.CLOSED

    async def _locked(self, conn: Connection, person_id: int) -> Agent:
        found = await store.agent(conn, person_id, lock=True)
        if found is None:
            raise NotFound("AGENT_UNKNOWN", f"Person {person_id} is not signed in as an agent.")
        return found

    async def _step(
        self,
        conn: Connection,
        before: Agent,
        event: AgentEvent,
        *,
        attempt_id: str | None = None,
        reason: str = "",
        now: datetime,
    ) -> Agent:
        state = AGENT.step(before.state, event)
        idle = state in _IDLE
        changed = replace(
            before,
            state=state,
            since=before.since if state is before.state else now,
            reason=reason if state is AgentState.PAUSED else before.reason if not idle else "",
            attempt_id=None if idle else attempt_id or before.attempt_id,
            pause_after=before.pause_after and not idle,
        )
        if event is AgentEvent.CONNECT and before.state is AgentState.PAUSED:
            changed = replace(changed, pause_after=True)
        after = await self._save(conn, changed, now)
        await store.log_step(conn, before, after, event, now)
        return after

    async def _save(self, conn: Connection, changed: Agent, now: datetime) -> Agent:
        after = await store.save(conn, changed, now)
        await notify(conn, Topic.AGENT, after.person_id)
        return after
