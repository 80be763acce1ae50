"""People, sessions, keys and the audit trail in PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.access.model import ApiKey, AuditRecord, Person, Role, Scope
from goodterms.kit.sql import Connection, queries

_SQL = queries(__file__)


def read_person(row: dict[str, Any]) -> Person:
    """Read a person from a row that has their columns."""
    return Person(
        id=row["id"],
        username=row["username"],
        display_name=row["display_name"],
        roles=frozenset(Role(role) for role in row["roles"]),
        language=row["language"],
        active=row["active"],
        automatic=row["automatic"],
    )


async def add_person(conn: Connection, **columns: Any) -> Person | None:
    """Add a person; None when the username is taken."""
    row = await (await conn.execute(_SQL["person_add"], columns)).fetchone()
    return read_person(row) if row else None


async def person(conn: Connection, person_id: int) -> Person | None:
    """Read one person."""
    row = await (await conn.execute(_SQL["person_by_id"], {"id": person_id})).fetchone()
    return read_person(row) if row else None


async def person_by_username(conn: Connection, username: str) -> Person | None:
    """Read one person by the name they sign in with."""
    cursor = await conn.execute(_SQL["person_by_username"], {"username": username})
    row = await cursor.fetchone()
    return read_person(row) if row else None


async def anybody(conn: Connection) -> bool:
    """Tell whether anybody but automatic agents is known."""
    row = await (await conn.execute(_SQL["anybody"])).fetchone()
    assert row is not None
    return bool(row["known"])


async def lock_people(conn: Connection) -> None:
    """Let nobody else add people until the transaction ends."""
    await conn.execute(_SQL["lock_people"])


async def people(conn: Connection) -> list[Person]:
    """List everybody, by name."""
    return [read_person(row) for row in await (await conn.execute(_SQL["people"])).fetchall()]


async def change_person(conn: Connection, query: str, **columns: Any) -> bool:
    """Run one of the ``person_set_…`` queries; False when there is no such person."""
    return await (await conn.execute(_SQL[query], columns)).fetchone() is not None


async def try_sign_in(conn: Connection, **columns: Any) -> tuple[Person, str] | None:
    """Count a try and give the person with their password's hash, unless unknown or locked."""
    row = await (await conn.execute(_SQL["sign_in_try"], columns)).fetchone()
    return (read_person(row), row["password_hash"]) if row else None


async def locked_until(conn: Connection, username: str, now: datetime) -> datetime | None:
    """Tell until when a person is kept out, if they are."""
    columns = {"username": username, "now": now}
    row = await (await conn.execute(_SQL["sign_in_locked_until"], columns)).fetchone()
    return row["locked_until"] if row else None


async def sign_in_succeeded(conn: Connection, person_id: int) -> None:
    """Forget the wrong tries."""
    await conn.execute(_SQL["sign_in_succeeded"], {"id": person_id})


async def add_session(conn: Connection, **columns: Any) -> None:
    """Remember a signed-in browser."""
    await conn.execute(_SQL["session_add"], columns)


async def session_row(
    conn: Connection, token_hash: str, now: datetime
) -> tuple[Person, dict[str, Any]] | None:
    """Read a session in force with its person."""
    columns = {"token_hash": token_hash, "now": now}
    row = await (await conn.execute(_SQL["session_by_token"], columns)).fetchone()
    return (read_person(row), row) if row else None


async def touch_session(conn: Connection, token_hash: str, now: datetime) -> None:
    """Note that the browser is still there."""
    await conn.execute(_SQL["session_seen"], {"token_hash": token_hash, "now": now})


async def end_session(conn: Connection, token_hash: str) -> None:
    """Forget one session."""
    await conn.execute(_SQL["session_end"], {"token_hash": token_hash})


async def end_sessions_of(conn: Connection, person_id: int) -> None:
    """Forget all sessions of one person."""
    await conn.execute(_SQL["sessions_end_of_person"], {"id": person_id})


async def end_expired_sessions(conn: Connection, now: datetime) -> int:
    """Forget sessions nobody can use any more; how many."""
    return (await conn.execute(_SQL["sessions_end_expired"], {"now": now})).rowcount


async def add_key(conn: Connection, **columns: Any) -> None:
    """Remember a program's key by its hash."""
    await conn.execute(_SQL["key_add"], columns)


async def key_row(conn: Connection, prefix: str) -> dict[str, Any] | None:
    """Read a key that was not revoked."""
    return await (await conn.execute(_SQL["key_by_prefix"], {"prefix": prefix})).fetchone()


async def touch_key(conn: Connection, key_id: int, now: datetime) -> None:
    """Note when a key was last used."""
    await conn.execute(_SQL["key_used"], {"id": key_id, "now": now})


async def revoke_key(conn: Connection, prefix: str, now: datetime) -> bool:
    """End a key for good; False when there was none in force."""
    columns = {"prefix": prefix, "now": now}
    return await (await conn.execute(_SQL["key_revoke"], columns)).fetchone() is not None


async def keys(conn: Connection) -> list[ApiKey]:
    """List all keys, newest first."""
    rows = await (await conn.execute(_SQL["keys"])).fetchall()
    return [ApiKey(**{**row, "scopes": _scopes(row["scopes"])}) for row in rows]


async def add_audit(conn: Connection, record: dict[str, Any], *, data: dict[str, Any]) -> None:
    """Write who did what."""
    await conn.execute(_SQL["audit_add"], {**record, "data": Jsonb(data)})


async def audit_page(
    conn: Connection, *, subject: str | None, before: int | None, limit: int
) -> list[AuditRecord]:
    """Read the trail backwards."""
    columns = {"subject": subject, "before": before, "limit": limit}
    rows = await (await conn.execute(_SQL["audit_page"], columns)).fetchall()
    return [AuditRecord(**row) for row in rows]


def _scopes(values: list[str]) -> frozenset[Scope]:
    return frozenset(Scope(value) for value in values)
