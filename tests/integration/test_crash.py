"""The whole line on real parts while its processes are killed, one after the other, at random."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.fakes.far_end import FarCall
from tests.fakes.stage import Stage, stage

from goodterms.app.demo.agents import DemoAgents
from goodterms.app.demo.seed import CALLER_IDS, SETTINGS
from goodterms.intake.sample.portfolio import top_up

pytestmark = [pytest.mark.postgres, pytest.mark.asterisk, pytest.mark.timeout(600)]

ROUNDS = int(os.environ.get("GOODTERMS_TEST_CRASH_ROUNDS", "6"))
SEED = int(os.environ.get("GOODTERMS_TEST_CRASH_SEED", "0")) or time.time_ns() % 1_000_000
PEOPLE, AGENTS = 250, 8
CLOCKS_DIFFER = timedelta(seconds=1)
"""What is written and what is seen elsewhere are told at slightly different instants."""
ANSWERED = ("conversation", "hung_up", "abandoned", "machine", "interrupted", "cancelled")
ATTEMPTS = """
    SELECT id, due_attempt_id, number, state, outcome, placed_at, answered_at, ended_at
    FROM calls.attempt ORDER BY created_at
"""
MONEY = """
    SELECT id, (amount * 100)::bigint AS minor, state FROM payments.payment
"""
AGENTS_LEFT = """
    SELECT name, state, attempt_id, line_open FROM routing.agent
    WHERE state <> 'ready' OR attempt_id IS NOT NULL OR NOT line_open
"""
BRIDGED = "SELECT count(*) AS n FROM calls.attempt WHERE bridged_at > %s"


_MIXED = [slot for pair in zip(range(15), range(15, 95, 5), strict=False) for slot in pair]
SLOTS = [*_MIXED, *sorted(set(range(96)) - set(_MIXED))]
"""Who answers, by the last two digits: first half of them people who may pay, then the others."""


def own_numbers(lines: list[list[str]]) -> list[list[str]]:
    """Give each person one number that is theirs alone; leave out whom there is none for."""
    header, *people = lines
    mobile, home, work, who = (
        header.index(name) for name in ("phone_mobile", "phone_home", "phone_work", "consumer")
    )
    free: dict[str, list[int]] = {}
    numbers: dict[str, str] = {}
    for row in people:
        stem = row[mobile][:-2]
        slots = free.setdefault(stem, list(reversed(SLOTS)))
        if row[who] not in numbers and slots:
            numbers[row[who]] = f"{stem}{slots.pop():02}"
        row[mobile], row[home], row[work] = numbers.get(row[who], ""), "", ""
    return [header, *(row for row in people if row[mobile])]


async def rows(on: Stage, query: str, *values: Any) -> list[dict[str, Any]]:
    """Read, however often the database was killed a moment ago."""
    for _ in range(100):
        try:
            async with on.services.pool.connection() as conn:
                return await (await conn.execute(query.encode(), values)).fetchall()
        except psycopg.OperationalError:
            await asyncio.sleep(0.2)
    raise AssertionError("the database did not come back")


async def until(
    true: Callable[[], Awaitable[bool]], within: float, what: Callable[[], Awaitable[object]]
) -> None:
    """Wait for something; fail with what there is instead."""
    end = time.monotonic() + within
    while not await true():
        assert time.monotonic() < end, f"seed {SEED}: {await what()}"
        await asyncio.sleep(0.25)


async def kill_some(on: Stage, dice: random.Random) -> None:
    """Kill every part once in random order, then random ones, at most seconds apart."""
    names = dice.sample(sorted(on.parts), len(on.parts))
    names += dice.choices(sorted(on.parts), k=max(0, ROUNDS - len(names)))
    for name in names[:ROUNDS]:
        # Now and then two at once.
        await asyncio.sleep(dice.choice((0.0, *(dice.uniform(1.0, 6.0) for _ in range(4)))))
        on.said.append(f"{on.services.clock.now():%H:%M:%S.%f} kill {name}")
        on.kill(name)


async def drain(on: Stage, campaign_id: int) -> None:
    """Pause the campaign and wait until no call, disposition or payment is under way."""
    services = on.services
    for _ in range(50):
        try:
            async with services.transaction() as conn:
                await services.campaigns.pause(
                    conn, campaign_id, actor="system:test", now=services.clock.now()
                )
            break
        except psycopg.OperationalError:
            await asyncio.sleep(0.2)

    async def calm() -> bool:
        # The janitor of payments waits for minutes; it is told that they have passed.
        later = services.clock.now() + timedelta(minutes=10)
        await services.payments.check_unsettled(now=later)
        async with services.pool.connection() as conn:
            return await services.reporting.under_way(conn) == 0 and not await open_payments(on)

    await until(calm, 60, lambda: rows(on, f"{ATTEMPTS} DESC LIMIT 5"))


async def open_payments(on: Stage) -> list[dict[str, Any]]:
    """Return the payments whose outcome nobody knows yet."""
    return [p for p in await rows(on, MONEY) if p["state"] not in ("succeeded", "declined")]


@dataclass
class Evidence:
    """What both ends say after everything has come to rest."""

    attempts: list[dict[str, Any]]
    calls: list[FarCall]

    def attempt_of(self, call: FarCall) -> dict[str, Any] | None:
        """Return the attempt during which a call reached the carrier."""
        for attempt in self.attempts:
            placed, ended = attempt["placed_at"], attempt["ended_at"]
            if attempt["number"] != call.number or placed is None:
                continue
            if placed - CLOCKS_DIFFER <= call.invited_at <= ended + CLOCKS_DIFFER:
                return attempt
        return None

    def check(self) -> None:
        """Each call belongs to one attempt that tells the truth about it."""
        seen: set[str] = set()
        for call in self.calls:
            attempt = self.attempt_of(call)
            assert attempt is not None, f"nobody wrote down {call}"
            assert attempt["id"] not in seen, f"dialed twice for {attempt}"
            seen.add(attempt["id"])
            if call.answered_at is not None:
                assert attempt["outcome"] in ANSWERED, f"{attempt} but {call}"
        for attempt in self.attempts:
            if attempt["answered_at"] is not None:
                assert attempt["id"] in seen, f"nobody was called for {attempt}"

    def check_due(self) -> None:
        """No due attempt was dialed twice: every retry of this campaign is minutes away."""
        dialed = [self.attempt_of(call) for call in self.calls]
        due = [a["due_attempt_id"] for a in dialed if a is not None]
        assert len(due) == len(set(due)), "a due attempt was dialed twice"


def check_money(payments: list[dict[str, Any]], bank: Path) -> None:
    """What the bank took is what our payments say, one by one."""
    with sqlite3.connect(f"file:{bank}?mode=ro", uri=True) as db:
        taken = dict(db.execute("SELECT key, minor FROM charge WHERE state = 'succeeded'"))
    ours = {p["id"]: p["minor"] for p in payments if p["state"] == "succeeded"}
    assert ours == taken


async def test_kill_anything_at_any_time(tmp_path: Path) -> None:
    """However often parts are killed, nobody is dialed or charged twice; each call is closed."""
    dice = random.Random(SEED)  # noqa: S311 - chooses what to kill
    async with stage(tmp_path) as on:
        print(f"seed {SEED}, {ROUNDS} rounds")  # noqa: T201 - repeat a failure with this
        people = top_up(on.services.clock.now(), PEOPLE)
        agents = await on.cast(own_numbers(people.rows), AGENTS, tmp_path)
        settings = {**SETTINGS, "max_per_second": "8"}
        campaign = await on.campaign(settings)
        await on.start(campaign, agents)
        playing = asyncio.create_task(DemoAgents(on.services, (0.5, 3.0), dice).play())
        try:
            await kill_some(on, dice)
            await check_it_goes_on(on)
            await drain(on, campaign.id)
            await until(lambda: _nobody(on), 30, lambda: rows(on, AGENTS_LEFT))
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            print(*on.said, sep="\n")  # noqa: T201 - shown when this fails
        await check_everything(on, tmp_path)


async def _nobody(on: Stage) -> bool:
    return not await rows(on, AGENTS_LEFT)


async def check_it_goes_on(on: Stage) -> None:
    """After the last kill agents get calls again."""
    killed = on.services.clock.now()

    async def bridged() -> bool:
        return bool((await rows(on, BRIDGED, killed))[0]["n"])

    await until(bridged, 60, lambda: rows(on, AGENTS_LEFT))


async def check_everything(on: Stage, folder: Path) -> None:
    """Compare what we wrote with what the carrier and the bank saw."""
    attempts = await rows(on, ATTEMPTS)
    left = [a for a in attempts if a["state"] != "closed"]
    assert not left
    # Calls to our own numbers are their daily tests, which are no attempts.
    calls = [call for call in on.far_end.calls.values() if call.number not in CALLER_IDS]
    evidence = Evidence(attempts, calls)
    evidence.check()
    evidence.check_due()
    payments = await rows(on, MONEY)
    check_money(payments, folder / "sandbox.sqlite")
    async with on.services.pool.connection() as conn:
        assert await on.services.reporting.broken_invariants(conn) == []
    outcomes: dict[str, int] = {}
    for attempt in attempts:
        outcomes[attempt["outcome"]] = outcomes.get(attempt["outcome"], 0) + 1
    total = sum((Decimal(p["minor"]) for p in payments if p["state"] == "succeeded"), Decimal(0))
    print(f"{len(attempts)} attempts {outcomes}, {len(payments)} payments, {total / 100} taken")  # noqa: T201
