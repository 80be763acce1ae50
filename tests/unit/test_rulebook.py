"""The rulebook's rows: what is read, what is refused and how."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.contacts import US

from goodterms.compliance.decide import (
    RulebookError,
    content,
    from_content,
    lookback_days,
    make_rulebook,
    read_rules,
)
from goodterms.compliance.service import load_rulebook
from goodterms.kit import plainjson

DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROW = """\
- id: TEST-1
  version: 1
  title: "A test"
  jurisdiction: US
  valid_from: 2021-11-30
  valid_to: null
  recorded_at: 2026-11-22T00:00:00Z
  moments: [PREDIAL]
  predicate: rolling_count
  params: {unit: [collector, person, debt], window_days: 7, max: 7, media: [call]}
  reason_code: REGF_7IN7
  citation: "12 CFR 1006.14(b)(2)(i)"
  evidence: verified
  signed_by: null
"""
HOURS = ROW.replace("rolling_count", "local_hours")


def test_row_is_read() -> None:
    """A row in the documented format becomes a rule."""
    [rule] = read_rules("a.yaml", ROW)
    assert (rule.id, rule.version, rule.params["max"]) == ("TEST-1", 1, 7)
    assert read_rules("empty.yaml", "# nothing\n") == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("version: 1", "version: 0", 2, "a whole number from 1 on"),
        ("version: 1", "version: true", 2, "a whole number from 1 on"),
        ("id: TEST-1", "id: ''", 1, "write some text"),
        ("id: TEST-1", "id: A/B", 1, "a name without slashes"),
        ("valid_from: 2021-11-30", "valid_from: soon", 5, "write a date such as"),
        ("valid_to: null", "valid_to: 2021-11-30", 6, "is not after valid_from"),
        ("T00:00:00Z", "", 7, "an instant in UTC"),
        ("[PREDIAL]", "[LUNCH]", 8, "PREDIAL"),
        ("[PREDIAL]", "[]", 8, "PREDIAL"),
        ("predicate: rolling_count", "predicate: guess", 9, "write one of: "),
        ("  predicate: rolling_count\n", "", 1, "is missing: add it"),
        ("max: 7", "max: 0", 10, "a whole number from 1 to 1000"),
        ("max: 7", "max: yes", 10, "a whole number from 1 to 1000"),
        ("max: 7, ", "", 10, "lacks the parameter 'max'"),
        ("max: 7", "max: 7, min: 1", 10, "unknown parameter 'min'"),
        ("[call]", "[fax]", 10, "unusable 'media'"),
        ("params: {", "params: [", 10, "no YAML"),
        ("params: {unit: [collector, person, debt], window_days: 7, max: 7, media: [call]}",
         "params: 3", 10, "'name: value'"),
        ("REGF_7IN7", "BECAUSE", 11, "write one of: "),
        ("REGF_7IN7", "ALLOWED", 11, "write one of: "),
        ("evidence: verified", "evidence: hearsay", 13, "verified, secondary"),
        ("signed_by: null", "signed_by: 7", 14, "write some text"),
        ("signed_by: null", "signed: null", 1, "'signed_by' of rule TEST-1 is missing"),
        ("signed_by: null", "signed_by: null\n  extra: 1", 15, "is not known"),
        ("signed_by: null", "version: 2\n  signed_by: null", 14, "is written twice"),
    ],
)  # fmt: skip
def test_bad_row_is_refused(old: str, new: str, line: int, says: str) -> None:
    """A bad row is refused with file, line, field and remedy."""
    with pytest.raises(RulebookError) as caught:
        read_rules("a.yaml", ROW.replace(old, new))
    assert f"a.yaml, line {line}: " in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ('{from: "08:00", until: 21:00}', "unusable 'until'"),
        ('{from: "21:00", until: "08:00"}', "no usable window"),
    ],
)
def test_bad_window_is_refused(params: str, says: str) -> None:
    """Times without quotes and empty windows are refused."""
    line = next(line for line in HOURS.splitlines() if "params" in line)
    with pytest.raises(RulebookError, match=says):
        read_rules("a.yaml", HOURS.replace(line, f"  params: {params}"))


@pytest.mark.parametrize("statuses", ["paid", "[]", "[paid]"])
def test_only_open_statuses_can_be_open(statuses: str) -> None:
    """No row can declare a paid, recalled or closed account to be open."""
    line = next(line for line in ROW.splitlines() if "params" in line)
    row = ROW.replace("rolling_count", "account_open")
    with pytest.raises(RulebookError, match="placed, active, arranged"):
        read_rules("a.yaml", row.replace(line, f"  params: {{statuses: {statuses}}}"))


@pytest.mark.parametrize(("text", "says"), [("a: 1", "a list of rules"), ("- 1", "'field: value'")])
def test_wrong_shape_is_refused(text: str, says: str) -> None:
    """A file that is no list of rows is refused."""
    with pytest.raises(RulebookError, match=says):
        read_rules("a.yaml", text)


def test_hash_is_of_the_content() -> None:
    """The hash does not depend on files or order, and changes with any field."""
    assert make_rulebook(reversed(US.rules)).hash == US.hash
    stored = plainjson.loads(plainjson.dumps(content(US)))
    assert from_content(stored).hash == US.hash
    stored[0]["citation"] += "!"
    assert from_content(stored).hash != US.hash


def test_dates_that_end_survive_storage() -> None:
    """A rule with a last day is stored and read back the same."""
    [rule] = read_rules("a.yaml", ROW.replace("valid_to: null", "valid_to: 2030-01-01"))
    ended = make_rulebook([*US.rules, replace(rule, id="OTHER")])
    stored = plainjson.loads(plainjson.dumps(content(ended)))
    assert from_content(stored).hash == ended.hash


def test_log_is_looked_at_far_enough_back() -> None:
    """The contact log is read as far back as the longest window, with two days for zones."""
    assert lookback_days(US) == 62
    calls = [rule for rule in US.rules if rule.id != "REGF-SMS-1"]
    assert lookback_days(make_rulebook(calls)) == 33


def test_folder_is_one_rulebook(tmp_path: Path) -> None:
    """All files of a folder are read; an incomplete folder is refused."""
    (tmp_path / "a.yaml").write_text(ROW, encoding="utf-8")
    with pytest.raises(RulebookError, match="mandatory"):
        load_rulebook(tmp_path)
    assert load_rulebook().hash == US.hash
