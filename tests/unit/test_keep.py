"""Parts of the product are kept running, and stop with us."""

from __future__ import annotations

import asyncio

from goodterms.app.keep import keep


class FlakyPart:
    """Ends by itself a number of times, then runs until it is stopped."""

    def __init__(self, ends: int) -> None:
        self.ends = ends
        self.starts = 0
        self.stopped = False
        self.steady = asyncio.Event()
        self._stop = asyncio.Event()

    async def start(self) -> None:
        self.starts += 1

    async def stop(self) -> None:
        self.stopped = True
        self._stop.set()

    async def wait(self) -> int:
        if self.starts <= self.ends:
            return 1
        self.steady.set()
        await self._stop.wait()
        return 0


async def test_a_part_that_ends_is_started_again() -> None:
    """Two failures lead to a third start, each told; cancelling stops the part."""
    part, told = FlakyPart(ends=2), list[str]()
    task = asyncio.create_task(keep("flaky", part, told.append))
    async with asyncio.timeout(5):
        await part.steady.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert part.stopped
    assert told == [
        "flaky ended with status 1; starting it again in 0.2 s",
        "flaky ended with status 1; starting it again in 0.4 s",
    ]


async def test_a_part_that_runs_already_is_not_started_twice() -> None:
    """A part the caller has started is only watched."""
    part = FlakyPart(ends=-1)
    task = asyncio.create_task(keep("steady", part, print, started=True))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert part.starts == 0
    assert part.stopped


class StubbornPart(FlakyPart):
    """Cannot be started the first time."""

    async def start(self) -> None:
        await super().start()
        if self.starts == 1:
            raise OSError("the port is taken")


async def test_a_part_that_cannot_be_started_is_tried_again() -> None:
    """A start that fails is told and tried again, not given up in silence."""
    part, told = StubbornPart(ends=1), list[str]()
    task = asyncio.create_task(keep("stubborn", part, told.append))
    async with asyncio.timeout(5):
        await part.steady.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert told == ["stubborn could not be started (the port is taken); starting it again in 0.2 s"]
