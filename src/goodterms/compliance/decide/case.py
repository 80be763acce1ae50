"""What a predicate looks at, and the shape that all predicates share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from goodterms.compliance.decide.windows import dates, places
from goodterms.compliance.model import (
    AccountFacts,
    Facts,
    Finding,
    ProposedContact,
    ReasonCode,
    Rule,
)


@dataclass(frozen=True, slots=True)
class Case:
    """A proposed contact with the facts, at an instant (UTC), where the consumer may be.

    ``days`` are the local dates it may be now; both are empty if a zone is unknown. ``held`` are
    the kinds of all holds, wherever they are. ``terse`` leaves the words of passing rules empty:
    they cost time and follow from the facts again.
    """

    contact: ProposedContact
    facts: Facts
    now: datetime
    zones: tuple[ZoneInfo, ...]
    days: tuple[date, ...]
    held: frozenset[str]
    terse: bool

    @classmethod
    def of(
        cls, contact: ProposedContact, facts: Facts, now: datetime, *, terse: bool = False
    ) -> Case:
        """Make the case; one unreadable zone makes the whole place unknown."""
        instant = now.astimezone(UTC)
        zones = places(facts.zones)
        return cls(contact, facts, instant, zones, dates(zones, instant), _held(facts), terse)


def _held(facts: Facts) -> frozenset[str]:
    held = {*facts.holds_anywhere, *facts.holds}
    for account in facts.accounts:
        held.update(account.holds)
    return frozenset(held)


Debts = tuple[AccountFacts, ...]
Check = Callable[[Case, Debts], tuple[Finding, ...]]


class Level(Enum):
    """What a failing finding means.

    PERSON: the contact fails. DROP: the debt it names drops out of the contact, and the contact
    fails if no debt is left. DEBT: asked about the debts that are left; the contact fails.
    """

    PERSON = 1
    DROP = 2
    DEBT = 3


@dataclass(frozen=True, slots=True)
class Predicate:
    """A pure test with its parameters.

    ``params`` maps each parameter's name to a reader that raises ValueError with a sentence;
    ``make`` turns a rule into its check once, so that judging reads no parameter again.
    """

    level: Callable[[Mapping[str, Any]], Level]
    params: Mapping[str, Callable[[Any], object]]
    make: Callable[[Rule], Check]


def always(level: Level) -> Callable[[Mapping[str, Any]], Level]:
    """Give a level that does not depend on the parameters."""
    return lambda _params: level


@dataclass(frozen=True, slots=True)
class Voice:
    """Makes the findings of one rule."""

    rule: Rule

    def passes(self, words: str, account_id: int | None = None) -> Finding:
        """Say that the rule lets the contact through."""
        return Finding(
            self.rule.id, self.rule.version, True, ReasonCode.ALLOWED, words, None, account_id
        )

    def fails(
        self, words: str, earliest: datetime | None = None, account_id: int | None = None
    ) -> Finding:
        """Say that it does not, and from when on it would; None: until a fact changes."""
        rule = self.rule
        return Finding(rule.id, rule.version, False, rule.reason_code, words, earliest, account_id)
