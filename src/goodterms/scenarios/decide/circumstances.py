"""Circumstances as written: every kind of the registry, its fields beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from goodterms.accounts.model.circumstances import CIRCUMSTANCES, CircumstanceKind
from goodterms.compliance.decide.readers import weekdays
from goodterms.compliance.decide.windows import UnreadableTimeError, read_minutes
from goodterms.compliance.model import Circumstance
from goodterms.scenarios.decide.cast import Cast
from goodterms.scenarios.decide.clock import LONG_AGO, day_of, take_whens, when
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.decide.people import read_place, read_zones
from goodterms.scenarios.model import Event, Stated

_PLACE_WORDS = {"office": "work", "cell": "mobile", "employer": "work"}
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# What the value beside the kind means, where it is not the one field that is needed.
_MAIN = {"initial_communication": "medium", "first_contact": "medium",
         "first_conversation": "medium"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """A circumstance being read: its kind, the event it stands in, and where its data stand."""

    kind: str
    event: Fields
    data: Fields
    cast: Cast

    @property
    def spec(self) -> CircumstanceKind:
        return CIRCUMSTANCES[self.kind]


def read_circumstance(kind: str, value: Node | None, fields: Fields, cast: Cast) -> Sequence[Event]:
    """Read one circumstance; its data stand beside it, or below it as fields of its own."""
    nested = value is not None and not value.is_text and not value.is_list
    inner = value.fields() if value is not None and nested else fields
    told = _Told(kind, fields, inner, cast)
    scalar = None if nested or value is None or value.is_null else value
    made = _made(told, _data(told, scalar), scalar)
    if nested:
        inner.done()
    return made


def _data(told: _Told, value: Node | None) -> dict[str, Any]:
    """Read what the registry lets be said of the kind."""
    kind, data = told.kind, dict[str, Any]()
    if value is not None and kind != "time_barred_on" and not value.is_plain:
        data.update(_main(kind, value))
    if (what := told.data.take("what", "subject")) is not None and kind == "dispute":
        data["about"] = _read(told.spec.fields["about"], what)
    for name, sort in told.spec.fields.items():
        if name not in told.data or name in data:
            continue
        if name == "about" and told.cast.names_debts(told.data):
            continue  # it says which debt
        if kind == "stated_location" and name == "place":
            data.update(_main(kind, told.data.need(name)))
        else:
            data[name] = _read(sort, told.data.need(name))
    return data


def _main_field(kind: str) -> str:
    spec = CIRCUMSTANCES[kind]
    if kind in _MAIN:
        return _MAIN[kind]
    return next(iter(spec.needed), next(iter(spec.fields), ""))


def _main(kind: str, value: Node) -> dict[str, Any]:
    """Read the one value that is written beside the kind."""
    if kind in _MAIN_READERS:
        return _MAIN_READERS[kind](value)
    name = _main_field(kind)
    return {name: _read(CIRCUMSTANCES[kind].fields[name], value)}


def _dispute(value: Node) -> dict[str, Any]:
    how = value.choice(("written", "oral"), {"in_writing": "written", "by_phone": "oral"})
    return {"written": how == "written"}


def _employer(value: Node) -> dict[str, Any]:
    if value.is_plain:
        return {}
    return {"oral": value.choice(("oral", "known", "written")) == "oral"}


def _verification(value: Node) -> dict[str, Any]:
    return {} if value.text().lower() == "sent" else {"medium": _read(_MEDIA, value)}


def _place(value: Node) -> dict[str, Any]:
    home = read_place(value)
    return {"place": home.code, "zones": list(home.zones)}


def _no_value(value: Node) -> dict[str, Any]:
    value.refuse("has a value of its own", "write yes, and from, until or weekdays beside it")


_MEDIA = CIRCUMSTANCES["verification"].fields["medium"]
_MAIN_READERS: dict[str, Callable[[Node], dict[str, Any]]] = {
    "dispute": _dispute,
    "employer_prohibits": _employer,
    "verification": _verification,
    "stated_location": _place,
    "inconvenient_time": _no_value,
    "only_time": _no_value,
    "convenient_time": _no_value,
}


def _made(told: _Told, data: dict[str, Any], value: Node | None) -> list[Event]:
    """Put the circumstance together with its date, its instant and what it is about."""
    source, spec = told.data, told.spec
    at, day = _dated(told, value)
    point = source.take("point") if told.kind == "blocked_us" else source.take("point", "address")
    if point is None and "point" in spec.about and "number" not in spec.fields:
        point = source.take("number", "email")
    point_id = told.cast.point(point).id if point else None
    about = told.cast.about(source)
    if spec.about == {"account"} and not about:
        about = tuple(debt.account_id for debt in told.cast.debts.values())
    for name in sorted(spec.needed):
        if name not in data:
            told.event.node.refuse(f"lacks '{name}' of the {told.kind}", "add it")
    if told.kind == "stated_location":
        data.setdefault("zones", [])
    return [
        Stated(at, Circumstance(told.kind, day, at, account_id, point_id, data))
        for account_id in about or (None,)
    ]


def _dated(told: _Told, value: Node | None) -> tuple[datetime, date]:
    """Read when it became known and the date it is of; without any it was always so."""
    clock = told.cast.clock
    whens = take_whens(told.event)
    if not whens and told.data is not told.event:
        whens = take_whens(told.data)
    recorded = told.data.take("recorded", "known")
    at = clock.of(whens[0]) if whens else LONG_AGO
    day = whens[0].day if whens else LONG_AGO.date()
    if told.kind == "time_barred_on" and value is not None and not value.is_plain:
        day = day_of(value)
    return (clock.of(when(recorded)) if recorded else at), day


def _read(sort: str, node: Node) -> Any:
    """Read a value of a sort the registry knows: one of these, or choices divided by bars."""
    if "|" in sort:
        return node.choice(sort.split("|"), _PLACE_WORDS)
    return _SORTS[sort](node)


def _amount(node: Node) -> Any:
    number = node.number()
    return int(number) if number == int(number) else str(number)


def _time(node: Node) -> str:
    text = node.text()
    text = text.zfill(5) if ":" in text else text
    try:
        read_minutes(text)
    except UnreadableTimeError:
        node.refuse(f"is {node.text()!r}", "write a time of day such as '12:00'")
    return text


def _days(node: Node) -> list[int]:
    """Read weekdays: names, ranges such as mon-fri, ``weekdays`` or ``weekends``."""
    found: list[int] = []
    for text in node.texts():
        word = {"weekdays": "mon-fri", "weekends": "sat-sun", "weekend": "sat-sun"}.get(
            text.lower(), text.lower()
        )
        first, _, last = word.partition("-")
        try:
            begin, end = (weekdays([name[:3] if name.isalpha() else int(name)])[0]
                          for name in (first, last or first))  # fmt: skip
        except ValueError:
            node.refuse(f"names {text!r}", f"write days such as {', '.join(_WEEK)} or mon-fri")
        found += range(begin, end + 1)
    return found


_SORTS: dict[str, Callable[[Node], Any]] = {
    "text": Node.text,
    "flag": Node.flag,
    "date": lambda node: day_of(node).isoformat(),
    "time": _time,
    "day_list": _days,
    "amount": _amount,
    "zones": lambda node: list(read_zones(node)),
}


def located(node: Node, cast: Cast) -> list[Event]:
    """Read where the consumer is, beside the residence: one place or several, from the start."""
    return [event for item in node.items() for event in _location(item, cast)]


def _location(node: Node, cast: Cast) -> Sequence[Event]:
    if node.is_text:
        home = read_place(node)
        data = {"place": home.code, "zones": list(home.zones)}
        fact = Circumstance("stated_location", LONG_AGO.date(), LONG_AGO, data=data)
        return [Stated(LONG_AGO, fact)]
    fields = node.fields()
    found = read_circumstance("stated_location", None, fields, cast)
    fields.done()
    return found
