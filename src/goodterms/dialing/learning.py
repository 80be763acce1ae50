"""What the floor learns while it runs: counts that forget, for the estimates of pacing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from goodterms.dialing.decide.budget import bearable
from goodterms.dialing.decide.estimate import EDGES, OLDEST, Lengths, lines, outlook, step_of
from goodterms.dialing.model import Outlook

_LINES, _RECENT, _TALKS, _RISKS, _BREAKS = 1500, 60, 600, 3000, 200
_HEAVIEST = 1e6
# Before anything is known: two lines in five are answered, evenly over the first seconds. Many
# answers are expected rather than few, so that the first minutes of a campaign are safe.
_PRIOR_LINES, _PRIOR_ANSWERS, _PRIOR_FROM, _PRIOR_UNTIL = 20.0, 0.4, 2, 27
_PRIOR_TALKS, _PRIOR_TALK, _PRIOR_WRAP = 5.0, 150.0, 30.0
_PRIOR_ENDS = 20.0


class _Forgetting:
    """Weights that grow by the same factor, so that what was counted before fades."""

    def __init__(self, memory: int) -> None:
        self._factor = 1 / (1 - 1 / memory)
        self.weight = 1.0

    def next(self) -> float:
        weight = self.weight
        self.weight *= self._factor
        return weight


class LineRecord:
    """At which ages the lines of a campaign were answered or ended otherwise."""

    def __init__(self) -> None:
        self._forget = _Forgetting(_LINES)
        self._answered, self._ended = [0.0] * OLDEST, [0.0] * OLDEST
        each = _PRIOR_LINES / (_PRIOR_UNTIL - _PRIOR_FROM)
        for age in range(_PRIOR_FROM, _PRIOR_UNTIL):
            self._answered[age] = each * _PRIOR_ANSWERS
            self._ended[age] = each * (1 - _PRIOR_ANSWERS)

    def add(self, age: float, *, answered: bool) -> None:
        """Take in a line that a person answered at this age in seconds, or that ended."""
        counts = self._answered if answered else self._ended
        counts[min(OLDEST - 1, max(0, int(age)))] += self._forget.next()
        if self._forget.weight > _HEAVIEST:
            self._scale(1 / self._forget.weight)

    def _scale(self, by: float) -> None:
        self._answered = [count * by for count in self._answered]
        self._ended = [count * by for count in self._ended]
        self._forget.weight *= by

    def counts(self) -> tuple[Sequence[float], Sequence[float]]:
        """Return what was answered and what ended otherwise, by age."""
        self._scale(1 / self._forget.weight)
        return self._answered, self._ended


class LengthRecord:
    """How long talks or wrap-ups last."""

    def __init__(self, mean: float) -> None:
        self._keep = 1 - 1 / _TALKS
        widths = [b - a for a, b in pairwise(EDGES)] + [1.0]
        alive = [(1 + edge / mean) ** -2 for edge in EDGES]
        self._lasted = [_PRIOR_TALKS * a * w for a, w in zip(alive, widths, strict=True)]
        self._ended = [lasted / mean for lasted in self._lasted]
        self._widths = widths

    def add(self, seconds: float) -> None:
        """Take in one that lasted so many seconds."""
        keep, last = self._keep, step_of(max(0.0, seconds))
        self._ended = [count * keep for count in self._ended]
        self._lasted = [
            time * keep + (self._widths[step] if step < last else 0.0)
            for step, time in enumerate(self._lasted)
        ]
        self._lasted[last] += min(self._widths[last], max(0.0, seconds) - EDGES[last])
        self._ended[last] += 1.0

    def lengths(self) -> Lengths:
        """Return the estimate."""
        return Lengths(self._ended, self._lasted)


class RecentRecord:
    """How many of the latest lines were answered, and of how many that was expected."""

    def __init__(self) -> None:
        self.answered = self.expected = 0.0

    def add(self, expected: float, *, answered: bool) -> None:
        """Take in a line that has ended, and what was expected of it until then."""
        keep = 1 - 1 / _RECENT
        self.answered = self.answered * keep + answered
        self.expected = self.expected * keep + expected


class DeskRecord:
    """How long agents talk and wrap up, and how often they are ready again after it."""

    def __init__(self) -> None:
        self.talk = LengthRecord(_PRIOR_TALK)
        self.wrap = LengthRecord(_PRIOR_WRAP)
        self._ends = self._back = _PRIOR_ENDS

    def wrapped(self, seconds: float, *, back: bool) -> None:
        """Take in the end of a wrap-up, and whether the agent is ready again."""
        self.wrap.add(seconds)
        keep = 1 - 1 / _BREAKS
        self._ends, self._back = self._ends * keep + 1, self._back * keep + back

    @property
    def back(self) -> float:
        """The share of wrap-ups after which the agent is ready again."""
        return self._back / self._ends


class RiskRecord:
    """At which risk people answered, and how many of them were abandoned."""

    def __init__(self) -> None:
        self._risked = self._abandoned = 0.0

    def add(self, risk: float, *, abandoned: bool) -> None:
        """Take in a person who answered while this risk was borne."""
        keep = 1 - 1 / _RISKS
        self._risked = self._risked * keep + risk
        self._abandoned = self._abandoned * keep + abandoned

    def bearable(self, share: float) -> float:
        """Return the risk at which this share of those who answer is abandoned."""
        return bearable(share, self._risked, self._abandoned)


def look_ahead(record: LineRecord, desk: DeskRecord, out: Sequence[int]) -> Outlook:
    """Make the outlook of a campaign; ``out`` counts its lines in flight by age."""
    answered, ended = record.counts()
    known = lines(answered, ended, out)
    return outlook(
        known, desk.talk.lengths(), desk.wrap.lengths(), back=desk.back, seen=sum(answered)
    )
