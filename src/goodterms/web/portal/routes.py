"""What a consumer does by a pay link: see, pay, dispute, stop, read their rights."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from goodterms.accounts.decide import VERIFIED
from goodterms.accounts.model import HoldKind
from goodterms.arrangements.model import OptionKind
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money, MoneyError
from goodterms.kit.sql import transaction
from goodterms.payments.model import PaymentChannel, PaymentRequest
from goodterms.web.context import Web, web_of
from goodterms.web.portal.visit import ACTOR, Visit, enter, visit
from goodterms.web.portal.wishes import SOURCE
from goodterms.web.portal.wishes import router as wishes

_LONGEST_WORDS = 2000

router = APIRouter(include_in_schema=False)
router.include_router(wishes)
Services = Annotated[Web, Depends(web_of)]


async def _opened(request: Request, web: Services, token: str) -> Visit:
    return await visit(request, web, token)


Opened = Annotated[Visit, Depends(_opened)]


@router.get("/pay/{token}")
async def owed(web: Services, opened: Opened) -> Response:
    """Show what is owed, to whom and why, and what can be done about it."""
    return await _owed(web, opened)


@router.post("/pay/{token}/who")
async def who(
    request: Request,
    web: Services,
    token: str,
    answer: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Hear who it is that opened the link."""
    return await enter(request, web, token, answer)


@router.post("/pay/{token}")
async def pay(
    web: Services,
    opened: Opened,
    payment: Annotated[str, Form(max_length=64)] = "",
    amount: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Record the payment and lead to the processor's own page, where the card is entered."""
    try:
        request = PaymentRequest(
            id=payment,
            account_id=opened.link.account.id,
            amount=_money(amount, opened),
            channel=PaymentChannel.LINK,
            method_token=None,
            attempt_id=opened.link.attempt_id,
        )
        taken = await web.payments.take(request, actor=ACTOR)
        back = f"{web.settings.url}{opened.root}/paid/{taken.id}"
        hosted = await web.payments.hosted_page(taken.id, back)
    except Refusal as refusal:
        return await _owed(web, opened, problem=_said(refusal, opened), amount=amount)
    return opened.onward(hosted.url)


@router.get("/pay/{token}/paid/{payment_id}")
async def paid(web: Services, opened: Opened, payment_id: str) -> Response:
    """Say what became of a payment: the receipt, or that it is on its way, or declined."""
    payment = await web.payments.check(payment_id)
    if payment.account_id != opened.link.account.id:
        raise NotFound("NO_PAYMENT", "There is no such payment here.")
    again = await visit(opened.request, web, opened.root.removeprefix("/pay/"))
    return again.answer("paid.html", payment=payment)


@router.get("/pay/{token}/dispute")
async def dispute_form(opened: Opened) -> Response:
    """Ask what is not right."""
    return opened.answer("dispute.html", done=False)


@router.post("/pay/{token}/dispute")
async def dispute(
    web: Services, opened: Opened, words: Annotated[str, Form(max_length=20_000)] = ""
) -> Response:
    """Stop contact about the debt until it is verified; keep what the consumer wrote."""
    now, account = web.clock.now(), opened.link.account
    async with transaction(web.pool) as conn:
        await web.accounts.place_hold(
            conn,
            opened.consumer_id,
            account.id,
            HoldKind.DISPUTED,
            source=SOURCE,
            release_rule=VERIFIED,
            actor=ACTOR,
            now=now,
        )
        await web.accounts.record_circumstance(
            conn,
            opened.consumer_id,
            "dispute",
            account_id=account.id,
            data={"written": True, "about": "debt"},
            source=SOURCE,
            actor=ACTOR,
            now=now,
        )
        text = words.replace("\0", "").strip()[:_LONGEST_WORDS]
        if text:
            body = f"Dispute, written on the pay page: {text}"
            await web.accounts.add_note(
                conn, opened.consumer_id, account.id, body, actor=ACTOR, now=now
            )
    return opened.answer("dispute.html", done=True)


@router.get("/pay/{token}/rights")
async def rights(opened: Opened) -> Response:
    """Say who we are and what the consumer may ask of us."""
    return opened.answer("rights.html")


async def _owed(web: Web, opened: Visit, *, problem: str = "", amount: str = "") -> Response:
    options = {option.kind: option for option in opened.link.quote.options}
    async with web.pool.connection() as conn:
        holds = await web.accounts.holds(conn, opened.consumer_id)
    disputed = any(
        hold.kind is HoldKind.DISPUTED
        and hold.released_at is None
        and hold.account_id in (None, opened.link.account.id)
        for hold in holds
    )
    return opened.answer(
        "owed.html",
        status=422 if problem else 200,
        full=options.get(OptionKind.IN_FULL),
        part=options.get(OptionKind.PART),
        payment=new_id("pay", web.clock.now()),
        problem=problem,
        amount=amount,
        disputed=disputed,
    )


def _money(text: str, opened: Visit) -> Money:
    currency = opened.link.quote.total.currency
    try:
        return Money.written(text, currency)
    except MoneyError as error:
        raise Refusal("BAD_AMOUNT", f"Enter an amount such as {opened.link.suggested.amount}.",
                      field="amount") from error  # fmt: skip


def _said(refusal: Refusal, opened: Visit) -> str:
    """Say to the consumer, in their words, why a payment cannot be begun."""
    if isinstance(refusal, Conflict) and refusal.code == "PAYMENT_ID_REUSED":
        return "You began a payment with another amount before. Please press the button again."
    if refusal.code in ("ABOVE_BALANCE", "BELOW_MINIMUM", "BELOW_SMALLEST"):
        part = next((o for o in opened.link.quote.options if o.kind is OptionKind.PART), None)
        if part is not None:
            return f"Enter an amount from {part.minimum} to {part.maximum}."
    return refusal.message
