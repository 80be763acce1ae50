"""Interest: simple, compound and by dated rates, with the point where it is rounded named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from goodterms.arrangements.decide.exact import CENTS, ZERO, Rounding


class RoundAt(StrEnum):
    """Where interest is rounded: each day's amount, each period's, or once when posted."""

    DAY = "day"
    PERIOD = "period"
    POSTING = "posting"


@dataclass(frozen=True, slots=True)
class RateRow:
    """A yearly rate in force from a day up to, not including, another (None: still)."""

    start: date
    end: date | None
    rate: Decimal
    citation: str
    evidence: str = "unverified"


Series = tuple[RateRow, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of days at one rate, with its unrounded interest."""

    start: date
    end: date
    days: int
    row: RateRow
    interest: Decimal


def simple(
    principal: Decimal,
    rate: Decimal,
    days: int | Decimal,
    basis: int | Decimal,
    *,
    round_at: RoundAt = RoundAt.POSTING,
    rounding: Rounding = CENTS,
) -> Decimal:
    """Return P * r * days / basis; ``posting`` leaves it unrounded for the posted line."""
    if round_at is RoundAt.DAY:
        return rounding(principal * rate / basis) * days
    exact = principal * rate * days / basis
    return rounding(exact) if round_at is RoundAt.PERIOD else exact


def compound(principal: Decimal, rate: Decimal, per_year: int, periods: int) -> Decimal:
    """Return P * ((1 + r/m)^k - 1), unrounded."""
    return principal * ((1 + rate / per_year) ** periods - 1)


def rate_on(series: Series, day: date) -> Decimal:
    """Return the rate in force on a day.

    Raises:
        ValueError: no row covers the day.
    """
    return _row_on(series, day).rate


def _row_on(series: Series, day: date) -> RateRow:
    for row in series:
        if row.start <= day and (row.end is None or day < row.end):
            return row
    raise ValueError(f"no rate is in force on {day}: add a row that covers it, with its citation")


def segments(
    principal: Decimal, series: Series, start: date, end: date, basis: int | Decimal = 365
) -> tuple[Segment, ...]:
    """Split a period at each change of rate; the interest of each part is unrounded.

    The first day counts and the last does not, so that adjoining periods share no day.

    Raises:
        ValueError: a day of the period has no rate.
    """
    found: list[Segment] = []
    day = start
    while day < end:
        row = _row_on(series, day)
        last = end if row.end is None else min(row.end, end)
        count = (last - day).days
        amount = principal * row.rate * count / basis
        found.append(Segment(day, last, count, row, amount))
        day = last
    return tuple(found)


def by_segments(
    principal: Decimal, series: Series, start: date, end: date, basis: int | Decimal = 365
) -> Decimal:
    """Return Σ P * rᵢ * dᵢ / basis over the rates in force, unrounded."""
    return sum((s.interest for s in segments(principal, series, start, end, basis)), ZERO)


@dataclass(frozen=True, slots=True)
class Band:
    """A band of a tiered rate: from where the one before ended up to ``up_to`` (None: no end)."""

    up_to: Decimal | None
    rate: Decimal


def slab(balance: Decimal, bands: Sequence[Band]) -> Decimal:
    """Return the whole balance times the rate of the band that holds it, unrounded."""
    for band in bands:
        if band.up_to is None or balance <= band.up_to:
            return balance * band.rate
    raise ValueError(f"no band holds {balance}: let the last band have no end")


def marginal(balance: Decimal, bands: Sequence[Band]) -> Decimal:
    """Return the sum over bands of the part inside each times its rate, unrounded."""
    total = floor = ZERO
    for band in bands:
        top = balance if band.up_to is None else min(balance, band.up_to)
        total += max(ZERO, top - floor) * band.rate
        if band.up_to is None or balance <= band.up_to:
            return total
        floor = band.up_to
    raise ValueError(f"no band holds {balance}: let the last band have no end")
