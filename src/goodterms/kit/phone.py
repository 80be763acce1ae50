"""Telephone numbers: E.164 or nothing, with the time zones and line type they may have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import timezone as number_zones

_TYPES = {
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.FIXED_LINE: "landline",
    phonenumbers.PhoneNumberType.VOIP: "voip",
    phonenumbers.PhoneNumberType.TOLL_FREE: "toll_free",
}


class PhoneError(ValueError):
    """A text that is not a telephone number; says why and what is expected."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A valid number: E.164 text, ISO region, IANA zones it may ring in, line type."""

    e164: str
    region: str
    zones: tuple[str, ...]
    line_type: str


@lru_cache(maxsize=65536)
def parse_phone(text: str, region: str = "US") -> Phone:
    """Read a number as people write it; ``region`` is assumed when no country code is given.

    Raises:
        PhoneError: the text is not a possible and valid number.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise PhoneError(f"{text!r} is not a telephone number, e.g. +12125550123.") from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneError(f"{text!r} is not a number in use anywhere, e.g. +12125550123.")
    zones = tuple(z for z in number_zones.time_zones_for_number(number) if z != "Etc/Unknown")
    return Phone(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        region=phonenumbers.region_code_for_number(number) or region,
        zones=zones,
        line_type=_TYPES.get(phonenumbers.number_type(number), "unknown"),
    )


@lru_cache(maxsize=4096)
def area(e164: str) -> str:
    """Return the country's and the area's code of an E.164 number as digits, such as ``1212``.

    Empty for a number that belongs to no area, such as a mobile one in most countries.
    """
    number = phonenumbers.parse(e164, None)
    length = phonenumbers.length_of_geographical_area_code(number)
    if not length:
        return ""
    return f"{number.country_code}{phonenumbers.national_significant_number(number)[:length]}"


def spoken(e164: str) -> str:
    """Write an E.164 number as people of its country read it, e.g. ``(212) 555-0123``."""
    number = phonenumbers.parse(e164, None)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def masked(e164: str) -> str:
    """Write a number so that it can be told apart but not dialed: ``+1212•••0123``."""
    return f"{e164[:5]}•••{e164[-4:]}"
