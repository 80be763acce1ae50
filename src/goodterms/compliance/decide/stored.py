"""Contacts and facts as the JSON that is stored: what is as usual is left out.

A field that has its default is not written, and a logged contact is a list without its usual
end: a verdict is written for each call, and most of what could be said of a person is not there.
The defaults are part of the format: they may not change, or old verdicts would read otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from json.encoder import encode_basestring as _text
from typing import Any

from goodterms.accounts.model import Channel
from goodterms.compliance.model import (
    AccountFacts,
    CallerFacts,
    Circumstance,
    ConsentFact,
    DebtKind,
    Facts,
    LoggedContact,
    PointFacts,
    ProposedContact,
    Reach,
    Role,
    Wording,
)
from goodterms.kit import plainjson


def written(value: Any) -> str:
    """Write a contact, facts or a part of them as the canonical JSON that is stored."""
    return _WRITERS[value.__class__](value)


def _of_class(kind: type[Any]) -> Callable[[Any], str]:
    """Make the writer of a dataclass: its fields by name, without those that are as usual."""
    entries = sorted(
        (f.name, f'"{f.name}":', f.default if f.default_factory is MISSING else f.default_factory())
        for f in fields(kind)
    )

    def write(value: Any) -> str:
        parts = []
        for name, key, usual in entries:
            held = getattr(value, name)
            if held is not usual and held != usual:
                parts.append(key + _WRITERS[held.__class__](held))
        return "{" + ",".join(parts) + "}"

    return write


def _list(values: Iterable[Any]) -> str:
    return "[" + ",".join([_WRITERS[one.__class__](one) for one in values]) + "]"


def _mapping(values: Mapping[str, Any]) -> str:
    return plainjson.canonical(values).decode()


def _instant_text(at: date) -> str:
    return f'"{at.isoformat()}"'


_LOG_USUAL: tuple[Any, ...] = tuple(f.default for f in fields(LoggedContact))[4:]


def _logged_text(one: LoggedContact) -> str:
    """Write a logged contact as a list, up to the last field that is not as usual."""
    rest = (int(one.reach), one.number, one.outcome, one.place, one.direction, one.purpose,
            one.to, one.voice, one.message)  # fmt: skip
    end = len(rest)
    while end and rest[end - 1] == _LOG_USUAL[end - 1]:
        end -= 1
    ids = ",".join(map(str, one.account_ids))
    tail = "".join([f",{_WRITERS[held.__class__](held)}" for held in rest[:end]])
    return f'["{one.at.isoformat()}","{one.day.isoformat()}","{one.medium}",[{ids}]{tail}]'


_WRITERS: dict[type[Any], Callable[[Any], str]] = {
    str: _text,
    int: str,
    bool: lambda value: "true" if value else "false",
    float: repr,
    type(None): lambda _: "null",
    date: _instant_text,
    datetime: _instant_text,
    tuple: _list,
    frozenset: lambda values: _list(sorted(values)),
    dict: _mapping,
    LoggedContact: _logged_text,
    Channel: lambda value: f'"{value.value}"',
    Role: lambda value: f'"{value.value}"',
    DebtKind: lambda value: f'"{value.value}"',
}
_WRITERS.update(
    {
        kind: _of_class(kind)
        for kind in (
            ProposedContact, Wording, Facts, PointFacts, AccountFacts, CallerFacts, ConsentFact,
            Circumstance,
        )
    }
)  # fmt: skip


def contact_from(stored: Mapping[str, Any]) -> ProposedContact:
    """Read a proposed contact back from its stored form."""
    values = dict(stored)
    values["account_ids"] = tuple(values["account_ids"])
    values["channel"] = Channel(values["channel"])
    if "hours" in values:
        values["hours"] = {day: tuple(span) for day, span in values["hours"].items()}
    if "wording" in values:
        values["wording"] = _wording(values["wording"])
    return ProposedContact(**values)


def _wording(stored: Mapping[str, Any]) -> Wording:
    return Wording(**{**stored, "says": frozenset(stored.get("says", ()))})


def facts_from(stored: Mapping[str, Any]) -> Facts:
    """Read facts back from their stored form."""
    values = {
        name: _READERS[name](held) if name in _READERS else held for name, held in stored.items()
    }
    return Facts(**values)


def _each(read: Callable[[Any], Any]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    return lambda stored: tuple([read(one) for one in stored])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _account(stored: Mapping[str, Any]) -> AccountFacts:
    if "holds" in stored:
        return AccountFacts(**{**stored, "holds": tuple(stored["holds"])})
    return AccountFacts(**stored)


def _logged(row: Sequence[Any]) -> LoggedContact:
    at, day, medium, ids, *rest = row
    if rest:
        rest[0] = Reach(rest[0])
    return LoggedContact(_instant(at), date.fromisoformat(day), medium, tuple(ids), *rest)


def _consent(stored: Mapping[str, Any]) -> ConsentFact:
    return ConsentFact(**{**stored, "at": _instant(stored["at"])})


def _circumstance(stored: Mapping[str, Any]) -> Circumstance:
    return Circumstance(
        **{**stored, "on": date.fromisoformat(stored["on"]), "at": _instant(stored["at"])}
    )


def _caller(stored: Mapping[str, Any]) -> CallerFacts:
    values = dict(stored)
    if values.get("tested_at"):
        values["tested_at"] = _instant(values["tested_at"])
    if "shown_before" in values:
        values["shown_before"] = tuple(
            (number, _instant(at)) for number, at in values["shown_before"]
        )
    return CallerFacts(**values)


_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("zones", "holds", "holds_anywhere", "revoked", "live_attempts", "licences"),
        tuple,
    ),
    "point": lambda stored: PointFacts(**stored),
    "accounts": _each(_account),
    "consents": _each(_consent),
    "circumstances": _each(_circumstance),
    "log": _each(_logged),
    "caller": _caller,
}
