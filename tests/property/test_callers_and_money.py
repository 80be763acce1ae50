"""Whatever number is shown and however a payment is proposed: the counts and dates hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.callers import TESTED
from tests.fakes.contacts import US, account, contact, facts, logged

from goodterms.compliance.decide.answers import asked_again, record_answer
from goodterms.compliance.decide.callers import Line, Person, choose, runs
from goodterms.compliance.decide.gate import ask, gate
from goodterms.compliance.decide.money import MONEY
from goodterms.compliance.decide.rows import make_rulebook
from goodterms.compliance.model import (
    STRATEGIES,
    ConsentFact,
    Decision,
    Facts,
    Moment,
    ProposedPayment,
)

NUMBERS = ("+12025550190", "+13125550191", "+14155550192")
POINTS = ("+13035550123", "+13035550124")
LINES = tuple(Line(number) for number in NUMBERS)
START = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)
DAYS = 40
MONEY_ROWS = make_rulebook([r for r in US.rules if r.predicate in MONEY], partial=True)


def _calls(strategy: str, interval: timedelta, campaigns: int) -> list[datetime]:
    """Dial one person as often as the gate lets, with a wish to redial after an interval.

    The number shown is chosen by the strategy, the person's telephones and the campaigns take
    turns. Returns when the calls were placed.
    """
    known = facts(account(), caller=TESTED)
    shows: list[tuple[str, datetime]] = []
    placed: list[datetime] = []
    now, tries, end = START, 0, START + timedelta(days=DAYS)
    while now < end:
        shown = runs(shows[::-1])[:1]
        person = Person(1, shown[0] if shown else None)
        number, because = choose(strategy, LINES, person, 30, now)
        tries += 1
        asked = contact(
            11, attempt_id=f"att_{tries}", caller_id=number, caller_because=because,
            number=POINTS[tries % 2], campaign_id=tries % campaigns,
        )  # fmt: skip
        seen = replace(known, caller=replace(TESTED, shown_before=shown))
        verdict = gate(asked, seen, US, now, terse=True)
        if verdict.decision is Decision.ALLOW:
            placed.append(now)
            shows.append((str(number), now))
            known = replace(known, log=(logged(now, 11), *known.log))
            now += interval
        else:
            assert verdict.earliest_allowed_at is not None, verdict.reason_code
            assert verdict.earliest_allowed_at > now
            now = verdict.earliest_allowed_at
    return placed


@pytest.fixture(scope="module")
def patient() -> list[datetime]:
    """Give the calls of a dialer that keeps one number and waits as long as the gap says."""
    return _calls("sticky", timedelta(hours=4), 1)


@settings(max_examples=12, deadline=None)
@given(
    strategy=st.sampled_from([*STRATEGIES]),
    interval=st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(minutes=5)]),
    campaigns=st.integers(1, 3),
)
def test_no_interval_number_or_campaign_wins_a_call(
    patient: list[datetime], strategy: str, interval: timedelta, campaigns: int
) -> None:
    """Redialing at once, by other numbers, telephones or campaigns, places not one call more."""
    placed = _calls(strategy, interval, campaigns)
    assert placed == patient
    days = [at.astimezone(UTC).date() for at in placed]
    assert len(days) > DAYS // 2
    for day in days:
        assert sum(day <= other < day + timedelta(days=7) for other in days) <= 7


at_times = st.datetimes(datetime(2026, 8, 1), datetime(2026, 9, 9)).map(  # noqa: DTZ001 - see below
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
near_days = st.dates(date(2026, 8, 1), date(2026, 9, 20))
payments = st.builds(
    ProposedPayment,
    account_id=st.just(11),
    amount_minor=st.integers(1, 100_000),
    currency=st.just("USD"),
    instrument=st.sampled_from(
        ["credit", "debit", "prepaid", "card", "ach", "cheque", "wallet", ""]
    ),
    channel=st.sampled_from(["agent", "ivr", "web", "link", "scheduled"]),
    fee_minor=st.sampled_from([0, 0, 300]),
    surcharge_minor=st.integers(0, 5_000) | st.just(0),
    fee_basis=st.sampled_from([None, "agreement: 7", "law: x", "custom: y"]),
    post_dated_to=st.none() | near_days,
    network=st.sampled_from(["", "visa", "mastercard", "amex"]),
    return_code=st.sampled_from(["", "R01", "R07", "R09"]),
    failed_on=st.lists(near_days, max_size=4).map(tuple),
    mandate=st.booleans(),
    varies=st.booleans(),
    noticed_on=st.none() | near_days,
    product=st.just(""),
    tried_at=st.lists(at_times, max_size=18).map(tuple),
    received_on=st.none() | near_days,
)
PAY_AT = datetime(2026, 9, 10, 18, 0, tzinfo=UTC)
words = st.lists(
    st.builds(
        ConsentFact, channel=st.just("all"), purpose=st.just("debit"), granted=st.booleans(),
        at=at_times,
    ),
    max_size=2,
).map(tuple)  # fmt: skip


def _failing(payment: ProposedPayment, known: Facts, at: datetime) -> dict[str, datetime | None]:
    answer = ask(Moment.PAY, payment, known, MONEY_ROWS, at)
    return {f.rule_id: f.earliest_allowed_at for f in answer.findings if not f.passed}


@settings(max_examples=150, deadline=None)
@given(payments, words)
def test_a_payment_passes_from_its_instant_on_and_not_a_second_before(
    payment: ProposedPayment, consents: tuple[ConsentFact, ...]
) -> None:
    """Asked again at the instant a rule names it no longer fails; one second earlier it does."""
    known = facts(consents=consents)
    for rule, free in _failing(payment, known, PAY_AT).items():
        if free is not None:
            assert free > PAY_AT
            assert rule not in _failing(payment, known, free)
            assert rule in _failing(payment, known, free - timedelta(seconds=1))


@settings(max_examples=150, deadline=None)
@given(payments, words)
def test_what_is_not_known_never_opens_a_payment(
    payment: ProposedPayment, consents: tuple[ConsentFact, ...]
) -> None:
    """Taking away what speaks for a payment never lets it through."""
    known = facts(consents=consents)
    before = set(_failing(payment, known, PAY_AT))
    for less in (
        replace(payment, fee_basis=None),
        replace(payment, mandate=False),
        replace(payment, noticed_on=None),
        replace(payment, received_on=None),
        replace(payment, return_code=""),
        replace(payment, network="") if payment.network else payment,
        replace(payment, instrument="card") if payment.instrument in ("credit", "") else payment,
    ):
        assert before <= set(_failing(less, known, PAY_AT))
    assert before <= set(_failing(payment, facts(consents=()), PAY_AT))


@settings(max_examples=100, deadline=None)
@given(payments, words)
def test_an_answer_replays_to_the_same_bytes(
    payment: ProposedPayment, consents: tuple[ConsentFact, ...]
) -> None:
    """Asked again from what was stored, an answer has the same text and digest."""
    known = facts(consents=consents)
    answer = ask(Moment.PAY, payment, known, US, PAY_AT)
    stored = record_answer(answer, payment, known)
    assert asked_again("payment", Moment.PAY, stored.facts, US, PAY_AT) == stored
