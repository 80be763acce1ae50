"""Single rules out of the shipped rulebook, asked alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.fakes.contacts import NOON, US, contact, facts

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import make_rulebook
from goodterms.compliance.decide.gate import ask, gate
from goodterms.compliance.model import (
    Answer,
    Circumstance,
    ConsentFact,
    Facts,
    Moment,
    ProposedContact,
    Rulebook,
    Subject,
    Verdict,
)

Given = dict[str, Any]
"""What a test changes in a plain contact or in plain facts."""

Many = tuple[Any, ...]
"""Facts of one sort, or obligations."""


def only(*rule_ids: str) -> Rulebook:
    """Give a rulebook of these rules alone; a name that ends in * stands for all that begin so."""
    chosen = [
        rule
        for rule in US.rules
        if any(
            rule.id == name or (name.endswith("*") and rule.id.startswith(name[:-1]))
            for name in rule_ids
        )
    ]
    assert chosen
    return make_rulebook(chosen, partial=True)


def judged(rulebook: Rulebook, known: Facts | None = None, **changes: Any) -> Verdict:
    """Judge a contact, a call unless said otherwise, under these rules alone."""
    now = changes.pop("now", NOON)
    moment = changes.pop("moment", None)
    return gate(contact(**changes), known or facts(), rulebook, now, moment=moment)


def codes(verdict: Verdict | Answer) -> set[str]:
    """Give the reason codes of what fails."""
    return {finding.reason_code for finding in verdict.findings if not finding.passed}


def asked(
    rulebook: Rulebook,
    moment: Moment,
    subject: Subject,
    known: Facts | None = None,
    *,
    proposed: ProposedContact | None = None,
    now: datetime = NOON,
) -> Answer:
    """Ask at a moment that gives no permit, under these rules alone."""
    return ask(moment, subject, known or facts(), rulebook, now, contact=proposed)


def circumstance(kind: str, days_ago: float = 1, **data: Any) -> Circumstance:
    """Give a recorded fact about the person; ``point`` and ``account`` say what it is about."""
    at = NOON - timedelta(days=days_ago)
    point, account_id = data.pop("point", None), data.pop("account", None)
    return Circumstance(kind, at.date(), at, account_id, point, data)


def word(
    purpose: str, days_ago: float = 1, *, granted: bool = True, channel: str = "call",
    point: int | None = None, direct: bool = True,
) -> ConsentFact:  # fmt: skip
    """Give what the consumer said about a purpose on a channel."""
    return ConsentFact(channel, purpose, granted, NOON - timedelta(days=days_ago), point, direct)


def message(channel: Channel = Channel.SMS, **changes: Any) -> dict[str, Any]:
    """Give what makes a proposed contact a message."""
    return {"channel": channel, **changes}
