"""Columns are found by the names people give them, or as told."""

from __future__ import annotations

import pytest

from goodterms.intake.decide.columns import find_columns
from goodterms.intake.model import Field, PhoneColumn
from goodterms.kit.errors import Refusal

NEEDED = ["Client", "Account No.", "Name", "Amount Due", "Due Date"]


def test_columns_are_found_by_their_usual_names() -> None:
    """Case, punctuation and synonyms do not matter; the unknown is ignored and told."""
    columns = find_columns([*NEEDED, "Favourite Colour", ""])
    assert columns.at == {
        Field.CREDITOR: 0, Field.ACCOUNT: 1, Field.FULL_NAME: 2, Field.BALANCE: 3, Field.DUE_ON: 4,
    }  # fmt: skip
    assert columns.ignored == ("Favourite Colour",)


def test_phone_columns_get_their_label_from_their_name() -> None:
    """Any number of columns may hold numbers."""
    names = [
        "Phone",
        "phone_2",
        "Mobile",
        "Cell Phone",
        "work_phone",
        "Phone Number",
        "phone_other",
    ]
    phones = find_columns([*NEEDED, *names]).phones
    assert phones == tuple(
        PhoneColumn(len(NEEDED) + i, label)
        for i, label in enumerate(["home", "home", "mobile", "mobile", "work", "home", "other"])
    )


def test_the_reason_of_a_refused_row_is_not_a_column() -> None:
    """A corrected file of refused rows is imported as it is."""
    columns = find_columns([*NEEDED, "refused_because"])
    assert columns.ignored == ()


def test_a_mapping_goes_before_the_names() -> None:
    """A field is mapped to a column, or to one value for the whole file."""
    header = ["Client", "Fallnummer", "Name", "Amount", "Old Amount", "Due", "Kontakt"]
    columns = find_columns(
        header,
        {"account": "fallnummer", "balance": "Old Amount", "creditor": "=HILL",
         "phone_mobile": "Kontakt"},
    )  # fmt: skip
    assert columns.at[Field.ACCOUNT] == 1
    assert columns.at[Field.BALANCE] == 4
    assert columns.fixed == {Field.CREDITOR: "HILL"}
    assert columns.phones == (PhoneColumn(6, "mobile"),)


@pytest.mark.parametrize(
    ("header", "mapping", "words"),
    [
        (["a"], {}, "no column for creditor, account, due_on, family_name"),
        (NEEDED, {"colour": "Client"}, "field 'colour', which does not exist"),
        (NEEDED, {"account": "Number"}, "in the column 'Number', but the file has no such"),
        ([*NEEDED, "Creditor"], {}, "both look like creditor"),
    ],
)
def test_what_cannot_be_understood_is_said(
    header: list[str], mapping: dict[str, str], words: str
) -> None:
    """A refusal names field and column, and what to do."""
    with pytest.raises(Refusal, match=words):
        find_columns(header, mapping)
