"""The embedded PostgreSQL lives, crashes and comes back as its callers rely on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from goodterms.adapters.postgres.embedded import EmbeddedPostgres, PostgresError

pytestmark = pytest.mark.postgres


async def test_what_is_committed_survives_a_kill(tmp_path: Path) -> None:
    """After kill -9 the next start recovers every committed row, at the same address."""
    server = EmbeddedPostgres(tmp_path / "pg")
    url = await server.start()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("CREATE TABLE kept (id int)")
        await connection.execute("INSERT INTO kept VALUES (1), (2)")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert await server.wait() == -signal.SIGKILL
    assert await server.start() == url
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute("SELECT count(*), current_setting('fsync') FROM kept")
        assert await found.fetchone() == (2, "on")
    await server.stop()
    assert server.pid is None


async def test_a_lock_left_by_a_crash_does_not_mislead(tmp_path: Path) -> None:
    """A stale lock file whose process number now belongs to somebody else is forgotten."""
    server = EmbeddedPostgres(tmp_path / "pg", fast=True)
    await server.start()
    await server.stop()
    lock = tmp_path / "pg" / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{tmp_path}\n")
    await server.start()
    await server.stop()


async def test_an_interrupted_creation_is_begun_anew(tmp_path: Path) -> None:
    """What a killed first start left behind does not stop the next one."""
    (tmp_path / "pg" / "data.new" / "base").mkdir(parents=True)
    async with EmbeddedPostgres(tmp_path / "pg", fast=True) as server:
        assert server.pid is not None


async def test_a_deep_folder_is_no_obstacle(tmp_path: Path) -> None:
    """A path too long for a socket's address still gives a working server."""
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    async with (
        EmbeddedPostgres(deep, fast=True) as server,
        await psycopg.AsyncConnection.connect(server.url) as connection,
    ):
        await connection.execute("SELECT 1")


async def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    """Data written by another major version is named, with the remedy, and left alone."""
    (tmp_path / "pg" / "data").mkdir(parents=True)
    (tmp_path / "pg" / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresError, match=r"PostgreSQL 16.*dump it"):
        await EmbeddedPostgres(tmp_path / "pg").start()


async def test_it_never_outlives_its_parent(tmp_path: Path) -> None:
    """When the process that started it is killed, the server shuts down by itself."""
    program = (
        "import asyncio, sys, time; from pathlib import Path;"
        "from goodterms.adapters.postgres.embedded import EmbeddedPostgres as E;"
        "s = E(Path(sys.argv[1]), fast=True);"
        "l = asyncio.new_event_loop(); l.run_until_complete(s.start());"
        "print(s.pid, flush=True); time.sleep(60)"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path / "pg"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(10):
        while _runs(pid):  # noqa: ASYNC110 - nothing tells us but the kernel
            await asyncio.sleep(0.02)


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
