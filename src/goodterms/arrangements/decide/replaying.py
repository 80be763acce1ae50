"""Replay after a reversal: what later payments would have paid had the reversed one never been.

Nothing is edited. The reversed entry and its reversal cancel out; each later payment and refund is
spread anew over the balance as it then was, and the differences become entries of their own. The
order is that in which entries were posted, because that is the order they were spread in: so the
ledger ends in exactly the state it would have had without the payment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from goodterms.arrangements.decide.spreading import allocate, give_back
from goodterms.arrangements.decide.waterfall import Waterfall
from goodterms.kit.errors import Conflict
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import COMPONENTS, Book, Entry, EntryKind, PostedEntry

REPLAY = ":replay:"
Spread = Mapping[Book, Money]


def differences(
    account_id: int,
    currency: str,
    entries: Sequence[PostedEntry],
    order: Waterfall,
    *,
    cause: str,
    actor: str,
) -> list[Entry]:
    """Return the entries that bring every payment to what it pays without those reversed.

    ``entries`` are all of the account, the reversals included. ``cause`` names the reversal.
    """
    undone = {posted.entry.reverses_id for posted in entries}
    standing = [
        posted
        for posted in entries
        if posted.id not in undone and posted.entry.kind is not EntryKind.REVERSAL
    ]
    found = [
        _entry(posted.entry, change, cause, actor)
        for posted in entries
        if posted.id in undone and (change := _left_over(posted, standing, currency))
    ]
    for posted, should in _played(account_id, currency, standing, order):
        change = _difference(_now(posted, standing), should, currency)
        if change:
            found.append(_entry(posted.entry, change, cause, actor))
    return found


def _played(
    account_id: int, currency: str, standing: Sequence[PostedEntry], order: Waterfall
) -> Iterator[tuple[PostedEntry, Spread]]:
    """Play the entries that stand in their order; give each with what it should post."""
    balance = ledger.empty_balance(account_id, currency)
    spreads: dict[str, Spread] = {}
    for posted in sorted(standing, key=lambda p: p.id):
        entry = posted.entry
        if REPLAY in entry.cause:
            continue
        should = entry.postings
        if entry.kind is EntryKind.PAYMENT:
            spread = allocate(balance, entry.postings[Book.CASH], order)
            spreads[entry.cause] = spread
            should = ledger.payment(
                account_id, spread, effective_on=entry.effective_on, cause="", actor=""
            ).postings
        elif entry.kind is EntryKind.REFUND:
            should = _refunded(entry, spreads)
        balance = ledger.apply(balance, replace(entry, postings=should))
        yield posted, should


def _refunded(entry: Entry, spreads: dict[str, Spread]) -> Spread:
    """Return the postings of a refund out of what its payment is now spread over."""
    source = next((c for c in spreads if entry.cause.startswith(f"{c}:")), None)
    if source is None:
        return entry.postings
    back = give_back(spreads[source], -entry.postings[Book.CASH])
    left = {
        book: amount - back.get(book, Money.zero(amount.currency))
        for book, amount in spreads[source].items()
    }
    spreads[source] = {book: amount for book, amount in left.items() if amount}
    return ledger.refund(
        entry.account_id, back, effective_on=entry.effective_on, cause="", actor=""
    ).postings


def _left_over(
    posted: PostedEntry, standing: Sequence[PostedEntry], currency: str
) -> dict[Book, Money]:
    """Return what undoes the replays of an entry that was itself reversed since."""
    now = _now(posted, standing)
    return _difference(now, posted.entry.postings, currency)


def _now(posted: PostedEntry, standing: Sequence[PostedEntry]) -> Spread:
    """Return what an entry posts together with its earlier replays."""
    total = dict(posted.entry.postings)
    prefix = f"{posted.entry.cause}{REPLAY}"
    for other in standing:
        if other.entry.cause.startswith(prefix):
            for book, amount in other.entry.postings.items():
                total[book] = total.get(book, Money.zero(amount.currency)) + amount
    return total


def _difference(now: Spread, should: Spread, currency: str) -> dict[Book, Money]:
    zero = Money.zero(currency)
    books = [book for book in COMPONENTS if book in now or book in should]
    change = {book: should.get(book, zero) - now.get(book, zero) for book in books}
    return {book: amount for book, amount in change.items() if amount}


def _entry(entry: Entry, change: Mapping[Book, Money], cause: str, actor: str) -> Entry:
    """Return the entry of a difference, on the effective day of the payment it belongs to."""
    return Entry(
        entry.account_id, EntryKind.ADJUSTMENT, entry.effective_on,
        f"{entry.cause}{REPLAY}{cause}", change, actor, "allocated anew after a reversal",
    )  # fmt: skip


def restored_to_principal(
    posted: PostedEntry, *, effective_on: date, cause: str, actor: str
) -> Entry | None:
    """Return the entry that moves what a reversal made owed again to principal; None if it is.

    Some creditors restore a chargeback as principal, whatever the payment had paid.
    """
    moved: dict[Book, Money] = {
        book: amount
        for book, amount in posted.entry.postings.items()
        if book in COMPONENTS and book is not Book.PRINCIPAL
    }
    if not moved:
        return None
    currency = next(iter(moved.values())).currency
    rest = -ledger.total(moved.values(), currency)
    postings: dict[Book, Money] = {**moved, Book.PRINCIPAL: rest}
    return Entry(
        posted.entry.account_id, EntryKind.ADJUSTMENT, effective_on, f"{cause}:restored", postings,
        actor, "the whole chargeback is owed as principal",
    )  # fmt: skip


def check_reversible(posted: PostedEntry, entries: Sequence[PostedEntry]) -> None:
    """Let pass the reversal of an entry that stands by itself.

    Raises:
        Conflict: a part of the payment was refunded (``REFUNDED``), or it is a replay's entry.
    """
    cause = posted.entry.cause
    if REPLAY in cause:
        raise Conflict(
            "REPLAY_ENTRY",
            f"Entry {posted.id} follows from a reversal; reverse the payment itself.",
        )
    undone = {other.entry.reverses_id for other in entries}
    for other in entries:
        refund = other.entry.kind is EntryKind.REFUND and other.id not in undone
        if refund and other.entry.cause.startswith(f"{cause}:"):
            raise Conflict(
                "REFUNDED",
                f"A part of entry {posted.id} was refunded by entry {other.id}: refund the rest"
                " instead of reversing it.",
            )
