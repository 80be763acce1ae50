"""What the agent says, step by step, from YAML files that lie beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent / "scripts"
STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what to say, what to mind, and what to ask the consumer to prove."""

    key: str
    title: str
    say: str
    hint: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Obligation:
    """What the law asks of every such call."""

    words: str
    cite: str


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its name, as campaigns choose it."""

    name: str
    title: str
    steps: tuple[Step, ...]
    obligations: tuple[Obligation, ...]

    def spoken(self, words: Mapping[str, str]) -> Script:
        """Return the script with the names and amounts of this call."""
        steps = (replace(step, say=step.say.format_map(words)) for step in self.steps)
        return replace(self, steps=tuple(steps))


@cache
def script(name: str | None) -> Script:
    """Return a script by its name; the standard one where there is none of that name."""
    known = {file.stem: file for file in _FOLDER.glob("*.yaml")}
    file = known.get(name or STANDARD, known[STANDARD])
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Script(
        name=found["name"],
        title=found["title"],
        steps=tuple(
            Step(**{**step, "asks": tuple(step.get("asks", ()))}) for step in found["steps"]
        ),
        obligations=tuple(Obligation(**one) for one in found["obligations"]),
    )
