"""Attempts: written before they are dialed, marked as they live, closed with what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from goodterms.accounts.model import Channel, ConsentState, Happening, PointStatus, Purpose
from goodterms.accounts.service import AccountService
from goodterms.calls import store
from goodterms.calls.decide import (
    OPT_OUT_KEY,
    automatic_disposition,
    opened,
    reach_disposed,
    reach_of,
)
from goodterms.calls.decide.consequences import Consequence, consequence
from goodterms.calls.model import (
    ATTEMPT,
    Attempt,
    AttemptDisposed,
    AttemptEnded,
    AttemptEvent,
    AttemptState,
    Disposition,
    Ending,
    Opening,
    Outcome,
    Particulars,
    Phase,
    Progress,
    Request,
    RequestKind,
)
from goodterms.compliance.model import Reach
from goodterms.compliance.service import ComplianceService
from goodterms.kit.errors import Conflict, NotFound
from goodterms.kit.events import Bus
from goodterms.kit.sql import Connection
from goodterms.kit.wake import Topic, notify

ENGINE = "system:engine"
_HAPPENINGS = {Phase.QUEUED: "attempt.answered", Phase.TALKING: "attempt.bridged"}


class CallService:
    """Keeps the record of every attempt and applies what follows from it."""

    def __init__(self, accounts: AccountService, compliance: ComplianceService, bus: Bus) -> None:
        self._accounts = accounts
        self._compliance = compliance
        self._bus = bus

    async def open(
        self, conn: Connection, openings: Sequence[Opening], *, now: datetime
    ) -> list[Attempt]:
        """Write the attempts that the gate allowed; none is dialed before this has committed."""
        if openings:
            await store.open_attempts(conn, openings, now)
        return [opened(opening, now) for opening in openings]

    async def place(self, conn: Connection, attempt_id: str, *, now: datetime) -> Attempt | None:
        """Use the permit and note that the order to dial follows; None if it must not.

        Raises:
            Refusal: PERMIT_EXPIRED or PERMIT_USED.
        """
        placed = await store.place(conn, attempt_id, now)
        if placed is None:
            return None
        await self._compliance.use_permit(conn, attempt_id, now=now)
        await self._tell(conn, placed, "attempt.placed", now)
        return placed

    async def still_wanted(self, conn: Connection, attempt_id: str) -> bool:
        """Tell, under the account lock, whether a placed attempt may be dialed now."""
        return await store.still_wanted(conn, attempt_id)

    async def mark(
        self,
        conn: Connection,
        attempt_id: str,
        phase: Phase,
        *,
        now: datetime,
        **progress: Unpack[Progress],
    ) -> Attempt | None:
        """Note how far a live call is; None if it has ended meanwhile."""
        found = await store.mark(conn, attempt_id, phase, progress)
        if found is None:
            return None
        marked, first_joined = found
        # A resumed conversation was joined before: that is told once.
        fresh = phase is Phase.QUEUED or first_joined
        await self._tell(conn, marked, _HAPPENINGS.get(phase) if fresh else None, now)
        return marked

    async def end(
        self,
        conn: Connection,
        attempt_id: str,
        outcome: Outcome,
        *,
        now: datetime,
        **ending: Unpack[Ending],
    ) -> Attempt | None:
        """Record an attempt's end, once; without a conversation it is closed at the same time.

        Returns None if it had ended before. Takes the account lock.
        """
        before = await self._locked(conn, attempt_id)
        if not ATTEMPT.allows(before.state, AttemptEvent.END):
            return None
        disposition = automatic_disposition(outcome)
        state = ATTEMPT.step(before.state, AttemptEvent.END)
        if disposition is not None:
            state = ATTEMPT.step(state, AttemptEvent.CLOSE)
        ended = await store.end(
            conn,
            attempt_id,
            state=state,
            outcome=outcome,
            disposition=disposition,
            ending=ending,
            now=now,
        )
        if ended is not None:
            await self._after_end(conn, before, ended, outcome, now)
        return ended

    async def _after_end(
        self, conn: Connection, before: Attempt, ended: Attempt, outcome: Outcome, now: datetime
    ) -> None:
        placed = before.state is AttemptState.PLACED
        rang = ended.ringing_at is not None or ended.answered_at is not None
        if ended.state is AttemptState.CLOSED:  # a conversation is logged when it is disposed of
            reach = reach_of(outcome, placed=placed, rang=rang)
            await self._log(conn, ended.id, outcome.value, reach, now)
        if outcome is Outcome.UNALLOCATED:
            await self._accounts.mark_point(
                conn,
                ended.contact_point_id,
                PointStatus.DISCONNECTED,
                source=f"attempt:{ended.id}",
                actor=ENGINE,
                now=now,
            )
        cancelled = outcome is Outcome.CANCELLED
        await self._tell(conn, ended, "attempt.cancelled" if cancelled else "attempt.ended", now)
        await self._bus.publish(conn, AttemptEnded(ended, outcome, placed, now))

    async def dispose(
        self,
        conn: Connection,
        attempt_id: str,
        disposition: Disposition,
        *,
        note: str = "",
        told: Particulars | None = None,
        actor: str,
        now: datetime,
    ) -> Attempt:
        """Record what came of a conversation and apply what follows (holds, opt-outs, facts).

        ``told`` is what the agent heard besides: in writing or not, the attorney's name …
        Nothing on record that restricts contact is lifted, whatever the disposition.

        Raises:
            NotFound: there is no such attempt.
            Conflict: the call still lives, or was disposed of already.
            Refusal: the particulars cannot be recorded; ``field`` names what is wrong.
        """
        before = await self._locked(conn, attempt_id)
        if before.state in (AttemptState.PERMITTED, AttemptState.PLACED):
            raise Conflict("CALL_LIVES", "The call is not over yet: hang up, then dispose.")
        if not ATTEMPT.allows(before.state, AttemptEvent.CLOSE):
            earlier = before.disposition.value if before.disposition else "closed"
            raise Conflict("ALREADY_DISPOSED", f"This call was already disposed of as {earlier}.")
        state = ATTEMPT.step(before.state, AttemptEvent.CLOSE)
        said = {"disposition": disposition.value, "note": note, "actor": actor, "now": now}
        after = await store.dispose(conn, attempt_id, {"state": state.value, **said})
        assert after is not None  # the row is locked
        reach = reach_disposed(disposition)
        await self._log(conn, attempt_id, disposition.value, reach, now)
        follows = consequence(disposition, told or Particulars())
        await self._apply(conn, after, follows, actor, now)
        await self._tell(conn, after, "attempt.disposed", now, actor=actor)
        await self._bus.publish(conn, AttemptDisposed(after, disposition, actor, now))
        return after

    async def _apply(
        self, conn: Connection, told: Attempt, follows: Consequence, actor: str, now: datetime
    ) -> None:
        source = f"attempt:{told.id}"
        for account_id in (None,) if follows.whole_person else told.account_ids:
            if follows.fact:
                await self._accounts.record_circumstance(
                    conn, told.consumer_id, follows.fact, account_id=account_id,
                    data=follows.data, source=source, actor=actor, now=now,
                )  # fmt: skip
            if follows.hold is not None:
                await self._accounts.place_hold(
                    conn, told.consumer_id, account_id, follows.hold, source=source,
                    release_rule=follows.release_rule, actor=actor, now=now,
                )  # fmt: skip
        if follows.wrong_number:
            await self._accounts.mark_point(
                conn, told.contact_point_id, PointStatus.WRONG, source=source, actor=actor, now=now
            )
        if follows.opt_out:
            await self._accounts.record_consent(
                conn,
                told.consumer_id,
                None,
                Channel.CALL,
                ConsentState.REVOKED,
                source=source,
                actor=actor,
                now=now,
            )

    async def opt_out(self, conn: Connection, attempt_id: str, *, now: datetime) -> None:
        """Record that the consumer ended our calls by a key during a message; once is enough.

        Reference: 47 CFR 64.1200(b)(3); 12 CFR 1006.14(h).
        """
        told = await self._locked(conn, attempt_id)
        source = f"attempt:{attempt_id}: key {OPT_OUT_KEY}"
        before = await self._accounts.consents(conn, told.consumer_id)
        if any(one.source == source for one in before):
            return
        for channel, purpose in (
            (Channel.CALL, Purpose.CONTACT),
            (Channel.ALL, Purpose.AUTOMATED),
        ):
            await self._accounts.record_consent(
                conn, told.consumer_id, None, channel, ConsentState.REVOKED, purpose=purpose,
                source=source, actor="consumer:key", now=now,
            )  # fmt: skip

    async def request_cancel(
        self,
        conn: Connection,
        consumer_id: int,
        reason: str,
        message: str,
        *,
        account_id: int | None = None,
        contact_point_id: int | None = None,
        now: datetime,
    ) -> list[str]:
        """Stop a person's calls that are no conversation yet; tell the agents who talk.

        ``account_id`` and ``contact_point_id`` narrow it to calls about that debt or number.
        Runs in the transaction that restricted contact, under the account lock; the engine is
        woken when it commits. Returns the ids of the attempts to be cancelled.
        """
        values = {
            "consumer_id": consumer_id,
            "account_id": account_id,
            "contact_point_id": contact_point_id,
            "reason": reason,
            "message": message,
            "now": now,
        }
        touched = await store.cancel_live(conn, values)
        for attempt_id, _ in touched:
            await notify(conn, Topic.CANCEL, attempt_id)
            await notify(conn, Topic.ATTEMPT, attempt_id)
        return [attempt_id for attempt_id, cancelled in touched if cancelled]

    async def request(
        self, conn: Connection, attempt_id: str, kind: RequestKind, *, actor: str, now: datetime
    ) -> Request:
        """Ask the engine to hang up, hold or resume a live call.

        Raises:
            NotFound: there is no such attempt.
            Conflict: the call is over.
        """
        asked = await self.attempt(conn, attempt_id)
        if asked.state not in (AttemptState.PERMITTED, AttemptState.PLACED):
            raise Conflict("CALL_OVER", "The call is already over.")
        values = {"attempt_id": attempt_id, "kind": kind.value, "actor": actor, "now": now}
        wish = await store.ask(conn, values)
        await notify(conn, Topic.REQUEST, wish.id)
        return wish

    async def attempt(self, conn: Connection, attempt_id: str) -> Attempt:
        """Read one attempt.

        Raises:
            NotFound: there is no such attempt.
        """
        found = await store.attempt(conn, attempt_id)
        if found is None:
            raise NotFound("ATTEMPT_UNKNOWN", f"There is no attempt {attempt_id}.")
        return found

    async def live(self, conn: Connection, node: str) -> list[Attempt]:
        """Read a node's attempts that have not ended."""
        return await store.live(conn, node)

    async def attempts_of(
        self, conn: Connection, consumer_id: int, *, limit: int = 50
    ) -> list[Attempt]:
        """Read a person's attempts, newest first."""
        return await store.of_consumer(conn, consumer_id, limit)

    async def undisposed(self, conn: Connection, agent_id: int) -> list[Attempt]:
        """Read what an agent still has to dispose of, oldest first."""
        return await store.undisposed(conn, agent_id)

    async def cancels(self, conn: Connection, node: str) -> list[str]:
        """Read which live attempts of a node must stop."""
        return await store.cancels(conn, node)

    async def open_requests(self, conn: Connection, node: str) -> list[Request]:
        """Read the wishes about a node's calls that are not yet carried out."""
        return await store.open_requests(conn, node)

    async def close_request(
        self, conn: Connection, request_id: int, result: str, *, now: datetime
    ) -> None:
        """Note what became of a wish."""
        await store.close_request(conn, request_id, result, now)

    async def _locked(self, conn: Connection, attempt_id: str) -> Attempt:
        found = await self.attempt(conn, attempt_id)
        await self._accounts.lock(conn, found.consumer_id)
        locked = await store.attempt(conn, attempt_id, lock=True)
        assert locked is not None  # attempts are never deleted
        return locked

    async def _log(
        self, conn: Connection, attempt_id: str, outcome: str, reach: Reach, now: datetime
    ) -> None:
        await self._compliance.close_contact(
            conn,
            attempt_id,
            outcome=outcome,
            reach=reach,
            now=now,
        )

    async def _tell(
        self,
        conn: Connection,
        told: Attempt,
        kind: str | None,
        now: datetime,
        *,
        actor: str = ENGINE,
    ) -> None:
        await notify(conn, Topic.ATTEMPT, told.id)
        if kind is None:
            return
        data = {
            "outcome": told.outcome,
            "disposition": told.disposition,
            "agent_id": told.agent_id,
            "account_ids": told.account_ids,
        }
        await self._accounts.record(
            conn,
            Happening(
                kind=kind,
                at=now,
                actor=actor,
                consumer_id=told.consumer_id,
                account_id=told.account_ids[0] if len(told.account_ids) == 1 else None,
                attempt_id=told.id,
                campaign_id=told.campaign_id,
                data={key: value for key, value in data.items() if value is not None},
            ),
        )
