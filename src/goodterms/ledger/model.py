"""Books, entries and balances: money that explains itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from goodterms.kit.money import Money


class Book(StrEnum):
    """Where a posting lies: a component the consumer owes, or its counter book."""

    PRINCIPAL = "principal"
    INTEREST = "interest"
    LATE_FEE = "late_fee"
    SERVICE_FEE = "service_fee"
    NSF_FEE = "nsf_fee"
    COURT_COST = "court_cost"
    ATTORNEY_FEE = "attorney_fee"
    COLLECTION_COST = "collection_cost"
    DEPOSIT = "deposit"
    CREDIT = "credit"
    PLACED = "placed"
    CASH = "cash"
    ACCRUED = "accrued"
    ADJUSTED = "adjusted"
    WRITTEN_OFF = "written_off"


COMPONENTS = (
    Book.PRINCIPAL,
    Book.INTEREST,
    Book.LATE_FEE,
    Book.SERVICE_FEE,
    Book.NSF_FEE,
    Book.COURT_COST,
    Book.ATTORNEY_FEE,
    Book.COLLECTION_COST,
    Book.DEPOSIT,
    Book.CREDIT,
)


class EntryKind(StrEnum):
    """What an entry records."""

    PLACEMENT = "placement"
    PAYMENT = "payment"
    REFUND = "refund"
    FEE = "fee"
    INTEREST = "interest"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"
    WRITE_OFF = "write_off"


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced entry to be posted: the postings of its books sum to zero.

    ``cause`` names what made it (``payment:pay_…``); (account, kind, cause) is posted once.
    ``policy_version`` is the hash of the policy that a computed amount comes from.
    """

    account_id: int
    kind: EntryKind
    effective_on: date
    cause: str
    postings: Mapping[Book, Money]
    actor: str
    note: str = ""
    reverses_id: int | None = None
    policy_version: str = ""


@dataclass(frozen=True, slots=True)
class PostedEntry:
    """An entry as it stands in the ledger; ``repeated`` if its cause had posted it before."""

    id: int
    entry: Entry
    posted_at: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed on an account now, by component (zero components left out).

    ``version`` rises by one with each entry; a quote names the version it was made from.
    """

    account_id: int
    total: Money
    components: Mapping[Book, Money]
    version: int
