"""Local windows as instants, on ordinary days and on the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from goodterms.compliance.decide import words
from goodterms.compliance.decide.windows import (
    Opening,
    UnreadableTimeError,
    bounds,
    day_begins,
    every_day,
    next_open,
    next_open_everywhere,
    read_minutes,
    read_span,
    zone,
)

NEW_YORK = ZoneInfo("America/New_York")
PHOENIX = ZoneInfo("America/Phoenix")
HOURS = every_day(read_span("08:00", "21:00"))


def utc(*parts: int) -> datetime:
    """Give an instant."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        (date(2026, 3, 7), utc(2026, 3, 7, 13)),
        (date(2026, 3, 8), utc(2026, 3, 8, 12)),
        (date(2026, 10, 31), utc(2026, 10, 31, 12)),
        (date(2026, 11, 1), utc(2026, 11, 1, 13)),
    ],
)
def test_opening_follows_daylight_saving(day: date, opens: datetime) -> None:
    """8:00 is an hour earlier in UTC from the night of 8 March and later from 1 November."""
    before = opens - timedelta(hours=3)
    assert before.astimezone(NEW_YORK).date() == day
    assert next_open(NEW_YORK, HOURS, before) == opens


def test_arizona_does_not_change() -> None:
    """Phoenix keeps its hours when New York changes; together they shift by one side only."""
    both = (NEW_YORK, PHOENIX)
    assert next_open_everywhere(both, HOURS, utc(2026, 3, 7, 6)) == utc(2026, 3, 7, 15)
    assert next_open_everywhere(both, HOURS, utc(2026, 3, 9, 6)) == utc(2026, 3, 9, 15)
    closes = utc(2026, 3, 8, 2), utc(2026, 3, 10, 1)
    for at in closes:
        assert next_open_everywhere(both, HOURS, at - timedelta(seconds=1)) is not None
        opening = next_open_everywhere(both, HOURS, at)
        assert opening is not None
        assert opening > at


def test_skipped_time_is_the_instant_of_the_skip() -> None:
    """2:30 on the night of 8 March does not exist: it is reached when clocks jump to 3:00."""
    assert bounds(NEW_YORK, date(2026, 3, 8), 150) == (utc(2026, 3, 8, 7), utc(2026, 3, 8, 7))


def test_repeated_time_opens_late_and_closes_early() -> None:
    """1:30 on the night of 1 November comes twice: windows take the stricter one."""
    first, last = bounds(NEW_YORK, date(2026, 11, 1), 90)
    assert (first, last) == (utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 6, 30))
    night = every_day(read_span("01:30", "03:00"))
    assert next_open(NEW_YORK, night, first) == last
    until = every_day(read_span("00:00", "01:30"))
    assert next_open(NEW_YORK, until, first) == utc(2026, 11, 2, 5)


def test_day_begins_everywhere_when_the_last_place_reaches_it() -> None:
    """A date has come when even the westernmost place has it."""
    honolulu = ZoneInfo("Pacific/Honolulu")
    assert day_begins((NEW_YORK, honolulu), date(2026, 11, 24)) == utc(2026, 11, 24, 10)


def test_closed_weekdays_are_passed_over() -> None:
    """A week with one open day is open then and only then; a week without any never opens."""
    sunday = Opening(((),) * 6 + ((read_span("00:00", "24:00"),),))
    assert next_open(NEW_YORK, sunday, utc(2026, 11, 24, 12)) == utc(2026, 11, 29, 5)
    assert next_open(NEW_YORK, sunday, utc(2026, 11, 30, 4, 59)) == utc(2026, 11, 30, 4, 59)
    assert next_open(NEW_YORK, Opening(((),) * 7), utc(2026, 11, 24, 12)) is None
    assert next_open_everywhere((NEW_YORK,), Opening(((),) * 7), utc(2026, 11, 24, 12)) is None


def test_guam_and_puerto_rico_share_three_hours() -> None:
    """Even places far apart may have common hours across the date line."""
    both = (ZoneInfo("Pacific/Guam"), ZoneInfo("America/Puerto_Rico"))
    assert next_open_everywhere(both, HOURS, utc(2026, 11, 24, 12)) == utc(2026, 11, 24, 22)
    assert next_open_everywhere(both, HOURS, utc(2026, 11, 25, 1)) == utc(2026, 11, 25, 22)


@pytest.mark.parametrize("text", ["8:00", "08.00", "08:60", "24:01", "ab:cd", 480, None, ""])
def test_strange_times_are_refused(text: object) -> None:
    """What is no time of day is refused with an example."""
    with pytest.raises(UnreadableTimeError, match="08:00"):
        read_minutes(text)


def test_empty_window_is_refused() -> None:
    """A window must open before it closes."""
    with pytest.raises(UnreadableTimeError, match="empty"):
        read_span("09:00", "09:00")


def test_unknown_zone_is_none() -> None:
    """A name that is no zone gives none instead of a guess."""
    assert zone("Nowhere/Land") is None
    assert zone("../etc/passwd") is None
    assert zone("America/Boise") == ZoneInfo("America/Boise")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"),
        (61, "2 minutes"), (3600, "1 hour"), (3661, "1 hour 2 minutes"),
        (86400, "1 day"), (90000, "1 day 1 hour"), (180000, "2 days 2 hours"),
    ],
)  # fmt: skip
def test_lengths_of_time_read_well(seconds: int, text: str) -> None:
    """Waits are told in their two largest units, rounded up."""
    assert words.lasting(timedelta(seconds=seconds)) == text


def test_words_for_places_and_times() -> None:
    """Cities are listed as people do, and a wait without a place has no clock."""
    cities = [ZoneInfo(f"America/{name}") for name in ("Denver", "New_York", "Boise")]
    assert words.zones_in_words(cities) == "Denver, New York or Boise"
    assert words.zones_in_words([]) == ""
    now = utc(2026, 11, 24, 12)
    assert words.next_possible(now + timedelta(hours=1), now, ()) == "Next possible in 1 hour."
    assert words.clock_of(1440) == "midnight"
    assert words.times(3) == "3 times"
