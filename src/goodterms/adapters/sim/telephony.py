"""``calls.ports.Telephony`` in virtual time: time moves only when it is told to."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from goodterms.adapters.sim.consumers import Behaviour, Script
from goodterms.calls.model import (
    Answered,
    CallOrder,
    Detected,
    Digit,
    Joined,
    LegEnded,
    NetworkEvent,
    NetworkLost,
    PromptEnded,
    Resynced,
    Ringing,
)
from goodterms.calls.ports import permitted_endpoint
from goodterms.compliance.model import Permit
from goodterms.kit.clock import SetClock

_RING_MARGIN_SECONDS = 5
_LINE_SECONDS = 30
_TONE_SECONDS = 0.18
_PROMPT_SECONDS = 8.0
_NORMAL = 16
_NO_ANSWER = (19, 480)


@dataclass(slots=True, eq=False)
class _Leg:
    name: str
    script: Script
    answered: bool = False
    line: str | None = None
    joined: bool = False
    prompts: set[int] = field(default_factory=set)


class SimTelephony:
    """A telephone network whose far ends follow a behaviour.

    What is asked happens at the clock's present instant or later, never before the asking method
    returns; ``advance`` moves the clock and lets it happen, in order. The same behaviour and the
    same requests at the same instants give the same events.

    Args:
        clock: moved by ``advance`` alone.
        behaviour: decides what far ends do.
        node: the node's name.
        prompt_seconds: how long every prompt lasts.
    """

    def __init__(
        self,
        clock: SetClock,
        behaviour: Behaviour,
        node: str = "sim",
        *,
        prompt_seconds: float = _PROMPT_SECONDS,
    ) -> None:
        self.node = node
        self.phones: dict[str, str] = {}
        self.greetings: dict[str, str] = {}
        self.dialed: list[str] = []
        self._clock = clock
        self._behaviour = behaviour
        self._prompt_seconds = prompt_seconds
        self._order = count()
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._legs: dict[str, _Leg] = {}
        self._up = True
        self._news: asyncio.Queue[NetworkEvent] = asyncio.Queue()
        self._resync()

    async def events(self) -> AsyncIterator[NetworkEvent]:
        """Yield what happens, in order; the first event is ``Resynced``. For one reader."""
        while True:
            yield await self._news.get()

    def take(self) -> list[NetworkEvent]:
        """Return what has happened and was not read yet, without waiting."""
        return [self._news.get_nowait() for _ in range(self._news.qsize())]

    @property
    def next_at(self) -> datetime | None:
        """When the next thing happens; None if nothing more will."""
        return self._agenda[0][0] if self._agenda else None

    def advance(self, seconds: float) -> None:
        """Let time pass, and everything happen that is due by then."""
        self.advance_to(self._clock.now() + timedelta(seconds=seconds))

    def advance_to(self, at: datetime) -> None:
        """Let everything happen up to an instant, then set the clock to it."""
        while self._agenda and self._agenda[0][0] <= at:
            when, _, happen = heapq.heappop(self._agenda)
            self._clock.set(max(when, self._clock.now()))
            happen()
        self._clock.set(at)

    def lose(self, *, calls_too: bool = False) -> None:
        """Break the connection; with ``calls_too`` the node crashes and its calls are gone."""
        if calls_too:
            self._legs.clear()
        if self._up:
            self._up = False
            self._news.put_nowait(NetworkLost())

    def restore(self) -> None:
        """Make the connection again."""
        if not self._up:
            self._up = True
            self._resync()

    async def originate(self, permit: Permit, order: CallOrder) -> None:
        """Dial the permit's number; see the port."""
        permitted_endpoint(permit, order, self._clock.now())
        self._require_up()
        if order.attempt_id not in self._legs:
            self.dialed.append(order.attempt_id)
            script = self._behaviour.consumer(permit, order)
            self._call(order.attempt_id, script, order.ring_seconds + _RING_MARGIN_SECONDS)

    async def open_line(self, line: str, endpoint: str) -> None:
        """Call an agent's telephone; see the port."""
        self._require_up()
        script = self._behaviour.telephone(line, endpoint)
        if line in self._legs:
            return
        if script is None:
            refusal = LegEnded(line, None, None, by_far_end=False)
            self._after(0, lambda: self._tell(refusal))
        else:
            self._call(line, script, _LINE_SECONDS)

    async def hang_up(self, leg: str) -> None:
        """End a leg; see the port."""
        self._require_up()
        if leg in self._legs:
            its = self._legs[leg]
            self._after(0, lambda: self._end(its, _NORMAL, None, by_far_end=False))

    async def detect(self, leg: str) -> None:
        """Listen who answered; see the port."""
        self._require_up()
        if leg in self._legs and self._legs[leg].answered:
            its = self._legs[leg]
            found = Detected(leg, its.script.speaks, "simulated")
            self._for(its, its.script.detected_after, lambda: self._tell(found))

    async def join(self, leg: str, line: str) -> None:
        """Let consumer and agent hear each other; see the port."""
        self._require_up()
        if leg in self._legs and line in self._legs:
            its = self._legs[leg]
            its.line, its.joined = line, False
            its.prompts.clear()
            self._for(its, _TONE_SECONDS, lambda: self._join(its, line))

    async def part(self, leg: str, line: str) -> None:
        """Take the consumer off the agent's line; see the port."""
        self._require_up()
        if leg in self._legs and self._legs[leg].line == line:
            self._legs[leg].line, self._legs[leg].joined = None, False

    async def hold(self, leg: str, line: str) -> None:  # noqa: ARG002 - nobody listens
        """Let the consumer wait with music; see the port."""
        self._require_up()

    async def resume(self, leg: str, line: str) -> None:  # noqa: ARG002 - nobody listens
        """End the hold; see the port."""
        self._require_up()

    async def play(self, leg: str, prompt: str) -> None:
        """Play a prompt by name; see the port."""
        self._require_up()
        if leg in self._legs:
            its, playback = self._legs[leg], next(self._order)
            its.prompts.add(playback)
            self._for(its, self._prompt_seconds, lambda: self._prompt_ended(its, playback, prompt))

    async def provide_phone(self, name: str, password: str) -> None:
        """Remember a browser telephone; see the port."""
        self._require_up()
        self.phones[name] = password

    async def greet(self, greetings: Mapping[str, str]) -> None:
        """Remember what callers to our numbers hear; see the port."""
        self.greetings = dict(greetings)

    def _call(self, name: str, script: Script, ring_seconds: float) -> None:
        leg = self._legs[name] = _Leg(name, script)
        if script.rings_after is not None:
            self._for(leg, script.rings_after, lambda: self._ring(leg))
        if script.answers_after is not None:
            self._for(leg, script.answers_after, lambda: self._answer(leg))
        if script.refuses_after is not None:
            refused = script.q850, script.sip_code
            self._for(leg, script.refuses_after, lambda: self._end(leg, *refused, by_far_end=True))
        self._for(leg, ring_seconds, lambda: self._give_up(leg))

    def _ring(self, leg: _Leg) -> None:
        if not leg.answered:
            self._tell(Ringing(leg.name))

    def _answer(self, leg: _Leg) -> None:
        leg.answered = True
        self._tell(Answered(leg.name))
        for after, digit in leg.script.digits:
            pressed = Digit(leg.name, digit)
            self._for(leg, after, lambda pressed=pressed: self._tell(pressed))  # type: ignore[misc]
        if leg.script.hangs_up_after is not None:
            goodbye = leg.script.hangs_up_after
            self._for(leg, goodbye, lambda: self._end(leg, _NORMAL, None, by_far_end=True))

    def _give_up(self, leg: _Leg) -> None:
        if not leg.answered:
            self._end(leg, *_NO_ANSWER, by_far_end=False)

    def _join(self, leg: _Leg, line: str) -> None:
        if leg.line == line and line in self._legs and not leg.joined:
            leg.joined = True
            self._tell(Joined(leg.name, line))

    def _prompt_ended(self, leg: _Leg, playback: int, prompt: str) -> None:
        if playback in leg.prompts:
            leg.prompts.discard(playback)
            self._tell(PromptEnded(leg.name, prompt))

    def _end(self, leg: _Leg, q850: int | None, sip: int | None, *, by_far_end: bool) -> None:
        if self._legs.get(leg.name) is not leg:
            return
        del self._legs[leg.name]
        for other in self._legs.values():
            if other.line == leg.name:
                other.line, other.joined = None, False
        self._tell(LegEnded(leg.name, q850, sip, by_far_end))

    def _tell(self, event: NetworkEvent) -> None:
        if self._up:
            self._news.put_nowait(event)

    def _resync(self) -> None:
        pairs = frozenset((x.name, x.line) for x in self._legs.values() if x.joined and x.line)
        answered = frozenset(leg.name for leg in self._legs.values() if leg.answered)
        self._news.put_nowait(Resynced(frozenset(self._legs), answered, pairs))

    def _for(self, leg: _Leg, seconds: float, happen: Callable[[], None]) -> None:
        """Let something happen later if the leg is still there then."""
        self._after(seconds, lambda: happen() if self._legs.get(leg.name) is leg else None)

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        at = self._clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._agenda, (at, next(self._order), happen))

    def _require_up(self) -> None:
        if not self._up:
            raise ConnectionError(f"node {self.node} is not connected")
