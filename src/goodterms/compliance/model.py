"""Contacts that are proposed, the facts they are judged by, and the gate's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from goodterms.accounts.model import Channel


class Decision(StrEnum):
    """Go; not now but at a known time; or no, until a fact changes."""

    ALLOW = "allow"
    DEFER = "defer"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class ProposedContact:
    """One contact somebody wants to make. ``number`` is E.164 or an e-mail address."""

    attempt_id: str
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    number: str
    channel: Channel
    caller_id: str | None = None
    campaign_id: int | None = None
    prerecorded: bool = False


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the gate knows of one account at the instant of deciding.

    ``holds`` are the kinds in force on it; ``host_age_seconds`` is None for an account of ours.
    """

    account_id: int
    status: str
    balance_minor: int
    holds: tuple[str, ...]
    calls_dates: tuple[date, ...]
    conversation_dates: tuple[date, ...]
    lives_in_host: bool = False
    host_age_seconds: float | None = None
    host_answer: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate knows of the person at the instant of deciding, under the account lock.

    ``zones`` is the union over address and all active numbers. ``recent_calls`` are instants of
    countable calls to the person, newest first, over the last 7 days; ``revoked`` lists
    channels opted out for this contact point or altogether.
    """

    consumer_id: int
    region: str
    country: str
    zones: tuple[str, ...]
    point_status: str
    point_belongs: bool
    line_type: str
    accounts: tuple[AccountFacts, ...]
    holds: tuple[str, ...]
    revoked: tuple[str, ...]
    recent_calls: tuple[datetime, ...]
    live_attempts: tuple[str, ...]
    owned_caller_id: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule said: its id and version, whether it passes, and the words for people."""

    rule_id: str
    rule_version: int
    passed: bool
    reason_code: str
    words: str
    earliest_allowed_at: datetime | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's stored answer; every rule that applied is among ``findings``.

    ``permit`` is there only if the decision is ALLOW. ``account_ids`` are the debts the contact
    may be about: those of the proposal that are still contactable.
    """

    contact: ProposedContact
    decision: Decision
    reason_code: str
    findings: tuple[Finding, ...]
    facts: Facts
    rulebook_hash: str
    decided_at: datetime
    account_ids: tuple[int, ...]
    earliest_allowed_at: datetime | None = None
    permit: Permit | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make exactly one contact, until it expires. Made by the gate alone."""

    attempt_id: str
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    number: str
    channel: Channel
    caller_id: str | None
    rulebook_hash: str
    granted_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated, cited rule: a predicate's name with its parameters."""

    id: str
    version: int
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    moments: frozenset[str]
    predicate: str
    params: Mapping[str, Any]
    reason_code: str
    citation: str
    evidence: str
    signed_by: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules in force or dated, with the hash of their content."""

    rules: tuple[Rule, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class CallerId:
    """A number the organisation owns and may show."""

    number: str
    name: str
    proof: str
    trunk: str
    attestation: str
    active: bool
