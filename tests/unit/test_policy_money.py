"""The money kernel: rounding, day counts, interest, instalments and the annual rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from goodterms.arrangements.decide import interest
from goodterms.arrangements.decide.apr import Flow, apr, since
from goodterms.arrangements.decide.daycount import Coupon, DayCount, Ends, days, year_fraction
from goodterms.arrangements.decide.exact import Rounding, largest_remainder, rounded
from goodterms.arrangements.decide.instalments import (
    Every,
    Shift,
    annuity,
    due_dates,
    equal,
    equal_principal,
    flat,
)
from goodterms.arrangements.decide.interest import Band, RateRow, RoundAt

D = Decimal
NOV, MAY = date(2003, 11, 1), date(2004, 5, 1)


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        ("15.625", "HALF_UP", "15.63"),
        ("15.625", "HALF_EVEN", "15.62"),
        ("15.621", "UP", "15.63"),
        ("15.629", "DOWN", "15.62"),
        ("-15.625", "CEILING", "-15.62"),
        ("-15.621", "FLOOR", "-15.63"),
        ("15.625", "HALF_DOWN", "15.62"),
    ],
)
def test_the_rounding_mode_is_the_one_named(value: str, mode: str, expected: str) -> None:
    """Each mode rounds a cent its own way."""
    assert rounded(D(value), 2, mode) == D(expected)


def test_rounding_knows_scales_and_multiples() -> None:
    """Amounts round to whole units, to tens, or to a multiple such as 0.05."""
    assert Rounding(0)(D("277.78")) == D(278)
    assert str(rounded(D(1234), -1)) == "1230"
    assert Rounding(2, "HALF_UP", D("0.05"))(D("1.02")) == D("1.00")
    assert Rounding(2, "UP", D("0.05"))(D("1.01")) == D("1.05")


def test_missing_cents_go_to_the_largest_fractions() -> None:
    """99.99 over 500, 300 and 200.01 gives the two cents to the third and the second."""
    shares = largest_remainder(D("99.99"), [D(500), D(300), D("200.01")])
    assert shares == (D("49.99"), D("30.00"), D("20.00"))


def test_ties_go_to_the_first() -> None:
    """With equal fractions the first of the list, the oldest debt, gets the cent."""
    assert largest_remainder(D("0.01"), [D(1), D(1)]) == (D("0.01"), D("0.00"))


def test_actual_actual_conventions_agree_with_isda() -> None:
    """1 November 2003 to 1 May 2004 is what ISDA's example says under each convention."""
    assert round(year_fraction(DayCount.ACT_ACT_ISDA, NOV, MAY), 12) == D("0.497724380567")
    assert round(year_fraction(DayCount.ACT_ACT_AFB, NOV, MAY), 12) == D("0.497267759563")
    coupon = Coupon(NOV, MAY, 2)
    assert year_fraction(DayCount.ACT_ACT_ICMA, NOV, MAY, coupon=coupon) == D("0.5")


def test_icma_needs_its_coupon() -> None:
    """Without the coupon period ICMA has no answer, and says so."""
    with pytest.raises(ValueError, match="coupon"):
        year_fraction(DayCount.ACT_ACT_ICMA, NOV, MAY)


def test_a_period_runs_forwards() -> None:
    """A period that ends before it starts is refused."""
    with pytest.raises(ValueError, match="before it starts"):
        year_fraction(DayCount.ACT_360, MAY, NOV)


def test_afb_counts_whole_years_back_from_the_end() -> None:
    """Two years and a part: the part alone is measured, and February's end stays its end."""
    fraction = year_fraction(DayCount.ACT_ACT_AFB, date(2001, 2, 1), date(2004, 2, 29))
    assert fraction == 3 + D(27) / 365
    assert year_fraction(DayCount.ACT_ACT_AFB, date(2003, 2, 28), date(2004, 2, 28)) == 1
    assert year_fraction(DayCount.ACT_ACT_AFB, date(2004, 2, 1), date(2004, 3, 1)) == D(29) / 366


def test_bond_basis_counts_thirty_day_months() -> None:
    """31 August to 28 February is 178 days, and back to 31 August 183; the euro basis differs."""
    august, february = date(2006, 8, 31), date(2007, 2, 28)
    assert days(DayCount.BOND_30_360, august, february) == 178
    assert days(DayCount.BOND_30_360, february, date(2007, 8, 31)) == 183
    assert days(DayCount.EURO_30E_360, february, date(2007, 8, 31)) == 182


def test_end_days_count_as_told() -> None:
    """Whether first and last day count is a parameter."""
    first, last = date(2024, 1, 1), date(2024, 1, 31)
    counted = [days(DayCount.ACT_365F, first, last, ends) for ends in Ends]
    assert counted == [30, 30, 31, 29]


def test_fixed_bases() -> None:
    """ACT/365F and ACT/360 divide calendar days, leap year or not."""
    first, last = date(2024, 1, 1), date(2025, 1, 1)
    assert year_fraction(DayCount.ACT_365F, first, last) == D(366) / 365
    assert year_fraction(DayCount.ACT_360, first, last) == D(366) / 360
    assert year_fraction(DayCount.BOND_30_360, first, last) == 1
    assert year_fraction(DayCount.EURO_30E_360, first, last) == 1


def test_the_rounding_point_decides() -> None:
    """£1,000 at 8.5 % for 50 days is 11.50 rounded daily and 11.64 rounded once."""
    daily = interest.simple(D(1000), D("0.085"), 50, 365, round_at=RoundAt.DAY)
    assert daily == D("11.50")
    once = interest.simple(D(1000), D("0.085"), 50, 365, round_at=RoundAt.PERIOD)
    assert once == D("11.64")
    exact = interest.simple(D(1000), D("0.085"), 50, 365)
    assert rounded(exact) == D("11.64")
    assert len(str(exact)) > 12


def test_compound_interest() -> None:
    """1,000 at 12 % monthly is 126.83 after a year."""
    assert rounded(interest.compound(D(1000), D("0.12"), 12, 12)) == D("126.83")


SERIES = (
    RateRow(date(2023, 1, 1), date(2024, 1, 1), D("0.10"), "first"),
    RateRow(date(2024, 1, 1), None, D("0.20"), "second"),
)


def test_interest_follows_the_rate_in_force() -> None:
    """A period over a change of rate is split; each part cites its row."""
    parts = interest.segments(D(3650), SERIES, date(2023, 12, 30), date(2024, 1, 2))
    assert [(p.days, p.interest, p.row.citation) for p in parts] == [
        (2, D(2), "first"),
        (1, D(2), "second"),
    ]
    assert interest.by_segments(D(3650), SERIES, date(2024, 1, 1), date(2024, 1, 1)) == 0
    assert interest.rate_on(SERIES, date(2023, 12, 31)) == D("0.10")


def test_a_day_without_a_rate_has_no_interest() -> None:
    """Unknown means no: a day before the series is refused."""
    with pytest.raises(ValueError, match="no rate is in force"):
        interest.by_segments(D(1), SERIES, date(2022, 12, 31), date(2023, 1, 2))


BANDS = (Band(D(100), D("0.10")), Band(D(500), D("0.05")), Band(None, D("0.03")))


def test_tiers_by_slab_and_margin() -> None:
    """600 pays 18.00 by slab and 33.00 by margin; a band's end belongs to it."""
    assert interest.slab(D(600), BANDS) == D(18)
    assert interest.marginal(D(600), BANDS) == D(33)
    assert interest.slab(D(100), BANDS) == D(10)
    assert interest.marginal(D(50), BANDS) == D(5)


@pytest.mark.parametrize("tier", [interest.slab, interest.marginal])
def test_a_balance_above_every_band_is_refused(tier: object) -> None:
    """Bands that end hold nothing above their end."""
    assert callable(tier)
    with pytest.raises(ValueError, match="no band holds"):
        tier(D(101), BANDS[:1])


def test_equal_instalments_sum_to_the_cent() -> None:
    """100 over 7 is six of 14.29 and one of 14.26."""
    parts = equal(D(100), 7)
    assert [p.due for p in parts] == [D("14.29")] * 6 + [D("14.26")]
    assert parts[-1].left == 0


@pytest.mark.parametrize("count", [0, -1])
def test_a_plan_has_an_instalment(count: int) -> None:
    """No plan is made of nothing."""
    with pytest.raises(ValueError, match="at least one"):
        equal(D(100), count)


def test_a_plan_of_crumbs_is_refused() -> None:
    """A cent cannot be split into three instalments."""
    with pytest.raises(ValueError, match="cannot be split"):
        equal(D("0.05"), 9)


def test_annuity_as_fineract_schedules_it() -> None:
    """192.22 at 9.99 % over six periods, the first 17/31 of a month, rounded half even."""
    month = D("0.0999") / 12
    parts = annuity(D("192.22"), [month * 17 / 31, *[month] * 5], Rounding(2, "HALF_EVEN"))
    assert [(str(p.principal), str(p.interest)) for p in parts] == [
        ("31.97", "0.88"),
        ("31.52", "1.33"),
        ("31.78", "1.07"),
        ("32.04", "0.81"),
        ("32.31", "0.54"),
        ("32.60", "0.27"),
    ]
    assert [str(p.due) for p in parts] == ["32.85"] * 5 + ["32.87"]


def test_an_annuity_that_never_repays_is_refused() -> None:
    """Rounding to whole units below the interest would let the debt grow."""
    with pytest.raises(ValueError, match="does not cover"):
        annuity(D(100), [D("0.6"), *[D(0)] * 9], Rounding(-2))


def test_flat_interest_as_fineract_schedules_it() -> None:
    """5,000 flat at 12 % over 18 months: 17 of 278 + 50 and a last of 274 + 50."""
    parts = flat(D(5000), D("0.12"), D("1.5"), 18, Rounding(0))
    assert [(p.principal, p.interest) for p in parts] == [(D(278), D(50))] * 17 + [(D(274), D(50))]
    assert sum(p.due for p in parts) == 5900


def test_equal_principal_pays_interest_on_what_is_left() -> None:
    """Principal is even, interest falls with the balance."""
    parts = equal_principal(D(300), [D("0.01")] * 3)
    assert [(p.principal, p.interest) for p in parts] == [
        (D(100), D("3.00")),
        (D(100), D("2.00")),
        (D(100), D("1.00")),
    ]


def test_due_dates_keep_their_anchor() -> None:
    """The 31st falls on the last day of short months and returns; so does 29 February."""
    assert due_dates(date(2024, 1, 31), 4, Every.MONTH) == (
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
    )  # fmt: skip
    years = due_dates(date(2024, 2, 29), 5, Every.YEAR)
    assert [d.day for d in years] == [29, 28, 28, 28, 29]
    assert due_dates(date(2024, 11, 30), 3, Every.QUARTER)[1] == date(2025, 2, 28)
    assert due_dates(date(2024, 2, 29), 2, Every.MONTH, anchor=31)[1] == date(2024, 3, 31)


def test_weeks_are_seven_days() -> None:
    """Weekly, two-weekly and four-weekly plans step by days."""
    for every, step in ((Every.WEEK, 7), (Every.TWO_WEEKS, 14), (Every.FOUR_WEEKS, 28)):
        first, second = due_dates(date(2024, 2, 26), 2, every)
        assert (second - first).days == step


def test_weekends_and_holidays_move_only_if_told() -> None:
    """A Saturday stays, moves to Monday or back to Friday; a holiday counts like it."""
    saturday = date(2024, 6, 1)
    assert due_dates(saturday, 1, Every.MONTH) == (saturday,)
    monday = date(2024, 6, 3)
    assert due_dates(saturday, 1, Every.MONTH, shift=Shift.NEXT) == (monday,)
    later = due_dates(saturday, 1, Every.MONTH, shift=Shift.NEXT, holidays=frozenset({monday}))
    assert later == (date(2024, 6, 4),)
    assert due_dates(saturday, 1, Every.MONTH, shift=Shift.PREVIOUS) == (date(2024, 5, 31),)


def test_apr_of_regular_months() -> None:
    """5,000 against 24 payments of 230 is 9.69 % (Appendix J)."""
    rate = apr([Flow(D(5000), 0)], [Flow(D(230), n) for n in range(1, 25)], 12)
    assert rounded(rate * 100) == D("9.69")


def test_apr_with_an_odd_first_period() -> None:
    """500 against 30 weekly payments of 17.60, first after four weeks and four days: 14.96 %."""
    units, odd = since(date(1978, 3, 20), date(1978, 4, 21), Every.WEEK)
    assert (units, odd) == (4, D(4) / 7)
    payments = [Flow(D("17.60"), units + n, odd) for n in range(30)]
    assert rounded(apr([Flow(D(500), 0)], payments, 52) * 100) == D("14.96")


def test_apr_counts_months_back_from_the_payment() -> None:
    """From 15 January to 1 March is one month and the days before, as thirtieths."""
    assert since(date(2024, 1, 15), date(2024, 3, 1), Every.MONTH) == (1, D(17) / 30)
    assert since(date(2024, 1, 15), date(2024, 3, 15), Every.MONTH) == (2, D(0))
    with pytest.raises(ValueError, match="weeks or months"):
        since(date(2024, 1, 15), date(2024, 3, 15), Every.YEAR)


def test_apr_refuses_what_has_no_rate() -> None:
    """Paying back less than was advanced has no rate; nor has a thousandfold payment."""
    with pytest.raises(ValueError, match="less is paid"):
        apr([Flow(D(100), 0)], [Flow(D(90), 1)], 12)
    with pytest.raises(ValueError, match="above"):
        apr([Flow(D(1), 0)], [Flow(D(5000), 1)], 12)
    assert rounded(apr([Flow(D(100), 0)], [Flow(D(100), 1)], 12), 9) == 0
