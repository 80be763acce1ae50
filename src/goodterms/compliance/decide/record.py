"""Verdicts as text that is stored, hashed and judged again to the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.gate import gate
from goodterms.compliance.model import (
    AccountFacts,
    Facts,
    Finding,
    ProposedContact,
    ReasonCode,
    Rulebook,
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
    facts = plainjson.canonical({"contact": verdict.contact, "facts": verdict.facts}).decode()
    findings = f"[{','.join([_finding_text(finding) for finding in verdict.findings])}]"
    whole = f"[{_answer_text(verdict)},{facts},{findings}]".encode()
    return Record(facts, findings, hashlib.sha256(whole).hexdigest())


def _answer_text(verdict: Verdict) -> str:
    """Write what was decided as canonical JSON; by hand, for none of it needs escaping."""
    earliest = verdict.earliest_allowed_at
    until = f'"{earliest.astimezone(UTC).isoformat()}"' if earliest else "null"
    return (
        f'{{"account_ids":[{",".join(map(str, verdict.account_ids))}]'
        f',"decided_at":"{verdict.decided_at.isoformat()}"'
        f',"decision":"{verdict.decision.value}","earliest_allowed_at":{until}'
        f',"reason_code":"{verdict.reason_code}","rulebook_hash":"{verdict.rulebook_hash}"}}'
    )


def _finding_text(finding: Finding) -> str:
    # Most rules pass most of the time; their words follow from facts and rulebook again.
    if not finding.passed:
        return plainjson.canonical(finding).decode()
    if finding.account_id is None:
        return f'"{finding.rule_id}/{finding.rule_version}"'
    return f'"{finding.rule_id}/{finding.rule_version}/{finding.account_id}"'


def replay(facts: Mapping[str, Any], rulebook: Rulebook, decided_at: datetime) -> Record:
    """Judge again from what was stored; the record equals the first one, byte for byte."""
    contact, known = contact_from(facts["contact"]), facts_from(facts["facts"])
    return record(gate(contact, known, rulebook, decided_at))


def contact_from(stored: Mapping[str, Any]) -> ProposedContact:
    """Read a proposed contact back from its JSON form."""
    hours = {day: (span[0], span[1]) for day, span in stored["hours"].items()}
    return ProposedContact(
        **{
            **stored,
            "account_ids": tuple(stored["account_ids"]),
            "channel": Channel(stored["channel"]),
            "hours": hours,
        }
    )


def facts_from(stored: Mapping[str, Any]) -> Facts:
    """Read facts back from their JSON form."""
    lists = ("zones", "holds", "holds_anywhere", "revoked", "live_attempts")
    return Facts(
        **{
            **stored,
            **{name: tuple(stored[name]) for name in lists},
            "accounts": tuple(_account_from(account) for account in stored["accounts"]),
            "recent_calls": tuple(
                datetime.fromisoformat(at).astimezone(UTC) for at in stored["recent_calls"]
            ),
        }
    )


def _account_from(stored: Mapping[str, Any]) -> AccountFacts:
    return AccountFacts(
        **{
            **stored,
            "holds": tuple(stored["holds"]),
            "calls_dates": tuple(date.fromisoformat(d) for d in stored["calls_dates"]),
            "conversation_dates": tuple(
                date.fromisoformat(d) for d in stored["conversation_dates"]
            ),
        }
    )


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
    return Finding(**{**stored, "earliest_allowed_at": earliest})


def worded(verdict: Verdict, rulebook: Rulebook) -> Verdict:
    """Give a stored verdict the words of its passing findings, as judging again says them."""
    again = gate(verdict.contact, verdict.facts, rulebook, verdict.decided_at)
    words = {(f.rule_id, f.rule_version, f.account_id): f.words for f in again.findings if f.passed}
    findings = tuple(
        replace(f, words=words.get((f.rule_id, f.rule_version, f.account_id), f.words))
        if f.passed
        else f
        for f in verdict.findings
    )
    return replace(verdict, findings=findings)
