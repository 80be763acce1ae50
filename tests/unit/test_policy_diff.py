"""Comparing two books over a portfolio, and the commands that do."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.fakes.policies import SET, sample, shipped_book

from goodterms.app.policies import check_folder
from goodterms.arrangements.decide.book import PolicyBook, build
from goodterms.arrangements.decide.differing import Diff
from goodterms.arrangements.model import ArrangementPolicy
from goodterms.arrangements.service.portfolio import portfolio_file
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = "account,due_on,principal,interest,jurisdiction,holds,currency\n"
PERMITTED = """
permissions:
  - {id: late, fee: late_fee, jurisdiction: US, actor: debt_collector, permitted: true,
     basis: "clause 9", citation: "agreement", valid_from: 2024-01-01, evidence: verified,
     signed_by: counsel}
"""


def charging() -> PolicyBook:
    return build({**shipped_book().files, "ours.yaml": PERMITTED})


def compared(path: Path, before: PolicyBook, after: PolicyBook) -> Diff:
    diff = Diff()
    for stands in portfolio_file(path):
        diff.add(stands, before, after, ArrangementPolicy(), NOW)
    return diff


def portfolio(folder: Path, *rows: str) -> Path:
    path = folder / "portfolio.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


def test_accounts_affected_sum_and_movers(tmp_path: Path) -> None:
    """A permitted late fee changes two of three accounts; the larger change comes first."""
    path = portfolio(
        tmp_path,
        "A1,2025-01-01,300.00,,US-NY,,",
        "A2,2026-01-01,1000.00,5.00,US-TX,,USD",
        "A3,2026-01-01,90.00,,US-CA,HARDSHIP,",
    )
    diff = compared(path, shipped_book(), charging())
    assert (diff.accounts, diff.affected, diff.refused) == (3, 2, 0)
    assert diff.sums == {"USD": Money.of("65")}
    assert [(m.reference, m.change) for m in diff.movers] == [
        ("A2", Money.of("50")),
        ("A1", Money.of("15")),
    ]
    assert diff.codes == {"LATE_PCT": 2}


def test_the_same_policies_change_nothing(tmp_path: Path) -> None:
    """Compared with itself no account is affected."""
    diff = compared(portfolio(tmp_path, "A1,2026-01-01,9.00,,,,"), charging(), charging())
    assert (diff.accounts, diff.affected, diff.movers) == (1, 0, [])


def test_other_options_affect_an_account(tmp_path: Path) -> None:
    """A plan more is a difference, though nobody owes another cent."""
    files = dict(shipped_book().files)
    files["sets/house.yaml"] = files["sets/house.yaml"].replace("[3, 6, 12]", "[3, 4, 6, 12]")
    path = portfolio(tmp_path, "A1,2026-01-01,900.00,,,,")
    diff = compared(path, shipped_book(), build(files))
    assert (diff.affected, diff.options, diff.sums) == (1, 1, {})


def test_accounts_that_no_set_covers_are_counted(tmp_path: Path) -> None:
    """Where one book has no answer, the account is told apart."""
    files = dict(shipped_book().files)
    files["sets/house.yaml"] = files["sets/house.yaml"].replace("2020-01-01", "2027-01-01")
    path = portfolio(tmp_path, "A1,2026-01-01,900.00,,,,")
    assert compared(path, shipped_book(), build(files)).refused == 1


def test_only_the_largest_movers_are_kept(tmp_path: Path) -> None:
    """Of many accounts ten are named; memory does not grow with the portfolio."""
    rows = [f"A{n},2026-01-01,{100 + n}.00,,,," for n in range(30)]
    diff = compared(portfolio(tmp_path, *rows), shipped_book(), charging())
    assert diff.affected == 30
    assert [mover.reference for mover in diff.movers] == [f"A{n}" for n in range(29, 19, -1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account,principal\nA1,5\n", "no column 'due_on'"),
        (HEAD + "A1,soon,5,,,,\n", "line 2"),
        (HEAD + "A1,2026-01-01,5.001,,,,\n", "line 2: 5.001 has more than 2 decimals"),
    ],
)
def test_a_wrong_portfolio_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A missing column and a wrong value are named with the line."""
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(Refusal, match=said):
        list(portfolio_file(path))


def test_a_folder_is_checked(tmp_path: Path) -> None:
    """Every fault is printed, and the exit code says that there was one."""
    out = StringIO()
    (tmp_path / "s.yaml").write_text(SET)
    body = "inputs: {a: money}\nformula: a\ntests: [{given: {a: '1.00'}, expect: '1.00'}]\n"
    (tmp_path / "p.yaml").write_text(sample(body))
    assert check_folder(Console(file=out, width=200), tmp_path) == 0
    assert "1 policies, 1 sets" in out.getvalue()
    (tmp_path / "p.yaml").write_text(sample(body).replace("'1.00'}, ", "1.00}, "))
    assert check_folder(Console(file=out, width=200), tmp_path) == 1
    assert "p.yaml, line" in out.getvalue()
    with pytest.raises(Refusal, match="no folder"):
        check_folder(Console(file=out), tmp_path / "none")
