"""The expression language and the decision tables."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from goodterms.arrangements.decide.cells import OneOf, Span, parse
from goodterms.arrangements.decide.expressions import ExpressionError, compiled
from goodterms.arrangements.decide.interest import Band, RateRow
from goodterms.arrangements.decide.kinds import Kind, Unit, fits, read, worded
from goodterms.arrangements.decide.tables import Collect, Column, Hit, NoRowError, Row, Table
from goodterms.arrangements.decide.tables import decide as answer

KINDS = {
    "a": Kind.MONEY, "b": Kind.MONEY, "n": Kind.NUMBER, "r": Kind.NUMBER, "day": Kind.DATE,
    "later": Kind.DATE, "wait": Kind.DURATION, "yes": Kind.FLAG, "who": Kind.TEXT,
    "rates": Kind.SERIES, "bands": Kind.BANDS,
}  # fmt: skip
ENV: dict[str, Any] = {
    "a": Decimal("100.00"), "b": Decimal("30.00"), "n": Decimal(3), "r": Decimal("0.1"),
    "day": date(2024, 1, 1), "later": date(2024, 3, 1), "wait": timedelta(days=5), "yes": True,
    "who": "agent", "holds": frozenset({"HARDSHIP"}),
    "rates": (RateRow(date(2024, 1, 1), None, Decimal("0.1"), "c"),),
    "bands": (Band(None, Decimal("0.1")),),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b", Decimal(130)),
        ("a - b * n", Decimal(10)),
        ("b / a * n", Decimal("0.9")),
        ("r * a", Decimal(10)),
        ("n ** 2", Decimal(9)),
        ("-a + 0", Decimal(-100)),
        ("0 + 0", Decimal(0)),
        ("0 + n", Decimal(3)),
        ("a > b and not yes", False),
        ("a > b or yes", True),
        ("b < a <= a", True),
        ("a == 0", False),
        ("a != b", True),
        ("who == 'agent'", True),
        ("who in ('agent', 'manager')", True),
        ("who not in ['agent']", False),
        ("yes == true_", None),
        ("a if yes else 0", Decimal(100)),
        ("0 if not yes else b", Decimal(30)),
        ("later - day", timedelta(days=60)),
        ("day + wait", date(2024, 1, 6)),
        ("day - days(1)", date(2023, 12, 31)),
        ("wait + days(n) > wait", True),
        ("days_between(day, later)", Decimal(60)),
        ("min(a, b, 0)", Decimal(0)),
        ("max(n, r)", Decimal(3)),
        ("max(day, later)", date(2024, 3, 1)),
        ("clamp(a, 0, b)", Decimal(30)),
        ("abs(-a)", Decimal(100)),
        ("round(a / n, 2)", Decimal("33.33")),
        ("round(a / n, 2, UP)", Decimal("33.34")),
        ("round(a / n, 0, UP)", Decimal(34)),
        ("hold('HARDSHIP')", True),
        ("hold('LEGAL')", False),
        ("simple(a, r, n, 365)", Decimal("100.00") * Decimal("0.1") * 3 / 365),
        ("simple(a, r, n, 365, 'day')", Decimal("0.09")),
        ("compound(a, r, 1, 1)", Decimal(10)),
        ("level(a, 0 * r, 2)", Decimal(50)),
        ("rate_on(rates, day)", Decimal("0.1")),
        ("segments(a, rates, day, later, 600)", Decimal(1)),
        ("slab(a, bands)", Decimal(10)),
        ("marginal(a, bands)", Decimal(10)),
        ("year_fraction('ACT/360', day, later)", Decimal(60) / 360),
        ("coupon_fraction(day, later, day, later, 2)", Decimal("0.5")),
        ("True", True),
    ],
)
def test_expressions_compute_exactly(text: str, expected: object) -> None:
    """Arithmetic, comparisons, choices and the listed functions yield exact values."""
    if expected is None:
        with pytest.raises(ExpressionError, match="not known"):
            compiled(text, KINDS)
        return
    assert compiled(text, KINDS).run(ENV) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.1 * a", "float"),
        ("a + n", "combines a money with a number"),
        ("a * b", "combines"),
        ("a // b", "combines"),
        ("a < n", "compares"),
        ("yes < yes", "compares"),
        ("a is b", "compares"),
        ("not a", "does not apply"),
        ("-who", "does not apply"),
        ("a and yes", "not a yes or no"),
        ("a if n else b", "chooses"),
        ("a if yes else n", "chooses"),
        ("amuont", "declare it"),
        ("whoo", "did you mean 'who'"),
        ("a.real", "not part of the language"),
        ("[a, b]", "not part of the language"),
        ("lambda: a", "not part of the language"),
        ("__import__('os')", "calls no function"),
        ("who.upper()", "calls no function"),
        ("min(a=a, b=b)", "calls no function"),
        ("min(a, n)", "write min"),
        ("min(a)", "write min"),
        ("hold(a)", "write hold"),
        ("round(who, 2)", "write round"),
        ("who in (a, 'x')", "with texts"),
        ("who in 'agent'", "with texts"),
        ("a +", "cannot be read"),
        ("b'x'", "float or unknown"),
        ("a" * 1001, "longer than"),
    ],
)
def test_what_is_not_the_language_is_refused(text: str, said: str) -> None:
    """Floats, attributes, foreign calls and mixed kinds are refused with what to write."""
    with pytest.raises(ExpressionError, match=said):
        compiled(text, KINDS)


def test_an_expression_tells_what_it_needs() -> None:
    """The names it uses are known, the holds among them."""
    found = compiled("a if hold('LEGAL') else b", KINDS)
    assert found.names == {"a", "b", "holds"}
    assert found.kind is Kind.MONEY


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("12.50", Unit.MONEY, Decimal("12.50")),
        ("0.05", Unit.RATE, Decimal("0.05")),
        (3, Unit.COUNT, Decimal(3)),
        (10, Unit.DURATION, timedelta(days=10)),
        ("2024-01-31", Unit.DATE, date(2024, 1, 31)),
        (True, Unit.FLAG, True),
        ("card", Unit.TEXT, "card"),
    ],
)
def test_values_are_read_as_their_unit_says(text: object, unit: Unit, value: object) -> None:
    """Each unit has its way of being written, and the value fits it."""
    assert read(text, unit) == value
    assert fits(read(text, unit), unit)


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        (0.5, Unit.RATE, "float"),
        (5, Unit.MONEY, "in quotes"),
        (True, Unit.COUNT, "not a count"),
        ("1.5", Unit.DAYS, "whole"),
        ("NaN", Unit.MONEY, "not a money"),
        ("x", Unit.MONEY, "not a money"),
        ("x", Unit.DATE, "isoformat"),
        (1, Unit.TEXT, "not a text"),
        ("yes", Unit.FLAG, "not a flag"),
        ("5", Unit.DURATION, "not a duration"),
    ],
)
def test_values_of_another_unit_are_refused(text: object, unit: Unit, said: str) -> None:
    """A float, a bare number for an amount, or a text for a number is refused."""
    with pytest.raises(ValueError, match=said):
        read(text, unit)


def test_values_are_worded_for_people() -> None:
    """Amounts have thousands and cents, rates are per cent, days are written out."""
    assert worded(Decimal("1234.5"), Unit.MONEY, "USD") == "1,234.50 USD"
    assert worded(Decimal("0.05"), Unit.RATE) == "5 %"
    assert worded(Decimal("3.00"), Unit.COUNT) == "3"
    assert worded(date(2024, 1, 5), Unit.DATE) == "5 January 2024"
    assert worded(timedelta(days=3), Unit.DURATION) == "3 days"
    assert worded(True, Unit.FLAG) == "yes"
    assert worded(False, Unit.FLAG) == "no"
    assert worded((1, 2), Unit.SERIES) == "2 rows"
    assert worded("card", Unit.TEXT) == "card"


@pytest.mark.parametrize(
    ("text", "unit", "inside", "outside"),
    [
        ("[0, 10)", Unit.MONEY, "0", "10"),
        ("(0, 10]", Unit.MONEY, "10", "0"),
        ("[0, )", Unit.MONEY, "99", "-1"),
        ("< 5", Unit.MONEY, "4.99", "5"),
        ("<= 5", Unit.MONEY, "5", "5.01"),
        ("> 5", Unit.MONEY, "5.01", "5"),
        (">= 5", Unit.MONEY, "5", "4.99"),
        ("= 5", Unit.MONEY, "5", "4"),
        ("5", Unit.MONEY, "5", "6"),
        (5, Unit.COUNT, "5", "6"),
    ],
)
def test_cells_are_ranges(text: object, unit: Unit, inside: str, outside: str) -> None:
    """A cell accepts what lies in its range, its ends as the brackets say."""
    cell = parse(text, unit)
    assert cell is not None
    assert cell.holds(Decimal(inside))
    assert not cell.holds(Decimal(outside))
    assert str(cell)


def test_cells_are_texts_dates_and_anything() -> None:
    """A text, a list of texts, a day, or '-' for anything."""
    assert parse("-", Unit.MONEY) is None
    assert parse(["a", "b"], Unit.TEXT) == OneOf(frozenset({"a", "b"}))
    assert parse(True, Unit.FLAG) == OneOf(frozenset({True}))
    assert parse(date(2024, 1, 1), Unit.DATE) == Span(date(2024, 1, 1), date(2024, 1, 1))
    assert parse("[2024-01-01, 2024-02-01)", Unit.DATE) is not None


@pytest.mark.parametrize(
    ("text", "unit"),
    [("[5, 1]", Unit.MONEY), ([1], Unit.MONEY), ("soon", Unit.MONEY), (3, Unit.TEXT),
     ("-1", Unit.BANDS)],
)  # fmt: skip
def test_cells_that_mean_nothing_are_refused(text: object, unit: Unit) -> None:
    """A backward range, a list of numbers, or a unit that is no column is refused."""
    with pytest.raises(ValueError, match=r"range|ends before|not a|column"):
        parse(text, unit)


def _table(hit: Hit, *rows: tuple[str, str], collect: Collect | None = None) -> Table:
    return Table(
        hit, (Column("n", Unit.NUMBER),), {"value": Unit.MONEY},
        tuple(
            Row(f"r{k}", (parse(cell, Unit.NUMBER),), {"value": Decimal(value)})
            for k, (cell, value) in enumerate(rows)
        ),
        collect,
    )  # fmt: skip


def test_hit_policies_choose_the_rows_that_count() -> None:
    """FIRST takes the first, UNIQUE insists on one, COLLECT takes all together."""
    rows = ("> 1", "10"), ("> 2", "20")
    env = {"n": Decimal(3)}
    assert answer(_table(Hit.FIRST, *rows), env)[1]["value"] == 10
    with pytest.raises(NoRowError, match="r0, r1 accept"):
        answer(_table(Hit.UNIQUE, *rows), env)
    found, values = answer(_table(Hit.COLLECT, *rows), env)
    assert [row.id for row in found] == ["r0", "r1"]
    assert values["value"] == 30
    assert answer(_table(Hit.COLLECT, *rows, collect=Collect.LEAST), env)[1]["value"] == 10
    assert answer(_table(Hit.COLLECT, *rows, collect=Collect.MOST), env)[1]["value"] == 20


@pytest.mark.parametrize("hit", list(Hit))
def test_no_row_is_no_answer(hit: Hit) -> None:
    """Inputs that no row accepts have no answer, and the error names them."""
    with pytest.raises(NoRowError, match="accepts n 0"):
        answer(_table(hit, ("> 1", "10")), {"n": Decimal(0)})
