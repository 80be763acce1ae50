"""What a scenario is once it is read: people, debts, a timeline, questions and what is expected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from goodterms.arrangements.decide.book import PolicyBook
from goodterms.compliance.model import (
    AccountFacts,
    Circumstance,
    ConsentFact,
    Decision,
    Finding,
    LoggedContact,
    PointFacts,
    Rulebook,
)


class ScenarioError(ValueError):
    """A scenario that cannot be read; says where, what is wrong and what to write instead."""


@dataclass(frozen=True, slots=True)
class Point:
    """A number or address of the consumer, by the name the scenario gives it."""

    id: int
    name: str
    value: str
    zones: tuple[str, ...]
    facts: PointFacts
    email: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """The consumer. ``zones``, when given, stand for all that would be derived."""

    country: str
    region: str = ""
    city: str = ""
    postal_code: str = ""
    language: str = "en"
    address_zones: tuple[str, ...] = ()
    zones: tuple[str, ...] | None = None
    points: Mapping[str, Point] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller ID by name. ``tested_at`` None: tested when it is shown; ``tested``: ever."""

    number: str
    owned: bool = True
    pool: str = ""
    tested_at: datetime | None = None
    tested: bool = True
    answers: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contacted:
    """A contact happened; ``live``: it is not over yet."""

    at: datetime
    logged: LoggedContact
    caller_id: str = ""
    live: str = ""


@dataclass(frozen=True, slots=True)
class Worded:
    """The consumer agreed to something or took it back."""

    at: datetime
    consent: ConsentFact


@dataclass(frozen=True, slots=True)
class Held:
    """A hold was placed on some debts, or on the person (None); or released."""

    at: datetime
    kind: str
    account_ids: tuple[int, ...] | None
    placed: bool = True


@dataclass(frozen=True, slots=True)
class Stated:
    """A circumstance was recorded."""

    at: datetime
    fact: Circumstance


@dataclass(frozen=True, slots=True)
class Ended:
    """The circumstances of a kind ended, on one debt or point or altogether."""

    at: datetime
    kind: str
    account_id: int | None = None
    contact_point_id: int | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """The latest notice of a kind came back undelivered, about one debt or any."""

    at: datetime
    notice: str
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Paid:
    """Money came in on a debt; minor units."""

    at: datetime
    account_id: int
    minor: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Fields of a debt or of a number or address changed."""

    at: datetime
    account_id: int | None
    point: str | None
    fields: Mapping[str, Any]


Event = Contacted | Worded | Held | Stated | Ended | Returned | Paid | Changed


@dataclass(frozen=True, slots=True)
class World:
    """All that is given: who, what is owed, who we are, and what happened when."""

    person: Person
    debts: Mapping[str, AccountFacts]
    callers: Mapping[str, Caller]
    licences: tuple[str, ...]
    events: tuple[Event, ...]
    clock: str
    """The IANA zone in which times without an offset are read and written."""

    currency: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goodterms says to a question: a decision with its reasons, or values by name.

    ``trace`` are the lines that show how it came about.
    """

    decision: Decision | None = None
    findings: tuple[Finding, ...] = ()
    obligations: tuple[str, ...] = ()
    earliest: datetime | None = None
    debts: tuple[str, ...] = ()
    permit: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that was not met, in words."""

    field: str
    expected: str
    given: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question of a scenario with what is expected of the reply."""

    line: int
    title: str
    ask: Callable[[Rulebook], Reply]
    expect: Callable[[Reply], Sequence[Mismatch]]
    priced: Callable[[PolicyBook], Reply] | None = None
    """Instead of ``ask``, for a question of money."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario ready to be run. ``packs`` empty: every pack that ships.

    ``overlay`` holds rows that tighten the law, as the YAML text they were written in.
    """

    file: str
    line: int
    title: str
    packs: tuple[str, ...]
    checks: tuple[Check, ...]
    overlay: str = ""
    kind: str = "contact"
    policies: str = ""
    """A folder of policies beside the scenario; those that ship if empty."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check; passed if there is no mismatch."""

    scenario: Scenario
    check: Check
    mismatches: tuple[Mismatch, ...]
    reply: Reply

    @property
    def passed(self) -> bool:
        """Tell whether everything was as expected."""
        return not self.mismatches


Day = date
"""A date without a time of day."""
