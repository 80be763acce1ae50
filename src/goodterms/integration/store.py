"""Receivers, deliveries, the stream of events and remembered requests in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.integration.decide import write_cursor
from goodterms.integration.model import Claimed, Delivery, DeliveryState, Event, Host, Receiver
from goodterms.kit.sql import Connection, queries

_SQL = queries(__file__)
Row = dict[str, Any]


async def one(conn: Connection, query: str, **columns: Any) -> Row | None:
    """Run a named query and give its first row."""
    return await (await conn.execute(_SQL[query], columns)).fetchone()


async def many(conn: Connection, query: str, **columns: Any) -> list[Row]:
    """Run a named query and give its rows."""
    return await (await conn.execute(_SQL[query], columns)).fetchall()


async def do(conn: Connection, query: str, **columns: Any) -> int:
    """Run a named query and tell how many rows it changed."""
    return (await conn.execute(_SQL[query], columns)).rowcount


async def host_accounts(conn: Connection, account_ids: Sequence[int]) -> list[tuple[Row, Host]]:
    """Read those of the accounts that live in a host, with their host."""
    found = []
    for row in await many(conn, "host_accounts", account_ids=list(account_ids)):
        names = ("id", "name", "url", "secret", "timeout_ms", "active")
        found.append((row, Host(**{name: row[name] for name in names})))
    return found


async def host_ignorant(conn: Connection, host: Host, row: Row, since: datetime) -> bool:
    """Tell whether money moved on an account since, of which its host knows nothing yet."""
    found = await one(
        conn,
        "host_ignorant",
        consumer_id=row["consumer_id"],
        account_id=row["account_id"],
        host_actor=f"host:{host.name}",
        host_id=host.id,
        since=since,
    )
    assert found is not None
    return bool(found["ignorant"])


async def receivers(conn: Connection, receiver_id: int | None = None) -> list[Receiver]:
    """Read all receivers, or the one."""
    rows = await many(conn, "receivers", id=receiver_id)
    return [Receiver(**{**row, "kinds": tuple(row["kinds"])}) for row in rows]


async def claimed(conn: Connection, receiver_id: int) -> Claimed | None:
    """Read how a receiver is reached."""
    row = await one(conn, "receiver_secret", id=receiver_id)
    return Claimed(**row) if row else None


async def deliveries(conn: Connection, **columns: Any) -> list[Delivery]:
    """Read a receiver's deliveries backwards."""
    rows = await many(conn, "deliveries", **columns)
    return [Delivery(**{**row, "state": DeliveryState(row["state"])}) for row in rows]


async def events_after(
    conn: Connection, place: tuple[int, int], kinds: Sequence[str] | None, limit: int
) -> list[Event]:
    """Read the stream after a place."""
    columns = {
        "cursor_tx": str(place[0]),
        "cursor_id": place[1],
        "kinds": list(kinds) if kinds else None,
        "limit": limit,
    }
    found = []
    for row in await many(conn, "events_after", **columns):
        row["cursor"] = write_cursor(row.pop("tx"), row["id"])
        found.append(Event(**row))
    return found


async def end_request(conn: Connection, actor: str, key: str, status: int, body: Any) -> None:
    """Remember an answer."""
    await do(conn, "request_end", actor=actor, key=key, status=status, body=Jsonb(body))


async def fan_out(conn: Connection, receiver: Row, *, limit: int, now: datetime) -> int:
    """Turn a locked receiver's next events into deliveries; how many events were looked at."""
    cursor = {"cursor_tx": receiver["cursor_tx"], "cursor_id": receiver["cursor_id"]}
    end = await one(conn, "fan_out_end", **cursor, limit=limit)
    if end is None:
        return 0
    place = {
        **cursor,
        "end_tx": end["tx"],
        "end_id": end["id"],
        "receiver_id": receiver["id"],
        "now": now,
    }
    if receiver["host_id"] is None:
        await do(conn, "fan_out_webhook", **place, kinds=receiver["kinds"])
    else:
        await do(conn, "fan_out_host", **place, host_id=receiver["host_id"])
    return await do(
        conn,
        "fan_out_move",
        end_tx=end["tx"],
        end_id=end["id"],
        receiver_id=receiver["id"],
    )
