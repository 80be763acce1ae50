"""What is owed in words, and the ways to settle it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from goodterms.accounts.model import Account, AccountStatus
from goodterms.arrangements.decide.promises import smallest
from goodterms.arrangements.decide.spreading import WATERFALL
from goodterms.arrangements.model import (
    ArrangementPolicy,
    OptionKind,
    Quote,
    QuoteLine,
    QuoteOption,
)
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance, Book

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
