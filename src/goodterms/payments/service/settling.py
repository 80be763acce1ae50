"""What every way into a payment shares: the lock, the outcome, the posting, the telling."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from goodterms.accounts.model import Happening
from goodterms.accounts.service import AccountService
from goodterms.arrangements import decide as arrangement
from goodterms.arrangements.service import ArrangementService
from goodterms.compliance.service import ComplianceService
from goodterms.kit import wake
from goodterms.kit.clock import Clock
from goodterms.kit.errors import NotFound
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, Pool
from goodterms.ledger import decide as ledger
from goodterms.ledger.service import LedgerService
from goodterms.payments import decide, store
from goodterms.payments.decide import refunds
from goodterms.payments.model import (
    Outcome,
    Payment,
    PaymentPolicy,
    PaymentState,
    Refund,
    RefundState,
)
from goodterms.payments.ports import Processor

Enqueue = Callable[[Connection, str, dict[str, Any]], Awaitable[None]]
"""Puts a named job with its arguments in the queue, in the caller's transaction."""


class Settling:
    """Settles outcomes, from wherever they come, exactly once."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        *,
        accounts: AccountService,
        ledger: LedgerService,
        arrangements: ArrangementService,
        compliance: ComplianceService,
        processors: Mapping[str, Processor],
        enqueue: Enqueue,
        policy: PaymentPolicy | None = None,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._accounts = accounts
        self._ledger = ledger
        self._arrangements = arrangements
        self._compliance = compliance
        self._processors = processors
        self._enqueue = enqueue
        self.policy = policy or PaymentPolicy()

    async def payment(self, conn: Connection, payment_id: str) -> Payment:
        """Return a payment attempt.

        Raises:
            NotFound: there is no such payment.
        """
        payment = await store.payment(conn, payment_id)
        if payment is None:
            raise NotFound("NO_PAYMENT", f"There is no payment '{payment_id}'.")
        return payment

    async def payments_of(self, conn: Connection, consumer_id: int) -> list[Payment]:
        """Return a consumer's payment attempts, newest first."""
        return await store.payments_of(conn, consumer_id)

    async def settle(
        self, conn: Connection, payment_id: str, outcome: Outcome, *, now: datetime
    ) -> Payment:
        """Apply what the processor says of a payment; what it says twice counts once.

        Success posts the money, keeps promises and withdraws planned contact, all in the
        caller's transaction, under the account lock.
        """
        payment = await self._locked(conn, payment_id)
        after = decide.settle(payment, outcome, self.policy, now)
        if after is None:
            return payment
        await self._save(conn, after, now=now)
        return after

    async def _locked(self, conn: Connection, payment_id: str) -> Payment:
        """Take the account lock of a payment's consumer, then read the payment."""
        found = await self.payment(conn, payment_id)
        await self._accounts.lock(conn, found.consumer_id)
        return await self.payment(conn, payment_id)

    async def _save(self, conn: Connection, payment: Payment, *, now: datetime) -> None:
        """Write a payment's new state with everything that follows from it."""
        await store.save_payment(conn, payment)
        if payment.state is PaymentState.SUCCEEDED:
            note = f"{payment.processor} {payment.processor_reference}"
            await self._post(conn, payment, note, now=now)
        if decide.settled(payment):
            paid = payment.state is PaymentState.SUCCEEDED
            kind = "payment.succeeded" if paid else "payment.declined"
            await self._tell(conn, kind, payment, now=now)
        await wake.notify(conn, wake.Topic.PAYMENT, payment.id)

    async def _post(self, conn: Connection, payment: Payment, note: str, *, now: datetime) -> None:
        balance = await self._ledger.balance(conn, payment.account_id)
        entry = ledger.payment(
            payment.account_id,
            await self._arrangements.allocation(conn, balance, payment.amount, now=now),
            effective_on=now.date(),
            cause=payment.cause,
            actor=payment.actor,
            note=note,
        )
        await self._ledger.post(conn, [entry], now=now)
        await self._arrangements.after_payment(
            conn, payment.account_id, actor=payment.actor, now=now
        )

    async def _settle_refund(
        self, conn: Connection, refund_id: str, outcome: Outcome, *, now: datetime
    ) -> Refund:
        """Apply what the processor says of a refund; success makes the amount owed again."""
        found = await self._refund(conn, refund_id)
        payment = await self._locked(conn, found.payment_id)
        refund = await self._refund(conn, refund_id)
        after = refunds.settle(refund, outcome, self.policy, now)
        if after is None:
            return refund
        await store.save_refund(conn, after)
        if after.state is RefundState.SUCCEEDED:
            entries = await self._ledger.entries(conn, payment.account_id)
            back = arrangement.give_back(refunds.still_spread(payment, entries), after.amount)
            entry = ledger.refund(
                payment.account_id,
                back,
                effective_on=now.date(),
                cause=refunds.cause(payment, after.id),
                actor=after.actor,
                note=after.reason,
            )
            await self._ledger.post(conn, [entry], now=now)
            payment = replace(payment, refunded=payment.refunded + after.amount)
            await store.save_payment(conn, payment)
            await self._tell(
                conn, "payment.refunded", payment, now=now, refund=after.id, amount=after.amount
            )
        await wake.notify(conn, wake.Topic.PAYMENT, payment.id)
        return after

    async def _refund(self, conn: Connection, refund_id: str) -> Refund:
        refund = await store.refund(conn, refund_id)
        if refund is None:
            raise NotFound("NO_REFUND", f"There is no refund '{refund_id}'.")
        return refund

    async def _tell(
        self,
        conn: Connection,
        kind: str,
        payment: Payment,
        *,
        now: datetime,
        amount: Money | None = None,
        **more: str,
    ) -> None:
        money = payment.amount if amount is None else amount
        data = {
            "payment": payment.id,
            "amount": money.amount,
            "currency": money.currency,
            "channel": payment.channel,
            "state": payment.state,
            **more,
        }
        if payment.decline_code:
            data["code"] = payment.decline_code
        await self._accounts.record(
            conn,
            Happening(
                kind, now, payment.actor, payment.consumer_id, payment.account_id,
                payment.attempt_id, data=data,
            ),
        )  # fmt: skip

    def _processor(self, name: str) -> Processor:
        processor = self._processors.get(name)
        if processor is None:
            raise NotFound("NO_PROCESSOR", f"There is no processor '{name}' configured.")
        return processor


def token_hash(token: str) -> str:
    """Return what is kept of a pay link's token: a database that leaks opens no link."""
    return hashlib.sha256(token.encode()).hexdigest()
