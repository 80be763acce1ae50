"""The whole engine on a real PostgreSQL with simulated telephones, also killed and restarted."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.fakes.centre import CALLER, MONDAY, Centre
from tests.fakes.floor import ByOrder

from goodterms.adapters.sim.consumers import NO_ANSWER, Script
from goodterms.adapters.sim.telephony import SimTelephony
from goodterms.calls.model import Attempt, Disposition, Outcome, RequestKind
from goodterms.dialing.lease import Lease
from goodterms.dialing.model import Decided
from goodterms.dialing.orders import Place
from goodterms.dialing.runner import EngineParts, Runner
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Pool, transaction
from goodterms.routing.model import AgentState

pytestmark = pytest.mark.postgres

TALKS = Script(rings_after=0.2, answers_after=1.0, hangs_up_after=60.0)


class World:
    """A centre, an engine that may be killed, and time that runs faster than ours."""

    def __init__(self, pool: Pool, url: str, scripts: list[Script]) -> None:
        self.pool = pool
        self.url = url
        self.centre = Centre(pool)
        self.clock = SetClock(MONDAY)
        self.network = SimTelephony(self.clock, ByOrder(scripts), "n1")
        self.engine: asyncio.Task[None] | None = None

    def runner(self) -> Runner:
        parts = EngineParts(
            url=self.url,
            pool=self.pool,
            clock=self.clock,
            telephony=self.network,
            calls=self.centre.calls,
            routing=self.centre.routing,
            dialing=self.centre.dialing,
        )
        return Runner(parts)

    def start(self) -> None:
        self.engine = asyncio.create_task(self.runner().run())

    async def kill(self) -> None:
        assert self.engine is not None
        self.engine.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.engine
        self.engine = None

    async def attempts(self) -> list[Attempt]:
        async with self.pool.connection() as conn:
            rows = await (await conn.execute("SELECT id FROM calls.attempt ORDER BY id")).fetchall()
            return [await self.centre.calls.attempt(conn, row["id"]) for row in rows]

    async def state(self, person_id: int) -> AgentState:
        async with self.pool.connection() as conn:
            return (await self.centre.routing.agent(conn, person_id)).state

    async def until(self, what: Callable[[], Awaitable[bool]], *, speed: float = 0.02) -> None:
        """Let time pass until something is true; fail after ten real seconds."""
        async with asyncio.timeout(10):
            while not await what():
                self.network.advance(speed)
                await asyncio.sleep(0.005)


@asynccontextmanager
async def world(pool: Pool, url: str, *scripts: Script) -> AsyncIterator[World]:
    built = World(pool, url, list(scripts))
    try:
        yield built
    finally:
        if built.engine is not None:
            await built.kill()


async def test_from_due_to_disposed(pool: Pool, database_url: str) -> None:
    """A due attempt is dialed, answered, talked about, disposed; the agent is ready again."""
    async with world(pool, database_url, TALKS) as w:
        await w.centre.open(1)
        person = await w.centre.agent("ann", MONDAY)
        w.start()

        async def talking() -> bool:
            return await w.state(person) is AgentState.TALKING

        await w.until(talking)
        [attempt] = await w.attempts()
        assert attempt.agent_id == person
        for kind in (RequestKind.HOLD, RequestKind.RESUME):
            async with transaction(pool) as conn:
                await w.centre.calls.request(
                    conn, attempt.id, kind, actor=f"person:{person}", now=w.clock.now()
                )

        async def resumed() -> bool:
            rows = await w.centre.rows("SELECT result FROM calls.request ORDER BY id")
            return [row["result"] for row in rows] == ["done", "done"]

        await w.until(resumed)
        async with transaction(pool) as conn:
            await w.centre.calls.request(
                conn, attempt.id, RequestKind.HANG_UP, actor=f"person:{person}", now=w.clock.now()
            )

        async def wrapping() -> bool:
            return await w.state(person) is AgentState.WRAP_UP

        await w.until(wrapping)
        async with transaction(pool) as conn:
            done = await w.centre.calls.dispose(
                conn, attempt.id, Disposition.PROMISE, actor=f"person:{person}", now=w.clock.now()
            )
        assert done.outcome is Outcome.CONVERSATION
        told = await w.centre.rows(
            "SELECT kind FROM accounts.event WHERE attempt_id = %s ORDER BY id", attempt.id
        )
        assert [row["kind"] for row in told] == [
            "attempt.placed", "attempt.answered", "attempt.bridged", "attempt.ended",
            "attempt.disposed",
        ]  # fmt: skip
        assert await w.state(person) is AgentState.READY


async def test_our_numbers_are_tested_before_they_are_shown(pool: Pool, database_url: str) -> None:
    """A number that was never called back is shown to nobody; the engine tests it, then dials."""
    async with world(pool, database_url, TALKS) as w:
        await w.centre.open(1)
        await w.centre.agent("ann", MONDAY)
        async with transaction(pool) as conn:
            await conn.execute(
                "UPDATE compliance.caller_id SET last_ok = NULL, answered_ok_at = NULL"
            )
        w.start()

        async def dialed() -> bool:
            return bool(await w.attempts())

        await w.until(dialed)
        [test] = await w.centre.rows("SELECT number, answered, greeted FROM compliance.caller_test"
                                     " WHERE words <> 'It greets.'")  # fmt: skip
        assert (test["number"], test["answered"], test["greeted"]) == (CALLER, True, True)
        assert w.network.greetings == {CALLER: "call-back"}
        [verdict] = await w.centre.rows("SELECT decision FROM compliance.verdict")
        assert verdict["decision"] == "allow"


async def test_payment_cancels_the_ringing_call(pool: Pool, database_url: str) -> None:
    """A payment is posted while it rings: the telephone stops, the record says cancelled."""
    async with world(pool, database_url, NO_ANSWER) as w:
        await w.centre.open(1)
        person = await w.centre.agent("ann", MONDAY)
        w.start()

        async def ringing() -> bool:
            return any(a.ringing_at for a in await w.attempts())

        await w.until(ringing)
        [attempt] = await w.attempts()
        await w.centre.pay(attempt.account_ids[0], "100.00", w.clock.now())

        async def over() -> bool:
            return (await w.attempts())[0].outcome is not None

        await w.until(over)
        [attempt] = await w.attempts()
        assert attempt.outcome is Outcome.CANCELLED
        assert attempt.ended_at
        assert attempt.ended_at - w.clock.now() < timedelta(seconds=1)

        async def ready() -> bool:
            return await w.state(person) is AgentState.READY

        await w.until(ready)
        [due] = await w.centre.rows("SELECT state FROM dialing.due_attempt")
        assert due["state"] == "withdrawn"


async def test_killed_engine_leaves_conversations_alone(pool: Pool, database_url: str) -> None:
    """The engine dies while one talks and one rings: the talk goes on, the ringing one is closed.

    Nobody is dialed twice for one due attempt.
    """
    async with world(pool, database_url, TALKS, NO_ANSWER) as w:
        await w.centre.open(2)
        people = [await w.centre.agent(name, MONDAY) for name in ("ann", "bob")]
        w.start()

        async def one_talks_one_rings() -> bool:
            attempts = await w.attempts()
            return (
                any(a.bridged_at for a in attempts)
                and sum(a.ringing_at is not None for a in attempts) == 2
            )

        await w.until(one_talks_one_rings)
        await w.kill()
        w.network.lose()
        w.network.take()
        w.network.restore()
        w.start()

        async def closed() -> bool:
            return any(a.outcome is Outcome.INTERRUPTED for a in await w.attempts())

        await w.until(closed)
        states = [await w.state(person) for person in people]
        assert AgentState.TALKING in states
        attempts = await w.attempts()
        assert len(attempts) == len(w.network.dialed) == 2
        assert len({a.consumer_id for a in attempts}) == 2


async def test_the_second_engine_waits_for_the_first(pool: Pool, database_url: str) -> None:
    """One engine per node: another gets it only when the first is gone."""
    first, second = Lease(database_url, "n1"), Lease(database_url, "n1")
    await first.take()
    waiting = asyncio.create_task(second.take())
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await first.give_back()
    await asyncio.wait_for(waiting, 5)
    await second.give_back()


async def test_open_attempt_that_nobody_knows_is_ended(pool: Pool, database_url: str) -> None:
    """What stands open at two looks and lives nowhere is closed, so that it blocks nobody."""
    async with world(pool, database_url) as w:
        campaign = await w.centre.open(1)
        policy = await w.centre.policy(campaign)
        runner = w.runner()
        async with runner._reads:
            await w.centre.dialing.decide(policy, 1, node="n1", now=w.clock.now)
            await runner._end_strays()
            assert [a.outcome for a in await w.attempts()] == [None]
            await runner._end_strays()
            await runner._writes.finish(5)
        assert [a.outcome for a in await w.attempts()] == [Outcome.INTERRUPTED]
        [due] = await w.centre.rows("SELECT state, tries FROM dialing.due_attempt")
        assert due == {"state": "waiting", "tries": 0}


async def test_a_night_list_is_worked_off_in_one_go(pool: Pool, database_url: str) -> None:
    """Whoever may not be called now does not hold up the line of the one who may."""
    async with world(pool, database_url) as w:
        campaign = await w.centre.open(80)
        policy = await w.centre.policy(campaign)
        last = "(SELECT max(consumer_id) FROM dialing.due_attempt)"
        async with transaction(pool) as conn:
            for table, column in (("consumer", "address_zones"), ("contact_point", "zones")):
                key = "id" if table == "consumer" else "consumer_id"
                await conn.execute(
                    f"UPDATE accounts.{table} SET {column} = '{{Asia/Tokyo}}' WHERE {key} < {last}"
                )
        runner = w.runner()
        decided: list[Decided] = []
        await runner._decide(Place(policy, 1), decided)
        assert [one.attempt is not None for one in decided] == [False] * 79 + [True]
        assert {one.verdict.reason_code for one in decided[:79]} == {"TIME_OUTSIDE"}
        again: list[Decided] = []
        await runner._decide(Place(policy, 1), again)
        assert again == []
