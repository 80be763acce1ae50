"""A contact that every shipped rule lets through, to be spoilt one fact at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import gate
from goodterms.compliance.model import (
    AccountFacts,
    Facts,
    Finding,
    ProposedContact,
    Rulebook,
    Verdict,
)
from goodterms.compliance.service import load_rulebook

US = load_rulebook()
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # 11:00 in Denver, a Tuesday


def account(account_id: int = 11, **changes: Any) -> AccountFacts:
    """Give an account on which 10.00 is owed and nothing stands in the way."""
    plain = AccountFacts(account_id, "active", 1000, (), (), (), reference=f"A{account_id}")
    return replace(plain, **changes)


def facts(*accounts: AccountFacts, **changes: Any) -> Facts:
    """Give the facts of a person in Denver who may be called."""
    plain = Facts(
        consumer_id=1,
        region="CO",
        country="US",
        zones=("America/Denver",),
        point_status="active",
        point_belongs=True,
        line_type="mobile",
        accounts=accounts or (account(),),
        holds=(),
        revoked=(),
        recent_calls=(),
        live_attempts=(),
        owned_caller_id=True,
    )
    return replace(plain, **changes)


def contact(*account_ids: int, **changes: Any) -> ProposedContact:
    """Propose a call about some debts."""
    plain = ProposedContact(
        "att_1", 1, account_ids or (11,), 5, "+13035550123", Channel.CALL, "+12025550100", 7
    )
    return replace(plain, **changes)


def judge(
    known: Facts,
    *,
    proposed: ProposedContact | None = None,
    now: datetime = NOON,
    rulebook: Rulebook = US,
) -> Verdict:
    """Judge a call about every account of the facts."""
    ids = tuple(a.account_id for a in known.accounts)
    return gate(proposed or contact(*ids), known, rulebook, now)


def failing(verdict: Verdict) -> dict[str, Finding]:
    """Give the failing findings by reason code."""
    return {f.reason_code: f for f in verdict.findings if not f.passed}
