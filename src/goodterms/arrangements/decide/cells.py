"""The cells of decision tables: which values a row accepts, as ranges or as sets of texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from goodterms.arrangements.decide.kinds import KIND_OF, Kind, Unit, read

_RANGE = re.compile(r"([\[(])\s*([^,]*?)\s*,\s*([^,]*?)\s*([\])])")
_BOUND = re.compile(r"(<=|>=|<|>|=)\s*(.+)")
ANY = "-"
Point = tuple[Any, int]
"""A place on the line between values: (value, 0) is the value, ±1 just after or before it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Values from ``low`` to ``high``; None is no bound; ``open`` bounds are left out."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Any) -> bool:
        """Tell whether a value lies within."""
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return self.high is None or not (
            value > self.high or (self.high_open and value == self.high)
        )

    def __str__(self) -> str:
        low = "" if self.low is None else self.low
        high = "" if self.high is None else self.high
        return f"{'(' if self.low_open else '['}{low}, {high}{')' if self.high_open else ']'}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Exactly these texts, or yes and no."""

    values: frozenset[Any]

    def holds(self, value: Any) -> bool:
        """Tell whether a value is one of them."""
        return value in self.values


Cell = Span | OneOf | None
"""None accepts everything."""


def parse(text: Any, unit: Unit) -> Cell:
    """Read a cell: ``-`` (any), ``[0, 1000)``, ``>= 10``, ``card``, or a list of texts.

    Raises:
        ValueError: it is none of these; says what is expected.
    """
    kind = KIND_OF[unit]
    if text == ANY:
        return None
    if kind in (Kind.TEXT, Kind.FLAG):
        values = text if isinstance(text, list) else [text]
        return OneOf(frozenset(read(value, unit) for value in values))
    if kind not in (Kind.MONEY, Kind.NUMBER, Kind.DATE):
        raise ValueError(f"a {unit.value} cannot be a column: use amounts, numbers, dates or texts")
    if isinstance(text, date):
        return Span(text, text)
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str):
        raise ValueError(  # noqa: TRY004 - a fault of the policy's text
            f"{text!r} is no range: write it as '[0, 1000)' or '>= 10', in quotes"
        )
    return _span(text, unit)


def _span(text: str, unit: Unit) -> Span:
    found = _RANGE.fullmatch(text.strip())
    if found:
        opening, low, high, closing = found.groups()
        span = Span(
            read(low, unit) if low else None,
            read(high, unit) if high else None,
            opening == "(",
            closing == ")",
        )
        if span.low is not None and span.high is not None and span.low > span.high:
            raise ValueError(f"the range '{text}' ends before it starts")
        return span
    bound = _BOUND.fullmatch(text.strip())
    if bound is None:
        value = read(text.strip(), unit)
        return Span(value, value)
    mark, number = bound[1], read(bound[2].strip(), unit)
    return {
        "<": Span(None, number, high_open=True),
        "<=": Span(None, number),
        ">": Span(number, None, low_open=True),
        ">=": Span(number, None),
        "=": Span(number, number),
    }[mark]


def samples(cells: list[Cell], unit: Unit, domain: Cell) -> list[Any]:
    """Return one value of every stretch between the bounds that a column's cells name.

    Whatever holds for these values holds for all: no cell tells apart two of one stretch.
    """
    kind = KIND_OF[unit]
    if kind is Kind.FLAG:
        return [True, False]
    if kind is Kind.TEXT:
        named: set[Any] = set().union(*(c.values for c in cells if isinstance(c, OneOf)))
        if isinstance(domain, OneOf):
            return sorted(domain.values | named)
        return [*sorted(named), "any other text"]
    bounds = sorted(
        {
            value
            for cell in [*cells, domain]
            if isinstance(cell, Span)
            for value in (cell.low, cell.high)
            if value is not None
        }
    )
    if not bounds:
        return [date(2000, 1, 1) if kind is Kind.DATE else Decimal(0)]
    values = [value for value in _between(bounds) if domain is None or domain.holds(value)]
    whole = unit in (Unit.COUNT, Unit.DAYS)
    return [v for v in values if v == v.to_integral_value()] if whole else values


def _between(bounds: list[Any]) -> list[Any]:
    """Give each bound, a value between each two, one before the first and one after the last."""
    values = []
    if isinstance(bounds[0], date):
        days = {day + n for day in (b.toordinal() for b in bounds) for n in (-1, 0, 1)}
        return [date.fromordinal(day) for day in sorted(days)]
    for low, high in pairwise(bounds):
        values += [low, (low + high) / 2]
        if high - low > 1:
            values.append((low + 1).to_integral_value())
    return [bounds[0] - 1, *values, bounds[-1], bounds[-1] + 1]
