"""Whatever a processor says, in whatever order, money counts once and is never forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from goodterms.accounts.model import Account, AccountStatus
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance
from goodterms.payments import decide
from goodterms.payments.model import (
    Declined,
    GiveUp,
    NeverReceived,
    Outcome,
    Payment,
    PaymentChannel,
    PaymentPolicy,
    PaymentRequest,
    PaymentState,
    Position,
    Resend,
    Succeeded,
    Unknown,
    Wait,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = PaymentPolicy()

outcomes = st.sampled_from(
    [Succeeded("ch_1"), Declined("no", "No."), Unknown("silence"), Unknown("noise")]
)
answers = outcomes | st.just(NeverReceived())


def recorded(token: str | None) -> Payment:
    """A payment of 40.00 that was sent to its processor."""
    amount = Money.of("100")
    account = Account(
        7, "A-7", 1, 1, 5, "USD", "", AccountStatus.ACTIVE, None, date(2026, 9, 1), None, None, None
    )
    position = Position(account, Balance(7, amount, {}, 1), Money.zero())
    request = PaymentRequest("pay_12345", 7, Money.of("40"), PaymentChannel.API, token)
    made = decide.initiated(position, request, "bank", POLICY, actor="key:1", now=NOON)
    return decide.submitted(made, POLICY, NOON)


@given(st.lists(outcomes, max_size=12))
def test_success_counts_once_and_stays(said: list[Outcome]) -> None:
    """A payment becomes succeeded exactly once if the processor ever says so, else never."""
    payment = recorded("tok")
    posted = 0
    for outcome in said:
        after = decide.settle(payment, outcome, POLICY, NOON)
        if after is not None:
            posted += after.state is PaymentState.SUCCEEDED
            payment = after
    assert posted == any(isinstance(outcome, Succeeded) for outcome in said)
    assert (payment.state is PaymentState.SUCCEEDED) == bool(posted)


@given(st.lists(answers, max_size=8), st.sampled_from(["tok", None]), st.integers(0, 10_000))
def test_the_janitor_always_knows_what_to_do(
    said: list[Outcome | NeverReceived], token: str | None, minutes: int
) -> None:
    """Every answer leads to a legal step; an unsettled payment always has a next check."""
    payment = recorded(token)
    now = NOON.replace(minute=minutes % 60, hour=12 + minutes % 12)
    for answer in said:
        if decide.settled(payment):
            break
        step = decide.next_step(payment, answer, POLICY, now)
        if isinstance(step, Succeeded | Declined):
            payment = decide.settle(payment, step, POLICY, now) or payment
        elif isinstance(step, GiveUp):
            payment = decide.given_up(payment, step.words, now)
        elif isinstance(step, Wait):
            assert step.until > now
            payment = decide.waiting(payment, answer, step.until)
        else:
            assert isinstance(step, Resend)
            assert token is not None
            payment = decide.submitted(payment, POLICY, now)
    assert decide.settled(payment) == (payment.next_check_at is None)
