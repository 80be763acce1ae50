"""No cent is lost or made when money is spread."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from goodterms.arrangements import decide
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Balance, Book

positive = st.integers(1, 10_000_000).map(Money.from_minor)
debts = st.dictionaries(st.sampled_from(decide.WATERFALL), positive, max_size=5).map(
    lambda owed: Balance(1, ledger.total(owed.values(), "USD"), owed, 1)
)


@given(debts, positive)
def test_allocation_conserves_every_cent(balance: Balance, amount: Money) -> None:
    """Shares are positive, sum to the payment, and exceed no component but credit."""
    spread = decide.allocate(balance, amount)
    assert ledger.total(spread.values(), "USD") == amount
    for book, share in spread.items():
        assert share > Money.zero()
        assert book is Book.CREDIT or share <= balance.components[book]


@given(debts, positive)
def test_no_principal_before_the_rest_is_paid(balance: Balance, amount: Money) -> None:
    """A component gets money only when everything before it in the order is paid off."""
    spread = decide.allocate(balance, amount)
    order = [*decide.WATERFALL, Book.CREDIT]
    last = max(order.index(book) for book in spread)
    for book in order[:last]:
        assert spread.get(book, Money.zero()) == balance.components.get(book, Money.zero())


@given(debts, positive, st.data())
def test_refunds_conserve_every_cent(balance: Balance, amount: Money, data: st.DataObject) -> None:
    """Giving a payment back in two parts restores exactly what it was spread over."""
    spread = decide.allocate(balance, amount)
    first = Money.from_minor(data.draw(st.integers(1, amount.minor)))
    one = decide.give_back(spread, first)
    assert ledger.total(one.values(), "USD") == first
    left = {book: share - one.get(book, Money.zero()) for book, share in spread.items()}
    rest = amount - first
    two = decide.give_back(left, rest)
    for book, share in spread.items():
        assert one.get(book, Money.zero()) + two.get(book, Money.zero()) == share
