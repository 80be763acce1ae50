"""Verdicts as text that is stored, hashed and judged again to the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from json.encoder import encode_basestring as _text
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
    facts = known_text(verdict.contact, verdict.facts)
    findings = ",".join(
        [
            f'"{f.rule_id}/{f.rule_version}"'
            if f.passed and f.account_id is None
            else _finding_text(f)
            for f in verdict.findings
        ]
    )
    findings = f"[{findings}]"
    whole = f"[{_answer_text(verdict)},{facts},{findings}]".encode()
    return Record(facts, findings, hashlib.sha256(whole).hexdigest())


def known_text(contact: ProposedContact, facts: Facts) -> str:
    """Write contact and facts as ``plainjson.canonical`` does, by hand: each call waits for it."""
    return f'{{"contact":{_contact_text(contact)},"facts":{_facts_text(facts)}}}'


def _contact_text(c: ProposedContact) -> str:
    hours = plainjson.canonical(c.hours).decode() if c.hours else "{}"
    return (
        f'{{"account_ids":{_numbers(c.account_ids)},"attempt_id":{_text(c.attempt_id)}'
        f',"caller_id":{_maybe(c.caller_id)}'
        f',"campaign_id":{"null" if c.campaign_id is None else c.campaign_id}'
        f',"channel":"{c.channel.value}","consumer_id":{c.consumer_id}'
        f',"contact_point_id":{c.contact_point_id},"hours":{hours},"number":{_text(c.number)}'
        f',"prerecorded":{_truth(c.prerecorded)}}}'
    )


def _facts_text(f: Facts) -> str:
    accounts = ",".join([_account_text(account) for account in f.accounts])
    return (
        f'{{"accounts":[{accounts}],"consumer_id":{f.consumer_id},"country":{_text(f.country)}'
        f',"holds":{_texts(f.holds)},"holds_anywhere":{_texts(f.holds_anywhere)}'
        f',"line_type":{_text(f.line_type)},"live_attempts":{_texts(f.live_attempts)}'
        f',"owned_caller_id":{_truth(f.owned_caller_id)}'
        f',"point_belongs":{_truth(f.point_belongs)},"point_status":{_text(f.point_status)}'
        f',"recent_calls":{_instants(f.recent_calls)},"region":{_text(f.region)}'
        f',"revoked":{_texts(f.revoked)},"zones":{_texts(f.zones)}}}'
    )


def _account_text(a: AccountFacts) -> str:
    return (
        f'{{"account_id":{a.account_id}'
        f',"balance_minor":{"null" if a.balance_minor is None else a.balance_minor}'
        f',"calls_dates":{_instants(a.calls_dates)}'
        f',"conversation_dates":{_instants(a.conversation_dates)},"holds":{_texts(a.holds)}'
        f',"host_age_seconds":{"null" if a.host_age_seconds is None else a.host_age_seconds}'
        f',"host_answer":{_maybe(a.host_answer)},"lives_in_host":{_truth(a.lives_in_host)}'
        f',"reference":{_text(a.reference)},"status":{_text(a.status)}}}'
    )


def _numbers(values: Sequence[int]) -> str:
    return f"[{','.join(map(str, values))}]"


def _texts(values: Sequence[str]) -> str:
    return f"[{','.join(map(_text, values))}]" if values else "[]"


def _instants(values: Sequence[date]) -> str:
    return '["' + '","'.join([at.isoformat() for at in values]) + '"]' if values else "[]"


def _maybe(value: str | None) -> str:
    return "null" if value is None else _text(value)


def _truth(value: bool) -> str:
    return "true" if value else "false"


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


def _finding_text(f: Finding) -> str:
    # Most rules pass most of the time; their words follow from facts and rulebook again.
    if not f.passed:
        return plainjson.canonical(f).decode()
    return f'"{f.rule_id}/{f.rule_version}/{f.account_id}"'


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
