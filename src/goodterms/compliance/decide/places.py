"""Whose law it is: the jurisdictions of a place, from its country down to its city."""

from __future__ import annotations

from functools import lru_cache

# United States law binds in its territories, which are regions of it here.
_US_TERRITORIES = frozenset({"PR", "GU", "VI", "AS", "MP"})
_NAMED = {"UK": "GB", "USA": "US"}
_EU = frozenset(
    {
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT",
        "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
    }
)  # fmt: skip
_BOROUGHS = frozenset(
    {
        "new york", "new york city", "nyc", "manhattan", "brooklyn", "queens", "bronx",
        "the bronx", "staten island",
    }
)  # fmt: skip
# The first three digits of the postal codes of the five boroughs.
_NYC_CODES = ("100", "101", "102", "103", "104", "110", "111", "112", "113", "114", "116")


@lru_cache(maxsize=8192)
def jurisdictions(
    country: str, region: str = "", city: str = "", postal_code: str = ""
) -> tuple[str, ...]:
    """Return the codes of the places whose law binds there: ``US``, ``US-NY``, ``US-NYC``.

    ``country`` is ISO 3166-1 (``UK`` reads as ``GB``), ``region`` the subdivision's short code.
    A member of the European Union has ``EU`` too. Empty for an unknown country.
    """
    land = country.strip().upper()
    land = _NAMED.get(land, land)
    area = region.strip().upper()
    if not land:
        return ()
    if land in _US_TERRITORIES:
        land, area = "US", land
    found = [land]
    if land in _EU:
        found.append("EU")
    if area:
        found.append(f"{land}-{area.removeprefix(f'{land}-')}")
    if found[-1] == "US-NY" and _in_nyc(city, postal_code):
        found.append("US-NYC")
    return tuple(found)


def _in_nyc(city: str, postal_code: str) -> bool:
    # 11001 to 11005 belong to Nassau as well: in doubt the city's law binds.
    return postal_code.startswith(_NYC_CODES) or city.strip().lower() in _BOROUGHS


def read_code(code: str) -> tuple[str, ...]:
    """Read a code such as ``US-MA``, ``US-NYC`` or ``UK`` as the jurisdictions it stands for."""
    land, _, area = code.strip().upper().partition("-")
    if (land, area) == ("US", "NYC"):
        return ("US", "US-NY", "US-NYC")
    return jurisdictions(land, area)


@lru_cache(maxsize=512)
def is_jurisdiction(code: str) -> bool:
    """Tell whether a code names a place whose law a row can be: ``US``, ``US-MA``, ``EU``."""
    land, _, area = code.partition("-")
    known = land == "EU" or (land.isupper() and len(land) == 2)  # noqa: PLR2004 - ISO 3166-1
    return known and (not area or area.isupper())
