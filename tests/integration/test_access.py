"""People, sessions, keys and the audit trail on real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from goodterms.access.model import Role, Scope
from goodterms.access.service import LOCKED_FOR, SESSION_LASTS, TRIES, AccessService
from goodterms.kit.errors import Conflict, Forbidden, NotFound, Refusal
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


def _access() -> AccessService:
    return AccessService(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def _add(pool: Pool, access: AccessService, username: str = "ana") -> int:
    async with transaction(pool) as conn:
        person = await access.create_person(conn, username, "Ana", [Role.AGENT], PASSWORD, now=NOON)
    return person.id


async def test_right_password_opens_a_session(pool: Pool) -> None:
    """Whoever knows the password gets a session that ends after twelve hours."""
    access = _access()
    await _add(pool, access)
    async with pool.connection() as conn:
        token, session = await access.sign_in(conn, "ana", PASSWORD, now=NOON, address="192.0.2.1")
        assert session.person.roles == {Role.AGENT}
        later = NOON + SESSION_LASTS - timedelta(seconds=1)
        read = await access.session(conn, token, now=later)
        assert read
        assert read.csrf_token == session.csrf_token
        assert await access.session(conn, token, now=NOON + SESSION_LASTS) is None
        assert await access.end_expired(conn, now=NOON + SESSION_LASTS) == 1


async def test_database_holds_no_usable_token(pool: Pool) -> None:
    """Neither session tokens, nor keys, nor passwords can be read from the tables."""
    access = _access()
    await _add(pool, access)
    async with pool.connection() as conn:
        token, _ = await access.sign_in(conn, "ana", PASSWORD, now=NOON, address=None)
        key, _ = await access.create_key(conn, "erp", [Scope.EVENTS_READ], actor="t", now=NOON)
        rows = await (
            await conn.execute(
                "SELECT s::text AS text FROM access.session s"
                " UNION ALL SELECT k::text FROM access.api_key k"
                " UNION ALL SELECT p::text FROM access.person p"
            )
        ).fetchall()
    text = " ".join(row["text"] for row in rows)
    assert token not in text
    assert key not in text
    assert PASSWORD not in text


async def test_sign_out_ends_the_session(pool: Pool) -> None:
    """After signing out the cookie is worth nothing."""
    access = _access()
    await _add(pool, access)
    async with pool.connection() as conn:
        token, _ = await access.sign_in(conn, "ana", PASSWORD, now=NOON, address=None)
        await access.sign_out(conn, token)
        assert await access.session(conn, token, now=NOON) is None


async def test_wrong_tries_lock_even_the_right_password_out(pool: Pool) -> None:
    """After too many wrong passwords nobody gets in for five minutes, also in parallel."""
    access = _access()
    await _add(pool, access)

    async def guess() -> str:
        async with pool.connection() as conn:
            with pytest.raises(Refusal) as caught:
                await access.sign_in(conn, "ana", "wrong wrong wrong", now=NOON, address=None)
            return caught.value.code

    codes = await asyncio.gather(*(guess() for _ in range(TRIES + 4)))
    assert "SIGN_IN_LOCKED" in codes
    async with pool.connection() as conn:
        with pytest.raises(Refusal, match="5 minutes"):
            await access.sign_in(conn, "ana", PASSWORD, now=NOON, address=None)
        after = NOON + LOCKED_FOR
        assert await access.sign_in(conn, "ana", PASSWORD, now=after, address=None)


async def test_unknown_name_reads_like_a_wrong_password(pool: Pool) -> None:
    """A stranger cannot find out which usernames exist."""
    access = _access()
    await _add(pool, access)
    async with pool.connection() as conn:
        said = []
        for name in ("ana", "nobody"):
            with pytest.raises(Refusal) as caught:
                await access.sign_in(conn, name, "wrong wrong wrong", now=NOON, address=None)
            said.append((caught.value.code, caught.value.message))
    assert said[0] == said[1]


async def test_person_who_left_is_out_at_once(pool: Pool) -> None:
    """Keeping somebody out ends the sessions they have."""
    access = _access()
    ana = await _add(pool, access)
    async with pool.connection() as conn:
        token, _ = await access.sign_in(conn, "ana", PASSWORD, now=NOON, address=None)
        await access.set_active(conn, ana, active=False)
        assert await access.session(conn, token, now=NOON) is None
        with pytest.raises(Refusal):
            await access.sign_in(conn, "ana", PASSWORD, now=NOON, address=None)


async def test_new_password_ends_old_sessions(pool: Pool) -> None:
    """Whoever had the old password's session is signed out."""
    access = _access()
    ana = await _add(pool, access)
    async with pool.connection() as conn:
        token, _ = await access.sign_in(conn, "ana", PASSWORD, now=NOON, address=None)
        await access.set_password(conn, ana, "another long password")
        assert await access.session(conn, token, now=NOON) is None


async def test_usernames_are_unique_and_passwords_long(pool: Pool) -> None:
    """A taken name and a short password are refused with the field."""
    access = _access()
    await _add(pool, access)
    async with pool.connection() as conn:
        with pytest.raises(Conflict) as taken:
            await access.create_person(conn, "ana", "Ana", [Role.AGENT], PASSWORD, now=NOON)
        assert taken.value.field == "username"
        with pytest.raises(Refusal) as short:
            await access.create_person(conn, "ben", "Ben", [Role.AGENT], "short", now=NOON)
        assert short.value.field == "password"


async def test_key_is_known_by_its_text_until_revoked(pool: Pool) -> None:
    """A key gives its scopes, an altered or revoked one nothing."""
    access = _access()
    async with pool.connection() as conn:
        key, prefix = await access.create_key(
            conn, "erp", [Scope.ACCOUNTS_READ], actor="person:1", now=NOON
        )
        actor = await access.authenticate_key(conn, key, now=NOON, address="192.0.2.1")
        assert actor.name == f"key:{prefix}"
        assert actor.scopes == {Scope.ACCOUNTS_READ}
        for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), "", "gt_", "x" * 500):
            with pytest.raises(Forbidden):
                await access.authenticate_key(conn, wrong, now=NOON, address=None)
        await access.revoke_key(conn, prefix, now=NOON)
        with pytest.raises(Forbidden):
            await access.authenticate_key(conn, key, now=NOON, address=None)
        with pytest.raises(NotFound):
            await access.revoke_key(conn, prefix, now=NOON)
        assert [k.revoked_at for k in await access.keys(conn)] == [NOON]


async def test_audit_trail_reads_backwards(pool: Pool) -> None:
    """The trail gives the newest first, a page at a time."""
    access = _access()
    async with pool.connection() as conn:
        for number in range(3):
            await access.audit(conn, "person:1", "hold.place", "account:7", {"n": number}, now=NOON)
        page = await access.audit_trail(conn, subject="account:7", limit=2)
        assert [record.data["n"] for record in page] == [2, 1]
        rest = await access.audit_trail(conn, subject="account:7", before=page[-1].id)
        assert [record.data["n"] for record in rest] == [0]


async def test_sign_in_refuses_a_transaction(pool: Pool) -> None:
    """A wrong try would be forgotten by a rollback, so a transaction is a mistake."""
    access = _access()
    async with transaction(pool) as conn:
        with pytest.raises(RuntimeError):
            await access.sign_in(conn, "ana", PASSWORD, now=NOON, address=None)
