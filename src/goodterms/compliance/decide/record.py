"""Verdicts as text that is stored, hashed and judged again to the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
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
    beside the rulebook and the instant.
    """

    facts: str
    findings: str
    digest: str


def record(verdict: Verdict) -> Record:
    """Write a verdict down; equal verdicts give equal bytes."""
    facts = plainjson.canonical({"contact": verdict.contact, "facts": verdict.facts}).decode()
    findings = f"[{','.join(_finding_text(finding) for finding in verdict.findings)}]"
    rest = plainjson.canonical(
        {
            "account_ids": verdict.account_ids,
            "decided_at": verdict.decided_at,
            "decision": verdict.decision,
            "earliest_allowed_at": verdict.earliest_allowed_at,
            "reason_code": verdict.reason_code,
            "rulebook_hash": verdict.rulebook_hash,
        }
    ).decode()
    whole = f"[{rest},{facts},{findings}]".encode()
    return Record(facts, findings, hashlib.sha256(whole).hexdigest())


@lru_cache(maxsize=8192)
def _finding_text(finding: Finding) -> str:
    # Passing findings are many: what they all share is left out.
    text = {
        "account_id": finding.account_id,
        "earliest_allowed_at": finding.earliest_allowed_at,
        "passed": finding.passed,
        "reason_code": None if finding.passed else finding.reason_code,
        "rule_id": finding.rule_id,
        "rule_version": finding.rule_version,
        "words": finding.words,
    }
    return plainjson.canonical({k: v for k, v in text.items() if v is not None}).decode()


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


def finding_from(stored: Mapping[str, Any]) -> Finding:
    """Read a finding back from its JSON form."""
    at = stored.get("earliest_allowed_at")
    return Finding(
        rule_id=stored["rule_id"],
        rule_version=stored["rule_version"],
        passed=stored["passed"],
        reason_code=stored.get("reason_code", ReasonCode.ALLOWED),
        words=stored["words"],
        earliest_allowed_at=datetime.fromisoformat(at).astimezone(UTC) if at else None,
        account_id=stored.get("account_id"),
    )
