"""What the past lets expect: chances from counts that forget, by age of a line or of a talk.

Counts are hazards: of so many lines that reached an age, so many were answered at it. So lines
that are still out count for the time they are out, and a campaign's first seconds, in which only
what fails at once has ended, do not look worse or better than they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import exp, sqrt

from goodterms.dialing.model import Outlook, Snapshot

OLDEST = 150
"""The age in seconds up to which lines are told apart."""
LONGEST = 1800
"""The length in seconds up to which talks and wrap-ups are told apart."""
PATIENCE = 2.0
"""A person who answers waits so many seconds for an agent. Reference: 47 CFR 64.1200(a)(7)."""

_STEP = 2.0
_SURE = 2.5


def _edges() -> tuple[float, ...]:
    edges = [0.0]
    while edges[-1] < LONGEST:
        edges.append(edges[-1] + max(1.0, 0.12 * edges[-1]))
    return tuple(edges)


EDGES = _edges()
"""Where the steps begin in which lengths of talks are counted: finer at the start."""
_MIDDLES = tuple(edge + max(1.0, 0.12 * edge) / 2 for edge in EDGES)
_STEP_OF = tuple(bisect_right(EDGES, second + 0.5) - 1 for second in range(LONGEST + 1))


def step_of(seconds: float) -> int:
    """Return the step that a length lies in."""
    return bisect_right(EDGES, seconds) - 1


@dataclass(frozen=True, slots=True)
class Lines:
    """What becomes of lines.

    ``answers``: by age, the chance that a person still answers. ``by_age``: how many answers one
    line was expected to give until then, had it lasted.
    """

    answers: tuple[float, ...]
    by_age: tuple[float, ...]
    mean_answer: float
    mean_end: float


def lines(answered: Sequence[float], ended: Sequence[float], out: Sequence[int]) -> Lines:
    """Estimate from counts by age: answered by a person, ended otherwise, and still out."""
    size = len(answered)
    reached, gone, older = [0.0] * size, 0.0, sum(out[size:])
    for age in range(size - 1, -1, -1):
        gone += answered[age] + ended[age]
        reached[age] = gone + older
        older += out[age] if age < len(out) else 0
    left, by_age, lasting = 1.0, [0.0] * size, [0.0] * size
    for age in range(size):
        lasting[age] = left
        if reached[age] > 0:
            by_age[age] = left * answered[age] / reached[age]
            left = max(0.0, left - by_age[age] - left * ended[age] / reached[age])
    later = list(accumulate(reversed(by_age)))[::-1]
    answers = tuple(
        min(1.0, later[age] / lasting[age]) if lasting[age] > 0 else 0.0 for age in range(size)
    )
    rates = (answered[age] / reached[age] if reached[age] > 0 else 0.0 for age in range(size))
    total = sum(by_age)
    mean = sum((age + 0.5) * chance for age, chance in enumerate(by_age))
    return Lines(
        answers, tuple(accumulate(rates)), mean / total if total > 0 else 0.0, sum(lasting)
    )


class Lengths:
    """How long something lasts, as a hazard in steps."""

    __slots__ = ("_hazard", "_risen")

    def __init__(self, ended: Sequence[float], lasted: Sequence[float]) -> None:
        pairs = zip(ended, lasted, strict=True)
        self._hazard = [e / t if t > 0 else 0.0 for e, t in pairs]
        widths = [b - a for a, b in pairwise(EDGES)] + [1.0]
        risen = accumulate(h * w for h, w in zip(self._hazard, widths, strict=True))
        self._risen = [0.0, *risen]

    def risen(self, seconds: float) -> float:
        """Return the hazard gathered until this length."""
        step = bisect_right(EDGES, seconds) - 1
        return self._risen[step] + (seconds - EDGES[step]) * self._hazard[step]

    def ends_within(self, elapsed: float, seconds: float) -> float:
        """Return the chance that what has lasted ``elapsed`` ends within so many seconds."""
        return 1.0 - exp(self.risen(elapsed) - self.risen(elapsed + seconds))

    @property
    def mean(self) -> float:
        """The mean length in seconds."""
        alive = [exp(-risen) for risen in self._risen]
        edges = [*EDGES, EDGES[-1] + 1.0]
        return sum(
            (alive[i] + alive[i + 1]) / 2 * (edges[i + 1] - edges[i]) for i in range(len(EDGES))
        )


def outlook(known: Lines, talk: Lengths, wrap: Lengths, *, back: float, seen: float) -> Outlook:
    """Put together what the next seconds may bring.

    ``back``: the share of agents who are ready again after a wrap-up, and not on a break.
    ``seen``: how many answers the estimate rests on.
    """
    horizon = known.mean_answer + PATIENCE
    parts = max(2, int(horizon / _STEP))
    each = horizon / parts
    then = [wrap.ends_within(0.0, horizon - (part + 0.5) * each) for part in range(parts)]
    talking, wrapping = [], []
    for middle in _MIDDLES:
        before = after = 0.0
        for part in range(parts):
            ended = talk.ends_within(middle, (part + 1) * each)
            after += (ended - before) * then[part]
            before = ended
        talking.append(after * back)
        wrapping.append(wrap.ends_within(middle, horizon) * back)
    return Outlook(
        answers=known.answers,
        answers_by=known.by_age,
        after_talk=tuple(talking),
        after_wrap=tuple(wrapping),
        horizon=horizon,
        doubt=1.0 / max(1.0, seen),
        line_seconds=known.mean_end,
        handle_seconds=talk.mean + wrap.mean,
    )


def surprise(answered: float, expected: float) -> float:
    """Return by how much more people answer of late than was expected; 1 where it may be chance.

    An estimate over many lines is slow to see that an hour has come in which everybody is at
    home. Only more answers than expected count: fewer are a matter of time, not of the law.
    """
    if answered <= expected + _SURE * sqrt(expected + 1):
        return 1.0
    return (answered + 1) / (expected + 1)


def scaled(known: Outlook, by: float) -> Outlook:
    """Return an outlook in which so many times more people answer."""
    return replace(known, answers=tuple(min(1.0, by * chance) for chance in known.answers))


def releases(known: Outlook, snapshot: Snapshot) -> list[float]:
    """Return the chance of each busy agent to be free within the horizon."""
    talk, wrap, steps = known.after_talk, known.after_wrap, _STEP_OF
    freed = [talk[steps[s]] if s < LONGEST else talk[-1] for s in snapshot.talked]
    return freed + [wrap[steps[s]] if s < LONGEST else wrap[-1] for s in snapshot.wrapped]
