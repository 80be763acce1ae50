"""Pay links: a secret address at which one account can be paid for a few days."""

from __future__ import annotations

from datetime import datetime

from goodterms.kit.errors import Refusal
from goodterms.kit.ids import new_secret
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.payments import store
from goodterms.payments.model import Link, LinkView
from goodterms.payments.service.settling import token_hash
from goodterms.payments.service.visits import Visiting


class Linking(Visiting):
    """Makes pay links and opens them. Methods run in the caller's transaction."""

    async def create_link(
        self,
        conn: Connection,
        account_id: int,
        amount: Money | None = None,
        *,
        attempt_id: str | None = None,
        actor: str,
        now: datetime,
    ) -> str:
        """Make a link for an account, suggesting an amount; return its token, told only once.

        Raises:
            NotFound: there is no such account.
            Refusal: the amount is not positive or in another currency.
        """
        account = await self._accounts.account(conn, account_id)
        if amount is not None and (
            amount.currency != account.currency or amount <= Money.zero(amount.currency)
        ):
            raise Refusal(
                "BAD_AMOUNT",
                f"A link on account {account.reference} needs more than zero {account.currency}.",
                field="amount",
            )
        token = new_secret(24)
        expires_at = now + self.policy.link_open_for
        link = Link(account_id, account.consumer_id, amount, attempt_id, expires_at)
        await store.insert_link(conn, token_hash(token), link, actor=actor, now=now)
        return token

    async def open_link(self, conn: Connection, token: str, *, now: datetime) -> LinkView:
        """Return what the consumer is shown: a fresh quote and the amount suggested.

        Ask ``door`` first: the link alone does not say who opened it.

        Raises:
            NotFound: there is no such link.
            Conflict: it has expired (``LINK_EXPIRED``).
        """
        link = await self._link(conn, token, now=now)
        account = await self._accounts.account(conn, link.account_id)
        quote = await self._arrangements.quote(conn, account.id, actor="consumer:link", now=now)
        suggested = quote.total if link.amount is None else min(link.amount, quote.total)
        return LinkView(
            account=account,
            creditor=await self._accounts.creditor(conn, account.creditor_id),
            quote=quote,
            suggested=max(suggested, Money.zero(account.currency)),
            attempt_id=link.attempt_id,
            expires_at=link.expires_at,
        )
