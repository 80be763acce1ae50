"""Reading across the domains below; this domain owns no tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.rows import class_row

from goodterms.kit.sql import Connection, queries
from goodterms.reporting.model import (
    AgentTile,
    CampaignRow,
    DecisionRow,
    Load,
    Minute,
    Screen,
    TimelineItem,
)

Q = queries(__file__)


async def rows(conn: Connection, name: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run a named query and return its rows as dictionaries."""
    return await (await conn.execute(Q[name], values)).fetchall()


async def timeline(conn: Connection, values: Mapping[str, Any]) -> list[TimelineItem]:
    """Return a page of a consumer's timeline."""
    async with conn.cursor(row_factory=class_row(TimelineItem)) as cursor:
        return await (await cursor.execute(Q["timeline"], values)).fetchall()


async def agent_tiles(conn: Connection) -> list[AgentTile]:
    """Return the agents on the floor."""
    async with conn.cursor(row_factory=class_row(AgentTile)) as cursor:
        return await (await cursor.execute(Q["agent_tiles"])).fetchall()


async def campaign_rows(conn: Connection, values: Mapping[str, Any]) -> list[CampaignRow]:
    """Return the campaigns with their counts."""
    async with conn.cursor(row_factory=class_row(CampaignRow)) as cursor:
        return await (await cursor.execute(Q["campaign_rows"], values)).fetchall()


async def minutes(conn: Connection, values: Mapping[str, Any]) -> list[Minute]:
    """Return the minutes in which something happened."""
    async with conn.cursor(row_factory=class_row(Minute)) as cursor:
        return await (await cursor.execute(Q["minutes"], values)).fetchall()


async def load(conn: Connection, values: Mapping[str, Any]) -> list[Load]:
    """Return how many calls were under way at instants in regular steps."""
    async with conn.cursor(row_factory=class_row(Load)) as cursor:
        return await (await cursor.execute(Q["load"], values)).fetchall()


async def last_decisions(conn: Connection, values: Mapping[str, Any]) -> list[DecisionRow]:
    """Return the newest verdicts."""
    async with conn.cursor(row_factory=class_row(DecisionRow)) as cursor:
        return await (await cursor.execute(Q["last_decisions"], values)).fetchall()


async def screen(conn: Connection, person_id: int) -> Screen | None:
    """Return the call of an agent that the desk must show, if any."""
    async with conn.cursor(row_factory=class_row(Screen)) as cursor:
        found = await cursor.execute(Q["screen_of_agent"], {"person_id": person_id})
        return await found.fetchone()
