"""How an account stands: the values policies ask for, from ledger, holds and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from goodterms.accounts.model import Account
from goodterms.arrangements.decide.exact import ZERO
from goodterms.arrangements.decide.permissions import Situation
from goodterms.ledger.model import Balance, Book, EntryKind, PostedEntry

_FEES = (Book.LATE_FEE, Book.NSF_FEE)


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything a quote is made from, beside the policies."""

    account: Account
    creditor_name: str
    balance: Balance
    entries: Sequence[PostedEntry]
    situation: Situation
    holds: frozenset[str] = frozenset()


def values(standing: Standing, as_of: date) -> dict[str, Any]:
    """Return the values a policy may ask for by name; what is not known is left out.

    A placed debt is due as a whole, so that what is overdue and the minimum due are the total.
    """
    components = standing.balance.components
    owed = {book: money.amount for book, money in components.items() if money.amount > ZERO}
    total = max(ZERO, standing.balance.total.amount)
    late = Decimal(max(0, (as_of - standing.account.due_on).days))
    overdue = total if late else ZERO
    return {
        "total": total,
        "balance": standing.balance.total.amount,
        "debt": total,
        "overdue": overdue,
        "minimum_due": overdue,
        "principal": owed.get(Book.PRINCIPAL, ZERO),
        "only_late_fee_short": bool(owed) and all(book in _FEES for book in owed),
        "days_past_due": late,
        "age_days": late,
        "days_count": Decimal(max(0, (as_of - interest_from(standing)).days)),
        "state": standing.situation.jurisdiction,
        "holds": standing.holds,
    }


def interest_from(standing: Standing) -> date:
    """Return the day interest runs from: after the last interest entry, or the placement."""
    undone = {posted.entry.reverses_id for posted in standing.entries}
    days = [
        posted.entry.effective_on
        for posted in standing.entries
        if posted.entry.kind in (EntryKind.PLACEMENT, EntryKind.INTEREST)
        and posted.id not in undone
    ]
    return max(days, default=standing.account.due_on)


def causes(entries: Sequence[PostedEntry]) -> frozenset[str]:
    """Return the causes that have posted something, reversed or not: each posts once."""
    return frozenset(posted.entry.cause for posted in entries)
