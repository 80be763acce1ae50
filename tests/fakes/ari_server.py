"""An ARI that says what a test wants it to say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve

Answer = Callable[[dict[str, Any]], str | None]


def ordinary(request: dict[str, Any]) -> str:
    """Accept everything; lists are empty."""
    body = "[]" if request["method"] == "GET" else None
    return reply(request, 200, body)


def reply(request: dict[str, Any], status: int, body: str | None = None) -> str:
    """A reply to a request as Asterisk would put it."""
    return json.dumps(
        {
            "type": "RESTResponse",
            "request_id": request["request_id"],
            "status_code": status,
            "reason_phrase": "so it says",
            "message_body": body,
        }
    )


class AriServer:
    """Serves one WebSocket after another; ``answer`` may be changed at any time."""

    def __init__(self) -> None:
        self.answer: Answer = ordinary
        self.connections: list[ServerConnection] = []
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._speak, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Root of the ARI."""
        assert self._server is not None
        port = next(iter(self._server.sockets)).getsockname()[1]
        return f"http://127.0.0.1:{port}/ari"

    async def say(self, text: str) -> None:
        """Send a text on the latest connection."""
        await self.connections[-1].send(text)

    async def _speak(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        async for text in connection:
            request = json.loads(text)
            answer = self.answer(request)
            if answer is not None:
                await connection.send(answer)
