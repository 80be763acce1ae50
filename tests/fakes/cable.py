"""A cable between two programs that can be pulled out and put back."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self


class Cable:
    """Carries TCP connections to a port on this machine until it is cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._whole = True
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        assert self._server is not None
        self._server.close()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._whole = False
        for writer in list(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        """Carry connections again."""
        self._whole = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._whole:
                there_reader, there_writer = await asyncio.open_connection(
                    "127.0.0.1", self._target
                )
                self._writers.add(there_writer)
                await asyncio.gather(
                    self._copy(reader, there_writer), self._copy(there_reader, writer)
                )
        except OSError:
            pass
        finally:
            writer.transport.abort()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        self._writers.discard(target)
        target.transport.abort()
