"""Contacts that are proposed, the facts they are judged by, and the gate's answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from goodterms.accounts.model import Channel

PERMIT_LIFE = timedelta(seconds=15)

# What ``accounts.account.host_answer`` says when the host lets us contact its consumer.
HOST_CONTACTABLE = "contactable"


class Decision(StrEnum):
    """Go; not now but at a known time; or no, until a fact changes."""

    ALLOW = "allow"
    DEFER = "defer"
    DENY = "deny"


class ReasonCode(StrEnum):
    """The closed registry of reasons; ``meaning`` says each in one sentence for people."""

    ALLOWED = "ALLOWED"
    RULE_MISSING = "RULE_MISSING"
    TZ_UNKNOWN = "TZ_UNKNOWN"
    TIME_AMBIGUOUS = "TIME_AMBIGUOUS"
    TIME_OUTSIDE = "TIME_OUTSIDE"
    CAMPAIGN_HOURS = "CAMPAIGN_HOURS"
    POINT_WRONG = "POINT_WRONG"
    POINT_DEAD = "POINT_DEAD"
    POINT_RETIRED = "POINT_RETIRED"
    POINT_NOT_THEIRS = "POINT_NOT_THEIRS"
    MEDIUM_OPTOUT = "MEDIUM_OPTOUT"
    CID_NOT_OWNED = "CID_NOT_OWNED"
    ATTEMPT_LIVE = "ATTEMPT_LIVE"
    DEBT_UNKNOWN = "DEBT_UNKNOWN"
    BALANCE_ZERO = "BALANCE_ZERO"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    HOST_SILENT = "HOST_SILENT"
    HOST_REFUSED = "HOST_REFUSED"
    CEASE_WRITTEN = "CEASE_WRITTEN"
    ATTY_REP = "ATTY_REP"
    BANKRUPTCY = "BANKRUPTCY"
    DISPUTE_OPEN = "DISPUTE_OPEN"
    TIME_BARRED = "TIME_BARRED"
    BREATHING_SPACE = "BREATHING_SPACE"
    HOLD_DECEASED = "HOLD_DECEASED"
    HOLD_HARDSHIP = "HOLD_HARDSHIP"
    HOLD_FRAUD = "HOLD_FRAUD"
    HOLD_LEGAL = "HOLD_LEGAL"
    HOLD_COMPLAINT = "HOLD_COMPLAINT"
    HOLD_CLIENT = "HOLD_CLIENT"
    REGF_7IN7 = "REGF_7IN7"
    REGF_7DAY_WAIT = "REGF_7DAY_WAIT"
    MIN_GAP = "MIN_GAP"
    DAY_CAP = "DAY_CAP"

    @property
    def meaning(self) -> str:
        """Say the reason in one sentence."""
        return _MEANINGS[self]


_R = ReasonCode
_MEANINGS = {
    _R.ALLOWED: "Every rule that applies lets the contact through.",
    _R.RULE_MISSING: "The rulebook has no rule for something it must decide, so the answer is no.",
    _R.TZ_UNKNOWN: "Nobody knows which time zone the consumer is in.",
    _R.TIME_AMBIGUOUS: "The possible time zones leave no hour that is allowed in all of them.",
    _R.TIME_OUTSIDE: "It is too early or too late where the consumer may be.",
    _R.CAMPAIGN_HOURS: "The campaign does not call at this hour.",
    _R.POINT_WRONG: "The number leads to somebody else.",
    _R.POINT_DEAD: "The number is not in service.",
    _R.POINT_RETIRED: "The number is no longer used for this consumer.",
    _R.POINT_NOT_THEIRS: "The number is not on record for this consumer.",
    _R.MEDIUM_OPTOUT: "The consumer asked not to be contacted this way.",
    _R.CID_NOT_OWNED: "The caller ID is not a registered number of ours, in use and attested A.",
    _R.ATTEMPT_LIVE: "Another attempt to reach the consumer is under way or not yet wrapped up.",
    _R.DEBT_UNKNOWN: "The contact names no debt, or one that is not this consumer's.",
    _R.BALANCE_ZERO: "Nothing is owed, or the balance is not known.",
    _R.ACCOUNT_CLOSED: "The account is paid, recalled or closed.",
    _R.HOST_SILENT: "The host system that owns the account has not answered just now.",
    _R.HOST_REFUSED: "The host system that owns the account says not to contact.",
    _R.CEASE_WRITTEN: "The consumer asked in writing that contact stops.",
    _R.ATTY_REP: "An attorney represents the consumer.",
    _R.BANKRUPTCY: "The consumer is protected by a bankruptcy.",
    _R.DISPUTE_OPEN: "The debt is disputed and not yet verified.",
    _R.TIME_BARRED: "The debt is too old to be pursued.",
    _R.BREATHING_SPACE: "The consumer has a legal breathing space.",
    _R.HOLD_DECEASED: "The consumer is recorded as deceased.",
    _R.HOLD_HARDSHIP: "Contact is paused because of hardship.",
    _R.HOLD_FRAUD: "The debt may stem from fraud.",
    _R.HOLD_LEGAL: "The matter is with the courts or our lawyers.",
    _R.HOLD_COMPLAINT: "A complaint is being looked into.",
    _R.HOLD_CLIENT: "The creditor asked for contact to stop.",
    _R.REGF_7IN7: "Seven calls about the debt have been made within seven days.",
    _R.REGF_7DAY_WAIT: "There was a conversation about the debt within the last seven days.",
    _R.MIN_GAP: "The last call to the consumer was too recent.",
    _R.DAY_CAP: "The consumer has been called as often as one day allows.",
}


@dataclass(frozen=True, slots=True)
class ProposedContact:
    """One contact somebody wants to make. ``number`` is E.164 or an e-mail address.

    ``hours`` narrow the law: weekday number ("0" Monday) to ``(from, until)`` local "HH:MM"
    at the consumer's place; a weekday left out is closed; empty means the law alone.
    """

    attempt_id: str
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    number: str
    channel: Channel
    caller_id: str | None = None
    campaign_id: int | None = None
    prerecorded: bool = False
    hours: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the gate knows of one account at the instant of deciding.

    ``balance_minor`` is in minor units, None if unknown. ``holds`` are the kinds in force on it.
    ``calls_dates`` has one local date per countable call, ``conversation_dates`` one per
    conversation: the latest date it may have had where the consumer may be.
    ``host_age_seconds`` is None for an account of ours.
    """

    account_id: int
    status: str
    balance_minor: int | None
    holds: tuple[str, ...]
    calls_dates: tuple[date, ...]
    conversation_dates: tuple[date, ...]
    lives_in_host: bool = False
    host_age_seconds: float | None = None
    host_answer: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate knows of the person at the instant of deciding, under the account lock.

    ``zones`` is the union over address and all active numbers. ``recent_calls`` are instants of
    countable calls to the person, newest first, as far back as the rulebook looks; ``revoked``
    lists channels opted out for this contact point or altogether. ``holds`` are those on the
    person; ``holds_anywhere`` adds those on any of the person's accounts. ``live_attempts``
    are attempts whose contact is still open in the log.
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
    holds_anywhere: tuple[str, ...] = ()


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
    digest: str = ""


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


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """All rules in force or dated, with the hash of their content; each one is itself only."""

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


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's answer made ready for reading, with where the rule comes from."""

    passed: bool
    words: str
    rule: str
    title: str
    reason_code: str
    citation: str
    evidence: str
    earliest_allowed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a contact was allowed or not: a headline and every rule that was asked."""

    attempt_id: str
    decision: Decision
    headline: str
    reasons: tuple[Reason, ...]
    rulebook_hash: str
    decided_at: datetime
    digest: str

    def text(self) -> str:
        """Render it for a terminal: refusals first, each with its source."""
        lines = [self.headline, ""]
        for reason in sorted(self.reasons, key=lambda r: r.passed):
            mark = "yes" if reason.passed else "NO "
            lines.append(f"  {mark}  {reason.words}")
            lines.append(f"       {reason.rule} · {reason.citation} ({reason.evidence})")
        lines += ["", f"Decided {self.decided_at:%Y-%m-%d %H:%M:%S} UTC"]
        lines.append(f"Rulebook {self.rulebook_hash[:16]} · digest {self.digest[:16]}")
        return "\n".join(lines)
