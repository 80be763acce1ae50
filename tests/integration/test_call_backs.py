"""Our own numbers are called back over real telephones: answered and greeted, or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from goodterms.adapters.asterisk import carrier, instance, package
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.calls.model import Resynced, StopAsked
from goodterms.dialing.health import CallBacks
from goodterms.kit import places
from goodterms.kit.clock import SystemClock

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

OURS, MUTE, STRANGE = "+12025550190", "+13125550191", "+14155550192"
TRUNK = "PJSIP/{number}@carrier"


class Tried:
    """A node, the simulated carrier that routes our numbers to it, and who calls them back."""

    def __init__(self, telephony: AsteriskTelephony, far: AsteriskInstance) -> None:
        self.telephony = telephony
        self.far = far
        self.stopped: asyncio.Queue[StopAsked] = asyncio.Queue()
        self.back = CallBacks(telephony, SystemClock())
        self.ready = asyncio.Event()

    async def read(self) -> None:
        async for event in self.telephony.events():
            if isinstance(event, Resynced):
                self.ready.set()
            if isinstance(event, StopAsked):
                self.stopped.put_nowait(event)
            self.back.hears(event)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tried(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tried]:
    folder: Path = tmp_path_factory.mktemp("callbacks")
    program = package.provide(places.cache(), lambda _: None)
    ports = Ports.pick("carrier")
    node = instance.platform(program, folder / "p", carrier=Peer("127.0.0.1", ports.sip))
    far = carrier.simulated_carrier(
        program, folder / "c", platform=node.sip, ports=ports, owned=(OURS, MUTE, STRANGE)
    )
    async with node, far:
        where = (node.ari_url, node.ari_user, node.ari_password)
        async with AsteriskTelephony("n", *where, SystemClock(), prompts=node.prompts) as telephony:
            found = Tried(telephony, far)
            reading = asyncio.create_task(found.read())
            async with asyncio.timeout(20):
                await found.ready.wait()
            yield found
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_a_number_that_greets_passes(tried: Tried) -> None:
    """A number of ours that plays its greeting is found to be answered and to greet."""
    await tried.telephony.greet({OURS: "call-back"})
    test = await tried.back.call_back(OURS, TRUNK)
    assert test is not None
    assert test.passed, test.words
    assert test.seconds is not None
    assert "greeted" in test.words


async def test_a_number_without_its_greeting_fails(tried: Tried) -> None:
    """A number whose greeting cannot be played, or that nobody answers, does not pass."""
    await tried.telephony.greet({MUTE: "there-is-no-such-prompt"})
    mute = await tried.back.call_back(MUTE, TRUNK)
    assert mute is not None
    assert not mute.passed
    strange = await tried.back.call_back(STRANGE, TRUNK)
    assert strange is not None
    assert not strange.passed
    unknown = await tried.back.call_back("+12025550299", TRUNK)
    assert unknown is not None
    assert (unknown.answered, unknown.words) == (
        False, "The network did not connect the call (404).",
    )  # fmt: skip


async def test_a_caller_stops_calls_by_the_key(tried: Tried) -> None:
    """Who calls a number of ours and presses nine while it greets is heard, with their number."""
    await tried.telephony.greet({OURS: "call-back"})
    said = await tried.far.rx(
        "channel originate Local/1303555012312025550190@call-in application SendDTMF wwww9wwwwwwww"
    )
    assert "failed" not in said.lower()
    async with asyncio.timeout(20):
        asked = await tried.stopped.get()
    assert asked == StopAsked("+13035550123", OURS)
