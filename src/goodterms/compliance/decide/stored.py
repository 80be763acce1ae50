"""Contacts and facts as the JSON that is stored: what is as usual is left out.

A field that has its default is not written, and a logged contact is a list without its usual
end: a verdict is written for each call, and most of what could be said of a person is not there.
The defaults are part of the format: they may not change, or old verdicts would read otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from json.encoder import encode_basestring as _text
from typing import Any

import msgspec

from goodterms.accounts.model import Channel
from goodterms.compliance.model import (
    AccountFacts,
    Activation,
    CallerFacts,
    CallProgress,
    Circumstance,
    ConsentFact,
    DebtKind,
    Facts,
    LoggedContact,
    PointFacts,
    ProposedContact,
    ProposedErasure,
    ProposedPace,
    ProposedPayment,
    ProposedReport,
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


_LOG_USUAL = tuple(LoggedContact._field_defaults.values())


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
            Circumstance, CallProgress, ProposedPayment, ProposedPace, Activation,
            ProposedReport, ProposedErasure,
        )
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What a verdict was made from, beside the rulebook and the instant."""

    contact: ProposedContact
    facts: Facts


_KNOWN = msgspec.json.Decoder(Known)


def read_known(stored: str | bytes) -> Known:
    """Read contact and facts back from the text that was stored.

    Raises:
        ValueError: the text was not written by this program.
    """
    return _KNOWN.decode(stored)
