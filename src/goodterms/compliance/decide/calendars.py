"""Public holidays, where the law counts or closes by them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays

SATURDAY = 5


@lru_cache(maxsize=512)
def _of_year(calendar: str, year: int) -> frozenset[date]:
    country, _, region = calendar.partition("-")
    known = holidays.country_holidays(country, subdiv=region or None, years=year)
    return frozenset(known)


def is_calendar(name: str) -> bool:
    """Tell whether there is a calendar of this name: ``US``, ``CA-ON``, and so on."""
    try:
        _of_year(name, 2026)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=8192)
def is_holiday(calendar: str, day: date) -> bool:
    """Tell whether a day is a public holiday (observed days included).

    Reference: 5 USC 6103 for ``US``: the federal holidays.
    """
    return day in _of_year(calendar, day.year)


def is_business_day(calendar: str, day: date) -> bool:
    """Tell whether a day is neither Saturday, Sunday nor a public holiday."""
    return day.weekday() < SATURDAY and not is_holiday(calendar, day)


def plus_business_days(calendar: str, day: date, number: int) -> date:
    """Return the date after so many business days, the day itself not counted."""
    while number > 0:
        day += timedelta(days=1)
        number -= is_business_day(calendar, day)
    return day
