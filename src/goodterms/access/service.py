"""Who is asking, what they may do, and the record of what they did."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg.pq import TransactionStatus

from goodterms.access import store
from goodterms.access.model import Actor, ApiKey, AuditRecord, Person, Role, Scope, Session
from goodterms.kit.errors import Conflict, Forbidden, NotFound, Refusal
from goodterms.kit.ids import new_secret
from goodterms.kit.sql import Connection

SESSION_LASTS = timedelta(hours=12)
TRIES = 8
LOCKED_FOR = timedelta(minutes=5)
PASSWORD_SHORTEST = 12
PASSWORD_LONGEST = 200
FIRST_ROLES = (Role.OPERATOR, Role.MANAGER, Role.SUPERVISOR)
_NOTED_EVERY = timedelta(minutes=1)


class AccessService:
    """People, sessions, keys, audit.

    ``hasher`` is given by tests that need a cheap one; the default follows RFC 9106.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Verified when nobody has the name, so that the answer takes as long as for somebody.
        self._nobody = self._hasher.hash(secrets.token_hex())

    async def create_person(
        self,
        conn: Connection,
        username: str,
        display_name: str,
        roles: Iterable[Role],
        password: str | None,
        *,
        automatic: bool = False,
        now: datetime,
    ) -> Person:
        """Let somebody in; without a password they can only be signed in by the demo.

        Raises:
            Refusal: the username is empty or the password too short.
            Conflict: the username is taken.
        """
        if not username.strip() or username != username.strip():
            raise Refusal("USERNAME", "A username has no blanks around it.", field="username")
        hashed = None if password is None else await self._hash(password)
        person = await store.add_person(
            conn,
            username=username,
            display_name=display_name,
            password_hash=hashed,
            roles=sorted(role.value for role in roles),
            automatic=automatic,
            now=now,
        )
        if person is None:
            raise Conflict(
                "USERNAME_TAKEN",
                f"The username {username!r} is taken: choose another.",
                field="username",
            )
        return person

    async def anybody(self, conn: Connection) -> bool:
        """Tell whether the first person has been created."""
        return await store.anybody(conn)

    async def create_first(
        self, conn: Connection, username: str, display_name: str, password: str, *, now: datetime
    ) -> Person:
        """Let the first person in, who then lets in the others; only while there is nobody.

        Raises:
            Conflict: somebody is there already.
            Refusal: the username is empty or the password too short.
        """
        await store.lock_people(conn)
        if await store.anybody(conn):
            raise Conflict("NOT_FIRST", "The first person has been created: sign in.")
        return await self.create_person(
            conn, username, display_name, FIRST_ROLES, password, now=now
        )

    async def set_password(self, conn: Connection, person_id: int, password: str) -> None:
        """Replace a password, lift a lock and end the person's sessions.

        Raises:
            Refusal: the password is too short; NotFound: nobody has this id.
        """
        hashed = await self._hash(password)
        if not await store.change_person(
            conn, "person_set_password", id=person_id, password_hash=hashed
        ):
            raise _nobody(person_id)
        await store.end_sessions_of(conn, person_id)

    async def set_roles(self, conn: Connection, person_id: int, roles: Iterable[Role]) -> None:
        """Replace what a person may do; takes effect with their next request."""
        values = sorted(role.value for role in roles)
        if not await store.change_person(conn, "person_set_roles", id=person_id, roles=values):
            raise _nobody(person_id)

    async def set_active(self, conn: Connection, person_id: int, *, active: bool) -> None:
        """Let a person in again, or keep them out and end their sessions."""
        if not await store.change_person(conn, "person_set_active", id=person_id, active=active):
            raise _nobody(person_id)
        if not active:
            await store.end_sessions_of(conn, person_id)

    async def people(self, conn: Connection) -> list[Person]:
        """List everybody, by name."""
        return await store.people(conn)

    async def person(self, conn: Connection, person_id: int) -> Person:
        """Read one person.

        Raises:
            NotFound: nobody has this id.
        """
        found = await store.person(conn, person_id)
        if found is None:
            raise _nobody(person_id)
        return found

    async def find_person(self, conn: Connection, username: str) -> Person | None:
        """Read one person by the name they sign in with."""
        return await store.person_by_username(conn, username)

    async def sign_in(
        self,
        conn: Connection,
        username: str,
        password: str,
        *,
        now: datetime,
        address: str | None,
    ) -> tuple[str, Session]:
        """Check a password and open a session; gives the cookie's token and the session.

        The connection must have no transaction open: a wrong try has to stay counted although
        the request is refused.

        Raises:
            Refusal: wrong name or password (``SIGN_IN_WRONG``), or too many wrong tries
                (``SIGN_IN_LOCKED``).
        """
        if conn.info.transaction_status is not TransactionStatus.IDLE:
            raise RuntimeError("sign_in needs a connection without an open transaction")
        tried = await store.try_sign_in(
            conn, username=username, at_most=TRIES, lock_until=now + LOCKED_FOR, now=now
        )
        hashed = tried[1] if tried else self._nobody
        right = await asyncio.to_thread(self._verify, hashed, password)
        if tried is None or not right:
            await self.audit(
                conn, "system:web", "sign_in.refused", "session", {}, now=now, address=address
            )
            if await store.locked_until(conn, username, now):
                raise Refusal("SIGN_IN_LOCKED", "Too many wrong tries: try again in 5 minutes.")
            raise Refusal("SIGN_IN_WRONG", "The name or the password is wrong: try again.")
        person = tried[0]
        await store.sign_in_succeeded(conn, person.id)
        return await self._open(conn, person, now=now, address=address)

    async def sign_in_as(
        self, conn: Connection, person_id: int, *, now: datetime
    ) -> tuple[str, Session]:
        """Open a session without a password; only the demo's one-click sign-in calls this."""
        return await self._open(
            conn, await self.person(conn, person_id), now=now, address=None, how="demo"
        )

    async def session(self, conn: Connection, token: str, *, now: datetime) -> Session | None:
        """Read the session of a cookie's token; None when it has ended or expired."""
        hashed = _digest(token)
        found = await store.session_row(conn, hashed, now)
        if found is None:
            return None
        person, row = found
        if now - row["seen_at"] >= _NOTED_EVERY:
            await store.touch_session(conn, hashed, now)
        return Session(person=person, csrf_token=row["csrf_token"], expires_at=row["expires_at"])

    async def sign_out(self, conn: Connection, token: str) -> None:
        """End a session; an unknown token is no error."""
        await store.end_session(conn, _digest(token))

    async def end_expired(self, conn: Connection, *, now: datetime) -> int:
        """Forget sessions nobody can use any more; how many."""
        return await store.end_expired_sessions(conn, now)

    async def create_key(
        self, conn: Connection, name: str, scopes: Iterable[Scope], *, actor: str, now: datetime
    ) -> tuple[str, str]:
        """Make a program's key; gives the key, shown this once, and its prefix.

        Raises:
            Refusal: a key needs a name and at least one scope.
        """
        values = sorted(scope.value for scope in scopes)
        if not name.strip():
            raise Refusal("KEY_NAME", "Give the key a name, e.g. of its program.", field="name")
        if not values:
            raise Refusal("KEY_SCOPES", "Give the key at least one scope.", field="scopes")
        prefix = f"gt_{secrets.token_hex(4)}"
        key = f"{prefix}_{new_secret()}"
        await store.add_key(
            conn,
            prefix=prefix,
            key_hash=_digest(key),
            name=name.strip(),
            scopes=values,
            created_by=actor,
            now=now,
        )
        return key, prefix

    async def authenticate_key(
        self, conn: Connection, key: str, *, now: datetime, address: str | None
    ) -> Actor:
        """Tell who holds a key.

        Raises:
            Forbidden: no such key is in force (``KEY_WRONG``).
        """
        prefix = "_".join(key.split("_")[:2])
        row = await store.key_row(conn, prefix)
        if row is None or not secrets.compare_digest(row["key_hash"], _digest(key)):
            raise Forbidden("KEY_WRONG", "This API key is not in force: ask for a new one.")
        if row["last_used_at"] is None or now - row["last_used_at"] >= _NOTED_EVERY:
            await store.touch_key(conn, row["id"], now)
        scopes = frozenset(Scope(scope) for scope in row["scopes"])
        return Actor(name=f"key:{prefix}", scopes=scopes, address=address)

    async def revoke_key(self, conn: Connection, prefix: str, *, now: datetime) -> None:
        """End a key for good.

        Raises:
            NotFound: no key with this prefix is in force.
        """
        if not await store.revoke_key(conn, prefix, now):
            raise NotFound("KEY_UNKNOWN", f"No key {prefix} is in force.")

    async def keys(self, conn: Connection) -> list[ApiKey]:
        """List all keys, newest first."""
        return await store.keys(conn)

    async def audit(
        self,
        conn: Connection,
        actor: str,
        action: str,
        subject: str,
        data: dict[str, Any],
        *,
        now: datetime,
        address: str | None = None,
    ) -> None:
        """Write who did what to which record; personal data stays out of ``data``."""
        record = {
            "at": now,
            "actor": actor,
            "action": action,
            "subject": subject,
            "address": address,
        }
        await store.add_audit(conn, record, data=data)

    async def audit_trail(
        self,
        conn: Connection,
        *,
        subject: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        """Read the trail backwards from a record's id, of one subject or all."""
        return await store.audit_page(conn, subject=subject, before=before, limit=limit)

    async def _open(
        self,
        conn: Connection,
        person: Person,
        *,
        now: datetime,
        address: str | None,
        how: str = "password",
    ) -> tuple[str, Session]:
        token, csrf_token, expires_at = new_secret(), new_secret(), now + SESSION_LASTS
        await store.add_session(
            conn,
            token_hash=_digest(token),
            person_id=person.id,
            csrf_token=csrf_token,
            now=now,
            expires_at=expires_at,
        )
        await self.audit(
            conn,
            f"person:{person.id}",
            "sign_in",
            "session",
            {"how": how},
            now=now,
            address=address,
        )
        return token, Session(person=person, csrf_token=csrf_token, expires_at=expires_at)

    async def _hash(self, password: str) -> str:
        if not PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST:
            raise Refusal(
                "PASSWORD_LENGTH",
                f"A password has {PASSWORD_SHORTEST} to {PASSWORD_LONGEST} characters:"
                " three or four words do well.",
                field="password",
            )
        return await asyncio.to_thread(self._hasher.hash, password)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _digest(token: str) -> str:
    # A token has 256 random bits: nothing to guess, so a fast hash is right here.
    return hashlib.sha256(token.encode()).hexdigest()


def _nobody(person_id: int) -> NotFound:
    return NotFound("PERSON_UNKNOWN", f"Nobody has the id {person_id}.")
