"""Real HTTP servers on loopback, each in a thread of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from goodterms.kit.sql import Pool


class WithPool:
    """An application whose pool lives in the server's own event loop."""

    def __init__(self, app: ASGIApp, pool: Pool) -> None:
        self._app = app
        self._pool = pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        async with self._pool:
            await self._app(scope, receive, send)


@contextmanager
def serve(app: Any, *, lifespan: Literal["on", "off"] = "off", port: int = 0) -> Iterator[str]:
    """Serve an ASGI application while the block runs; gives its address."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
        config = uvicorn.Config(
            app, log_level="critical", lifespan=lifespan, ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(5)
