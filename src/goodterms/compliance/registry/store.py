"""The table of caller IDs, their tests, and the numbers people were shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from goodterms.compliance.decide.callers import Line, Shown, runs
from goodterms.compliance.model import CallerId, CallerTest
from goodterms.kit.phone import area
from goodterms.kit.sql import Connection, id_array, queries

SQL = queries(__file__)


async def _rows(conn: Connection, query: str, /, **values: Any) -> list[dict[str, Any]]:
    return await (await conn.execute(SQL[query], values)).fetchall()


async def callers(conn: Connection) -> list[CallerId]:
    """Read the registry."""
    return [CallerId(**row) for row in await _rows(conn, "callers")]


async def put(conn: Connection, caller: CallerId, actor: str, now: datetime) -> None:
    """Register a number or replace what is known of it."""
    await conn.execute(SQL["put_caller"], {**asdict(caller), "actor": actor, "now": now})


async def retire(conn: Connection, number: str, actor: str) -> bool:
    """Take a number out of use; tell whether there is one."""
    return bool(await _rows(conn, "retire_caller", number=number, actor=actor))


async def ask_test(conn: Connection, number: str, now: datetime) -> bool:
    """Ask for a test; tell whether the number is in use."""
    return bool(await _rows(conn, "ask_test", number=number, now=now))


async def claim_tests(
    conn: Connection, *, now: datetime, old: datetime, lease_until: datetime, limit: int
) -> list[tuple[str, str]]:
    """Take the numbers to be tested, each with its trunk."""
    rows = await _rows(conn, "claim_tests", now=now, old=old, lease_until=lease_until, limit=limit)
    return [(row["number"], row["trunk"]) for row in rows]


async def record_test(conn: Connection, test: CallerTest, again_at: datetime) -> bool:
    """Keep what came of a test; tell whether the number is registered."""
    values = {**asdict(test), "passed": test.passed, "again_at": again_at}
    return bool(await _rows(conn, "record_test", **values))


async def tests(conn: Connection, number: str, limit: int) -> list[CallerTest]:
    """Read a number's tests, the latest first."""
    return [CallerTest(**row) for row in await _rows(conn, "tests", number=number, limit=limit)]


async def greetings(conn: Connection) -> dict[str, str]:
    """Read what callers to each number in use hear."""
    return {row["number"]: row["greeting"] for row in await _rows(conn, "greetings")}


async def offered(
    conn: Connection, numbers: Sequence[str], consumer_ids: Sequence[int], since: datetime
) -> tuple[dict[str, Line], dict[int, Shown]]:
    """Read what is known of numbers, and each person's number shown last with its run's start."""
    async with conn.pipeline():
        lines = await conn.execute(SQL["offered"], {"numbers": list(numbers)})
        shows = await conn.execute(
            SQL["shown"], {"consumer_ids": id_array(consumer_ids), "since": since}
        )
        found = await lines.fetchall()
        seen = await shows.fetchall()
    by_person: dict[int, list[Shown]] = {}
    for row in seen:
        show = (row["caller_id"], row["placed_at"].astimezone(UTC))
        by_person.setdefault(row["consumer_id"], []).append(show)
    known = {
        row["number"]: Line(row["number"], row["usable"], row["region"], area(row["number"]))
        for row in found
    }
    return known, {person: runs(shown)[0] for person, shown in by_person.items()}
