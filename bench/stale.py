"""Payments and holds racing with dials on real connections: is any permit stale?

Each person is dialed once while, on other connections and at a random moment around it, a payment
clears the debt or a hold is placed. A permit is stale if it was committed after the payment or
the hold was: PostgreSQL's own commit timestamps tell. The same is done once more with the account
lock taken out, to show that the check would notice.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import psycopg
from bench.million import CALLER_ID, NOON
from bench.report import Result, report

from goodterms.accounts.model import Channel, HoldKind
from goodterms.accounts.service import AccountService
from goodterms.adapters.postgres.embedded import EmbeddedPostgres
from goodterms.adapters.postgres.migrations import migrate
from goodterms.compliance.model import ProposedContact
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.events import Bus
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, Pool, make_pool, transaction
from goodterms.ledger.model import Book, Entry, EntryKind
from goodterms.ledger.service import LedgerService

PROCESSES = 2
GROUPS_AT_ONCE = 3
_FILL = """
SET session_replication_role = replica;
INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)
    VALUES ('C', 'Creditor', 'Creditor', now());
INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)
    VALUES (1, 'P', '2026-01-01', now());
INSERT INTO accounts.consumer (reference, given_name, family_name, address_zones, created_at,
        updated_at)
    SELECT 'K' || i, 'Given', 'Family', '{{America/Denver}}', now(), now()
    FROM generate_series(1, {people}) i;
INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id, due_on,
        created_at, updated_at)
    SELECT 'A' || id, 1, 1, id, '2026-03-01', now(), now() FROM accounts.consumer ORDER BY id;
INSERT INTO ledger.balance (account_id, currency, total, components, updated_at)
    SELECT id, 'USD', 10, '{{"principal": "10.00"}}', now() FROM accounts.account;
INSERT INTO accounts.contact_point (consumer_id, kind, value, zones, source, created_at,
        updated_at)
    SELECT id, 'phone', '+1' || (3035550000 + id), '{{America/Denver}}', 'bench', now(), now()
    FROM accounts.consumer ORDER BY id;
INSERT INTO compliance.caller_id (number, name, proof, trunk, created_at, answered_ok_at, last_ok)
    VALUES ('{caller_id}', 'Bench', 'bench', 'carrier', now(), '2100-01-01', true);
RESET session_replication_role;
VACUUM ANALYZE
"""
_STALE = """
WITH restricted AS (
    SELECT a.consumer_id, pg_xact_commit_timestamp(e.xmin) AS at
    FROM ledger.entry e JOIN accounts.account a ON a.id = e.account_id
    UNION ALL
    SELECT consumer_id, pg_xact_commit_timestamp(xmin) FROM accounts.hold
), judged AS (
    SELECT v.consumer_id, v.decision, pg_xact_commit_timestamp(v.xmin) AS at
    FROM compliance.verdict v
)
SELECT count(*), count(*) FILTER (WHERE j.decision = 'allow'),
    count(*) FILTER (WHERE j.decision <> 'allow'),
    count(*) FILTER (WHERE j.decision = 'allow' AND j.at > r.at),
    count(*) FILTER (WHERE j.decision <> 'allow' AND j.at < r.at),
    count(*) FILTER (WHERE abs(extract(epoch FROM j.at - r.at)) < 0.002)
FROM judged j JOIN restricted r USING (consumer_id)
"""


class Unlocked(AccountService):
    """The account lock taken out: for this bench alone, to show what it prevents."""

    async def lock(self, conn: Connection, consumer_id: int) -> None:
        """Lock nothing."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Interleavings, permits, refusals, stale permits, refusals without a cause, close races."""

    interleavings: int
    permits: int
    refusals: int
    stale: int
    groundless: int
    close: int


class Race:
    """Dials and restrictions of a few people at a time, each transaction on its own connection."""

    def __init__(self, pool: Pool, seed: int, *, locked: bool) -> None:
        bus = Bus()
        self._pool = pool
        self._random = Random(seed)  # noqa: S311 - a repeatable race
        self._accounts = AccountService(bus) if locked else Unlocked(bus)
        self._ledger = LedgerService(self._accounts, bus)
        self._compliance = ComplianceService(load_rulebook())

    async def group(self, people: list[int]) -> None:
        """Dial these people in one transaction while each is restricted in another."""
        random = self._random
        spread = random.choice((0.0, 0.002, 0.006))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._dial(people, random.random() * spread))
            for person in people:
                pays = random.random() < 0.5
                restrict = self._pay if pays else self._hold
                tasks.create_task(restrict(person, random.random() * spread))

    async def _dial(self, people: list[int], delay: float) -> None:
        await asyncio.sleep(delay)
        contacts = [
            ProposedContact(f"att_{p}", p, (p,), p, f"+1{3035550000 + p}", Channel.CALL, CALLER_ID)
            for p in people
        ]
        async with transaction(self._pool) as conn:
            for person in sorted(people):
                await self._accounts.lock(conn, person)
            await self._compliance.judge(conn, contacts, now=NOON)

    async def _pay(self, person: int, delay: float) -> None:
        await asyncio.sleep(delay)
        all_of_it = Money.of("10.00")
        entry = Entry(
            person, EntryKind.PAYMENT, NOON.date(), "bench",
            {Book.PRINCIPAL: -all_of_it, Book.CASH: all_of_it}, "bench",
        )  # fmt: skip
        async with transaction(self._pool) as conn:
            await self._ledger.post(conn, [entry], now=NOON)

    async def _hold(self, person: int, delay: float) -> None:
        await asyncio.sleep(delay)
        async with transaction(self._pool) as conn:
            await self._accounts.place_hold(
                conn, person, None, HoldKind.CEASE, source="bench", release_rule="by hand",
                actor="bench", now=NOON + timedelta(seconds=1),
            )  # fmt: skip


async def _race(url: str, seed: int, people: list[int], locked: bool) -> None:
    random = Random(seed)  # noqa: S311 - a repeatable race
    async with make_pool(url, size=GROUPS_AT_ONCE * 4) as pool:
        race = Race(pool, seed, locked=locked)

        async def runner() -> None:
            while people:
                size = min(len(people), random.randint(1, 5))
                await race.group([people.pop() for _ in range(size)])

        await asyncio.gather(*(runner() for _ in range(GROUPS_AT_ONCE)))


def _process(url: str, seed: int, first: int, last: int, locked: bool) -> None:
    people = list(range(first, last))
    Random(seed).shuffle(people)  # noqa: S311 - a repeatable race
    asyncio.run(_race(url, seed, people, locked))


def _database(url: str, name: str, people: int) -> str:
    ours = url.replace("/goodterms?", f"/{name}?")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    migrate(ours)
    with psycopg.connect(ours, autocommit=True) as conn:
        for statement in _FILL.format(people=people, caller_id=CALLER_ID).split(";\n"):
            conn.execute(statement.encode())
    return ours


def _measure(url: str, name: str, people: int, seed: int, *, locked: bool) -> Counted:
    ours = _database(url, name, people)
    started = time.perf_counter()
    share = -(-people // PROCESSES)
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as workers:
        jobs = [
            (ours, seed + n, 1 + n * share, min(people, (n + 1) * share) + 1, locked)
            for n in range(PROCESSES)
        ]
        workers.starmap(_process, jobs, chunksize=1)
    took = time.perf_counter() - started
    with psycopg.connect(ours) as conn:
        row = conn.execute(_STALE.encode()).fetchone()
    assert row is not None
    counted = Counted(*row)
    print(
        f"  {name}, seed {seed}: {counted.interleavings:,} interleavings in {took:.0f} s:"
        f" {counted.permits:,} permits, {counted.refusals:,} refusals,"
        f" {counted.close:,} commits within 2 ms of each other,"
        f" {counted.stale:,} stale permits, {counted.groundless:,} refusals before their cause",
        flush=True,
    )
    return counted


async def _main(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="goodterms-stale-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "pg", fast=True)
        try:
            url = await postgres.start()
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute("ALTER SYSTEM SET track_commit_timestamp = on")
            await postgres.stop()
            url = await postgres.start()
            run = asyncio.to_thread
            few = max(2000, args.interleavings // 10)
            without = await run(_measure, url, "without_lock", few, args.seed, locked=False)
            held = await run(_measure, url, "with_lock", args.interleavings, args.seed, locked=True)
        finally:
            await postgres.stop()
    met = held.stale == 0 and without.stale > 0 and held.interleavings >= 100_000
    report([
        Result("stale", f"{held.interleavings:,} interleavings with the lock", "stale permits",
               held.stale, f"{without.interleavings:,} without it", without.stale,
               held.stale / max(1, without.stale), "0; > 0 without", met)
    ])  # fmt: skip


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interleavings", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261122)
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
