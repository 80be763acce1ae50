"""Taking payments: recorded first, charged by key with no transaction open, settled once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from goodterms.compliance.model import Moment
from goodterms.kit import wake
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Connection, transaction
from goodterms.payments import decide, store
from goodterms.payments.decide import lawful
from goodterms.payments.model import (
    Declined,
    GiveUp,
    HostedPage,
    NeverReceived,
    Outcome,
    Payment,
    PaymentRequest,
    PaymentState,
    Position,
    ProcessorNotice,
    Resend,
    Succeeded,
    Unknown,
)
from goodterms.payments.service.elsewhere import Elsewhere
from goodterms.payments.service.links import Linking
from goodterms.payments.service.refunding import Refunding

T = TypeVar("T")
log = structlog.get_logger(__name__)

CHARGE = "payments.charge"
_BATCH = 50
_TRIES_COUNT = timedelta(days=32)
"""How far back declined tries of a method are looked for: no network counts longer."""


class PaymentService(Refunding, Linking, Elsewhere):
    """Payment attempts. New ones go to the first of ``processors``; others finish theirs."""

    @property
    def processor(self) -> str:
        """The name of the processor that new payments go to."""
        return next(iter(self._processors))

    async def take(self, request: PaymentRequest, *, actor: str) -> Payment:
        """Authorise and record a payment, and enqueue its charge, in one transaction.

        Asked again with the same id it returns the payment as it stands. Without a method
        token nothing is enqueued: the consumer pays on the processor's ``hosted_page``. The rules
        are asked first, and what they say is kept, also when it is no.

        Raises:
            NotFound: there is no such account or quote.
            Refusal: it may not be taken; says why, a rule's no under the code of its reason.
            Conflict: the id belongs to another payment.
        """
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            taken = await self._take(conn, request, actor=actor, now=now)
        if isinstance(taken, Refusal):
            raise taken
        return taken

    async def _take(
        self, conn: Connection, request: PaymentRequest, *, actor: str, now: datetime
    ) -> Payment | Refusal:
        """Take a payment in the caller's transaction, which commits also if the rules say no."""
        await self._accounts.lock_of_account(conn, request.account_id)
        known = await store.payment(conn, request.id)
        if known is not None:
            return _repeated(known, request)
        position = await self._position(conn, request, actor=actor, now=now)
        decide.authorise(position, request, self.policy, now)
        no = await self._ask_rules(conn, request, position, now=now)
        if no is not None:
            return no
        payment = decide.initiated(
            position, request, self.processor, self.policy, actor=actor, now=now
        )
        if not await store.insert_payment(conn, payment):
            # Somebody else's account used the id between our look and our writing.
            raise _id_reused(request)
        if not payment.hosted:
            await self._enqueue(conn, CHARGE, {"payment_id": payment.id})
        await self._tell(conn, "payment.initiated", payment, now=now)
        await wake.notify(conn, wake.Topic.PAYMENT, payment.id)
        return payment

    async def _ask_rules(
        self, conn: Connection, request: PaymentRequest, position: Position, *, now: datetime
    ) -> Refusal | None:
        """Ask what the law says to this payment; the answer is kept."""
        tried = []
        if request.method_token is not None:
            tried = await store.declined(
                conn, request.account_id, request.method_token, now - _TRIES_COUNT
            )
        answer = await self._compliance.ask(
            conn,
            Moment.PAY,
            lawful.proposed(request, tried),
            consumer_id=position.account.consumer_id,
            account_ids=(request.account_id,),
            subject_id=request.id,
            now=now,
        )
        return lawful.check(answer)

    async def _position(
        self, conn: Connection, request: PaymentRequest, *, actor: str, now: datetime
    ) -> Position:
        account = await self._accounts.account(conn, request.account_id)
        quote = None
        if request.quote_id is not None:
            quote = await self._arrangements.get_quote(conn, request.quote_id)
            if quote.account_id == account.id:
                quote = await self._arrangements.honour(conn, quote, actor=actor, now=now)
        return Position(
            account=account,
            balance=await self._ledger.balance(conn, account.id),
            pending=await store.pending(conn, account.id, account.currency),
            quote=quote,
        )

    async def charge(self, payment_id: str) -> Payment:
        """Ask the processor for the money and settle its answer; safe to run again.

        The attempt is recorded as submitted before the call, and no transaction is open during
        it. A charge that comes too late for the consumer's consent is not sent.
        """
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            payment = await self._locked(conn, payment_id)
            if decide.settled(payment) or payment.hosted:
                return payment
            if decide.fresh(payment, self.policy, now):
                payment = decide.submitted(payment, self.policy, now)
                await store.save_payment(conn, payment)
                late = False
            else:
                late = True
        if late:
            return await self.check(payment_id)
        processor = self._processor(payment.processor)
        outcome = await self._answer(processor.charge(payment))
        async with transaction(self._pool) as conn:
            return await self.settle(conn, payment_id, outcome, now=self._clock.now())

    async def hosted_page(self, payment_id: str, return_url: str) -> HostedPage:
        """Open the processor's page for a payment without a token; asked again, the same page.

        Raises:
            Conflict: the payment is settled, has a token, or the processor cannot be reached.
        """
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            payment = await self._locked(conn, payment_id)
            if decide.settled(payment) or not payment.hosted:
                raise Conflict("NO_PAGE", f"Payment {payment_id} needs no page any more.")
            payment = decide.submitted(payment, self.policy, now)
            await store.save_payment(conn, payment)
        processor = self._processor(payment.processor)
        try:
            async with asyncio.timeout(self.policy.answer_within.total_seconds()):
                page = await processor.hosted_page(payment, return_url)
        except TimeoutError:
            page = None
        if page is None:
            raise Conflict(
                "PROCESSOR_UNREACHABLE",
                "The payment page cannot be opened right now. Nothing was taken; try again.",
            )
        async with transaction(self._pool) as conn:
            payment = await self._locked(conn, payment_id)
            if not decide.settled(payment):
                await store.save_payment(conn, decide.on_page(payment, page.reference))
        return page

    async def check(self, payment_id: str) -> Payment:
        """Find out by key what became of an unsettled payment, and do what follows."""
        async with transaction(self._pool) as conn:
            payment = await self.payment(conn, payment_id)
        if decide.settled(payment):
            return payment
        answer: Outcome | NeverReceived = NeverReceived()
        if payment.state is not PaymentState.INITIATED:
            processor = self._processor(payment.processor)
            answer = await self._answer(processor.look_up(payment))
        now = self._clock.now()
        step = decide.next_step(payment, answer, self.policy, now)
        if isinstance(step, Resend):
            return await self.charge(payment_id)
        async with transaction(self._pool) as conn:
            if isinstance(step, Succeeded | Declined):
                return await self.settle(conn, payment_id, step, now=now)
            payment = await self._locked(conn, payment_id)
            if decide.settled(payment):
                return payment
            if isinstance(step, GiveUp):
                payment = decide.given_up(payment, step.words, now)
                await self._save(conn, payment, now=now)
            else:
                payment = decide.waiting(payment, answer, step.until)
                await store.save_payment(conn, payment)
            return payment

    async def _answer(self, asked: Awaitable[T]) -> T | Unknown:
        """Wait for the processor as long as the policy says; silence is ``Unknown``."""
        try:
            async with asyncio.timeout(self.policy.answer_within.total_seconds()):
                return await asked
        except TimeoutError:
            return Unknown("The processor did not answer in time.")

    async def check_unsettled(self, *, now: datetime) -> int:
        """Ask about the payments and refunds whose outcome is overdue; return how many."""
        lease = now + timedelta(minutes=2)
        async with transaction(self._pool) as conn:
            payments = await store.claim_checks(
                conn, "payment", now=now, lease_until=lease, limit=_BATCH
            )
            refunds = await store.claim_checks(
                conn, "refund", now=now, lease_until=lease, limit=_BATCH
            )
        asked: list[tuple[Callable[[str], Awaitable[object]], str]] = [
            *((self.check, payment_id) for payment_id in payments),
            *((self.pay_back, refund_id) for refund_id in refunds),
        ]
        for ask, subject in asked:
            try:
                await ask(subject)
            except NotFound as refusal:
                # Its processor is no longer configured; the others must not wait for that.
                log.warning("payments.unsettled", subject=subject, reason=refusal.message)
        return len(asked)

    async def notice(self, processor: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Take a processor's webhook; True if it told something for the first time.

        Raises:
            NotFound: no such processor is configured.
            Refusal: the signature is wrong, missing or too old.
        """
        told = self._processor(processor).read_webhook(body, headers)
        if told is None:
            return False
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            if not await store.first_time(conn, processor, told, now):
                return False
            if not await self._ours(conn, told):
                # Another program may use the same processor account: not ours, not an error.
                log.info("payments.notice_not_ours", processor=processor, event_id=told.event_id)
                return False
            if told.refund_id is not None:
                await self._settle_refund(conn, told.refund_id, told.outcome, now=now)
            else:
                await self.settle(conn, told.payment_id, told.outcome, now=now)
        return True

    async def _ours(self, conn: Connection, told: ProcessorNotice) -> bool:
        if told.refund_id is not None:
            return await store.refund(conn, told.refund_id) is not None
        return await store.payment(conn, told.payment_id) is not None


def _id_reused(request: PaymentRequest) -> Conflict:
    return Conflict(
        "PAYMENT_ID_REUSED",
        f"The payment id '{request.id}' was used for another payment; use a new one.",
    )


def _repeated(known: Payment, request: PaymentRequest) -> Payment:
    if not decide.same_request(known, request):
        raise _id_reused(request)
    return known
