"""Money that somebody else took, for one debt or several; and money that is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from goodterms.accounts.model import Happening
from goodterms.arrangements.decide.sharing import Shares
from goodterms.arrangements.model import ReversalKind
from goodterms.kit import wake
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Book, Entry, PostedEntry
from goodterms.payments import decide, store
from goodterms.payments.model import PaymentChannel
from goodterms.payments.service.settling import Settling


class Elsewhere(Settling):
    """What hosts, banks and creditors took or took back."""

    async def record_external(
        self,
        conn: Connection,
        account_id: int,
        amount: Money,
        *,
        reference: str,
        effective_on: date,
        channel: PaymentChannel,
        actor: str,
        now: datetime,
    ) -> PostedEntry:
        """Post money that somebody else took (a host, a bank); once per account and reference.

        What exceeds the debt becomes the consumer's credit: the money is there, so it counts.

        Raises:
            NotFound: there is no such account.
            Refusal: the amount is not positive or in another currency.
            Conflict: the reference was used for another amount.
        """
        consumer_id = await self._accounts.lock_of_account(conn, account_id)
        balance = await self._ledger.balance(conn, account_id)
        decide.check_external(balance, amount, reference)
        entry = ledger.payment(
            account_id,
            await self._arrangements.allocation(conn, balance, amount, now=now),
            effective_on=effective_on,
            cause=f"external:{reference}",
            actor=actor,
            note=f"received by {channel.value}",
        )
        return await self._received(conn, consumer_id, entry, reference, channel, now=now)

    async def _received(
        self,
        conn: Connection,
        consumer_id: int,
        entry: Entry,
        reference: str,
        channel: PaymentChannel,
        *,
        now: datetime,
    ) -> PostedEntry:
        """Post what was received, keep the promises it keeps, and tell of it; once."""
        [posted] = await self._ledger.post(conn, [entry], now=now)
        if not posted.repeated:
            await self._arrangements.after_payment(
                conn, entry.account_id, actor=entry.actor, now=now
            )
            await self._tell_external(conn, consumer_id, posted, reference, channel)
        return posted

    async def _tell_external(
        self,
        conn: Connection,
        consumer_id: int,
        posted: PostedEntry,
        reference: str,
        channel: PaymentChannel,
    ) -> None:
        entry = posted.entry
        amount = entry.postings[Book.CASH]
        data = {
            "reference": reference,
            "amount": amount.amount,
            "currency": amount.currency,
            "channel": channel,
        }
        await self._accounts.record(
            conn,
            Happening(
                "payment.succeeded",
                posted.posted_at,
                entry.actor,
                consumer_id,
                entry.account_id,
                data=data,
            ),
        )
        await wake.notify(conn, wake.Topic.PAYMENT, f"entry:{posted.id}")

    async def record_shared(
        self,
        conn: Connection,
        consumer_id: int,
        amount: Money,
        *,
        reference: str,
        effective_on: date,
        channel: PaymentChannel,
        direction: Mapping[int, Decimal] | None = None,
        actor: str,
        now: datetime,
    ) -> list[PostedEntry]:
        """Post one payment over a consumer's debts: as they direct, then by policy; once.

        Never to a disputed debt unless directed. What no debt may have is the consumer's credit
        on the account that got most, or else on the oldest. The direction is kept with the
        payment; reversals and replays leave each debt's share as it is.

        Reference: 15 USC 1692h.

        Raises:
            NotFound: the consumer has no debt in this currency.
            Refusal: the direction cannot be followed, or the amount is no payment.
            Conflict: the reference was used for another amount.
        """
        if amount.amount <= 0:
            words = "The amount must be more than zero."
            raise Refusal("AMOUNT_NOT_POSITIVE", words, field="amount")
        await self._accounts.lock(conn, consumer_id)
        parts = await self._parts(
            conn, consumer_id, amount, reference, direction or {}, actor=actor, now=now
        )
        return [
            await self.record_external(
                conn, account_id, Money(part, amount.currency), reference=reference,
                effective_on=effective_on, channel=channel, actor=actor, now=now,
            )
            for account_id, part in sorted(parts.items())
        ]  # fmt: skip

    async def _parts(
        self,
        conn: Connection,
        consumer_id: int,
        amount: Money,
        reference: str,
        direction: Mapping[int, Decimal],
        *,
        actor: str,
        now: datetime,
    ) -> Mapping[int, Decimal]:
        """Return what each account gets, as it was decided when the payment first came."""
        known = await store.shared(conn, consumer_id, reference)
        if known is None:
            shares = await self._arrangements.shares(conn, consumer_id, amount, direction, now=now)
            parts = await self._credited(conn, consumer_id, shares)
            await store.insert_shared(
                conn, consumer_id=consumer_id, reference=reference, amount=amount,
                direction={k: str(v) for k, v in direction.items()},
                shares={k: str(v) for k, v in parts.items()},
                policy_hash=self._arrangements.policies.hash, actor=actor, now=now,
            )  # fmt: skip
            return parts
        if Money.of(known["amount"], known["currency"]) != amount:
            raise Conflict(
                "CAUSE_REUSED", f"'{reference}' was already posted as {known['amount']}."
            )
        return {int(key): Decimal(text) for key, text in known["shares"].items()}

    async def _credited(
        self, conn: Connection, consumer_id: int, shares: Shares
    ) -> dict[int, Decimal]:
        """Put what no debt may have on the account that got most, or else on the oldest."""
        parts = dict(shares.amounts)
        if shares.rest:
            accounts = await self._accounts.accounts_of(conn, consumer_id)
            oldest = min(accounts, key=lambda a: (a.due_on, a.id)).id
            keeper = max(parts, key=lambda k: (parts[k], -k)) if parts else oldest
            parts[keeper] = parts.get(keeper, Decimal(0)) + shares.rest
        return parts

    async def take_back(
        self,
        conn: Connection,
        account_id: int,
        entry_id: int,
        kind: ReversalKind,
        *,
        reference: str,
        actor: str,
        now: datetime,
    ) -> list[PostedEntry]:
        """Reverse a ledger entry: a returned payment, a chargeback or a mistake; once.

        Posts the negation on the original day, allocates later payments anew, adds a lawful fee,
        and opens promises again. Returns everything posted.

        Raises:
            NotFound: the account has no such entry.
            Conflict: it cannot be reversed; says why.
        """
        consumer_id = await self._accounts.lock_of_account(conn, account_id)
        posted = await self._ledger.entry(conn, entry_id)
        if posted.entry.account_id != account_id:
            raise Conflict("OTHER_ACCOUNT", f"Entry {entry_id} is of another account.")
        done = await self._arrangements.reverse(
            conn, entry_id, kind, reference=reference, actor=actor, now=now
        )
        if not done[0].repeated:
            await self._arrangements.after_reversal(conn, account_id, actor=actor, now=now)
            amount = posted.entry.postings.get(Book.CASH, ledger.change(posted.entry))
            data = {
                "reference": reference, "entry": entry_id, "reason": kind,
                "amount": amount.amount, "currency": amount.currency,
            }  # fmt: skip
            await self._accounts.record(
                conn,
                Happening("payment.returned", now, actor, consumer_id, account_id, data=data),
            )
            await wake.notify(conn, wake.Topic.PAYMENT, f"entry:{entry_id}")
        return done
