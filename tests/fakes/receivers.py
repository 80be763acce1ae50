"""Receivers and hosts that misbehave as told: a small ASGI application for loopback servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook


class Receiver:
    """Takes signed messages; ``status`` and ``delay`` say how it answers."""

    def __init__(self) -> None:
        self.status = 204
        self.delay = 0.0
        self.heard: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.raw: list[tuple[bytes, dict[str, str]]] = []
        self.app = FastAPI()
        self.app.add_api_route("/hook", self._take, methods=["POST"])

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        await asyncio.sleep(self.delay)
        if self.status < 300:
            self.heard.append(json.loads(body))
            self.ids.append(request.headers["webhook-id"])
        self.raw.append((body, dict(request.headers)))
        headers = {"location": "http://127.0.0.1:1/"} if 300 <= self.status < 400 else {}
        return Response(status_code=self.status, headers=headers)

    @property
    def kinds(self) -> list[str]:
        """The kinds heard, in order."""
        return [message["type"] for message in self.heard]


class OddHost:
    """A host that answers ``/ask`` in any way a test wants."""

    def __init__(self, secret: str, answer: Callable[[Any], Any]) -> None:
        self.secret = secret
        self.answer = answer
        self.delay = 0.0
        self.app = FastAPI()
        self.app.add_api_route("/ask", self._ask, methods=["POST"])

    async def _ask(self, request: Request) -> Response:
        question = json.loads(await request.body())
        await asyncio.sleep(self.delay)
        text = json.dumps(self.answer(question))
        now, message_id = datetime.now(UTC), request.headers["webhook-id"]  # noqa: TID251 - a peer
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, now, text),
        }
        return Response(text, headers=headers)
