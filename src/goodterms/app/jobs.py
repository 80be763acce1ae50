"""Background jobs on procrastinate, enqueued on our connection, in our transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import procrastinate

from goodterms.kit.sql import Connection

Handler = Callable[..., Awaitable[object]]


class Jobs:
    """The queue of one database; open it with ``async with``."""

    def __init__(self, url: str) -> None:
        connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
        self.app = procrastinate.App(connector=connector)

    async def __aenter__(self) -> Self:
        await self.app.open_async()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.app.close_async()

    async def enqueue(self, conn: Connection, name: str, args: dict[str, Any]) -> None:
        """Enqueue a job in the caller's transaction: it runs if and only if that commits."""
        await self.app.configure_task(name, connection=conn).defer_async(**args)

    def register(self, name: str, handler: Handler, *, tries: int = 5) -> None:
        """Let this process run jobs of a name; a failed one is tried again, ever later."""
        retry = procrastinate.RetryStrategy(max_attempts=tries, exponential_wait=2)

        async def task(**args: Any) -> None:
            await handler(**args)

        self.app.task(name=name, retry=retry)(task)

    async def work(self, *, concurrency: int = 8) -> None:
        """Run jobs until cancelled; wakes at once when one is enqueued."""
        await self.app.run_worker_async(
            concurrency=concurrency,
            install_signal_handlers=False,
            shutdown_graceful_timeout=5.0,
            fetch_job_polling_interval=2.0,
            delete_jobs="successful",
        )

    async def rescue(self) -> int:
        """Give jobs of workers that died back to the queue; return how many there were."""
        stalled = list(await self.app.job_manager.get_stalled_jobs())
        for job in stalled:
            await self.app.job_manager.retry_job(job)
        return len(stalled)
