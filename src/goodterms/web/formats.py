"""How pages write money, moments, durations and numbers: in the reader's language and zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent

from goodterms.kit.money import Money
from goodterms.kit.phone import masked, spoken

_MINUTE, _HOUR = 60, 3600


@lru_cache(maxsize=16)
def locale_of(language: str) -> Locale:
    """Return the rules by which a language, such as ``en`` or ``pl``, is written."""
    return Locale.parse(language, sep="-")


def money_text(amount: Money, language: str = "en") -> str:
    """Write an amount with its currency, e.g. ``$1,240.50``."""
    return format_currency(amount.amount, amount.currency, locale=locale_of(language))


def number_text(value: Decimal | int, language: str = "en") -> str:
    """Write a whole or decimal number with the language's separators."""
    return format_decimal(value, locale=locale_of(language))


def percent_text(share: Decimal, language: str = "en") -> str:
    """Write a share (0.031) as a percentage with one decimal, e.g. ``3.1%``."""
    return format_percent(
        share, format="#,##0.0%", locale=locale_of(language), decimal_quantization=True
    )


def moment_text(at: datetime, zone: str, language: str = "en") -> str:
    """Write an aware moment in an IANA zone, e.g. ``Nov 22, 2026, 7:42 AM``."""
    there = at.astimezone(ZoneInfo(zone))
    locale = locale_of(language)
    return f"{format_date(there, 'medium', locale=locale)}, {time_text(at, zone, language)}"


def time_text(at: datetime, zone: str, language: str = "en") -> str:
    """Write the time of day of an aware moment in an IANA zone, e.g. ``7:42 AM``."""
    return format_time(
        at.astimezone(ZoneInfo(zone)), "short", tzinfo=ZoneInfo(zone), locale=locale_of(language)
    )


def date_text(day: date, language: str = "en") -> str:
    """Write a day, e.g. ``Nov 22, 2026``."""
    return format_date(day, "medium", locale=locale_of(language))


def duration_text(length: timedelta | float) -> str:
    """Write a length (seconds or a timedelta) as m:ss, from one hour on as h:mm:ss."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    whole = max(0, int(seconds))
    hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
    if hours:
        return f"{hours}:{minutes:02}:{whole % _MINUTE:02}"
    return f"{minutes}:{whole % _MINUTE:02}"


def phone_text(e164: str, *, hidden: bool = False) -> str:
    """Write an E.164 number as people of its country read it, or masked."""
    return masked(e164) if hidden else spoken(e164)


def place_of(zone: str) -> str:
    """Name an IANA zone by its city, e.g. ``Denver`` for ``America/Denver``."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")
