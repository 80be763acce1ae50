"""What is owed in words, how a payment spreads over it, and what became of a promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from goodterms.accounts.model import Account, AccountStatus
from goodterms.arrangements.model import (
    ArrangementPolicy,
    OptionKind,
    Position,
    Promise,
    PromiseEvent,
    PromiseState,
    Quote,
    QuoteLine,
    QuoteOption,
)
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance, Book, EntryKind, PostedEntry

# Costs and fees, then interest, then principal: the order most agreements set, and the one the
# creditors' own ledgers use, so that both sides fold to the same components. Whatever is left
# over becomes a credit of the consumer, never income.
WATERFALL = (
    Book.COURT_COST,
    Book.ATTORNEY_FEE,
    Book.COLLECTION_COST,
    Book.NSF_FEE,
    Book.LATE_FEE,
    Book.SERVICE_FEE,
    Book.DEPOSIT,
    Book.INTEREST,
    Book.PRINCIPAL,
)

_ENDED = (AccountStatus.RECALLED, AccountStatus.CLOSED)
_TITLES = {
    Book.PRINCIPAL: "principal",
    Book.INTEREST: "interest",
    Book.LATE_FEE: "late fee",
    Book.SERVICE_FEE: "service fee",
    Book.NSF_FEE: "returned-payment fee",
    Book.COURT_COST: "court costs",
    Book.ATTORNEY_FEE: "attorney's fee",
    Book.COLLECTION_COST: "collection costs",
    Book.DEPOSIT: "deposit",
    Book.CREDIT: "credit",
}
_CONSUMER_WORDS = {
    Book.PRINCIPAL: "The amount you owe {creditor} before interest and fees.",
    Book.INTEREST: "Interest on the amount you owe.",
    Book.LATE_FEE: "A fee because a payment was late.",
    Book.SERVICE_FEE: "A fee for a service.",
    Book.NSF_FEE: "A fee because a payment was returned unpaid.",
    Book.COURT_COST: "Costs of a court.",
    Book.ATTORNEY_FEE: "The fee of an attorney.",
    Book.COLLECTION_COST: "Costs of collection.",
    Book.DEPOSIT: "A deposit that was asked for.",
    Book.CREDIT: "Money in your favour: it lowers what you owe.",
}


def allocate(balance: Balance, amount: Money) -> Mapping[Book, Money]:
    """Spread a payment over what is owed, in the order of ``WATERFALL``.

    Returns positive amounts per component that sum to exactly the payment; what exceeds the
    debt is the consumer's credit.

    Raises:
        Refusal: the amount is not positive (``AMOUNT_NOT_POSITIVE``).
    """
    zero = Money.zero(amount.currency)
    if amount <= zero:
        raise Refusal("AMOUNT_NOT_POSITIVE", f"{amount} cannot be allocated: it is not positive.")
    rest = amount
    spread: dict[Book, Money] = {}
    for book in WATERFALL:
        share = min(rest, balance.components.get(book, zero))
        if share > zero:
            spread[book] = share
            rest -= share
    if rest:
        spread[Book.CREDIT] = rest
    return spread


def give_back(spread: Mapping[Book, Money], amount: Money) -> Mapping[Book, Money]:
    """Take an amount out of what payments had been spread over: last paid, first given back.

    Returns positive amounts per component that sum to exactly the amount.

    Raises:
        Refusal: more is asked back than was paid (``ABOVE_PAYMENT``).
    """
    zero = Money.zero(amount.currency)
    rest = amount
    returned: dict[Book, Money] = {}
    for book in (Book.CREDIT, *reversed(WATERFALL)):
        share = min(rest, spread.get(book, zero))
        if share > zero:
            returned[book] = share
            rest -= share
    if rest:
        raise Refusal("ABOVE_PAYMENT", f"{rest} more than was paid cannot be given back.")
    return returned


def quote(
    quote_id: str,
    account: Account,
    creditor_name: str,
    balance: Balance,
    policy: ArrangementPolicy,
    *,
    now: datetime,
) -> Quote:
    """Explain what is owed on an account and list the ways to settle it."""
    order = [*reversed(WATERFALL), Book.CREDIT]
    lines = tuple(
        _line(book, balance.components[book], creditor_name)
        for book in order
        if book in balance.components
    )
    return Quote(
        id=quote_id,
        account_id=account.id,
        consumer_id=account.consumer_id,
        balance_version=balance.version,
        total=balance.total,
        lines=lines,
        options=_options(account, balance.total, policy, now.date()),
        quoted_at=now,
        expires_at=now + timedelta(minutes=policy.quote_minutes),
    )


def _line(book: Book, amount: Money, creditor_name: str) -> QuoteLine:
    title = _TITLES[book]
    return QuoteLine(
        component=book.value,
        amount=amount,
        agent_words=f"{title.capitalize()}: {amount}, as posted in the ledger.",
        consumer_words=_CONSUMER_WORDS[book].format(creditor=creditor_name),
    )


def _options(
    account: Account, total: Money, policy: ArrangementPolicy, today: date
) -> tuple[QuoteOption, ...]:
    if account.status in _ENDED or total <= Money.zero(total.currency):
        return ()
    least = smallest(total, policy)
    latest = today + timedelta(days=policy.longest_promise_days)
    full = QuoteOption(OptionKind.IN_FULL, total, total, f"Pay {total} now: nothing is left.")
    part = QuoteOption(
        OptionKind.PART, least, total, f"Pay from {least} now; the rest stays to be paid."
    )
    promise = QuoteOption(
        OptionKind.PROMISE, least, total, f"Promise up to {total} by {latest:%d %B %Y}.", latest
    )
    return (full, promise) if least == total else (full, part, promise)


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
    money = _payments(entries)
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


def _payments(entries: Sequence[PostedEntry]) -> list[tuple[datetime, Money]]:
    """List what was paid and when, oldest first, less what was returned or given back."""
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
