"""What the far ends of simulated calls do."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from goodterms.calls.model import CallOrder
from goodterms.compliance.model import Permit


@dataclass(frozen=True, slots=True)
class Script:
    """What one far end does. Times are seconds after the call, or after the answer if it says so.

    Attributes:
        rings_after: None if it never rings.
        answers_after: None if nobody ever answers.
        refuses_after: when it refuses, with the Q.850 cause and SIP code below; None if it does
            not.
        q850: cause of the refusal.
        sip_code: code of the refusal.
        speaks: what listening finds: ``person``, ``machine`` or ``unsure``.
        detected_after: how long listening takes.
        digits: keys pressed, each so many seconds after the answer.
        hangs_up_after: seconds after the answer; None if it stays.
    """

    rings_after: float | None = 0.2
    answers_after: float | None = None
    refuses_after: float | None = None
    q850: int | None = None
    sip_code: int | None = None
    speaks: str = "person"
    detected_after: float = 2.0
    digits: tuple[tuple[float, str], ...] = ()
    hangs_up_after: float | None = None


NO_ANSWER = Script()
BUSY = Script(None, None, 0.3, 17, 486)
REJECTS = Script(0.2, None, 2.0, 21, 403)
UNALLOCATED = Script(None, None, 0.2, 1, 404)
UNAVAILABLE = Script(None, None, 0.2, 19, 480)
CONGESTION = Script(None, None, 0.2, 34, 503)
AUTO_ANSWER = Script(None, 0.05)


class Behaviour(Protocol):
    """Decides what each far end does."""

    def consumer(self, permit: Permit, order: CallOrder) -> Script:
        """Return what happens when this consumer is called."""
        ...

    def telephone(self, line: str, endpoint: str) -> Script | None:
        """Return what an agent's telephone does; None if it is not there."""
        ...


class Scripted:
    """Far ends by number and endpoint; unknown numbers do not exist, unknown telephones answer."""

    def __init__(
        self, numbers: Mapping[str, Script], telephones: Mapping[str, Script | None] | None = None
    ) -> None:
        self._numbers = numbers
        self._telephones = telephones or {}

    def consumer(self, permit: Permit, order: CallOrder) -> Script:  # noqa: ARG002 - by number
        """Return the number's script."""
        return self._numbers.get(permit.number, UNALLOCATED)

    def telephone(self, line: str, endpoint: str) -> Script | None:  # noqa: ARG002 - by endpoint
        """Return the endpoint's script."""
        return self._telephones.get(endpoint, AUTO_ANSWER)


@dataclass(frozen=True, slots=True)
class Population:
    """How many of a hundred calls meet whom, and how long they talk (seconds, mean)."""

    person: int = 35
    machine: int = 20
    no_answer: int = 27
    busy: int = 5
    rejects: int = 3
    unallocated: int = 4
    unavailable: int = 3
    congestion: int = 3
    talk_seconds: float = 60.0


_PLAIN = {
    "no_answer": NO_ANSWER,
    "busy": BUSY,
    "rejects": REJECTS,
    "unallocated": UNALLOCATED,
    "unavailable": UNAVAILABLE,
    "congestion": CONGESTION,
}


class SeededConsumers:
    """A population: the same seed and attempt id always meet the same consumer."""

    def __init__(self, seed: int, population: Population | None = None) -> None:
        self._seed = seed
        self._population = population or Population()
        names = ("person", "machine", *_PLAIN)
        self._shares = {name: int(getattr(self._population, name)) for name in names}

    def consumer(self, permit: Permit, order: CallOrder) -> Script:  # noqa: ARG002 - by attempt
        """Draw who answers this attempt."""
        dice = random.Random(f"{self._seed}:{permit.attempt_id}")  # noqa: S311 - must repeat
        who = dice.choices(list(self._shares), list(self._shares.values()))[0]
        if who in _PLAIN:
            return _PLAIN[who]
        if who == "machine":
            return Script(0.5, dice.uniform(6, 20), speaks="machine", hangs_up_after=40.0)
        talk = dice.expovariate(1 / self._population.talk_seconds)
        return Script(0.5, dice.uniform(2, 18), hangs_up_after=1.0 + talk)

    def telephone(self, line: str, endpoint: str) -> Script | None:  # noqa: ARG002 - all the same
        """Every agent's telephone answers at once."""
        return AUTO_ANSWER
