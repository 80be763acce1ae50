"""The dates that the law counts, with the numbers of the rows that ship."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from goodterms.compliance.decide import dates, make_rulebook
from goodterms.compliance.service import load_rulebook

BOOK = load_rulebook()
EMPTY = make_rulebook((), partial=True)


def test_notice_mailed_before_labor_day() -> None:
    """B1: mailed on Fri 4 Sep 2026, received on Mon 14 Sep, the period ends on Wed 14 Oct."""
    sent = date(2026, 9, 4)
    assert dates.assumed_receipt(BOOK, sent) == date(2026, 9, 14)
    assert dates.validation_period_ends(BOOK, sent) == date(2026, 10, 14)


def test_inbound_first_contact_starts_the_five_days() -> None:
    """B3: first contact on Wed 14 Oct 2026; the notice is due on Mon 19 Oct, not the 21st."""
    due = dates.validation_notice_due(BOOK, date(2026, 10, 14))
    assert due == date(2026, 10, 19)
    assert dates.assumed_receipt(BOOK, due) == date(2026, 10, 26)
    assert dates.validation_period_ends(BOOK, due) == date(2026, 11, 25)


def test_known_receipt_counts_from_that_day() -> None:
    """Where receipt is known, the thirty days run from it and nothing is assumed."""
    ends = dates.validation_period_ends(BOOK, date(2026, 9, 4), received=date(2026, 9, 7))
    assert ends == date(2026, 10, 7)


@pytest.mark.parametrize(
    ("dispute", "in_time"), [(date(2026, 11, 8), True), (date(2026, 11, 9), False)]
)
def test_last_day_of_the_period_is_in_time(dispute: date, in_time: bool) -> None:
    """B5: with a period to 8 Nov 2026 a dispute on that day is in time and one day later is not."""
    sent = date(2026, 10, 1)
    received = dates.assumed_receipt(BOOK, sent)
    assert received == date(2026, 10, 8)
    assert dates.validation_period_ends(BOOK, sent) == date(2026, 11, 7)
    sent = date(2026, 10, 2)
    assert dates.validation_period_ends(BOOK, sent) == date(2026, 11, 8)
    assert dates.dispute_in_time(BOOK, dispute, sent) is in_time
    assert dates.dispute_in_time(BOOK, dispute, None)


def test_reporting_waits_for_talk_or_two_weeks() -> None:
    """A debt may be reported after a conversation, or 14 days after a notice that arrived."""
    sent, talk = date(2026, 9, 4), date(2026, 9, 9)
    assert dates.furnishable_from(BOOK, sent) == date(2026, 9, 18)
    assert dates.furnishable_from(BOOK, sent, talk) == talk
    assert dates.furnishable_from(BOOK, None, talk) == talk
    assert dates.furnishable_from(BOOK, sent, undelivered=True) is None
    assert dates.furnishable_from(BOOK, sent, talk, undelivered=True) == talk
    assert dates.furnishable_from(BOOK) is None


def test_longest_duty_to_keep_counts() -> None:
    """Records are kept three years from the last activity; a longer duty wins and is named."""
    until, row = dates.kept_until(BOOK, "records", date(2024, 2, 29))
    assert until == date(2027, 3, 1)
    assert row.predicate == "keep"
    longer = replace(
        next(r for r in BOOK.rules if r.id == "REGF-RET-1"),
        id="HOUSE-LONG",
        jurisdiction="*",
        params={"what": ["recordings"], "years": 7, "days_more": 1},
    )
    book = make_rulebook((*BOOK.rules, longer))
    until, row = dates.kept_until(book, "recordings", date(2026, 1, 1))
    assert (until, row.id) == (date(2033, 1, 2), "HOUSE-LONG")


def test_reporting_ends_after_seven_years_and_180_days() -> None:
    """The seven years begin 180 days after the first delinquency."""
    assert dates.reportable_until(BOOK, date(2020, 1, 1)) == date(2027, 6, 29)


def test_bureau_dispute_has_30_or_45_days() -> None:
    """A dispute through an agency is answered in 30 days, or 45 if the consumer sent more."""
    came = date(2026, 11, 2)
    assert dates.bureau_answer_due(BOOK, came) == date(2026, 12, 2)
    assert dates.bureau_answer_due(BOOK, came, more_came=True) == date(2026, 12, 17)


def test_limitation_runs_from_accrual_by_state_and_contract() -> None:
    """The first day too late is the day after the years of the state for this contract."""
    accrued = date(2022, 5, 10)
    california = ("US", "US-CA")
    assert dates.time_barred_from(BOOK, accrued, california) == date(2026, 5, 11)
    assert dates.time_barred_from(BOOK, accrued, california, "oral") == date(2024, 5, 11)
    assert dates.time_barred_from(BOOK, accrued, california, "unheard of") == date(2024, 5, 11)
    both = ("US", "US-CA", "US-NY")
    assert dates.time_barred_from(BOOK, accrued, both) == date(2025, 5, 11)
    with pytest.raises(dates.NoRowError, match="US-WY"):
        dates.time_barred_from(BOOK, accrued, ("US", "US-WY"))


def test_missing_row_is_said() -> None:
    """Where no row says how to count, nothing is guessed: the error names place and day."""
    with pytest.raises(dates.NoRowError, match=r"validation_notice.*US.*2026-10-14"):
        dates.validation_notice_due(EMPTY, date(2026, 10, 14))
    with pytest.raises(dates.NoRowError, match="kept"):
        dates.kept_until(BOOK, "letters", date(2026, 1, 1))
    with pytest.raises(dates.NoRowError, match="unknown place"):
        dates.assumed_receipt(BOOK, date(2026, 1, 1), ())


def test_row_in_force_on_the_day_counts() -> None:
    """Before a row is in force it says nothing."""
    with pytest.raises(dates.NoRowError):
        dates.validation_notice_due(BOOK, date(2021, 11, 29))
    assert dates.validation_notice_due(BOOK, date(2021, 11, 30)) == date(2021, 12, 5)


def test_post_dated_payment_needs_a_notice_in_time() -> None:
    """Dated more than five days ahead: the notice goes 10 to 3 business days before."""
    row = replace(
        next(r for r in BOOK.rules if r.id == "REGF-VAL-1"),
        id="PD",
        predicate="postdated_notice",
        params={"over_days": 5, "least": 3, "most": 10, "calendar": "US"},
    )
    book = make_rulebook((row,), partial=True)
    accepted, deposit = date(2026, 9, 1), date(2026, 9, 21)
    assert dates.post_dated_notice(book, accepted, deposit) == (
        date(2026, 9, 4),
        date(2026, 9, 16),
    )
    assert dates.post_dated_notice(book, accepted, date(2026, 9, 6)) is None


def test_business_days_back_skip_holidays() -> None:
    """Three business days before Tue 8 Sep 2026 are Wed 2 Sep: Labor Day does not count."""
    assert dates.minus_business_days("US", date(2026, 9, 8), 3) == date(2026, 9, 2)
