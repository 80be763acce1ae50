"""The gate's answers: findings, verdicts, permits, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from goodterms.accounts.model import Channel
from goodterms.compliance.model.contact import ProposedContact
from goodterms.compliance.model.facts import Facts
from goodterms.compliance.model.rules import Moment

PERMIT_LIFE = timedelta(seconds=15)

# What ``accounts.account.host_answer`` says when the host lets us contact its consumer.
HOST_CONTACTABLE = "contactable"


class Decision(StrEnum):
    """Go; ask a person first; not now but at a known time; or no, until a fact changes.

    From the mildest to the strictest. ALLOW with obligations is the reference's ALLOW_WITH.
    """

    ALLOW = "allow"
    REFER = "refer"
    DEFER = "defer"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule said: its id and version, whether it passes, and the words for people.

    ``refers``: it does not pass, but a person may let the contact through.
    """

    rule_id: str
    rule_version: int
    passed: bool
    reason_code: str
    words: str
    earliest_allowed_at: datetime | None = None
    account_id: int | None = None
    refers: bool = False
    obligations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say at a moment that gives no permit: a pace, a payment, a publication.

    ``obligations`` go with an ALLOW, or say what to do after a no; ``earliest_allowed_at`` goes
    with a DEFER.
    """

    moment: Moment
    decision: Decision
    reason_code: str
    findings: tuple[Finding, ...]
    rulebook_hash: str
    decided_at: datetime
    earliest_allowed_at: datetime | None = None
    obligations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """What must be done, or is in the way, with the rule it comes from."""

    words: str
    rule: str
    citation: str
    stops: bool = False


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it was stored: ``asked`` holds subject and facts, as the text that was hashed.

    ``kind`` and ``subject_id`` say what it was about.
    """

    id: int
    moment: str
    kind: str
    subject_id: str
    decision: str
    reason_code: str
    asked: str
    findings: str
    obligations: tuple[str, ...]
    rulebook_hash: str
    decided_at: datetime
    digest: str
    earliest_allowed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's stored answer; every rule that applied is among ``findings``.

    ``permit`` is there only if the decision is ALLOW, and ``obligations`` (see ``Obligation``)
    are what must be done with it, or what to do after a no. ``account_ids`` are the debts the
    contact may be about: those of the proposal that are still contactable.
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
    obligations: tuple[str, ...] = ()
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
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a contact was allowed or not: a headline and every rule that was asked.

    ``obligations`` are sentences: what goes with a yes, or what to do after a no. ``shown`` says
    which number is shown and why, if somebody chose one.
    """

    attempt_id: str
    decision: Decision
    headline: str
    reasons: tuple[Reason, ...]
    rulebook_hash: str
    decided_at: datetime
    digest: str
    obligations: tuple[str, ...] = ()
    shown: str = ""

    def text(self) -> str:
        """Render it for a terminal: refusals first, each with its source."""
        lines = [self.headline, ""]
        for reason in sorted(self.reasons, key=lambda r: r.passed):
            mark = "yes" if reason.passed else "NO "
            lines.append(f"  {mark}  {reason.words}")
            lines.append(f"       {reason.rule} · {reason.citation} ({reason.evidence})")
        if self.shown:
            lines += ["", self.shown]
        if self.obligations:
            allowed = self.decision is Decision.ALLOW
            head = "What goes with it:" if allowed else "What to do instead:"
            lines += ["", head, *(f"  - {duty}" for duty in self.obligations)]
        lines += ["", f"Decided {self.decided_at:%Y-%m-%d %H:%M:%S} UTC"]
        lines.append(f"Rulebook {self.rulebook_hash[:16]} · digest {self.digest[:16]}")
        return "\n".join(lines)
