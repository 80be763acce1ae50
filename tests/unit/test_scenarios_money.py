"""Scenarios of money: what they refuse, and that a wrong cent is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.policies import SET, sample

from goodterms.scenarios.decide import read_scenarios
from goodterms.scenarios.model import Result, ScenarioError
from goodterms.scenarios.service import Runner, read_file

RUNNER = Runner()


def run(when: str, expect: str) -> list[Result]:
    text = f"scenario: one\nkind: money\nwhen: {when}\nexpect: {expect}\n"
    return [result for one in read_scenarios("a.yaml", text) for result in RUNNER.run(one)]


@pytest.mark.parametrize(
    ("when", "expect", "missed"),
    [
        ("{policy: plan, total: 100, n: 7}", "14.28", "value: 14.28, given 14.29"),
        ("{policy: plan, total: 100, n: 7}", "{last: 14.2}", "last: 14.2, given 14.26"),
        ("{policy: plan, total: 100, n: 7}", "{lst: 1}", "lst: 1, given no such value"),
        ("{policy: plan, total: 100, n: 7}", "cheap", "value: cheap, given 14.29"),
        ("{policy: promise, paid: 1, amount: 2}", "yes", "value: yes, given False"),
        ("{dates: 1, first: 2024-01-31}", "[2024-02-01]", "dates 1: 2024-02-01, given 2024-01-31"),
        ("{dates: 2, first: 2024-01-31}", "[2024-01-31]", "dates: 1 rows, given 2 rows"),
        ("{apr: month, advance: 5000, payment: 230, count: 24}", "9.70 %", "apr: 9.70 %"),
        ("{schedule: equal, principal: 10, count: 2}", "{rows: [{due: 5}, {due: 6}]}",
         "rows 2.due: 6, given 5.00"),
        ("{quote: {principal: 10}, due: 2026-01-01, on: 2026-01-02}", "{forgiven: 1}",
         "forgiven: 1, given None"),
        ("{ledger: [{charge: principal, amount: 5}]}", "{balance: 5}",
         "balance: 5, given principal"),
    ],
)  # fmt: skip
def test_a_wrong_cent_is_found(when: str, expect: str, missed: str) -> None:
    """What does not come out is told with what was expected and given, and a trace."""
    [result] = run(when, expect)
    assert not result.passed
    told = [f"{m.field}: {m.expected}, given {m.given}" for m in result.mismatches]
    assert any(missed in line for line in told), told
    assert result.reply.trace


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{polcy: plan}", "no question of money"),
        ("{policy: plam, total: 1, n: 1}", "names no policy in force"),
        ("{policy: plan, total: 1}", "needs 'n'"),
        ("{policy: plan, totl: 1, n: 1}", "neither input nor parameter"),
        ("{policy: plan, total: 1, n: 1.5}", "is no count"),
        ("{day_count: 30/365, from: 2024-01-01, to: 2024-01-02}", "no convention"),
        ("{day_count: ACT/360, from: soon, to: 2024-01-02}", "write a date"),
        ("{day_count: ACT/360, from: 2024-01-03, to: 2024-01-02}", "before it starts"),
        ("{interest_on: 5, rate: x %, days: 1}", "write a rate"),
        ("{allocate: 5, on: 2024-01-01, order: [fee], owed: []}", "is no order"),
        ("{allocate: 0, on: 2024-01-01, owed: []}", "not positive"),
        ("{schedule: equal, principal: 0.01, count: 9}", "has no schedule"),
        ("{schedule: annuity, principal: 1, count: 2, first_period: a/b}", "a part such as"),
        ("{ledger: [{pay: 5}]}", "begin with one of"),
        ("{ledger: [{nsf: first}]}", "names no transaction"),
        ("{quote: {principal: 10}, due: 2016-01-01, on: 2016-01-02}", "has no quote"),
    ],
)
def test_what_cannot_be_asked_is_refused(when: str, said: str) -> None:
    """A question that cannot be read or answered names its field and the remedy."""
    with pytest.raises(ScenarioError, match=said):
        run(when, "1")


def test_a_scenario_may_bring_its_own_policies(tmp_path: Path) -> None:
    """A folder beside the scenario holds the policies in force; a broken one is told."""
    folder = tmp_path / "ours"
    folder.mkdir()
    body = "inputs: {a: money}\nformula: a * 2\ntests: [{given: {a: '1.00'}, expect: '2.00'}]\n"
    (folder / "p.yaml").write_text(sample(body))
    (folder / "s.yaml").write_text(SET)
    file = tmp_path / "case.yaml"
    text = "scenario: one\nkind: money\ngiven: {policies: ours}\n"
    file.write_text(text + "when: {policy: sample, a: 5}\nexpect: 10\n")
    [scenario] = read_file(file)
    [result] = Runner().run(scenario)
    assert result.passed
    (folder / "p.yaml").write_text(sample(body).replace("'2.00'", "'3.00'"))
    with pytest.raises(ScenarioError, match=r"value is 2\.00, expected 3\.00"):
        list(Runner().run(scenario))
    file.write_text(text.replace("ours", "theirs") + "when: {policy: sample, a: 5}\nexpect: 10\n")
    [lost] = read_file(file)
    with pytest.raises(ScenarioError, match="which is no folder"):
        list(Runner().run(lost))


@pytest.mark.parametrize("order", ["[penalty, fee, interest, principal]", ""])
def test_orders_are_four_parts_or_twelve_cells(order: str) -> None:
    """The four parts stand for all timings; all twelve cells may be written out."""
    cells = [f"{t}.{p}" for t in ("past_due", "due", "in_advance")
             for p in ("penalty", "fee", "interest", "principal")]  # fmt: skip
    order = order or f"[{', '.join(cells)}]"
    owed = "[{part: fee, due: 2024-01-01, amount: 5}, {part: penalty, due: 2024-01-01, amount: 5}]"
    [result] = run(
        f"{{allocate: 6, on: 2024-01-01, order: {order}, owed: {owed}}}", "{penalty: 5, fee: 1}"
    )
    assert result.passed
