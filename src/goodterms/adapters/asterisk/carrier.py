"""The simulated telephone network: a second Asterisk whose dialplan plays consumers and agents.

The last two digits of a called number (+1 NPA 555 01XX) choose the persona who answers; the table
is `asterisk/carrier/personas.yaml`, its description `docs/reference/carrier.md`. At run time there
is dialplan and sound files, nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.asterisk.package import AsteriskProgram
from goodterms.adapters.asterisk.speech import Line, Speech, Tone, Voice, tone, voices
from goodterms.kit import places

_NUMBER = re.compile(r"\+?(?:1[2-9]\d\d55501|4930231250)(\d\d)")
_SLOTS = 100


@dataclass(frozen=True)
class Persona:
    """Who answers at some of the simulated numbers.

    Attributes:
        slots: the values of XX in +1 NPA 555 01XX this persona lives at.
        reserved: only tests and benchmarks call it.
        ring: shortest and longest time it rings, in seconds.
        speaks: "person" or "machine" when it answers; None when it does not.
        refuse: Q.850 cause it refuses the call with; None when it answers.
        sip: the SIP answer the caller sees.
        early: its script is heard before any answer.
        script: what happens then, step by step, as in the file.
        stay: what it says again and again after the script; empty to hang up instead.
        talk: what it says without a pause; empty for none.
        longest: seconds after which it ends the call.
    """

    name: str
    description: str
    slots: range
    ring: tuple[int, int]
    reserved: bool = False
    speaks: str | None = None
    refuse: int | None = None
    sip: int = 200
    early: bool = False
    script: tuple[Mapping[str, Any], ...] = ()
    stay: str = ""
    talk: str = ""
    longest: int = 300

    @property
    def weight(self) -> int:
        """Its share of a hundred ordinary numbers."""
        return 0 if self.reserved else len(self.slots)


@dataclass(frozen=True)
class _Cast:
    personas: tuple[Persona, ...]
    voices: tuple[Voice, ...]
    agent_voices: tuple[Voice, ...]
    agent_lines: tuple[str, ...]


def personas() -> tuple[Persona, ...]:
    """Everybody in the simulated network, by slot."""
    return _cast().personas


def persona_at(number: str) -> Persona | None:
    """Who answers at `number` (E.164); None if nobody does: the network answers 404."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        return None
    return next(persona for persona in personas() if int(found.group(1)) in persona.slots)


def simulated_carrier(
    program: AsteriskProgram,
    folder: Path,
    *,
    platform: Peer,
    ports: Ports | None = None,
    bind: str = "127.0.0.1",
    speech: Speech | None = None,
    owned: Sequence[str] = (),
) -> AsteriskInstance:
    """The simulated network, trusting and calling `platform`; its sounds are made first.

    Calls to the `owned` numbers (E.164) go to the platform, whose numbers they are.

    Raises:
        SpeechError: the sounds cannot be made.
    """
    chosen = speech or Speech(program, places.cache() / "speech")
    values = {"platform": platform, "owned": owned, **_dialplan(_cast(), chosen)}
    return AsteriskInstance(
        program, folder, "carrier", ports or Ports.pick("carrier", bind), bind, values
    )


def consumer_calls(caller: str, called: str, persona: str = "agrees") -> str:
    """The carrier's command (for `rx`) by which a consumer calls the platform.

    Args:
        caller: the consumer's number, E.164 of the North American plan.
        called: the platform's number, likewise.
        persona: who the consumer is.

    Raises:
        ValueError: a number is not of the North American plan or the persona speaks to nobody.
    """
    digits = [number.removeprefix("+") for number in (caller, called)]
    if not all(re.fullmatch(r"1\d{10}", number) for number in digits):
        raise ValueError(f"{caller} or {called} is not a number like +15205550123")
    if not any(known.name == persona and known.speaks for known in personas()):
        raise ValueError(f"no persona '{persona}' speaks to callers: see personas.yaml")
    return f"channel originate Local/{''.join(digits)}@call-in extension v0@talk-{persona}"


@cache
def _cast() -> _Cast:
    file = places.shipped("asterisk") / "carrier" / "personas.yaml"
    return read_cast(yaml.safe_load(file.read_text()))


def read_cast(given: Mapping[str, Any]) -> _Cast:
    """The cast as the file gives it.

    Raises:
        ValueError: a slot has nobody, or two; the text names it.
    """
    found = tuple(_persona(entry) for entry in given["personas"])
    for slot in range(_SLOTS):
        here = [persona.name for persona in found if slot in persona.slots]
        if len(here) != 1:
            raise ValueError(f"personas.yaml: slot {slot:02d} has {here or 'nobody'}, not one")
    agents = given["agents"]
    return _Cast(
        found,
        tuple(voices(given["voices"])),
        tuple(voices(agents["voices"])),
        tuple(agents["lines"]),
    )


def _persona(entry: Mapping[str, Any]) -> Persona:
    first, _, last = str(entry["slots"]).partition("-")
    known = {**entry, "slots": range(int(first), int(last) + 1), "ring": tuple(entry["ring"])}
    return Persona(**{**known, "script": tuple(entry.get("script", ()))})


def _said(cast: _Cast) -> Iterator[Line | Tone]:
    for persona in cast.personas:
        for voice in _voices_of(cast, persona):
            yield from (Line(text, cast.voices[voice]) for text in _texts(persona))
        yield from (tone(step["tone"]) for step in persona.script if "tone" in step)
    for spoken in cast.agent_voices:
        yield from (Line(text, spoken) for text in cast.agent_lines)


def _texts(persona: Persona) -> Iterator[str]:
    yield from (step["say"] for step in persona.script if "say" in step)
    yield from (text for text in (persona.stay, persona.talk) if text)


def _voices_of(cast: _Cast, persona: Persona) -> list[int]:
    """Which voices this persona's slots use; the first also speaks when a consumer calls in."""
    return sorted({0} | {slot % len(cast.voices) for slot in persona.slots})


def _dialplan(cast: _Cast, speech: Speech) -> dict[str, Any]:
    files = speech.files(_said(cast))

    def sound(said: Line | Tone) -> str:
        return str(files[said].with_suffix(""))

    def steps(persona: Persona, voice: int) -> list[tuple[str, Any]]:
        return [_step(step, cast.voices[voice], sound) for step in persona.script]

    parts = []
    for persona in cast.personas:
        for voice in _voices_of(cast, persona):
            spoken = cast.voices[voice]
            parts.append(
                {
                    "persona": persona,
                    "voice": voice,
                    "steps": steps(persona, voice),
                    "stay": sound(Line(persona.stay, spoken)) if persona.stay else None,
                    "talk": sound(Line(persona.talk, spoken)) if persona.talk else None,
                }
            )
    agents = [
        [sound(Line(text, voice)) for text in cast.agent_lines] for voice in cast.agent_voices
    ]
    slots = [
        (slot, persona.name, slot % len(cast.voices))
        for persona in cast.personas
        for slot in persona.slots
    ]
    return {"parts": parts, "slots": slots, "agents": agents, "agent_phones": _SLOTS}


def _step(step: Mapping[str, Any], voice: Voice, sound: Any) -> tuple[str, Any]:
    ((kind, what),) = step.items()
    if kind == "say":
        return "play", sound(Line(what, voice))
    if kind == "tone":
        return "play", sound(tone(what))
    return kind, what
