"""The rows of agents and the steps of their days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from goodterms.kit.sql import Connection, queries
from goodterms.routing.model import Agent, AgentEvent, AgentState, Phone

_SQL = queries(__file__)
_COLUMNS = tuple(f.name for f in fields(Agent))


def _agent(row: Mapping[str, Any]) -> Agent:
    values = {name: row[name] for name in _COLUMNS}
    values["state"] = AgentState(values["state"])
    values["campaign_ids"] = tuple(values["campaign_ids"])
    return Agent(**values)


async def agents(conn: Connection) -> list[Agent]:
    """Read everybody."""
    return [_agent(row) for row in await (await conn.execute(_SQL["agents"])).fetchall()]


async def agent(conn: Connection, person_id: int, *, lock: bool = False) -> Agent | None:
    """Read one agent, holding the row if asked."""
    name = "agent_locked" if lock else "agent"
    row = await (await conn.execute(_SQL[name], {"person_id": person_id})).fetchone()
    return _agent(row) if row else None


async def enrol(
    conn: Connection, person_id: int, name: str, endpoint: str, now: datetime, *, automatic: bool
) -> None:
    """Make sure the agent has a row."""
    values = {
        "person_id": person_id,
        "name": name,
        "automatic": automatic,
        "endpoint": endpoint,
        "now": now,
    }
    await conn.execute(_SQL["enrol"], values)


async def save(conn: Connection, changed: Agent, now: datetime) -> Agent:
    """Write an agent's row; give it with its new version."""
    values = asdict(changed) | {
        "state": changed.state.value,
        "campaign_ids": list(changed.campaign_ids),
        "now": now,
    }
    row = await (await conn.execute(_SQL["save"], values)).fetchone()
    assert row is not None  # the caller holds the row
    return _agent(row)


async def log_step(
    conn: Connection, before: Agent, after: Agent, event: AgentEvent, now: datetime
) -> None:
    """Note one step of an agent's day."""
    values = {
        "person_id": before.person_id,
        "event": event.value,
        "old_state": before.state.value,
        "new_state": after.state.value,
        "reason": after.reason,
        "attempt_id": after.attempt_id or before.attempt_id,
        "now": now,
    }
    await conn.execute(_SQL["log_step"], values)


def _phone(row: Mapping[str, Any]) -> Phone:
    return Phone(row["person_id"], row["phone_password"], row["provided"])


async def issue_phone(conn: Connection, person_id: int, password: str) -> Phone | None:
    """Give the agent a telephone unless they have one; None if they are not at work."""
    values = {"person_id": person_id, "password": password}
    row = await (await conn.execute(_SQL["issue_phone"], values)).fetchone()
    return _phone(row) if row else None


async def phones(conn: Connection) -> list[Phone]:
    """Read the telephones of everybody at work."""
    return [_phone(row) for row in await (await conn.execute(_SQL["phones"])).fetchall()]


async def phone_provided(conn: Connection, phone: Phone, now: datetime) -> None:
    """Note that the node knows this telephone."""
    values = {"person_id": phone.person_id, "password": phone.password, "now": now}
    await conn.execute(_SQL["phone_provided"], values)


async def forget_phone(conn: Connection, person_id: int) -> None:
    """Forget an agent's telephone."""
    await conn.execute(_SQL["forget_phone"], {"person_id": person_id})
