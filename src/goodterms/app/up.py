"""Everything on one machine: engines started, our processes kept running, all stopped together."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rich.console import Console

from goodterms.adapters.postgres.migrations import migrate
from goodterms.app.embedded import Engines, OwnProcess
from goodterms.app.keep import Part, Say, keep, unless_stopped
from goodterms.app.processors import sandbox_secret
from goodterms.app.settings import SettingError, Settings

PROCESSES = ("web", "engine", "worker")


def port_must_be_free(host: str, port: int) -> None:
    """Refuse to start where somebody else already listens.

    Raises:
        SettingError: the port is taken; says how to choose another.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingError(
                f"Port {port} at {host} cannot be used ({error.strerror}): stop the program that "
                "listens there, or set GOODTERMS_PORT."
            ) from error


@asynccontextmanager
async def kept(
    parts: Sequence[tuple[str, Part]], say: Say, *, started: bool
) -> AsyncIterator[None]:
    """Keep parts running for the duration of the block; stop them, last first, on leaving."""
    tasks = [
        asyncio.create_task(keep(name, part, say, started=started), name=name)
        for name, part in parts
    ]
    try:
        yield
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def own_processes(engines: Engines, extra: dict[str, str] | None = None) -> list[tuple[str, Part]]:
    """Return web, engine and worker as parts that find the engines by their environment."""
    environment = engines.environment() | (extra or {})
    logs = engines.settings.home / "log"
    names: tuple[str, ...] = PROCESSES
    if engines.settings.processor == "sandbox":
        names = ("sandbox", *names)
        environment["GOODTERMS_SANDBOX_SECRET"] = sandbox_secret(engines.settings)
    return [(name, OwnProcess(name, environment, logs / f"{name}.log")) for name in names]


async def up_until_stopped(settings: Settings, console: Console) -> int:
    """Run the product until Ctrl-C or SIGTERM; return the exit code."""
    port_must_be_free(settings.host, settings.port)
    await unless_stopped(_up(settings, console))
    return 0


async def _up(settings: Settings, console: Console) -> None:
    engines = Engines(settings)

    def say(text: str) -> None:
        console.print(text, highlight=False)

    try:
        say("Starting PostgreSQL …")
        url = await engines.start_postgres()
        done = await asyncio.to_thread(migrate, url)
        say(f"Schema is up to date ({len(done.applied)} migrations applied now).")
        say("Starting Asterisk …")
        await engines.start_asterisk()
        async with (
            kept(engines.parts(), say, started=True),
            kept(own_processes(engines), say, started=False),
        ):
            say(f"goodterms is at {settings.url} — Ctrl-C stops everything.")
            await asyncio.Event().wait()  # until cancelled
    finally:
        say("Stopping …")
        await asyncio.shield(engines.stop())
