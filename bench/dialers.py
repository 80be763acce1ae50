"""The dialers that are compared: goodterms' own pacing, and peers by their documented behaviour."""

from __future__ import annotations

from decimal import Decimal
from time import process_time_ns

from bench.shift import TALKING, WRAPPING, Shift

from goodterms.dialing.decide import pace
from goodterms.dialing.foresight import Foresight
from goodterms.dialing.learning import DeskRecord
from goodterms.dialing.model import DialPolicy, Mode, Snapshot, Trunk

ENDLESS = 1_000_000
TIMED_EVERY, TIMED = 2_000, 100
"""One decision of so many is timed, so many times over."""
TRUNK = Trunk("bench", "PJSIP/{number}@bench", ENDLESS, Decimal(ENDLESS))


class Plain:
    """A dialer that needs to be told nothing."""

    ticks = 0.5
    at_events = True

    def lines(self, shift: Shift, now: float) -> int:
        raise NotImplementedError

    def placed(self, line: int, now: float) -> None:
        """Nothing to learn."""

    def over(self, line: int, now: float, *, answered: bool) -> None:
        """Nothing to learn."""

    def met(self, *, abandoned: bool, now: float) -> None:
        """Nothing to learn."""

    def talked(self, agent: int, seconds: float) -> None:
        """Nothing to learn."""

    def wrapped(self, agent: int, seconds: float, *, back: bool) -> None:
        """Nothing to learn."""


class Ours(Plain):
    """Goodterms: the production estimates, budget and rule, as the engine asks them."""

    ticks = 1.0

    def __init__(self) -> None:
        self._desk = DeskRecord()
        self._foresight = Foresight(self._desk)
        self._policy = DialPolicy(
            1, True, Mode.PREDICTIVE, Decimal(1), ENDLESS, Decimal(ENDLESS), TRUNK.name, (), 25,
            False, {}, {}, 7, 3, "abandoned", 1,
        )  # fmt: skip
        self.answered = self.abandoned = 0
        self.nanoseconds: list[int] = []
        self._asked = 0

    def lines(self, shift: Shift, now: float) -> int:
        talked, wrapped = [], []
        for state, since in zip(shift.state, shift.since, strict=True):
            if state == TALKING:
                talked.append(int(now - since))
            elif state == WRAPPING:
                wrapped.append(int(now - since))
        seen = Snapshot(
            1, shift.idle, 0, shift.talking, shift.wrapping, shift.in_flight,
            len(shift.waiting), self.answered, self.abandoned,
            shift.in_flight, 0, 0, talked=tuple(talked), wrapped=tuple(wrapped),
        )  # fmt: skip
        self._asked += 1
        if self._asked % TIMED_EVERY == 0:
            self._time(seen, shift, now)
        return self._decided(seen, shift, now)

    def _time(self, seen: Snapshot, shift: Shift, now: float) -> None:
        """Decide the same many times over: reading the clock takes longer than deciding once."""
        started = process_time_ns()
        for _ in range(TIMED):
            self._decided(seen, shift, now)
        self.nanoseconds.append((process_time_ns() - started) // TIMED)

    def _decided(self, seen: Snapshot, shift: Shift, now: float) -> int:
        seen = self._foresight.seen(
            seen, now, seconds=shift.load.seconds - now,
            due=ENDLESS if shift.left is None else shift.left,
        )  # fmt: skip
        return pace(seen, self._policy, TRUNK, self._foresight.outlook(now)).place

    def placed(self, line: int, now: float) -> None:
        self._foresight.placed(str(line), now)

    def over(self, line: int, now: float, *, answered: bool) -> None:
        self._foresight.over(str(line), now, answered=answered)

    def met(self, *, abandoned: bool, now: float) -> None:
        self.answered += 1
        self.abandoned += abandoned
        self._foresight.met(abandoned=abandoned)

    def talked(self, agent: int, seconds: float) -> None:
        self._desk.talk.add(seconds)

    def wrapped(self, agent: int, seconds: float, *, back: bool) -> None:
        self._desk.wrapped(seconds, back=back)


class Progressive(Plain):
    """One line per idle agent."""

    def lines(self, shift: Shift, now: float) -> int:
        return max(0, shift.idle - len(shift.waiting) - shift.in_flight)


class RatioOfIdle(Plain):
    """Lines in flight are raised to so many per idle agent."""

    def __init__(self, level: float) -> None:
        self.level = level

    def lines(self, shift: Shift, now: float) -> int:
        return max(0, int(self.level * shift.idle) - shift.in_flight)


class RatioOfActive(Plain):
    """Every 2.5 s lines in flight and talking are raised to so many per active agent."""

    ticks, at_events = 2.5, False

    def __init__(self, level: float) -> None:
        self.level = level

    def lines(self, shift: Shift, now: float) -> int:
        wanted = round(self.level * (shift.idle + shift.talking))
        return max(0, wanted - shift.in_flight - shift.talking)


class Vicidial(Plain):
    """VICIdial's adaptive methods, by their documented behaviour.

    ``method``: HARD_LIMIT, AVERAGE or TAPERED. ``available``: the "available only tally".
    """

    ticks, at_events = 0.5, False

    def __init__(self, method: str, target: float, most: float, *, available: bool) -> None:
        self.method, self.target, self.most, self.available = method, target, most, available
        self.level = 1.0
        self._samples: list[tuple[int, int]] = []
        self._calls = self._answers = self._drops = 0
        self._minute: list[tuple[float, bool]] = []
        self._beat = -1

    def over(self, line: int, now: float, *, answered: bool) -> None:
        self._calls += 1
        self._minute.append((now, False))

    def met(self, *, abandoned: bool, now: float) -> None:
        self._answers += 1
        self._drops += abandoned
        if abandoned:
            self._minute.append((now, True))

    def lines(self, shift: Shift, now: float) -> int:
        self._beat += 1
        if self._beat % 2 == 0:
            total = shift.idle + shift.talking + shift.wrapping
            self._samples.append((shift.idle - len(shift.waiting), total))
        if self._beat % 30 == 0 and self._samples:
            self._adapt(now)
        if self._beat % 120 == 0:
            self._limit(shift, now)
        if self._beat % 5:
            return 0
        if self.available:
            return max(0, round(self.level * shift.idle) - shift.in_flight)
        wanted = round(self.level * (shift.idle + shift.talking))
        return max(0, wanted - shift.in_flight - shift.talking)

    def _adapt(self, now: float) -> None:
        difference = sum(a for a, _ in self._samples) / len(self._samples)
        total = max(1.0, sum(b for _, b in self._samples) / len(self._samples))
        self._samples = []
        self.level *= 1 + (difference + self.target) / total
        self._minute = [(at, dropped) for at, dropped in self._minute if at > now - 60]
        resolved = sum(not dropped for _, dropped in self._minute)
        dropped = sum(dropped for _, dropped in self._minute)
        if resolved > 20 and 2 * dropped > resolved:
            self.level /= 2
        self.level = max(1.0, min(self.most, self.level))

    def _limit(self, shift: Shift, now: float) -> None:
        if self._calls <= 50 or 100 * self._drops <= 3 * self._answers:
            return
        if self.method == "HARD_LIMIT":
            self.level = 1.0
        elif self.method == "AVERAGE":
            self.level /= 2
        else:
            left = int(shift.load.seconds - now)
            self.level *= min(1.0, (left // 3600 * 100 + left % 3600 // 60) / 1000)
        self.level = max(1.0, self.level)
