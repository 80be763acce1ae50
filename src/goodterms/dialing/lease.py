"""One engine per node: an advisory lock on a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import structlog

from goodterms.kit.sql import DATABASE_AWAY, Connection, connect, queries

log = structlog.get_logger(__name__)
_SQL = queries(__file__)
CHECK_SECONDS = 1.0
GIVE_UP_SECONDS = 10.0


class LeaseLostError(Exception):
    """Another engine owns the node now: this one must stop."""


class Lease:
    """The right to run a node. ``take`` waits for it, ``keep`` watches over it."""

    def __init__(self, url: str, node: str) -> None:
        self._url = url
        self._node = node
        self._conn: Connection | None = None

    async def take(self) -> None:
        """Wait until this process owns the node."""
        told = False
        while not await self._try():
            if not told:
                log.info("lease.waiting", node=self._node)
                told = True
            await asyncio.sleep(CHECK_SECONDS)
        log.info("lease.taken", node=self._node)

    async def keep(self) -> None:
        """Watch the lease; take it again after the database was away.

        Raises:
            LeaseLostError: another engine took the node meanwhile.
        """
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            if await self._held():
                continue
            await self.give_back()
            self._conn = await self._reach()  # however long the database is away
            try:
                async with asyncio.timeout(GIVE_UP_SECONDS):
                    await self._again()
            except TimeoutError:
                raise LeaseLostError(
                    f"Another engine runs node {self._node} now; this one stops."
                ) from None

    async def give_back(self) -> None:
        """Let another engine have the node."""
        if self._conn is not None:
            await self._conn.close()
            self._conn = None

    async def _again(self) -> None:
        # A dead connection of ours may hold the lock for a moment longer.
        while not await self._try():  # noqa: ASYNC110 - the lock is another process's, no Event
            await asyncio.sleep(CHECK_SECONDS / 2)

    async def _held(self) -> bool:
        if self._conn is None:
            return False
        try:
            return bool((await _row(self._conn, "keep_lease", {}))["held"])
        except DATABASE_AWAY as error:
            log.warning("lease.connection_lost", node=self._node, error=str(error))
            return False

    async def _try(self) -> bool:
        try:
            if self._conn is None or self._conn.closed:
                self._conn = await self._reach()
            held = bool((await _row(self._conn, "take_lease", {"node": self._node}))["held"])
        except DATABASE_AWAY:
            held = False
        if not held:
            await self.give_back()
        return held

    async def _reach(self) -> Connection:
        while True:  # a database that is away decides nothing, neither for us nor for another
            with contextlib.suppress(*DATABASE_AWAY):
                return await connect(self._url, name=f"goodterms-lease-{self._node}")
            await asyncio.sleep(CHECK_SECONDS / 2)


async def _row(conn: Connection, query: str, values: Mapping[str, Any]) -> dict[str, Any]:
    row = await (await conn.execute(_SQL[query], values)).fetchone()
    assert row is not None  # these queries always return one
    return row
