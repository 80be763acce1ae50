"""Debts with everything it takes to pay them, and a queue that the test works off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.fakes.bank import FakeBank
from tests.fakes.debts import NOW, Debts, usd

from goodterms.arrangements.service import ArrangementService
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.payments import jobs
from goodterms.payments.model import (
    Payment,
    PaymentChannel,
    PaymentPolicy,
    PaymentRequest,
    Refund,
)
from goodterms.payments.ports import Processor
from goodterms.payments.service import PaymentService

RULEBOOK = load_rulebook()
PATIENCE = PaymentPolicy(answer_within=timedelta(seconds=0.2))


class Till(Debts):
    """A payment service on a fake bank; jobs wait in a table until ``work`` runs them."""

    def __init__(
        self,
        pool: Pool,
        processor: Processor | None = None,
        policy: PaymentPolicy = PATIENCE,
    ) -> None:
        super().__init__(pool)
        self.bank = FakeBank()
        self.clock = SetClock(NOW)
        self.arrangements = ArrangementService(self.ledger, self.accounts)
        self.compliance = ComplianceService(RULEBOOK)
        used = processor or self.bank
        self.payments = PaymentService(
            pool,
            self.clock,
            accounts=self.accounts,
            ledger=self.ledger,
            arrangements=self.arrangements,
            compliance=self.compliance,
            processors={used.name: used},
            enqueue=self._enqueue,
            policy=policy,
        )

    async def _enqueue(self, conn: Connection, job: str, arguments: dict[str, Any]) -> None:
        [(_, subject)] = arguments.items()
        await conn.execute("CREATE TABLE IF NOT EXISTS public.job (name text, subject text)")
        await conn.execute("INSERT INTO public.job VALUES (%s, %s)", (job, subject))

    async def jobs(self) -> list[tuple[str, str]]:
        async with transaction(self.pool) as conn:
            await conn.execute("CREATE TABLE IF NOT EXISTS public.job (name text, subject text)")
            cursor = await conn.execute("SELECT name, subject FROM public.job")
            return [(row["name"], row["subject"]) async for row in cursor]

    async def work(self) -> None:
        """Run every job that waits, once, as a worker would."""
        waiting = await self.jobs()
        async with transaction(self.pool) as conn:
            await conn.execute("DELETE FROM public.job")
        for name, subject in waiting:
            run = {jobs.CHARGE: jobs.charge, jobs.REFUND_JOB: jobs.refund}[name]
            await run(self.payments, subject)

    async def take(
        self, account_id: int, amount: str = "40", payment_id: str = "pay_one_1", **more: Any
    ) -> Payment:
        request = PaymentRequest(
            id=payment_id,
            account_id=account_id,
            amount=usd(amount),
            channel=PaymentChannel.AGENT,
            method_token=more.pop("token", "tok_good"),
            **more,
        )
        return await self.payments.take(request, actor="person:1")

    async def read(self, payment_id: str = "pay_one_1") -> Payment:
        async with transaction(self.pool) as conn:
            return await self.payments.payment(conn, payment_id)

    async def refunds(self, payment_id: str = "pay_one_1") -> list[Refund]:
        async with transaction(self.pool) as conn:
            return await self.payments.refunds_of(conn, payment_id)
