"""Single packs of the shipped rulebook, judged as they stand, and people who live there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.contacts import US, account, contact, facts

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import gate, make_rulebook
from goodterms.compliance.decide.gate import ask
from goodterms.compliance.model import (
    Activation,
    Answer,
    Circumstance,
    Facts,
    LoggedContact,
    Moment,
    ProposedPayment,
    Reach,
    Rulebook,
    Verdict,
)

ZONES = {
    "US-MA": "America/New_York", "US-DC": "America/New_York", "US-NYC": "America/New_York",
    "US-FL": "America/New_York", "US-WA": "America/Los_Angeles", "US-TX": "America/Chicago",
    "GB": "Europe/London", "PL": "Europe/Warsaw", "EU": "Europe/Warsaw", "RU": "Europe/Moscow",
    "IN": "Asia/Kolkata", "CO": "America/Bogota", "CA-ON": "America/Toronto",
    "CA-QC": "America/Montreal", "AU": "Australia/Sydney", "AU-NSW": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
}  # fmt: skip


def pack(*places: str) -> Rulebook:
    """Give the rules of these places alone."""
    return make_rulebook([r for r in US.rules if r.jurisdiction in places], partial=True)


class Person:
    """Somebody who lives where a pack binds, with what happened so far; times are local."""

    def __init__(self, place: str, **known: Any) -> None:
        self.place, self.zone = place, ZoneInfo(ZONES[place])
        country, _, region = place.partition("-")
        city = "New York" if region == "NYC" else ""
        self.facts: Facts = facts(
            account(), country="PL" if country == "EU" else country,
            region="NY" if city else region, city=city, zones=(ZONES[place],), **known,
        )  # fmt: skip
        self.rulebook = pack(place, *(["AU"] if country == "AU" else []))

    def at(self, local: str) -> datetime:
        """Read a local time such as ``2026-09-07 10:00``."""
        return datetime.fromisoformat(local).replace(tzinfo=self.zone).astimezone(UTC)

    def had(self, local: str, medium: str = "call", **more: Any) -> LoggedContact:
        """Give a contact that was had, by default a call that rang out about account 11."""
        reach = more.pop("reach", Reach.RANG if medium == "call" else Reach.MESSAGE)
        at = self.at(local)
        return LoggedContact(at, at.astimezone(self.zone).date(), medium, (11,), reach, **more)

    def told(self, kind: str, on: str, **data: Any) -> Circumstance:
        """Give a recorded fact about the person, from the morning of a date on."""
        return Circumstance(kind, date.fromisoformat(on), self.at(f"{on} 09:00"), data=data)

    def ask(
        self, local: str, known: Facts, channel: Channel = Channel.CALL, **more: Any
    ) -> Verdict:
        """Judge a contact proposed at a local time."""
        return gate(contact(channel=channel, **more), known, self.rulebook, self.at(local))

    def other(
        self, moment: Moment, subject: ProposedPayment | Activation, local: str, known: Facts
    ) -> Answer:
        """Ask at a moment that gives no permit."""
        return ask(moment, subject, known, self.rulebook, self.at(local))
