"""Verdicts as text that is stored, hashed and judged again to the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from goodterms.compliance.decide.gate import gate
from goodterms.compliance.decide.stored import read_known, written
from goodterms.compliance.model import (
    Answer,
    Facts,
    Finding,
    ProposedContact,
    ReasonCode,
    Rulebook,
    StoredVerdict,
    Verdict,
)
from goodterms.kit import plainjson


@dataclass(frozen=True, slots=True)
class Record:
    """A verdict's parts as canonical JSON, and the SHA-256 over all of them.

    ``facts`` holds the contact as proposed and the facts: all that the verdict was made from
    beside the rulebook and the instant. ``findings`` lists a passing rule as ``id/version``
    (and ``/account`` if it is about one), a failing one with its reason and words.
    """

    facts: str
    findings: str
    digest: str


def record(verdict: Verdict) -> Record:
    """Write a verdict down; equal verdicts give equal bytes."""
    facts = known_text(verdict.contact, verdict.facts)
    findings = findings_text(verdict)
    return Record(facts, findings, digest_of(answer_text(verdict), facts, findings))


def digest_of(answer: str, facts: str, findings: str) -> str:
    """Return the SHA-256 over what was decided, what was known and what each rule said."""
    return hashlib.sha256(f"[{answer},{facts},{findings}]".encode()).hexdigest()


def findings_text(verdict: Verdict | Answer) -> str:
    """Write what each rule said."""
    findings = [
        f'"{f.rule_id}/{f.rule_version}"' if f.passed and f.account_id is None else _finding_text(f)
        for f in verdict.findings
    ]
    return f"[{','.join(findings)}]"


def known_text(contact: ProposedContact, facts: Facts) -> str:
    """Write what is known before judging: the contact as proposed, and the facts."""
    return f'{{"contact":{written(contact)},"facts":{written(facts)}}}'


def answer_text(verdict: Verdict | StoredVerdict) -> str:
    """Write what was decided as canonical JSON; by hand, for none of it needs escaping."""
    earliest = verdict.earliest_allowed_at
    until = f'"{earliest.astimezone(UTC).isoformat()}"' if earliest else "null"
    duties = ",".join([f'"{duty}"' for duty in verdict.obligations])
    return (
        f'{{"account_ids":[{",".join(map(str, verdict.account_ids))}]'
        f',"decided_at":"{verdict.decided_at.astimezone(UTC).isoformat()}"'
        f',"decision":"{verdict.decision}","earliest_allowed_at":{until}'
        f',"obligations":[{duties}]'
        f',"reason_code":"{verdict.reason_code}","rulebook_hash":"{verdict.rulebook_hash}"}}'
    )


def _finding_text(f: Finding) -> str:
    # Most rules pass most of the time; their words follow from facts and rulebook again.
    if not f.passed:
        return plainjson.canonical(f).decode()
    return f'"{f.rule_id}/{f.rule_version}/{f.account_id}"'


def replay(known: str | bytes, rulebook: Rulebook, decided_at: datetime) -> Record:
    """Judge again from what was stored; the record equals the first one, byte for byte."""
    return record(judged_again(known, rulebook, decided_at))


def again_digest(again: Verdict, facts: str) -> str:
    """Return the digest of a verdict judged again from these stored facts.

    The text of the facts is taken as it was stored: that it was is what the digest proves.
    """
    return digest_of(answer_text(again), facts, findings_text(again))


def judged_again(known: str | bytes, rulebook: Rulebook, decided_at: datetime) -> Verdict:
    """Judge a stored contact by its stored facts under a rulebook, the same one or another."""
    read = read_known(known)
    return gate(read.contact, read.facts, rulebook, decided_at, terse=True)


def findings_from(stored: Sequence[Any]) -> tuple[Finding, ...]:
    """Read findings back from their JSON form; the words of passing ones are left empty."""
    return tuple(_finding_from(finding) for finding in stored)


def _finding_from(stored: Any) -> Finding:
    if isinstance(stored, str):
        rule_id, version, *account = stored.split("/")
        account_id = int(account[0]) if account else None
        return Finding(rule_id, int(version), True, ReasonCode.ALLOWED, "", None, account_id)
    at = stored["earliest_allowed_at"]
    earliest = datetime.fromisoformat(at).astimezone(UTC) if at else None
    duties = tuple(stored["obligations"])
    return Finding(**{**stored, "earliest_allowed_at": earliest, "obligations": duties})


def worded(verdict: Verdict, rulebook: Rulebook) -> Verdict:
    """Give a stored verdict the words of its passing findings, as judging again says them."""
    again = gate(verdict.contact, verdict.facts, rulebook, verdict.decided_at)
    said = {(f.rule_id, f.rule_version, f.account_id): f for f in again.findings if f.passed}
    findings = tuple(
        said.get((f.rule_id, f.rule_version, f.account_id), f) if f.passed else f
        for f in verdict.findings
    )
    return replace(verdict, findings=findings)
