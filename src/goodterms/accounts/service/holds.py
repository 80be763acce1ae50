"""Stops: placed with a source and the rule that ends them, released with a reason."""

from __future__ import annotations

from datetime import datetime

from goodterms.accounts import store
from goodterms.accounts.decide import VERIFIED, hold_message
from goodterms.accounts.model import ContactRestricted, Happening, Hold, HoldKind, Restriction
from goodterms.accounts.service.keeping import AccountKeeper
from goodterms.accounts.service.reading import no_such
from goodterms.kit import wake
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.sql import Connection


class AccountHolds(AccountKeeper):
    """Places holds and releases them; no hold is ever deleted."""

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
        await self.check_owner(conn, consumer_id, account_id)
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

    async def release_verified(
        self, conn: Connection, account_id: int, *, actor: str, now: datetime
    ) -> None:
        """Release the hold of a dispute whose release rule came true: verification was sent.

        The caller holds the account lock.
        """
        account = await self.account(conn, account_id)
        for hold in await self.holds(conn, account.consumer_id):
            if (hold.kind, hold.account_id, hold.release_rule, hold.released_at) == (
                HoldKind.DISPUTED, account_id, VERIFIED, None,
            ):  # fmt: skip
                await self.release_hold(conn, hold.id, actor=actor, reason=VERIFIED, now=now)

    async def _record_hold(
        self, conn: Connection, kind: str, hold: Hold, *, actor: str, now: datetime
    ) -> None:
        data = {"hold": hold.id, "kind": hold.kind, "source": hold.source}
        if hold.release_reason:
            data["reason"] = hold.release_reason
        await self.record(
            conn, Happening(kind, now, actor, hold.consumer_id, hold.account_id, data=data)
        )
