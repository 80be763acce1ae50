"""Consumers, accounts, and what restricts contact with them; the keeper of the account lock."""

from __future__ import annotations

from datetime import datetime

from goodterms.accounts import store
from goodterms.accounts.decide import OPTED_OUT, hold_message, point_message
from goodterms.accounts.model import (
    AccountStatus,
    Channel,
    Consent,
    ConsentState,
    ContactPoint,
    ContactRestricted,
    Creditor,
    Happening,
    Hold,
    HoldKind,
    Host,
    Note,
    PointStatus,
    Restriction,
)
from goodterms.accounts.service.loading import AccountLoader
from goodterms.accounts.service.reading import AccountReader, no_such
from goodterms.kit import wake
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.sql import Connection

_GONE = {AccountStatus.RECALLED, AccountStatus.CLOSED}
_ENDED = _GONE | {AccountStatus.PAID}
_LONGEST_NOTE = 10_000


class AccountService(AccountReader, AccountLoader):
    """The accounts domain. Methods run in the caller's transaction and never commit."""

    async def lock(self, conn: Connection, consumer_id: int) -> None:
        """Take the account lock: gate, money, holds and opt-outs of this person wait for us.

        Raises:
            NotFound: there is no such consumer.
        """
        if await store.one(conn, "lock_consumer", consumer_id=consumer_id) is None:
            raise no_such("consumer", consumer_id)

    async def lock_of_account(self, conn: Connection, account_id: int) -> int:
        """Take the lock of the person whose account it is; return the consumer's id.

        Raises:
            NotFound: there is no such account.
        """
        row = await store.one(conn, "consumer_of_account", account_id=account_id)
        if row is None:
            raise no_such("account", account_id)
        await self.lock(conn, row["consumer_id"])
        return int(row["consumer_id"])

    async def add_creditor(
        self, conn: Connection, reference: str, name: str, spoken_name: str, *, now: datetime
    ) -> Creditor:
        """Add a creditor, or rename a known one."""
        row = await store.one(
            conn, "add_creditor", reference=reference, name=name, spoken_name=spoken_name, now=now
        )
        assert row is not None
        return store.creditor(row)

    async def place_hold(
        self,
        conn: Connection,
        consumer_id: int,
        account_id: int | None,
        kind: HoldKind,
        *,
        source: str,
        release_rule: str,
        actor: str,
        now: datetime,
    ) -> Hold:
        """Stop contact about one account, or with the person when ``account_id`` is None.

        A hold of the same kind already in force is returned as it is. Planned contact is
        withdrawn in this transaction.

        Raises:
            NotFound: no such consumer, or the account is somebody else's.
        """
        await self.lock(conn, consumer_id)
        await self._check_owner(conn, consumer_id, account_id)
        there = await store.one(
            conn, "hold_in_force", consumer_id=consumer_id, account_id=account_id, kind=kind
        )
        if there is not None:
            return store.hold(there)
        row = await store.one(
            conn, "add_hold", consumer_id=consumer_id, account_id=account_id, kind=kind,
            source=source, release_rule=release_rule, actor=actor, now=now,
        )  # fmt: skip
        assert row is not None
        hold = store.hold(row)
        await self._record_hold(conn, "hold.placed", hold, actor=actor, now=now)
        message = hold_message(kind)
        await self.restrict(
            conn, ContactRestricted(consumer_id, Restriction.HOLD, now, message, account_id)
        )
        return hold

    async def release_hold(
        self, conn: Connection, hold_id: int, *, actor: str, reason: str, now: datetime
    ) -> Hold:
        """End a hold, with the reason why; the hold stays on record.

        Raises:
            NotFound: there is no such hold.
            Conflict: it was released before.
            Refusal: the reason is empty.
        """
        if not reason.strip():
            raise Refusal("REASON_MISSING", "Say why the hold is released.", field="reason")
        there = await store.one(conn, "hold", hold_id=hold_id)
        if there is None:
            raise no_such("hold", hold_id)
        await self.lock(conn, there["consumer_id"])
        row = await store.one(
            conn, "release_hold", hold_id=hold_id, actor=actor, reason=reason.strip(), now=now
        )
        if row is None:
            raise Conflict("HOLD_RELEASED", f"Hold {hold_id} has been released before.")
        hold = store.hold(row)
        await self._record_hold(conn, "hold.released", hold, actor=actor, now=now)
        await wake.notify(conn, wake.Topic.HOLD, hold.consumer_id)
        return hold

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
    ) -> Consent:
        """Record that a consumer agreed to a channel or took that back (an opt-out).

        ``contact_point_id`` None speaks of all numbers and addresses. An opt-out withdraws
        planned contact in this transaction.
        """
        await self.lock(conn, consumer_id)
        if contact_point_id is not None:
            point = await self.contact_point(conn, contact_point_id)
            if point.consumer_id != consumer_id:
                raise no_such("contact point", contact_point_id)
        row = await store.one(
            conn, "add_consent", consumer_id=consumer_id, contact_point_id=contact_point_id,
            channel=channel, state=state, source=source, actor=actor, now=now,
        )  # fmt: skip
        assert row is not None
        data = {"channel": channel, "contact_point_id": contact_point_id, "source": source}
        await self.record(
            conn, Happening(f"consent.{state}", now, actor, consumer_id=consumer_id, data=data)
        )
        if state is ConsentState.REVOKED:
            restricted = ContactRestricted(
                consumer_id, Restriction.OPT_OUT, now, OPTED_OUT, contact_point_id=contact_point_id
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
        await self._check_owner(conn, consumer_id, account_id)
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

    async def record(self, conn: Connection, happening: Happening) -> int:
        """Append something that happened to the one timeline; return the event's number."""
        number = await store.record(conn, happening)
        await wake.notify(conn, wake.Topic.EVENT, happening.consumer_id)
        return number

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

    async def _check_owner(
        self, conn: Connection, consumer_id: int, account_id: int | None
    ) -> None:
        if account_id is None:
            return
        account = await self.account(conn, account_id)
        if account.consumer_id != consumer_id:
            raise no_such("account", account_id)

    async def _record_hold(
        self, conn: Connection, kind: str, hold: Hold, *, actor: str, now: datetime
    ) -> None:
        data = {"hold": hold.id, "kind": hold.kind, "source": hold.source}
        if hold.release_reason:
            data["reason"] = hold.release_reason
        await self.record(
            conn, Happening(kind, now, actor, hold.consumer_id, hold.account_id, data=data)
        )
