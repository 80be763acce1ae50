"""Background jobs are part of the transaction that enqueues them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from goodterms.adapters.postgres.migrations import migrate
from goodterms.app.jobs import Jobs
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres


class ChangedMindError(Exception):
    """Rolls a transaction back."""


async def test_a_job_runs_only_if_its_transaction_commits(database_url: str, pool: Pool) -> None:
    """Of two jobs, the one whose transaction rolled back never runs; the other does at once."""
    migrate(database_url)
    ran: list[str] = []
    done = asyncio.Event()

    async def note(word: str) -> None:
        ran.append(word)
        done.set()

    async with Jobs(database_url) as jobs:
        jobs.register("test.note", note)
        with suppress(ChangedMindError):
            async with transaction(pool) as conn:
                await jobs.enqueue(conn, "test.note", {"word": "rolled back"})
                raise ChangedMindError
        working = asyncio.create_task(jobs.work())
        async with transaction(pool) as conn:
            await jobs.enqueue(conn, "test.note", {"word": "committed"})
        async with asyncio.timeout(20):
            await done.wait()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert ran == ["committed"]
