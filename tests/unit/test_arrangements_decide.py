"""Quotes, allocation and the life of a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.fakes.policies import shipped_book

from goodterms.accounts.model import Account, AccountStatus
from goodterms.arrangements import decide
from goodterms.arrangements.decide.book import PolicyBook, build
from goodterms.arrangements.decide.permissions import Situation
from goodterms.arrangements.decide.standing import Standing
from goodterms.arrangements.model import (
    ArrangementPolicy,
    OptionKind,
    Position,
    Promise,
    PromiseEvent,
    PromiseState,
    Quote,
)
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Balance, Book, Entry, EntryKind, PostedEntry

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOON.date()
POLICY = ArrangementPolicy()


def usd(text: str) -> Money:
    return Money.of(text)


def owed(**components: str) -> Balance:
    amounts = {Book(name): usd(text) for name, text in components.items()}
    return Balance(7, ledger.total(amounts.values(), "USD"), amounts, 3)


def account(status: AccountStatus = AccountStatus.ACTIVE) -> Account:
    return Account(
        7, "A-7", 1, 1, 5, "USD", "", status, None, date(2026, 9, 1), None, None, None
    )  # fmt: skip


def promise(
    amount: str,
    due_in: int = 10,
    *,
    number: int = 1,
    made_at: datetime = NOON,
    state: PromiseState = PromiseState.OPEN,
) -> Promise:
    return Promise(
        f"ptp_{number}", 7, 5, None, usd(amount), TODAY + timedelta(days=due_in), state,
        "person:1", made_at,
    )  # fmt: skip


def posted(number: int, entry: Entry, days: int = 0) -> PostedEntry:
    return PostedEntry(number, entry, NOON + timedelta(days=days))


def payment(number: int, amount: str, days: int = 1) -> PostedEntry:
    entry = ledger.payment(
        7, {Book.PRINCIPAL: usd(amount)}, effective_on=TODAY, cause=f"payment:{number}", actor="a"
    )
    return posted(number, entry, days)


def refund(number: int, amount: str, days: int = 2) -> PostedEntry:
    entry = ledger.refund(
        7, {Book.PRINCIPAL: usd(amount)}, effective_on=TODAY, cause=f"refund:{number}", actor="a"
    )
    return posted(number, entry, days)


def test_fees_are_paid_before_interest_and_interest_before_principal() -> None:
    """A payment fills costs and fees, then interest, then principal."""
    balance = owed(principal="100", interest="20", late_fee="10", court_cost="5")
    assert decide.allocate(balance, usd("37")) == {
        Book.COURT_COST: usd("5"),
        Book.LATE_FEE: usd("10"),
        Book.INTEREST: usd("20"),
        Book.PRINCIPAL: usd("2"),
    }


def test_an_overpayment_is_the_consumers_credit() -> None:
    """What exceeds the debt is kept as credit, not as income."""
    assert decide.allocate(owed(principal="30"), usd("45")) == {
        Book.PRINCIPAL: usd("30"),
        Book.CREDIT: usd("15"),
    }


def test_nothing_is_not_allocated() -> None:
    """A payment of zero or less is refused."""
    with pytest.raises(Refusal, match="not positive"):
        decide.allocate(owed(principal="30"), usd("0"))


def test_what_was_paid_last_is_given_back_first() -> None:
    """A refund takes credit first, then principal, and fees last."""
    spread = {Book.LATE_FEE: usd("10"), Book.PRINCIPAL: usd("30"), Book.CREDIT: usd("5")}
    assert decide.give_back(spread, usd("40")) == {
        Book.CREDIT: usd("5"),
        Book.PRINCIPAL: usd("30"),
        Book.LATE_FEE: usd("5"),
    }


def test_no_more_is_given_back_than_was_paid() -> None:
    """Asking back a cent more than was paid is refused."""
    with pytest.raises(Refusal, match=r"0\.01 USD more"):
        decide.give_back({Book.PRINCIPAL: usd("30")}, usd("30.01"))


def standing(balance: Balance, status: AccountStatus = AccountStatus.ACTIVE) -> Standing:
    return Standing(account(status), "Hill Hospital", balance, (), Situation("US-TX", "H1"))


def quoted(stands: Standing, book: PolicyBook | None = None) -> Quote:
    under = decide.terms(book or shipped_book(), stands, TODAY, POLICY)
    return decide.quote("quo_1", stands, under, now=NOON)


def test_a_quote_explains_each_component() -> None:
    """Each component has a line for the agent and one for the consumer; options have bounds."""
    made = quoted(standing(owed(principal="100", late_fee="12.50")))
    assert [line.component for line in made.lines] == ["principal", "late_fee"]
    assert made.lines[0].consumer_words == (
        "The amount you owe Hill Hospital before interest and fees."
    )
    assert made.lines[1].agent_words == "Late fee: 12.50 USD, as posted in the ledger."
    assert made.total == usd("112.50")
    assert made.expires_at == NOON + timedelta(minutes=30)
    assert [(o.kind, o.minimum, o.maximum) for o in made.options] == [
        (OptionKind.IN_FULL, usd("112.50"), usd("112.50")),
        (OptionKind.PART, usd("1"), usd("112.50")),
        (OptionKind.PLAN, usd("112.50"), usd("112.50")),
        (OptionKind.PROMISE, usd("1"), usd("112.50")),
    ]
    assert made.options[-1].latest_on == date(2026, 12, 22)
    assert all(option.words and option.consumer_words for option in made.options)


def test_a_quote_names_its_policies() -> None:
    """The book, the set and each policy asked are named by hash, with the day."""
    made = quoted(standing(owed(principal="100")))
    book = shipped_book()
    assert (made.policy_hash, made.policy_set, made.as_of) == (book.hash, "house", TODAY)
    assert made.policies["plan"] == book.policies["plan"].hash


def test_charges_without_permission_are_absent_with_a_reason() -> None:
    """No permission: the line is zero, its code says so, and the total is the ledger's."""
    made = quoted(standing(owed(principal="100")))
    assert made.total == usd("100")
    assert {line.reason_code for line in made.absent} == {"FEE_NOT_AUTHORISED"}
    assert [line.component for line in made.absent] == ["late_fee", "interest", "service_fee"]
    assert "no row of the permission table" in made.absent[0].agent_words


def test_a_plan_that_policy_removes_says_why() -> None:
    """Plans below the least instalment are not offered; the code and the trace say why."""
    made = quoted(standing(owed(principal="100")))
    [plan] = [o for o in made.options if o.kind is OptionKind.PLAN]
    assert [i.amount for i in plan.instalments] == [usd("33.33"), usd("33.33"), usd("33.34")]
    assert plan.instalments[0].due_on == date(2026, 12, 22)
    removed = [gone for gone in made.removed if gone.kind is OptionKind.PLAN]
    assert [gone.reason_code for gone in removed] == ["PLAN_LIMIT", "PLAN_LIMIT"]
    assert removed[0].words.startswith("6 instalments: Outside the limits")
    assert removed[0].trace is not None


def test_an_old_debt_may_be_settled() -> None:
    """After a year 60 % settles a large debt: rounded up, with its own expiry and authority."""
    old = replace(account(), due_on=TODAY - timedelta(days=400))
    stands = replace(standing(owed(principal="4321.09")), account=old)
    [option] = [o for o in quoted(stands).options if o.kind is OptionKind.SETTLEMENT]
    assert (option.maximum, option.forgiven) == (usd("2592.66"), usd("1728.43"))
    assert option.expires_at == NOON + timedelta(days=14)
    assert option.authority == "supervisor"
    young = quoted(standing(owed(principal="4321.09")))
    assert [gone.reason_code for gone in young.removed if gone.kind is OptionKind.SETTLEMENT] == [
        "NO_SETTLEMENT"
    ]


PERMITTED = """
permissions:
  - {id: late, fee: late_fee, jurisdiction: US, actor: debt_collector, permitted: true,
     basis: "clause 9", citation: "agreement", valid_from: 2024-01-01, evidence: verified,
     signed_by: counsel}
  - {id: interest, fee: interest, jurisdiction: US, actor: debt_collector, permitted: true,
     basis: "clause 8", citation: "agreement", valid_from: 2024-01-01, evidence: verified,
     signed_by: counsel}
"""


def permitted_book() -> PolicyBook:
    return build({**shipped_book().files, "ours.yaml": PERMITTED})


def test_permitted_charges_are_lines_of_the_quote() -> None:
    """With permission the late fee and interest are added, each with cause and trace."""
    placed = posted(1, Entry(7, EntryKind.PLACEMENT, TODAY - timedelta(days=50), "p", {}, "a"))
    stands = replace(standing(owed(principal="1000")), entries=(placed,))
    made = quoted(stands, permitted_book())
    added = [line for line in made.lines if not line.posted]
    assert [(line.component, line.amount, line.reason_code) for line in added] == [
        ("late_fee", usd("50"), "LATE_PCT"),
        ("interest", usd("11.64"), "INT_SIMPLE"),
    ]
    assert made.total == usd("1061.64")
    assert added[0].cause == "policy:late-fee-percent:2026-09-01"
    assert added[1].cause == f"policy:simple-interest:{TODAY}"
    assert added[0].trace is not None


def test_a_charge_is_made_once() -> None:
    """A late fee that was posted, or waived since, is not quoted again."""
    fee = Entry(7, EntryKind.FEE, TODAY, "policy:late-fee-percent:2026-09-01", {}, "a")
    stands = replace(standing(owed(principal="1000")), entries=(posted(1, fee),))
    made = quoted(stands, permitted_book())
    assert "late_fee" not in {line.component for line in (*made.lines, *made.absent)}


def test_a_charge_that_lacks_an_input_is_not_made() -> None:
    """Unknown means no: a policy that asks for what nobody knows charges nothing, and says so."""
    files = dict(shipped_book().files)
    files["sets/house.yaml"] = files["sets/house.yaml"].replace(
        "[late-fee-percent, ", "[closing-fee, "
    )
    made = quoted(standing(owed(principal="1000")), build(files))
    [missing] = [line for line in made.absent if line.reason_code == "INPUT_MISSING"]
    assert "needs 'months_served'" in missing.agent_words


def test_no_policy_no_quote() -> None:
    """Where no set covers an account, nothing is quoted."""
    files = dict(shipped_book().files)
    files["sets/house.yaml"] = files["sets/house.yaml"].replace("2020-01-01", "2027-01-01")
    with pytest.raises(Refusal, match="No policy set covers account A-7"):
        quoted(standing(owed(principal="1000")), build(files))


@pytest.mark.parametrize(
    ("status", "balance"),
    [
        (AccountStatus.PAID, owed()),
        (AccountStatus.ACTIVE, owed(credit="-5")),
        (AccountStatus.RECALLED, owed(principal="10")),
        (AccountStatus.CLOSED, owed(principal="10")),
    ],
)
def test_where_nothing_may_be_paid_no_option_is_offered(
    status: AccountStatus, balance: Balance
) -> None:
    """A paid, recalled or closed account is explained, but offers nothing to pay."""
    assert quoted(standing(balance, status)).options == ()


def test_a_tiny_debt_is_paid_whole() -> None:
    """A debt below the smallest payment has no part option."""
    made = quoted(standing(owed(principal="0.60")))
    assert [o.kind for o in made.options] == [OptionKind.IN_FULL, OptionKind.PROMISE]


def position(
    total: str = "100", promised: str = "0", status: AccountStatus = AccountStatus.ACTIVE
) -> Position:
    balance = owed(principal=total) if total != "0" else owed()
    return Position(account(status), balance, usd(promised))


@pytest.mark.parametrize(
    ("stands", "amount", "due_in"),
    [
        (position(), usd("10"), 10),
        (position(status=AccountStatus.ARRANGED), usd("100"), 30),
        (position(promised="50"), usd("50"), 0),
    ],
)
def test_a_promise_within_the_limits_passes(stands: Position, amount: Money, due_in: int) -> None:
    """What is owed and not yet promised may be promised, from today on."""
    due_on = TODAY + timedelta(days=due_in)
    decide.check_promise(stands, amount, due_on, POLICY, today=TODAY)


@pytest.mark.parametrize(
    ("stands", "amount", "due_in", "code"),
    [
        (position(), Money.of("10", "EUR"), 10, "WRONG_CURRENCY"),
        (position(status=AccountStatus.RECALLED), usd("10"), 10, "ACCOUNT_CLOSED"),
        (position("0"), usd("10"), 10, "NOTHING_OWED"),
        (position(), usd("100.01"), 10, "ABOVE_BALANCE"),
        (position(promised="50"), usd("60"), 10, "ABOVE_BALANCE"),
        (position(promised="100"), usd("1"), 10, "ABOVE_BALANCE"),
        (position(), usd("0.99"), 10, "BELOW_MINIMUM"),
        (position(), usd("-5"), 10, "BELOW_MINIMUM"),
        (position(), usd("10"), 31, "DATE_OUT_OF_RANGE"),
        (position(), usd("10"), -1, "DATE_OUT_OF_RANGE"),
    ],
)
def test_a_promise_outside_the_limits_is_refused(
    stands: Position, amount: Money, due_in: int, code: str
) -> None:
    """Too much, too little, too late, in another currency or on a closed account is refused."""
    due_on = TODAY + timedelta(days=due_in)
    with pytest.raises(Refusal) as refused:
        decide.check_promise(stands, amount, due_on, POLICY, today=TODAY)
    assert refused.value.code == code


def test_a_promise_is_kept_by_payments_since() -> None:
    """Payments after the promise add up to it; those before it do not count."""
    one = promise("50")
    before = payment(1, "50", days=-1)
    assert decide.kept([one], [before, payment(2, "49.99")], POLICY) == set()
    assert decide.kept([one], [before, payment(2, "30"), payment(3, "20")], POLICY) == {one.id}


def test_a_payment_after_the_grace_keeps_nothing() -> None:
    """Money that comes later than the last day of grace is a payment, not a kept promise."""
    one = promise("50", due_in=10)
    assert decide.kept([one], [payment(1, "50", days=13)], POLICY) == {one.id}
    assert decide.kept([one], [payment(1, "50", days=14)], POLICY) == set()


def test_a_payment_keeps_one_promise_only() -> None:
    """The earlier due promise is served first; the later one needs money of its own."""
    early = promise("50", due_in=5, number=1)
    late = promise("50", due_in=9, number=2)
    assert decide.kept([late, early], [payment(1, "60")], POLICY) == {early.id}
    assert decide.kept([late, early], [payment(1, "60"), payment(2, "40")], POLICY) == {
        early.id,
        late.id,
    }


def test_a_broken_promise_uses_up_no_money() -> None:
    """A promise that is broken or cancelled no longer stands before the others."""
    broken = promise("50", due_in=1, number=1, state=PromiseState.BROKEN)
    later = promise("50", due_in=9, number=2)
    assert decide.kept([broken, later], [payment(1, "50")], POLICY) == {later.id}


def test_money_that_went_back_keeps_nothing() -> None:
    """A reversed payment does not count, and a refund takes from the newest payment."""
    one = promise("50")
    paid = payment(1, "50")
    undone = posted(2, ledger.reversal(paid, cause="nsf:1", actor="bank"), 2)
    assert decide.kept([one], [paid, undone], POLICY) == set()
    assert decide.kept([one], [payment(1, "50"), payment(2, "10"), refund(3, "10")], POLICY) == {
        one.id
    }
    assert decide.kept([one], [payment(1, "50"), refund(2, "0.01")], POLICY) == set()


@pytest.mark.parametrize(
    ("kept", "total", "days", "expected"),
    [
        (True, "50", 99, PromiseEvent.PAID),
        (False, "0", 0, PromiseEvent.CANCELLED),
        (False, "50", 13, None),
        (False, "50", 14, PromiseEvent.MISSED),
    ],
)
def test_the_fate_of_a_promise(
    kept: bool, total: str, days: int, expected: PromiseEvent | None
) -> None:
    """Paid is kept; nothing owed any more cancels; after the grace it is broken."""
    balance = owed(principal=total) if total != "0" else owed()
    today = TODAY + timedelta(days=days)
    assert decide.fate(promise("50", 10), kept, balance, POLICY, today=today) is expected
