"""The itemisation of a debt on the validation notice."""

from __future__ import annotations

from datetime import date

from goodterms.compliance.decide.itemisation import Itemisation, itemise
from goodterms.kit.money import Money
from goodterms.ledger.model import Book, Entry, EntryKind

ON = date(2026, 9, 1)


def entry(kind: EntryKind, day: date, book: Book, amount: str, counter: Book) -> Entry:
    """Give an entry of one component and its counter book."""
    money = Money.of(amount, "USD")
    return Entry(1, kind, day, f"{kind}:{day}", {book: money, counter: -money}, "test")


def test_parts_add_up_to_the_cent() -> None:
    """B8: 312,540.22 and interest of 1,238.11 and fees of 165.00 make 313,943.33."""
    usd = [Money.of(text, "USD") for text in ("312540.22", "1238.11", "165.00", "0", "0")]
    assert Itemisation(ON, *usd).total == Money.of("313943.33", "USD")


def test_entries_are_divided_at_the_date() -> None:
    """What was posted up to the date is the amount; since then each kind has its line."""
    later = date(2026, 9, 20)
    shown = itemise(
        [
            entry(EntryKind.PLACEMENT, later, Book.PRINCIPAL, "100.00", Book.PLACED),
            entry(EntryKind.INTEREST, ON, Book.INTEREST, "1.00", Book.ACCRUED),
            entry(EntryKind.INTEREST, later, Book.INTEREST, "2.50", Book.ACCRUED),
            entry(EntryKind.FEE, later, Book.LATE_FEE, "5.00", Book.ACCRUED),
            entry(EntryKind.PAYMENT, later, Book.PRINCIPAL, "-30.00", Book.CASH),
            entry(EntryKind.REFUND, later, Book.PRINCIPAL, "10.00", Book.CASH),
            entry(EntryKind.WRITE_OFF, later, Book.LATE_FEE, "-5.00", Book.WRITTEN_OFF),
        ],
        ON,
        "USD",
    )
    parts = (shown.amount, shown.interest, shown.fees, shown.payments, shown.credits)
    assert [str(part.amount) for part in parts] == ["101.00", "2.50", "5.00", "-20.00", "-5.00"]
    assert shown.total == Money.of("83.50", "USD")
