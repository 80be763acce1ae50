"""The rows of attempts and requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from goodterms.calls.model import (
    Attempt,
    AttemptState,
    Disposition,
    Ending,
    Opening,
    Outcome,
    Phase,
    Progress,
    Request,
    RequestKind,
)
from goodterms.kit.sql import Connection, id_array, queries, text_array

_SQL = queries(__file__)
_COLUMNS = tuple(f.name for f in fields(Attempt))
_UNKNOWN: dict[str, Any] = {
    **dict.fromkeys(Ending.__annotations__),
    **dict.fromkeys(Progress.__annotations__),
    "abandoned": False,
}


def _attempt(row: Mapping[str, Any]) -> Attempt:
    values = {name: row[name] for name in _COLUMNS}
    values["account_ids"] = tuple(values["account_ids"])
    values["state"] = AttemptState(values["state"])
    values["phase"] = Phase(values["phase"])
    values["outcome"] = Outcome(row["outcome"]) if row["outcome"] else None
    values["disposition"] = Disposition(row["disposition"]) if row["disposition"] else None
    return Attempt(**values)


async def _all(conn: Connection, name: str, params: Mapping[str, Any]) -> list[Attempt]:
    cursor = await conn.execute(_SQL[name], params)
    return [_attempt(row) for row in await cursor.fetchall()]


async def _one(conn: Connection, name: str, params: Mapping[str, Any]) -> Attempt | None:
    row = await (await conn.execute(_SQL[name], params)).fetchone()
    return _attempt(row) if row else None


async def open_attempts(conn: Connection, openings: Sequence[Opening], now: datetime) -> None:
    """Write permitted attempts in one statement."""
    values = {
        "ids": text_array(o.attempt_id for o in openings),
        "campaign_ids": id_array(o.campaign_id for o in openings),
        "due_attempt_ids": id_array(o.due_attempt_id for o in openings),
        "consumer_ids": id_array(o.consumer_id for o in openings),
        "account_ids": text_array(id_array(o.account_ids) for o in openings),
        "contact_point_ids": id_array(o.contact_point_id for o in openings),
        "numbers": text_array(o.number for o in openings),
        "caller_ids": text_array(o.caller_id for o in openings),
        "trunks": text_array(o.trunk for o in openings),
        "nodes": text_array(o.node for o in openings),
        "verdict_ids": id_array(o.verdict_id for o in openings),
        "ring_seconds": id_array(o.ring_seconds for o in openings),
        "amd": id_array(int(o.amd) for o in openings),
        "now": now,
    }
    await conn.execute(_SQL["open_attempts"], values)


async def attempt(conn: Connection, attempt_id: str, *, lock: bool = False) -> Attempt | None:
    """Read one attempt, holding its row if asked."""
    name = "attempt_locked" if lock else "attempt"
    return await _one(conn, name, {"attempt_id": attempt_id})


async def live(conn: Connection, node: str) -> list[Attempt]:
    """Read a node's attempts that have not ended."""
    return await _all(conn, "live_of_node", {"node": node})


async def of_consumer(conn: Connection, consumer_id: int, limit: int) -> list[Attempt]:
    """Read a person's attempts, newest first."""
    return await _all(conn, "attempts_of_consumer", {"consumer_id": consumer_id, "limit": limit})


async def undisposed(conn: Connection, agent_id: int) -> list[Attempt]:
    """Read what an agent still has to dispose of."""
    return await _all(conn, "undisposed_of_agent", {"agent_id": agent_id})


async def place(conn: Connection, attempt_id: str, now: datetime) -> Attempt | None:
    """Note the order to dial; None if the attempt may not be dialed any more."""
    return await _one(conn, "place", {"attempt_id": attempt_id, "now": now})


async def still_wanted(conn: Connection, attempt_id: str) -> bool:
    """Tell whether a placed attempt has not been cancelled."""
    row = await (await conn.execute(_SQL["still_wanted"], {"attempt_id": attempt_id})).fetchone()
    return bool(row and row["wanted"])


async def mark(
    conn: Connection, attempt_id: str, phase: Phase, progress: Progress
) -> tuple[Attempt, bool] | None:
    """Move a live attempt on; tell whether it was joined to an agent for the first time.

    None if it has ended.
    """
    values = {**_UNKNOWN, **progress, "attempt_id": attempt_id, "phase": phase.value}
    row = await (await conn.execute(_SQL["mark"], values)).fetchone()
    return (_attempt(row), row["first_joined"]) if row else None


async def end(
    conn: Connection,
    attempt_id: str,
    *,
    state: AttemptState,
    outcome: Outcome,
    disposition: Disposition | None,
    ending: Ending,
    now: datetime,
) -> Attempt | None:
    """End an attempt once; None if it has ended before."""
    values = {
        "attempt_id": attempt_id,
        "state": state.value,
        "outcome": outcome.value,
        "disposition": disposition and disposition.value,
        "now": now,
    }
    return await _one(conn, "end_attempt", {**_UNKNOWN, **ending, **values})


async def dispose(conn: Connection, attempt_id: str, values: Mapping[str, Any]) -> Attempt | None:
    """Record a disposition."""
    return await _one(conn, "dispose", {"attempt_id": attempt_id, **values})


async def cancel_live(conn: Connection, values: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Ask a person's live attempts to stop; give each id and whether it is to be cancelled."""
    cursor = await conn.execute(_SQL["cancel_live"], values)
    return [(row["id"], row["cancel_requested_at"] is not None) for row in await cursor.fetchall()]


async def cancels(conn: Connection, node: str) -> list[str]:
    """Read which live attempts of a node must stop."""
    cursor = await conn.execute(_SQL["cancels_of_node"], {"node": node})
    return [row["id"] for row in await cursor.fetchall()]


def _request(row: Mapping[str, Any]) -> Request:
    return Request(row["id"], row["attempt_id"], RequestKind(row["kind"]), row["actor"])


async def ask(conn: Connection, values: Mapping[str, Any]) -> Request:
    """Write a wish about a live call."""
    row = await (await conn.execute(_SQL["ask"], values)).fetchone()
    assert row is not None  # INSERT … RETURNING always returns
    return _request(row)


async def open_requests(conn: Connection, node: str) -> list[Request]:
    """Read the wishes not yet carried out."""
    cursor = await conn.execute(_SQL["open_requests"], {"node": node})
    return [_request(row) for row in await cursor.fetchall()]


async def close_request(conn: Connection, request_id: int, result: str, now: datetime) -> None:
    """Note what became of a wish."""
    await conn.execute(
        _SQL["close_request"], {"request_id": request_id, "result": result, "now": now}
    )
