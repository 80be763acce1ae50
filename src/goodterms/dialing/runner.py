"""The engine process: owns one node, feeds the floor and carries out what it orders."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from goodterms.calls.live import HangUp, LiveCall, NetworkCommand, NotStarted, Started
from goodterms.calls.model import CallOrder, Outcome, Resynced, StopAsked
from goodterms.calls.ports import Telephony
from goodterms.calls.service import CallService
from goodterms.dialing.chains import Chains
from goodterms.dialing.engine import Floor
from goodterms.dialing.health import NumberTests
from goodterms.dialing.lease import Lease
from goodterms.dialing.model import Decided, StartResult
from goodterms.dialing.network import carry_out, leg_of
from goodterms.dialing.orders import (
    AgentsSeen,
    CallsFound,
    CancelsSeen,
    Command,
    Dialable,
    End,
    FloorEvent,
    MoreDue,
    Permitted,
    Place,
    PoliciesSeen,
    RequestsSeen,
    Start,
    Tick,
    WriteCommand,
)
from goodterms.dialing.phones import Phones
from goodterms.dialing.scribe import Scribe
from goodterms.dialing.service import DialingService
from goodterms.kit.clock import Clock
from goodterms.kit.sql import DATABASE_AWAY, Pool, make_pool, transaction
from goodterms.kit.wake import Topic, Wake, wakes
from goodterms.routing.service import RoutingService

log = structlog.get_logger(__name__)

LONGEST_SLEEP = 0.25
LOOK_EVERY = 2.0
"""Wake-ups may be missed: everything is read again after so many seconds."""
AFTER_FAILURE = 0.5
PLACE_WITHIN = timedelta(milliseconds=250)
"""A wish for lines is answered after so long, even if not all of them are permitted yet."""
LOOK_MOST = 50
FLUSH_SECONDS = 2.0
WRITERS = 8
STRAYS_EVERY = 10.0
"""How often the table is searched for open attempts that the floor does not know."""


@dataclass(frozen=True)
class EngineParts:
    """What an engine needs; made once by the composition root."""

    url: str
    pool: Pool
    clock: Clock
    telephony: Telephony
    calls: CallService
    routing: RoutingService
    dialing: DialingService


class Refresher:
    """Reads something whenever poked; pokes during a read cause one more read, not many."""

    def __init__(self, name: str, read: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._read = read
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Ask for a read."""
        self._poked.set()

    async def run(self) -> None:
        """Read forever, as often as poked."""
        while True:
            await self._poked.wait()
            self._poked.clear()
            try:
                await self._read()
            except DATABASE_AWAY as error:
                log.warning("engine.cannot_read", what=self._name, error=str(error))
                await asyncio.sleep(AFTER_FAILURE)
                self._poked.set()


class Runner:
    """Runs one node until cancelled."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self._floor = Floor()
        self._node = parts.telephony.node
        self._writes = Chains(width=WRITERS)
        self._network = Chains(width=1000)
        self._scribe = Scribe(parts.pool, parts.calls, parts.routing, parts.dialing, self._feed)
        # Reads have connections of their own: a cancellation never waits behind writes.
        self._reads = make_pool(parts.url, size=2, name="goodterms-engine-reads")
        self._refreshers = {
            Topic.CANCEL: Refresher("cancels", self._read_cancels),
            Topic.REQUEST: Refresher("requests", self._read_requests),
            Topic.AGENT: Refresher("agents", self._read_agents),
            Topic.CAMPAIGN: Refresher("campaigns", self._read_campaigns),
        }
        self._phones = Phones(parts.telephony, parts.routing)
        self._number_tests = NumberTests(
            parts.pool, parts.dialing.callers, parts.telephony, parts.clock,
            trunks=lambda: self._floor.pacing.trunks, told=lambda: self._feed(MoreDue()),
        )  # fmt: skip
        self._providing = Refresher("phones", self._provide_phones)
        self._strays: set[str] = set()
        self._deciding: set[asyncio.Task[None]] = set()
        self._sleeping_until: datetime | None = None
        self._rearm = asyncio.Event()

    async def run(self) -> None:
        """Take the node's lease, find back into what lives, and run.

        Raises:
            ExceptionGroup: with LeaseLostError when another engine took the node over.
        """
        lease = Lease(self._parts.url, self._node)
        async with self._reads:
            try:
                await lease.take()
                await self._read_all()
                async with asyncio.TaskGroup() as group:
                    group.create_task(lease.keep())
                    group.create_task(self._hear_wakes())
                    group.create_task(self._hear_network())
                    group.create_task(self._watch_time())
                    group.create_task(self._look_regularly())
                    group.create_task(self._look_for_strays())
                    group.create_task(self._number_tests.run())
                    for refresher in (*self._refreshers.values(), self._providing):
                        group.create_task(refresher.run())
            finally:
                for task in self._deciding:
                    task.cancel()
                await self._writes.finish(FLUSH_SECONDS)
                await self._network.finish(0)
                await lease.give_back()

    def _feed(self, event: FloorEvent) -> None:
        """Give the floor an event and carry out its orders; network orders leave at once."""
        now = self._parts.clock.now()
        try:
            orders = self._floor.handle(event, now)
        except Exception:
            # The edge of the engine: one event it cannot take must not end all conversations.
            log.exception("engine.event_failed", kind=type(event).__name__)
            return
        for order in orders:
            self._carry_out(order, now)
        due = self._floor.next_deadline()
        if due and (self._sleeping_until is None or due < self._sleeping_until):
            self._rearm.set()

    def _carry_out(self, order: Command, now: datetime) -> None:
        match order:
            case Place():
                self._spawn(self._place(order))
            case Start():
                self._writes.add(
                    [f"attempt:{order.order.attempt_id}"],
                    lambda: self._start(order),
                    name="Start",
                )
            case _ if isinstance(order, NetworkCommand):
                command = order
                self._network.add(
                    [leg_of(command)], lambda: self._command(command), name=type(order).__name__
                )
            case _:
                assert isinstance(order, WriteCommand)  # all that is left
                self._scribe.write(self._writes, order, now)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._deciding.add(task)
        task.add_done_callback(self._deciding.discard)

    async def _command(self, command: NetworkCommand) -> None:
        try:
            await carry_out(self._parts.telephony, command)
        except ConnectionError as error:
            # What lives is matched with what we hold as soon as the node is back.
            log.warning("engine.node_away", order=type(command).__name__, error=str(error))

    async def _place(self, order: Place) -> None:
        decided: list[Decided] = []
        try:
            await self._decide(order, decided)
        except DATABASE_AWAY as error:
            log.warning("engine.cannot_decide", error=str(error))
            await asyncio.sleep(AFTER_FAILURE)
        except Exception:
            # The edge of the engine: a campaign that cannot be decided must not stop the others.
            log.exception("engine.decision_failed", campaign=order.policy.campaign_id)
            await asyncio.sleep(AFTER_FAILURE)
        permitted = tuple(p for one in decided if (p := self._permitted(one, order)))
        self._feed(Dialable(order.policy.campaign_id, permitted, len(decided)))

    async def _decide(self, order: Place, decided: list[Decided]) -> None:
        """Decide until the lines are permitted, nothing is due or time is up; add to ``decided``.

        Where most are refused (at night), ever more are looked at in one go.
        """
        now = self._parts.clock.now
        until, left, look = now() + PLACE_WITHIN, order.lines, order.lines
        while left > 0:
            more = await self._parts.dialing.decide(
                order.policy, left, node=self._node, now=now, look=look
            )
            decided += more
            left -= sum(one.attempt is not None for one in more)
            if not more or now() >= until:
                return
            look = min(2 * look + 8, LOOK_MOST)

    def _permitted(self, decided: Decided, order: Place) -> Permitted | None:
        attempt, permit, policy = decided.attempt, decided.verdict.permit, order.policy
        trunk = self._floor.pacing.trunks.get(policy.trunk)
        if attempt is None or permit is None or trunk is None:
            return None
        terms = self._parts.dialing.terms(decided.verdict)
        call = LiveCall(
            attempt_id=attempt.id,
            consumer_id=attempt.consumer_id,
            campaign_id=attempt.campaign_id,
            trunk=attempt.trunk,
            ring_seconds=attempt.ring_seconds,
            amd=attempt.amd,
            abandon_prompt=policy.abandon_prompt,
            agent_seconds=terms.agent_seconds,
            from_salutation=terms.from_salutation,
            guardian_id=decided.claimed.guardian_id,
        )
        dial = CallOrder(attempt.id, trunk.endpoint, attempt.ring_seconds, attempt.amd)
        return Permitted(call, permit, dial)

    async def _start(self, order: Start) -> None:
        attempt_id = order.order.attempt_id
        try:
            result = await self._parts.dialing.start(
                self._parts.telephony, order.permit, order.order, now=self._parts.clock.now
            )
        except Exception:
            # The edge of the engine: whether it was dialed is not known, so it is hung up.
            log.exception("engine.start_failed", attempt=attempt_id)
            result = StartResult.UNKNOWN
        if result in (StartResult.ORIGINATED, StartResult.UNKNOWN):
            self._feed(Started(attempt_id, known=result is StartResult.ORIGINATED))
        else:
            self._feed(NotStarted(attempt_id, stale=result is StartResult.STALE))

    async def _hear_network(self) -> None:
        async for event in self._parts.telephony.events():
            if isinstance(event, StopAsked):
                self._spawn(self._stop_calls(event))
                continue
            if self._number_tests.hears(event):
                continue
            self._feed(event)
            if isinstance(event, Resynced):
                self._phones.forget()
                self._providing.poke()

    async def _stop_calls(self, asked: StopAsked) -> None:
        """Write the wish until it is written: a consumer's stop is never lost to a bad moment."""
        while True:
            try:
                async with transaction(self._parts.pool) as conn:
                    now = self._parts.clock.now()
                    await self._parts.dialing.stop_calls(conn, asked.caller, asked.number, now=now)
            except DATABASE_AWAY as error:
                log.warning("engine.cannot_stop_calls", error=str(error))
                await asyncio.sleep(AFTER_FAILURE)
            else:
                return

    async def _hear_wakes(self) -> None:
        async for wake in wakes(self._parts.url, name="goodterms-engine-wakes"):
            self._woken(wake)

    def _woken(self, wake: Wake) -> None:
        if wake.topic is Topic.RESYNC:
            self._poke_all()
        elif wake.topic is Topic.DUE:
            self._feed(MoreDue())
        elif wake.topic in self._refreshers:
            self._refreshers[wake.topic].poke()
            if wake.topic is Topic.AGENT:
                self._providing.poke()

    def _poke_all(self) -> None:
        for refresher in (*self._refreshers.values(), self._providing):
            refresher.poke()

    async def _look_regularly(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._poke_all()

    async def _look_for_strays(self) -> None:
        while True:
            await asyncio.sleep(STRAYS_EVERY)
            with contextlib.suppress(*DATABASE_AWAY):
                await self._end_strays()

    async def _end_strays(self) -> None:
        """End what stood open at two looks and nobody here knows: a person must not be blocked."""
        async with self._reads.connection() as conn:
            live = await self._parts.calls.live(conn, self._node)
        unknown = {
            a.id
            for a in live
            if a.id not in self._floor.calls and not self._writes.busy(f"attempt:{a.id}")
        }
        now = self._parts.clock.now()
        for attempt_id in unknown & self._strays:
            log.error("engine.stray", attempt=attempt_id)
            self._carry_out(HangUp(attempt_id), now)
            self._carry_out(End(attempt_id, Outcome.INTERRUPTED, {}), now)
        self._strays = unknown

    async def _watch_time(self) -> None:
        while True:
            self._rearm.clear()
            now, due = self._parts.clock.now(), self._floor.next_deadline()
            wait = LONGEST_SLEEP
            if due is not None:
                wait = min(max((due - now).total_seconds(), 0.002), LONGEST_SLEEP)
            self._sleeping_until = due
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._rearm.wait()
                continue
            self._feed(Tick())

    async def _read_all(self) -> None:
        """Learn everything before the network is heard for the first time."""
        await self._read_agents()
        await self._read_campaigns()
        async with self._reads.connection() as conn:
            found = await self._parts.calls.live(conn, self._node)
        log.info("engine.found", node=self._node, calls=len(found))
        self._feed(CallsFound(tuple(found)))

    async def _read_agents(self) -> None:
        async with self._reads.connection() as conn:
            agents = await self._parts.routing.agents(conn)
        self._feed(AgentsSeen(tuple(agents)))

    async def _read_campaigns(self) -> None:
        dialing = self._parts.dialing
        async with self._reads.connection() as conn:
            policies = await dialing.policies(conn)
            trunks = await dialing.trunks(conn)
            known = self._floor.pacing.rates
            fresh = [p.campaign_id for p in policies if p.campaign_id not in known]
            now = self._parts.clock.now()
            rates = await dialing.rates(conn, fresh, now=now) if fresh else {}
            past = {campaign: await dialing.past(conn, campaign) for campaign in fresh}
            ahead = [p.campaign_id for p in policies if p.running and p.predicts]
            due = await dialing.due_now(conn, ahead, now=now) if ahead else {}
            held = await dialing.pace_rules.held(conn, policies, now=now)
        self._feed(PoliciesSeen(tuple(policies), tuple(trunks), rates, due, past, held))

    async def _provide_phones(self) -> None:
        async with self._reads.connection() as conn:
            await self._phones.provide(conn, now=self._parts.clock.now())

    async def _read_cancels(self) -> None:
        async with self._reads.connection() as conn:
            cancels = await self._parts.calls.cancels(conn, self._node)
        if cancels:
            self._feed(CancelsSeen(tuple(cancels)))

    async def _read_requests(self) -> None:
        async with self._reads.connection() as conn:
            requests = await self._parts.calls.open_requests(conn, self._node)
        if requests:
            self._feed(RequestsSeen(tuple(requests)))
