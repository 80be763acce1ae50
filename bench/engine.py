"""The floor alone: events a second through ``Floor.handle`` with 500 agents and 3,000 lines.

Everything around the floor is played without I/O: orders are answered at once, lines ring and end
by the clock, agents talk and wrap up, rows come back after each order about an agent. What the
floor was told, and when, is written down and then told to a second floor: only that counts, each
event followed by the question for the next deadline, as the runner asks. Predictive pacing is on,
where it costs most.
"""

from __future__ import annotations

import heapq
import random
import tracemalloc
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import process_time_ns

from bench.report import Result, report

from goodterms.accounts.model import Channel
from goodterms.calls.live import HangUp, Join, LiveCall, OpenLine, Started
from goodterms.calls.model import Answered, CallOrder, Joined, LegEnded, Resynced, Ringing
from goodterms.compliance.model import Permit
from goodterms.dialing.engine import Floor
from goodterms.dialing.model import DialPolicy, Mode, Rates, Trunk
from goodterms.dialing.orders import (
    AgentSaved,
    AgentsSeen,
    Command,
    Dialable,
    End,
    FloorEvent,
    MoveAgent,
    Permitted,
    Place,
    PoliciesSeen,
    SetLine,
    Start,
    Tick,
)
from goodterms.routing.decide import fits, steps
from goodterms.routing.model import AGENT, Agent, AgentEvent, AgentState

AGENTS, LINES = 500, 3_000
AIM = 20_000
WARM_SECONDS, SECONDS = 120.0, 60.0
PERSON = 0.024
"""So few answer that 500 agents keep some 3,000 lines busy."""
BEGIN = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
TRUNK = Trunk("bench", "PJSIP/{number}@bench", 100_000, Decimal(100_000))
POLICY = DialPolicy(
    1, True, Mode.PREDICTIVE, Decimal(1), LINES + AGENTS, Decimal(100_000), TRUNK.name,
    ("+12025550100",), 25, False, {}, {}, 7, 3, "abandoned", 1,
)  # fmt: skip
IDLE = (AgentState.READY, AgentState.PAUSED, AgentState.SIGNED_OUT)


@dataclass
class Node:
    """A network, tables and people around a floor, all in memory."""

    dice: random.Random

    def __post_init__(self) -> None:
        self.floor = Floor()
        self.now = 0.0
        self.queue: list[tuple[float, int, FloorEvent | AgentEvent, int]] = []
        self.order = self.placed = 0
        self.told: list[tuple[FloorEvent, datetime]] = []
        self.rows: dict[int, Agent] = {}
        self.live: set[str] = set()

    def open(self) -> None:
        """Let all agents be ready, and hear the network for the first time."""
        self.rows = {n: self._agent(n) for n in range(1, AGENTS + 1)}
        self.feed(AgentsSeen(tuple(self.rows.values())))
        self.feed(PoliciesSeen((POLICY,), (TRUNK,), {1: Rates(100_000, 1_000)}, {1: 2_000}))
        self.feed(Resynced(frozenset(), frozenset(), frozenset()))

    def _agent(self, number: int) -> Agent:
        return Agent(
            number, f"Agent {number}", False, f"PJSIP/agent-{number}", AgentState.READY, "",
            BEGIN, False, False, None, (),
        )  # fmt: skip

    def _at(self, seconds: float, event: FloorEvent | AgentEvent, who: int = 0) -> None:
        self.order += 1
        heapq.heappush(self.queue, (self.now + seconds, self.order, event, who))

    def time(self) -> datetime:
        return BEGIN + timedelta(seconds=self.now)

    def feed(self, event: FloorEvent) -> None:
        """Hand over an event and carry out what follows."""
        self.told.append((event, self.time()))
        for order in self.floor.handle(event, self.time()):
            self._carry_out(order)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self.queue and self.queue[0][0] <= end:
            due = self.floor.next_deadline()
            if due is not None and due <= BEGIN + timedelta(seconds=self.queue[0][0]):
                self.now = max(self.now, (due - BEGIN).total_seconds())
                self.feed(Tick())
                continue
            self.now, _, event, who = heapq.heappop(self.queue)
            if isinstance(event, AgentEvent):
                self._act(who, event)
            elif isinstance(event, LegEnded):
                if event.leg in self.live:
                    self.live.discard(event.leg)
                    self.feed(event)
            else:
                self.feed(event)
        self.now = end

    def _carry_out(self, order: Command) -> None:
        match order:
            case Place():
                permitted = tuple(self.permitted() for _ in range(min(order.lines, 50)))
                self._at(0.02, Dialable(1, permitted, len(permitted)))
            case Start():
                self._dial(order.order.attempt_id)
            case Join():
                self._at(0.1, Joined(order.leg, order.line))
                self._at(0.1 + self.dice.expovariate(1 / 150), LegEnded(order.leg, 16, None, True))
            case OpenLine():
                self._at(0.1, Answered(order.line))
            case HangUp() if order.leg in self.live:
                self._at(0.01, LegEnded(order.leg, 16, None, by_far_end=False))
            case End(agent=MoveAgent() as step):
                self._step(step)
            case MoveAgent():
                self._step(order)
            case SetLine():
                row = self.rows[order.person_id]
                self._save(replace(row, line_open=order.line_open))

    def permitted(self) -> Permitted:
        self.placed += 1
        attempt = f"att_{self.placed:08}"
        permit = Permit(
            attempt, 1, (1,), 1, "+12125550100", Channel.CALL, "+12025550100", "hash",
            self.time(), self.time() + timedelta(seconds=30),
        )  # fmt: skip
        call = LiveCall(attempt, 1, 1, TRUNK.name, 25, False)
        return Permitted(call, permit, CallOrder(attempt, TRUNK.endpoint, 25, False))

    def _dial(self, attempt: str) -> None:
        self.live.add(attempt)
        self._at(0.005, Started(attempt))
        self._at(2.0, Ringing(attempt))
        if self.dice.random() < PERSON:
            self._at(self.dice.uniform(4.0, 20.0), Answered(attempt))
        else:
            self._at(self.dice.uniform(15.0, 25.0), LegEnded(attempt, 17, 486, True))

    def _act(self, person: int, event: AgentEvent) -> None:
        row = self.rows[person]
        if fits(row, event):
            state = AGENT.step(row.state, event)
            row = replace(row, state=state, since=self.time(), attempt_id=None)
            self.rows[person] = row = replace(row, version=row.version + 1)
            self.feed(AgentsSeen((row,)))

    def _step(self, step: MoveAgent) -> None:
        row = self.rows[step.person_id]
        for part in steps(row, step.event):
            if fits(row, part):
                state = AGENT.step(row.state, part)
                attempt = None if state in IDLE else step.attempt_id or row.attempt_id
                since = row.since if state is row.state else self.time()
                row = replace(row, state=state, since=since, attempt_id=attempt)
        if row.state is AgentState.WRAP_UP:
            self._at(self.dice.lognormvariate(3.3, 0.5), AgentEvent.DISPOSE, step.person_id)
        self._save(row)

    def _save(self, row: Agent) -> None:
        self.rows[row.person_id] = row = replace(row, version=row.version + 1)
        self._at(0.005, AgentSaved(row))


def _memory() -> float:
    """Bytes that one more line in flight takes in the floor."""
    node = Node(random.Random(7))  # noqa: S311 - must repeat
    node.open()
    node.run(1.0)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    held = len(node.floor.calls)
    calls = tuple(node.permitted() for _ in range(LINES))
    node.floor.handle(Dialable(1, calls, LINES), node.time())
    del calls
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / (len(node.floor.calls) - held)


def _told(floor: Floor, told: list[tuple[FloorEvent, datetime]]) -> float:
    """Tell a floor what happened; return the seconds of processor time it took."""
    started = process_time_ns()
    for event, now in told:
        floor.handle(event, now)
        floor.next_deadline()
    return (process_time_ns() - started) / 1e9


def main() -> int:
    """Measure and report."""
    node = Node(random.Random(1))  # noqa: S311 - must repeat
    node.open()
    node.run(WARM_SECONDS)
    warm = len(node.told)
    node.run(SECONDS)
    floor = Floor()
    _told(floor, node.told[:warm])
    counted = node.told[warm:]
    rate = len(counted) / _told(floor, counted)
    lines = sum(floor.calls.in_flight.values())
    talking = sum(floor.calls.talking.values())
    print(f"{len(counted)} events, {lines} lines in flight, {talking} conversations at the end")
    kinds = Counter(type(event).__name__ for event, _ in counted)
    print(", ".join(f"{name} {number}" for name, number in kinds.most_common()))
    memory = _memory()
    report([
        Result("engine", f"{AGENTS} agents, {lines} lines", "events/s", rate, "aim", AIM,
               rate / AIM, f"≥ {AIM:,}", rate >= AIM),
        Result("engine", "memory per line", "KB", memory / 1024, "limit", 4.0,
               memory / 4096, "≤ 4 KB", memory <= 4096),
    ])  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
