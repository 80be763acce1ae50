"""The people who owe, the firms they owe, and how they may be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from goodterms.accounts.model.circumstances import CIRCUMSTANCES, CircumstanceKind
from goodterms.accounts.model.events import EVENT_KINDS, Happening
from goodterms.accounts.model.staging import StagedAccount, StagedOutcome


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
    """A way to reach somebody; ALL stands for every one in what the consumer agreed to or not."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    SOCIAL = "social"
    ALL = "all"


class ConsentState(StrEnum):
    """Agreed, or taken back (an opt-out)."""

    GRANTED = "granted"
    REVOKED = "revoked"


class Purpose(StrEnum):
    """What a consent is about: the channel as such (CONTACT), or more than that on it.

    AUTOMATED dialing and voices; CALL beyond the caps; other HOURS; WORK numbers and addresses;
    ESIGN notices by e-mail; RECORDING; DEBIT of an account.
    """

    CONTACT = "contact"
    AUTOMATED = "automated"
    CALL = "call"
    HOURS = "hours"
    WORK = "work"
    ESIGN = "esign"
    RECORDING = "recording"
    DEBIT = "debit"


class Relation(StrEnum):
    """Whose number or address it is; up to SUCCESSOR the law treats them as the consumer."""

    CONSUMER = "consumer"
    SPOUSE = "spouse"
    PARENT = "parent"
    GUARDIAN = "guardian"
    EXECUTOR = "executor"
    ADMINISTRATOR = "administrator"
    SUCCESSOR = "successor"
    ATTORNEY = "attorney"
    EMPLOYER = "employer"
    THIRD_PARTY = "third_party"


class OurRole(StrEnum):
    """What we are to a creditor's debts: collecting for another, or the creditor ourselves."""

    COLLECTOR = "collector"
    CREDITOR = "creditor"


class DebtKind(StrEnum):
    """What a debt was made for: personal, family or household purposes, or a business."""

    CONSUMER = "consumer"
    COMMERCIAL = "commercial"


@dataclass(frozen=True, slots=True)
class Creditor:
    """A firm that is owed; ``spoken_name`` is how it is said on the telephone."""

    id: int
    reference: str
    name: str
    spoken_name: str
    our_role: OurRole = OurRole.COLLECTOR


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
    """One debt of one consumer to one creditor.

    ``in_default``: it was when we obtained it. ``servicing_group`` joins debts serviced as one.
    """

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
    debt_kind: DebtKind = DebtKind.CONSUMER
    in_default: bool = True
    servicing_group: str = ""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A number (E.164) or address of a consumer, with the zones it may ring in.

    ``relation`` says whose it is.
    """

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
    relation: Relation = Relation.CONSUMER


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
    """What a consumer agreed to or took back, for a channel and one contact point or all.

    ``direct``: given to us, not to a creditor.
    """

    id: int
    consumer_id: int
    contact_point_id: int | None
    channel: Channel
    state: ConsentState
    source: str
    actor: str
    recorded_at: datetime
    purpose: Purpose = Purpose.CONTACT
    direct: bool = True


@dataclass(frozen=True, slots=True)
class RecordedCircumstance:
    """A recorded fact that bears on contact, with its source and the rule that ends it.

    ``kind`` and the names in ``data`` are those of ``CIRCUMSTANCES``. ``held_on`` is the date it
    holds for where the consumer is, ``held_at`` the instant. It stays on record after its end.
    """

    id: int
    consumer_id: int
    account_id: int | None
    contact_point_id: int | None
    kind: str
    held_on: date
    held_at: datetime
    data: Mapping[str, Any]
    source: str
    release_rule: str
    actor: str
    recorded_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None


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


class Restriction(StrEnum):
    """What makes planned contact stale."""

    PAYMENT = "payment"
    HOLD = "hold"
    OPT_OUT = "opt_out"
    PREFERENCE = "preference"
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
    "DebtKind",
    "Happening",
    "Hold",
    "HoldKind",
    "Host",
    "Note",
    "OurRole",
    "PointStatus",
    "Purpose",
    "RecordedCircumstance",
    "Relation",
    "Restriction",
    "StagedAccount",
    "StagedOutcome",
]
