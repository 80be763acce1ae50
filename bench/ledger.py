"""Postings with their balance read back against bare inserts: ``python -m bench.ledger``.

The peer inserts the same rows (an entry, its two postings, the balance) into tables of the same
shape without triggers, checks or locks, and reads the balance back. Ours posts through the service:
account lock, once per cause, balanced, folded, told to whoever dials. Both commit each posting
durably on the same server, in the same run, in turns.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from bench.report import Result, report

from goodterms.accounts.service import AccountService
from goodterms.adapters.postgres.embedded import EmbeddedPostgres
from goodterms.adapters.postgres.migrations import migrate
from goodterms.kit.events import Bus
from goodterms.kit.money import Money
from goodterms.kit.sql import Pool, make_pool, transaction
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Book, EntryKind
from goodterms.ledger.service import LedgerService

AIM = 0.3
POSTINGS, TURNS, ACCOUNTS = 400, 3, 50
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BARE = b"""
CREATE SCHEMA bare;
CREATE TABLE bare.entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id bigint,
    kind text, effective_on date, posted_at timestamptz, cause text, actor text);
CREATE TABLE bare.posting (entry_id bigint, book text, amount numeric(18, 4),
    PRIMARY KEY (entry_id, book));
CREATE TABLE bare.balance (account_id bigint PRIMARY KEY, total numeric(18, 4), version bigint);
"""


@contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL as the program ships it, or use the one named."""
    given = os.environ.get("GOODTERMS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="goodterms-bench-") as folder,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        database = EmbeddedPostgres(Path(folder))
        try:
            yield runner.run(database.start())
        finally:
            runner.run(database.stop())


async def prepare(pool: Pool) -> list[int]:
    """Make accounts to post to, and the peer's bare tables."""
    async with transaction(pool) as conn:
        await conn.execute(BARE)
        await conn.execute(
            b"INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)"
            b" VALUES ('H', 'Hill', 'Hill', now())"
        )
        await conn.execute(
            b"INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)"
            b" SELECT id, 'P', '2026-01-01', now() FROM accounts.creditor"
        )
        await conn.execute(
            b"INSERT INTO accounts.consumer (reference, given_name, family_name, postal_code,"
            b" created_at, updated_at) SELECT 'C' || n, 'Ada', 'Quill', '10001', now(), now()"
            b" FROM generate_series(1, %s) n", (ACCOUNTS,),
        )  # fmt: skip
        cursor = await conn.execute(
            b"INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id,"
            b" currency, due_on, created_at, updated_at) SELECT 'A' || c.id, p.creditor_id, p.id,"
            b" c.id, 'USD', '2026-01-01', now(), now() FROM accounts.consumer c,"
            b" accounts.placement p RETURNING id"
        )
        return [row["id"] async for row in cursor]


async def ours(pool: Pool, service: LedgerService, accounts: list[int], turn: int) -> None:
    """Post through the service, each in its own transaction, and read the balance back."""
    for number in range(POSTINGS):
        account = accounts[number % len(accounts)]
        entry = ledger.charge(
            account, Book.INTEREST, Money.of("1.25"), kind=EntryKind.INTEREST,
            effective_on=date(2026, 11, 23), cause=f"bench:{turn}:{number}", actor="bench",
            policy_version="bench",
        )  # fmt: skip
        async with transaction(pool) as conn:
            await service.post(conn, [entry], now=NOW)
            await service.balance(conn, account)


async def bare(pool: Pool, accounts: list[int], turn: int) -> None:
    """Insert the same rows without the service, each in its own transaction."""
    for number in range(POSTINGS):
        account = accounts[number % len(accounts)]
        async with transaction(pool) as conn:
            cursor = await conn.execute(
                b"INSERT INTO bare.entry (account_id, kind, effective_on, posted_at, cause, actor)"
                b" VALUES (%s, 'interest', '2026-11-23', %s, %s, 'bench') RETURNING id",
                (account, NOW, f"bench:{turn}:{number}"),
            )
            row = await cursor.fetchone()
            assert row is not None
            await conn.execute(
                b"INSERT INTO bare.posting VALUES (%s, 'interest', 1.25), (%s, 'accrued', -1.25)",
                (row["id"], row["id"]),
            )
            await conn.execute(
                b"INSERT INTO bare.balance VALUES (%s, 1.25, 1) ON CONFLICT (account_id)"
                b" DO UPDATE SET total = bare.balance.total + 1.25,"
                b" version = bare.balance.version + 1",
                (account,),
            )
            await conn.execute(
                b"SELECT total, version FROM bare.balance WHERE account_id = %s", (account,)
            )


async def rate(work: Callable[[], Awaitable[None]]) -> float:
    """Return postings a second."""
    start = time.perf_counter()
    await work()
    return POSTINGS / (time.perf_counter() - start)


async def measure(url: str) -> None:
    """Measure both in turns; the best turn of each counts."""
    async with make_pool(url, size=2, name="bench ledger") as pool:
        accounts = await prepare(pool)
        bus = Bus()
        service = LedgerService(AccountService(bus), bus)
        best = {"ours": 0.0, "bare": 0.0}
        for turn in range(TURNS):
            mine = await rate(lambda turn=turn: ours(pool, service, accounts, turn))  # type: ignore[misc]
            peer = await rate(lambda turn=turn: bare(pool, accounts, turn))  # type: ignore[misc]
            best = {"ours": max(best["ours"], mine), "bare": max(best["bare"], peer)}
        async with transaction(pool) as conn:
            assert await service.check(conn) == []
    ratio = best["ours"] / best["bare"]
    report([
        Result("ledger", "posting with balance read back", "postings/s", best["ours"],
               "bare inserts", best["bare"], ratio, f"at least {AIM}", ratio >= AIM)
    ])  # fmt: skip


def main() -> None:
    """Run on a server of our own."""
    with server() as url:
        migrate(url)
        asyncio.run(measure(url))


if __name__ == "__main__":
    main()
