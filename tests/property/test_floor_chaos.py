"""The floor under random trouble: nothing gets stuck, nobody is joined twice, cancel wins."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.floor import PERSON, House, agent, policy

from goodterms.adapters.sim.consumers import BUSY, NO_ANSWER, UNALLOCATED, Script
from goodterms.calls.model import AttemptState, RequestKind
from goodterms.dialing.model import Mode, Rates
from goodterms.routing.model import AgentEvent, AgentState

AGENTS = (1, 2, 3)
SCRIPTS = (
    PERSON,
    replace(PERSON, hangs_up_after=0.5),
    replace(PERSON, hangs_up_after=3.0),
    NO_ANSWER,
    BUSY,
    UNALLOCATED,
    Script(0.2, 1.0, speaks="machine"),
    Script(0.2, 1.0, speaks="unsure", hangs_up_after=5.0),
    Script(None, 0.1, hangs_up_after=2.0),
)
BREAKS = (AgentEvent.PAUSE, AgentEvent.READY, AgentEvent.DISPOSE, AgentEvent.SIGN_OUT)

people = st.sampled_from(AGENTS)
troubles = st.one_of(
    st.tuples(st.just("run"), st.floats(0.05, 6.0)),
    st.tuples(st.just("work"), st.floats(0.05, 3.0)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("act"), people, st.sampled_from((*BREAKS, AgentEvent.SIGN_IN))),
    st.tuples(st.just("ask"), st.integers(0, 5), st.sampled_from(list(RequestKind))),
    st.tuples(st.just("drop"), st.integers(0, 3)),
    st.tuples(st.just("double"), st.integers(0, 3)),
    st.tuples(st.just("swap"), st.integers(0, 3)),
    st.tuples(st.just("write")),
    st.tuples(st.just("lose"), st.booleans()),
    st.tuples(st.just("restart"), st.booleans()),
)


class Trouble:
    """Carries out a random story, and remembers what must never be."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.cancelled: dict[str, int] = {}

    async def suffer(self, story: list[tuple[object, ...]]) -> None:
        for kind, *details in story:
            await getattr(self, f"_{kind}")(*details)

    async def _run(self, seconds: float) -> None:
        await self.house.run(seconds)

    async def _work(self, seconds: float) -> None:
        """Everybody wraps up and is ready again, then time passes."""
        for person in AGENTS:
            await self.house.act(person, AgentEvent.SIGN_IN)
            await self.house.act(person, AgentEvent.DISPOSE)
            await self.house.act(person, AgentEvent.READY)
        await self.house.run(seconds)

    def _attempt(self, number: int) -> str | None:
        """Choose among the live calls, or the last one that has ended."""
        live = [*self.house.floor.calls, *list(self.house.attempts)[-1:]]
        return live[number % len(live)] if live else None

    async def _cancel(self, number: int) -> None:
        attempt = self._attempt(number)
        call = self.house.floor.calls.get(attempt or "")
        if attempt is not None:
            if call is not None and call.bridged_at is None:
                self.cancelled.setdefault(attempt, len(self.house.joins))
            await self.house.cancel(attempt)

    async def _act(self, person: int, event: AgentEvent) -> None:
        await self.house.act(person, event)

    async def _ask(self, number: int, kind: RequestKind) -> None:
        attempt = self._attempt(number)
        if attempt is not None:
            await self.house.ask(attempt, kind)

    async def _meddle(self, number: int, kind: str) -> None:
        """Let a little time pass and hand its events over damaged."""
        self.house.network.advance(0.6)
        events = self.house.network.take()
        if number < len(events):
            if kind == "drop":
                del events[number]
            elif kind == "double":
                events.insert(number, events[number])
            else:
                events.insert(0, events.pop(number))
        for event in events:
            await self.house.feed(event)

    async def _drop(self, number: int) -> None:
        await self._meddle(number, "drop")

    async def _double(self, number: int) -> None:
        await self._meddle(number, "double")

    async def _swap(self, number: int) -> None:
        await self._meddle(number, "swap")

    async def _write(self) -> None:
        await self.house.write()

    async def _lose(self, calls_too: bool) -> None:
        self.house.network.lose(calls_too=calls_too)
        await self.house.hear()
        self.house.network.restore()
        await self.house.hear()

    async def _restart(self, network_too: bool) -> None:
        await self.house.restart(network_too=network_too)

    async def calm_down(self) -> None:
        """The connection is made anew, all is written, calls run out, agents wrap up."""
        house = self.house
        house.due = 0
        house.delayed = False
        await house.write()
        await self._lose(calls_too=False)
        for _ in range(4):
            await house.run(60, step=0.5)
            for attempt in [leg for leg in house.floor.calls if leg in house.network._legs]:
                await house.ask(attempt, RequestKind.HANG_UP)
            for person in AGENTS:
                await house.act(person, AgentEvent.DISPOSE)

    def check(self) -> None:
        house = self.house
        assert house.floor.calls == {}
        open_ones = [a.id for a in house.attempts.values() if a.state is not AttemptState.ENDED]
        assert open_ones == []
        assert len(house.network.dialed) == len(set(house.network.dialed))
        lines: dict[str, set[str]] = {}
        for leg, line in house.joins:
            lines.setdefault(leg, set()).add(line)
        assert all(len(found) == 1 for found in lines.values()), "joined with two agents"
        for attempt, joins in self.cancelled.items():
            assert attempt not in {leg for leg, _ in house.joins[joins:]}, "joined after cancel"
        stuck = (AgentState.RESERVED, AgentState.TALKING)
        for row in house.agents.values():
            assert row.state not in stuck
            seat = house.floor.seats.get(row.person_id)
            assert seat is not None
            assert (seat.state, seat.unsaved) == (row.state, 0)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    scripts=st.lists(st.sampled_from(SCRIPTS), min_size=4, max_size=20),
    story=st.lists(troubles, min_size=6, max_size=30),
    amd=st.booleans(),
    ratio=st.sampled_from([1, 2, 3, None]),
    delayed=st.booleans(),
)
def test_trouble_leaves_nothing_behind(
    scripts: list[Script],
    story: list[tuple[object, ...]],
    amd: bool,
    ratio: int | None,
    delayed: bool,
) -> None:
    """Lost, doubled and reordered events, crashes, cancels and breaks: all ends well."""
    mode = {1: Mode.PROGRESSIVE, None: Mode.PREDICTIVE}.get(ratio, Mode.RATIO)
    dial = policy(amd=amd, mode=mode, ratio=Decimal(ratio or 1))

    async def live() -> None:
        house = House(scripts, due=len(scripts), dial=dial, rates=Rates(1000, 0), delayed=delayed)
        trouble = Trouble(house)
        await house.open(*(agent(number) for number in AGENTS))
        await trouble.suffer(story)
        await trouble.calm_down()
        trouble.check()

    asyncio.run(live())
