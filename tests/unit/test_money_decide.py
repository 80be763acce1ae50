"""What may be taken, how often and how early: the PAY rules, with every edge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from goodterms.compliance.decide.gate import ask
from goodterms.compliance.decide.money import MONEY
from goodterms.compliance.decide.rows import make_rulebook
from goodterms.compliance.model import (
    AccountFacts,
    Answer,
    ConsentFact,
    Decision,
    Facts,
    Moment,
    PointFacts,
    ProposedPayment,
    Role,
)
from goodterms.compliance.service import load_rulebook

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # 11:00 in Denver, a Tuesday
TODAY = NOW.date()
RULES = make_rulebook([r for r in load_rulebook().rules if r.predicate in MONEY], partial=True)
PLACES = {
    "CO": ("US", "CO", "America/Denver"),
    "MA": ("US", "MA", "America/New_York"),
    "CT": ("US", "CT", "America/New_York"),
    "ME": ("US", "ME", "America/New_York"),
    "NY": ("US", "NY", "America/New_York"),
    "UK": ("GB", "", "Europe/London"),
    "PL": ("PL", "", "Europe/Warsaw"),
    "BR": ("BR", "", "America/Sao_Paulo"),
}


def _ask(place: str = "NY", *, now: datetime = NOW, consents: tuple[ConsentFact, ...] = (),
         role: str = Role.COLLECTOR, **changes: Any) -> Answer:  # fmt: skip
    country, region, zone = PLACES[place]
    account = AccountFacts(11, "active", 50_000, role=role)
    facts = Facts(1, country, region, (zone,), PointFacts(), (account,), consents=consents)
    given: dict[str, Any] = {"account_id": 11, "amount_minor": 10_000, "currency": "USD",
             "instrument": "credit",
             "channel": "agent", "network": "visa", **changes}  # fmt: skip
    return ask(Moment.PAY, ProposedPayment(**given), facts, RULES, now)


def _codes(place: str = "NY", **changes: Any) -> set[str]:
    return {f.reason_code for f in _ask(place, **changes).findings if not f.passed}


def _days(number: int) -> date:
    return TODAY - timedelta(days=number)


@pytest.mark.parametrize("place", PLACES)
def test_a_plain_payment_is_always_welcome(place: str) -> None:
    """Money that is owed, without a fee, may be taken everywhere."""
    assert _ask(place, product="").decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("basis", "passes"),
    [
        (None, False),
        ("", False),
        ("agreement", False),
        ("agreement:  ", False),
        ("custom: everybody does", False),
        ("agreement: clause 7", True),
        ("law: N.Y. Banking Law 1", True),
    ],
)
def test_a_fee_needs_a_clause_or_a_law(*, basis: str | None, passes: bool) -> None:
    """A fee is taken only where the table of permissions has it, clause or citation named."""
    assert ("FEE_NOT_AUTHORISED" not in _codes(fee_minor=300, fee_basis=basis)) is passes


def test_a_fee_for_paying_binds_everywhere_and_everybody() -> None:
    """The house takes no unauthorised fee as a creditor or in another country either."""
    assert _codes("BR", fee_minor=300, role=Role.CREDITOR) == {"FEE_NOT_AUTHORISED"}
    assert _codes(fee_minor=-1, fee_basis="law: x") == {"FEE_NOT_AUTHORISED"}


@pytest.mark.parametrize(
    ("place", "instrument", "network", "surcharge", "passes"),
    [
        ("NY", "credit", "visa", 300, True),
        ("NY", "credit", "visa", 301, False),
        ("NY", "credit", "", 301, False),
        ("NY", "credit", "mastercard", 400, True),
        ("NY", "credit", "mastercard", 401, False),
        ("NY", "debit", "visa", 1, False),
        ("NY", "prepaid", "visa", 1, False),
        ("NY", "wallet", "visa", 1, False),
        ("NY", "card", "", 1, False),
        ("CT", "credit", "visa", 1, False),
        ("MA", "credit", "visa", 1, False),
        ("ME", "credit", "visa", 1, False),
        ("CO", "credit", "visa", 200, True),
        ("CO", "credit", "visa", 201, False),
    ],
)
def test_surcharges_by_place_and_card(
    *, place: str, instrument: str, network: str, surcharge: int, passes: bool
) -> None:
    """Barred in some states and on debit, capped elsewhere; an unknown card is a debit card."""
    codes = _codes(place, instrument=instrument, network=network, surcharge_minor=surcharge)
    assert ("SURCHARGE_BARRED" not in codes) is passes


@pytest.mark.parametrize(
    ("code", "failed", "passes"),
    [
        ("", (), True),
        ("R01", (3,), True),
        ("R09", (3, 9), True),
        ("R01", (3, 9, 15), False),
        ("R07", (3,), False),
        ("R08", (3,), False),
        ("R10", (3,), False),
        ("", (3,), False),
        ("R01", (181,), False),
        ("R01", (179,), True),
    ],
)
def test_a_bank_debit_is_presented_again_twice(
    *, code: str, failed: tuple[int, ...], passes: bool
) -> None:
    """Lack of funds allows two more tries within 180 days; any other return none."""
    days = tuple(_days(n) for n in failed)
    codes = _codes(instrument="ach", network="", return_code=code, failed_on=days)
    assert ("ACH_RETRY" not in codes) is passes


def test_a_new_authorisation_opens_a_returned_debit() -> None:
    """Who authorises debits anew after a return may be debited; who did before may not."""
    for at, passes in ((NOW - timedelta(hours=1), True), (NOW - timedelta(days=30), False)):
        word = ConsentFact("all", "debit", granted=True, at=at)
        codes = _codes(instrument="ach", network="", return_code="R07", failed_on=(_days(3),),
                       consents=(word,))  # fmt: skip
        assert ("ACH_RETRY" not in codes) is passes
    word = ConsentFact("all", "debit", granted=False, at=NOW)
    late = _codes(instrument="ach", network="", return_code="R07", failed_on=(_days(3),),
                  consents=(word,))  # fmt: skip
    assert late == {"ACH_RETRY"}


@pytest.mark.parametrize(
    ("network", "most", "window"),
    [("visa", 15, timedelta(days=30)), ("mastercard", 10, timedelta(hours=24)),
     ("", 10, timedelta(hours=24))],
)  # fmt: skip
def test_cards_are_tried_so_often_and_no_more(network: str, most: int, window: timedelta) -> None:
    """One try below the bound passes; at the bound it fails until the oldest has left."""
    tried = tuple(NOW - timedelta(minutes=10 * n) for n in range(1, most))
    assert _codes(network=network, tried_at=tried) == set()
    oldest = NOW - window + timedelta(minutes=1)
    full = _ask(network=network, tried_at=(*tried, oldest))
    assert full.decision is Decision.DEFER
    assert full.earliest_allowed_at == oldest + window
    free = oldest + window
    assert _codes(network=network, tried_at=(*tried, oldest), now=free) == set()
    just = free - timedelta(seconds=1)
    assert _codes(network=network, tried_at=(*tried, oldest), now=just) == {"CARD_RETRY"}


def test_a_try_with_a_date_alone_counts_to_its_end() -> None:
    """Where only the date of a decline is known it counts as its last instant."""
    days = (_days(1),) * 10
    assert _codes(network="mastercard", failed_on=days) == {"CARD_RETRY"}
    assert _codes(network="mastercard", failed_on=(_days(3),) * 10) == set()


def test_cheques_are_not_counted_as_cards() -> None:
    """Card tries say nothing about a cheque or a bank debit."""
    tried = tuple(NOW - timedelta(minutes=n) for n in range(40))
    assert _codes(instrument="cheque", network="", tried_at=tried) == set()


def test_a_preauthorised_debit_needs_a_writing() -> None:
    """Scheduled debits need the mandate; a payment made now does not."""
    debit: dict[str, Any] = {"instrument": "ach", "network": ""}
    assert _codes(channel="scheduled", **debit) == {"EFT_AUTH"}
    assert _codes(channel="scheduled", mandate=True, **debit) == set()
    assert _codes(channel="web", **debit) == set()
    assert _codes(channel="scheduled", instrument="wallet", network="") == {"EFT_AUTH"}
    assert _codes(channel="scheduled", instrument="credit") == set()


def test_a_varying_debit_needs_ten_days_notice() -> None:
    """The notice of a varying amount is ten days old, to the local midnight."""
    debit: dict[str, Any] = {"instrument": "ach", "network": "", "channel": "scheduled",
             "mandate": True,
             "varies": True}  # fmt: skip
    assert _codes(**debit) == {"EFT_AUTH"}
    answer = _ask(noticed_on=_days(9), **debit)
    assert answer.decision is Decision.DEFER
    free = answer.earliest_allowed_at
    assert free == datetime(2026, 11, 25, 5, 0, tzinfo=UTC)  # midnight in New York
    assert _codes(noticed_on=_days(9), now=free, **debit) == set()
    before = free - timedelta(seconds=1)
    assert _codes(noticed_on=_days(9), now=before, **debit) == {"EFT_AUTH"}


CHEQUE: dict[str, Any] = {"instrument": "cheque", "network": "", "channel": "agent"}


@pytest.mark.parametrize(
    ("dated", "received", "noticed", "codes"),
    [
        (0, 3, None, set()),  # post-dated by three days, its date has come
        (0, 5, None, set()),  # exactly five days: no notice
        (0, 6, None, {"POSTDATED_NOTICE"}),
        (0, None, None, {"POSTDATED_NOTICE"}),  # nobody knows when it was received
        (0, 20, 5, set()),  # noticed Thu 19 Nov: three business days later is today
        (0, 20, 4, {"POSTDATED_NOTICE"}),  # noticed Fri 20 Nov: Wednesday at the earliest
        (0, 40, 14, set()),  # noticed Tue 10 Nov: nine business days, Veterans Day left out
        (0, 40, 15, set()),  # noticed Mon 9 Nov: ten business days
        (0, 40, 18, {"POSTDATED_NOTICE"}),  # noticed Fri 6 Nov: eleven
        (-1, 3, None, {"POSTDATED_NOTICE"}),  # its date is tomorrow: never early
    ],
)
def test_a_post_dated_cheque(
    dated: int, received: int | None, noticed: int | None, codes: set[str]
) -> None:
    """Never early; accepted more than five days ahead, with three to ten business days' notice."""
    given: dict[str, Any] = {
        "post_dated_to": _days(dated),
        "received_on": None if received is None else _days(received),
        "noticed_on": None if noticed is None else _days(noticed),
    }
    assert _codes(**CHEQUE, **given) == codes


def test_a_post_dated_cheque_is_due_at_its_midnight() -> None:
    """The refusal says the exact instant from which it may be deposited."""
    given: dict[str, Any] = {**CHEQUE, "post_dated_to": _days(-3), "received_on": _days(0)}
    answer = _ask(**given)
    free = answer.earliest_allowed_at
    assert free == datetime(2026, 11, 27, 5, 0, tzinfo=UTC)
    assert _codes(now=free, **given) == set()
    assert _codes(now=free - timedelta(seconds=1), **given) == {"POSTDATED_NOTICE"}


def test_a_payment_authority_is_refused_twice_at_most() -> None:
    """After two refusals the authority on high-cost credit rests until the consumer agrees anew."""
    given: dict[str, Any] = {"product": "hcstc", "channel": "scheduled", "instrument": "debit",
             "mandate": True,
             "principal_minor": 10_000, "network": ""}  # fmt: skip
    assert _codes("UK", failed_on=(_days(9),), **given) == set()
    assert _codes("UK", failed_on=(_days(9), _days(3)), **given) == {"CPA_LIMIT"}
    word = ConsentFact("all", "debit", granted=True, at=NOW - timedelta(hours=2))
    again = _codes("UK", failed_on=(_days(9), _days(3)), consents=(word,), **given)
    assert again == set()
    by_hand = {**given, "channel": "agent"}
    assert _codes("UK", failed_on=(_days(9), _days(3)), **by_hand) == set()


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({"charged_minor": 10_000}, True),
        ({"charged_minor": 10_001}, False),
        ({"fee_minor": 1500, "fee_basis": "agreement: 4"}, True),
        ({"fee_minor": 1501, "fee_basis": "agreement: 4"}, False),
        ({"charged_minor": 9_000, "fee_minor": 1_001, "fee_basis": "agreement: 4"}, False),
        ({"interest_minor": 800, "days": 10}, True),
        ({"interest_minor": 801, "days": 10}, False),
        ({"interest_minor": 1}, False),
        ({"principal_minor": 0}, False),
    ],
)
def test_high_cost_credit_has_its_cap(*, changes: dict[str, Any], passes: bool) -> None:
    """0.8 % a day, 15 pounds of fees and 100 % in all, in whole pennies."""
    given: dict[str, Any] = {
        "product": "hcstc",
        "principal_minor": 10_000,
        "currency": "GBP",
        **changes,
    }
    assert ("HCSTC_CAP" not in _codes("UK", **given)) is passes


@pytest.mark.parametrize(
    ("place", "channel", "mandate", "owed"),
    [
        ("PL", "web", False, True),
        ("PL", "link", False, True),
        ("UK", "link", False, True),
        ("PL", "agent", False, False),
        ("PL", "ivr", False, False),
        ("PL", "scheduled", False, True),
        ("PL", "scheduled", True, False),
        ("NY", "web", False, False),
    ],
)
def test_strong_authentication_is_an_obligation(
    *, place: str, channel: str, mandate: bool, owed: bool
) -> None:
    """Online payments in Europe oblige; telephone orders and later instalments do not."""
    answer = _ask(place, channel=channel, mandate=mandate, currency="EUR")
    assert answer.decision is Decision.ALLOW
    assert ("STRONG_AUTHENTICATION" in answer.obligations) is owed


def test_every_reason_is_told() -> None:
    """A payment that is wrong in several ways is told all of them."""
    codes = _codes("MA", fee_minor=100, surcharge_minor=100,
                   tried_at=tuple(NOW - timedelta(minutes=n) for n in range(1, 16)))  # fmt: skip
    assert codes == {"FEE_NOT_AUTHORISED", "SURCHARGE_BARRED", "CARD_RETRY"}
