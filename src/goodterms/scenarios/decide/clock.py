"""Dates and times as people write them, read where the consumer is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from goodterms.compliance.decide.windows import zone
from goodterms.scenarios.decide.nodes import Fields, Node

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When a fact without a date began: it was always so."""
MIDNIGHT, NOON = time(0, 0), time(12, 0)
AT = ("at", "on", "sent", "received", "since")
"""The names a time may have in an event."""

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FORM = re.compile(
    r"(?:(?P<weekday>[A-Za-z]{3,9})\.?,?\s+)?"
    r"(?:(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"|(?P<day2>\d{1,2})\s+(?P<word>[A-Za-z]{3,9})\.?\s+(?P<year2>\d{4}))"
    r"(?:[T\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<place>Z|UTC|[+-]\d{2}:?\d{2}|[A-Za-z_]+/[A-Za-z_/]+)?)?"
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_REMEDY = "write a date such as 2026-09-07, or a time such as 2026-09-07 10:00"


@dataclass(frozen=True, slots=True)
class When:
    """A date, with its time of day if one was written, and with its offset if there is one."""

    day: date
    time: time | None = None
    place: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads times on the clock of a place."""

    name: str

    @property
    def place(self) -> tzinfo:
        """The time zone."""
        return zone(self.name) or UTC

    def instant(self, node: Node, otherwise: time = MIDNIGHT) -> datetime:
        """Read an instant; a date alone is read as this time of day."""
        return self.of(when(node), otherwise)

    def of(self, read: When, otherwise: time = MIDNIGHT) -> datetime:
        """Give the instant of what was read."""
        wall = datetime.combine(read.day, read.time or otherwise)
        return wall.replace(tzinfo=read.place or self.place).astimezone(UTC)

    def day(self, at: datetime) -> date:
        """Give the date of an instant."""
        return at.astimezone(self.place).date()

    def words(self, at: datetime) -> str:
        """Write an instant as it is read."""
        local = at.astimezone(self.place)
        return f"{local:%a %Y-%m-%d %H:%M:%S} {self.name} ({local:%z})"


def when(node: Node) -> When:
    """Read a date with or without a time, in ISO form or as ``Fri 4 Sep 2026 10:00``."""
    text = node.text()
    found = _FORM.fullmatch(text)
    if found is None:
        node.refuse(f"is {text!r}", _REMEDY)
    try:
        day = _date(found)
        at = _time(found["hour"], found["minute"], found["second"])
    except ValueError as error:
        node.refuse(f"is {text!r}, and {error}", _REMEDY)
    _check_weekday(node, found["weekday"], day)
    return When(day, at, _place(node, found["place"]))


def _date(found: re.Match[str]) -> date:
    if found["year"]:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    word = found["word"].lower()[:3]
    if word not in _MONTHS:
        raise ValueError(f"{found['word']} is no month")
    return date(int(found["year2"]), _MONTHS.index(word) + 1, int(found["day2"]))


def _time(hour: str | None, minute: str | None, second: str | None) -> time | None:
    if hour is None:
        return None
    return time(int(hour), int(minute or 0), int(second or 0))


def _check_weekday(node: Node, name: str | None, day: date) -> None:
    if name is None:
        return
    right = _DAYS[day.weekday()]
    if not right.startswith(name.lower()):
        node.refuse(f"says {name}, but {day} is a {right.capitalize()}", "mend the date or the day")


def _place(node: Node, text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in ("Z", "UTC"):
        return UTC
    if text[0] in "+-":
        sign = -1 if text[0] == "-" else 1
        digits = text[1:].replace(":", "")
        return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
    place = zone(text)
    if place is None:
        node.refuse(f"names the zone {text!r}", "write one such as America/New_York")
    return place


def day_of(node: Node) -> date:
    """Read a date; a time beside it is left aside."""
    return when(node).day


def take_whens(fields: Fields, names: Sequence[str] = AT) -> list[When]:
    """Take the time of something: ``at`` or ``on``, or both, or a list; empty if none is given."""
    written = [name for name in names if name in fields]
    if {"at", "on"} <= set(written):
        return [_joined(fields.need("on"), fields.need("at"))]
    node = fields.take(*names)
    if node is None or node.is_null:
        return []
    return [read for item in node.items() for read in _range(item)]


def _joined(on: Node, at: Node) -> When:
    """Read a date in one field and the time of day in the other."""
    found = _TIME.fullmatch(at.text())
    if found is None:
        at.refuse("is written beside 'on'", "write only a time such as '10:00' here, or drop 'on'")
    try:
        return When(when(on).day, _time(found[1], found[2], found[3]))
    except ValueError as error:
        at.refuse(f"is {at.text()!r}, and {error}", "write a time such as '10:00'")


def _range(node: Node) -> list[When]:
    """Read one time, or one for each day: ``2026-09-07..2026-09-13 10:00``."""
    first, dots, rest = node.text().partition("..")
    if not dots:
        return [when(node)]
    last = _FORM.fullmatch(rest.strip())
    begin = _FORM.fullmatch(first.strip())
    if last is None or begin is None:
        node.refuse(f"is {node.text()!r}", "write days such as 2026-09-07..2026-09-13 10:00")
    try:
        start, end = _date(begin), _date(last)
        at = _time(last["hour"], last["minute"], last["second"])
    except ValueError as error:
        node.refuse(f"is {node.text()!r}, and {error}", _REMEDY)
    if not start <= end or (end - start).days > 400:  # noqa: PLR2004 - more is a slip
        node.refuse(f"is {node.text()!r}", "write the earlier day first, at most 400 days apart")
    place = _place(node, last["place"])
    return [When(start + timedelta(days=n), at, place) for n in range((end - start).days + 1)]
