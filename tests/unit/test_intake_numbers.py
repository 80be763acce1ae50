"""Rows of files about numbers."""

from __future__ import annotations

from datetime import date

import pytest

from goodterms.intake.decide.numbers import NumberRow, find_number_columns, read_number
from goodterms.kit.errors import Refusal


def test_columns_are_found_by_the_names_people_give_them() -> None:
    """Case, blanks and other words for a column do not matter."""
    at = find_number_columns(["Phone Number", "Disconnected", "Query Date", "DNC", "other"])
    assert at == {"number": 0, "result": 1, "checked_on": 2, "do_not_call": 3}


@pytest.mark.parametrize("header", [["name", "result"], ["number", "name"], []])
def test_a_file_that_says_nothing_about_numbers_is_refused(header: list[str]) -> None:
    """Without numbers, or without anything about them, the file is refused as a whole."""
    with pytest.raises(Refusal):
        find_number_columns(header)


def test_a_row_is_read() -> None:
    """The database's yes, no and no data are the results; empty cells say nothing."""
    at = find_number_columns(
        ["number", "result", "checked_on", "consent_on", "line_type", "do_not_call"]
    )
    full = read_number(["212 555 0100", "No", "2026-11-03", "2026-01-02", "Mobile", "x"], at)
    assert full == NumberRow(
        "+12125550100", "not_reassigned", date(2026, 11, 3), date(2026, 1, 2), "mobile", True
    )
    assert read_number(["+12125550100", "YES"], at) == NumberRow("+12125550100", "reassigned")
    assert read_number(["+12125550100", "no data"], at).result == "no_data"


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["hello", "no", "", ""], "number"),
        (["+12125550100", "perhaps", "", ""], "result"),
        (["+12125550100", "no", "yesterday", ""], "checked_on"),
        (["+12125550100", "", "", "maybe"], "do_not_call"),
        (["+12125550100", "", "", "no"], "result"),
    ],
)
def test_a_wrong_cell_is_refused_by_its_column(cells: list[str], field: str) -> None:
    """The reason names the column and what to write."""
    at = find_number_columns(["number", "result", "checked_on", "do_not_call"])
    with pytest.raises(Refusal) as refused:
        read_number(cells, at)
    assert refused.value.field == field
