"""Day counts: how long a period is, by the convention a policy names (never implied)."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

_FEBRUARY = 2
_LAST_OF_MONTH = 31
_MONTH = 30


class DayCount(StrEnum):
    """A convention for the length of a period in years."""

    ACT_365F = "ACT/365F"
    ACT_360 = "ACT/360"
    ACT_ACT_ISDA = "ACT/ACT ISDA"
    ACT_ACT_ICMA = "ACT/ACT ICMA"
    ACT_ACT_AFB = "ACT/ACT AFB"
    BOND_30_360 = "30/360"
    EURO_30E_360 = "30E/360"


class Ends(StrEnum):
    """Which of a period's two end days count."""

    LAST = "last"
    FIRST = "first"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Coupon:
    """The regular period that ICMA measures by: its first day, its end, how many a year."""

    start: date
    end: date
    per_year: int


def days(convention: DayCount, start: date, end: date, ends: Ends = Ends.LAST) -> int:
    """Count the days of a period: calendar days, or those of months of thirty days."""
    if convention is DayCount.BOND_30_360:
        count = _thirty(start, end, european=False)
    elif convention is DayCount.EURO_30E_360:
        count = _thirty(start, end, european=True)
    else:
        count = (end - start).days
    return count + {Ends.BOTH: 1, Ends.NEITHER: -1}.get(ends, 0)


def year_fraction(
    convention: DayCount, start: date, end: date, *, coupon: Coupon | None = None
) -> Decimal:
    """Return a period's length in years, to 28 digits.

    Raises:
        ValueError: the end is before the start, or ICMA is asked without a coupon period.
    """
    if end < start:
        raise ValueError(f"the period ends on {end}, before it starts on {start}")
    if convention is DayCount.ACT_ACT_ICMA:
        if coupon is None:
            raise ValueError("ACT/ACT ICMA needs the coupon period and how many there are a year")
        length = (coupon.end - coupon.start).days * coupon.per_year
        return Decimal((end - start).days) / length
    return _FRACTIONS[convention](start, end)


def _thirty(start: date, end: date, *, european: bool) -> int:
    first = min(start.day, _MONTH)
    last = end.day
    if last == _LAST_OF_MONTH and (european or first == _MONTH):
        last = _MONTH
    return 360 * (end.year - start.year) + _MONTH * (end.month - start.month) + last - first


def _isda(start: date, end: date) -> Decimal:
    total = Decimal(0)
    for year in range(start.year, end.year + 1):
        first, last = max(start, date(year, 1, 1)), min(end, date(year + 1, 1, 1))
        total += Decimal((last - first).days) / (366 if isleap(year) else 365)
    return total


def _afb(start: date, end: date) -> Decimal:
    """Whole years counted back from the end; the rest by 366 if it holds a 29 February."""
    years, rest = 0, end
    while (earlier := _years_before(end, years + 1)) >= start:
        years, rest = years + 1, earlier
    leap = any(
        isleap(year) and start <= date(year, _FEBRUARY, 29) < rest
        for year in range(start.year, rest.year + 1)
    )
    return years + Decimal((rest - start).days) / (366 if leap else 365)


def _years_before(day: date, years: int) -> date:
    """Go back whole years; the end of February stays its end."""
    year = day.year - years
    if day.month == _FEBRUARY and (day + timedelta(days=1)).month != _FEBRUARY:
        return date(year, _FEBRUARY, 29 if isleap(year) else 28)
    return day.replace(year=year)


_FRACTIONS: dict[DayCount, Callable[[date, date], Decimal]] = {
    DayCount.ACT_365F: lambda start, end: Decimal((end - start).days) / 365,
    DayCount.ACT_360: lambda start, end: Decimal((end - start).days) / 360,
    DayCount.ACT_ACT_ISDA: _isda,
    DayCount.ACT_ACT_AFB: _afb,
    DayCount.BOND_30_360: lambda s, e: Decimal(_thirty(s, e, european=False)) / 360,
    DayCount.EURO_30E_360: lambda s, e: Decimal(_thirty(s, e, european=True)) / 360,
}
