"""Calling our own numbers back: whether each shown number is answered and greets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import structlog

from goodterms.calls.model import Answered, Detected, LegEnded, NetworkEvent, NetworkLost
from goodterms.calls.ports import Telephony
from goodterms.compliance.model import CallerTest
from goodterms.compliance.registry import CallerRegistry
from goodterms.dialing.model import Trunk
from goodterms.kit.clock import Clock
from goodterms.kit.ids import new_id
from goodterms.kit.sql import DATABASE_AWAY, Pool, transaction

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
RING_SECONDS = 25.0
LISTEN_SECONDS = 10.0
_LEG = "callback"
_SILENT = ("INITIALSILENCE", "TOOLONG")


class Network(Protocol):
    """What calling a number back needs of the telephone network; ``Telephony`` has it."""

    async def open_line(self, line: str, endpoint: str) -> None:
        """Call an endpoint; ``Answered(line)`` when it answers."""
        ...

    async def detect(self, leg: str) -> None:
        """Listen to who answered; ``Detected`` follows."""
        ...

    async def hang_up(self, leg: str) -> None:
        """End a leg."""
        ...


class CallBacks:
    """Calls our numbers back over the node's own trunks, one after the other.

    Nobody but ourselves is called: the numbers come from the registry of those that are ours, so
    this needs no permit.
    """

    def __init__(
        self, network: Network, clock: Clock, *, ring_seconds: float = RING_SECONDS
    ) -> None:
        self._network = network
        self._clock = clock
        self._ring_seconds = ring_seconds
        self._leg = ""
        self._news: asyncio.Queue[NetworkEvent] = asyncio.Queue()

    def hears(self, event: NetworkEvent) -> bool:
        """Take an event about a call of ours; tell whether it was one."""
        if isinstance(event, NetworkLost) and self._leg:
            self._news.put_nowait(event)
            return False
        leg = str(getattr(event, "leg", ""))
        if leg == self._leg and leg:
            self._news.put_nowait(event)
        return leg.startswith(f"{_LEG}_")

    async def call_back(self, number: str, endpoint: str) -> CallerTest | None:
        """Call a number of ours and listen; None if the network went away meanwhile.

        ``endpoint`` is the trunk's, with ``{number}``.
        """
        started = self._clock.now()
        self._leg = new_id(_LEG, started)
        while not self._news.empty():
            self._news.get_nowait()
        try:
            await self._network.open_line(self._leg, endpoint.replace("{number}", number))
            return await self._listen(number, started)
        except ConnectionError:
            return None
        finally:
            leg, self._leg = self._leg, ""
            # A node that is away has ended it, or ends it when nobody claims it.
            with contextlib.suppress(ConnectionError):
                await self._network.hang_up(leg)

    async def _listen(self, number: str, started: datetime) -> CallerTest | None:
        heard = await self._wait(self._ring_seconds)
        now = self._clock.now()

        def found(words: str, *, seconds: float | None = None, greeted: bool = False) -> CallerTest:
            answered = seconds is not None
            return CallerTest(number, now, answered, greeted, seconds, words)

        if isinstance(heard, NetworkLost):
            return None
        if heard is None:
            return found(f"It rang for {self._ring_seconds:.0f} seconds and was not answered.")
        if isinstance(heard, LegEnded):
            code = f" ({heard.sip_code})" if heard.sip_code else ""
            return found(f"The network did not connect the call{code}.")
        waited = (now - started).total_seconds()
        await self._network.detect(self._leg)
        said = await self._wait(LISTEN_SECONDS)
        if isinstance(said, NetworkLost):
            return None
        if isinstance(said, Detected) and _spoke(said):
            words = f"It was answered after {waited:.1f} seconds and greeted."
            return found(words, seconds=waited, greeted=True)
        why = f" ({said.cause})" if isinstance(said, Detected) and said.cause else ""
        return found(f"It was answered, but no greeting was heard{why}.", seconds=waited)

    async def _wait(self, seconds: float) -> NetworkEvent | None:
        """Wait for an event that tells how the call goes on; None if none came in time."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    event = await self._news.get()
                    if isinstance(event, Answered | Detected | LegEnded | NetworkLost):
                        return event
        except TimeoutError:
            return None


def _spoke(heard: Detected) -> bool:
    """Tell whether something was said: a greeting sounds like a person or like a machine."""
    return heard.verdict in ("person", "machine") and not heard.cause.startswith(_SILENT)


class NumberTests:
    """Tests whichever of our numbers is due, for as long as the engine runs.

    Args:
        trunks: the trunks in use by name.
        told: called after each test, for people may have become due by it.
    """

    def __init__(
        self,
        pool: Pool,
        callers: CallerRegistry,
        telephony: Telephony,
        clock: Clock,
        *,
        trunks: Callable[[], Mapping[str, Trunk]],
        told: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._callers = callers
        self._telephony = telephony
        self._clock = clock
        self._trunks = trunks
        self._told = told
        self._call_backs = CallBacks(telephony, clock)

    def hears(self, event: NetworkEvent) -> bool:
        """Take an event about a test call; tell whether it was one."""
        return self._call_backs.hears(event)

    async def run(self) -> None:
        """Look for due tests again and again; what fails is looked for again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.test_due()
            except (*DATABASE_AWAY, ConnectionError) as error:
                log.warning("engine.cannot_test", error=str(error))

    async def test_due(self) -> None:
        """Tell the node the greetings, and test what is due."""
        trunks = self._trunks()
        async with transaction(self._pool) as conn:
            await self._telephony.greet(await self._callers.greetings(conn))
            due = await self._callers.take_tests(conn, now=self._clock.now()) if trunks else []
        for number, name in due:
            test = await self._test(number, trunks.get(name), name)
            if test is None:
                continue  # the node went away; its lease ends, then it is tested again
            log.info("engine.called_back", number=number, passed=test.passed, words=test.words)
            async with transaction(self._pool) as conn:
                await self._callers.record_test(conn, test)
            self._told()

    async def _test(self, number: str, trunk: Trunk | None, name: str) -> CallerTest | None:
        if trunk is not None:
            test = await self._call_backs.call_back(number, trunk.endpoint)
            if test is not None and not test.passed:
                # One bad call may be the network's; a number that fails does so again.
                test = await self._call_backs.call_back(number, trunk.endpoint)
            return test
        words = f"There is no trunk {name} to call it back by."
        return CallerTest(
            number, self._clock.now(), answered=False, greeted=False, seconds=None, words=words
        )
