"""Withdraw: with 100 calls ringing, from a payment to the CANCEL at the telephone network.

Ours: a payment is posted by the service in this process; the engine, a process of its own, hears
of it and hangs up on a real Asterisk. The peer, in turns with it on the same ringing calls: one
commit of one row, then one hang-up sent straight to Asterisk. Both clocks run from before the
transaction is opened until the CANCEL has arrived at the far end, a second Asterisk, whose event
is read here. What is measured therefore includes all of Asterisk's own part, on both sides.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles

import structlog
from bench.calls import Deaf, background, people, until
from bench.report import Result, report
from tests.fakes.far_end import FarCall
from tests.fakes.stage import Stage, stage

from goodterms.adapters.asterisk import requests
from goodterms.adapters.asterisk.client import AriClient
from goodterms.app.demo.seed import SETTINGS
from goodterms.kit.money import Money
from goodterms.kit.sql import transaction
from goodterms.payments.model import PaymentChannel
from goodterms.routing.model import AgentState

RINGING = 100
RING_STEPS = ("1,Ringing()", "2,Wait(3600)")
LIVE = b"SELECT id, number, account_ids FROM calls.attempt WHERE phase = 'ringing'"
_TABLE = b"CREATE TABLE IF NOT EXISTS public.bench_peer (at timestamptz NOT NULL)"
_INSERT = b"INSERT INTO public.bench_peer (at) VALUES (%s)"


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds until the CANCEL arrived: since before the transaction, and since its commit."""

    begun: float
    committed: float


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call that rings, on both sides."""

    attempt_id: str
    account_id: int
    far: FarCall


async def quiet(on: Stage) -> None:
    """Let the far end's people ring for ever and its agents listen in silence."""
    for step in RING_STEPS:
        await on.carrier.rx(f"dialplan add extension _+1NXX5550[2-9]XX,{step} into from-platform")
    for voice in range(4):
        await on.carrier.rx(
            f"dialplan add extension v{voice},2,Wait(36000) into demo-agent replace"
        )


async def ready(on: Stage) -> None:
    """Make every agent available, with their lines open."""
    while True:
        async with on.services.transaction() as conn:
            agents = await on.services.routing.agents(conn)
            if all(agent.line_open for agent in agents):
                return
            for agent in agents:
                if agent.state is AgentState.PAUSED:
                    await on.services.routing.ready(
                        conn, agent.person_id, now=on.services.clock.now()
                    )
        await asyncio.sleep(0.5)


async def ringing(on: Stage, least: int) -> list[Ringing]:
    """Wait until so many calls ring, here and there; return them."""
    while True:
        async with on.services.pool.connection() as conn:
            attempts = await (await conn.execute(LIVE)).fetchall()
        far = {call.number: call for call in on.far_end.live()}
        both = [
            Ringing(a["id"], a["account_ids"][0], far[a["number"]])
            for a in attempts
            if a["number"] in far
        ]
        if len(both) >= least:
            return both
        await asyncio.sleep(0.1)


async def cancelled(on: Stage, call: Ringing, act: Callable[[], Awaitable[datetime]]) -> Taken:
    """Do something that ends a call and measure until the far end has heard of it."""
    begun = on.services.clock.now()
    committed = await act()
    await until(lambda: call.far.hung_up_at is not None)
    ended = call.far.hung_up_at
    assert ended is not None
    return Taken((ended - begun).total_seconds(), (ended - committed).total_seconds())


async def pay(on: Stage, call: Ringing) -> datetime:
    """Post a payment, as the API does for money a host has taken; return when it had committed."""
    now = on.services.clock.now()
    async with on.services.transaction() as conn:
        await on.services.payments.record_external(
            conn,
            call.account_id,
            Money.of("5.00", "USD"),
            reference=call.attempt_id,
            effective_on=now.date(),
            channel=PaymentChannel.HOST,
            actor="host:bench",
            now=now,
        )
    return on.services.clock.now()


async def hang_up(on: Stage, client: AriClient, call: Ringing) -> datetime:
    """Commit one row, then hang up; return when it had committed."""
    async with transaction(on.services.pool) as conn:
        await conn.execute(_INSERT, (on.services.clock.now(),))
    committed = on.services.clock.now()
    await client.request(requests.hang_up(call.attempt_id))
    return committed


async def measure(on: Stage, client: AriClient, payments: int) -> tuple[list[Taken], list[Taken]]:
    """Payments and bare hang-ups in turns; the engine fills up what was cancelled."""
    mine, theirs = [], []
    for number in range(payments):
        one, other = (await ringing(on, RINGING - 2))[:2]
        mine.append(await cancelled(on, one, lambda one=one: pay(on, one)))  # type: ignore[misc]
        await asyncio.sleep(0.1)
        theirs.append(
            await cancelled(on, other, lambda other=other: hang_up(on, client, other))  # type: ignore[misc]
        )
        await asyncio.sleep(0.1)
        if number % 50 == 49:
            print(f"{number + 1} of {payments}", flush=True)
    return mine, theirs


async def bench(payments: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="gt-bench-") as folder:
        async with stage(Path(folder), own=("engine",)) as on, AsyncExitStack() as stack:
            await quiet(on)
            rows = people(on.services.clock.now(), RINGING + 2 * payments + 20)
            agents = await on.cast(rows, RINGING, Path(folder))
            settings = {**SETTINGS, "mode": "progressive", "max_concurrent": RINGING}
            settings |= {"max_per_second": "40", "ring_seconds": 120}
            campaign = await on.campaign(settings)
            await on.start(campaign, agents)
            await ready(on)
            async with on.services.transaction() as conn:
                await conn.execute(_TABLE)
            node, deaf = on.engines.asterisk, Deaf()
            assert node is not None
            client = AriClient(node.ari_url, node.ari_user, node.ari_password, "bare")
            await stack.enter_async_context(background(client.run(deaf)))
            await deaf.up.wait()
            await ringing(on, RINGING)
            await asyncio.sleep(2)
            mine, theirs = await measure(on, client, payments)
    return [*results("payment to CANCEL", [t.begun for t in mine], [t.begun for t in theirs]),
            *results("its commit to CANCEL", [t.committed for t in mine],
                     [t.committed for t in theirs])]  # fmt: skip


def results(case: str, mine: list[float], theirs: list[float]) -> list[Result]:
    """Compare medians and 99th percentiles, in milliseconds."""
    found = []
    for name, pick, aim in (("p50", median, 25.0), ("p99", _p99, 100.0)):
        ours, peer = (pick(some) * 1000 for some in (mine, theirs))
        found.append(
            Result("withdraw", f"{case}, {name}", "ms", ours, "commit + bare hang-up", peer,
                   ours / max(peer, 1e-9), f"≤ {aim:g} ms", ours <= aim)
        )  # fmt: skip
    return found


def _p99(some: list[float]) -> float:
    return quantiles(some, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=200, help="payments, and bare hang-ups")
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory())
    report(asyncio.run(bench(arguments.payments)))


if __name__ == "__main__":
    main()
