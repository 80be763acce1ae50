"""Answers at moments that give no permit, as text that is stored, hashed and judged again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from goodterms.compliance.decide.gate import ask
from goodterms.compliance.decide.record import Record, digest_of, findings_text
from goodterms.compliance.decide.stored import written
from goodterms.compliance.model import (
    Activation,
    Answer,
    CallProgress,
    Facts,
    Moment,
    ProposedContact,
    ProposedErasure,
    ProposedPace,
    ProposedPayment,
    ProposedReport,
    Rulebook,
    StoredAnswer,
    Subject,
)

KINDS = {
    CallProgress: "call",
    ProposedPayment: "payment",
    ProposedPace: "pace",
    Activation: "publication",
    ProposedReport: "report",
    ProposedErasure: "erasure",
}
"""What each kind of subject is called where answers are stored."""


_BY_NAME = {name: kind for kind, name in KINDS.items()}
_Kind = TypeVar("_Kind", bound=Subject)


@dataclass(frozen=True, slots=True)
class _Asked(Generic[_Kind]):
    """What an answer was made from, as it is stored."""

    subject: _Kind
    facts: Facts
    contact: ProposedContact | None = None


def record_answer(
    answer: Answer, subject: Subject, facts: Facts, contact: ProposedContact | None = None
) -> Record:
    """Write an answer down with all it was made from; equal answers give equal bytes."""
    with_contact = f'"contact":{written(contact)},' if contact is not None else ""
    asked = f'{{{with_contact}"facts":{written(facts)},"subject":{written(subject)}}}'
    findings = findings_text(answer)
    return Record(asked, findings, digest_of(_answer_text(answer), asked, findings))


def asked_again(
    kind: str, moment: Moment, asked: str | bytes, rulebook: Rulebook, decided_at: datetime
) -> Record:
    """Ask again from what was stored; the record equals the first one, byte for byte.

    Raises:
        ValueError: the text was not written by this program, or the kind is none of ``KINDS``.
    """
    sort = _BY_NAME.get(kind)
    if sort is None:
        raise ValueError(f"There is no kind of subject {kind!r}: known are {', '.join(_BY_NAME)}.")
    read: _Asked[Subject] = msgspec.json.decode(asked, type=_Asked[sort])  # type: ignore[valid-type]  # chosen by the stored name
    at = decided_at.astimezone(UTC)
    answer = ask(moment, read.subject, read.facts, rulebook, at, contact=read.contact)
    return record_answer(answer, read.subject, read.facts, read.contact)


def stored_digest(kept: StoredAnswer) -> str:
    """Return the digest that a stored answer should carry."""
    return digest_of(_answer_text(kept), kept.asked, kept.findings)


def _answer_text(answer: Answer | StoredAnswer) -> str:
    """Write what was answered as canonical JSON; by hand, for none of it needs escaping."""
    earliest = answer.earliest_allowed_at
    until = f'"{earliest.astimezone(UTC).isoformat()}"' if earliest else "null"
    duties = ",".join([f'"{duty}"' for duty in answer.obligations])
    return (
        f'{{"decided_at":"{answer.decided_at.astimezone(UTC).isoformat()}"'
        f',"decision":"{answer.decision}","earliest_allowed_at":{until}'
        f',"moment":"{answer.moment}","obligations":[{duties}]'
        f',"reason_code":"{answer.reason_code}","rulebook_hash":"{answer.rulebook_hash}"}}'
    )
