"""The database a command line works on: the given one, the running one, or one started for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from goodterms.adapters.postgres.embedded import EmbeddedPostgres
from goodterms.app.settings import Settings


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """Give the URL of the database for the duration of the block.

    That is GOODTERMS_DATABASE_URL, or the embedded server if it runs already; otherwise the
    embedded server is started and stopped again.
    """
    if settings.database_url:
        async with await psycopg.AsyncConnection.connect(settings.database_url, connect_timeout=5):
            pass  # a pool would try for half a minute before it says that nobody is there
        yield settings.database_url
        return
    embedded = EmbeddedPostgres(settings.home / "postgres")
    if await _runs(embedded.url):
        yield embedded.url
        return
    async with embedded:
        yield embedded.url


async def _runs(url: str) -> bool:
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
