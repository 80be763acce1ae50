"""Reversals: the worked example of a chargeback, and what may not be reversed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from goodterms.arrangements import decide
from goodterms.arrangements.decide.replaying import (
    check_reversible,
    differences,
    restored_to_principal,
)
from goodterms.arrangements.decide.spreading import HOUSE_ORDER
from goodterms.kit.errors import Conflict
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Balance, Book, Entry, EntryKind, PostedEntry

NOW = datetime(2024, 1, 1, tzinfo=UTC)
DAY = date(2024, 1, 1)


def usd(text: str) -> Money:
    return Money.of(text)


class Account:
    """One account's ledger."""

    def __init__(self) -> None:
        self.entries: list[PostedEntry] = []

    @property
    def balance(self) -> Balance:
        return ledger.fold(1, "USD", [posted.entry for posted in self.entries])

    def add(self, entry: Entry) -> PostedEntry:
        self.entries.append(PostedEntry(len(self.entries) + 1, entry, NOW))
        return self.entries[-1]

    def charge(self, book: Book, amount: str) -> None:
        self.add(
            ledger.charge(
                1, book, usd(amount), kind=EntryKind.FEE, effective_on=DAY, actor="a",
                cause=f"charge:{len(self.entries)}", policy_version="p",
            )
        )  # fmt: skip

    def pay(self, cause: str, amount: str) -> PostedEntry:
        spread = decide.allocate(self.balance, usd(amount))
        return self.add(ledger.payment(1, spread, effective_on=DAY, cause=cause, actor="a"))


def test_a_chargeback_as_fineract_applies_it() -> None:
    """500 charged back as principal, then 500 paid: 475 principal and 25 penalty, 535 left."""
    account = Account()
    account.charge(Book.PRINCIPAL, "1000")
    account.charge(Book.SERVICE_FEE, "10")
    first = account.pay("payment:1", "500")
    assert first.entry.postings[Book.PRINCIPAL] == usd("-490")
    account.charge(Book.NSF_FEE, "25")
    account.add(ledger.reversal(first, cause="chargeback:1", actor="bank"))
    moved = restored_to_principal(first, effective_on=DAY, cause="chargeback:1", actor="bank")
    assert moved is not None
    account.add(moved)
    last = account.pay("payment:2", "500").entry
    assert (last.postings[Book.PRINCIPAL], last.postings[Book.NSF_FEE]) == (
        usd("-475"), usd("-25"),
    )  # fmt: skip
    assert account.balance.total == usd("535")


def test_what_was_principal_needs_no_moving() -> None:
    """A payment that paid principal alone is restored as it was."""
    account = Account()
    account.charge(Book.PRINCIPAL, "1000")
    paid = account.pay("payment:1", "500")
    assert restored_to_principal(paid, effective_on=DAY, cause="c", actor="a") is None


def test_a_later_payment_is_allocated_anew() -> None:
    """Without the returned payment the next one pays the fee first: the difference is an entry."""
    account = Account()
    account.charge(Book.PRINCIPAL, "100")
    account.charge(Book.LATE_FEE, "10")
    first = account.pay("payment:1", "30")
    account.pay("payment:2", "20")
    account.add(ledger.reversal(first, cause="nsf:1", actor="bank"))
    [change] = differences(1, "USD", account.entries, HOUSE_ORDER, cause="nsf:1", actor="bank")
    assert change.cause == "payment:2:replay:nsf:1"
    assert change.postings == {Book.PRINCIPAL: usd("10"), Book.LATE_FEE: usd("-10")}
    ledger.check_entry(change, "USD")
    account.add(change)
    assert account.balance.components == {Book.PRINCIPAL: usd("90")}


def test_a_refund_without_its_payment_stays_as_it_is() -> None:
    """A refund whose payment is not in the ledger is not spread anew."""
    account = Account()
    account.charge(Book.PRINCIPAL, "100")
    account.add(
        ledger.refund(
            1, {Book.PRINCIPAL: usd("5")}, effective_on=DAY, cause="payment:9:ref_1", actor="a"
        )
    )
    assert differences(1, "USD", account.entries, HOUSE_ORDER, cause="x", actor="a") == []


def test_what_follows_from_a_reversal_is_not_reversed() -> None:
    """An entry of a replay, and a payment partly refunded, cannot be reversed; says why."""
    account = Account()
    account.charge(Book.PRINCIPAL, "100")
    paid = account.pay("payment:1", "50")
    back = ledger.refund(
        1, {Book.PRINCIPAL: usd("5")}, effective_on=DAY, cause="payment:1:ref_1", actor="a"
    )
    account.add(back)
    with pytest.raises(Conflict, match="was refunded by entry 3"):
        check_reversible(paid, account.entries)
    replayed = Entry(1, EntryKind.ADJUSTMENT, DAY, "payment:1:replay:nsf:2", {}, "a")
    with pytest.raises(Conflict, match="reverse the payment itself"):
        check_reversible(PostedEntry(9, replayed, NOW), account.entries)
