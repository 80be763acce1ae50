"""A floor in virtual time: the real engine, simulated telephones, tables in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from goodterms.accounts.model import Channel
from goodterms.adapters.sim.consumers import Script
from goodterms.adapters.sim.telephony import SimTelephony
from goodterms.calls.live import LiveCall, NetworkCommand, NotStarted, Started
from goodterms.calls.model import (
    Attempt,
    AttemptState,
    CallOrder,
    NetworkEvent,
    Outcome,
    Phase,
    Request,
    RequestKind,
)
from goodterms.compliance.model import Permit
from goodterms.dialing.engine import Floor
from goodterms.dialing.model import DialPolicy, Mode, Past, Rates, Trunk
from goodterms.dialing.network import carry_out
from goodterms.dialing.orders import (
    AgentSaved,
    AgentsSeen,
    CallsFound,
    CancelsSeen,
    CloseRequest,
    Command,
    Dialable,
    End,
    FloorEvent,
    Mark,
    MoveAgent,
    Permitted,
    Place,
    PoliciesSeen,
    RequestsSeen,
    SetLine,
    ShowPace,
    Start,
    Tick,
    WriteCommand,
)
from goodterms.kit.clock import SetClock
from goodterms.routing.decide import fits, steps
from goodterms.routing.model import AGENT, Agent, AgentEvent, AgentState

START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
CAMPAIGN = 1
TRUNK = Trunk("carrier", "PJSIP/{number}@carrier", 1000, Decimal(100))
PERSON = Script(rings_after=0.2, answers_after=1.0, hangs_up_after=20.0)


def policy(**changes: object) -> DialPolicy:
    """Return a plain progressive policy, changed as asked."""
    plain = DialPolicy(
        campaign_id=CAMPAIGN,
        running=True,
        mode=Mode.PROGRESSIVE,
        ratio=Decimal(1),
        max_concurrent=100,
        max_per_second=Decimal(50),
        trunk=TRUNK.name,
        caller_ids=("+12025550100",),
        ring_seconds=20,
        amd=False,
        hours={},
        retry={},
        max_attempts=7,
        rest_days=3,
        abandon_prompt="abandoned",
        version=1,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def agent(number: int, state: AgentState = AgentState.READY) -> Agent:
    """Return an agent's row."""
    return Agent(
        person_id=number,
        name=f"Agent {number}",
        automatic=False,
        endpoint=f"PJSIP/agent-{number}",
        state=state,
        reason="",
        since=START + timedelta(seconds=number),
        line_open=False,
        pause_after=False,
        attempt_id=None,
        campaign_ids=(),
    )


def attempt_row(attempt_id: str, *, now: datetime, amd: bool = False) -> Attempt:
    """Return a permitted attempt's row."""
    return Attempt(
        id=attempt_id,
        campaign_id=CAMPAIGN,
        due_attempt_id=None,
        consumer_id=1,
        account_ids=(1,),
        contact_point_id=1,
        number="+12125550100",
        caller_id="+12025550100",
        trunk=TRUNK.name,
        node="sim",
        verdict_id=1,
        ring_seconds=20,
        amd=amd,
        state=AttemptState.PERMITTED,
        phase=Phase.WAITING,
        agent_id=None,
        created_at=now,
        placed_at=None,
        ringing_at=None,
        answered_at=None,
        greeting_ended_at=None,
        amd_verdict=None,
        bridged_at=None,
        ended_at=None,
        q850=None,
        sip_code=None,
        hung_up_by=None,
        outcome=None,
        abandoned=False,
        cancel_requested_at=None,
        cancel_reason=None,
        notice=None,
        disposition=None,
        disposition_note="",
        disposed_by=None,
    )


class ByOrder:
    """Far ends in the order they are dialed; after the last script nobody answers."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        self._scripts = list(scripts)
        self.missing: set[str] = set()

    def consumer(self, permit: Permit, order: CallOrder) -> Script:
        return self._scripts.pop(0) if self._scripts else Script()

    def telephone(self, line: str, endpoint: str) -> Script | None:
        return None if endpoint in self.missing else Script(None, 0.05)


@dataclass
class House:
    """Everything around a floor. ``due`` is how many people may still be called."""

    scripts: Sequence[Script] = ()
    due: int = 100
    dial: DialPolicy = field(default_factory=policy)
    rates: Rates = field(default_factory=lambda: Rates(0, 0))
    delayed: bool = False
    past: Past = field(default_factory=Past)
    held: str = ""

    def __post_init__(self) -> None:
        self.clock = SetClock(START)
        self.far_ends = ByOrder(self.scripts)
        self.network = SimTelephony(self.clock, self.far_ends)
        self.floor = Floor()
        self.agents: dict[int, Agent] = {}
        self.attempts: dict[str, Attempt] = {}
        self.behind: list[WriteCommand] = []
        self.orders: list[tuple[datetime, Command]] = []
        self.joins: list[tuple[str, str]] = []
        self.stale: set[str] = set()
        self.ended: list[End] = []
        self.held_back: list[NetworkEvent] = []
        self.requests = 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    async def open(self, *agents: Agent) -> None:
        """Begin with these agents, and hear the network for the first time."""
        self.agents = {a.person_id: a for a in agents}
        await self.feed(AgentsSeen(agents))
        await self.feed(self.policies())
        await self.hear()

    def policies(self, **changes: object) -> PoliciesSeen:
        """What the campaign asks now, changed as said from here on."""
        self.dial = replace(self.dial, **changes)  # type: ignore[arg-type]
        due, past = {CAMPAIGN: self.due}, {CAMPAIGN: self.past}
        held = {CAMPAIGN: self.held} if self.held else {}
        return PoliciesSeen((self.dial,), (TRUNK,), {CAMPAIGN: self.rates}, due, past, held)

    async def feed(self, event: FloorEvent) -> None:
        """Give the floor an event and carry out what it orders."""
        for order in self.floor.handle(event, self.now):
            self.orders.append((self.now, order))
            await self._carry_out(order)

    async def hear(self) -> None:
        """Hand over what the network has said."""
        while events := self.network.take():
            for event in events:
                await self.feed(event)

    async def run(self, seconds: float, step: float = 0.05) -> None:
        """Let time pass; the floor is woken at its own deadlines."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.network.advance_to(min(end, self.now + timedelta(seconds=step)))
            await self.hear()
            deadline = self.floor.next_deadline()
            if deadline is not None and deadline <= self.now:
                await self.feed(Tick())

    async def _carry_out(self, order: Command) -> None:
        match order:
            case Place():
                await self._place(order)
            case Start():
                await self._start(order)
            case _ if isinstance(order, NetworkCommand):
                if type(order).__name__ == "Join":
                    self.joins.append((order.leg, order.line))  # type: ignore[union-attr]
                try:
                    await carry_out(self.network, order)
                except ConnectionError:
                    return
            case _:
                assert isinstance(order, WriteCommand)
                self.behind.append(order)
                if not self.delayed:
                    await self.write()

    async def _place(self, order: Place) -> None:
        number = min(order.lines, self.due)
        self.due -= number
        permitted = []
        for _ in range(number):
            attempt_id = f"att_{len(self.attempts):04}"
            self.attempts[attempt_id] = attempt_row(attempt_id, now=self.now, amd=self.dial.amd)
            permitted.append(self._permitted(attempt_id, order))
        await self.feed(Dialable(order.policy.campaign_id, tuple(permitted), number))

    def _permitted(self, attempt_id: str, order: Place) -> Permitted:
        dial = order.policy
        call = LiveCall(attempt_id, 1, CAMPAIGN, TRUNK.name, dial.ring_seconds, dial.amd)
        permit = Permit(
            attempt_id, 1, (1,), 1, "+12125550100", Channel.CALL, "+12025550100", "hash",
            self.now, self.now + timedelta(seconds=30),
        )  # fmt: skip
        order_ = CallOrder(attempt_id, TRUNK.endpoint, dial.ring_seconds, dial.amd)
        return Permitted(call, permit, order_)

    async def _start(self, order: Start) -> None:
        attempt_id = order.order.attempt_id
        if attempt_id in self.stale:
            await self.feed(NotStarted(attempt_id, stale=True))
            return
        self.attempts[attempt_id] = replace(
            self.attempts[attempt_id],
            state=AttemptState.PLACED,
            phase=Phase.DIALING,
            placed_at=self.now,
        )
        try:
            await self.network.originate(order.permit, order.order)
        except ConnectionError:
            await self.feed(Started(attempt_id, known=False))
            return
        await self.feed(Started(attempt_id))

    async def write(self) -> None:
        """Write all that waits to be written, as the scribe would."""
        while self.behind:
            order = self.behind.pop(0)
            match order:
                case Mark(attempt_id=attempt_id, phase=phase, progress=progress):
                    row = self.attempts[attempt_id]
                    if row.state is AttemptState.PLACED:
                        known = {k: v for k, v in progress.items() if v is not None}
                        self.attempts[attempt_id] = replace(row, phase=phase, **known)  # type: ignore[arg-type]
                case End(attempt_id=attempt_id, outcome=outcome, agent=step):
                    self._end(order, attempt_id, outcome)
                    if step is not None:
                        await self._step(step)
                case MoveAgent():
                    await self._step(order)
                case SetLine(person_id=person_id, line_open=line_open):
                    await self._save(replace(self.agents[person_id], line_open=line_open))
                case CloseRequest() | ShowPace():
                    pass

    def _end(self, order: End, attempt_id: str, outcome: Outcome) -> None:
        row = self.attempts[attempt_id]
        if row.state in (AttemptState.PERMITTED, AttemptState.PLACED):
            self.ended.append(order)
            self.attempts[attempt_id] = replace(
                row, state=AttemptState.ENDED, phase=Phase.ENDED, outcome=outcome
            )

    async def _step(self, step: MoveAgent) -> None:
        row = self.agents[step.person_id]
        for part in steps(row, step.event):
            if fits(row, part):
                row = self._stepped(row, part, step.attempt_id)
        await self._save(row)

    def _stepped(self, row: Agent, event: AgentEvent, attempt_id: str | None = None) -> Agent:
        state = AGENT.step(row.state, event)
        idle = state in (AgentState.READY, AgentState.PAUSED, AgentState.SIGNED_OUT)
        return replace(
            row,
            state=state,
            since=row.since if state is row.state else self.now,
            attempt_id=None if idle else attempt_id or row.attempt_id,
            pause_after=row.pause_after and not idle,
        )

    async def _save(self, row: Agent) -> None:
        saved = replace(row, version=row.version + 1)
        self.agents[row.person_id] = saved
        await self.feed(AgentSaved(saved))

    async def act(self, person_id: int, event: AgentEvent) -> None:
        """Let an agent do something on their page, if they may; the engine hears of it."""
        row = self.agents[person_id]
        if fits(row, event):
            row = self._stepped(row, event)
            row = replace(row, version=row.version + 1)
            self.agents[person_id] = row
            await self.feed(AgentsSeen((row,)))

    async def cancel(self, attempt_id: str) -> None:
        """Restrict contact: what is not yet started will not be, and the engine is woken."""
        self.stale.add(attempt_id)
        await self.feed(CancelsSeen((attempt_id,)))

    async def ask(self, attempt_id: str, kind: RequestKind) -> None:
        """Ask for something about a live call."""
        self.requests += 1
        await self.feed(RequestsSeen((Request(self.requests, attempt_id, kind, "person:1"),)))

    async def restart(self, *, network_too: bool = False) -> None:
        """Kill the engine: what was not written is forgotten. Start another one."""
        self.behind.clear()
        self.network.lose(calls_too=network_too)
        self.network.take()
        self.floor = Floor()
        await self.feed(AgentsSeen(tuple(self.agents.values())))
        await self.feed(self.policies())
        live = [a for a in self.attempts.values() if a.state is not AttemptState.ENDED]
        await self.feed(CallsFound(tuple(live)))
        self.network.restore()
        await self.hear()

    def state(self, person_id: int) -> AgentState:
        """What an agent's row says they do."""
        return self.agents[person_id].state

    def outcomes(self) -> list[Outcome]:
        """What came of the attempts, in the order of their ends."""
        return [end.outcome for end in self.ended]
