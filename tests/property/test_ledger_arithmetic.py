"""Double entry holds for any history."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from goodterms.kit.money import Money
from goodterms.ledger import decide
from goodterms.ledger.model import COMPONENTS, Book, Entry, PostedEntry

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

cents = st.integers(-10_000_000, 10_000_000).map(Money.from_minor)
pictures = st.dictionaries(st.sampled_from(COMPONENTS), cents, max_size=6)


def history(wanted: list[dict[Book, Money]]) -> list[Entry]:
    """Make the adjustments that bring an account through these pictures, one after another."""
    balance = decide.empty_balance(1, "USD")
    made = []
    for number, picture in enumerate(wanted):
        entry = decide.adjustment(
            balance, picture, effective_on=DAY, cause=f"t:{number}", actor="t"
        )
        if entry is not None:
            balance = decide.apply(balance, entry)
            made.append(entry)
    return made


@given(st.lists(pictures, max_size=6))
def test_postings_always_sum_to_zero(wanted: list[dict[Book, Money]]) -> None:
    """Whatever an account is brought to, each entry balances and passes the check."""
    for entry in history(wanted):
        assert decide.total(entry.postings.values(), "USD") == Money.zero()
        decide.check_entry(entry, "USD")


@given(st.lists(pictures, min_size=1, max_size=6))
def test_the_balance_is_the_fold_and_ends_where_it_was_told(
    wanted: list[dict[Book, Money]],
) -> None:
    """The fold of the entries is the last picture, component by component."""
    balance = decide.fold(1, "USD", history(wanted))
    expected = {book: amount for book, amount in wanted[-1].items() if amount}
    assert balance.components == expected
    assert balance.total == decide.total(expected.values(), "USD")


@given(st.lists(pictures, min_size=1, max_size=6), st.data())
def test_a_reversal_restores_what_was(wanted: list[dict[Book, Money]], data: st.DataObject) -> None:
    """A history with an entry and its reversal folds to the history without them."""
    entries = history(wanted)
    if not entries:
        return
    index = data.draw(st.integers(0, len(entries) - 1))
    undone = decide.reversal(PostedEntry(9, entries[index], NOON), cause="r", actor="t")
    with_both = decide.fold(1, "USD", [*entries, undone])
    without = decide.fold(1, "USD", entries[:index] + entries[index + 1 :])
    assert with_both.components == without.components
    assert with_both.total == without.total
