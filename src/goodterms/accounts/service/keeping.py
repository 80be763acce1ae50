"""The account lock, the one timeline, and whose account or number it is."""

from __future__ import annotations

from goodterms.accounts import store
from goodterms.accounts.model import Happening
from goodterms.accounts.service.loading import AccountLoader
from goodterms.accounts.service.reading import AccountReader, no_such
from goodterms.kit import wake
from goodterms.kit.sql import Connection


class AccountKeeper(AccountReader, AccountLoader):
    """What every change of the accounts domain begins and ends with."""

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

    async def record(self, conn: Connection, happening: Happening) -> int:
        """Append something that happened to the one timeline; return the event's number."""
        number = await store.record(conn, happening)
        await wake.notify(conn, wake.Topic.EVENT, happening.consumer_id)
        return number

    async def check_owner(self, conn: Connection, consumer_id: int, account_id: int | None) -> None:
        """Refuse an account that is not this person's; None is none.

        Raises:
            NotFound: it is somebody else's, or there is none.
        """
        if account_id is None:
            return
        account = await self.account(conn, account_id)
        if account.consumer_id != consumer_id:
            raise no_such("account", account_id)

    async def check_point(
        self, conn: Connection, consumer_id: int, contact_point_id: int | None
    ) -> None:
        """Refuse a number or address that is not this person's; None is none.

        Raises:
            NotFound: it is somebody else's, or there is none.
        """
        if contact_point_id is None:
            return
        point = await self.contact_point(conn, contact_point_id)
        if point.consumer_id != consumer_id:
            raise no_such("contact point", contact_point_id)

    async def check_theirs(
        self,
        conn: Connection,
        consumer_id: int,
        account_id: int | None,
        contact_point_id: int | None,
    ) -> None:
        """Refuse an account or a contact point that is not this person's; None is none.

        Raises:
            NotFound: one is somebody else's, or there is none.
        """
        await self.check_owner(conn, consumer_id, account_id)
        await self.check_point(conn, consumer_id, contact_point_id)
