"""Giving money back: recorded first, asked by key, settled once."""

from __future__ import annotations

import asyncio

from goodterms.kit.errors import Conflict
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, transaction
from goodterms.payments import store
from goodterms.payments.decide import refunds
from goodterms.payments.model import NeverReceived, Refund, RefundState, Unknown
from goodterms.payments.service.settling import Settling

REFUND_JOB = "payments.refund"


class Refunding(Settling):
    """Refunds of succeeded payments."""

    async def refund(
        self,
        payment_id: str,
        amount: Money,
        reason: str,
        *,
        actor: str,
        refund_id: str | None = None,
    ) -> Refund:
        """Record a refund and enqueue it; asked again with the same id, the same refund.

        Raises:
            NotFound: there is no such payment.
            Refusal: more is asked back than is left of it.
            Conflict: nothing was taken, or the id belongs to another refund.
        """
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            payment = await self._locked(conn, payment_id)
            known = await store.refund(conn, refund_id) if refund_id else None
            if known is not None:
                return _repeated(known, payment_id, amount)
            before = await store.refunds_of(conn, payment_id)
            refunds.authorise(payment, before, amount)
            # Also refuses what the bank has taken back already.
            refunds.still_spread(payment, await self._ledger.entries(conn, payment.account_id))
            refund = refunds.new(
                payment, refund_id or new_id("ref", now), amount, reason,
                policy=self.policy, actor=actor, now=now,
            )  # fmt: skip
            await store.insert_refund(conn, refund)
            await self._enqueue(conn, REFUND_JOB, {"refund_id": refund.id})
        return refund

    async def refunds_of(self, conn: Connection, payment_id: str) -> list[Refund]:
        """Return a payment's refunds, oldest first."""
        return await store.refunds_of(conn, payment_id)

    async def pay_back(self, refund_id: str) -> Refund:
        """Have the processor give the money back, and settle its answer; safe to run again.

        One that was sent before is asked about by key first, and sent again under the same key
        only if the processor never saw it.
        """
        async with transaction(self._pool) as conn:
            refund = await self._refund(conn, refund_id)
            payment = await self.payment(conn, refund.payment_id)
        if refund.state in (RefundState.SUCCEEDED, RefundState.DECLINED):
            return refund
        processor = self._processor(payment.processor)
        try:
            async with asyncio.timeout(self.policy.answer_within.total_seconds()):
                outcome = await processor.look_up_refund(payment, refund_id)
                if isinstance(outcome, NeverReceived):
                    outcome = await processor.refund(payment, refund_id, refund.amount)
        except TimeoutError:
            outcome = Unknown("The processor did not answer in time.")
        async with transaction(self._pool) as conn:
            return await self._settle_refund(conn, refund_id, outcome, now=self._clock.now())


def _repeated(known: Refund, payment_id: str, amount: Money) -> Refund:
    if (known.payment_id, known.amount) != (payment_id, amount):
        raise Conflict(
            "REFUND_ID_REUSED", f"The refund id '{known.id}' was used for another refund."
        )
    return known
