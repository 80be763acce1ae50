"""A contact that every shipped rule lets through, to be spoilt one fact at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.fakes.callers import TESTED

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import gate
from goodterms.compliance.model import (
    AccountFacts,
    CallerFacts,
    Facts,
    Finding,
    LoggedContact,
    PointFacts,
    ProposedContact,
    Reach,
    Rulebook,
    Verdict,
)
from goodterms.compliance.service import load_rulebook

US = load_rulebook()
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # 11:00 in Denver, a Tuesday
DENVER = ZoneInfo("America/Denver")
POINT = PointFacts(line_type="mobile")
STRANGER = replace(POINT, belongs=False)
NOT_OURS = CallerFacts(owned=False)


def account(account_id: int = 11, **changes: Any) -> AccountFacts:
    """Give an account on which 10.00 is owed and nothing stands in the way."""
    plain = AccountFacts(account_id, "active", 1000, reference=f"A{account_id}")
    return replace(plain, **changes)


def facts(*accounts: AccountFacts, **changes: Any) -> Facts:
    """Give the facts of a person in Denver who may be called."""
    plain = Facts(
        consumer_id=1,
        country="US",
        region="CO",
        zones=("America/Denver",),
        point=POINT,
        accounts=accounts or (account(),),
        caller=TESTED,
    )
    return replace(plain, **changes)


def logged(at: datetime, *account_ids: int, medium: str = "call", **changes: Any) -> LoggedContact:
    """Give a logged contact about some debts that rang out at an instant, in Denver."""
    day = at.astimezone(DENVER).date()
    plain = LoggedContact(at, day, medium, account_ids or (11,), Reach.RANG)
    return plain._replace(**changes)


def calls_on(days: tuple[date, ...], *account_ids: int) -> tuple[LoggedContact, ...]:
    """Give a call about some debts for each date, at noon in Denver, newest first."""
    at = [datetime(d.year, d.month, d.day, 12, tzinfo=DENVER).astimezone(UTC) for d in days]
    return tuple(logged(one, *account_ids) for one in sorted(at, reverse=True))


def talks_on(days: tuple[date, ...], *account_ids: int) -> tuple[LoggedContact, ...]:
    """Give a conversation about some debts for each date."""
    return tuple(one._replace(reach=Reach.CONVERSATION) for one in calls_on(days, *account_ids))


def called_before(*gaps: timedelta) -> tuple[LoggedContact, ...]:
    """Give calls about another debt of the person, so long before noon."""
    return tuple(logged(NOON - gap, 99) for gap in sorted(gaps))


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
