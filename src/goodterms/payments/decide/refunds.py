"""Whether money may be given back, and what an outcome does to a refund."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import COMPONENTS, Book, EntryKind, PostedEntry
from goodterms.payments.decide import backoff
from goodterms.payments.model import (
    REFUND,
    Declined,
    Outcome,
    Payment,
    PaymentPolicy,
    PaymentState,
    Refund,
    RefundEvent,
    RefundState,
    Succeeded,
)


def authorise(payment: Payment, refunds: Sequence[Refund], amount: Money) -> None:
    """Let pass a refund of at most what the payment took and has not given back.

    Raises:
        Refusal: nothing was taken, or the amount is zero, foreign or too much.
    """
    if payment.state is not PaymentState.SUCCEEDED:
        raise Conflict(
            "NOT_PAID", f"Payment {payment.id} is {payment.state.value}: nothing to give back."
        )
    if amount.currency != payment.amount.currency:
        raise Refusal(
            "WRONG_CURRENCY", f"The payment was in {payment.amount.currency}.", field="amount"
        )
    zero = Money.zero(amount.currency)
    if amount <= zero:
        raise Refusal("AMOUNT_NOT_POSITIVE", "The amount must be more than zero.", field="amount")
    taken = sum((r.amount for r in refunds if r.state is not RefundState.DECLINED), zero)
    left = payment.amount - taken
    if amount > left:
        raise Refusal(
            "ABOVE_PAYMENT",
            f"{left} of payment {payment.id} is left to give back, not {amount}.",
            field="amount",
        )


def new(
    payment: Payment,
    refund_id: str,
    amount: Money,
    reason: str,
    *,
    policy: PaymentPolicy,
    actor: str,
    now: datetime,
) -> Refund:
    """Return the refund to be recorded before the processor is asked."""
    return Refund(
        id=refund_id,
        payment_id=payment.id,
        amount=amount,
        reason=reason,
        state=REFUND.start,
        processor_reference=None,
        message="",
        actor=actor,
        created_at=now,
        next_check_at=now + policy.first_check_after,
    )


def settle(refund: Refund, outcome: Outcome, policy: PaymentPolicy, now: datetime) -> Refund | None:
    """Return the refund after an outcome; None if the outcome tells nothing new."""
    if refund.state is RefundState.SUCCEEDED:
        return None
    if isinstance(outcome, Succeeded):
        return replace(
            refund,
            state=REFUND.step(refund.state, RefundEvent.SUCCEED),
            processor_reference=outcome.reference,
            message="",
            settled_at=now,
            next_check_at=None,
        )
    if refund.state is RefundState.DECLINED:
        return None
    if isinstance(outcome, Declined):
        return replace(
            refund,
            state=REFUND.step(refund.state, RefundEvent.DECLINE),
            message=outcome.message,
            settled_at=now,
            next_check_at=None,
        )
    return replace(
        refund,
        state=REFUND.step(refund.state, RefundEvent.LOSE_TRACK),
        message=outcome.detail,
        next_check_at=now + backoff(refund.checks, policy),
    )


def cause(payment: Payment, refund_id: str) -> str:
    """Name the cause a refund's ledger entry is posted under."""
    return f"{payment.cause}:{refund_id}"


def still_spread(payment: Payment, entries: Sequence[PostedEntry]) -> Mapping[Book, Money]:
    """Return what a payment is spread over in the ledger now, less what was given back.

    Raises:
        Conflict: its entry was reversed (the bank took the money back already).
    """
    undone = {posted.entry.reverses_id for posted in entries}
    zero = Money.zero(payment.amount.currency)
    spread: dict[Book, Money] = {}
    for posted in entries:
        entry = posted.entry
        ours = entry.kind is EntryKind.PAYMENT and entry.cause == payment.cause
        # Refunds, and what a replay changed after another payment was reversed.
        back = entry.cause.startswith(f"{payment.cause}:") and posted.id not in undone
        if ours and posted.id in undone:
            raise Conflict(
                "PAYMENT_RETURNED", f"Payment {payment.id} was returned: nothing to give back."
            )
        if ours or (back and entry.kind in (EntryKind.REFUND, EntryKind.ADJUSTMENT)):
            for book, amount in entry.postings.items():
                if book in COMPONENTS:
                    spread[book] = spread.get(book, zero) - amount
    return spread
