"""Local time as instants: when a window opens and closes where somebody may be.

Windows are half-open. Everything is computed on instants through IANA zones, never by adding
offsets: a local day may last 23 or 25 hours. Where a clock shows a time twice, a window opens
at the second and closes at the first; a time that the clock skips is the instant of the skip.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from goodterms.compliance.decide.calendars import is_holiday

DAY_MINUTES = 1440
_LOOK_AHEAD_DAYS = 9
_SECOND = timedelta(seconds=1)

Span = tuple[int, int]
"""Minutes after local midnight, from and until; until may be 1440."""

Spans = tuple[Span, ...]
"""The open windows of one day in order; none is a closed day."""

Week = tuple[Spans, ...]
"""The open windows per weekday, Monday first."""


class Opening(NamedTuple):
    """When something is open: by weekday and, where a calendar is named, on its holidays."""

    week: Week
    calendar: str = ""
    holiday: Spans = ()

    def spans(self, day: date) -> Spans:
        """Return the open windows of one local date."""
        if self.calendar and is_holiday(self.calendar, day):
            return self.holiday
        return self.week[day.weekday()]


def every_day(span: Span) -> Opening:
    """Return the opening that is the same window on each day."""
    return Opening(((span,),) * 7)


def without(closed: Spans) -> Spans:
    """Return what closed windows leave of a day."""
    left, at = [], 0
    for opens, closes in sorted(closed):
        if opens > at:
            left.append((at, opens))
        at = max(at, closes)
    if at < DAY_MINUTES:
        left.append((at, DAY_MINUTES))
    return tuple(left)


class UnreadableTimeError(ValueError):
    """A text that is no time of day; says which and what is expected."""


def read_minutes(text: object) -> int:
    """Read ``HH:MM`` from 00:00 to 24:00 as minutes after midnight.

    Raises:
        UnreadableTimeError: the text is something else.
    """
    if isinstance(text, str) and len(text) == len("HH:MM") and text[2] == ":":
        hours, minutes = text[:2], text[3:]
        if hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60:  # noqa: PLR2004 - clock
            total = int(hours) * 60 + int(minutes)
            if total <= DAY_MINUTES:
                return total
    raise UnreadableTimeError(f"{text!r} is not a time of day: write it in quotes, e.g. '08:00'.")


def read_span(opens: object, closes: object) -> Span:
    """Read a window of one day; it must open before it closes.

    Raises:
        UnreadableTimeError: a bound is no time of day, or the window is empty.
    """
    span = (read_minutes(opens), read_minutes(closes))
    if span[0] >= span[1]:
        raise UnreadableTimeError(f"The window from {opens} until {closes} is empty.")
    return span


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """Return the IANA zone of this name, or None if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=4096)
def places(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """Return the zones of these names; one that there is not makes the whole place unknown."""
    found = tuple(known for name in names if (known := zone(name)))
    return found if len(found) == len(names) else ()


@lru_cache(maxsize=65536)
def bounds(place: ZoneInfo, day: date, minute: int) -> tuple[datetime, datetime]:
    """Return the first and the last instant (UTC) at which local clocks reach this time."""
    if minute == DAY_MINUTES:
        day, minute = day + timedelta(days=1), 0
    wall = datetime.combine(day, time(minute // 60, minute % 60), place)
    first = wall.replace(fold=0).astimezone(UTC)
    last = wall.replace(fold=1).astimezone(UTC)
    if first <= last:
        return first, last
    skip = _skip_between(place, last, first)
    return skip, skip


def _skip_between(place: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Find the instant at which the clock jumps forward, to the second."""
    before = low.astimezone(place).utcoffset()
    while high - low > _SECOND:
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(place).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def day_begins(places: Sequence[ZoneInfo], day: date) -> datetime:
    """Return the instant from which it is this day, or later, in every one of the places."""
    return max(bounds(place, day, 0)[1] for place in places)


def next_open(place: ZoneInfo, hours: Opening, at: datetime) -> datetime | None:
    """Return ``at`` if the window is open then, else when it opens next; None: not in 9 days."""
    today = at.astimezone(place).date()
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = today + timedelta(days=ahead)
        for span in hours.spans(day):
            opens, closes = bounds(place, day, span[0])[1], bounds(place, day, span[1])[0]
            if at < closes and opens < closes:
                return max(at, opens)
    return None


@lru_cache(maxsize=4096)
def next_open_everywhere(
    places: tuple[ZoneInfo, ...], hours: Opening, at: datetime
) -> datetime | None:
    """Return the first instant from ``at`` on that is open in all places; None: not in 9 days."""
    limit = at + timedelta(days=_LOOK_AHEAD_DAYS)
    while at <= limit:
        settled = True
        for place in places:
            opening = next_open(place, hours, at)
            if opening is None:
                return None
            if opening > at:
                at, settled = opening, False
        if settled:
            return at
    return None


def latest_date(places: Sequence[ZoneInfo], at: datetime) -> date:
    """Return the latest date the instant has in any of the places."""
    return max(at.astimezone(place).date() for place in places)


@lru_cache(maxsize=4096)
def dates(places: tuple[ZoneInfo, ...], at: datetime) -> tuple[date, ...]:
    """Return the dates the instant has in the places, in order, each once."""
    return tuple(sorted({at.astimezone(place).date() for place in places}))
