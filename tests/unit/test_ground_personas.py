"""The table of the simulated network and the words of the prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from goodterms.adapters.asterisk import carrier, speech
from goodterms.adapters.asterisk.package import AsteriskProgram
from goodterms.kit import places

SHIPPED = places.shipped("asterisk")


def test_every_number_has_one_persona() -> None:
    """All hundred slots are taken once, and about a third of ordinary numbers are people."""
    shares = {persona.name: persona.weight for persona in carrier.personas()}
    people = sum(
        persona.weight
        for persona in carrier.personas()
        if persona.speaks == "person" and not persona.reserved
    )
    assert sum(len(persona.slots) for persona in carrier.personas()) == 100
    assert people / sum(shares.values()) == pytest.approx(0.35, abs=0.03)


def test_a_slot_without_anybody_is_named() -> None:
    """A hole in the table is an error that says which number has nobody."""
    given = yaml.safe_load((SHIPPED / "carrier" / "personas.yaml").read_text())
    given["personas"] = [entry for entry in given["personas"] if entry["name"] != "busy"]
    with pytest.raises(ValueError, match="slot 62 has nobody"):
        carrier.read_cast(given)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("+15205550100", "agrees"),
        ("12125550197", "rings-on"),
        ("+15205550163", "busy"),
        ("+15205551163", None),
        ("+48225550100", None),
        ("+493023125000", "agrees"),
        ("+493023125100", None),
    ],
)
def test_the_last_digits_choose_the_persona(number: str, name: str | None) -> None:
    """Any area code works; a number outside the fictional range belongs to nobody."""
    found = carrier.persona_at(number)
    assert (found.name if found else None) == name


def test_a_call_from_a_consumer_needs_real_numbers() -> None:
    """Numbers that cannot be dialed and personas that do not speak are refused by name."""
    command = carrier.consumer_calls("+15205550100", "+18005550142")
    assert command.startswith("channel originate Local/1520555010018005550142@call-in ")
    with pytest.raises(ValueError, match="not a number"):
        carrier.consumer_calls("+48225550100", "+18005550142")
    with pytest.raises(ValueError, match="no persona 'busy'"):
        carrier.consumer_calls("+15205550100", "+18005550142", "busy")


def test_a_number_is_read_out_digit_by_digit() -> None:
    """A listener can write the number down."""
    assert speech.spoken_number("+15205550123") == "5 2 0, 5 5 5, 0 1 2 3"
    assert speech.spoken_number("+48 22 555") == "4 8 2 2 5 5 5"


def test_prompts_give_nothing_away() -> None:
    """No prompt that a stranger may hear names a debt, a creditor or a reason for the call."""
    prompts = yaml.safe_load((SHIPPED / "prompts.yaml").read_text())["prompts"]
    for prompt in prompts.values():
        text = prompt.get("say", "").lower()
        for word in ("debt", "owe", "collect", "creditor", "account", "pay", "balance", "overdue"):
            assert word not in text


def test_a_prompt_names_only_known_words(tmp_path: Path) -> None:
    """A prompt whose word is not given fails with the prompt's name and the remedy."""
    nothing = AsteriskProgram("22.0.0", Path("/nowhere"), Path("/nowhere"))
    silent = speech.Speech(nothing, tmp_path)
    with pytest.raises(speech.SpeechError, match="'abandoned' names 'organisation'"):
        silent.prompts(tmp_path / "prompts", {"number": "+15205550123"})


def test_the_reference_page_has_the_whole_table() -> None:
    """Every persona is documented with its numbers, its SIP answer and its cause."""
    page = (places.shipped("docs") / "reference" / "carrier.md").read_text()
    for persona in carrier.personas():
        first, last = persona.slots[0], persona.slots[-1]
        slots = f"{first:02d}" if first == last else f"{first:02d}–{last:02d}"  # noqa: RUF001
        row = next(line for line in page.splitlines() if line.startswith(f"| {slots} |"))
        assert f"| {persona.name} |" in row
        assert row.endswith(f"| {persona.sip} | {persona.refuse or 16} |")
