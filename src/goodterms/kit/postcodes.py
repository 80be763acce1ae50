"""Postal codes: the time zones an address may lie in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

import zipcodes
from babel.core import get_global

_ZIP_DIGITS = 5
_STATES = (
    "AA AE AK AL AP AR AS AZ CA CO CT DC DE FL FM GA GU HI IA ID IL IN KS KY LA MA MD ME MH MI MN"
    " MO MP MS MT NC ND NE NH NJ NM NV NY OH OK OR PA PR PW RI SC SD TN TX UT VA VI VT WA WI WV WY"
)


@cache
def _zip_zones() -> Mapping[str, tuple[str, ...]]:
    """Read the zone of every US ZIP code once; codes without a known zone are left out."""
    # A look-up in the package scans all codes, and all of them at once take 100 MB.
    known = available_timezones()
    zones: dict[str, tuple[str, ...]] = {}
    for state in _STATES.split():
        for row in zipcodes.filter_by(state=state):  # type: ignore[no-untyped-call]
            if row["timezone"] in known:
                code = row["zip_code"]
                zones[code] = tuple(sorted({*zones.get(code, ()), row["timezone"]}))
    return zones


def zones_of(country: str, postal_code: str) -> tuple[str, ...]:
    """Return the IANA zones an address may lie in; none when that is not known.

    Only US ZIP codes (territories included) are known.
    """
    if country != "US":
        return ()
    return _zip_zones().get(postal_code[:_ZIP_DIGITS], ())


# Regions that keep one time, or few, and the zones they lie in.
_REGIONS: Mapping[str, tuple[str, ...]] = {
    "CA-ON": ("America/Toronto", "America/Winnipeg"),
    "CA-QC": ("America/Toronto", "America/Halifax"),
    "CA-BC": ("America/Vancouver", "America/Edmonton"),
    "CA-AB": ("America/Edmonton",),
    "CA-SK": ("America/Regina", "America/Edmonton"),
    "CA-MB": ("America/Winnipeg",),
    "CA-NB": ("America/Moncton",),
    "CA-NS": ("America/Halifax",),
    "CA-PE": ("America/Halifax",),
    "CA-NL": ("America/St_Johns", "America/Goose_Bay"),
    "AU-NSW": ("Australia/Sydney", "Australia/Broken_Hill"),
    "AU-VIC": ("Australia/Melbourne",),
    "AU-QLD": ("Australia/Brisbane",),
    "AU-SA": ("Australia/Adelaide",),
    "AU-WA": ("Australia/Perth", "Australia/Eucla"),
    "AU-TAS": ("Australia/Hobart",),
    "AU-NT": ("Australia/Darwin",),
    "AU-ACT": ("Australia/Sydney",),
    "BR-SP": ("America/Sao_Paulo",),
    "BR-RJ": ("America/Sao_Paulo",),
    "RU-MOW": ("Europe/Moscow",),
    "RU-SPE": ("Europe/Moscow",),
}


@cache
def zones_of_region(country: str, region: str = "") -> tuple[str, ...]:
    """Return the IANA zones that a state or province, or else a whole country, may lie in.

    A state of the United States has those of all its ZIP codes, the commonest first. Of a country
    that is too large to have one zone and of a region that is not known here nothing is returned.
    """
    if country == "US":
        return _state_zones(region) if region else ()
    if found := _REGIONS.get(f"{country}-{region}"):
        return found
    known = get_global("territory_zones").get(country, ())
    return (str(known[0]),) if len(known) == 1 else ()


def _state_zones(state: str) -> tuple[str, ...]:
    known = available_timezones()
    rows = zipcodes.filter_by(state=state)  # type: ignore[no-untyped-call]
    codes = Counter(str(row["timezone"]) for row in rows if row["timezone"] in known)
    return tuple(name for name, _ in codes.most_common())
