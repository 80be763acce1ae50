"""A million rows imported against a bare COPY of the same file: ``python -m bench.import_rows``.

The peer copies the file's columns as text into one table without keys. Ours checks every row,
makes people, accounts, numbers, consents, a ledger entry with its postings and a balance for
each, and writes the timeline; both commit durably on the same server in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from bench.report import Result, report

from goodterms.accounts.service import AccountService
from goodterms.adapters.postgres.embedded import EmbeddedPostgres
from goodterms.adapters.postgres.migrations import migrate
from goodterms.intake.model import ImportReport
from goodterms.intake.sample.model import CREDITORS, FAMILY_NAMES, GIVEN_NAMES, PLACES
from goodterms.intake.service import IntakeService
from goodterms.kit.clock import SetClock
from goodterms.kit.events import Bus
from goodterms.kit.sql import make_pool
from goodterms.ledger.service import LedgerService

AIM = 8.0
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HEADER = [
    "creditor", "account", "consumer", "given_name", "family_name", "street", "city", "state",
    "zip", "email", "phone_mobile", "phone_home", "principal", "interest", "due_on", "consent_call",
]  # fmt: skip


def write_file(path: Path, rows: int) -> None:
    """Write a file of accounts: eight in ten people have one debt, half have two numbers."""
    dice = random.Random(1)  # noqa: S311 - invented rows, not a secret
    person: list[str] = []
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for number in range(rows):
            if not person or dice.random() < 0.8:
                place = dice.choice(PLACES)
                family, given = dice.choice(FAMILY_NAMES), dice.choice(GIVEN_NAMES)
                mobile, home = (
                    f"({dice.choice(place.area_codes)}) 555-01{dice.randrange(100):02}"
                    for _ in range(2)
                )
                person = [
                    f"C{number:08}", given, family, f"{dice.randrange(1, 990)} Juniper Street",
                    place.city, place.region, dice.choice(place.zips),
                    f"{given}.{number}@example.com", mobile, home if dice.random() < 0.5 else "",
                ]  # fmt: skip
            cents = dice.randrange(4000, 900000)
            writer.writerow([
                dice.choice(CREDITORS).reference, f"A{number:09}", *person,
                f"{cents // 100}.{cents % 100:02}", f"{cents // 1100}.50",
                f"2026-{dice.randrange(1, 10):02}-{dice.randrange(1, 28):02}",
                "yes" if dice.random() < 0.2 else "",
            ])  # fmt: skip


@contextmanager
def _server() -> Iterator[str]:
    """Run a PostgreSQL as the program ships it, durable as it comes, or use the one named."""
    given = os.environ.get("GOODTERMS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="goodterms-bench-") as folder,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        server = EmbeddedPostgres(Path(folder))
        try:
            yield runner.run(server.start())
        finally:
            runner.run(server.stop())


def bare_copy(url: str, path: Path) -> float:
    """Copy the file into a plain table; return the seconds it took."""
    with psycopg.connect(url, autocommit=True) as conn:
        columns = ", ".join(f"{name} text" for name in HEADER)
        conn.execute(f"CREATE TABLE bare ({columns})".encode())
        start = time.perf_counter()
        with (
            conn.cursor() as cursor,
            cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy,
            path.open("rb") as file,
        ):
            while piece := file.read(1 << 20):
                copy.write(piece)
        seconds = time.perf_counter() - start
        conn.execute("DROP TABLE bare")
    return seconds


async def our_import(url: str, path: Path) -> tuple[float, ImportReport, list[str]]:
    """Import the file; return seconds, report and what the ledger finds wrong with itself."""
    async with make_pool(url, size=4) as pool:
        bus = Bus()
        accounts = AccountService(bus)
        ledger = LedgerService(accounts, bus)
        intake = IntakeService(pool, SetClock(NOW), accounts, ledger)
        start = time.perf_counter()
        done = await intake.import_file(path, actor="system:bench")
        seconds = time.perf_counter() - start
        async with pool.connection() as conn:
            return seconds, done, await ledger.check(conn)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(rows: int) -> list[Result]:
    """Measure both on one server; check that every row came in."""
    with tempfile.TemporaryDirectory() as folder, _server() as url:
        small, path = Path(folder) / "small.csv", Path(folder) / "rows.csv"
        migrate(url)
        write_file(small, rows // 10)
        write_file(path, rows)
        asyncio.run(our_import(url, small))
        early = _peak_mib()
        with psycopg.connect(url, autocommit=True) as conn:
            for name in _tables(conn):
                conn.execute(f"TRUNCATE {name} CASCADE".encode())
        peer = bare_copy(url, path)
        ours, done, faults = asyncio.run(our_import(url, path))
        peak = _peak_mib()
        print(done.counts, f"{rows / ours:,.0f} rows/s", done.examples[:3])
        if faults or done.counts.new != rows:
            raise SystemExit(f"the import is wrong: {faults[:3]} {done.counts}")
    ratio = ours / peer
    growth = peak / early
    return [
        Result(
            "import", f"{rows:,} rows", "s", ours, "bare COPY", peer, ratio, f"<= {AIM:g}",
            ratio <= AIM,
        ),
        Result(
            "import", "peak memory", "MiB", peak, f"{rows // 10:,} rows", early, growth,
            "<= 1.25", growth <= 1.25,
        ),
    ]  # fmt: skip


def _tables(conn: psycopg.Connection) -> list[str]:
    found = conn.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables"
        " WHERE schemaname IN ('accounts', 'ledger', 'intake')"
    ).fetchall()
    return [str(row[0]) for row in found]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    report(run(parser.parse_args().rows))
