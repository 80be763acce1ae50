"""Rows of files about numbers: checks for reassignment, kinds of lines, do-not-call lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from goodterms.intake.decide.columns import normalised
from goodterms.kit.errors import Refusal
from goodterms.kit.phone import PhoneError, parse_phone

# Other names in use for a column, normalised.
_NAMES: Mapping[str, str] = {
    "number": "number phone phone_number telephone tn msisdn",
    "result": "result rnd_result reassigned disconnected response",
    "checked_on": "checked_on check_date queried_on query_date date",
    "consent_on": "consent_on consent_date last_consent contact_date",
    "line_type": "line_type type line",
    "do_not_call": "do_not_call dnc opt_out opted_out stop",
}
# The reassigned numbers database answers yes (disconnected since that date), no, or no data.
_RESULTS: Mapping[str, str] = {
    "no": "not_reassigned",
    "not_reassigned": "not_reassigned",
    "yes": "reassigned",
    "reassigned": "reassigned",
    "no_data": "no_data",
    "nodata": "no_data",
}
_YES, _NO = frozenset({"yes", "y", "true", "1", "x"}), frozenset({"", "no", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class NumberRow:
    """What a row says about a number (E.164); None and "": nothing said."""

    number: str
    result: str = ""
    checked_on: date | None = None
    consent_on: date | None = None
    line_type: str = ""
    do_not_call: bool = False


def find_number_columns(header: Sequence[str]) -> Mapping[str, int]:
    """Find out which column holds what.

    Raises:
        Refusal: there is no column of numbers, or none that says anything about them.
    """
    by_name = {word: name for name, words in _NAMES.items() for word in words.split()}
    at: dict[str, int] = {}
    for index, name in enumerate(normalised(name) for name in header):
        if name in by_name:
            at.setdefault(by_name[name], index)
    if "number" not in at:
        words = "No column holds the numbers: call one of them 'number'."
        raise Refusal("NUMBER_COLUMN", words, field="number")
    if not at.keys() & {"result", "line_type", "do_not_call"}:
        words = "Nothing is said about the numbers: add a column result, line_type or do_not_call."
        raise Refusal("NUMBER_COLUMNS", words, field="result")
    return at


def read_number(cells: Sequence[str], at: Mapping[str, int], region: str = "US") -> NumberRow:
    """Read one row.

    Raises:
        Refusal: the number or a cell cannot be read; the text says which and what to write.
    """
    said = {name: cells[i].strip() if i < len(cells) else "" for name, i in at.items()}
    try:
        number = parse_phone(said["number"], region).e164
    except PhoneError as error:
        raise Refusal("NUMBER", str(error), field="number") from error
    result = said.get("result", "")
    if result and normalised(result) not in _RESULTS:
        words = f"{result!r} is no result: write yes (reassigned), no, or no_data."
        raise Refusal("NUMBER_RESULT", words, field="result")
    stop = said.get("do_not_call", "").lower()
    if stop not in _YES | _NO:
        raise Refusal("NUMBER_DNC", f"{stop!r} is neither yes nor no.", field="do_not_call")
    row = NumberRow(
        number=number,
        result=_RESULTS[normalised(result)] if result else "",
        checked_on=_day(said, "checked_on"),
        consent_on=_day(said, "consent_on"),
        line_type=normalised(said.get("line_type", "")),
        do_not_call=stop in _YES,
    )
    if not (row.result or row.line_type or row.do_not_call):
        raise Refusal("NUMBER_EMPTY", "The row says nothing about the number.", field="result")
    return row


def _day(said: Mapping[str, str], name: str) -> date | None:
    text = said.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        words = f"{text!r} is no date: write it as 2026-11-03."
        raise Refusal("NUMBER_DATE", words, field=name) from error
