"""Whether a payment may be taken, what an outcome does to it, and what to ask next."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from goodterms.accounts.model import AccountStatus
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance
from goodterms.payments.model import (
    PAYMENT,
    Declined,
    GiveUp,
    NeverReceived,
    NextStep,
    Outcome,
    Payment,
    PaymentEvent,
    PaymentPolicy,
    PaymentRequest,
    PaymentState,
    Position,
    Resend,
    Succeeded,
    Unknown,
    Wait,
)

_ENDED = (AccountStatus.RECALLED, AccountStatus.CLOSED)
_SETTLED = (PaymentState.SUCCEEDED, PaymentState.DECLINED, PaymentState.ABANDONED)
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CARD_NUMBER = re.compile(r"(?:[0-9][ -]?){13,19}")


def authorise(
    position: Position, request: PaymentRequest, policy: PaymentPolicy, now: datetime
) -> None:
    """Let pass a payment of at most what is owed, on an account that is still ours.

    Holds do not matter: a consumer may always pay, also while disputing.

    Raises:
        Refusal: with a code, the limit that was passed and what to do.
    """
    _check_request(request)
    account, owed = position.account, position.balance.total
    zero = Money.zero(account.currency)
    if request.amount.currency != account.currency:
        raise Refusal(
            "WRONG_CURRENCY",
            f"Account {account.reference} is kept in {account.currency},"
            f" not {request.amount.currency}.",
            field="amount",
        )
    if request.amount <= zero:
        raise Refusal("AMOUNT_NOT_POSITIVE", "The amount must be more than zero.", field="amount")
    if account.status in _ENDED:
        raise Conflict(
            "ACCOUNT_CLOSED",
            f"Account {account.reference} is {account.status.value}: the creditor takes payments.",
        )
    if owed <= zero:
        raise Conflict("NOTHING_OWED", f"Nothing is owed on account {account.reference}.")
    _check_against_balance(position, request, policy)
    _check_quote(position, request, now)


def _check_request(request: PaymentRequest) -> None:
    if not _ID.fullmatch(request.id):
        raise Refusal(
            "BAD_ID", "A payment's id has 8 to 64 letters, digits, '-' or '_'.", field="id"
        )
    for text in (request.method_token or "", request.method_label):
        if _CARD_NUMBER.search(text):
            raise Refusal(
                "CARD_NUMBER",
                "This looks like a card number: enter it on the processor's page, never here.",
                field="method_token",
            )


def _check_against_balance(
    position: Position, request: PaymentRequest, policy: PaymentPolicy
) -> None:
    reference, owed = position.account.reference, position.balance.total
    if request.amount > owed:
        raise Refusal(
            "ABOVE_BALANCE",
            f"{request.amount} is more than the {owed} owed on account {reference}.",
            field="amount",
        )
    if request.amount + position.pending > owed:
        raise Conflict(
            "PAYMENT_PENDING",
            f"{position.pending} is already being paid on account {reference}, of {owed} owed:"
            " wait for the outcome.",
        )
    least = min(Money(policy.smallest, owed.currency).rounded(), owed)
    if request.amount < least:
        raise Refusal("BELOW_MINIMUM", f"The least that can be paid is {least}.", field="amount")


def _check_quote(position: Position, request: PaymentRequest, now: datetime) -> None:
    quote = position.quote
    if quote is None:
        return
    if quote.account_id != request.account_id:
        raise Refusal("WRONG_QUOTE", f"Quote {quote.id} is for another account.", field="quote_id")
    if now >= quote.expires_at or quote.balance_version != position.balance.version:
        raise Conflict(
            "QUOTE_OUTDATED",
            f"Quote {quote.id} no longer holds; ask for a new one and confirm the amount again.",
        )


def initiated(
    position: Position,
    request: PaymentRequest,
    processor: str,
    policy: PaymentPolicy,
    *,
    actor: str,
    now: datetime,
) -> Payment:
    """Return the payment attempt to be recorded before anybody is asked for money."""
    zero = Money.zero(request.amount.currency)
    hosted = request.method_token is None
    wait = policy.page_open_for if hosted else policy.first_check_after
    return Payment(
        id=request.id,
        account_id=request.account_id,
        consumer_id=position.account.consumer_id,
        amount=request.amount,
        processor=processor,
        method_token=request.method_token,
        method_label=request.method_label,
        channel=request.channel,
        attempt_id=request.attempt_id,
        quote_id=request.quote_id,
        state=PAYMENT.start,
        processor_reference=None,
        decline_code=None,
        message="",
        refunded=zero,
        actor=actor,
        created_at=now,
        next_check_at=now + wait,
    )


def same_request(payment: Payment, request: PaymentRequest) -> bool:
    """Tell whether a request repeats a recorded payment, rather than reusing its id."""
    return (payment.account_id, payment.amount) == (request.account_id, request.amount)


def settled(payment: Payment) -> bool:
    """Tell whether the payment's outcome is known."""
    return payment.state in _SETTLED


def submitted(payment: Payment, policy: PaymentPolicy, now: datetime) -> Payment:
    """Return the payment as it is recorded just before the processor is called."""
    return replace(
        payment,
        state=PAYMENT.step(payment.state, PaymentEvent.SUBMIT),
        submitted_at=now,
        next_check_at=now + (policy.page_open_for if payment.hosted else policy.first_check_after),
    )


def settle(
    payment: Payment, outcome: Outcome, policy: PaymentPolicy, now: datetime
) -> Payment | None:
    """Return the payment after an outcome; None if the outcome tells nothing new.

    A payment that succeeded stays so, whatever comes late; one that was declined or given up
    still becomes succeeded when the processor has the money after all.
    """
    if payment.state is PaymentState.SUCCEEDED:
        return None
    if isinstance(outcome, Succeeded):
        return replace(
            payment,
            state=PAYMENT.step(payment.state, PaymentEvent.SUCCEED),
            processor_reference=outcome.reference,
            decline_code=None,
            message="",
            settled_at=now,
            next_check_at=None,
        )
    if settled(payment):
        return None
    if isinstance(outcome, Declined):
        return replace(
            payment,
            state=PAYMENT.step(payment.state, PaymentEvent.DECLINE),
            processor_reference=outcome.reference or payment.processor_reference,
            decline_code=outcome.code,
            message=outcome.message,
            settled_at=now,
            next_check_at=None,
        )
    return replace(
        payment,
        state=PAYMENT.step(payment.state, PaymentEvent.LOSE_TRACK),
        message=outcome.detail,
        next_check_at=now + backoff(payment.checks, policy),
    )


def given_up(payment: Payment, words: str, now: datetime) -> Payment:
    """Return the payment after it was given up without a charge."""
    return replace(
        payment,
        state=PAYMENT.step(payment.state, PaymentEvent.ABANDON),
        decline_code="abandoned",
        message=words,
        settled_at=now,
        next_check_at=None,
    )


def backoff(checks: int, policy: PaymentPolicy) -> timedelta:
    """Return how long to wait after so many checks: doubling, up to the longest wait."""
    doubled: timedelta = policy.first_check_after * 2 ** min(checks, 16)
    return min(doubled, policy.longest_wait)


def fresh(payment: Payment, policy: PaymentPolicy, now: datetime) -> bool:
    """Tell whether the consumer's consent is recent enough to send the charge (again)."""
    return now - payment.created_at <= policy.start_within


def next_step(
    payment: Payment,
    answer: Outcome | NeverReceived,
    policy: PaymentPolicy,
    now: datetime,
) -> NextStep:
    """Decide what follows when the processor was asked by key about an unsettled payment.

    A payment is given up only when the processor says that it never saw it; as long as it
    cannot say, we keep asking.
    """
    if isinstance(answer, Succeeded | Declined):
        return answer
    if isinstance(answer, Unknown):
        return Wait(now + backoff(payment.checks, policy))
    if payment.hosted:
        closes = payment.created_at + policy.page_open_for
        if now < closes:
            return Wait(closes)
        return GiveUp("Nobody finished the payment page.")
    if fresh(payment, policy, now):
        return Resend()
    return GiveUp("The charge never reached the processor. Nothing was taken.")


def on_page(payment: Payment, reference: str) -> Payment:
    """Return the payment after its hosted page was opened, named by the processor."""
    return replace(payment, processor_reference=reference)


def waiting(payment: Payment, answer: Outcome | NeverReceived, until: datetime) -> Payment:
    """Return an unsettled payment that is asked about again at an instant."""
    if isinstance(answer, Unknown):
        state = PAYMENT.step(payment.state, PaymentEvent.LOSE_TRACK)
        return replace(payment, state=state, message=answer.detail, next_check_at=until)
    return replace(payment, next_check_at=until)


def check_external(balance: Balance, amount: Money, reference: str) -> None:
    """Let pass money that somebody else took.

    Raises:
        Refusal: no reference, nothing, or another currency than the account's.
    """
    if not reference.strip():
        raise Refusal(
            "NO_REFERENCE", "A payment taken elsewhere needs its reference.", field="reference"
        )
    if amount.currency != balance.total.currency:
        raise Refusal(
            "WRONG_CURRENCY",
            f"The account is kept in {balance.total.currency}, not {amount.currency}.",
            field="amount",
        )
    if amount <= Money.zero(amount.currency):
        raise Refusal("AMOUNT_NOT_POSITIVE", "The amount must be more than zero.", field="amount")
