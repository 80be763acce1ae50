"""A database full of accounts with their contact log, kept between runs.

What a decision reads is all there: people, numbers, zones, balances, holds, opt-outs and a log of
calls. Ledger entries are left out (a decision reads balances only). Nobody in it is real.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from goodterms.adapters.postgres.embedded import EmbeddedPostgres
from goodterms.adapters.postgres.migrations import migrate
from goodterms.kit.places import cache, shipped

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
"""The instant the bench pretends it is: calling hours from Hawaii to Puerto Rico."""

CALLER_ID = "+12025550100"
OURS, PEERS = 1, 2
"""Two campaigns with the same people: one for goodterms, one for the bare claim."""

_FILL = """
SET session_replication_role = replica;
SET synchronous_commit = off;
INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)
    SELECT 'C' || i, 'Creditor ' || i, 'Creditor ' || i, now() FROM generate_series(1, 8) i;
INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)
    SELECT i, 'P', '2026-01-01', now() FROM generate_series(1, 8) i;
INSERT INTO accounts.consumer (reference, given_name, family_name, region, address_zones,
        created_at, updated_at)
    SELECT 'K' || i, 'Given' || i % 997, 'Family' || i % 1499, 'CO',
        ARRAY[(ARRAY['America/New_York', 'America/Chicago', 'America/Denver', 'America/Phoenix',
                     'America/Los_Angeles', 'America/Puerto_Rico'])[1 + i % 6]], now(), now()
    FROM generate_series(1, {people}) i;
INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id, due_on,
        created_at, updated_at)
    SELECT 'A' || i, 1 + i % 8, 1 + i % 8, 1 + i % {people}, '2026-03-01', now(), now()
    FROM generate_series(1, {accounts}) i;
INSERT INTO ledger.balance (account_id, currency, total, components, updated_at)
    SELECT id, 'USD', 50 + id % 900, jsonb_build_object('principal', (50 + id % 900)::text), now()
    FROM accounts.account;
INSERT INTO accounts.contact_point (consumer_id, kind, value, label, zones, source, position,
        created_at, updated_at)
    SELECT c.id, 'phone', '+1' || (2000000000 + c.id * 2 + n), 'mobile', c.address_zones, 'bench',
        n, now(), now()
    FROM accounts.consumer c, generate_series(0, 1) n;
INSERT INTO accounts.hold (consumer_id, kind, source, release_rule, placed_by, placed_at)
    SELECT i, (ARRAY['disputed', 'cease', 'attorney', 'hardship'])[1 + i % 4], 'bench', 'by hand',
        'person:1', now()
    FROM generate_series(1, {people}, 40) i;
INSERT INTO accounts.consent (consumer_id, channel, state, source, actor, recorded_at)
    SELECT i, 'call', 'revoked', 'bench', 'person:1', now()
    FROM generate_series(1, {people}, 50) i;
INSERT INTO compliance.contact (attempt_id, consumer_id, account_ids, value, medium, direction,
        placed_at, local_dates, caller_id, closed_at, outcome, reach)
    SELECT 'old_' || i || '_' || n, i, ARRAY[i::bigint], '+1' || (2000000000 + i * 2), 'call',
        'out', at, ARRAY[at::date], '{caller_id}', at, 'no_answer',
        CASE WHEN (i + n) % 60 = 0 THEN 6 WHEN i % 5 = 0 THEN 1 ELSE 2 END
    FROM generate_series(1, {people}) i, generate_series(1, 5) n,
        LATERAL (SELECT '{noon}'::timestamptz - make_interval(days => n * 3 - 2 + i % 3) AS at) t;
INSERT INTO compliance.caller_id (number, name, proof, trunk, created_at, answered_ok_at, last_ok)
    VALUES ('{caller_id}', 'Bench', 'bench', 'carrier', now(), '2100-01-01', true);
INSERT INTO dialing.due_attempt (campaign_id, consumer_id, account_ids, contact_point_id, state,
        due_at, priority, updated_at)
    SELECT campaign, a.consumer_id, array_agg(a.id), min(p.id), 'waiting',
        '{noon}'::timestamptz - interval '1 hour', 0, now()
    FROM accounts.account a
    JOIN accounts.contact_point p ON p.consumer_id = a.consumer_id AND p.position = 0,
        generate_series(1, 2) campaign
    GROUP BY campaign, a.consumer_id;
RESET session_replication_role;
RESET synchronous_commit;
"""

_RESET = """
SET session_replication_role = replica;
TRUNCATE compliance.verdict, compliance.permit, calls.attempt, calls.request, accounts.event,
    ledger.posting, ledger.entry;
DELETE FROM compliance.contact WHERE closed_at IS NULL;
UPDATE dialing.due_attempt SET state = 'waiting', tries = 0, reason = '', last_attempt_id = NULL,
    due_at = '{noon}'::timestamptz - interval '1 hour'
    WHERE state <> 'waiting' OR due_at > '{noon}'::timestamptz - interval '1 hour';
RESET session_replication_role;
"""


@asynccontextmanager
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """Run the benchmarks' own PostgreSQL, with the settings the program ships and fsync on."""
    folder = cache() / "bench" / f"pg-{_schema()}"
    for old in folder.parent.glob("pg-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    async with EmbeddedPostgres(folder) as postgres:
        yield postgres


def _schema() -> str:
    """Name the schema and the filling, so that a change of either makes a new database."""
    digest = hashlib.sha256(_FILL.encode())
    for file in sorted(Path(shipped("migrations")).glob("*.sql")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


def database(url: str, accounts: int) -> str:
    """Give the URL of a database with so many accounts, made if it is not there yet."""
    name = f"accounts_{accounts}"
    ours = url.replace("/goodterms?", f"/{name}?")
    values = {
        "accounts": accounts, "people": accounts * 3 // 5, "noon": NOON.isoformat(),
        "caller_id": CALLER_ID,
    }  # fmt: skip
    started = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as conn:
        known = conn.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is None:
            print(f"filling a database with {accounts:,} accounts …", flush=True)
            fresh = f"{name}_new"
            conn.execute(f"DROP DATABASE IF EXISTS {fresh}".encode())
            conn.execute(f"CREATE DATABASE {fresh}".encode())
            _fill(url.replace("/goodterms?", f"/{fresh}?"), _FILL.format(**values))
            conn.execute(f"ALTER DATABASE {fresh} RENAME TO {name}".encode())
            print(f"… took {time.perf_counter() - started:.0f} s", flush=True)
    with psycopg.connect(ours, autocommit=True) as conn:
        _run(conn, _RESET.format(**values))
        conn.execute("VACUUM ANALYZE dialing.due_attempt")
        conn.execute("VACUUM ANALYZE compliance.contact")
        conn.execute("CHECKPOINT")
    return ours


def _fill(url: str, text: str) -> None:
    migrate(url)
    with psycopg.connect(url, autocommit=True) as conn:
        _run(conn, text)
        conn.execute("VACUUM ANALYZE")


def _run(conn: psycopg.Connection[tuple[object, ...]], text: str) -> None:
    for statement in text.split(";\n"):
        if statement.strip():
            conn.execute(statement.encode())
