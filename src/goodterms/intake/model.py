"""Files of accounts on their way in: fields, mappings, refusals, runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from goodterms.accounts.model import Channel, HoldKind, StagedOutcome
from goodterms.ledger.model import Book

REFUSED_BECAUSE = "refused_because"


class Field(StrEnum):
    """What a column may hold. Phones are any number of columns beside these."""

    CREDITOR = "creditor"
    CREDITOR_NAME = "creditor_name"
    CREDITOR_SPOKEN_NAME = "creditor_spoken_name"
    PLACEMENT = "placement"
    PLACED_ON = "placed_on"
    ACCOUNT = "account"
    CONSUMER = "consumer"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    LANGUAGE = "language"
    STREET = "street"
    CITY = "city"
    REGION = "region"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    EMAIL = "email"
    CURRENCY = "currency"
    BALANCE = "balance"
    PRINCIPAL = "principal"
    INTEREST = "interest"
    LATE_FEE = "late_fee"
    SERVICE_FEE = "service_fee"
    NSF_FEE = "nsf_fee"
    COURT_COST = "court_cost"
    ATTORNEY_FEE = "attorney_fee"
    COLLECTION_COST = "collection_cost"
    DESCRIPTION = "description"
    OPENED_ON = "opened_on"
    DUE_ON = "due_on"
    HOLD = "hold"
    HOLD_SOURCE = "hold_source"
    OPT_OUT = "opt_out"
    CONSENT_CALL = "consent_call"
    CONSENT_SMS = "consent_sms"
    CONSENT_EMAIL = "consent_email"
    HOST = "host"
    HOST_REFERENCE = "host_reference"


COMPONENT_FIELDS = {
    Field(book.value): book for book in Book if book.value in {f.value for f in Field}
}


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """A column of telephone numbers with the label its numbers get."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field lies in a file, or which one value it has for all rows."""

    header: tuple[str, ...]
    at: Mapping[Field, int]
    phones: tuple[PhoneColumn, ...]
    fixed: Mapping[Field, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def name(self, of: Field) -> str:
        """Return how the file calls the column, for messages."""
        return self.header[self.at[of]] if of in self.at else of.value


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's header, its first rows, and its size in bytes."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    size: int


class RowRefused(Exception):  # noqa: N818 - the glossary's word
    """A row that cannot be taken in; the sentence names column, value, rule and remedy."""


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """A telephone number as somebody wrote it, with its label: home, mobile, work or other."""

    number: str
    label: str = "home"


@dataclass(frozen=True, slots=True)
class AccountUpsert:
    """An account to be placed or brought up to date, as a program states it.

    ``components`` are all amounts owed, in major units; those not named are zero. Everything
    None is "not stated": a known account keeps what it has. A consumer without a reference gets
    ``creditor/account``.
    """

    creditor: str
    account: str
    family_name: str
    due_on: date
    components: Mapping[Book, Decimal]
    currency: str = "USD"
    consumer: str | None = None
    given_name: str | None = None
    creditor_name: str | None = None
    creditor_spoken_name: str | None = None
    placement: str | None = None
    placed_on: date | None = None
    birth_date: date | None = None
    language: str | None = None
    street: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    email: str | None = None
    phones: tuple[PhoneEntry, ...] = ()
    description: str | None = None
    opened_on: date | None = None
    holds: tuple[HoldKind, ...] = ()
    hold_source: str | None = None
    opt_outs: tuple[Channel, ...] = ()
    granted: tuple[Channel, ...] = ()
    host: str | None = None
    host_reference: str | None = None


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """What became of an upsert: NEW, UPDATED or UNCHANGED, or why it was refused.

    ``account_id`` is set and ``because`` empty unless it was refused.
    """

    outcome: StagedOutcome | None
    account_id: int | None
    because: str = ""


class RunState(StrEnum):
    """Where an import stands. STOPPED and FAILED ones are continued by importing again."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows met which end."""

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.read + other.read,
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: bytes for the bar, rows for people."""

    run_id: int
    bytes_read: int
    bytes_total: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. ``refused_file`` is None when every row was taken in.

    ``ignored`` are the columns nobody understood; ``examples`` a few refusals, row and reason.
    """

    run_id: int
    counts: Counts
    refused_file: str | None
    ignored: tuple[str, ...]
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import as it is on record."""

    id: int
    file_name: str
    mapping: dict[str, Any]
    state: RunState
    bytes_total: int
    bytes_read: int
    rows_read: int
    rows_new: int
    rows_updated: int
    rows_unchanged: int
    rows_refused: int
    refused_file: str | None
    message: str
    actor: str
    started_at: datetime
    ended_at: datetime | None
