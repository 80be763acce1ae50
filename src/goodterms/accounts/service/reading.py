"""Reading consumers, accounts and all that belongs to them."""

from __future__ import annotations

from goodterms.accounts import store
from goodterms.accounts.decide import Cursor, search_terms
from goodterms.accounts.model import (
    Account,
    AccountFilter,
    AccountPage,
    Consent,
    Consumer,
    ContactPoint,
    Creditor,
    Hold,
    Host,
    Note,
)
from goodterms.kit.errors import NotFound
from goodterms.kit.sql import Connection


def no_such(what: str, which: int | str) -> NotFound:
    """Say that the record named does not exist."""
    return NotFound("NOT_FOUND", f"There is no {what} {which}.")


class AccountReader:
    """The reading half of the accounts domain; nothing here changes a row or takes a lock."""

    async def consumer(self, conn: Connection, consumer_id: int) -> Consumer:
        """Read a consumer, or raise NotFound."""
        row = await store.one(conn, "consumer", consumer_id=consumer_id)
        if row is None:
            raise no_such("consumer", consumer_id)
        return store.consumer(row)

    async def find_consumer(self, conn: Connection, reference: str) -> Consumer:
        """Read a consumer by reference or number, or raise NotFound."""
        row = await store.one(conn, "find_consumer", reference=reference)
        if row is None:
            raise no_such("consumer", reference)
        return store.consumer(row)

    async def account(self, conn: Connection, account_id: int) -> Account:
        """Read an account, or raise NotFound."""
        row = await store.one(conn, "account", account_id=account_id)
        if row is None:
            raise no_such("account", account_id)
        return store.account(row)

    async def find_account(
        self, conn: Connection, creditor_reference: str, reference: str
    ) -> Account:
        """Read an account by the creditor's reference and its own, or raise NotFound."""
        row = await store.one(
            conn, "find_account", creditor_reference=creditor_reference, reference=reference
        )
        if row is None:
            raise no_such("account", f"{creditor_reference}/{reference}")
        return store.account(row)

    async def accounts_of(self, conn: Connection, consumer_id: int) -> list[Account]:
        """Read all accounts of a consumer, oldest debt first."""
        rows = await store.many(conn, "accounts_of", consumer_id=consumer_id)
        return [store.account(row) for row in rows]

    async def contact_points(self, conn: Connection, consumer_id: int) -> list[ContactPoint]:
        """Read all contact points of a consumer in the order they are tried."""
        rows = await store.many(conn, "contact_points", consumer_id=consumer_id)
        return [store.contact_point(row) for row in rows]

    async def contact_point(self, conn: Connection, contact_point_id: int) -> ContactPoint:
        """Read a contact point, or raise NotFound."""
        row = await store.one(conn, "contact_point", contact_point_id=contact_point_id)
        if row is None:
            raise no_such("contact point", contact_point_id)
        return store.contact_point(row)

    async def people_at(self, conn: Connection, kind: str, value: str) -> list[int]:
        """Return the ids of all who have this number or address, in their order."""
        rows = await store.many(conn, "people_at", kind=kind, value=value)
        return [int(row["consumer_id"]) for row in rows]

    async def creditor(self, conn: Connection, creditor_id: int) -> Creditor:
        """Read a creditor, or raise NotFound."""
        row = await store.one(conn, "creditor", creditor_id=creditor_id)
        if row is None:
            raise no_such("creditor", creditor_id)
        return store.creditor(row)

    async def creditors(self, conn: Connection) -> list[Creditor]:
        """Read all creditors by name."""
        return [store.creditor(row) for row in await store.many(conn, "creditors")]

    async def search(
        self,
        conn: Connection,
        text: str = "",
        *,
        filters: AccountFilter | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> AccountPage:
        """Find accounts by name, reference, number or e-mail address, in order of name.

        An empty text lists all. ``limit`` is clamped to 1..500.
        """
        filters, place = filters or AccountFilter(), Cursor.read(after)
        limit = min(max(limit, 1), 500)
        text = text.strip()
        rows = await store.many(
            conn,
            "search_accounts" if text else "list_accounts",
            **(search_terms(text) if text else {}),
            family_key=place.family_key,
            given_key=place.given_key,
            consumer_id=place.consumer_id,
            account_id=place.account_id,
            creditor_id=filters.creditor_id,
            placement_id=filters.placement_id,
            status=filters.status,
            held=filters.held,
            limit=limit + 1,
        )
        page = tuple(store.account_row(row) for row in rows[:limit])
        if len(rows) <= limit:
            return AccountPage(page, None)
        last = rows[limit - 1]
        keys = (last["family_key"], last["given_key"], last["consumer_id"], last["account_id"])
        return AccountPage(page, Cursor(*keys).text())

    async def holds(self, conn: Connection, consumer_id: int) -> list[Hold]:
        """Read all holds of a consumer, those in force first."""
        rows = await store.many(conn, "holds", consumer_id=consumer_id)
        return [store.hold(row) for row in rows]

    async def consents(self, conn: Connection, consumer_id: int) -> list[Consent]:
        """Read everything a consumer agreed to or took back, oldest first."""
        rows = await store.many(conn, "consents", consumer_id=consumer_id)
        return [store.consent(row) for row in rows]

    async def notes(self, conn: Connection, consumer_id: int, limit: int = 100) -> list[Note]:
        """Read a consumer's notes, newest first."""
        rows = await store.many(conn, "notes", consumer_id=consumer_id, limit=limit)
        return [store.note(row) for row in rows]

    async def hosts(self, conn: Connection) -> list[Host]:
        """Read all host ledgers."""
        return [store.host(row) for row in await store.many(conn, "hosts")]
