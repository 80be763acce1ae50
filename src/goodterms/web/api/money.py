"""Money: payments taken here or elsewhere, adjustments, refunds and pay links."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header
from pydantic import Field

from goodterms.access.model import Actor, Scope
from goodterms.arrangements.model import (
    Arrangement,
    ArrangementEvent,
    OptionKind,
    Progress,
    Promise,
    ReversalKind,
)
from goodterms.kit.errors import Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money
from goodterms.kit.sql import transaction
from goodterms.ledger.model import Balance, Book, PostedEntry
from goodterms.payments.model import (
    Payment,
    PaymentChannel,
    PaymentRequest,
    PaymentState,
    Refund,
)
from goodterms.web.api.bodies import Amount, Body, Currency, Day, Id, MoneyBody, Name, Short, Word
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Money"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.PAYMENTS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.PAYMENTS_WRITE))]
Services = Annotated[Web, Depends(web_of)]
RequestKey = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=200, description="Repeats do nothing.")
]


class ExternalBody(MoneyBody):
    """Money somebody else took; the same reference twice is one payment."""

    reference: Short = Field(examples=["bank-2026-11-22-0017"])
    effective_on: Day


class ArrangementBody(Body):
    """What of a quote is agreed: a settlement, a discount, or a plan of so many instalments."""

    quote_id: Short
    kind: OptionKind = Field(examples=["plan"])
    instalments: int | None = Field(default=None, ge=1, le=120, examples=[6])
    attempt_id: Short | None = None


class ChangeBody(Body):
    """A step of an arrangement, and why."""

    step: Literal["paused", "resumed", "cancelled"]
    reason: Short


@dataclass(frozen=True, slots=True)
class ArrangementOut:
    """A plan or settlement and how far it has come."""

    arrangement: Arrangement
    progress: Progress


class SharedBody(ExternalBody):
    """Money for several debts of one consumer, with what they directed."""

    direction: dict[Id, Amount] = Field(
        default_factory=dict, max_length=100, examples=[{"17": "60.00"}],
        description="What goes to which account, as the consumer said; the rest goes by policy.",
    )  # fmt: skip


class ReversalBody(Body):
    """Why an entry is taken back, and the bank's or creditor's reference."""

    kind: ReversalKind
    reference: Short = Field(examples=["R01-2026-11-22-0017"])


class AdjustmentBody(Body):
    """What is owed now by component; a component not named becomes zero."""

    components: dict[Book, Amount] = Field(examples=[{"principal": "95.00"}], max_length=10)
    currency: Currency = "USD"
    reference: Short = Field(description="Names the cause; the same one twice does nothing.")


class ChargeBody(MoneyBody):
    """A payment by a processor's token; never a card number."""

    method_token: Short = Field(examples=["pm_card_visa"])
    method_label: Word = Field(default="", examples=["Visa ending 4242"])
    quote_id: Short | None = None
    attempt_id: Short | None = None


class RefundBody(MoneyBody):
    """Money to be given back, and why."""

    reason: Short


class LinkBody(Body):
    """A pay link, suggesting an amount; without one, all that is owed."""

    amount: MoneyBody | None = None
    attempt_id: Short | None = None


class PromiseBody(MoneyBody):
    """The consumer's word to pay by a date."""

    due_on: Day


@dataclass(frozen=True, slots=True)
class PaymentOut:
    """A payment attempt and what came of it."""

    id: str
    account_id: int
    consumer_id: int
    amount: Money
    refunded: Money
    state: PaymentState
    processor: str
    processor_reference: str | None
    method_label: str
    channel: PaymentChannel
    attempt_id: str | None
    decline_code: str | None
    message: str
    actor: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LinkOut:
    """The address to send to the consumer; shown this once."""

    url: str


@dataclass(frozen=True, slots=True)
class AdjustmentOut:
    """The entry that was posted, if anything differed, and what is owed now."""

    entry: PostedEntry | None
    balance: Balance


@router.post("/accounts/{account_id}/payments", status_code=201)
async def record_external(
    web: Services, actor: Writing, account_id: Id, body: ExternalBody
) -> PostedEntry:
    """Post money that a host, a bank or a creditor took; planned contact stops at once."""
    async with transaction(web.pool) as conn:
        return await web.payments.record_external(
            conn,
            account_id,
            body.money(),
            reference=body.reference,
            effective_on=body.effective_on,
            channel=PaymentChannel.API,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/accounts/{account_id}/arrangements", status_code=201)
async def agree(
    web: Services, actor: Writing, account_id: Id, body: ArrangementBody
) -> Arrangement:
    """Agree a plan or settlement that a quote offers."""
    async with transaction(web.pool) as conn:
        quote = await web.arrangements.get_quote(conn, body.quote_id)
        if quote.account_id != account_id:
            raise Refusal("WRONG_QUOTE", f"Quote {quote.id} is for another account.")
        return await web.arrangements.agree(
            conn,
            quote.id,
            body.kind,
            instalments=body.instalments,
            attempt_id=body.attempt_id,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.get("/consumers/{consumer_id}/arrangements")
async def arrangements(web: Services, _: Reading, consumer_id: Id) -> list[ArrangementOut]:
    """List a consumer's plans and settlements with how far they have come, newest first."""
    async with web.pool.connection() as conn:
        await web.accounts.consumer(conn, consumer_id)
        found = await web.arrangements.arrangements(conn, consumer_id)
        gone = await web.arrangements.progress(conn, found, now=web.clock.now())
    return [ArrangementOut(one, gone[one.id]) for one in found]


@router.post("/arrangements/{arrangement_id}/steps", status_code=201)
async def change_arrangement(
    web: Services, actor: Writing, arrangement_id: Name, body: ChangeBody
) -> Arrangement:
    """Pause, resume or cancel a plan or settlement."""
    async with transaction(web.pool) as conn:
        return await web.arrangements.change(
            conn,
            arrangement_id,
            ArrangementEvent(body.step),
            reason=body.reason,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/consumers/{consumer_id}/payments", status_code=201)
async def record_shared(
    web: Services, actor: Writing, consumer_id: Id, body: SharedBody
) -> list[PostedEntry]:
    """Post one payment over a consumer's debts: as they direct, the rest by policy."""
    direction = {key: Money.of(text, body.currency) for key, text in body.direction.items()}
    async with transaction(web.pool) as conn:
        await web.accounts.consumer(conn, consumer_id)
        return await web.payments.record_shared(
            conn,
            consumer_id,
            body.money(),
            reference=body.reference,
            effective_on=body.effective_on,
            channel=PaymentChannel.API,
            direction={key: money.amount for key, money in direction.items()},
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/accounts/{account_id}/entries/{entry_id}/reversal", status_code=201)
async def take_back(
    web: Services, actor: Writing, account_id: Id, entry_id: Id, body: ReversalBody
) -> list[PostedEntry]:
    """Take an entry back on its original day; later payments are allocated anew."""
    async with transaction(web.pool) as conn:
        return await web.payments.take_back(
            conn,
            account_id,
            entry_id,
            body.kind,
            reference=body.reference,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/accounts/{account_id}/adjustments", status_code=201)
async def adjust(
    web: Services, actor: Writing, account_id: Id, body: AdjustmentBody
) -> AdjustmentOut:
    """Bring what is owed to exactly these components by one balanced entry."""
    amounts = {book: Money.of(text, body.currency) for book, text in body.components.items()}
    async with transaction(web.pool) as conn:
        entry = await web.ledger.set_components(
            conn,
            account_id,
            amounts,
            cause=f"api:{body.reference}",
            actor=actor.name,
            now=web.clock.now(),
        )
        return AdjustmentOut(entry, await web.ledger.balance(conn, account_id))


@router.post("/accounts/{account_id}/charges", status_code=202)
async def charge(
    web: Services, actor: Writing, account_id: Id, body: ChargeBody, key: RequestKey = None
) -> PaymentOut:
    """Take a payment by token. It is recorded at once and charged by the worker: read it again.

    With an `Idempotency-Key` a repeat is the same payment, whatever happened in between.
    """
    payment = await web.payments.take(
        PaymentRequest(
            id=_own_id("pay", actor, key, web.clock.now()),
            account_id=account_id,
            amount=body.money(),
            channel=PaymentChannel.API,
            method_token=body.method_token,
            method_label=body.method_label,
            quote_id=body.quote_id,
            attempt_id=body.attempt_id,
        ),
        actor=actor.name,
    )
    return _payment(payment)


@router.get("/payments/{payment_id}")
async def payment(web: Services, _: Reading, payment_id: Name) -> PaymentOut:
    """Read a payment attempt."""
    async with web.pool.connection() as conn:
        return _payment(await web.payments.payment(conn, payment_id))


@router.get("/consumers/{consumer_id}/payments")
async def payments_of(web: Services, _: Reading, consumer_id: Id) -> list[PaymentOut]:
    """List a consumer's payment attempts, newest first."""
    async with web.pool.connection() as conn:
        await web.accounts.consumer(conn, consumer_id)
        return [_payment(p) for p in await web.payments.payments_of(conn, consumer_id)]


@router.post("/payments/{payment_id}/refunds", status_code=202)
async def refund(
    web: Services, actor: Writing, payment_id: Name, body: RefundBody, key: RequestKey = None
) -> Refund:
    """Give back part or all of a payment; carried out by the worker."""
    return await web.payments.refund(
        payment_id,
        body.money(),
        body.reason,
        actor=actor.name,
        refund_id=_own_id("ref", actor, key, web.clock.now()),
    )


@router.post("/accounts/{account_id}/pay-links", status_code=201)
async def create_link(web: Services, actor: Writing, account_id: Id, body: LinkBody) -> LinkOut:
    """Make a link by which the consumer pays on a page of ours; it works for some days."""
    async with transaction(web.pool) as conn:
        token = await web.payments.create_link(
            conn,
            account_id,
            body.amount.money() if body.amount else None,
            attempt_id=body.attempt_id,
            actor=actor.name,
            now=web.clock.now(),
        )
    return LinkOut(url=f"{web.settings.url}/pay/{token}")


@router.post("/accounts/{account_id}/promises", status_code=201)
async def promise(web: Services, actor: Writing, account_id: Id, body: PromiseBody) -> Promise:
    """Record the consumer's word to pay an amount by a date."""
    async with transaction(web.pool) as conn:
        return await web.arrangements.promise(
            conn,
            account_id,
            body.money(),
            body.due_on,
            actor=actor.name,
            now=web.clock.now(),
        )


def _own_id(prefix: str, actor: Actor, key: str | None, now: datetime) -> str:
    """Make the id from the caller's key, so that even a forgotten repeat is the same payment."""
    if key is None:
        return new_id(prefix, now)
    digest = hashlib.sha256(f"{actor.name}\n{key}".encode())
    return f"{prefix}_{digest.hexdigest()[:40]}"


def _payment(found: Payment) -> PaymentOut:
    names = PaymentOut.__dataclass_fields__
    return PaymentOut(**{name: getattr(found, name) for name in names})
