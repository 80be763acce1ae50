"""Postal codes: the time zones an address may lie in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

import zipcodes

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
