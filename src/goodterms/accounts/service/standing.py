"""What the law asks about a debt, a creditor and a number, and saying it."""

from __future__ import annotations

from datetime import datetime

from goodterms.accounts import store
from goodterms.accounts.decide import NOT_THEIRS
from goodterms.accounts.model import (
    Account,
    ContactPoint,
    ContactRestricted,
    Creditor,
    DebtKind,
    Happening,
    OurRole,
    Relation,
    Restriction,
)
from goodterms.accounts.service.keeping import AccountKeeper
from goodterms.accounts.service.reading import no_such
from goodterms.kit.sql import Connection


class AccountStanding(AccountKeeper):
    """Sets the kind of a debt, our role towards it, and whose a number is."""

    async def set_terms(
        self,
        conn: Connection,
        account_id: int,
        *,
        debt_kind: DebtKind | None = None,
        in_default: bool | None = None,
        servicing_group: str | None = None,
        actor: str,
        now: datetime,
    ) -> Account:
        """Say what kind of debt it is; None keeps what is on record.

        Raises:
            NotFound: there is no such account.
        """
        consumer_id = await self.lock_of_account(conn, account_id)
        row = await store.one(
            conn, "set_terms", account_id=account_id, debt_kind=debt_kind, in_default=in_default,
            servicing_group=servicing_group, now=now,
        )  # fmt: skip
        assert row is not None  # locked
        account = store.account(row)
        data = {
            "debt_kind": account.debt_kind,
            "in_default": account.in_default,
            "servicing_group": account.servicing_group,
        }
        await self.record(
            conn, Happening("account.updated", now, actor, consumer_id, account_id, data=data)
        )
        return account

    async def set_role(self, conn: Connection, creditor_id: int, our_role: OurRole) -> Creditor:
        """Say what we are to a creditor's debts: it decides which law binds us.

        Raises:
            NotFound: there is no such creditor.
        """
        row = await store.one(conn, "set_role", creditor_id=creditor_id, our_role=our_role)
        if row is None:
            raise no_such("creditor", creditor_id)
        return store.creditor(row)

    async def set_relation(
        self,
        conn: Connection,
        contact_point_id: int,
        relation: Relation,
        *,
        source: str,
        actor: str,
        now: datetime,
    ) -> ContactPoint:
        """Say whose number or address it is.

        What is not the consumer's own is no longer contacted as planned: that is withdrawn in
        this transaction, and asked anew with what the law says about third parties.

        Raises:
            NotFound: there is no such contact point.
        """
        point = await self.contact_point(conn, contact_point_id)
        await self.lock(conn, point.consumer_id)
        row = await store.one(
            conn, "set_relation", contact_point_id=contact_point_id, relation=relation, now=now
        )
        assert row is not None  # nothing is deleted
        data = {"contact_point_id": contact_point_id, "relation": relation, "source": source}
        happening = Happening("contact_point.updated", now, actor, point.consumer_id, data=data)
        await self.record(conn, happening)
        if relation is not Relation.CONSUMER:
            restricted = ContactRestricted(
                point.consumer_id, Restriction.WRONG_NUMBER, now, NOT_THEIRS,
                contact_point_id=contact_point_id,
            )  # fmt: skip
            await self.restrict(conn, restricted)
        return store.contact_point(row)
