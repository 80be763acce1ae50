"""Waterfalls, several debts, permissions, charges, and what an evaluation tells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.fakes.policies import book, sample, shipped_book

from goodterms.arrangements.decide import permissions
from goodterms.arrangements.decide.charges import charge
from goodterms.arrangements.decide.explaining import told
from goodterms.arrangements.decide.permissions import Permission, Situation, ruling
from goodterms.arrangements.decide.policies import PolicyError, evaluate
from goodterms.arrangements.decide.reading import read
from goodterms.arrangements.decide.sharing import Debt, Sharing, share
from goodterms.arrangements.decide.waterfall import Direction, Future, Owed, Part, Waterfall, run
from goodterms.kit.errors import Refusal

DAY = date(2024, 2, 1)


def owed(number: int, part: str, amount: str, month: int) -> Owed:
    return Owed(number, Part(part), date(2024, month, 1), Decimal(amount))


def shares(order: Waterfall, items: list[Owed], amount: str) -> tuple[list[str], Decimal]:
    found, rest = run(order, items, Decimal(amount), DAY)
    return [f"{s.owed.instalment} {s.owed.part} {s.amount}" for s in found], rest


def test_a_payment_as_fineract_applies_it() -> None:
    """500 on an instalment with penalty 50 and fee 50 leaves 400 for principal."""
    items = [owed(n, "principal", "1000", n + 1) for n in (1, 2, 3)]
    items += [owed(1, "penalty", "50", 2), owed(1, "fee", "50", 2)]
    found, rest = shares(Waterfall(), items, "500")
    assert found == ["1 penalty 50", "1 fee 50", "1 principal 400"]
    assert rest == 0
    left = sum(o.amount for o in items if o.part is Part.PRINCIPAL) - 400
    assert left == 2600


LATE = [
    owed(1, "interest", "10", 1),
    owed(1, "principal", "100", 1),
    Owed(0, Part.INTEREST, date(2023, 12, 1), Decimal(20)),
    Owed(0, Part.PRINCIPAL, date(2023, 12, 1), Decimal(200)),
]


def test_horizontal_finishes_an_instalment() -> None:
    """The older instalment is paid whole before the next gets anything."""
    found, _ = shares(Waterfall(), LATE, "225")
    assert found == ["0 interest 20", "0 principal 200", "1 interest 5"]


def test_vertical_finishes_a_component() -> None:
    """All interest is paid before any principal."""
    found, _ = shares(Waterfall(direction=Direction.VERTICAL), LATE, "225")
    assert found == ["0 interest 20", "1 interest 10", "0 principal 195"]


LATER = [owed(n, "principal", "100", n + 2) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("future", "amount", "expected"),
    [
        (Future.NEXT, "150", ["1 principal 100", "2 principal 50"]),
        (Future.LAST, "150", ["3 principal 100", "2 principal 50"]),
        (Future.REAMORTISE, "100", ["1 principal 33.34", "2 principal 33.33", "3 principal 33.33"]),
        (Future.REAMORTISE, "400", ["1 principal 100", "2 principal 100", "3 principal 100"]),
    ],
)
def test_overpayments_go_where_the_policy_says(
    future: Future, amount: str, expected: list[str]
) -> None:
    """Money beyond what is due goes to the next, the last, or all later instalments."""
    found, rest = shares(Waterfall(future=future), LATER, amount)
    assert found == expected
    assert rest == max(Decimal(0), Decimal(amount) - 300)


def test_nothing_runs_through_no_waterfall() -> None:
    """A payment of nothing is refused."""
    with pytest.raises(ValueError, match="not positive"):
        run(Waterfall(), LATER, Decimal(0), DAY)


DEBTS = [
    Debt(1, Decimal(500), date(2024, 1, 1), Decimal("0.05")),
    Debt(2, Decimal(300), date(2024, 2, 1), Decimal("0.20")),
    Debt(3, Decimal("200.01"), date(2024, 3, 1), disputed=True),
]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Sharing.OLDEST, {1: "500", 2: "100"}),
        (Sharing.HIGHEST_RATE, {2: "300", 1: "300"}),
        (Sharing.PRO_RATA, {1: "375.00", 2: "225.00"}),
    ],
)
def test_rules_share_between_undisputed_debts(rule: Sharing, expected: dict[int, str]) -> None:
    """Oldest, highest rate or pro rata; a disputed debt gets nothing."""
    found = share(DEBTS, Decimal(600), rule)
    assert found.amounts == {key: Decimal(value) for key, value in expected.items()}
    assert found.rest == 0


def test_the_consumers_direction_comes_first() -> None:
    """What the consumer directs is followed, to a disputed debt as well; the rest by the rule."""
    found = share(DEBTS, Decimal(600), Sharing.OLDEST, {3: Decimal(100), 2: Decimal(300)})
    assert found.amounts == {3: Decimal(100), 2: Decimal(300), 1: Decimal(200)}


def test_what_no_debt_may_have_is_credit() -> None:
    """An overpayment is the consumer's; so is all if every debt is disputed."""
    assert share(DEBTS, Decimal(900), Sharing.PRO_RATA).rest == 100
    assert share(DEBTS[2:], Decimal(50), Sharing.PRO_RATA).rest == 50
    assert share(DEBTS[2:], Decimal(50), Sharing.OLDEST).rest == 50


@pytest.mark.parametrize(
    "direction", [{9: Decimal(1)}, {1: Decimal(0)}, {1: Decimal(501)}, {1: Decimal(601)}]
)
def test_impossible_directions_are_refused(direction: dict[int, Decimal]) -> None:
    """An unknown debt, nothing, or more than is owed or paid cannot be directed."""
    with pytest.raises(Refusal, match=r"none of the debts|cannot go"):
        share(DEBTS, Decimal(600), Sharing.OLDEST, direction)


ROW = """
permissions:
  - id: one
    fee: late_fee
    jurisdiction: US
    actor: debt_collector
    permitted: true
    cap: "10.00"
    basis: "clause 9"
    citation: "agreement of 2024"
    valid_from: 2024-01-01
    valid_to: 2025-01-01
    evidence: verified
    signed_by: "counsel"
"""


def rows(text: str = ROW) -> tuple[Permission, ...]:
    doc = read("permissions.yaml", text)
    found = permissions.build(doc)
    assert not doc.faults, doc.faults
    return found


HERE = Situation(jurisdiction="US-TX", client="ACME")


def test_a_fee_needs_a_positive_permission() -> None:
    """A row with clause and signature permits up to its cap, where and while it holds."""
    ruled = ruling(rows(), "late_fee", HERE, DAY)
    assert (ruled.permitted, ruled.cap, ruled.because) == (True, Decimal(10), "clause 9")
    for fee, situation, day in (
        ("nsf_fee", HERE, DAY),
        ("late_fee", Situation(jurisdiction="UK"), DAY),
        ("late_fee", Situation(jurisdiction="USX"), DAY),
        ("late_fee", Situation(jurisdiction="US", actor="creditor"), DAY),
        ("late_fee", HERE, date(2023, 12, 31)),
        ("late_fee", HERE, date(2025, 1, 1)),
    ):
        assert not ruling(rows(), fee, situation, day).permitted


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('    basis: "clause 9"\n', "", "no clause or statute"),
        ('    signed_by: "counsel"\n', "", "no signature"),
        ("permitted: true", "permitted: false", "forbids"),
    ],
)
def test_no_clause_no_signature_no_fee(old: str, new: str, said: str) -> None:
    """A row that lacks clause or signature, or forbids, permits nothing."""
    ruled = ruling(rows(ROW.replace(old, new)), "late_fee", HERE, DAY)
    assert not ruled.permitted
    assert said in ruled.because


def test_a_prohibition_beats_a_permission() -> None:
    """One row that forbids is stronger than all that permit; the lowest cap counts."""
    second = ROW.replace("permissions:\n", "").replace("id: one", "id: two")
    lower = rows(ROW + second.replace('"10.00"', '"4.00"'))
    assert ruling(lower, "late_fee", HERE, DAY).cap == 4
    uncapped = rows(ROW.replace('    cap: "10.00"\n', ""))
    assert ruling(uncapped, "late_fee", HERE, DAY).cap is None
    both = rows(ROW + second.replace("permitted: true", "permitted: false"))
    assert not ruling(both, "late_fee", HERE, DAY).permitted


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('    citation: "agreement of 2024"\n', "", "missing"),
        ("    valid_from: 2024-01-01\n", "", "missing"),
        ("valid_from: 2024-01-01", "valid_from: soon", "no date"),
        ("permitted: true", "permitted: maybe", "write true or false"),
        ("actor: debt_collector", "actor: robot", "write true or false"),
        ('cap: "10.00"', "cap: 10", "in quotes"),
        ("permissions:\n", "permissions: 1\nrows:\n", "is no list"),
    ],
)
def test_permission_rows_without_provenance_do_not_load(old: str, new: str, said: str) -> None:
    """A row without a citation and a date, or with an amount that is none, is refused."""
    doc = read("permissions.yaml", ROW.replace(old, new))
    permissions.build(doc)
    assert any(said in f"{fault.problem} {fault.remedy}" for fault in doc.faults), doc.faults


LATE_FEE: dict[str, Any] = {
    "overdue": Decimal("312.37"), "days_past_due": Decimal(11),
    "minimum_due": Decimal(100), "only_late_fee_short": False,
}  # fmt: skip


def test_an_unpermitted_charge_is_zero() -> None:
    """The shipped book permits no late fee: zero, and the code says why."""
    shipped = shipped_book()
    policy = shipped.policies["late-fee-percent"]
    asked = {"permissions": shipped.permissions, "situation": HERE, "on": DAY}
    found = charge(policy, LATE_FEE, limits=shipped.limits, **asked)  # type: ignore[arg-type]
    assert (found.amount, found.reason_code) == (Decimal(0), "FEE_NOT_AUTHORISED")
    assert found.outcome.value == Decimal("15.62")


@pytest.mark.parametrize(("cap", "amount"), [('    cap: "10.00"\n', "10.00"), ("", "15.62")])
def test_a_permitted_charge_is_capped_by_the_permission(cap: str, amount: str) -> None:
    """With permission the policy's amount counts, up to the permission's cap."""
    shipped = shipped_book()
    permitted = rows(ROW.replace('    cap: "10.00"\n', cap))
    found = charge(
        shipped.policies["late-fee-percent"], LATE_FEE, permitted, HERE,
        on=DAY, limits=shipped.limits,
    )  # fmt: skip
    assert (found.amount, found.reason_code) == (Decimal(amount), "LATE_PCT")


def test_a_trace_is_told_twice_from_one_source() -> None:
    """The agent reads the numbers and the rule, the consumer plain words, limits included."""
    shipped = shipped_book()
    given = {**LATE_FEE, "overdue": Decimal(9000), "minimum_due": Decimal(35)}
    outcome = evaluate(shipped.policies["late-fee-percent"], given, on=DAY, limits=shipped.limits)
    words = told(outcome, "USD")
    assert words.agent.startswith("5 % of 9,000.00 USD, 11 days past due (grace 10)")
    assert words.consumer == (
        "A late fee of 35.00 USD applies because 9,000.00 USD was still unpaid after 10 days."
    )
    assert [step.reason_code for step in words.because] == ["NO_PYRAMID", "CAP_MIN_DUE"]
    assert words.inputs["p"] == "5 %"
    assert words.policy_hash == shipped.policies["late-fee-percent"].hash


def test_a_missing_input_is_no_zero() -> None:
    """Unknown means no: the policy and the input are named."""
    with pytest.raises(PolicyError, match="'plan' needs 'n'"):
        evaluate(shipped_book().policies["plan"], {"total": Decimal(1)}, on=DAY)


def test_arithmetic_without_result_is_no_zero() -> None:
    """A division by zero is refused in a sentence."""
    given = {"total": Decimal(1), "n": Decimal(0)}
    with pytest.raises(PolicyError, match="the arithmetic has no result"):
        evaluate(shipped_book().policies["plan"], given, on=DAY)


def test_a_table_without_an_answer_is_no_zero() -> None:
    """Inputs outside a table's domain are refused with their values."""
    with pytest.raises(PolicyError, match=r"no row .* debt -1.00"):
        evaluate(shipped_book().policies["fixed-sum"], {"debt": Decimal(-1)}, on=DAY)


def test_a_dated_parameter_has_a_day_it_begins() -> None:
    """Before the first row there is no value, and that is said."""
    text = """
params: {fee: {money: [{from: 2024-01-01, value: "1.00", citation: "c"}]}}
formula: fee
tests: [{given: {on: 2024-01-01}, expect: "1.00"}]
"""
    policy = book(sample(text)).policies["sample"]
    assert evaluate(policy, {}, on=DAY).value == 1
    with pytest.raises(PolicyError, match="no value on 2023-12-31"):
        evaluate(policy, {}, on=date(2023, 12, 31))
