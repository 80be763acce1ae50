"""Agents as the engine holds them in memory: ahead of their rows while orders are being written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from goodterms.calls.live import HangUp, NetworkCommand, OpenLine
from goodterms.dialing.orders import MoveAgent, SetLine
from goodterms.routing.decide import serves, steps
from goodterms.routing.model import AGENT, Agent, AgentEvent, AgentState

OPEN_WITHIN = timedelta(seconds=45)
CLOSE_WITHIN = timedelta(seconds=5)
_LINE = "line-"


class Line(StrEnum):
    """An agent's telephone line."""

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"


@dataclass(slots=True)
class Seat:
    """One agent. ``state`` is where our orders lead; ``unsaved`` how many are not yet written."""

    agent: Agent
    state: AgentState
    since: datetime
    attempt_id: str | None
    unsaved: int = 0
    line: Line = Line.CLOSED

    @property
    def free(self) -> bool:
        """Whether a call can be given to this agent now."""
        return self.state is AgentState.READY and self.line is Line.OPEN


def person_of(leg: str) -> int | None:
    """Return whose line a leg is, None for a consumer's leg."""
    number = leg.removeprefix(_LINE)
    return int(number) if leg.startswith(_LINE) and number.isdecimal() else None


class Seats:
    """All agents of the node.

    Counts are kept with each change, and who changed is remembered (``changed``), so that an event
    costs the same however many agents there are. ``lasted`` is told of each state that ended: how
    long it lasted, and which one follows.
    """

    def __init__(
        self, lasted: Callable[[AgentState, timedelta, AgentState], None] | None = None
    ) -> None:
        self._seats: dict[int, Seat] = {}
        self._lasted = lasted
        self._by_attempt: dict[str, int] = {}
        self._deadlines: dict[int, datetime] = {}
        # By the campaigns that agents serve: how many are free, and how many in each state.
        self._free: Counter[tuple[int, ...]] = Counter()
        self._in_state: Counter[tuple[AgentState, tuple[int, ...]]] = Counter()
        self._counted: dict[int, tuple[bool, AgentState, tuple[int, ...], str | None]] = {}
        self.changed: set[int] = set()
        self.version = 0

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def get(self, person_id: int | None) -> Seat | None:
        """Return an agent's seat, if known."""
        return None if person_id is None else self._seats.get(person_id)

    def with_call(self, attempt_id: str | None) -> Seat | None:
        """Return the seat that holds a call, if one does."""
        return self.get(self._by_attempt.get(attempt_id or ""))

    def touch(self, attempt_id: str) -> None:
        """Note that a call changed: the agent who holds it is looked at."""
        person_id = self._by_attempt.get(attempt_id)
        if person_id is not None:
            self.changed.add(person_id)

    def note(self, seat: Seat) -> None:
        """Bring the counts up to date with a seat that changed."""
        person_id = seat.agent.person_id
        self.changed.add(person_id)
        now = (seat.free, seat.state, seat.agent.campaign_ids, seat.attempt_id)
        before = self._counted.get(person_id)
        if before == now:
            return
        self.version += 1
        self._counted[person_id] = now
        for counted, step in ((before, -1), (now, 1)):
            if counted is not None:
                self._free[counted[2]] += step * counted[0]
                self._in_state[counted[1], counted[2]] += step
        if before is not None and before[3] and self._by_attempt.get(before[3]) == person_id:
            del self._by_attempt[before[3]]
        if seat.attempt_id:
            self._by_attempt[seat.attempt_id] = person_id

    def see(self, agent: Agent) -> None:
        """Take in a row. While orders of ours are unwritten, the row is behind us."""
        seat = self._seats.get(agent.person_id)
        if seat is None:
            seat = Seat(agent, agent.state, agent.since, agent.attempt_id)
            self._seats[agent.person_id] = seat
        elif agent.version >= seat.agent.version:
            seat.agent = agent
            if seat.unsaved == 0:
                self._turn(seat, agent.state, agent.since)
                seat.attempt_id = agent.attempt_id
        self.note(seat)

    def saved(self, agent: Agent) -> None:
        """Take in the row after one of our orders was written."""
        seat = self._seats.get(agent.person_id)
        if seat is not None:
            seat.unsaved = max(0, seat.unsaved - 1)
        self.see(agent)

    def move(
        self,
        seat: Seat,
        event: AgentEvent,
        now: datetime,
        *,
        attempt_id: str | None = None,
        reason: str = "",
    ) -> MoveAgent:
        """Step an agent ahead of the row and return the order to write it."""
        for part in steps(seat.agent, event):
            if AGENT.allows(seat.state, part):
                self._turn(seat, AGENT.step(seat.state, part), now)
        idle = (AgentState.READY, AgentState.PAUSED, AgentState.SIGNED_OUT)
        seat.attempt_id = None if seat.state in idle else attempt_id or seat.attempt_id
        seat.unsaved += 1
        self.note(seat)
        return MoveAgent(seat.agent.person_id, event, attempt_id, reason)

    def _turn(self, seat: Seat, state: AgentState, since: datetime) -> None:
        if state is not seat.state and self._lasted is not None:
            self._lasted(seat.state, since - seat.since, state)
        seat.state, seat.since = state, since

    def adopt(self, seat: Seat, attempt_id: str) -> None:
        """Note that an agent talks to somebody, whatever we had seen of it."""
        seat.state, seat.attempt_id = AgentState.TALKING, attempt_id
        self.note(seat)

    def set_line(self, seat: Seat, *, line_open: bool) -> SetLine:
        """Note an agent's line as open or closed and return the order to write it."""
        self._line(seat, Line.OPEN if line_open else Line.CLOSED, None)
        seat.unsaved += 1
        return SetLine(seat.agent.person_id, line_open)

    def _line(self, seat: Seat, line: Line, deadline: datetime | None) -> None:
        seat.line = line
        if deadline is None:
            self._deadlines.pop(seat.agent.person_id, None)
        else:
            self._deadlines[seat.agent.person_id] = deadline
        self.note(seat)

    def free(self, campaign_id: int | None) -> list[Agent]:
        """Return the agents who could take a call of the campaign now."""
        if not self.free_count(campaign_id):
            return []
        return [
            self._as_agent(seat)
            for seat in self._seats.values()
            if seat.free and serves(seat.agent, campaign_id)
        ]

    def free_count(self, campaign_id: int | None) -> int:
        """Count the agents who could take a call of the campaign now."""
        return sum(n for served, n in self._free.items() if n and _serves(served, campaign_id))

    def count(self, state: AgentState, campaign_id: int | None) -> int:
        """Count the agents of a campaign in a state."""
        return sum(
            n
            for (which, served), n in self._in_state.items()
            if which is state and n and _serves(served, campaign_id)
        )

    def share(self, one: int, other: int) -> bool:
        """Tell whether an agent who is not signed out serves both campaigns."""
        return any(
            n and state is not AgentState.SIGNED_OUT and _serves(served, one)
            and _serves(served, other)
            for (state, served), n in self._in_state.items()
        )  # fmt: skip

    @staticmethod
    def _as_agent(seat: Seat) -> Agent:
        # The order of waiting follows what we know, not a row that is behind.
        return (
            seat.agent if seat.agent.since == seat.since else replace(seat.agent, since=seat.since)
        )

    def busy(self, campaign_id: int, now: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return for how many seconds each agent of a campaign has talked, and wrapped up."""
        talked: list[int] = []
        wrapped: list[int] = []
        for seat in self._seats.values():
            state = seat.state
            if state is AgentState.TALKING or state is AgentState.WRAP_UP:
                if not serves(seat.agent, campaign_id):
                    continue
                seconds = int((now - seat.since).total_seconds())
                found = talked if state is AgentState.TALKING else wrapped
                found.append(max(0, seconds))
        return tuple(talked), tuple(wrapped)

    def lines(self, now: datetime, busy: Container[str], changed: set[int]) -> list[NetworkCommand]:
        """Of the agents who changed: open the lines of the ready, close those of who has left."""
        orders: list[NetworkCommand] = []
        for person_id in sorted(changed):
            seat = self._seats[person_id]
            left = seat.state is AgentState.SIGNED_OUT and seat.attempt_id not in busy
            if seat.state is AgentState.READY and seat.line is Line.CLOSED:
                self._line(seat, Line.OPENING, now + OPEN_WITHIN)
                orders.append(OpenLine(seat.agent.line, seat.agent.endpoint))
            elif left and seat.line in (Line.OPEN, Line.OPENING):
                self._line(seat, Line.CLOSING, now + CLOSE_WITHIN)
                orders.append(HangUp(seat.agent.line))
        return orders

    def overdue(self, now: datetime) -> list[Seat]:
        """Return whose line has been opening or closing for too long."""
        late = [person for person, at in self._deadlines.items() if at <= now]
        return [self._seats[person] for person in late]

    def next_deadline(self) -> datetime | None:
        """Return when the first line has been opening or closing for too long."""
        return min(self._deadlines.values(), default=None)


def _serves(served: tuple[int, ...], campaign_id: int | None) -> bool:
    return campaign_id is None or not served or campaign_id in served
