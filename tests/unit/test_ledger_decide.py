"""What an entry may be, and what it does to a balance."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from goodterms.accounts.model import AccountStatus
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money
from goodterms.ledger import decide
from goodterms.ledger.model import Balance, Book, Entry, EntryKind, PostedEntry

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def usd(text: str) -> Money:
    return Money.of(text)


def entry(
    postings: dict[Book, Money],
    kind: EntryKind = EntryKind.ADJUSTMENT,
    cause: str = "test:1",
) -> Entry:
    return Entry(7, kind, DAY, cause, postings, "system:test")


def owed(**components: str) -> Balance:
    amounts = {Book(name): usd(text) for name, text in components.items()}
    return Balance(7, decide.total(amounts.values(), "USD"), amounts, 3)


def test_a_balanced_entry_passes() -> None:
    """An entry whose postings sum to zero in the account's currency is let pass."""
    decide.check_entry(entry({Book.PRINCIPAL: usd("10"), Book.PLACED: usd("-10")}), "USD")


@pytest.mark.parametrize(
    ("postings", "code"),
    [
        ({Book.PRINCIPAL: usd("10")}, "UNBALANCED"),
        ({Book.PRINCIPAL: usd("10"), Book.PLACED: usd("-9.99")}, "UNBALANCED"),
        (
            {Book.PRINCIPAL: Money.of("10", "EUR"), Book.PLACED: Money.of("-10", "EUR")},
            "WRONG_CURRENCY",
        ),
        (
            {Book.PRINCIPAL: Money(Decimal("0.001")), Book.PLACED: Money(Decimal("-0.001"))},
            "NOT_ROUNDED",
        ),
    ],
)
def test_an_entry_that_is_no_exact_double_entry_is_refused(
    postings: dict[Book, Money], code: str
) -> None:
    """Unbalanced, foreign or unrounded postings are refused with the account's number."""
    with pytest.raises(Refusal, match="account 7") as refused:
        decide.check_entry(entry(postings), "USD")
    assert refused.value.code == code


def test_an_entry_names_its_cause() -> None:
    """An entry without a cause could be posted twice, so it is refused."""
    with pytest.raises(Refusal, match="names no cause"):
        decide.check_entry(
            entry({Book.PRINCIPAL: usd("1"), Book.PLACED: usd("-1")}, cause=" "), "USD"
        )


def test_a_balance_leaves_out_what_is_zero() -> None:
    """A component that has been paid off disappears from the balance; the version rises."""
    after = decide.apply(
        owed(principal="10", late_fee="5"),
        decide.payment(
            7, {Book.LATE_FEE: usd("5")}, effective_on=DAY, cause="payment:1", actor="a"
        ),
    )
    assert after.components == {Book.PRINCIPAL: usd("10")}
    assert after.total == usd("10")
    assert after.version == 4


def test_a_reversal_keeps_the_original_effective_date() -> None:
    """A reversal is the negation of an entry on the day that entry was effective."""
    paid = decide.payment(
        7, {Book.PRINCIPAL: usd("4")}, effective_on=date(2026, 1, 31), cause="p", actor="a"
    )
    undone = decide.reversal(PostedEntry(5, paid, NOON), cause="nsf:1", actor="system:bank")
    assert undone.effective_on == date(2026, 1, 31)
    assert undone.reverses_id == 5
    assert decide.change(undone) == -decide.change(paid) == usd("4")


def test_a_reversal_is_not_reversed() -> None:
    """What a reversal undid is posted anew, not by reversing the reversal."""
    undone = entry({Book.PRINCIPAL: usd("4"), Book.CASH: usd("-4")}, EntryKind.REVERSAL)
    with pytest.raises(Conflict, match="itself a reversal"):
        decide.reversal(PostedEntry(6, undone, NOON), cause="again", actor="a")


def test_the_first_components_of_an_account_are_its_placement() -> None:
    """An account nothing was posted to is placed against the placement book."""
    made = decide.adjustment(
        decide.empty_balance(7, "USD"),
        {Book.PRINCIPAL: usd("90"), Book.INTEREST: usd("1.10")},
        effective_on=DAY,
        cause="import:1",
        actor="a",
    )
    assert made is not None
    assert made.kind is EntryKind.PLACEMENT
    assert made.postings[Book.PLACED] == usd("-91.10")


def test_components_that_are_not_named_become_zero() -> None:
    """The total after an adjustment is the total that was said."""
    made = decide.adjustment(
        owed(principal="90", interest="5"),
        {Book.PRINCIPAL: usd("60")},
        effective_on=DAY,
        cause="host:1",
        actor="a",
    )
    assert made is not None
    assert made.kind is EntryKind.ADJUSTMENT
    assert made.postings == {
        Book.PRINCIPAL: usd("-30"),
        Book.INTEREST: usd("-5"),
        Book.ADJUSTED: usd("35"),
    }


def test_a_shift_between_components_needs_no_counter_book() -> None:
    """Moving an amount from interest to principal already sums to zero."""
    made = decide.adjustment(
        owed(principal="90", interest="5"),
        {Book.PRINCIPAL: usd("95")},
        effective_on=DAY,
        cause="host:1",
        actor="a",
    )
    assert made is not None
    assert made.postings == {Book.PRINCIPAL: usd("5"), Book.INTEREST: usd("-5")}


def test_the_same_components_need_no_entry() -> None:
    """Saying what the ledger already holds posts nothing."""
    assert (
        decide.adjustment(
            owed(principal="90"),
            {Book.PRINCIPAL: usd("90"), Book.INTEREST: usd("0")},
            effective_on=DAY,
            cause="host:1",
            actor="a",
        )
        is None
    )


def test_only_components_are_owed() -> None:
    """A counter book such as cash cannot be set as something the consumer owes."""
    with pytest.raises(Refusal, match="'cash' is not something a consumer owes"):
        decide.adjustment(
            owed(principal="90"), {Book.CASH: usd("1")}, effective_on=DAY, cause="c", actor="a"
        )


@pytest.mark.parametrize(
    ("status", "total", "after"),
    [
        (AccountStatus.ACTIVE, "0", AccountStatus.PAID),
        (AccountStatus.ARRANGED, "-5", AccountStatus.PAID),
        (AccountStatus.ACTIVE, "1", AccountStatus.ACTIVE),
        (AccountStatus.PAID, "1", AccountStatus.ACTIVE),
        (AccountStatus.PAID, "0", AccountStatus.PAID),
        (AccountStatus.RECALLED, "0", AccountStatus.RECALLED),
        (AccountStatus.CLOSED, "10", AccountStatus.CLOSED),
    ],
)
def test_the_balance_decides_whether_an_account_is_paid(
    status: AccountStatus, total: str, after: AccountStatus
) -> None:
    """Nothing left means paid, owed again means active; recalled and closed stay."""
    assert decide.status_after(status, Balance(7, usd(total), {}, 2)) is after


def test_an_agent_is_told_in_words() -> None:
    """The words name the amount, the account and what remains."""
    paid = decide.payment(
        7, {Book.PRINCIPAL: usd("40")}, effective_on=DAY, cause="payment:1", actor="a"
    )
    assert decide.words("A-1", paid, owed(principal="60")) == (
        "A payment of 40.00 USD was just posted on account A-1: 60.00 USD remains."
    )
    lowered = entry({Book.PRINCIPAL: usd("-40"), Book.ADJUSTED: usd("40")})
    assert decide.words("A-1", lowered, owed()) == (
        "The balance was just lowered by 40.00 USD on account A-1: nothing remains to be paid."
    )


def test_a_refund_is_owed_again() -> None:
    """Money given back returns to the components it had paid."""
    given = decide.refund(
        7,
        {Book.PRINCIPAL: usd("40"), Book.CREDIT: usd("0")},
        effective_on=DAY,
        cause="refund:1",
        actor="a",
    )
    assert given.postings == {Book.PRINCIPAL: usd("40"), Book.CASH: usd("-40")}


def test_a_history_folds_to_its_balance() -> None:
    """The balance of a history is that of its entries, one after another."""
    placed = entry({Book.PRINCIPAL: usd("90"), Book.PLACED: usd("-90")}, EntryKind.PLACEMENT)
    paid = decide.payment(
        7, {Book.PRINCIPAL: usd("40")}, effective_on=DAY, cause="payment:1", actor="a"
    )
    folded = decide.fold(7, "USD", [placed, paid])
    assert (folded.total, folded.version) == (usd("50"), 2)
