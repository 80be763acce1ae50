"""The arithmetic of the ledger: what an entry may be, and what it does to a balance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from goodterms.accounts.model import AccountStatus
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money, MoneyError
from goodterms.ledger.model import COMPONENTS, Balance, Book, Entry, EntryKind, PostedEntry

OPEN = (AccountStatus.PLACED, AccountStatus.ACTIVE, AccountStatus.ARRANGED)


def check_entry(entry: Entry, currency: str) -> None:
    """Let pass an entry whose postings balance in the account's currency.

    Raises:
        Refusal: ``UNBALANCED``, ``WRONG_CURRENCY``, ``NOT_ROUNDED`` or ``NO_CAUSE``.
    """
    where = f"The {entry.kind.value} entry for account {entry.account_id}"
    if not entry.cause.strip():
        raise Refusal("NO_CAUSE", f"{where} names no cause; say what made it.")
    if len(entry.postings) < 2:  # noqa: PLR2004 - double entry
        raise Refusal("UNBALANCED", f"{where} needs at least two postings.")
    for book, amount in entry.postings.items():
        if amount.currency != currency:
            raise Refusal(
                "WRONG_CURRENCY",
                f"{where} posts {amount} to {book.value}, but the account is kept in {currency}.",
            )
        try:
            _ = amount.minor
        except MoneyError as error:
            raise Refusal("NOT_ROUNDED", f"{where}, book {book.value}: {error}") from error
    rest = total(entry.postings.values(), currency)
    if rest:
        raise Refusal("UNBALANCED", f"{where} does not sum to zero: {rest} is left over.")


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Add amounts of one currency; nothing adds up to zero."""
    return sum(amounts, Money.zero(currency))


def change(entry: Entry) -> Money:
    """Return by how much an entry changes what the consumer owes (negative: owes less)."""
    currency = next(iter(entry.postings.values())).currency
    return total((a for b, a in entry.postings.items() if b in COMPONENTS), currency)


def empty_balance(account_id: int, currency: str) -> Balance:
    """Return the balance of an account nothing was ever posted to: version 0."""
    return Balance(account_id, Money.zero(currency), {}, 0)


def apply(balance: Balance, entry: Entry) -> Balance:
    """Return the balance after an entry; its version is one higher."""
    components = dict(balance.components)
    for book, amount in entry.postings.items():
        if book in COMPONENTS:
            before = components.get(book, Money.zero(amount.currency))
            components[book] = before + amount
    kept = {book: components[book] for book in COMPONENTS if components.get(book)}
    currency = balance.total.currency
    return Balance(balance.account_id, total(kept.values(), currency), kept, balance.version + 1)


def fold(account_id: int, currency: str, entries: Iterable[Entry]) -> Balance:
    """Return the balance that a history of entries makes."""
    balance = empty_balance(account_id, currency)
    for entry in entries:
        balance = apply(balance, entry)
    return balance


def reversal(posted: PostedEntry, *, cause: str, actor: str, note: str = "") -> Entry:
    """Return the entry that undoes another, with the original effective date.

    Raises:
        Conflict: the entry is itself a reversal; post what is right instead.
    """
    if posted.entry.kind is EntryKind.REVERSAL:
        raise Conflict(
            "REVERSAL_OF_REVERSAL",
            f"Entry {posted.id} is itself a reversal; post the right amount as a new entry.",
        )
    return Entry(
        account_id=posted.entry.account_id,
        kind=EntryKind.REVERSAL,
        effective_on=posted.entry.effective_on,
        cause=cause,
        postings={book: -amount for book, amount in posted.entry.postings.items()},
        actor=actor,
        note=note,
        reverses_id=posted.id,
    )


def adjustment(
    balance: Balance,
    components: Mapping[Book, Money],
    *,
    effective_on: date,
    cause: str,
    actor: str,
) -> Entry | None:
    """Return the entry that brings a balance to exactly these components; None if it is there.

    The mapping is the whole picture: a component it does not name becomes zero, so that the
    total afterwards is the total that was said. The first entry of an account is its placement.

    Raises:
        Refusal: a book is named that is no component (``NO_COMPONENT``).
    """
    postings = _differences(balance, components)
    if not postings:
        return None
    placed = balance.version == 0
    counter = Book.PLACED if placed else Book.ADJUSTED
    rest = total(postings.values(), balance.total.currency)
    # A shift between components that leaves the total alone already balances by itself.
    if rest:
        postings[counter] = -rest
    return Entry(
        account_id=balance.account_id,
        kind=EntryKind.PLACEMENT if placed else EntryKind.ADJUSTMENT,
        effective_on=effective_on,
        cause=cause,
        postings=postings,
        actor=actor,
    )


def _differences(balance: Balance, components: Mapping[Book, Money]) -> dict[Book, Money]:
    for book in components:
        if book not in COMPONENTS:
            raise Refusal(
                "NO_COMPONENT",
                f"Account {balance.account_id}: '{book.value}' is not something a consumer owes.",
            )
    zero = Money.zero(balance.total.currency)
    differences = {}
    for book in COMPONENTS:
        difference = components.get(book, zero) - balance.components.get(book, zero)
        if difference:
            differences[book] = difference
    return differences


def payment(
    account_id: int,
    allocation: Mapping[Book, Money],
    *,
    effective_on: date,
    cause: str,
    actor: str,
    note: str = "",
) -> Entry:
    """Return the entry of money received, spread over components (positive amounts)."""
    currency = next(iter(allocation.values())).currency
    postings = {book: -amount for book, amount in allocation.items() if amount}
    postings[Book.CASH] = total(allocation.values(), currency)
    return Entry(account_id, EntryKind.PAYMENT, effective_on, cause, postings, actor, note)


def charge(
    account_id: int,
    book: Book,
    amount: Money,
    *,
    kind: EntryKind,
    effective_on: date,
    cause: str,
    actor: str,
    policy_version: str,
    note: str = "",
) -> Entry:
    """Return the entry of a fee or interest that a policy adds to what is owed."""
    return Entry(
        account_id, kind, effective_on, cause, {book: amount, Book.ACCRUED: -amount}, actor, note,
        policy_version=policy_version,
    )  # fmt: skip


def refund(
    account_id: int,
    given_back: Mapping[Book, Money],
    *,
    effective_on: date,
    cause: str,
    actor: str,
    note: str = "",
) -> Entry:
    """Return the entry of money given back: the components are owed again (positive amounts)."""
    currency = next(iter(given_back.values())).currency
    postings = {book: amount for book, amount in given_back.items() if amount}
    postings[Book.CASH] = -total(given_back.values(), currency)
    return Entry(account_id, EntryKind.REFUND, effective_on, cause, postings, actor, note)


def status_after(status: AccountStatus, balance: Balance) -> AccountStatus:
    """Return the account's status after its balance changed.

    An open account with nothing left to pay is paid; a paid one that is owed again is active.
    Recalled and closed accounts stay what they are.
    """
    owed = balance.total > Money.zero(balance.total.currency)
    if status in OPEN and not owed:
        return AccountStatus.PAID
    if status is AccountStatus.PAID and owed:
        return AccountStatus.ACTIVE
    return status


def words(reference: str, entry: Entry, balance: Balance) -> str:
    """Say to a talking agent what just happened to an account."""
    amount = -change(entry)
    what = {
        EntryKind.PAYMENT: f"A payment of {amount} was just posted",
        EntryKind.WRITE_OFF: f"{amount} was just written off",
    }.get(entry.kind, f"The balance was just lowered by {amount}")
    zero = Money.zero(balance.total.currency)
    rest = f"{balance.total} remains" if balance.total > zero else "nothing remains to be paid"
    return f"{what} on account {reference}: {rest}."


def restated_words(reference: str, before: Money, after: Money) -> str:
    """Say to a talking agent that the creditor now states a lower sum."""
    rest = f"{after} remains" if after else "nothing remains to be paid"
    return f"The creditor lowered account {reference} by {before - after}: {rest}."
