"""How a payment spreads over the components of one debt, and how it is given back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from goodterms.arrangements.decide import waterfall
from goodterms.arrangements.decide.waterfall import Owed, Part, Timing, Waterfall
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance, Book

PARTS = {
    Book.COURT_COST: Part.FEE,
    Book.ATTORNEY_FEE: Part.FEE,
    Book.COLLECTION_COST: Part.FEE,
    Book.SERVICE_FEE: Part.FEE,
    Book.DEPOSIT: Part.FEE,
    Book.NSF_FEE: Part.PENALTY,
    Book.LATE_FEE: Part.PENALTY,
    Book.INTEREST: Part.INTEREST,
    Book.PRINCIPAL: Part.PRINCIPAL,
}
"""What each component is to a waterfall; components of one part are paid in this order."""

# Costs and fees, then interest, then principal: the order most agreements set. Whatever is left
# over becomes a credit of the consumer, never income.
_HOUSE = (Part.FEE, Part.PENALTY, Part.INTEREST, Part.PRINCIPAL)
HOUSE_ORDER = Waterfall(tuple((timing, part) for timing in Timing for part in _HOUSE))
WATERFALL = tuple(PARTS)
"""The components in the order of ``HOUSE_ORDER``."""


def allocate(
    balance: Balance, amount: Money, order: Waterfall = HOUSE_ORDER
) -> Mapping[Book, Money]:
    """Spread a payment over what is owed, in the order of a waterfall.

    A placed debt is past due as a whole. Returns positive amounts per component that sum to
    exactly the payment; what exceeds the debt is the consumer's credit.

    Raises:
        Refusal: the amount is not positive (``AMOUNT_NOT_POSITIVE``).
    """
    zero = Money.zero(amount.currency)
    if amount <= zero:
        raise Refusal("AMOUNT_NOT_POSITIVE", f"{amount} cannot be allocated: it is not positive.")
    owed = {
        book: Owed(0, part, date.min, balance.components[book].amount)
        for book, part in PARTS.items()
        if balance.components.get(book, zero) > zero
    }
    shares, rest = waterfall.run(order, list(owed.values()), amount.amount, date.max)
    found = {id(share.owed): Money(share.amount, amount.currency) for share in shares}
    spread = {book: found[id(item)] for book, item in owed.items() if id(item) in found}
    if rest:
        spread[Book.CREDIT] = Money(rest, amount.currency)
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
