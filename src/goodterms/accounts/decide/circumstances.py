"""What may be recorded about contact, and which of it makes planned contact stale."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from goodterms.accounts.model import CIRCUMSTANCES, CircumstanceKind, RecordedCircumstance
from goodterms.kit.errors import Refusal
from goodterms.kit.postcodes import zones_of_region

_LONGEST = 500
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 3

# Of these only the newest record about the same matter is in force; of those the first stays, and
# later ones change nothing. All others stand beside each other.
_NEWEST = frozenset({
    "only_channel", "employer_prohibits", "attorney", "address_provenance", "number_check",
    "line_check", "stated_location", "consumer_wrote", "opted_out", "time_barred_on",
    "claim_accrued", "first_delinquency",
})  # fmt: skip
_FIRST = frozenset({"initial_communication", "first_contact", "first_conversation"})
_AHEAD = frozenset({"time_barred_on"})

_WISH = "The consumer said how to be contacted: keep to it from now on."
_END = "end the conversation about it politely."
# What a talking agent is told when planned contact may have become stale; where a field is named,
# only if it has the value.
_STOPS: Final[Mapping[str, tuple[str, str, object]]] = {
    "inconvenient_time": (_WISH, "", None),
    "only_time": (_WISH, "", None),
    "inconvenient_place": (_WISH, "", None),
    "only_place": (_WISH, "", None),
    "only_channel": (_WISH, "", None),
    "employer_prohibits": (
        "The employer does not allow calls at work: end a call to work politely.", "", None,
    ),
    "attorney": (f"The consumer is represented by an attorney: {_END}", "", None),
    "dispute": (f"The consumer disputed the debt in writing: {_END}", "written", True),
    "number_check": (
        "This number was given to somebody else: end the call politely.", "result", "reassigned",
    ),
    "stated_location": ("The consumer is somewhere else: mind the hours there.", "", None),
    "breathing_space": (f"A breathing space began: {_END}", "", None),
    "blocked_us": ("The consumer blocked us or asked that our number stops calling.", "", None),
}  # fmt: skip


def kind_named(kind: str) -> CircumstanceKind:
    """Return what is known of a kind.

    Raises:
        Refusal: nothing of this kind can be recorded; the text names the nearest that can.
    """
    known = CIRCUMSTANCES.get(kind)
    if known is not None:
        return known
    near = difflib.get_close_matches(kind, CIRCUMSTANCES, 1)
    hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(CIRCUMSTANCES)}."
    raise Refusal("CIRCUMSTANCE_KIND", f"There is no circumstance {kind!r}: {hint}", field="kind")


def check_about(kind: str, account_id: int | None, contact_point_id: int | None) -> None:
    """Refuse a circumstance about what it cannot be about.

    Raises:
        Refusal: the account or contact point is missing, or there is one too many.
    """
    about = kind_named(kind).about
    if account_id is not None and contact_point_id is not None:
        words = "It is about an account or about a number or address: name one of them."
        raise Refusal("CIRCUMSTANCE_ABOUT", words, field="contact_point_id")
    for given, what, name, words in (
        (account_id, "account", "account_id", "one account"),
        (contact_point_id, "point", "contact_point_id", "one number or address"),
    ):
        if given is not None and what not in about:
            message = f"{kind} is never about {words}: leave {name} out."
            raise Refusal("CIRCUMSTANCE_ABOUT", message, field=name)
        if given is None and about == {what}:
            message = f"{kind} is about {words}: say which."
            raise Refusal("CIRCUMSTANCE_ABOUT", message, field=name)


def check_data(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data as it is stored: known names, values of their sort, nothing empty.

    Raises:
        Refusal: a name is unknown or missing, or a value is not of its sort; the text names it.
    """
    known = kind_named(kind)
    checked: dict[str, Any] = {}
    for name, value in data.items():
        sort = known.fields.get(name)
        if sort is None:
            raise Refusal("CIRCUMSTANCE_FIELD", _unknown(kind, known, name), field=name)
        if value is None or value in ("", [], ()):
            continue
        try:
            checked[name] = _read(sort)(value)
        except ValueError as error:
            raise Refusal("CIRCUMSTANCE_FIELD", f"{name}: {error}.", field=name) from error
    for name in sorted(known.needed - checked.keys()):
        raise Refusal("CIRCUMSTANCE_FIELD", f"{kind} needs {name}: fill it in.", field=name)
    if _is_a_time(known) and not checked.keys() & {"weekdays", "from", "until"}:
        words = "Say which weekdays, from when, or until when."
        raise Refusal("CIRCUMSTANCE_FIELD", words, field="from")
    return checked


def located(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data with the zones of a stated place, where they follow from it.

    Raises:
        Refusal: they do not, and none were given.
    """
    if kind != "stated_location" or data.get("zones"):
        return data
    land, _, area = str(data["place"]).upper().partition("-")
    zones = zones_of_region({"UK": "GB"}.get(land, land), {"NYC": "NY"}.get(area, area))
    if not zones:
        words = "The time zones of this place are not known: enter them, e.g. America/Toronto."
        raise Refusal("CIRCUMSTANCE_FIELD", words, field="zones")
    return {**data, "zones": sorted(zones)}


def _is_a_time(known: CircumstanceKind) -> bool:
    return "weekdays" in known.fields


def check_date(kind: str, on: date, now: datetime) -> None:
    """Refuse a date that is not yet.

    Raises:
        Refusal: the date lies after tomorrow by UTC, when it is nobody's today.
    """
    if kind not in _AHEAD and (on - now.date()).days > 1:
        message = f"{on.isoformat()} has not come yet: give the date it happened."
        raise Refusal("CIRCUMSTANCE_DATE", message, field="on")


def stop_of(kind: str, data: Mapping[str, Any]) -> str | None:
    """Return what a talking agent is told if this may make planned contact stale, else None."""
    stop = _STOPS.get(kind)
    if stop is None:
        return None
    message, name, value = stop
    return message if not name or data.get(name) == value else None


def same_as(
    fresh: RecordedCircumstance, there: Sequence[RecordedCircumstance]
) -> RecordedCircumstance | None:
    """Return the record in force that already says what a new one would, if there is one.

    What is recorded again with the same date and data is there; of firsts the earliest counts.
    """
    for one in there:
        if (one.held_on, dict(one.data)) == (fresh.held_on, dict(fresh.data)):
            return one
    if fresh.kind in _FIRST:
        return next((one for one in there if one.held_at <= fresh.held_at), None)
    return None


def superseded(
    fresh: RecordedCircumstance, there: Sequence[RecordedCircumstance]
) -> tuple[tuple[RecordedCircumstance, ...], str, bool]:
    """Return which records in force a new one ends, why, and whether it is over itself.

    A record that comes in late, with an older date than the newest one on file, ends nothing: it
    is kept as history.
    """
    if fresh.kind in _FIRST:
        return tuple(there), "an earlier one was recorded", False
    if fresh.kind not in _NEWEST:
        return (), "", False
    if any(one.held_at > fresh.held_at for one in there):
        return (), "a newer one was on record", True
    return tuple(there), "a newer one was recorded", False


def _unknown(kind: str, known: CircumstanceKind, name: str) -> str:
    near = difflib.get_close_matches(name, known.fields, 1)
    if near:
        return f"{kind} has no {name!r}: did you mean {near[0]}?"
    names = ", ".join(known.fields) or "nothing more"
    return f"{kind} has no {name!r}: it holds {names}."


def _text(value: Any) -> str:
    text = " ".join(str(value).split()) if isinstance(value, str | int) else ""
    if not 0 < len(text) <= _LONGEST or "\0" in text:
        raise ValueError(f"write 1 to {_LONGEST} characters")
    return text


def _date(value: Any) -> str:
    try:
        return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
    except ValueError as error:
        raise ValueError("write a date, e.g. 2026-11-03") from error


def _time(value: Any) -> str:
    text = f"0{value}" if re.fullmatch(r"\d:\d\d", str(value)) else str(value)
    if not _TIME.fullmatch(text):
        raise ValueError("write a time of day, e.g. 08:00 or 24:00")
    return text


def _days(value: Any) -> list[int]:
    listed = value if isinstance(value, list | tuple) else [value]
    return sorted({_day(one) for one in listed})


def _day(value: Any) -> int:
    text = str(value).strip().lower()
    if text.isdecimal() and int(text) < len(_WEEK):
        return int(text)
    found = [place for place, name in enumerate(_WEEK) if name.startswith(text)]
    if len(text) >= _SHORTEST_DAY and len(found) == 1:
        return found[0]
    raise ValueError("list weekdays as 0 (Monday) to 6 (Sunday), or by their English names")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("yes", "true", "1"):
        return True
    if text in ("no", "false", "0"):
        return False
    raise ValueError("write yes or no")


def _amount(value: Any) -> int | str:
    """Keep a whole number as one, and any other exact, as text."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError("write a number, e.g. 120 or 120.50") from error
    if isinstance(value, bool | float) or not number.is_finite() or not 0 <= number < 10**12:
        raise ValueError("write a number of zero or more, e.g. 120 or 120.50")
    return int(number) if number == number.to_integral_value() else f"{number:f}"


def _zones(value: Any) -> list[str]:
    listed = value if isinstance(value, list | tuple) else str(value).replace(",", " ").split()
    for name in listed:
        try:
            ZoneInfo(str(name))
        except (ValueError, KeyError, OSError) as error:
            raise ValueError(f"{name} is no time zone, e.g. America/New_York") from error
    return sorted({str(name) for name in listed})


def _choice(sort: str) -> Callable[[Any], str]:
    choices = sort.split("|")

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"choose one of {', '.join(choices)}")
        return str(value)

    return read


_SORTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "date": _date,
    "time": _time,
    "day_list": _days,
    "flag": _flag,
    "amount": _amount,
    "zones": _zones,
}


def _read(sort: str) -> Callable[[Any], Any]:
    return _SORTS.get(sort) or _choice(sort)
