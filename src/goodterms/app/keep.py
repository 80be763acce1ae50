"""Keeping a part of the product running: started, watched, started again, stopped with us."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

Say = Callable[[str], None]
T = TypeVar("T")

STOPPED = 130
"""Exit code of a command that was stopped by Ctrl-C."""

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0


class Part(Protocol):
    """Something that runs apart from us: Asterisk, PostgreSQL, a process of ours."""

    async def start(self) -> object:
        """Start it, or start it again after it ended."""
        ...

    async def stop(self) -> None:
        """End it and leave nothing behind."""
        ...

    async def wait(self) -> int:
        """Wait until it ended by itself; return its exit status."""
        ...


async def keep(name: str, part: Part, say: Say, *, started: bool = False) -> None:
    """Run a part until cancelled; start it again when it ends, ever slower while it keeps failing.

    ``started`` tells that the caller has started it already. Cancelling stops the part.
    """
    pause = FIRST_PAUSE_SECONDS
    loop = asyncio.get_running_loop()
    try:
        while True:
            since = loop.time()
            try:
                if not started:
                    await part.start()
                started = False
                ended = f"ended with status {await part.wait()}"
            except Exception as error:  # noqa: BLE001 - whatever is wrong now may not be next time
                ended = f"could not be started ({error})"
            pause = FIRST_PAUSE_SECONDS if loop.time() - since > STEADY_SECONDS else pause
            say(f"{name} {ended}; starting it again in {pause:.1f} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
    finally:
        await asyncio.shield(part.stop())


def stop_on_signals() -> asyncio.Event:
    """Return an event that is set by Ctrl-C or SIGTERM."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked.set)
    return asked


async def unless_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """Do some work; Ctrl-C or SIGTERM cancels it at whatever step it is, and gives None."""
    asked = asyncio.create_task(stop_on_signals().wait())
    working = asyncio.create_task(work)
    await asyncio.wait([asked, working], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if working.done():
        return working.result()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return None
