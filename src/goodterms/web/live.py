"""Live pages: one listener per process hears the wake-ups and fans them out to open streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager

from sse_starlette import EventSourceResponse, ServerSentEvent

from goodterms.kit.wake import Topic, Wake, wakes

HEARTBEAT_SECONDS = 15.0
_MOST_PENDING = 500

Waking = Callable[[], AsyncIterator[Wake]]
Render = Callable[[frozenset[Wake]], Awaitable[Iterable[ServerSentEvent]]]
Alive = Callable[[], Awaitable[bool]]

_RESYNC = Wake(Topic.RESYNC)


class Subscription:
    """What one open stream has yet to hear; wake-ups that repeat are one."""

    def __init__(self, topics: frozenset[Topic]) -> None:
        self._topics = topics
        self._pending: set[Wake] = {_RESYNC}
        self._news = asyncio.Event()
        self._news.set()

    def offer(self, wake: Wake) -> None:
        """Note a wake-up if this stream listens for its topic."""
        if wake.topic not in self._topics and wake.topic is not Topic.RESYNC:
            return
        # A stream that cannot keep up reads everything anew instead of ever more.
        self._pending = {_RESYNC} if len(self._pending) >= _MOST_PENDING else self._pending
        self._pending.add(wake)
        self._news.set()

    async def next(self, *, within: float) -> frozenset[Wake]:
        """Wait for news; give all there is, or nothing after ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                await self._news.wait()
        except TimeoutError:
            return frozenset()
        self._news.clear()
        found, self._pending = frozenset(self._pending), set()
        return found


class Hub:
    """Hears the wake-ups of the database once and tells every open stream of this process."""

    def __init__(self, waking: Waking, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._waking = waking
        self._heartbeat = heartbeat_seconds
        self._open: set[Subscription] = set()

    @classmethod
    def on(cls, url: str) -> Hub:
        """Make a hub that listens on the database at ``url``."""
        return cls(lambda: wakes(url, name="goodterms web live"))

    async def run(self) -> None:
        """Listen until cancelled; the application's lifespan runs this."""
        async for wake in self._waking():
            for subscription in self._open:
                subscription.offer(wake)

    @contextmanager
    def subscribed(self, topics: Iterable[Topic]) -> Iterator[Subscription]:
        """Open a subscription; its first news is RESYNC, so that the stream begins complete."""
        subscription = Subscription(frozenset(topics))
        self._open.add(subscription)
        try:
            yield subscription
        finally:
            self._open.discard(subscription)

    def stream(
        self,
        topics: Iterable[Topic],
        render: Render,
        *,
        every: float = 0.25,
        alive: Alive | None = None,
    ) -> EventSourceResponse:
        """Answer a request by a stream of server-sent events.

        Args:
            topics: what the stream listens for.
            render: reads the tables and gives the events to send; called at once with RESYNC and
                then after wake-ups, but not more often than ``every`` seconds.
            every: seconds in which wake-ups are gathered.
            alive: asked at each heartbeat; the stream ends when it says no (session over).
        """
        return EventSourceResponse(
            self._events(frozenset(topics), render, every, alive), ping=int(HEARTBEAT_SECONDS)
        )

    async def _events(
        self, topics: frozenset[Topic], render: Render, every: float, alive: Alive | None
    ) -> AsyncIterator[ServerSentEvent]:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        with self.subscribed(topics) as subscription:
            while True:
                news = await subscription.next(within=self._heartbeat)
                if alive is not None and loop.time() - asked >= self._heartbeat:
                    if not await alive():
                        return
                    asked = loop.time()
                if news:
                    for event in await render(news):
                        yield event
                    await asyncio.sleep(every)
