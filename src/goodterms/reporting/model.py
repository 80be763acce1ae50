"""What the floor, the timeline and the checks show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from goodterms.compliance.decide import abandonment
from goodterms.compliance.decide.abandonment import Share, Tally


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One thing that happened to a consumer, newest first in lists.

    ``kind`` is ``call``, ``payment``, ``promise``, ``hold``, ``consent``, ``note``, ``refusal`` or
    ``event``; ``title`` is one line in words; ``data`` holds what the kind's card shows.
    """

    at: datetime
    kind: str
    key: str
    title: str
    actor: str
    account_id: int | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AgentTile:
    """An agent on the floor."""

    person_id: int
    name: str
    automatic: bool
    state: str
    reason: str
    since: datetime
    attempt_id: str | None
    consumer_name: str | None
    number: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign on the floor with its pace and counts; rates over the window asked for."""

    id: int
    name: str
    state: str
    mode: str
    ratio: Decimal
    pace: int
    because: str
    waiting: int
    due_now: int
    withdrawn: int
    done: int
    in_flight: int
    placed: int
    answered: int
    connected: int
    abandoned: int
    max_concurrent: int
    max_per_second: Decimal

    @property
    def abandonment(self) -> Share | None:
        """How many of the people who answered found no agent, as pacing and the rules count it."""
        return abandonment.rate(Tally(self.abandoned, self.connected))

    @property
    def abandonment_bound(self) -> Decimal | None:
        """The rate that is not exceeded with 95 % confidence; few answers prove little."""
        share = self.abandonment
        return abandonment.upper_bound(share) if share else None

    @property
    def abandonment_rate(self) -> Decimal | None:
        """Abandoned / (abandoned + passed to an agent)."""
        return _ratio(self.abandonment)


@dataclass(frozen=True, slots=True)
class Load:
    """How many calls were under way, and how many of them in conversation, at an instant."""

    at: datetime
    in_flight: int
    talking: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The floor's figures since an instant. A rate without its denominator is None: no data."""

    since: datetime
    agents: Mapping[str, int]
    phases: Mapping[str, int]
    placed: int
    answered: int
    connected: int
    abandoned: int
    machines: int
    refused: int
    deferred: int
    cancelled: int
    promises: int
    payments: int
    money: Mapping[str, Decimal]

    @property
    def answer_rate(self) -> Decimal | None:
        """Answered by anybody / placed."""
        return _rate(self.answered, self.placed)

    @property
    def abandonment(self) -> Share | None:
        """How many of the people who answered found no agent, as pacing and the rules count it."""
        return abandonment.rate(Tally(self.abandoned, self.connected))

    @property
    def abandonment_bound(self) -> Decimal | None:
        """The rate that is not exceeded with 95 % confidence; few answers prove little."""
        share = self.abandonment
        return abandonment.upper_bound(share) if share else None

    @property
    def abandonment_rate(self) -> Decimal | None:
        """Abandoned / (abandoned + passed to an agent), the United States measure."""
        return _ratio(self.abandonment)


def _ratio(share: Share | None) -> Decimal | None:
    return share.ratio if share else None


def _rate(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of the day: what was placed, answered, connected, abandoned and collected."""

    at: datetime
    placed: int
    answered: int
    connected: int
    abandoned: int
    money: Decimal


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One verdict in the stream of decisions."""

    verdict_id: int
    attempt_id: str
    consumer_id: int
    consumer_name: str
    decision: str
    reason_code: str
    words: str
    decided_at: datetime
    earliest_allowed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the desk shows when a call is connected, besides money and rules."""

    attempt_id: str
    consumer_id: int
    campaign_name: str | None
    script: str | None
    notice: str | None
    phase: str
    state: str
    number: str
    caller_id: str
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    disposition: str | None


@dataclass(frozen=True, slots=True)
class GateAnswers:
    """How often the gate gave an answer for a reason; ``next_at`` is the earliest way out."""

    decision: str
    reason_code: str
    contacts: int
    people: int
    next_at: datetime | None
