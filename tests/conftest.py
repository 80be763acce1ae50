"""What all tests share: real PostgreSQL for those that ask for it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from goodterms.adapters.postgres.embedded import EmbeddedPostgres
from goodterms.adapters.postgres.migrations import migrate
from goodterms.kit.sql import Pool, make_pool


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Run one PostgreSQL for the session (or use GOODTERMS_TEST_DATABASE_URL); give its URL."""
    given = os.environ.get("GOODTERMS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="goodterms-pg-") as folder,
        asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner,
    ):
        server = EmbeddedPostgres(Path(folder), fast=True)
        yield runner.run(server.start())
        runner.run(server.stop())


def _with_database(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return head.rsplit("/", 1)[0] + "/" + name + ("?" + query if query else "")


@pytest.fixture(scope="session")
def template_database(postgres_server: str) -> str:
    """Migrate one database that every test's own is copied from."""
    name = f"template_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}")
    migrate(_with_database(postgres_server, name))
    return name


@contextmanager
def _own_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _with_database(server, name)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    """Give a fresh, migrated database of this test's own."""
    with _own_database(postgres_server, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    """Give a fresh, migrated database that the tests of one module share."""
    with _own_database(postgres_server, template_database) as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Give an open pool on this test's own database."""
    async with make_pool(database_url, size=6) as opened:
        yield opened
