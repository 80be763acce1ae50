"""Work that is carried out behind: in order per key, side by side otherwise, never forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from goodterms.kit.sql import DATABASE_AWAY

log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]
FIRST_WAIT = 0.05
LONGEST_WAIT = 2.0


class Chains:
    """Runs each piece of work after all earlier ones that share a key with it.

    What the database cannot take for a moment is tried again until it can.
    """

    def __init__(self, *, width: int) -> None:
        self._last: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(width)

    def add(self, keys: Sequence[str], work: Work, *, name: str) -> None:
        """Carry out ``work`` after everything added before under one of the keys."""
        before = [self._last[key] for key in keys if key in self._last]
        task = asyncio.create_task(self._run(before, work, name), name=name)
        self._running.add(task)
        for key in keys:
            self._last[key] = task
        task.add_done_callback(lambda done: self._forget(done, keys))

    def busy(self, key: str) -> bool:
        """Tell whether work is under way for a key."""
        return key in self._last

    async def finish(self, seconds: float) -> None:
        """Wait for what is under way, at most so long."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in self._running:
            task.cancel()

    def _forget(self, done: asyncio.Task[None], keys: Sequence[str]) -> None:
        self._running.discard(done)
        for key in keys:
            if self._last.get(key) is done:
                del self._last[key]

    async def _run(self, before: list[asyncio.Task[None]], work: Work, name: str) -> None:
        if before:
            await asyncio.wait(before)
        wait = FIRST_WAIT
        while True:
            try:
                async with self._room:
                    await work()
            except DATABASE_AWAY as error:
                log.warning("chain.again", work=name, error=str(error), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            except Exception:
                # The edge of the engine: one broken piece of work must not stop the others.
                log.exception("chain.failed", work=name)
            return
