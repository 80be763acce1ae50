"""Live streams over real HTTP: events for programs, the hub for pages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from sse_starlette import ServerSentEvent
from tests.fakes.servers import WithPool, serve
from tests.fakes.web import key_of, make_web

from goodterms.accounts.model import Happening
from goodterms.accounts.service import AccountService
from goodterms.kit.clock import SystemClock
from goodterms.kit.events import Bus
from goodterms.kit.sql import Connection, Pool, make_pool, transaction
from goodterms.kit.wake import Topic, Wake
from goodterms.web.app import make_app
from goodterms.web.live import Hub

pytestmark = pytest.mark.postgres


@pytest.fixture
def address(database_url: str) -> Iterator[str]:
    """Give the address of a running application with its hub listening."""
    pool = make_pool(database_url, size=4)
    with serve(WithPool(make_app(make_web(pool)), pool), lifespan="on") as url:
        yield url


async def _record(conn: Connection, number: int) -> None:
    happening = Happening("note.added", SystemClock().now(), "person:1", data={"n": number})
    await AccountService(Bus()).record(conn, happening)


async def _happen(pool: Pool, *numbers: int) -> None:
    for number in numbers:
        async with transaction(pool) as conn:
            await _record(conn, number)


async def _read(
    url: str, key: str, count: int, *, after: str | None = None
) -> tuple[list[Any], str]:
    """Read so many events of the stream; gives their numbers and the last id."""
    headers = {"authorization": f"Bearer {key}"}
    if after:
        headers["last-event-id"] = after
    numbers, last = [], ""
    async with (
        asyncio.timeout(10),
        httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client,
        client.stream("GET", "/api/v1/events/stream") as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                last = line[4:]
            if line.startswith("data: "):
                numbers.append(json.loads(line[6:])["data"]["n"])
                if len(numbers) == count:
                    break
    return numbers, last


async def test_stream_follows_and_goes_on_where_it_broke_off(pool: Pool, address: str) -> None:
    """A reader sees what was and what comes, and after a break just the rest."""
    key = await key_of(make_web(pool))
    await _happen(pool, 1, 2)
    reading = asyncio.create_task(_read(address, key, 3))
    await asyncio.sleep(0.3)
    await _happen(pool, 3)
    numbers, last = await reading
    assert numbers == [1, 2, 3]
    await _happen(pool, 4, 5)
    assert (await _read(address, key, 2, after=last))[0] == [4, 5]


async def test_stream_waits_for_a_transaction_that_ends_late(pool: Pool, address: str) -> None:
    """An event of a slow transaction is not skipped, though a later one was announced first."""
    key = await key_of(make_web(pool))
    reading = asyncio.create_task(_read(address, key, 2))
    async with transaction(pool) as slow:
        await _record(slow, 1)
        await _happen(pool, 2)
        await asyncio.sleep(0.3)
    assert (await reading)[0] == [1, 2]


async def test_hub_gathers_wake_ups_of_the_topics_asked_for() -> None:
    """A page hears each of its topics once, however often it was woken meanwhile."""
    waking: asyncio.Queue[Wake] = asyncio.Queue()

    async def wakes() -> AsyncIterator[Wake]:
        while True:
            yield await waking.get()

    hub = Hub(wakes)
    running = asyncio.create_task(hub.run())
    with hub.subscribed([Topic.AGENT]) as subscription:
        first = await subscription.next(within=1)
        assert first == {Wake(Topic.RESYNC)}
        for wake in (Wake(Topic.AGENT, "1"), Wake(Topic.AGENT, "1"), Wake(Topic.PAYMENT, "2")):
            waking.put_nowait(wake)
        await asyncio.sleep(0.01)
        assert await subscription.next(within=1) == {Wake(Topic.AGENT, "1")}
        assert await subscription.next(within=0.01) == frozenset()
        for number in range(2000):
            waking.put_nowait(Wake(Topic.AGENT, str(number)))
        await asyncio.sleep(0.05)
        flooded = await subscription.next(within=1)
        assert Wake(Topic.RESYNC) in flooded
        assert len(flooded) <= 501
    running.cancel()


def _text(event: Any) -> str:
    return str(event.data)


async def test_page_stream_begins_complete_and_ends_with_the_session() -> None:
    """A page's stream renders at once, after each wake-up, and stops when signed out."""
    waking: asyncio.Queue[Wake] = asyncio.Queue()
    alive = True

    async def wakes() -> AsyncIterator[Wake]:
        while True:
            yield await waking.get()

    async def render(news: frozenset[Wake]) -> list[ServerSentEvent]:
        return [ServerSentEvent(data=str(sorted(wake.topic for wake in news)), event="floor")]

    async def is_alive() -> bool:
        return alive

    hub = Hub(wakes, heartbeat_seconds=0.05)
    running = asyncio.create_task(hub.run())
    stream = hub.stream([Topic.AGENT], render, every=0, alive=is_alive).body_iterator
    events = aiter(stream)
    assert "resync" in _text(await anext(events))
    waking.put_nowait(Wake(Topic.AGENT))
    assert "agent" in _text(await anext(events))
    alive = False
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    running.cancel()
