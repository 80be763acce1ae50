"""A payment attempt's life, and what processors answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from goodterms.accounts.model import Account, Creditor
from goodterms.arrangements.model import Quote
from goodterms.kit.lifecycle import Lifecycle
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance


class PaymentState(StrEnum):
    """Where a payment attempt stands."""

    INITIATED = "initiated"
    SUBMITTED = "submitted"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    ABANDONED = "abandoned"


class PaymentEvent(StrEnum):
    """What can happen to a payment attempt."""

    SUBMIT = "submit"
    SUCCEED = "succeed"
    DECLINE = "decline"
    LOSE_TRACK = "lose_track"
    ABANDON = "abandon"


_S, _E = PaymentState, PaymentEvent
PAYMENT = Lifecycle(
    "payment",
    _S.INITIATED,
    {
        (_S.INITIATED, _E.SUBMIT): _S.SUBMITTED,
        (_S.INITIATED, _E.SUCCEED): _S.SUCCEEDED,
        (_S.INITIATED, _E.DECLINE): _S.DECLINED,
        (_S.INITIATED, _E.ABANDON): _S.ABANDONED,
        (_S.SUBMITTED, _E.SUBMIT): _S.SUBMITTED,
        (_S.SUBMITTED, _E.SUCCEED): _S.SUCCEEDED,
        (_S.SUBMITTED, _E.DECLINE): _S.DECLINED,
        (_S.SUBMITTED, _E.LOSE_TRACK): _S.UNKNOWN,
        (_S.SUBMITTED, _E.ABANDON): _S.ABANDONED,
        (_S.UNKNOWN, _E.SUBMIT): _S.SUBMITTED,
        (_S.UNKNOWN, _E.SUCCEED): _S.SUCCEEDED,
        (_S.UNKNOWN, _E.DECLINE): _S.DECLINED,
        (_S.UNKNOWN, _E.LOSE_TRACK): _S.UNKNOWN,
        (_S.UNKNOWN, _E.ABANDON): _S.ABANDONED,
        # The processor may turn out to have the money after all: that is never lost.
        (_S.DECLINED, _E.SUCCEED): _S.SUCCEEDED,
        (_S.ABANDONED, _E.SUCCEED): _S.SUCCEEDED,
    },
)


class PaymentChannel(StrEnum):
    """From where a payment was asked for."""

    AGENT = "agent"
    LINK = "link"
    PORTAL = "portal"
    IVR = "ivr"
    API = "api"
    HOST = "host"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What somebody asks to be paid, before it is authorised.

    ``method_token`` is the processor's token of a card or account, never a number.
    ``id`` is the idempotency key: the same id asked twice is one payment.
    """

    id: str
    account_id: int
    amount: Money
    channel: PaymentChannel
    method_token: str | None
    method_label: str = ""
    quote_id: str | None = None
    attempt_id: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment attempt as recorded."""

    id: str
    account_id: int
    consumer_id: int
    amount: Money
    processor: str
    method_token: str | None
    method_label: str
    channel: PaymentChannel
    attempt_id: str | None
    quote_id: str | None
    state: PaymentState
    processor_reference: str | None
    decline_code: str | None
    message: str
    refunded: Money
    actor: str
    created_at: datetime
    submitted_at: datetime | None = None
    settled_at: datetime | None = None
    checks: int = 0
    next_check_at: datetime | None = None

    @property
    def hosted(self) -> bool:
        """Whether the method is entered on the processor's own page instead of by token."""
        return self.method_token is None

    @property
    def cause(self) -> str:
        """The cause its ledger entry is posted under."""
        return f"payment:{self.id}"


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The processor has the money; ``reference`` is its name for the charge."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The processor refused; ``message`` may be read to the consumer."""

    code: str
    message: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or one that does not settle it; the janitor asks again by key."""

    detail: str


@dataclass(frozen=True, slots=True)
class NeverReceived:
    """Asked by key, the processor has never seen the attempt: it may be given up or sent.

    For a payment on a hosted page: nobody has paid there yet.
    """


Outcome = Succeeded | Declined | Unknown


@dataclass(frozen=True, slots=True)
class ProcessorNotice:
    """A verified webhook, reduced to what it settles: a payment, or one of its refunds."""

    event_id: str
    kind: str
    payment_id: str
    outcome: Outcome
    refund_id: str | None = None


@dataclass(frozen=True, slots=True)
class HostedPage:
    """The processor's own page, where the consumer enters a card we never see."""

    url: str
    reference: str


class RefundState(StrEnum):
    """Where a refund stands."""

    INITIATED = "initiated"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class RefundEvent(StrEnum):
    """What can happen to a refund."""

    SUCCEED = "succeed"
    DECLINE = "decline"
    LOSE_TRACK = "lose_track"


REFUND = Lifecycle(
    "refund",
    RefundState.INITIATED,
    {
        (RefundState.INITIATED, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
        (RefundState.INITIATED, RefundEvent.DECLINE): RefundState.DECLINED,
        (RefundState.INITIATED, RefundEvent.LOSE_TRACK): RefundState.UNKNOWN,
        (RefundState.UNKNOWN, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
        (RefundState.UNKNOWN, RefundEvent.DECLINE): RefundState.DECLINED,
        (RefundState.UNKNOWN, RefundEvent.LOSE_TRACK): RefundState.UNKNOWN,
        (RefundState.DECLINED, RefundEvent.SUCCEED): RefundState.SUCCEEDED,
    },
)


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of a succeeded payment that is given back, as recorded."""

    id: str
    payment_id: str
    amount: Money
    reason: str
    state: RefundState
    processor_reference: str | None
    message: str
    actor: str
    created_at: datetime
    settled_at: datetime | None = None
    checks: int = 0
    next_check_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """How an account stands under its lock, when somebody wants to pay.

    ``pending`` is what other payments by token may still take; ``quote`` is the one named.
    """

    account: Account
    balance: Balance
    pending: Money
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class PaymentPolicy:
    """The house's limits for taking payments; amounts in major units of the debt's currency.

    A charge starts, or is sent again, only within ``start_within`` of the consumer's consent;
    after that it is given up rather than taken when nobody expects it any more. A hosted page
    that nobody finished is given up after ``page_open_for``. Whoever opens a pay link has
    ``answers`` tries to say who they are, then it is closed for ``closed_for``; after
    ``answers_in_all`` for good. A right answer is remembered for ``visit_open_for``.
    """

    smallest: Decimal = Decimal(1)
    answer_within: timedelta = timedelta(seconds=30)
    first_check_after: timedelta = timedelta(seconds=60)
    start_within: timedelta = timedelta(minutes=15)
    page_open_for: timedelta = timedelta(minutes=90)
    longest_wait: timedelta = timedelta(hours=1)
    link_open_for: timedelta = timedelta(days=7)
    visit_open_for: timedelta = timedelta(hours=2)
    answers: int = 5
    closed_for: timedelta = timedelta(hours=1)
    answers_in_all: int = 15


@dataclass(frozen=True, slots=True)
class Resend:
    """Send the charge again under the same key: the processor has never seen it."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """End the payment without a charge; ``words`` say why."""

    words: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again at an instant."""

    until: datetime


NextStep = Succeeded | Declined | Resend | GiveUp | Wait


@dataclass(frozen=True, slots=True)
class Link:
    """A pay link as kept: the hash of its token, for one account, until it expires."""

    account_id: int
    consumer_id: int
    amount: Money | None
    attempt_id: str | None
    expires_at: datetime
    wrong_answers: int = 0
    closed_until: datetime | None = None


class Question(StrEnum):
    """What whoever opens a pay link is asked before anything is shown."""

    POSTAL_CODE = "postal_code"
    BIRTH_YEAR = "birth_year"


@dataclass(frozen=True, slots=True)
class Door:
    """How a visitor stands before a pay link.

    Attributes:
        known: this browser has answered rightly; it may see the link.
        question: what to ask; None when nothing is on record, so that nobody can be let in.
        closed: too many wrong answers; nothing is heard for now.
    """

    known: bool
    question: Question | None
    closed: bool


@dataclass(frozen=True, slots=True)
class LinkView:
    """What a consumer who opened a pay link is shown; ``suggested`` is the amount to offer."""

    account: Account
    creditor: Creditor
    quote: Quote
    suggested: Money
    attempt_id: str | None
    expires_at: datetime
