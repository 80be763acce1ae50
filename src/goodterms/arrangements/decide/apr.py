"""The annual percentage rate of a credit, by the actuarial method.

Reference: 12 CFR Part 1026, Appendix J.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from goodterms.arrangements.decide.exact import ZERO
from goodterms.arrangements.decide.instalments import Every, due_dates

_PRECISE = Decimal("1e-15")
_HIGHEST = Decimal(10)


@dataclass(frozen=True, slots=True)
class Flow:
    """Money at a time: ``units`` whole unit periods and ``odd`` of one after the first advance."""

    amount: Decimal
    units: int
    odd: Decimal = ZERO


def apr(advances: Sequence[Flow], payments: Sequence[Flow], per_year: int) -> Decimal:
    """Return the yearly rate as a fraction (0.0969 is 9.69 %), to 12 digits or more.

    Simple on the odd fraction, compound on the whole periods: the rate i per unit period makes
    Σ advances / ((1 + f·i)(1 + i)^t) equal to Σ payments / ((1 + f·i)(1 + i)^t).

    Raises:
        ValueError: less is paid than advanced, or the rate is above 1,000 % a unit period.
    """
    if _excess(advances, payments, ZERO) < ZERO:
        raise ValueError("less is paid than was advanced: there is no rate to compute")
    low, high = ZERO, _HIGHEST
    if _excess(advances, payments, high) > ZERO:
        raise ValueError("the rate is above 1,000 % a unit period")
    while high - low > _PRECISE:
        middle = (low + high) / 2
        if _excess(advances, payments, middle) > ZERO:
            low = middle
        else:
            high = middle
    return (low + high) / 2 * per_year


def _excess(advances: Sequence[Flow], payments: Sequence[Flow], rate: Decimal) -> Decimal:
    return _value(payments, rate) - _value(advances, rate)


def _value(flows: Sequence[Flow], rate: Decimal) -> Decimal:
    growth = 1 + rate
    return sum((f.amount / ((1 + f.odd * rate) * growth**f.units) for f in flows), ZERO)


def since(start: date, day: date, every: Every) -> tuple[int, Decimal]:
    """Return whole unit periods and the odd fraction from the advance to a payment.

    Weeks have seven days; months are counted back from the payment, odd days are thirtieths.

    Raises:
        ValueError: the unit period is neither a week nor a month.
    """
    if every is Every.WEEK:
        whole, odd = divmod((day - start).days, 7)
        return whole, Decimal(odd) / 7
    if every is not Every.MONTH:
        raise ValueError("unit periods are weeks or months")
    months = (day.year - start.year) * 12 + day.month - start.month
    back = _months_before(day, months)
    if back < start:
        months -= 1
        back = _months_before(day, months)
    return months, Decimal((back - start).days) / 30


def _months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    return due_dates(date(year, month + 1, 1), 1, Every.MONTH, anchor=day.day)[0]
