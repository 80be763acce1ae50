"""The simulated network on two real Asterisks: each kind of persona does what its table says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from goodterms.adapters.asterisk import carrier, instance, package
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.kit import places

pytestmark = pytest.mark.asterisk

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


@pytest.fixture(scope="module")
def program() -> package.AsteriskProgram:
    return package.provide(places.cache(), lambda _: None)


@pytest.fixture
async def network(
    program: package.AsteriskProgram, tmp_path: Path
) -> AsyncIterator[tuple[AsteriskInstance, AsteriskInstance]]:
    ports = Ports.pick("carrier")
    ours = instance.platform(program, tmp_path / "p", carrier=Peer("127.0.0.1", ports.sip))
    theirs = carrier.simulated_carrier(program, tmp_path / "c", platform=ours.sip, ports=ports)
    async with ours, theirs:
        yield ours, theirs


@pytest.fixture
async def board(
    network: tuple[AsteriskInstance, AsteriskInstance],
) -> AsyncIterator[Switchboard]:
    ours, _ = network
    auth = (ours.ari_user, ours.ari_password)
    async with httpx.AsyncClient(base_url=ours.ari_url, auth=auth, trust_env=False) as http:
        switchboard = Switchboard(http)
        credentials = f"{ours.ari_user}:{ours.ari_password}"
        url = ours.ari_url.replace("http", "ws", 1) + f"/events?app=goodterms&api_key={credentials}"
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
