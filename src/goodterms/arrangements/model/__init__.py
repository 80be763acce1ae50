"""What may be paid now, explained line by line, and what was promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from goodterms.accounts.model import Account
from goodterms.kit.lifecycle import Lifecycle
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance


@dataclass(frozen=True, slots=True)
class ArrangementPolicy:
    """The house's limits for what may be agreed; amounts in major units of the debt's currency.

    ``smallest`` is the least that can be paid or promised at once (processors refuse cents);
    a smaller remaining debt may be paid whole. A promise is kept when ``kept_share`` of it was
    paid by the end of its grace.
    """

    smallest: Decimal = Decimal(1)
    quote_minutes: int = 30
    longest_promise_days: int = 30
    grace_days: int = 3
    kept_share: Decimal = Decimal(1)


class OptionKind(StrEnum):
    """A way to settle what is quoted."""

    IN_FULL = "in_full"
    PART = "part"
    DISCOUNT = "discount"
    SETTLEMENT = "settlement"
    PLAN = "plan"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Told:
    """A step of a trace in words, with the steps it rests on; amounts and dates are written out."""

    policy: str
    policy_hash: str
    rule: str
    reason_code: str
    value: str
    inputs: dict[str, str]
    citation: str
    evidence: str
    agent: str
    consumer: str
    authority: str = ""
    because: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One component of what is owed, with its explanation for the agent and the consumer.

    ``posted`` lines stand in the ledger; the others are posted when a payment takes the quote.
    A line of zero says why a charge is absent.
    """

    component: str
    amount: Money
    agent_words: str
    consumer_words: str
    reason_code: str = ""
    posted: bool = True
    cause: str = ""
    trace: Told | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """One payment of a plan: when it is due and what it consists of."""

    number: int
    due_on: date
    principal: Money
    interest: Money

    @property
    def amount(self) -> Money:
        """What is to be paid."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class QuoteOption:
    """One way to pay: bounds for the amount, its words, and until when it is open.

    ``latest_on`` is the last day of a promise, ``forgiven`` what a settlement lets go once it
    is paid, ``authority`` the role that may go lower. ``expires_at`` None: with the quote.
    """

    kind: OptionKind
    minimum: Money
    maximum: Money
    words: str
    latest_on: date | None = None
    consumer_words: str = ""
    reason_code: str = ""
    expires_at: datetime | None = None
    forgiven: Money | None = None
    authority: str = ""
    instalments: tuple[Instalment, ...] = ()
    trace: Told | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """An option that policy does not allow here, and why."""

    kind: OptionKind
    reason_code: str
    words: str
    consumer_words: str
    trace: Told | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What is owed on an account at an instant; immutable; an expired one is asked anew.

    It is a function of the ledger, the policies and ``as_of``: ``policy_hash`` names the book,
    ``policies`` the hash of each policy that was asked, ``known_at`` when that was known.
    """

    id: str
    account_id: int
    consumer_id: int
    balance_version: int
    total: Money
    lines: tuple[QuoteLine, ...]
    options: tuple[QuoteOption, ...]
    quoted_at: datetime
    expires_at: datetime
    absent: tuple[QuoteLine, ...] = ()
    removed: tuple[Removed, ...] = ()
    policy_set: str = ""
    policy_hash: str = ""
    policies: Mapping[str, str] = field(default_factory=dict)
    as_of: date | None = None
    known_at: datetime | None = None


class ReversalKind(StrEnum):
    """Why a payment is taken back."""

    NSF = "nsf"
    CHARGEBACK = "chargeback"
    MISTAKE = "mistake"


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
    RETURNED = "returned"


PROMISE = Lifecycle(
    "promise",
    PromiseState.OPEN,
    {
        (PromiseState.OPEN, PromiseEvent.PAID): PromiseState.KEPT,
        (PromiseState.OPEN, PromiseEvent.MISSED): PromiseState.BROKEN,
        (PromiseState.OPEN, PromiseEvent.CANCELLED): PromiseState.CANCELLED,
        (PromiseState.KEPT, PromiseEvent.RETURNED): PromiseState.OPEN,
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


class ArrangementKind(StrEnum):
    """What was agreed beside a promise."""

    PLAN = "plan"
    SETTLEMENT = "settlement"


class ArrangementState(StrEnum):
    """Where a plan or settlement stands."""

    OPEN = "open"
    PAUSED = "paused"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class ArrangementEvent(StrEnum):
    """What can happen to a plan or settlement."""

    PAID = "paid"
    MISSED = "missed"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    RETURNED = "returned"


ARRANGEMENT = Lifecycle(
    "arrangement",
    ArrangementState.OPEN,
    {
        (ArrangementState.OPEN, ArrangementEvent.PAID): ArrangementState.KEPT,
        (ArrangementState.OPEN, ArrangementEvent.MISSED): ArrangementState.BROKEN,
        (ArrangementState.OPEN, ArrangementEvent.PAUSED): ArrangementState.PAUSED,
        (ArrangementState.OPEN, ArrangementEvent.CANCELLED): ArrangementState.CANCELLED,
        (ArrangementState.PAUSED, ArrangementEvent.RESUMED): ArrangementState.OPEN,
        (ArrangementState.PAUSED, ArrangementEvent.PAID): ArrangementState.KEPT,
        (ArrangementState.PAUSED, ArrangementEvent.CANCELLED): ArrangementState.CANCELLED,
        (ArrangementState.KEPT, ArrangementEvent.RETURNED): ArrangementState.OPEN,
    },
)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A plan or settlement that was agreed, with the limits it was agreed under.

    An instalment is met when ``tolerance`` of all that was due until then is paid by the end of
    its grace; ``misses_allowed`` instalments not met end it. ``forgiven`` is let go only when a
    settlement is paid. A down-payment is instalment 0.
    """

    id: str
    account_id: int
    consumer_id: int
    kind: ArrangementKind
    quote_id: str
    attempt_id: str | None
    forgiven: Money
    instalments: tuple[Instalment, ...]
    state: ArrangementState
    tolerance: Decimal
    grace_days: int
    misses_allowed: int
    policy_hash: str
    actor: str
    made_at: datetime
    paused_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str = ""

    @property
    def total(self) -> Money:
        """All that is to be paid under it."""
        zero = Money.zero(self.forgiven.currency)
        return sum((instalment.amount for instalment in self.instalments), zero)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an arrangement has come: what was paid, which instalments were met or missed."""

    paid: Money
    met: frozenset[int]
    missed: frozenset[int]
    next_due: Instalment | None


@dataclass(frozen=True, slots=True)
class Position:
    """How an account stands under its lock; ``promised`` is the sum of its open promises."""

    account: Account
    balance: Balance
    promised: Money
