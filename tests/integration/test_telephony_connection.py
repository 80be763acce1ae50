"""The connection to Asterisk: what goes wrong on it, and what the engine is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.ari_server import AriServer, ordinary, reply

from goodterms.adapters.asterisk.ari import Request
from goodterms.adapters.asterisk.client import AriClient
from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.calls.model import Answered, LegEnded, NetworkEvent, NetworkLost, Resynced
from goodterms.kit.clock import SystemClock

EMPTY = Resynced(frozenset(), frozenset(), frozenset())
LEG = {"id": "att_1", "state": "Up", "channelvars": {"GT_ROLE": "consumer"}}


@pytest.fixture
async def server() -> AsyncIterator[AriServer]:
    async with AriServer() as running:
        yield running


@pytest.fixture
async def telephony(server: AriServer) -> AsyncIterator[AsteriskTelephony]:
    async with AsteriskTelephony(
        "n", server.url, "user", "secret", SystemClock(), prompts=Path("/p")
    ) as running:
        yield running


async def _next(telephony: AsteriskTelephony) -> NetworkEvent:
    async with asyncio.timeout(5):
        return await anext(telephony.events())


async def test_the_secret_travels_in_a_header(
    server: AriServer, telephony: AsteriskTelephony
) -> None:
    """No password is in the address, where logs would keep it."""
    assert await _next(telephony) == EMPTY
    request = server.connections[0].request
    assert request is not None
    assert "secret" not in request.path
    assert request.headers["Authorization"].startswith("Basic ")


async def test_events_before_the_listing_come_after_it(server: AriServer) -> None:
    """What happens while we are still learning is told once we have learnt."""

    def answer(request: dict[str, Any]) -> str:
        if request["uri"] == "channels":
            return reply(request, 200, json.dumps([{**LEG, "state": "Ringing"}]))
        return ordinary(request)

    def talkative(request: dict[str, Any]) -> str:
        event = {"type": "StasisStart", "channel": LEG, "args": ["consumer"]}
        if request["uri"].endswith("eventFilter"):
            loop = asyncio.get_running_loop()
            pending.add(loop.create_task(server.say(json.dumps(event))))
        return answer(request)

    pending: set[asyncio.Task[None]] = set()
    server.answer = talkative
    async with AsteriskTelephony(
        "n", server.url, "u", "p", SystemClock(), prompts=Path("/p")
    ) as telephony:
        legs = frozenset({"att_1"})
        assert await _next(telephony) == Resynced(legs, frozenset(), frozenset())
        assert await _next(telephony) == Answered("att_1")


async def test_garbage_ends_the_connection_and_a_new_one_is_made(
    server: AriServer, telephony: AsteriskTelephony
) -> None:
    """What cannot be understood is a lost connection, never a stray error."""
    assert await _next(telephony) == EMPTY
    await server.say("this is no JSON")
    assert await _next(telephony) == NetworkLost()
    assert await _next(telephony) == EMPTY
    assert len(server.connections) == 2


async def test_a_request_in_flight_when_the_connection_breaks(
    server: AriServer, telephony: AsteriskTelephony
) -> None:
    """Whoever asked is told that nothing is known."""
    assert await _next(telephony) == EMPTY
    arrived = asyncio.Event()
    server.answer = lambda _: arrived.set()
    asking = asyncio.create_task(telephony.hang_up("att_1"))
    await asyncio.wait_for(arrived.wait(), 5)
    server.answer = ordinary
    await server.connections[-1].close()
    with pytest.raises(ConnectionError):
        await asking
    assert await _next(telephony) == NetworkLost()
    assert await _next(telephony) == EMPTY


async def test_a_reply_that_never_comes(server: AriServer) -> None:
    """A request without a reply in time is a connection error, and its late reply is nothing."""
    held: list[dict[str, Any]] = []
    server.answer = held.append
    client = AriClient(server.url, "u", "p", "app", request_seconds=0.2)
    listener = _Listener()
    running = asyncio.create_task(client.run(listener))
    await asyncio.wait_for(listener.up.wait(), 5)
    with pytest.raises(ConnectionError, match=r"within 0\.2 s"):
        await client.request(Request("GET", "channels"))
    await server.say(reply(held[0], 200))
    server.answer = ordinary
    [answer] = await client.request(Request("GET", "channels"))
    assert answer.body == []
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_asterisk_that_will_not_list_is_asked_again(server: AriServer) -> None:
    """Without a listing we do not pretend to know; we connect anew until we have one."""
    refusals = 2

    def answer(request: dict[str, Any]) -> str:
        nonlocal refusals
        if request["uri"] == "bridges" and refusals:
            refusals -= 1
            return reply(request, 500)
        return ordinary(request)

    server.answer = answer
    async with AsteriskTelephony(
        "n", server.url, "u", "p", SystemClock(), prompts=Path("/p")
    ) as telephony:
        assert await _next(telephony) == EMPTY
    assert len(server.connections) == 3


async def test_a_conflict_without_a_channel_is_a_refusal(
    server: AriServer, telephony: AsteriskTelephony
) -> None:
    """Asterisk says "already there" of refusals too; a look at the channel tells them apart."""

    def answer(request: dict[str, Any]) -> str:
        status = {"POST": 409, "GET": 404}[request["method"]]
        return reply(request, status)

    assert await _next(telephony) == EMPTY
    server.answer = answer
    await telephony.open_line("line-1", "PJSIP/x")
    assert await _next(telephony) == LegEnded("line-1", None, None, by_far_end=False)


async def test_a_refused_telephone_is_an_error(
    server: AriServer, telephony: AsteriskTelephony
) -> None:
    """An agent is not left with a telephone that cannot register."""
    assert await _next(telephony) == EMPTY
    server.answer = lambda request: reply(request, 403)
    with pytest.raises(RuntimeError, match="made no telephone phone-1"):
        await telephony.provide_phone("phone-1", "password")


async def test_before_the_first_listing_nothing_can_be_asked() -> None:
    """Without Asterisk every request is a connection error, and no event is told."""
    async with AsteriskTelephony(
        "n", "http://127.0.0.1:9/ari", "u", "p", SystemClock(), prompts=Path("/p")
    ) as telephony:
        for request in (
            telephony.hang_up("att_1"),
            telephony.play("att_1", "x"),
            telephony.open_line("line-1", "PJSIP/x"),
            telephony.join("att_1", "line-1"),
            telephony.provide_phone("phone-1", "password"),
        ):
            with pytest.raises(ConnectionError):
                await request


class _Listener:
    def __init__(self) -> None:
        self.up = asyncio.Event()

    async def connected(self) -> None:
        self.up.set()

    def heard(self, event: object) -> None:
        pass

    def lost(self) -> None:
        self.up.clear()
