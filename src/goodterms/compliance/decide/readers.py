"""Readers of parameters: each takes what YAML gives, or raises ValueError with the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from goodterms.compliance.decide.calendars import is_calendar
from goodterms.compliance.decide.windows import Span, read_span

Reader = Callable[[Any], Any]

MEDIA = ("call", "sms", "email", "letter", "social", "meeting")
PLACES = ("home", "mobile", "work", "other")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EXACT = re.compile(r"-?\d+(\.\d+)?")


def whole(least: int, most: int) -> Reader:
    """Make a reader of whole numbers within bounds."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"write a whole number from {least} to {most}")
        return value

    return read


def one_of(choices: Sequence[Any]) -> Reader:
    """Make a reader of one of some values."""

    def read(value: Any) -> Any:
        if value not in choices:
            raise ValueError("write one of: " + "; ".join(str(choice) for choice in choices))
        return value

    return read


def some_of(choices: Iterable[str]) -> Reader:
    """Make a reader of a list of some of the values, none twice."""
    known = tuple(choices)

    def read(value: Any) -> list[str]:
        if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
            raise ValueError(f"write a list of some of: {', '.join(known)}")
        if not set(value) <= set(known):
            raise ValueError(f"write a list of some of: {', '.join(known)}")
        return value

    return read


def texts(value: Any) -> list[str]:
    """Read a list of texts."""
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise ValueError("write a list of texts")
    return value


def patterns(value: Any) -> list[str]:
    """Read a list of regular expressions."""
    for text in texts(value):
        try:
            re.compile(text, re.IGNORECASE)  # as it will be used: it is kept compiled
        except re.error as error:
            raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return list(value)


def text(value: Any) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("write some text")
    return value


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError("write true or false")  # noqa: TRY004 - one error for readers
    return value


def decimal(value: Any) -> Decimal:
    """Read an exact decimal in quotes, such as ``"0.8"``; a float is refused."""
    if not isinstance(value, str) or not _EXACT.fullmatch(value):
        raise ValueError('write an exact number in quotes, such as "0.8"')
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise ValueError('write an exact number in quotes, such as "0.8"') from error


def calendar(value: Any) -> str:
    """Read the name of a calendar of public holidays, such as ``US`` or ``CA-ON``."""
    if not isinstance(value, str) or not is_calendar(value):
        raise ValueError("write a country with or without a region, such as US or CA-ON")
    return value


def days(value: Any) -> dict[str, Span | None]:
    """Read windows by day: keys are days or ranges of days (``mon-fri``) and ``holiday``.

    A value is ``["08:00", "21:00"]``, or null for a closed day; every weekday must be named.
    """
    if not isinstance(value, dict):
        remedy = 'write days such as: {mon-fri: ["08:00", "21:00"], sat: null, sun: null}'
        raise ValueError(remedy)  # noqa: TRY004 - one error for readers
    found: dict[str, Span | None] = {}
    for name, span in value.items():
        for day in _named(str(name).lower()):
            if day in found:
                raise ValueError(f"the day '{day}' is there twice: keep one")
            found[day] = _span(span)
    missing = [day for day in _DAYS if day not in found]
    if missing:
        raise ValueError(f"the day '{missing[0]}' is missing: name all seven")
    return found


def _span(value: Any) -> Span | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - from and until
        raise ValueError('write a window as ["08:00", "21:00"], or null for a closed day')
    return read_span(*value)


def _named(name: str) -> list[str]:
    if name == "holiday":
        return [name]
    first, _, last = name.partition("-")
    last = last or first
    if first not in _DAYS or last not in _DAYS or _DAYS.index(first) > _DAYS.index(last):
        raise ValueError(f"'{name}' is no day: write mon … sun, mon-fri, or holiday")
    return list(_DAYS[_DAYS.index(first) : _DAYS.index(last) + 1])


def weekdays(value: Any) -> list[int]:
    """Read weekdays as names (``mon``) or numbers from 0 (Monday)."""
    if not isinstance(value, list):
        raise ValueError("write a list of days such as [mon, tue]")  # noqa: TRY004 - as above
    found = []
    for one in value:
        number = _DAYS.index(one) if one in _DAYS else one
        if isinstance(number, bool) or number not in range(7):
            raise ValueError("write a list of days such as [mon, tue]")
        found.append(int(number))
    return found
