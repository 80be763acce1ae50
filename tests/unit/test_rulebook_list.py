"""The rulebook as a list: what is found, and how the command shows it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from tests.fakes.contacts import US
from typer.testing import CliRunner

from goodterms.app.cli import app
from goodterms.compliance.decide.catalogue import (
    STATES,
    Sought,
    found,
    places_in,
    state_of,
    versions_of,
)

TODAY = date(2026, 11, 25)
WIDE = {"COLUMNS": "160"}


def _ids(sought: Sought, today: date = TODAY) -> set[str]:
    return {rule.id for rule in found(US, sought, today)}


def test_place_finds_what_is_below_it() -> None:
    """A country finds its regions; the UK is GB; the house is a place of its own."""
    assert {"US-MA-1", "US-NYC-1", "REGF-FREQ-1"} <= _ids(Sought("us"))
    assert "REGF-FREQ-1" not in _ids(Sought("US-MA"))
    assert _ids(Sought("UK")) == _ids(Sought("GB")) != set()
    assert {rule.jurisdiction for rule in found(US, Sought("*"), TODAY)} == {"*"}
    assert not _ids(Sought("U"))


def test_rows_are_found_by_each_mark() -> None:
    """Evidence, moment, signature and words narrow the list, each by itself and together."""
    assert all(r.evidence == "unverified" for r in found(US, Sought(evidence="unverified"), TODAY))
    assert all("PAY" in r.moments for r in found(US, Sought(moment="PAY"), TODAY))
    assert not _ids(Sought(signed="yes"))
    assert len(found(US, Sought(signed="no"), TODAY)) == len(US.rules)
    assert "CO-1-DAY" in _ids(Sought(text="ley 2300"))
    assert _ids(Sought("CO", text="channel")) == {"CO-1-CHANNEL"}


@pytest.mark.parametrize(
    ("today", "state"),
    [("2025-05-07", "not_yet"), ("2025-05-08", "in_force"), ("2025-07-03", "ended")],
)
def test_state_is_that_of_a_date(today: str, state: str) -> None:
    """A row is not yet in force, in force, and no longer, at its own dates."""
    [rule] = [rule for rule in versions_of(US, "PL-INT-1") if rule.version == 2]
    assert state_of(rule, date.fromisoformat(today)) == state


def test_disabled_rows_are_shown_as_such() -> None:
    """A draft that is no law is found, and it is disabled on every date."""
    assert "PL-TIME-1" in _ids(Sought(state="disabled"))
    assert {state_of(rule, TODAY) for rule in US.rules} <= set(STATES)


def test_places_begin_with_the_house() -> None:
    """The house rules come first, then the places by their codes."""
    places = places_in(US)
    assert places[0] == "*"
    assert places[1:] == sorted(places[1:])
    assert versions_of(US, "NO-SUCH") == []


def test_command_shows_rows_with_their_evidence() -> None:
    """The table names place, rule, validity, evidence and signature; unverified stands out."""
    shown = CliRunner().invoke(app, ["rulebook", "list", "--place", "UK"], env=WIDE)
    assert shown.exit_code == 0
    assert "UK-CONC-1 v1" in shown.output
    assert "UNVERIFIED" in shown.output
    assert "not signed" in shown.output


def test_command_counts_packs() -> None:
    """With --packs each place has one line with its marks."""
    shown = CliRunner().invoke(app, ["rulebook", "list", "--packs"], env=WIDE)
    assert "everywhere" in shown.output
    assert "US-NYC" in shown.output
    assert f"{len(US.rules)} rows" in shown.output


def test_command_writes_json() -> None:
    """With --json the whole rows are printed, with their state on the date asked about."""
    said = ["rulebook", "list", "--place", "US-NYC", "--json", "--on", "2026-08-31"]
    [row, *_] = json.loads(CliRunner().invoke(app, said).output)
    assert (row["id"], row["state"], row["valid_from"]) == ("US-NYC-1", "not_yet", "2026-09-01")


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (["--evidence", "hearsay"], 2, "hearsay"),
        (["--on", "soon"], 2, "soon"),
        (["--place", "ZZ"], 1, "0 rows"),
    ],
)
def test_command_says_what_is_wrong(said: list[str], code: int, words: str) -> None:
    """What is not understood is named; nothing found is said and told by the exit code."""
    shown = CliRunner().invoke(app, ["rulebook", "list", *said], env=WIDE)
    assert shown.exit_code == code
    assert words in shown.output


def test_command_reads_any_folder(tmp_path: Path) -> None:
    """A folder that is no rulebook is refused in one sentence with the exit code 2."""
    (tmp_path / "a.yaml").write_text("- id: X\n", encoding="utf-8")
    shown = CliRunner().invoke(app, ["rulebook", "list", "--rulebook", str(tmp_path)], env=WIDE)
    assert shown.exit_code == 2
    assert "a.yaml, line 1" in shown.output
