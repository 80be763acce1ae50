"""A shift of agents and lines in virtual time, for judging how lines are paced.

The workloads are those of the pacing reference and some of our own. A dialer is told what happens
and says how many lines to place; the shift knows nothing of how it decides.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

HOUR = 3600.0
PATIENCE = 2.0
_BATCH = 8192
TALK, WRAP = (150.0, 1.2), (30.0, 0.5)


@dataclass(frozen=True)
class Workload:
    """What becomes of a line, and what agents do.

    ``person``, ``machine``, ``rings``: the chances, the rest fails after 3 s. ``answer``: by time,
    what the chance of a person is multiplied with. ``talk``: by time, the same for talk times.
    ``breaks``: unannounced ones of ten minutes about every fifty. ``down``: from and until when
    the carrier fails every line. ``staff``: by time, the share of agents who are at work.
    ``detect``: seconds until a person is known as one; ``mistaken``: people taken for machines.
    ``list_size``: how many people there are to call, in lines per agent; None: no end.
    """

    name: str
    person: float
    machine: float
    rings: float
    answer: Callable[[float], float] | None = None
    talk: Callable[[float], float] | None = None
    breaks: bool = False
    down: tuple[float, float] | None = None
    staff: Callable[[float], float] | None = None
    detect: float = 0.0
    mistaken: float = 0.0
    list_size: int | None = None
    seconds: float = 8 * HOUR


def _waves(t: float) -> float:
    return (1 + 0.4 * math.sin(2 * math.pi * t / (4 * HOUR))) * (0.7 if t > 5 * HOUR else 1.0)


W1 = Workload("W1", 0.20, 0.35, 0.35)
W1LO = Workload("W1lo", 0.08, 0.50, 0.32)
W2 = replace(W1, name="W2", answer=_waves, talk=lambda t: 1.2 if t > 4 * HOUR else 1.0, breaks=True)
BURSTS = replace(W1, name="bursts", answer=lambda t: 2.0 if t % 2400 < 600 else 0.5)
CARRIER = replace(W1, name="carrier down", down=(3 * HOUR, 3 * HOUR + 600))
STAFF = replace(
    W1, name="joining, leaving", staff=lambda t: (1.0, 0.6, 0.8, 0.4)[int(t / 1800) % 4]
)
DETECTED = replace(W1, name="detection errs", detect=2.0, mistaken=0.01)
DRY = replace(W1, name="list dry", list_size=400)
MIXED = replace(W1, name="mixed classes", answer=lambda t: 1.3 if int(t) % 7 < 4 else 0.4)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a shift went. ``mistaken`` people were taken for machines and left without an agent."""

    utilisation: float
    answered: int
    abandoned: int
    mistaken: int
    dialed: int
    wait: float

    @property
    def abandonment(self) -> float:
        """Abandoned of answered, in per cent; people taken for machines count as both."""
        answered = self.answered + self.mistaken
        return 100 * (self.abandoned + self.mistaken) / answered if answered else 0.0

    @property
    def over(self) -> bool:
        """Whether more than 3 % were abandoned, in integers."""
        return 100 * (self.abandoned + self.mistaken) > 3 * (self.answered + self.mistaken)


class Dialer(Protocol):
    """Says how many lines to place, and is told what happens.

    ``ticks``: the seconds between which it is asked anyway; ``at_events``: and at every event.
    """

    ticks: float
    at_events: bool

    def lines(self, shift: Shift, now: float) -> int: ...
    def placed(self, line: int, now: float) -> None: ...
    def over(self, line: int, now: float, *, answered: bool) -> None: ...
    def met(self, *, abandoned: bool, now: float) -> None: ...
    def talked(self, agent: int, seconds: float) -> None: ...
    def wrapped(self, agent: int, seconds: float, *, back: bool) -> None: ...


IDLE, TALKING, WRAPPING, AWAY = range(4)
_ANSWER, _END, _KNOWN, _LEAVE, _TALKED, _WRAPPED, _BACK, _TICK, _STAFF = range(9)


class Shift:
    """One team's shift under one dialer; ``run`` plays it to its end."""

    def __init__(self, load: Workload, agents: int, seed: int, dialer: Dialer) -> None:
        self.load, self.dialer = load, dialer
        self._dice = np.random.default_rng([seed, agents, len(load.name)])
        self.state = [IDLE] * agents
        self.since = [0.0] * agents
        self.waiting: dict[int, float] = {}
        self.idle = agents
        self.talking = self.wrapping = 0
        self.in_flight = self.dialed = self.answered = self.abandoned = self.mistaken = 0
        self.left = None if load.list_size is None else load.list_size * agents
        self._queue: list[tuple[float, int, int, int]] = []
        self._order = 0
        self._busy = self._away = self._waited = 0.0
        self._break_at = [math.inf] * agents
        self._uniform = self._draws(self._dice.random)
        self._normal = self._draws(self._dice.standard_normal)
        if load.breaks:
            self._break_at = [self._between_breaks() * next(self._uniform) for _ in self.state]

    def _draws(self, draw: Callable[[int], np.ndarray]) -> Iterator[float]:
        while True:
            yield from draw(_BATCH).tolist()

    def _lognormal(self, mean: float, cv: float) -> float:
        variance = math.log(1 + cv * cv)
        return math.exp(math.log(mean) - variance / 2 + math.sqrt(variance) * next(self._normal))

    def _between_breaks(self) -> float:
        return self._lognormal(3000.0, 0.3)

    def _at(self, when: float, kind: int, which: int) -> None:
        self._order += 1
        heapq.heappush(self._queue, (when, self._order, kind, which))

    def run(self) -> Outcome:
        """Play the shift."""
        dialer, queue, end = self.dialer, self._queue, self.load.seconds
        handlers = {
            _ANSWER: self._heard, _END: self._ended, _KNOWN: self._known, _LEAVE: self._leave,
            _TALKED: self._talk_over, _WRAPPED: self._wrap_over, _BACK: self._come_back,
        }  # fmt: skip
        self._at(0.0, _TICK, 0)
        if self.load.staff is not None:
            self._at(0.0, _STAFF, 0)
        while queue:
            now, _, kind, which = heapq.heappop(queue)
            if now > end:
                break
            if kind == _TICK:
                self._at(now + dialer.ticks, _TICK, 0)
            elif kind == _STAFF:
                self._staff(now)
            else:
                handlers[kind](which, now)
            if kind == _TICK or dialer.at_events:
                self._place(dialer.lines(self, now), now)
        return self._result(end)

    def _result(self, end: float) -> Outcome:
        for state, since in zip(self.state, self.since, strict=True):
            if state in (TALKING, WRAPPING):
                self._busy += end - since
            elif state == AWAY:
                self._away += end - since
        present = len(self.state) * end - self._away
        return Outcome(
            100 * self._busy / present, self.answered, self.abandoned, self.mistaken,
            self.dialed, self._waited / max(1, self.answered - self.abandoned),
        )  # fmt: skip

    def _place(self, lines: int, now: float) -> None:
        load = self.load
        if self.left is not None:
            lines = min(lines, self.left)
            self.left -= lines
        person = load.person * (load.answer(now) if load.answer else 1.0)
        others = (1 - person) / (1 - load.person)
        down = load.down is not None and load.down[0] <= now < load.down[1]
        for _ in range(lines):
            self.dialed += 1
            self.in_flight += 1
            line, draw = self.dialed, next(self._uniform)
            self.dialer.placed(line, now)
            if down:
                self._at(now + 3.0, _END, line)
            elif draw < person:
                rings = self._lognormal(10.0, 0.6)
                while rings > 25.0:
                    rings = self._lognormal(10.0, 0.6)
                self._at(now + 2.0 + rings, _ANSWER, line)
            elif draw < person + load.machine * others:
                self._at(now + 2.0 + 14.0 + 10.0 * next(self._uniform) + 1.5, _END, line)
            elif draw < person + (load.machine + load.rings) * others:
                self._at(now + 27.0, _END, line)
            else:
                self._at(now + 3.0, _END, line)

    def _ended(self, line: int, now: float) -> None:
        self.in_flight -= 1
        self.dialer.over(line, now, answered=False)

    def _heard(self, line: int, now: float) -> None:
        if self.load.mistaken and next(self._uniform) < self.load.mistaken:
            self.mistaken += 1
            self._at(now + self.load.detect, _END, line)
            self.dialer.met(abandoned=True, now=now)
        elif self.load.detect:
            self._at(now + self.load.detect, _KNOWN, line)
        else:
            self._known(line, now)

    def _known(self, line: int, now: float) -> None:
        self.in_flight -= 1
        self.dialer.over(line, now, answered=True)
        self.waiting[line] = now
        self._serve(now)
        if line in self.waiting:
            self._at(now + PATIENCE, _LEAVE, line)

    def _leave(self, line: int, now: float) -> None:
        if self.waiting.pop(line, None) is not None:
            self.answered += 1
            self.abandoned += 1
            self.dialer.met(abandoned=True, now=now)

    def _serve(self, now: float) -> None:
        while self.idle and self.waiting:
            line = next(iter(self.waiting))
            self._waited += now - self.waiting.pop(line)
            agent = min(
                (a for a, state in enumerate(self.state) if state == IDLE),
                key=self.since.__getitem__,
            )
            self._set(agent, TALKING, now)
            self.answered += 1
            mean = TALK[0] * (self.load.talk(now) if self.load.talk else 1.0)
            self._at(now + self._lognormal(mean, TALK[1]), _TALKED, agent)
            self.dialer.met(abandoned=False, now=now)

    def _set(self, agent: int, state: int, now: float) -> float:
        """Change an agent's state; return how long the former one lasted."""
        before, lasted = self.state[agent], now - self.since[agent]
        for one, step in ((before, -1), (state, 1)):
            self.idle += step * (one == IDLE)
            self.talking += step * (one == TALKING)
            self.wrapping += step * (one == WRAPPING)
        if before in (TALKING, WRAPPING):
            self._busy += lasted
        elif before == AWAY:
            self._away += lasted
        self.state[agent], self.since[agent] = state, now
        return lasted

    def _talk_over(self, agent: int, now: float) -> None:
        self.dialer.talked(agent, self._set(agent, WRAPPING, now))
        self._at(now + self._lognormal(*WRAP), _WRAPPED, agent)

    def _wrap_over(self, agent: int, now: float) -> None:
        off = agent >= self._wanted(now)
        rests = now >= self._break_at[agent]
        self.dialer.wrapped(
            agent, self._set(agent, AWAY if off or rests else IDLE, now), back=not (off or rests)
        )
        if rests and not off:
            self._at(now + 600.0, _BACK, agent)
        self._serve(now)

    def _come_back(self, agent: int, now: float) -> None:
        self._break_at[agent] = now + self._between_breaks()
        self._set(agent, IDLE, now)
        self._serve(now)

    def _wanted(self, now: float) -> int:
        share = self.load.staff(now) if self.load.staff else 1.0
        return max(1, round(share * len(self.state)))

    def _staff(self, now: float) -> None:
        """Agents who are not wanted leave at once if they are free; who is wanted comes."""
        wanted = self._wanted(now)
        for agent, state in enumerate(self.state):
            if agent >= wanted and state == IDLE:
                self._set(agent, AWAY, now)
            elif agent < wanted and state == AWAY:
                self._set(agent, IDLE, now)
        self._serve(now)
        self._at((now // 1800 + 1) * 1800.0, _STAFF, 0)
