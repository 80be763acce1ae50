"""The kinds of value a policy computes with, and the units its parameters are written in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from goodterms.arrangements.decide.exact import rounded


class Kind(StrEnum):
    """What a value is to the arithmetic; mixing kinds is refused when a policy is read."""

    MONEY = "money"
    NUMBER = "number"
    DATE = "date"
    DURATION = "duration"
    FLAG = "flag"
    TEXT = "text"
    SERIES = "series"
    BANDS = "bands"
    ZERO = "zero"
    """The literal 0, which is both an amount and a number."""


class Unit(StrEnum):
    """What a value is to a reader; each unit has one kind."""

    MONEY = "money"
    RATE = "rate"
    NUMBER = "number"
    COUNT = "count"
    DAYS = "days"
    DATE = "date"
    DURATION = "duration"
    FLAG = "flag"
    TEXT = "text"
    SERIES = "series"
    BANDS = "bands"


KIND_OF = {
    Unit.MONEY: Kind.MONEY,
    Unit.RATE: Kind.NUMBER,
    Unit.NUMBER: Kind.NUMBER,
    Unit.COUNT: Kind.NUMBER,
    Unit.DAYS: Kind.NUMBER,
    Unit.DATE: Kind.DATE,
    Unit.DURATION: Kind.DURATION,
    Unit.FLAG: Kind.FLAG,
    Unit.TEXT: Kind.TEXT,
    Unit.SERIES: Kind.SERIES,
    Unit.BANDS: Kind.BANDS,
}
UNIT_OF = {
    Kind.MONEY: Unit.MONEY,
    Kind.NUMBER: Unit.NUMBER,
    Kind.ZERO: Unit.MONEY,
    Kind.DATE: Unit.DATE,
    Kind.DURATION: Unit.DURATION,
    Kind.FLAG: Unit.FLAG,
    Kind.TEXT: Unit.TEXT,
}

_PYTHON: dict[Kind, type | tuple[type, ...]] = {
    Kind.MONEY: Decimal,
    Kind.NUMBER: Decimal,
    Kind.DATE: date,
    Kind.DURATION: timedelta,
    Kind.FLAG: bool,
    Kind.TEXT: str,
    Kind.SERIES: tuple,
    Kind.BANDS: tuple,
}


def fits(value: Any, unit: Unit) -> bool:
    """Tell whether a value is what its unit says; a float never is."""
    return isinstance(value, _PYTHON[KIND_OF[unit]])


def read(text: Any, unit: Unit) -> Any:
    """Read a value of a unit as it stands in a policy or a scenario.

    Raises:
        ValueError: it is something else; says what is expected.
    """
    if isinstance(text, float):
        raise ValueError(  # noqa: TRY004 - a fault of the policy's text
            f"{text!r} is a float: write it in quotes, e.g. '{text}'"
        )
    kind = KIND_OF[unit]
    if kind is Kind.FLAG and isinstance(text, bool):
        return text
    if kind is Kind.TEXT and isinstance(text, str):
        return text
    if kind is Kind.DATE:
        return text if isinstance(text, date) else date.fromisoformat(str(text))
    if kind is Kind.DURATION and isinstance(text, int):
        return timedelta(days=text)
    if kind in (Kind.MONEY, Kind.NUMBER):
        return _number(text, unit)
    raise ValueError(f"{text!r} is not a {unit.value}")


def _number(text: Any, unit: Unit) -> Decimal:
    whole = unit in (Unit.COUNT, Unit.DAYS, Unit.NUMBER)
    if isinstance(text, bool) or not isinstance(text, str | int | Decimal):
        raise ValueError(f"{text!r} is not a {unit.value}")  # noqa: TRY004 - the same
    if isinstance(text, int) and not whole:
        raise ValueError(f"{text} is a {unit.value}: write it in quotes, e.g. '{text}.00'")
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise ValueError(f"{text!r} is not a {unit.value}") from error
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a {unit.value}")
    if unit in (Unit.COUNT, Unit.DAYS) and value != value.to_integral_value():
        raise ValueError(f"{text!r} is not a whole number")
    return value


@lru_cache(maxsize=8192)
def worded(value: Any, unit: Unit, currency: str = "") -> str:
    """Write a value for people: ``15.62``, ``5 %``, ``25 November 2026``."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return _worded_number(value, unit, currency)
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, timedelta):
        return f"{value.days} days"
    if isinstance(value, tuple):
        return f"{len(value)} rows"
    return str(value)


def _worded_number(value: Decimal, unit: Unit, currency: str) -> str:
    if unit is Unit.MONEY:
        places = max(2, -int(value.normalize().as_tuple().exponent))
        shown = rounded(value, min(places, 6))
        return f"{shown:,f} {currency}".rstrip()
    if unit is Unit.RATE:
        return f"{_short(value * 100)} %"
    return _short(value)


def _short(value: Decimal) -> str:
    shown = rounded(value, 6).normalize()
    return f"{shown:f}"
