"""Rows are checked cell by cell; every refusal names column, value, rule and remedy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from goodterms.accounts.model import Channel, HoldKind, StagedAccount, StagedOutcome
from goodterms.intake.decide.cells import read_amount, read_date, read_phone
from goodterms.intake.decide.columns import find_columns
from goodterms.intake.decide.rows import RowReader, as_values, refused_words
from goodterms.intake.model import AccountUpsert, PhoneEntry, RowRefused
from goodterms.kit.phone import parse_phone
from goodterms.ledger.model import Book

TODAY = date(2026, 11, 22)
GOOD = {
    "creditor": "HILL", "account": "A1", "consumer": "C1", "given_name": "Ada",
    "family_name": "Quill", "due_on": "2026-03-31", "principal": "100.00",
}  # fmt: skip


def read(**changes: str) -> StagedAccount:
    """Read a good row with some cells changed; None of the others are there."""
    cells = {**GOOD, **changes}
    return RowReader(find_columns(list(cells)), TODAY).read(2, list(cells.values()))


def refusal(**changes: str) -> str:
    with pytest.raises(RowRefused) as caught:
        read(**changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"creditor": ""}, "Column 'creditor' is empty. Every account needs its creditor"),
        ({"account": " "}, "Column 'account' is empty"),
        ({"account": "9" * 81}, "more than 80 characters. Shorten the reference"),
        ({"family_name": ""}, "Column 'family_name' is empty. Write the family name"),
        ({"family_name": "x" * 201}, "more than 200 characters"),
        ({"city": "x" * 201}, "Column 'city' has more than 200 characters"),
        ({"due_on": ""}, "Column 'due_on' is empty. Write the day"),
        ({"due_on": "2026-02-30"}, "no day '2026-02-30' in the calendar"),
        ({"due_on": "0026-02-01"}, "no day '0026-02-01' in the calendar"),
        ({"due_on": "soon"}, "'soon' is not a date. Write it as YYYY-MM-DD"),
        ({"principal": ""}, "No amount is given"),
        ({"principal": "-5"}, "'-5' is below zero"),
        ({"principal": "(5.00)"}, "below zero"),
        ({"principal": "1.234,50"}, "'1.234,50' is not an amount. Write it with a point"),
        ({"principal": "1.234"}, "more than 2 decimals"),
        ({"currency": "XBT"}, "'XBT' is not a currency known here"),
        ({"phone": "12"}, "Column 'phone': '12' is not a number in use"),
        ({"phone": "call me"}, "'call me' is not a telephone number"),
        ({"email": "ada@"}, "'ada@' is not an e-mail address"),
        ({"zip": "ABC"}, "'ABC' is not a ZIP code"),
        ({"country": "USA"}, "'USA' is not a country code"),
        ({"language": "English!"}, "not a language code"),
        ({"hold": "vip"}, "'vip' is not a kind of hold. Kinds are: disputed"),
        ({"opt_out": "pager"}, "'pager' is not a channel"),
        ({"consent_call": "perhaps"}, "neither yes nor no"),
        ({"balance": "90.00"}, "90.00 is not the sum of the components, which is 100.00"),
        ({"street": "a\x00b"}, "NUL character"),
    ],
)
def test_a_bad_cell_is_refused_in_words(changes: dict[str, str], words: str) -> None:
    """The sentence can be put into a file and acted upon."""
    assert words in refusal(**changes)


def test_a_row_with_too_many_cells_is_refused() -> None:
    """A delimiter inside a cell is the usual cause."""
    reader = RowReader(find_columns(list(GOOD)), TODAY)
    with pytest.raises(RowRefused, match="8 cells, but the header names 7"):
        reader.read(2, [*GOOD.values(), "more"])


def test_a_row_with_too_few_cells_leaves_the_rest_unstated() -> None:
    """Spreadsheets drop empty cells at the end."""
    reader = RowReader(find_columns([*GOOD, "city"]), TODAY)
    assert reader.read(2, list(GOOD.values())).city is None


def test_what_is_not_stated_stays_open() -> None:
    """An empty cell never overwrites what is on record."""
    row = read(city="", zip="", language="")
    assert (row.city, row.postal_code, row.language, row.country) == (None, None, None, None)
    assert (row.currency, row.placed_on, row.holds) == ("USD", TODAY, "{}")


def test_a_balance_alone_is_principal_and_beside_fees_their_sum() -> None:
    """Components always add up to what the file says is owed."""
    row = read(principal="", balance="$1,250.00", interest="50", late_fee="0.00")
    assert (row.books, row.amounts, row.total) == (
        "{principal,interest}", "{1200.00,50.00}", "1250.00"
    )  # fmt: skip
    assert "less than its interest and fees" in refusal(principal="", balance="1", interest="2")


def test_a_full_name_is_split() -> None:
    """Both ways of writing a name are understood."""
    for text in ("Ada Quill", "Quill, Ada"):
        cells = {k: v for k, v in GOOD.items() if not k.endswith("_name")} | {"name": text}
        row = RowReader(find_columns(list(cells)), TODAY).read(2, list(cells.values()))
        assert (row.given_name, row.family_name) == ("Ada", "Quill")


def test_an_account_without_a_person_has_its_own() -> None:
    """Nobody's debts are put together by guessing."""
    assert read(consumer="").consumer_reference == "HILL/A1"


def test_a_zip_code_gives_zones_and_gets_its_zero_back() -> None:
    """An unknown ZIP code gives no zone: unknown means no."""
    row = read(zip="2139")
    assert (row.postal_code, row.zones) == ("02139", "{America/New_York}")
    assert read(zip="00000").zones == "{}"
    assert read(zip="10115", country="DE").zones == "{}"


def test_numbers_are_taken_once_with_their_label() -> None:
    """The same number in two columns is one contact point."""
    row = read(phone="212-555-0101", mobile="+1 (212) 555 0101", work_phone="917 555 0102")
    assert row.point_values == "{+12125550101,+19175550102}"
    assert row.point_labels == "{home,work}"


def test_an_opt_out_is_stronger_than_a_consent_in_the_same_row() -> None:
    """What restricts goes first."""
    row = read(opt_out="call", consent_call="yes", consent_sms="yes", consent_email="no")
    assert (row.opt_outs, row.granted) == ("{call,email}", "{sms}")
    assert read(opt_out="yes", consent_call="yes").granted == "{}"
    assert read(opt_out="no").opt_outs == "{}"


def test_several_holds_are_read() -> None:
    """Kinds are separated by semicolons, however they are written."""
    assert read(hold="Disputed; breathing space").holds == "{disputed,breathing_space}"


@pytest.mark.parametrize(
    "text", ["2026-03-31", "03/31/2026", "31.03.2026", "20260331", "2026-03-31 00:00:00"]
)
def test_dates_are_read_as_people_write_them(text: str) -> None:
    """Slashes are American, points are European."""
    assert read_date(text, "due") == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12", "USD", "12.00"), ("1,234.5", "USD", "1234.50"), ("$5.00", "USD", "5.00"),
        ("500", "JPY", "500"), ("1.234", "KWD", "1.234"), ("7.00", "JPY", "7"),
    ],
)  # fmt: skip
def test_amounts_are_exact(text: str, currency: str, amount: str) -> None:
    """Each currency has its own decimals."""
    assert read_amount(text, currency, "balance") == Decimal(amount)


@pytest.mark.parametrize("code", ["212", "907", "671", "809", "416", "800", "900", "555"])
def test_the_quick_way_of_reading_numbers_is_the_right_way(code: str) -> None:
    """Judging by the exchange gives what the full look-up of the number gives."""
    for exchange in range(200, 1000, 7):
        text = f"{code}{exchange}4477"
        try:
            phone = parse_phone(text)
        except ValueError:
            with pytest.raises(RowRefused):
                read_phone(text, "US", "phone")
        else:
            expected = (phone.e164, phone.line_type, "|".join(phone.zones))
            assert read_phone(text, "US", "phone") == expected


def test_an_upsert_passes_the_same_checks_as_a_row() -> None:
    """What a program states becomes the same staged account as a file's row."""
    upsert = AccountUpsert(
        creditor="HILL", account="A1", consumer="C1", given_name="Ada", family_name="Quill",
        due_on=date(2026, 3, 31), components={Book.PRINCIPAL: Decimal("100.00")},
        phones=(PhoneEntry("212 555 0101", "mobile"),), holds=(HoldKind.CEASE,),
        opt_outs=(Channel.SMS,), granted=(Channel.CALL,), postal_code="10001",
    )  # fmt: skip
    cells = {
        **GOOD, "mobile": "212 555 0101", "hold": "cease", "opt_out": "sms",
        "consent_call": "yes", "zip": "10001",
    }  # fmt: skip
    reader = RowReader(find_columns(list(cells)), TODAY)
    assert reader.stage(2, *as_values(upsert)) == reader.read(2, list(cells.values()))


def test_every_refusal_against_the_record_has_words() -> None:
    """What was taken in needs none."""
    silent = {outcome for outcome in StagedOutcome if refused_words(outcome) is None}
    assert silent == {StagedOutcome.NEW, StagedOutcome.UPDATED, StagedOutcome.UNCHANGED}
