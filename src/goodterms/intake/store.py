"""Imports on record."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.intake.model import Counts, ImportRun, RunState
from goodterms.kit.sql import Connection, queries

_Q = queries(__file__)


async def start_run(
    conn: Connection,
    path: Path,
    mapping: dict[str, str],
    bytes_total: int,
    *,
    actor: str,
    now: datetime,
) -> int:
    """Record that an import begins; return its number."""
    values = {
        "file_name": path.name,
        "mapping": Jsonb(mapping),
        "bytes_total": bytes_total,
        "actor": actor,
        "now": now,
    }
    row = await (await conn.execute(_Q["start_run"], values)).fetchone()
    assert row is not None
    return int(row["id"])


async def advance_run(conn: Connection, run_id: int, bytes_read: int, counts: Counts) -> None:
    """Write how far an import is."""
    values = {"run_id": run_id, "bytes_read": bytes_read, **asdict(counts)}
    await conn.execute(_Q["advance_run"], values)


async def end_run(
    conn: Connection,
    run_id: int,
    state: RunState,
    message: str,
    refused_file: str | None,
    *,
    now: datetime,
) -> None:
    """Record how an import ended."""
    values = {
        "run_id": run_id,
        "state": state,
        "message": message,
        "refused_file": refused_file,
        "now": now,
    }
    await conn.execute(_Q["end_run"], values)


async def run(conn: Connection, run_id: int) -> ImportRun | None:
    """Read one import."""
    row = await (await conn.execute(_Q["run"], {"run_id": run_id})).fetchone()
    return None if row is None else _run(row)


async def runs(conn: Connection, limit: int) -> list[ImportRun]:
    """Read the imports, newest first."""
    rows = await (await conn.execute(_Q["runs"], {"limit": limit})).fetchall()
    return [_run(row) for row in rows]


async def refresh_statistics(conn: Connection, *, roughly: bool = False) -> None:
    """Let PostgreSQL count what came in, in this transaction; roughly while a load goes on."""
    if roughly:
        await conn.execute(_Q["sampling"])
    await conn.execute(_Q["statistics"])


def _run(row: dict[str, Any]) -> ImportRun:
    return ImportRun(**{**row, "state": RunState(row["state"])})
