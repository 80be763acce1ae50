"""Whether a payment may be taken, what outcomes do, and what is asked next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from goodterms.accounts.model import Account, AccountStatus
from goodterms.arrangements.model import Quote
from goodterms.kit.errors import Conflict, IllegalTransition, Refusal
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Balance, Book, PostedEntry
from goodterms.payments import decide
from goodterms.payments.decide import refunds
from goodterms.payments.model import (
    Declined,
    GiveUp,
    NeverReceived,
    NextStep,
    Outcome,
    Payment,
    PaymentChannel,
    PaymentPolicy,
    PaymentRequest,
    PaymentState,
    Position,
    Refund,
    RefundState,
    Resend,
    Succeeded,
    Unknown,
    Wait,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = PaymentPolicy()
PAID, NO, WHAT = Succeeded("ch_1"), Declined("expired_card", "Expired."), Unknown("silence")
S = PaymentState


def usd(text: str) -> Money:
    return Money.of(text)


def position(
    owed: str = "100", pending: str = "0", status: AccountStatus = AccountStatus.ACTIVE,
    quote: Quote | None = None,
) -> Position:  # fmt: skip
    account = Account(
        7, "A-7", 1, 1, 5, "USD", "", status, None, date(2026, 9, 1), None, None, None
    )
    components = {Book.PRINCIPAL: usd(owed)}
    return Position(account, Balance(7, usd(owed), components, 3), usd(pending), quote)


def request(amount: Money | None = None, **more: Any) -> PaymentRequest:
    values: dict[str, Any] = {"method_token": "tok_good", **more}
    return PaymentRequest(
        values.pop("id", "pay_12345"),
        7,
        usd("40") if amount is None else amount,
        PaymentChannel.AGENT,
        **values,
    )


def quote(account_id: int = 7, version: int = 3, minutes: int = 5) -> Quote:
    expires = NOON + timedelta(minutes=minutes)
    return Quote("quo_1", account_id, 5, version, usd("100"), (), (), NOON, expires)


def payment(state: PaymentState = S.SUBMITTED, **changes: Any) -> Payment:
    made = decide.initiated(position(), request(), "bank", POLICY, actor="person:1", now=NOON)
    return replace(made, state=state, **changes)


def refund(state: RefundState = RefundState.INITIATED, amount: str = "10") -> Refund:
    return Refund("ref_1", "pay_12345", usd(amount), "why", state, None, "", "person:1", NOON)


@pytest.mark.parametrize(
    ("stands", "asked"),
    [
        (position(), request()),
        (position(), request(usd("100"))),
        (position("0.50"), request(usd("0.50"))),
        (position(pending="60"), request(usd("40"))),
        (position(status=AccountStatus.ARRANGED), request()),
        (position(quote=quote()), request(quote_id="quo_1")),
        (position(), request(method_token=None)),
    ],
)
def test_a_payment_of_what_is_owed_is_authorised(stands: Position, asked: PaymentRequest) -> None:
    """Up to what is owed and not already being paid, anything sensible may be paid."""
    decide.authorise(stands, asked, POLICY, NOON)


@pytest.mark.parametrize(
    ("stands", "asked", "code"),
    [
        (position(), request(id="short"), "BAD_ID"),
        (position(), request(id="has space 1"), "BAD_ID"),
        (position(), request(method_token="4242 4242 4242 4242"), "CARD_NUMBER"),
        (position(), request(method_label="Visa 4242424242424242"), "CARD_NUMBER"),
        (position(), request(Money.of("40", "EUR")), "WRONG_CURRENCY"),
        (position(), request(usd("0.00")), "AMOUNT_NOT_POSITIVE"),
        (position(), request(usd("-1")), "AMOUNT_NOT_POSITIVE"),
        (position(status=AccountStatus.CLOSED), request(), "ACCOUNT_CLOSED"),
        (position(status=AccountStatus.RECALLED), request(), "ACCOUNT_CLOSED"),
        (position("0", status=AccountStatus.PAID), request(), "NOTHING_OWED"),
        (position(), request(usd("100.01")), "ABOVE_BALANCE"),
        (position(pending="60.01"), request(), "PAYMENT_PENDING"),
        (position(), request(usd("0.99")), "BELOW_MINIMUM"),
        (position(quote=quote(account_id=8)), request(), "WRONG_QUOTE"),
        (position(quote=quote(version=2)), request(), "QUOTE_OUTDATED"),
        (position(quote=quote(minutes=0)), request(), "QUOTE_OUTDATED"),
    ],
)
def test_what_may_not_be_paid_is_refused_with_its_reason(
    stands: Position, asked: PaymentRequest, code: str
) -> None:
    """Each limit has a code of its own."""
    with pytest.raises(Refusal) as refused:
        decide.authorise(stands, asked, POLICY, NOON)
    assert refused.value.code == code


def test_a_recorded_payment_knows_when_it_is_asked_about() -> None:
    """By token the janitor looks after a minute; a hosted page has its own, longer, time."""
    assert payment().next_check_at == NOON + timedelta(minutes=1)
    hosted = decide.initiated(
        position(), request(method_token=None), "bank", POLICY, actor="a", now=NOON
    )
    assert hosted.next_check_at == NOON + timedelta(minutes=90)
    assert decide.submitted(hosted, POLICY, NOON).next_check_at == NOON + timedelta(minutes=90)
    assert decide.submitted(payment(S.UNKNOWN), POLICY, NOON).state is S.SUBMITTED
    assert decide.on_page(hosted, "pg_1").processor_reference == "pg_1"


def test_an_id_means_one_request() -> None:
    """The same account and amount repeat a request; anything else reuses its id."""
    assert decide.same_request(payment(), request())
    assert not decide.same_request(payment(), request(usd("41")))


@pytest.mark.parametrize(
    ("state", "outcome", "after"),
    [
        (S.SUBMITTED, PAID, S.SUCCEEDED),
        (S.SUBMITTED, NO, S.DECLINED),
        (S.SUBMITTED, WHAT, S.UNKNOWN),
        (S.UNKNOWN, PAID, S.SUCCEEDED),
        (S.UNKNOWN, WHAT, S.UNKNOWN),
        (S.INITIATED, PAID, S.SUCCEEDED),
        (S.DECLINED, PAID, S.SUCCEEDED),
        (S.ABANDONED, PAID, S.SUCCEEDED),
        (S.SUCCEEDED, NO, None),
        (S.SUCCEEDED, PAID, None),
        (S.DECLINED, NO, None),
        (S.DECLINED, WHAT, None),
        (S.ABANDONED, WHAT, None),
    ],
)
def test_an_outcome_settles_once(
    state: PaymentState, outcome: Outcome, after: PaymentState | None
) -> None:
    """Success always wins and is final; what says nothing new changes nothing."""
    done = decide.settle(payment(state), outcome, POLICY, NOON)
    assert (None if done is None else done.state) is after


def test_a_settled_payment_keeps_what_the_processor_said() -> None:
    """The reference, the code and the words are kept; a settled payment is asked no more."""
    declined = decide.settle(payment(), NO, POLICY, NOON)
    assert declined is not None
    assert (declined.decline_code, declined.message) == ("expired_card", "Expired.")
    assert declined.next_check_at is None
    paid = decide.settle(declined, PAID, POLICY, NOON)
    assert paid is not None
    assert (paid.processor_reference, paid.decline_code, paid.message) == ("ch_1", None, "")


def test_waiting_doubles_up_to_an_hour() -> None:
    """The janitor asks after 1, 2, 4 … minutes, at most an hour apart, however often."""
    waits = [decide.backoff(n, POLICY).total_seconds() for n in (0, 1, 2, 6, 1000)]
    assert waits == [60, 120, 240, 3600, 3600]


@pytest.mark.parametrize(
    ("hosted", "answer", "minutes", "step"),
    [
        (False, PAID, 1, PAID),
        (False, NO, 1, NO),
        (False, WHAT, 1, Wait(NOON + timedelta(minutes=2))),
        (False, NeverReceived(), 15, Resend()),
        (
            False,
            NeverReceived(),
            16,
            GiveUp("The charge never reached the processor. Nothing was taken."),
        ),
        (True, NeverReceived(), 89, Wait(NOON + timedelta(minutes=90))),
        (True, NeverReceived(), 90, GiveUp("Nobody finished the payment page.")),
    ],
)
def test_what_follows_from_asking_by_key(
    hosted: bool, answer: Outcome | NeverReceived, minutes: int, step: NextStep
) -> None:
    """Known outcomes settle, unknown ones wait, unseen ones are sent again or given up."""
    one = payment(method_token=None if hosted else "tok")
    assert decide.next_step(one, answer, POLICY, NOON + timedelta(minutes=minutes)) == step


def test_waiting_remembers_why() -> None:
    """An unknown answer is remembered; a page that waits for its consumer is not a problem."""
    unknown = decide.waiting(payment(), WHAT, NOON)
    assert (unknown.state, unknown.message) == (S.UNKNOWN, "silence")
    assert decide.waiting(payment(), NeverReceived(), NOON).state is S.SUBMITTED


def test_what_succeeded_is_never_given_up() -> None:
    """Giving up a payment whose money was taken is an illegal step."""
    gone = decide.given_up(payment(), "Nothing was taken.", NOON)
    assert (gone.state, gone.decline_code) == (S.ABANDONED, "abandoned")
    with pytest.raises(IllegalTransition):
        decide.given_up(payment(S.SUCCEEDED), "no", NOON)


@pytest.mark.parametrize(
    ("paid", "before", "amount", "code"),
    [
        (S.SUCCEEDED, [], usd("40"), None),
        (S.SUCCEEDED, [refund(), refund(RefundState.DECLINED)], usd("30"), None),
        (S.SUCCEEDED, [refund(RefundState.UNKNOWN)], usd("30.01"), "ABOVE_PAYMENT"),
        (S.SUBMITTED, [], usd("1"), "NOT_PAID"),
        (S.SUCCEEDED, [], Money.of("1", "EUR"), "WRONG_CURRENCY"),
        (S.SUCCEEDED, [], usd("0"), "AMOUNT_NOT_POSITIVE"),
    ],
)
def test_no_more_is_refunded_than_was_taken(
    paid: PaymentState, before: list[Refund], amount: Money, code: str | None
) -> None:
    """Refunds that succeeded or still may count; declined ones do not."""
    if code is None:
        refunds.authorise(payment(paid), before, amount)
        return
    with pytest.raises(Refusal) as refused:
        refunds.authorise(payment(paid), before, amount)
    assert refused.value.code == code


R = RefundState


@pytest.mark.parametrize(
    ("state", "outcome", "after"),
    [
        (R.INITIATED, PAID, R.SUCCEEDED),
        (R.INITIATED, NO, R.DECLINED),
        (R.INITIATED, WHAT, R.UNKNOWN),
        (R.UNKNOWN, WHAT, R.UNKNOWN),
        (R.DECLINED, PAID, R.SUCCEEDED),
        (R.DECLINED, NO, None),
        (R.SUCCEEDED, NO, None),
    ],
)
def test_a_refund_settles_once(
    state: RefundState, outcome: Outcome, after: RefundState | None
) -> None:
    """As with payments: success wins and is final."""
    done = refunds.settle(refund(state), outcome, POLICY, NOON)
    assert (None if done is None else done.state) is after


def test_what_a_payment_still_pays_for_is_read_from_the_ledger() -> None:
    """Earlier refunds of the same payment are taken off; other payments do not count."""
    one = payment(S.SUCCEEDED)
    day = NOON.date()
    spread = {Book.LATE_FEE: usd("10"), Book.PRINCIPAL: usd("30")}
    paid = ledger.payment(7, spread, effective_on=day, cause=one.cause, actor="a")
    other = ledger.payment(7, spread, effective_on=day, cause="payment:other_12", actor="a")
    back = ledger.refund(
        7, {Book.PRINCIPAL: usd("25")}, effective_on=day,
        cause=refunds.cause(one, "ref_1"), actor="a",
    )  # fmt: skip
    posted = [PostedEntry(n, entry, NOON) for n, entry in enumerate([paid, other, back])]
    assert refunds.still_spread(one, posted) == {Book.LATE_FEE: usd("10"), Book.PRINCIPAL: usd("5")}
    undone = ledger.reversal(posted[0], cause="nsf:1", actor="bank")
    with pytest.raises(Conflict, match="was returned"):
        refunds.still_spread(one, [*posted, PostedEntry(9, undone, NOON)])


@pytest.mark.parametrize(
    ("amount", "reference", "code"),
    [
        (usd("500"), "R-1", None),
        (usd("5"), " ", "NO_REFERENCE"),
        (Money.of("5", "EUR"), "R-1", "WRONG_CURRENCY"),
        (usd("0"), "R-1", "AMOUNT_NOT_POSITIVE"),
    ],
)
def test_money_taken_elsewhere_needs_reference_and_amount(
    amount: Money, reference: str, code: str | None
) -> None:
    """It may exceed the debt, for it is already there; but it must be something, and named."""
    balance = position().balance
    if code is None:
        decide.check_external(balance, amount, reference)
        return
    with pytest.raises(Refusal) as refused:
        decide.check_external(balance, amount, reference)
    assert refused.value.code == code


def test_a_refund_is_recorded_before_it_is_asked_for() -> None:
    """A new refund is initiated, and asked about after a minute."""
    made = refunds.new(
        payment(S.SUCCEEDED), "ref_1", usd("10"), "why", policy=POLICY, actor="person:1", now=NOON
    )
    assert made.state is R.INITIATED
    assert made.next_check_at == NOON + timedelta(minutes=1)
