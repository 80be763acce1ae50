"""Agents as the engine holds them in memory: ahead of their rows while orders are being written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
    deadline: datetime | None = None

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

    ``lasted`` is told of each state that ended: how long it lasted, and which one follows.
    """

    def __init__(
        self, lasted: Callable[[AgentState, timedelta, AgentState], None] | None = None
    ) -> None:
        self._seats: dict[int, Seat] = {}
        self._lasted = lasted

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def get(self, person_id: int | None) -> Seat | None:
        """Return an agent's seat, if known."""
        return None if person_id is None else self._seats.get(person_id)

    def see(self, agent: Agent) -> None:
        """Take in a row. While orders of ours are unwritten, the row is behind us."""
        seat = self._seats.get(agent.person_id)
        if seat is None:
            self._seats[agent.person_id] = Seat(agent, agent.state, agent.since, agent.attempt_id)
            return
        if agent.version < seat.agent.version:
            return
        seat.agent = agent
        if seat.unsaved == 0:
            self._turn(seat, agent.state, agent.since)
            seat.attempt_id = agent.attempt_id

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
        return MoveAgent(seat.agent.person_id, event, attempt_id, reason)

    def _turn(self, seat: Seat, state: AgentState, since: datetime) -> None:
        if state is not seat.state and self._lasted is not None:
            self._lasted(seat.state, since - seat.since, state)
        seat.state, seat.since = state, since

    def set_line(self, seat: Seat, *, line_open: bool) -> SetLine:
        """Note an agent's line as open or closed and return the order to write it."""
        seat.line = Line.OPEN if line_open else Line.CLOSED
        seat.deadline = None
        seat.unsaved += 1
        return SetLine(seat.agent.person_id, line_open)

    def free(self, campaign_id: int | None) -> list[Agent]:
        """Return the agents who could take a call of the campaign now."""
        return [
            self._as_agent(seat)
            for seat in self._seats.values()
            if seat.free and serves(seat.agent, campaign_id)
        ]

    @staticmethod
    def _as_agent(seat: Seat) -> Agent:
        # The order of waiting follows what we know, not a row that is behind.
        return (
            seat.agent if seat.agent.since == seat.since else replace(seat.agent, since=seat.since)
        )

    def lasting(self, state: AgentState, campaign_id: int, now: datetime) -> tuple[int, ...]:
        """Return for how many seconds each agent of a campaign has been in a state."""
        return tuple(
            max(0, int((now - s.since).total_seconds()))
            for s in self
            if s.state is state and serves(s.agent, campaign_id)
        )

    def lines(self, now: datetime, busy: Iterable[str]) -> list[NetworkCommand]:
        """Open the lines of those who are ready, close those of who has left."""
        orders: list[NetworkCommand] = []
        talking = set(busy)
        for seat in self:
            left = seat.state is AgentState.SIGNED_OUT and seat.attempt_id not in talking
            if seat.state is AgentState.READY and seat.line is Line.CLOSED:
                seat.line, seat.deadline = Line.OPENING, now + OPEN_WITHIN
                orders.append(OpenLine(seat.agent.line, seat.agent.endpoint))
            elif left and seat.line in (Line.OPEN, Line.OPENING):
                seat.line, seat.deadline = Line.CLOSING, now + CLOSE_WITHIN
                orders.append(HangUp(seat.agent.line))
        return orders

    def next_deadline(self) -> datetime | None:
        """Return when the first line has been opening or closing for too long."""
        return min((s.deadline for s in self if s.deadline), default=None)
