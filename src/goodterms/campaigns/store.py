"""The rows of campaigns, and the people whom a filter reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.campaigns.model import Campaign, CampaignState, Members, Preview
from goodterms.dialing.model import Member
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, queries

_SQL = queries(__file__)
_MEMBERS = {f.name for f in fields(Members)}


def _campaign(row: Mapping[str, Any]) -> Campaign:
    values = {f.name: row[f.name] for f in fields(Campaign)}
    values["state"] = CampaignState(values["state"])
    chosen = {name: value for name, value in row["members"].items() if name in _MEMBERS}
    lists: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in chosen.items()
    }
    values["members"] = Members(**lists)
    return Campaign(**values)


async def _rows(conn: Connection, query: str, /, **values: Any) -> list[dict[str, Any]]:
    return await (await conn.execute(_SQL[query], values)).fetchall()


async def add(
    conn: Connection,
    *,
    name: str,
    members: Members,
    settings: Mapping[str, Any],
    script: str,
    actor: str,
    now: datetime,
) -> Campaign:
    """Write a new draft."""
    rows = await _rows(
        conn,
        "add",
        name=name,
        members=Jsonb(asdict(members)),
        settings=Jsonb(dict(settings)),
        script=script,
        actor=actor,
        now=now,
    )
    return _campaign(rows[0])


async def save(conn: Connection, changed: Campaign) -> Campaign:
    """Write a campaign as it is now."""
    rows = await _rows(
        conn,
        "save",
        id=changed.id,
        name=changed.name,
        state=changed.state.value,
        members=Jsonb(asdict(changed.members)),
        settings=Jsonb(dict(changed.settings)),
        script=changed.script,
        started_at=changed.started_at,
        refreshed_at=changed.refreshed_at,
    )
    return _campaign(rows[0])


async def campaigns(conn: Connection) -> list[Campaign]:
    """Read all campaigns, newest first."""
    return [_campaign(row) for row in await _rows(conn, "campaigns")]


async def campaign(conn: Connection, campaign_id: int, *, lock: bool = False) -> Campaign | None:
    """Read one campaign, holding its row if asked."""
    rows = await _rows(conn, "campaign_locked" if lock else "campaign", id=campaign_id)
    return _campaign(rows[0]) if rows else None


async def named(conn: Connection, name: str) -> int | None:
    """Find a campaign's id by its name."""
    rows = await _rows(conn, "named", name=name)
    return rows[0]["id"] if rows else None


async def people_until(conn: Connection, after: int, step: int) -> int | None:
    """Find the highest id among the next people after an id; None after the last."""
    until = (await _rows(conn, "people_until", after=after, step=step))[0]["until"]
    return until if until is None else int(until)


def _filter(members: Members, now: datetime) -> dict[str, Any]:
    today = now.date()
    low, high = members.min_days_past_due, members.max_days_past_due
    least, most = members.min_balance_minor, members.max_balance_minor
    return {
        "regions": list(members.regions),
        "creditor_ids": list(members.creditor_ids),
        "placement_ids": list(members.placement_ids),
        "min_balance": None if least is None else Money.from_minor(least).amount,
        "max_balance": None if most is None else Money.from_minor(most).amount,
        "due_until": None if low is None else today - timedelta(days=low),
        "due_since": None if high is None else today - timedelta(days=high),
    }


async def members(
    conn: Connection, chosen: Members, after: int, until: int, now: datetime
) -> list[Member]:
    """Read whom a filter reaches among the people with ids in (after, until]."""
    rows = await _rows(conn, "members", after=after, until=until, **_filter(chosen, now))
    return [
        Member(row["consumer_id"], tuple(row["account_ids"]), row["contact_point_id"])
        for row in rows
    ]


async def preview(conn: Connection, chosen: Members, now: datetime) -> Preview:
    """Count whom a filter reaches."""
    row = (await _rows(conn, "preview", **_filter(chosen, now)))[0]
    return Preview(row["people"], row["accounts"], int(row["total"] * 100))


async def places(conn: Connection, chosen: Members) -> list[tuple[str, str]]:
    """Read in which countries and regions a filter may reach people."""
    rows = await _rows(conn, "places", regions=list(chosen.regions))
    return [(row["country"], row["region"]) for row in rows]
