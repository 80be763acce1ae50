"""Consumers, accounts, and what restricts contact with them; the keeper of the account lock."""

from __future__ import annotations

from datetime import datetime

from goodterms.accounts import store
from goodterms.accounts.decide import OPTED_OUT, TAKEN_BACK, point_message
from goodterms.accounts.model import (
    AccountStatus,
    Channel,
    Consent,
    ConsentState,
    ContactPoint,
    ContactRestricted,
    Creditor,
    Happening,
    Host,
    Note,
    PointStatus,
    Purpose,
    Restriction,
)
from goodterms.accounts.service.circumstances import AccountCircumstances
from goodterms.accounts.service.reading import no_such
from goodterms.accounts.service.standing import AccountStanding
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import Connection

_GONE = {AccountStatus.RECALLED, AccountStatus.CLOSED}
_ENDED = _GONE | {AccountStatus.PAID}
_LONGEST_NOTE = 10_000


class AccountService(AccountCircumstances, AccountStanding):
    """The accounts domain. Methods run in the caller's transaction and never commit."""

    async def add_creditor(
        self, conn: Connection, reference: str, name: str, spoken_name: str, *, now: datetime
    ) -> Creditor:
        """Add a creditor, or rename a known one."""
        row = await store.one(
            conn, "add_creditor", reference=reference, name=name, spoken_name=spoken_name, now=now
        )
        assert row is not None
        return store.creditor(row)

    async def record_consent(
        self,
        conn: Connection,
        consumer_id: int,
        contact_point_id: int | None,
        channel: Channel,
        state: ConsentState,
        *,
        source: str,
        actor: str,
        now: datetime,
        purpose: Purpose = Purpose.CONTACT,
        direct: bool = True,
    ) -> Consent:
        """Record that a consumer agreed to a channel, or to more on it, or took that back.

        ``contact_point_id`` None speaks of all numbers and addresses. What was taken back
        withdraws planned contact in this transaction. ``direct``: given to us, not a creditor.
        """
        await self.lock(conn, consumer_id)
        await self.check_point(conn, consumer_id, contact_point_id)
        row = await store.one(
            conn, "add_consent", consumer_id=consumer_id, contact_point_id=contact_point_id,
            channel=channel, state=state, source=source, actor=actor, now=now, purpose=purpose,
            direct=direct,
        )  # fmt: skip
        assert row is not None
        data = {"channel": channel, "contact_point_id": contact_point_id, "source": source}
        if purpose is not Purpose.CONTACT:
            data["purpose"] = purpose
        await self.record(
            conn, Happening(f"consent.{state}", now, actor, consumer_id=consumer_id, data=data)
        )
        if state is ConsentState.REVOKED:
            message = OPTED_OUT if purpose is Purpose.CONTACT else TAKEN_BACK
            restricted = ContactRestricted(
                consumer_id, Restriction.OPT_OUT, now, message, contact_point_id=contact_point_id
            )
            await self.restrict(conn, restricted)
        return store.consent(row)

    async def mark_point(
        self,
        conn: Connection,
        contact_point_id: int,
        status: PointStatus,
        *,
        source: str,
        actor: str,
        now: datetime,
    ) -> ContactPoint:
        """Set whether a number or address still leads to its consumer.

        Anything but ACTIVE withdraws planned contact at it in this transaction.
        """
        point = await self.contact_point(conn, contact_point_id)
        await self.lock(conn, point.consumer_id)
        row = await store.one(
            conn, "mark_point", contact_point_id=contact_point_id, status=status, now=now
        )
        assert row is not None
        data = {"contact_point_id": contact_point_id, "source": source}
        await self.record(
            conn,
            Happening(f"contact_point.{status}", now, actor, point.consumer_id, data=data),
        )
        if status is not PointStatus.ACTIVE:
            await self.restrict(
                conn,
                ContactRestricted(
                    point.consumer_id, Restriction.WRONG_NUMBER, now, point_message(status),
                    contact_point_id=contact_point_id,
                ),
            )  # fmt: skip
        return store.contact_point(row)

    async def add_note(
        self,
        conn: Connection,
        consumer_id: int,
        account_id: int | None,
        body: str,
        *,
        actor: str,
        now: datetime,
    ) -> Note:
        """Write down a note about a consumer, or about one account (1 to 10,000 characters)."""
        body = body.strip()
        if not 0 < len(body) <= _LONGEST_NOTE:
            raise Refusal("NOTE_LENGTH", "A note has 1 to 10,000 characters.", field="body")
        await self.consumer(conn, consumer_id)
        await self.check_owner(conn, consumer_id, account_id)
        row = await store.one(
            conn, "add_note", consumer_id=consumer_id, account_id=account_id, body=body,
            actor=actor, now=now,
        )  # fmt: skip
        assert row is not None
        note = store.note(row)
        await self.record(
            conn,
            Happening("note.added", now, actor, consumer_id, account_id, data={"note": note.id}),
        )
        return note

    async def set_status(
        self,
        conn: Connection,
        account_id: int,
        status: AccountStatus,
        *,
        now: datetime,
        actor: str = "system:ledger",
    ) -> bool:
        """Move an account to a status under the account lock; False when it stood there before.

        Recalled and closed accounts withdraw planned contact about them in this transaction;
        that an account is paid is told by the ledger together with the payment.
        """
        consumer_id = await self.lock_of_account(conn, account_id)
        row = await store.one(conn, "set_status", account_id=account_id, status=status, now=now)
        if row is None:
            return False
        kind = "account.closed" if status in _ENDED else "account.updated"
        await self.record(
            conn, Happening(kind, now, actor, consumer_id, account_id, data={"status": status})
        )
        if status in _GONE:
            message = f"The account was {status}: end the conversation about it politely."
            await self.restrict(
                conn,
                ContactRestricted(
                    consumer_id, Restriction.CLOSED, now, message, account_id=account_id
                ),
            )
        return True

    async def set_host_answer(
        self, conn: Connection, account_id: int, answer: str, *, now: datetime
    ) -> None:
        """Remember what the host said about an account, and when."""
        row = await store.one(
            conn, "set_host_answer", account_id=account_id, answer=answer, now=now
        )
        if row is None:
            raise no_such("account", account_id)

    async def add_host(
        self, conn: Connection, name: str, url: str, secret: str, timeout_ms: int, *, now: datetime
    ) -> Host:
        """Add a host ledger that owns accounts, or renew a known one."""
        row = await store.one(
            conn, "add_host", name=name, url=url, secret=secret, timeout_ms=timeout_ms, now=now
        )
        assert row is not None
        return store.host(row)
