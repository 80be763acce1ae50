"""What may be promised, and what became of a promise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from goodterms.accounts.model import AccountStatus
from goodterms.arrangements.model import (
    ArrangementPolicy,
    Position,
    Promise,
    PromiseEvent,
    PromiseState,
)
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance, Book, EntryKind, PostedEntry

_ENDED = (AccountStatus.RECALLED, AccountStatus.CLOSED)


def smallest(total: Money, policy: ArrangementPolicy) -> Money:
    """Return the least that can be paid or promised at once of a debt."""
    return min(Money(policy.smallest, total.currency).rounded(), total)


def check_promise(
    position: Position,
    amount: Money,
    due_on: date,
    policy: ArrangementPolicy,
    *,
    today: date,
) -> None:
    """Let pass a promise within the limits.

    Raises:
        Refusal: with a code and the limit that was passed.
    """
    _check_amount(position, amount, policy)
    latest = today + timedelta(days=policy.longest_promise_days)
    if not today <= due_on <= latest:
        raise Refusal(
            "DATE_OUT_OF_RANGE",
            f"A promise is due between {today} and {latest}, not on {due_on}.",
            field="due_on",
        )


def _check_amount(position: Position, amount: Money, policy: ArrangementPolicy) -> None:
    account, owed = position.account, position.balance.total
    if amount.currency != owed.currency:
        raise Refusal(
            "WRONG_CURRENCY",
            f"Account {account.reference} is kept in {owed.currency}, not {amount.currency}.",
            field="amount",
        )
    if account.status in _ENDED:
        raise Conflict("ACCOUNT_CLOSED", f"Account {account.reference} is {account.status.value}.")
    if owed <= Money.zero(owed.currency):
        raise Conflict("NOTHING_OWED", f"Nothing is owed on account {account.reference}.")
    free = owed - position.promised
    if amount > free:
        raise Refusal(
            "ABOVE_BALANCE",
            f"{amount} cannot be promised on account {account.reference}: {owed} is owed"
            f" and {position.promised} of it is promised already.",
            field="amount",
        )
    least = smallest(free, policy)
    if amount < least:
        raise Refusal(
            "BELOW_MINIMUM", f"The least that can be promised is {least}.", field="amount"
        )


def kept(
    promises: Iterable[Promise], entries: Sequence[PostedEntry], policy: ArrangementPolicy
) -> set[str]:
    """Tell which promises of one account the payments since have kept.

    Earlier due promises are served first; a payment counts for one promise only, and only if
    it was posted after the promise was made and before its grace ended. Payments that were
    reversed do not count; refunds take from the newest payment first.
    """
    money = payments(entries)
    done = set()
    for promise in sorted(promises, key=lambda p: (p.due_on, p.made_at)):
        if promise.state in (PromiseState.BROKEN, PromiseState.CANCELLED):
            continue
        last = promise.due_on + timedelta(days=policy.grace_days)
        fits = [n for n, (at, _) in enumerate(money) if at >= promise.made_at and at.date() <= last]
        need = Money(promise.amount.amount * policy.kept_share, promise.amount.currency).rounded()
        zero = Money.zero(need.currency)
        if sum((money[n][1] for n in fits), zero) < need:
            continue
        done.add(promise.id)
        for n in fits:
            share = min(need, money[n][1])
            need -= share
            money[n] = (money[n][0], money[n][1] - share)
    return done


def payments(entries: Sequence[PostedEntry]) -> list[tuple[datetime, Money]]:
    """List what was paid on an account and when, oldest first, less what was given back."""
    undone = {posted.entry.reverses_id for posted in entries}
    money: list[tuple[datetime, Money]] = []
    for posted in entries:
        if posted.id in undone:
            continue
        if posted.entry.kind is EntryKind.PAYMENT:
            money.append((posted.posted_at, posted.entry.postings[Book.CASH]))
        elif posted.entry.kind is EntryKind.REFUND:
            back = -posted.entry.postings[Book.CASH]
            for n in reversed(range(len(money))):
                share = min(back, money[n][1])
                money[n] = (money[n][0], money[n][1] - share)
                back -= share
    return money


def fate(
    promise: Promise, was_kept: bool, balance: Balance, policy: ArrangementPolicy, *, today: date
) -> PromiseEvent | None:
    """Tell what has become of an open promise; None while it still waits.

    ``today`` is the UTC date; the grace covers every time zone's end of day.
    """
    if was_kept:
        return PromiseEvent.PAID
    if balance.total <= Money.zero(balance.total.currency):
        return PromiseEvent.CANCELLED
    if today > promise.due_on + timedelta(days=policy.grace_days):
        return PromiseEvent.MISSED
    return None
