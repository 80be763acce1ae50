"""The telephony contract, kept by the simulated network and by a real Asterisk."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from tests.contract import telephony_contract as contract
from tests.contract.telephony_contract import Network, TelephonyContract
from tests.fakes.cable import Cable

from goodterms.adapters.asterisk import carrier, instance, package
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.asterisk.speech import Speech
from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.adapters.sim import consumers
from goodterms.adapters.sim.consumers import Script, Scripted
from goodterms.adapters.sim.telephony import SimTelephony
from goodterms.calls.model import NetworkEvent, Resynced
from goodterms.kit import places
from goodterms.kit.clock import SetClock, SystemClock

STEP = 0.05
PROMPT_WORDS = {"organisation": "Northgate Services", "contact": "Robin", "number": "+15205550100"}


class SimNetwork:
    """The simulated network; time passes in steps."""

    def __init__(self) -> None:
        self.clock = SetClock(datetime(2026, 11, 22, 15, tzinfo=UTC))
        numbers = {
            contract.ANSWERS: Script(None, 0.1),
            contract.SILENT: Script(None, 0.1),
            contract.RINGS_ON: Script(0.2),
            contract.HANGS_UP: Script(0.2, 3.0, hangs_up_after=5.0),
            contract.PRESSES_DIGITS: Script(
                0.2, 2.0, digits=tuple((4.0 + i / 3, key) for i, key in enumerate("1234#"))
            ),
            contract.REFUSALS["busy"][0]: consumers.BUSY,
            contract.REFUSALS["rejects"][0]: consumers.REJECTS,
            contract.REFUSALS["unallocated"][0]: consumers.UNALLOCATED,
            contract.REFUSALS["unavailable"][0]: consumers.UNAVAILABLE,
            contract.REFUSALS["congestion"][0]: consumers.CONGESTION,
        }
        self.telephony = SimTelephony(self.clock, Scripted(numbers, {contract.NO_PHONE: None}))
        self.seen: list[NetworkEvent] = []
        self._unread = 0

    async def until(self, wanted: Callable[[NetworkEvent], bool], within: float) -> NetworkEvent:
        for _ in range(int(within / STEP) + 1):
            while self._unread < len(self.seen):
                self._unread += 1
                if wanted(self.seen[self._unread - 1]):
                    return self.seen[self._unread - 1]
            await self.rest(STEP)
        raise TimeoutError(f"not seen within {within} s among {self.seen}")

    async def rest(self, seconds: float) -> None:
        self.telephony.advance(seconds)
        self.seen += self.telephony.take()

    async def cut(self) -> None:
        self.telephony.lose()

    async def mend(self) -> None:
        self.telephony.restore()

    async def crash(self) -> None:
        self.telephony.lose(calls_too=True)

    async def restart(self) -> None:
        self.telephony.restore()


class AsteriskNetwork:
    """A real Asterisk behind a cable, and the simulated carrier's Asterisk."""

    def __init__(self, node: AsteriskInstance, cable: Cable, telephony: AsteriskTelephony) -> None:
        self.clock = SystemClock()
        self.telephony = telephony
        self.seen: list[NetworkEvent] = []
        self._node = node
        self._cable = cable
        self._unread = 0
        self._more = asyncio.Condition()

    async def read(self) -> None:
        async for event in self.telephony.events():
            async with self._more:
                self.seen.append(event)
                self._more.notify_all()

    async def until(self, wanted: Callable[[NetworkEvent], bool], within: float) -> NetworkEvent:
        async with asyncio.timeout(within), self._more:
            while True:
                while self._unread < len(self.seen):
                    self._unread += 1
                    if wanted(self.seen[self._unread - 1]):
                        return self.seen[self._unread - 1]
                await self._more.wait()

    async def rest(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def begin(self) -> None:
        """Forget what earlier tests saw."""
        self.seen.clear()
        self._unread = 0

    async def cut(self) -> None:
        self._cable.cut()

    async def mend(self) -> None:
        self._cable.mend()

    async def crash(self) -> None:
        assert self._node.pid is not None
        os.kill(self._node.pid, signal.SIGKILL)
        await self._node.wait()

    async def restart(self) -> None:
        await self._node.start()


class TestSimulated(TelephonyContract):
    """The simulated network keeps the contract."""

    @pytest.fixture
    async def network(self) -> Network:
        network = SimNetwork()
        assert isinstance(network.telephony.take()[0], Resynced)
        return network


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def real_network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsteriskNetwork]:
    """Run both Asterisks and our telephony for all tests here."""
    folder = tmp_path_factory.mktemp("telephony")
    program = package.provide(places.cache(), lambda _: None)
    ports = Ports.pick("carrier")
    node = instance.platform(program, folder / "p", carrier=Peer("127.0.0.1", ports.sip))
    far = carrier.simulated_carrier(program, folder / "c", platform=node.sip, ports=ports)
    prompts = folder / "prompts"
    Speech(program, places.cache() / "speech").prompts(prompts, PROMPT_WORDS)
    async with node, far, Cable(node.ports.http) as cable:
        url = f"http://127.0.0.1:{cable.port}/ari"
        secret = node.ari_password
        async with AsteriskTelephony(
            "test", url, node.ari_user, secret, SystemClock(), prompts=prompts
        ) as telephony:
            network = AsteriskNetwork(node, cable, telephony)
            reading = asyncio.create_task(network.read())
            first = await network.until(lambda _: True, 5)
            assert first == Resynced(frozenset(), frozenset(), frozenset())
            yield network
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


@pytest.mark.asterisk
@pytest.mark.asyncio(loop_scope="module")
class TestAsterisk(TelephonyContract):
    """A real Asterisk keeps the contract."""

    @pytest_asyncio.fixture(loop_scope="module")
    async def network(self, real_network: AsteriskNetwork) -> Network:
        real_network.begin()
        return real_network
