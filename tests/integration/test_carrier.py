"""The simulated network on two real Asterisks: each kind of persona does what its table says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets

from goodterms.adapters.asterisk import carrier, instance, package
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.kit import places

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

AREA = "+15205550"


@dataclass
class Switchboard:
    """Originates calls on the platform and remembers every event it tells."""

    http: httpx.AsyncClient
    events: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, url: str) -> None:
        async with websockets.connect(url) as connection:
            self.connected.set()
            async for message in connection:
                async with self.news:
                    self.events.append(json.loads(message))
                    self.news.notify_all()

    async def call(self, endpoint: str, channel: str) -> None:
        answer = await self.http.post(
            "/channels",
            params={"endpoint": endpoint, "app": "goodterms", "channelId": channel, "timeout": 100},
        )
        assert answer.status_code == httpx.codes.OK, answer.text

    async def told(self, channel: str, kind: str, within: float = 20.0) -> dict[str, Any]:
        """The first event of this kind about the channel."""

        def matches(event: dict[str, Any]) -> bool:
            return bool(event["type"] == kind and event.get("channel", {}).get("id") == channel)

        return await self.until(matches, within)

    async def until(
        self, matches: Callable[[dict[str, Any]], bool], within: float
    ) -> dict[str, Any]:
        async with asyncio.timeout(within), self.news:
            while True:
                found = next((event for event in self.events if matches(event)), None)
                if found is not None:
                    return found
                await self.news.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def network(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[AsteriskInstance, AsteriskInstance]]:
    program = package.provide(places.cache(), lambda _: None)
    folder = tmp_path_factory.mktemp("network")
    ports = Ports.pick("carrier")
    ours = instance.platform(program, folder / "p", carrier=Peer("127.0.0.1", ports.sip))
    theirs = carrier.simulated_carrier(program, folder / "c", platform=ours.sip, ports=ports)
    async with ours, theirs:
        yield ours, theirs


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def board(
    network: tuple[AsteriskInstance, AsteriskInstance],
) -> AsyncIterator[Switchboard]:
    ours, _ = network
    auth = (ours.ari_user, ours.ari_password)
    async with httpx.AsyncClient(base_url=ours.ari_url, auth=auth, trust_env=False) as http:
        switchboard = Switchboard(http)
        key = f"{ours.ari_user}:{ours.ari_password}"
        url = ours.ari_url.replace("http", "ws", 1) + f"/events?app=goodterms&api_key={key}"
        listening = asyncio.create_task(switchboard.listen(url))
        await asyncio.wait_for(switchboard.connected.wait(), 5)
        yield switchboard
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


@pytest.mark.parametrize(
    ("slot", "cause", "sip"),
    [("62", 17, 486), ("87", 21, 403), ("89", 1, 404), ("92", 19, 480), ("94", 34, 503)],
)
async def test_refusals_carry_their_cause(
    board: Switchboard, slot: str, cause: int, sip: int
) -> None:
    """A refusing persona's Q.850 cause and SIP answer arrive as the table promises."""
    persona = carrier.persona_at(f"{AREA}1{slot}")
    assert persona is not None
    assert (persona.refuse, persona.sip) == (cause, sip)
    await board.call(f"PJSIP/{AREA}1{slot}@carrier", f"try-{slot}")
    ended = await board.told(f"try-{slot}", "ChannelDestroyed")
    assert (ended["cause"], ended["tech_cause"]) == (cause, sip)


@pytest.mark.parametrize(("slot", "verdict"), [("00", "HUMAN"), ("70", "MACHINE")])
async def test_answering_machine_detection_tells_them_apart(
    board: Switchboard, slot: str, verdict: str
) -> None:
    """A person's hello is heard as a person, a voicemail's greeting as a machine."""
    channel = f"amd-{slot}"
    await board.call(f"PJSIP/{AREA}1{slot}@carrier", channel)
    await board.told(channel, "StasisStart")
    await board.http.post(f"/channels/{channel}/continue", params={"context": "gt-amd"})

    def back(event: dict[str, Any]) -> bool:
        return _is(event, "StasisStart", channel) and event["args"][:1] == ["amd"]

    came = await board.until(back, 12)
    assert came["args"][1] == verdict
    assert came["channel"]["channelvars"]["AMDSTATUS"] == verdict
    await board.http.delete(f"/channels/{channel}")


async def test_a_person_presses_digits(board: Switchboard) -> None:
    """The digits a persona types arrive one by one, in order."""
    await board.call(f"PJSIP/{AREA}133@carrier", "digits")
    await board.told("digits", "StasisStart")

    def hash_key(event: dict[str, Any]) -> bool:
        return bool(event["type"] == "ChannelDtmfReceived" and event["digit"] == "#")

    await board.until(hash_key, 15)
    typed = [event["digit"] for event in board.events if event["type"] == "ChannelDtmfReceived"]
    assert "".join(typed) == "1234#"
    await board.http.delete("/channels/digits")


async def test_a_person_hangs_up_in_the_middle_of_a_sentence(board: Switchboard) -> None:
    """The far end ends the call by itself, as a normal clearing."""
    await board.call(f"PJSIP/{AREA}130@carrier", "short")
    await board.told("short", "StasisStart")
    ended = await board.told("short", "ChannelDestroyed")
    assert ended["cause"] == 16


async def test_demo_agents_answer_at_once_and_are_heard(board: Switchboard) -> None:
    """A demo agent's telephone picks up at once, hears prompts, talks, and can be recorded."""
    await board.call("PJSIP/demo-agent-07@agents", "agent")
    await board.told("agent", "StasisStart", within=3)
    await board.http.post("/channels/agent/play", params={"media": "sound:connect-tone"})

    def played(event: dict[str, Any]) -> bool:
        return bool(event["type"] == "PlaybackFinished")

    assert (await board.until(played, 3))["playback"]["state"] == "done"
    await board.http.post(
        "/channels/agent/variable", params={"variable": "TALK_DETECT(set)", "value": ""}
    )
    await board.told("agent", "ChannelTalkingStarted", within=12)
    recorded = await board.http.post(
        "/channels/agent/record", params={"name": "agent", "format": "wav"}
    )
    assert recorded.status_code == httpx.codes.CREATED, recorded.text
    await board.http.delete("/channels/agent")


async def test_an_announcement_is_heard_before_the_refusal(board: Switchboard) -> None:
    """Tones and words arrive as early media, then the number is said not to exist."""
    await board.call(f"PJSIP/{AREA}199@carrier", "early")
    ended = await board.told("early", "ChannelDestroyed")
    assert (ended["cause"], ended["tech_cause"]) == (1, 404)
    assert not [event for event in board.events if _is(event, "StasisStart", "early")]


async def test_a_consumer_calls_the_platform(
    board: Switchboard, network: tuple[AsteriskInstance, AsteriskInstance]
) -> None:
    """An inbound call enters the application with the number called and the caller's own."""
    await network[1].rx(carrier.consumer_calls(f"{AREA}102", "+18005550142"))

    def inbound(event: dict[str, Any]) -> bool:
        return bool(event["type"] == "StasisStart" and event["args"][:1] == ["inbound"])

    came = await board.until(inbound, 5)
    assert came["args"] == ["inbound", "+18005550142"]
    assert came["channel"]["caller"]["number"] == f"{AREA}102"
    await board.http.delete(f"/channels/{came['channel']['id']}")


async def test_a_hundred_telephones_ring_at_once(
    board: Switchboard, network: tuple[AsteriskInstance, AsteriskInstance]
) -> None:
    """The network lets a hundred calls ring together, and each can be cancelled."""
    names = [f"ring-{number}" for number in range(100)]
    await asyncio.gather(*(board.call(f"PJSIP/{AREA}197@carrier", name) for name in names))
    for name in names:
        await board.until(partial(_rings, channel=name), 20)
    await asyncio.gather(*(board.http.delete(f"/channels/{name}") for name in names))
    for name in names:
        await board.told(name, "ChannelDestroyed")
    async with asyncio.timeout(5):
        while "0 active channels" not in await network[1].rx("core show channels count"):
            pass


def _is(event: dict[str, Any], kind: str, channel: str) -> bool:
    return bool(event["type"] == kind and event["channel"]["id"] == channel)


def _rings(event: dict[str, Any], channel: str) -> bool:
    return _is(event, "ChannelStateChange", channel) and event["channel"]["state"] == "Ringing"
