"""How a payment spreads over the components of one debt, and how it is given back."""

from __future__ import annotations

from collections.abc import Mapping

from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance, Book

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
