"""Background entry points: plain functions that the composition root registers by name."""

from __future__ import annotations

from goodterms.kit.clock import Clock
from goodterms.payments.service import CHARGE, PaymentService
from goodterms.payments.service.refunding import REFUND_JOB

__all__ = ["CHARGE", "REFUND_JOB", "charge", "check_unsettled", "refund"]


async def charge(payments: PaymentService, payment_id: str) -> None:
    """Charge a recorded payment (job ``payments.charge``); safe to run twice."""
    await payments.charge(payment_id)


async def refund(payments: PaymentService, refund_id: str) -> None:
    """Give back a recorded refund (job ``payments.refund``); safe to run twice."""
    await payments.pay_back(refund_id)


async def check_unsettled(payments: PaymentService, clock: Clock) -> int:
    """Ask processors about everything overdue (every few seconds); return how many were asked."""
    asked = 0
    while True:
        batch = await payments.check_unsettled(now=clock.now())
        asked += batch
        if not batch:
            return asked
