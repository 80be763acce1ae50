"""A payment attempt's life, and what processors answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from goodterms.kit.lifecycle import Lifecycle
from goodterms.kit.money import Money


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
        (_S.UNKNOWN, _E.SUBMIT): _S.SUBMITTED,
        (_S.UNKNOWN, _E.SUCCEED): _S.SUCCEEDED,
        (_S.UNKNOWN, _E.DECLINE): _S.DECLINED,
        (_S.UNKNOWN, _E.ABANDON): _S.ABANDONED,
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
    """Asked by key, the processor has never seen the attempt: it may be given up or sent."""


Outcome = Succeeded | Declined | Unknown


@dataclass(frozen=True, slots=True)
class ProcessorNotice:
    """A verified webhook, reduced to what it settles."""

    event_id: str
    kind: str
    payment_id: str
    outcome: Outcome
