"""Public holidays, where the law counts or closes by them.

The holidays of a country are read when the first day is asked about: the library takes a tenth of
a second, and a second if it loads every country, which no process should wait for at its start.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

SATURDAY = 5

# The calendars that our own rows use; a test looks each of them up in the library.
KNOWN = frozenset(
    {"AU", "AU-ACT", "AU-NSW", "AU-NT", "AU-QLD", "AU-SA", "AU-TAS", "AU-VIC", "AU-WA"}
    | {"CA-ON", "CA-QC", "CO", "PL", "RU", "US"}
)


@lru_cache(maxsize=64)
def _country(code: str) -> Any:
    """Load the holidays of one country alone.

    Importing the library's package of countries would load all two hundred of them.

    Raises:
        NotImplementedError: the library knows no such country.
    """
    import holidays  # noqa: PLC0415 - only who asks about a holiday waits for it
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - as above

    for name, (kind, *codes) in COUNTRIES.items():
        if code in codes:
            file = f"{holidays.__path__[0]}/countries/{name}.py"
            spec = spec_from_file_location(f"holidays_of_{name}", file)
            assert spec is not None  # the registry names its own files
            assert spec.loader is not None
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            return getattr(module, kind)
    raise NotImplementedError(f"There is no calendar for {code}.")


@lru_cache(maxsize=512)
def _of_year(calendar: str, year: int) -> frozenset[date]:
    country, _, region = calendar.partition("-")
    return frozenset(_country(country)(subdiv=region or None, years=year))


def is_calendar(name: str) -> bool:
    """Tell whether there is a calendar of this name: ``US``, ``CA-ON``, and so on."""
    if name in KNOWN:
        return True
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
