"""Schedules: equal, annuity, flat and equal-principal instalments that sum to the cent."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from goodterms.arrangements.decide.exact import CENTS, ONE, ZERO, Rounding

_SATURDAY = 5


class Every(StrEnum):
    """How often an instalment falls due."""

    WEEK = "week"
    TWO_WEEKS = "two_weeks"
    FOUR_WEEKS = "four_weeks"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Shift(StrEnum):
    """What becomes of a due date on a weekend or holiday."""

    KEEP = "keep"
    NEXT = "next"
    PREVIOUS = "previous"


_DAYS = {Every.WEEK: 7, Every.TWO_WEEKS: 14, Every.FOUR_WEEKS: 28}
_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment without its date: what it pays, and what is left of the principal after."""

    number: int
    principal: Decimal
    interest: Decimal
    left: Decimal

    @property
    def due(self) -> Decimal:
        """What is to be paid."""
        return self.principal + self.interest


def equal(total: Decimal, count: int, rounding: Rounding = CENTS) -> tuple[Part, ...]:
    """Split a sum without interest; the last instalment absorbs the cents.

    Raises:
        ValueError: there are no instalments, or so many that one would not be positive.
    """
    _positive(count)
    each = rounding(total / count)
    amounts = [each] * (count - 1)
    amounts.append(total - sum(amounts, ZERO))
    if min(amounts) <= ZERO:
        raise ValueError(f"{total} cannot be split into {count} instalments of {each}")
    return _running(total, ((amount, ZERO) for amount in amounts))


def level_payment(principal: Decimal, factors: Sequence[Decimal]) -> Decimal:
    """Return the annuity payment for a rate factor per period, unrounded.

    EMI = P · Π(1 + rₖ) / F with F₁ = 1 and Fₖ = 1 + Fₖ₋₁(1 + rₖ).
    """
    _positive(len(factors))
    product, f = ONE + factors[0], ONE
    for factor in factors[1:]:
        product *= 1 + factor
        f = 1 + f * (1 + factor)
    return principal * product / f


def annuity(
    principal: Decimal, factors: Sequence[Decimal], rounding: Rounding = CENTS
) -> tuple[Part, ...]:
    """Split a loan into level payments; the last repays whatever is left.

    The payment is rounded once; each period's interest is the rounded balance * factor.

    Raises:
        ValueError: the payment does not cover the interest, so the debt would grow.
    """
    payment = rounding(level_payment(principal, factors))
    rows: list[tuple[Decimal, Decimal]] = []
    balance = principal
    for number, factor in enumerate(factors, 1):
        interest = rounding(balance * factor)
        part = balance if number == len(factors) else min(payment - interest, balance)
        if part < ZERO:
            raise ValueError(f"instalment {number} of {payment} does not cover {interest} interest")
        rows.append((part, interest))
        balance -= part
    return _running(principal, rows)


def flat(
    principal: Decimal,
    rate: Decimal,
    years: Decimal,
    count: int,
    rounding: Rounding = CENTS,
) -> tuple[Part, ...]:
    """Split a loan whose interest, P * r * years on the original amount, is divided evenly."""
    _positive(count)
    interest = rounding(principal * rate * years)
    return _running(
        principal,
        zip(_even(principal, count, rounding), _even(interest, count, rounding), strict=True),
    )


def equal_principal(
    principal: Decimal, factors: Sequence[Decimal], rounding: Rounding = CENTS
) -> tuple[Part, ...]:
    """Split a loan into equal parts of principal with interest on the declining balance."""
    _positive(len(factors))
    rows = []
    balance = principal
    parts = _even(principal, len(factors), rounding)
    for part, factor in zip(parts, factors, strict=True):
        rows.append((part, rounding(balance * factor)))
        balance -= part
    return _running(principal, rows)


@lru_cache(maxsize=1024)
def due_dates(
    first: date,
    count: int,
    every: Every,
    *,
    anchor: int | None = None,
    shift: Shift = Shift.KEEP,
    holidays: frozenset[date] = frozenset(),
) -> tuple[date, ...]:
    """Return the due dates from the first on; months keep the anchor day.

    A month too short takes its last day and the next returns to the anchor (the day of the
    first date unless named, so that 31 January leads to 28 February and 31 March). ``shift``
    moves what falls on a weekend or holiday without moving the anchor.
    """
    day = anchor or first.day
    dates = (_step(first, number, every, day) for number in range(count))
    return tuple(_shifted(found, shift, holidays) for found in dates)


def _step(first: date, number: int, every: Every, anchor: int) -> date:
    if every in _DAYS:
        return first + timedelta(days=_DAYS[every] * number)
    months = first.year * 12 + first.month - 1 + _MONTHS[every] * number
    year, month = divmod(months, 12)
    return date(year, month + 1, min(anchor, monthrange(year, month + 1)[1]))


def _shifted(day: date, shift: Shift, holidays: frozenset[date]) -> date:
    if shift is Shift.KEEP:
        return day
    step = timedelta(days=1 if shift is Shift.NEXT else -1)
    while day.weekday() >= _SATURDAY or day in holidays:
        day += step
    return day


def _even(total: Decimal, count: int, rounding: Rounding) -> list[Decimal]:
    each = rounding(total / count)
    amounts = [each] * (count - 1)
    return [*amounts, total - sum(amounts, ZERO)]


def _running(principal: Decimal, rows: Iterable[tuple[Decimal, Decimal]]) -> tuple[Part, ...]:
    parts = []
    left = principal
    for number, (part, interest) in enumerate(rows, 1):
        left -= part
        parts.append(Part(number, part, interest, left))
    return tuple(parts)


def _positive(count: int) -> None:
    if count < 1:
        raise ValueError("a plan has at least one instalment")
