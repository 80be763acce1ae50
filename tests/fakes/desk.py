"""An agent at the desk, on a test database, with calls made by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from httpx import AsyncClient, Response
from tests.fakes.centre import MONDAY, Centre
from tests.fakes.web import make_web, sign_in

from goodterms.access.model import Role
from goodterms.calls.model import Attempt, Outcome, Phase
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Pool, transaction
from goodterms.routing.model import AgentEvent, AgentState
from goodterms.web.context import Web


@dataclass
class Desk:
    """Pages and services on one clock; ``client`` is the browser of who signed in last."""

    web: Web
    centre: Centre
    clock: SetClock
    client: AsyncClient
    token: str = ""
    person_id: int = 0

    async def enter(self, *roles: Role, username: str = "ana") -> None:
        """Sign a person in."""
        self.client.cookies.clear()
        self.token = await sign_in(self.web, self.client, *roles, username=username)
        async with self.web.pool.connection() as conn:
            person = await self.web.access.find_person(conn, username)
        assert person is not None
        self.person_id = person.id

    async def post(self, path: str, **fields: Any) -> Response:
        """Send a form."""
        headers = {"x-csrf-token": self.token}
        data = {name: str(value) for name, value in fields.items()}
        return await self.client.post(path, data=data, headers=headers)

    async def talk(self) -> Attempt:
        """Open the desk and put the next consumer of the campaign on its line."""
        await self.client.get("/desk")
        campaign = await self.centre.open(2)
        policy = await self.centre.policy(campaign)
        decided = await self.web.dialing.decide(policy, 1, node="n", now=self.clock.now)
        attempt = decided[0].attempt
        assert attempt is not None
        now = self.clock.now()
        async with transaction(self.web.pool) as conn:
            calls, routing = self.web.calls, self.web.routing
            if (await routing.agent(conn, self.person_id)).state is not AgentState.READY:
                await routing.ready(conn, self.person_id, now=now)
            await calls.place(conn, attempt.id, now=now)
            await calls.mark(conn, attempt.id, Phase.QUEUED, now=now, answered_at=now)
            await routing.move(
                conn, self.person_id, AgentEvent.CONNECT, attempt_id=attempt.id, now=now
            )
            talking = await calls.mark(
                conn, attempt.id, Phase.TALKING, now=now, agent_id=self.person_id, bridged_at=now
            )
        assert talking is not None
        return talking

    async def hang_up(self, attempt: Attempt) -> None:
        """Let the consumer hang up."""
        now = self.clock.advance(30)
        async with transaction(self.web.pool) as conn:
            await self.web.calls.end(conn, attempt.id, Outcome.CONVERSATION, now=now, q850=16)
            await self.web.routing.move(
                conn, self.person_id, AgentEvent.CALL_ENDED, attempt_id=attempt.id, now=now
            )

    async def state(self) -> AgentState:
        """Tell what the agent is doing."""
        async with self.web.pool.connection() as conn:
            return (await self.web.routing.agent(conn, self.person_id)).state


def make_desk(pool: Pool, client_of: Any, *, phone_origin: str = "") -> Desk:
    """Build the pages on a pool, at half past eight in Denver."""
    clock = SetClock(MONDAY)
    web = make_web(pool, clock=clock)
    cards = (("tok_good", "Test card: works"),)
    settings = replace(web.settings, phone_origin=phone_origin, test_cards=cards)
    web = replace(web, settings=settings)
    return Desk(web, Centre(pool), clock, client_of(web))
