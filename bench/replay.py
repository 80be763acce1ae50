"""Judging a million stored decisions again, against reading and hashing the same rows.

The verdicts are real ones: people with debts, numbers and a contact log are judged by the shipped
rulebook and stored as the product stores them; then the same evidence is multiplied. The peer
reads the same rows, parses their JSON and takes the SHA-256, which is the least that anybody who
looks through them must do.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import resource
import time
from datetime import UTC, datetime, timedelta
from random import Random

from bench.million import NOON, server
from bench.report import Result, report
from psycopg.rows import tuple_row

from goodterms.accounts.model import Channel
from goodterms.adapters.postgres.migrations import migrate
from goodterms.compliance.decide import gate, record
from goodterms.compliance.evidence import EvidenceService
from goodterms.compliance.model import (
    AccountFacts,
    CallerFacts,
    Facts,
    LoggedContact,
    PointFacts,
    ProposedContact,
    Reach,
    Rulebook,
)
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.sql import Connection, Pool, make_pool, transaction

DIFFERENT = 2000
"""So many different people are judged; each verdict is then stored as often as needed."""

_STORE = b"""
INSERT INTO compliance.verdict (
    attempt_id, consumer_id, account_ids, contact_point_id, channel, decision, reason_code,
    findings, facts, rulebook_hash, decided_at, earliest_allowed_at, digest, obligations
)
SELECT %s, %s, %s, 1, 'call', %s, %s, %s::json, %s::json, %s, %s, %s, %s, %s
"""
_MULTIPLY = b"""
INSERT INTO compliance.verdict (
    attempt_id, consumer_id, account_ids, contact_point_id, channel, decision, reason_code,
    findings, facts, rulebook_hash, decided_at, earliest_allowed_at, digest, obligations
)
SELECT attempt_id, consumer_id, account_ids, contact_point_id, channel, decision, reason_code,
    findings, facts, rulebook_hash, decided_at, earliest_allowed_at, digest, obligations
FROM compliance.verdict, generate_series(2, %s)
"""
_READ = b"SELECT id, facts::text, findings::text, digest FROM compliance.verdict ORDER BY id"


def _case(number: int, random: Random) -> tuple[ProposedContact, Facts]:
    """Give one person's proposed call with what is known, as a bench database would."""
    zone = random.choice(("America/New_York", "America/Chicago", "America/Denver"))
    region = random.choice(("NY", "IL", "CO", "MA", "FL", "WA", "TX"))
    accounts = tuple(
        AccountFacts(
            number * 10 + n, "active", random.randint(0, 90_000), reference=f"A{number}{n}"
        )
        for n in range(random.randint(1, 3))
    )
    log = tuple(
        LoggedContact(
            at := NOON - timedelta(hours=7 + 11 * n + random.randint(0, 5)), at.date(),
            random.choice(("call", "call", "sms")), (accounts[0].account_id,),
            random.choice((Reach.RANG, Reach.MACHINE, Reach.DIALED)), f"+1303{number:07d}",
        )
        for n in range(random.randint(0, 8))
    )  # fmt: skip
    facts = Facts(
        number, "US", region, (zone,), PointFacts(line_type="mobile"), accounts, log=log,
        caller=CallerFacts(tested_at=NOON - timedelta(hours=3)),
    )  # fmt: skip
    contact = ProposedContact(
        f"att_{number}", number, tuple(a.account_id for a in accounts), 1, f"+1303{number:07d}",
        Channel.CALL, "+12025550100", 1,
    )  # fmt: skip
    return contact, facts


async def _fill(pool: Pool, rulebook: Rulebook, verdicts: int) -> None:
    random = Random(11)  # noqa: S311 - a repeatable bench
    async with transaction(pool) as conn:
        await ComplianceService(rulebook).store_rulebook(conn, now=NOON)
        for number in range(1, DIFFERENT + 1):
            contact, facts = _case(number, random)
            verdict = gate(contact, facts, rulebook, NOON, terse=True)
            kept = record(verdict)
            await conn.execute(
                _STORE,
                (contact.attempt_id, number, list(verdict.account_ids), verdict.decision,
                 verdict.reason_code, kept.findings, kept.facts, rulebook.hash, NOON,
                 verdict.earliest_allowed_at, kept.digest, list(verdict.obligations)),
            )  # fmt: skip
        await conn.execute(_MULTIPLY, (max(1, verdicts // DIFFERENT),))
    async with pool.connection() as conn:
        await conn.execute(b"VACUUM ANALYZE compliance.verdict")


async def _bare(conn: Connection) -> int:
    """Read, parse and hash every row; return how many there were."""
    seen = 0
    async with conn.transaction(), conn.cursor(name="bare", row_factory=tuple_row) as cursor:
        cursor.itersize = 2000
        await cursor.execute(_READ)
        async for _, facts, findings, _ in cursor:
            json.loads(facts)
            hashlib.sha256(f"{facts}{findings}".encode()).hexdigest()
            seen += 1
    return seen


async def _main(args: argparse.Namespace) -> None:
    rulebook = load_rulebook()
    async with server() as postgres:
        name = f"replay_{datetime.now(UTC):%H%M%S}"  # noqa: TID251 - a name for a scratch database
        async with make_pool(postgres.url, size=1) as pool, pool.connection() as conn:
            await conn.execute(f"CREATE DATABASE {name}".encode())
        url = postgres.url.replace("/goodterms?", f"/{name}?")
        await asyncio.to_thread(migrate, url)
        try:
            await _measure(url, rulebook, args.verdicts)
        finally:
            async with make_pool(postgres.url, size=1) as pool, pool.connection() as conn:
                await conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


async def _measure(url: str, rulebook: Rulebook, verdicts: int) -> None:
    async with make_pool(url, size=2) as pool:
        print(f"storing {verdicts:,} verdicts …", flush=True)
        await _fill(pool, rulebook, verdicts)
        async with pool.connection() as conn:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started, used = time.perf_counter(), time.process_time()
            found = await EvidenceService().replay(conn, tell=_tell)
            ours, core = time.perf_counter() - started, time.process_time() - used
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            started = time.perf_counter()
            seen = await _bare(conn)
            bare = time.perf_counter() - started
    if found.same != found.judged or found.judged != seen:
        raise SystemExit(f"{found.judged - found.same} of {found.judged} came out another way")
    print(
        f"  {core / found.judged * 1e6:.0f} µs of one core each; memory grew {grown / 1024:.0f} MiB"
    )
    rate, peer = found.judged / ours, seen / bare
    report(
        [
            Result("replay", f"{seen:,} stored verdicts judged again, to the byte", "per second",
                   rate, "read, parse and hash", peer, rate / peer, "≥ 10,000/s", rate >= 10_000),
            Result("replay", "memory grown while doing it", "MiB", grown / 1024, "of its batch", 64,
                   grown / 1024 / 64, "≤ 64 MiB", grown / 1024 <= 64),
        ]
    )  # fmt: skip


def _tell(judged: int) -> None:
    if judged % 100_000 == 0:
        print(f"  {judged:,} judged again", flush=True)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=1_000_000)
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
