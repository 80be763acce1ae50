"""What may be paid now, explained line by line, and what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from goodterms.kit.lifecycle import Lifecycle
from goodterms.kit.money import Money


class OptionKind(StrEnum):
    """A way to settle what is quoted."""

    IN_FULL = "in_full"
    PART = "part"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One component of what is owed, with its explanation for the agent and the consumer."""

    component: str
    amount: Money
    agent_words: str
    consumer_words: str


@dataclass(frozen=True, slots=True)
class QuoteOption:
    """One way to pay: bounds for the amount and, for promises, the latest date."""

    kind: OptionKind
    minimum: Money
    maximum: Money
    words: str
    latest_on: date | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What is owed on an account at an instant; immutable; an expired one is asked anew."""

    id: str
    account_id: int
    consumer_id: int
    balance_version: int
    total: Money
    lines: tuple[QuoteLine, ...]
    options: tuple[QuoteOption, ...]
    quoted_at: datetime
    expires_at: datetime


class PromiseState(StrEnum):
    """Where a promise to pay stands."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class PromiseEvent(StrEnum):
    """What can happen to a promise."""

    PAID = "paid"
    MISSED = "missed"
    CANCELLED = "cancelled"


PROMISE = Lifecycle(
    "promise",
    PromiseState.OPEN,
    {
        (PromiseState.OPEN, PromiseEvent.PAID): PromiseState.KEPT,
        (PromiseState.OPEN, PromiseEvent.MISSED): PromiseState.BROKEN,
        (PromiseState.OPEN, PromiseEvent.CANCELLED): PromiseState.CANCELLED,
    },
)


@dataclass(frozen=True, slots=True)
class Promise:
    """A consumer's word to pay an amount by a date."""

    id: str
    account_id: int
    consumer_id: int
    attempt_id: str | None
    amount: Money
    due_on: date
    state: PromiseState
    actor: str
    made_at: datetime
