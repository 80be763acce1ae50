"""The people who owe, the firms they owe, and how they may be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from goodterms.accounts.model.circumstances import CIRCUMSTANCES, CircumstanceKind


class AccountStatus(StrEnum):
    """Where an account stands; holds are orthogonal to it."""

    PLACED = "placed"
    ACTIVE = "active"
    ARRANGED = "arranged"
    PAID = "paid"
    RECALLED = "recalled"
    CLOSED = "closed"


class HoldKind(StrEnum):
    """Why contact is stopped. All of these block outbound contact while in force."""

    DISPUTED = "disputed"
    CEASE = "cease"
    ATTORNEY = "attorney"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    HARDSHIP = "hardship"
    BREATHING_SPACE = "breathing_space"
    FRAUD = "fraud"
    TIME_BARRED = "time_barred"
    LEGAL = "legal"
    COMPLAINT = "complaint"
    CLIENT = "client"


class PointStatus(StrEnum):
    """Whether a contact point still leads to the consumer."""

    ACTIVE = "active"
    WRONG = "wrong"
    DISCONNECTED = "disconnected"
    RETIRED = "retired"


class Channel(StrEnum):
    """A way to reach somebody."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    ALL = "all"


class ConsentState(StrEnum):
    """Agreed, or taken back (an opt-out)."""

    GRANTED = "granted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Creditor:
    """A firm that is owed; ``spoken_name`` is how it is said on the telephone."""

    id: int
    reference: str
    name: str
    spoken_name: str


@dataclass(frozen=True, slots=True)
class Consumer:
    """A person who owes. ``address_zones`` are the IANA zones the address may lie in."""

    id: int
    reference: str
    given_name: str
    family_name: str
    birth_date: date | None
    language: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str
    address_zones: tuple[str, ...]
    guardian_id: int | None

    @property
    def name(self) -> str:
        """The full name as people write it."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class Account:
    """One debt of one consumer to one creditor."""

    id: int
    reference: str
    creditor_id: int
    placement_id: int
    consumer_id: int
    currency: str
    description: str
    status: AccountStatus
    opened_on: date | None
    due_on: date
    host_id: int | None
    host_reference: str | None
    host_checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A number (E.164) or address of a consumer, with the zones it may ring in."""

    id: int
    consumer_id: int
    kind: str
    value: str
    label: str
    line_type: str
    zones: tuple[str, ...]
    status: PointStatus
    position: int
    source: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A recorded stop with its source and the rule that ends it."""

    id: int
    consumer_id: int
    account_id: int | None
    kind: HoldKind
    source: str
    release_rule: str
    placed_by: str
    placed_at: datetime
    released_at: datetime | None = None
    released_by: str | None = None
    release_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a consumer agreed to or took back, for a channel and one contact point or all."""

    id: int
    consumer_id: int
    contact_point_id: int | None
    channel: Channel
    state: ConsentState
    source: str
    actor: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down about a consumer, or about one account."""

    id: int
    consumer_id: int
    account_id: int | None
    body: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Host:
    """A host ledger that owns accounts and is asked about them at the moment of dialing."""

    id: int
    name: str
    url: str
    secret: str
    timeout_ms: int
    active: bool


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """What the accounts list is narrowed to; None means any.

    ``held`` True keeps accounts under a hold in force (their own or the person's).
    """

    creditor_id: int | None = None
    placement_id: int | None = None
    status: AccountStatus | None = None
    held: bool | None = None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the accounts list; ``holds`` are the kinds in force."""

    account_id: int
    reference: str
    status: AccountStatus
    currency: str
    due_on: date
    creditor_id: int
    creditor_name: str
    consumer_id: int
    consumer_reference: str
    consumer_name: str
    holds: tuple[HoldKind, ...]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of the accounts list; ``next`` is handed back as ``after``; None ends the list."""

    rows: tuple[AccountRow, ...]
    next: str | None


EVENT_KINDS = {
    "account.placed": "An account was taken in.",
    "account.updated": "An account says something new, or stands elsewhere.",
    "account.closed": "An account was paid, recalled or closed.",
    "payment.initiated": "A payment attempt was recorded; nothing is charged yet.",
    "payment.succeeded": "Money was taken, by us or by somebody else, and posted.",
    "payment.declined": "The processor refused a payment, or it was given up.",
    "payment.refunded": "Money was given back; the amount is owed again.",
    "promise.made": "The consumer promised an amount by a date.",
    "promise.kept": "The promised amount was paid in time.",
    "promise.broken": "The date passed without the promised amount.",
    "hold.placed": "Contact was stopped.",
    "hold.released": "A stop was ended, with the reason.",
    "consent.granted": "The consumer agreed to a channel.",
    "consent.revoked": "The consumer opted out of a channel.",
    "contact_point.active": "A number or address leads to the consumer again.",
    "contact_point.wrong": "A number or address leads to somebody else.",
    "contact_point.disconnected": "A number is not in service.",
    "contact_point.retired": "A number or address is no longer used.",
    "note.added": "Somebody wrote a note.",
    "attempt.placed": "The order to dial was written; it is given next.",
    "attempt.answered": "A person answered and waits for an agent.",
    "attempt.bridged": "The consumer and an agent were joined.",
    "attempt.ended": "A call ended, with its outcome.",
    "attempt.cancelled": "A call was stopped because contact became stale, or by a person.",
    "attempt.disposed": "The agent said what came of the conversation.",
    "campaign.started": "A campaign was started or went on.",
    "campaign.updated": "A campaign's members or limits were changed.",
    "campaign.paused": "A campaign places no more calls for now.",
    "campaign.finished": "A campaign ended for good.",
}
"""Every kind of event with its meaning; timelines, event streams and webhooks carry no other."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, as told to timelines, event streams and webhooks.

    ``kind`` is one of ``EVENT_KINDS``.
    """

    kind: str
    at: datetime
    actor: str
    consumer_id: int | None = None
    account_id: int | None = None
    attempt_id: str | None = None
    campaign_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Restriction(StrEnum):
    """What makes planned contact stale."""

    PAYMENT = "payment"
    HOLD = "hold"
    OPT_OUT = "opt_out"
    CLOSED = "closed"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True)
class ContactRestricted:
    """Told inside the transaction that restricted contact with a consumer.

    Subscribers withdraw due attempts and cancel calls in that same transaction. ``account_id``
    or ``contact_point_id`` narrow it; neither means the whole person. ``message`` is what a
    talking agent is told.
    """

    consumer_id: int
    restriction: Restriction
    at: datetime
    message: str
    account_id: int | None = None
    contact_point_id: int | None = None


class StagedAccount(NamedTuple):
    """A checked row on its way in: one account with its person, in the order of the columns.

    None means "not stated": a known account keeps what it has. Lists are PostgreSQL array texts
    (``{a,b}``) of plain words: ``amounts`` in major units beside their ``books``; the five
    ``point_`` lists run in parallel, ``point_zones`` holding IANA names joined by bars.
    ``row_number`` is the caller's own.
    """

    row_number: int
    creditor_reference: str
    creditor_name: str | None
    creditor_spoken_name: str | None
    placement_reference: str | None
    placed_on: date
    account_reference: str
    currency: str
    description: str | None
    opened_on: date | None
    due_on: date
    host_name: str | None
    host_reference: str | None
    books: str
    amounts: str
    total: str
    consumer_reference: str
    given_name: str | None
    family_name: str
    birth_date: date | None
    language: str | None
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None
    zones: str
    point_kinds: str
    point_values: str
    point_labels: str
    point_types: str
    point_zones: str
    holds: str
    hold_source: str | None
    opt_outs: str
    granted: str


class StagedOutcome(StrEnum):
    """What became of a staged row; from DUPLICATE on it was refused and changed nothing."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    OTHER_CONSUMER = "other_consumer"
    OTHER_CURRENCY = "other_currency"
    NO_HOST = "no_host"
    BUSY = "busy"


__all__ = [
    "CIRCUMSTANCES",
    "EVENT_KINDS",
    "Account",
    "AccountFilter",
    "AccountPage",
    "AccountRow",
    "AccountStatus",
    "Channel",
    "CircumstanceKind",
    "Consent",
    "ConsentState",
    "Consumer",
    "ContactPoint",
    "ContactRestricted",
    "Creditor",
    "Happening",
    "Hold",
    "HoldKind",
    "Host",
    "Note",
    "PointStatus",
    "Restriction",
    "StagedAccount",
    "StagedOutcome",
]
