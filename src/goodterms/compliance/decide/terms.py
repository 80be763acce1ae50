"""What the rows in force ask of a call that goes on, and of a campaign's pace, as numbers.

The engine cannot ask about each tick of each call: it takes these terms with the permit, and keeps
them. They come from the very rows that RING, ANSWER and PACE are judged by; of several the
strictest counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from goodterms.compliance.decide.case import places_of
from goodterms.compliance.decide.gate import in_scope
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import EVERYWHERE, Facts, Moment, Rule, Rulebook

_ANY = ("", "")


@dataclass(frozen=True, slots=True)
class CallTerms:
    """How long it rings at least, and how soon an agent must be there, in seconds.

    ``from_salutation``: the seconds run from the moment a person begins to speak, not from the
    end of the greeting. The defaults hold where no row says anything: the strictest that ship.
    """

    ring_seconds: int = 15
    agent_seconds: int = 2
    from_salutation: bool = True


def call_terms(rulebook: Rulebook, facts: Facts, purpose: str, now: datetime) -> CallTerms:
    """Return the terms of a call to this person.

    Reference: 47 CFR 64.1200(a)(6), (a)(7); Ofcom, persistent misuse: a general statement of
    policy.
    """
    scopes = tuple(dict.fromkeys((a.bound_as, a.kind) for a in facts.accounts)) or (_ANY,)
    return _call_terms(rulebook, places_of(facts), now.astimezone(UTC).date(), scopes, purpose)


@lru_cache(maxsize=1024)
def _call_terms(
    rulebook: Rulebook,
    where: tuple[str, ...],
    day: date,
    scopes: tuple[tuple[str, str], ...],
    purpose: str,
) -> CallTerms:
    def rows(moment: Moment, predicate: str) -> list[Rule]:
        return [
            rule
            for rule in _in_force(rulebook, moment, where, day)
            if rule.predicate == predicate
            and any(in_scope(rule, scope, purpose) for scope in scopes)
        ]

    rings = [int(rule.params["seconds"]) for rule in rows(Moment.RING, "ring_long")]
    agents = rows(Moment.ANSWER, "agent_within")
    usual = CallTerms()
    return CallTerms(
        max(rings, default=usual.ring_seconds),
        min([int(rule.params["seconds"]) for rule in agents], default=usual.agent_seconds),
        any(rule.params["since"] == "salutation" for rule in agents) or not agents,
    )


def pace_since(rulebook: Rulebook, country: str, now: datetime) -> datetime:
    """Return the instant from which a campaign's calls in a country count for its pace.

    The longest window of the rows in force: so many days back, or the local midnight.

    Reference: 47 CFR 64.1200(a)(7)(i): over a 30-day period.
    """
    day = now.astimezone(UTC).date()
    begins = [
        _begins(rule, now)
        for rule in _in_force(rulebook, Moment.PACE, (country,), day)
        if rule.predicate == "abandonment_cap" and country not in rule.params.get("except", ())
    ]
    return min(begins, default=now - timedelta(days=30))


def pace_windows(rulebook: Rulebook, now: datetime) -> dict[str, datetime]:
    """Return ``pace_since`` for each country that the rulebook knows, and as "" for any other."""
    countries = {rule.jurisdiction for rule in rulebook.rules if rule.jurisdiction != EVERYWHERE}
    known = sorted(place for place in countries if "-" not in place)
    return {country: pace_since(rulebook, country, now) for country in ("", *known)}


def _begins(rule: Rule, now: datetime) -> datetime:
    if rule.params.get("window") == "day":
        place = ZoneInfo(rule.params.get("zone", "UTC"))
        return day_begins((place,), now.astimezone(place).date())
    return now - timedelta(days=int(rule.params.get("window_days", 30)))


@lru_cache(maxsize=1024)
def _in_force(
    rulebook: Rulebook, moment: Moment, where: tuple[str, ...], day: date
) -> tuple[Rule, ...]:
    """Choose the rows in force on a day or the next, the newest version of each."""
    chosen: dict[str, Rule] = {}
    for rule in rulebook.rules:
        if (
            rule.enabled
            and moment in rule.moments
            and (rule.jurisdiction == EVERYWHERE or rule.jurisdiction in where)
            and rule.valid_from <= day + timedelta(days=1)
            and (rule.valid_to is None or day < rule.valid_to)
        ):
            chosen[rule.id] = rule
    return tuple(chosen.values())
