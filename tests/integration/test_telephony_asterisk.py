"""What only a real Asterisk can show of our telephony: sound, strangers, and a hundred at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.fakes.browser_phone import BrowserPhone

from goodterms.accounts.model import Channel
from goodterms.adapters.asterisk import carrier, instance, package
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.calls.model import (
    Answered,
    CallOrder,
    Joined,
    LegEnded,
    NetworkEvent,
    Resynced,
    Ringing,
)
from goodterms.compliance.model import Permit
from goodterms.kit import places
from goodterms.kit.clock import SystemClock
from goodterms.routing.model import line_of

pytestmark = pytest.mark.asterisk

TALKS, RINGS_ON = "+15205550196", "+15205550197"
CLOCK = SystemClock()


class Line:
    """Both Asterisks, our telephony between them, and everything it told."""

    def __init__(
        self, node: AsteriskInstance, far: AsteriskInstance, telephony: AsteriskTelephony
    ) -> None:
        self.node = node
        self.far = far
        self.telephony = telephony
        self.seen: list[NetworkEvent] = []
        self._more = asyncio.Condition()

    async def read(self) -> None:
        async for event in self.telephony.events():
            async with self._more:
                self.seen.append(event)
                self._more.notify_all()

    async def until(self, true: Callable[[list[NetworkEvent]], bool], within: float = 10) -> None:
        async with asyncio.timeout(within), self._more:
            await self._more.wait_for(lambda: true(self.seen))

    async def call(self, leg: str, number: str) -> None:
        now = CLOCK.now()
        permit = Permit(
            attempt_id=leg,
            consumer_id=1,
            account_ids=(1,),
            contact_point_id=1,
            number=number,
            channel=Channel.CALL,
            caller_id="+15205550100",
            rulebook_hash="hash",
            granted_at=now,
            expires_at=now + timedelta(seconds=20),
        )
        order = CallOrder(leg, "PJSIP/{number}@carrier", 60, amd=False)
        await self.telephony.originate(permit, order)

    async def sent_to(self, leg: str) -> int:
        """How many packets of sound this leg was sent so far."""
        auth = (self.node.ari_user, self.node.ari_password)
        async with httpx.AsyncClient(auth=auth, trust_env=False) as http:
            url = f"{self.node.ari_url}/channels/{leg}/rtp_statistics"
            return int((await http.get(url)).json()["txcount"])

    async def counts(self, words: str) -> None:
        """Wait until the node's count of channels says these words."""
        async with asyncio.timeout(10):
            while words not in await self.node.rx("core show channels count"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)  # Asterisk tells nobody when its count changes


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Line]:
    program = package.provide(places.cache(), lambda _: None)
    ports = Ports.pick("carrier")
    node = instance.platform(program, tmp_path / "p", carrier=Peer("127.0.0.1", ports.sip))
    far = carrier.simulated_carrier(program, tmp_path / "c", platform=node.sip, ports=ports)
    async with node, far:
        where = (node.ari_url, node.ari_user, node.ari_password)
        async with AsteriskTelephony("n", *where, CLOCK, prompts=tmp_path, tone="") as telephony:
            line = Line(node, far, telephony)
            reading = asyncio.create_task(line.read())
            await line.until(lambda seen: isinstance(seen[0], Resynced) if seen else False)
            yield line
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_lines_of_agents_whose_numbers_begin_alike(network: Line) -> None:
    """Agent 5 gets a line while agent 51 has one: Asterisk would take the shorter id for used."""
    for number in (51, 5):
        await network.telephony.open_line(line_of(number), f"PJSIP/demo-agent-{number:02}@agents")
        await network.until(lambda seen, n=number: Answered(line_of(n)) in seen)  # type: ignore[misc]
    for number in (51, 5):
        await network.telephony.hang_up(line_of(number))


async def test_both_sides_hear_each_other(network: Line) -> None:
    """Joined legs are sent sound; a waiting line is sent silence; a held consumer, music."""
    await network.telephony.open_line("line-1", "PJSIP/demo-agent-01@agents")
    await network.call("att_1", TALKS)
    await network.until(lambda seen: {Answered("line-1"), Answered("att_1")} <= set(seen))
    await asyncio.sleep(0.6)
    assert await network.sent_to("line-1") > 10
    await network.telephony.join("att_1", "line-1")
    await network.until(lambda seen: Joined("att_1", "line-1") in seen)
    before = await network.sent_to("att_1"), await network.sent_to("line-1")
    await asyncio.sleep(1)
    after = await network.sent_to("att_1"), await network.sent_to("line-1")
    assert after[0] - before[0] > 30
    assert after[1] - before[1] > 30
    await network.telephony.hold("att_1", "line-1")
    await asyncio.sleep(1)
    assert await network.sent_to("att_1") - after[0] > 30


async def test_a_stranger_who_calls_in_is_not_left_in_silence(network: Line) -> None:
    """An incoming call that nothing serves is ended at once, and the engine hears nothing of it."""
    await network.far.rx(carrier.consumer_calls("+15205550101", "+15205550100"))
    await network.counts("1 call processed")
    await network.counts("0 active channels")
    assert len(network.seen) == 1


async def test_a_hundred_ringing_calls_are_cancelled(network: Line) -> None:
    """A hundred calls ring at once; all are cancelled, each told once and none answered."""
    legs = [f"att_{number}" for number in range(100)]
    for leg in legs:
        await network.call(leg, RINGS_ON)
        await asyncio.sleep(0.02)
    await network.until(lambda seen: sum(isinstance(e, Ringing) for e in seen) == 100)
    await asyncio.gather(*(network.telephony.hang_up(leg) for leg in legs))
    await network.until(lambda seen: sum(isinstance(e, LegEnded) for e in seen) == 100)
    ended = {e for e in network.seen if isinstance(e, LegEnded)}
    assert ended == {LegEnded(leg, 16, None, by_far_end=False) for leg in legs}
    assert not any(isinstance(e, Answered) for e in network.seen)


async def test_a_provided_telephone_registers_and_is_called(network: Line) -> None:
    """A browser telephone gets in with the password of now, not an older one, and is called."""
    await network.telephony.provide_phone("phone-1", "old")
    await network.telephony.provide_phone("phone-1", "new")
    async with BrowserPhone(network.node.phone_url, "phone-1", "old") as phone:
        assert await phone.register() == 401
    async with BrowserPhone(network.node.phone_url, "phone-1", "new") as phone:
        assert await phone.register() == 200
        await network.telephony.open_line("line-1", "PJSIP/phone-1")
        invite = await phone.receive()
    assert invite.startswith("INVITE sip:phone-1@")
    assert "UDP/TLS/RTP/SAVPF" in invite
    assert "a=fingerprint:" in invite
