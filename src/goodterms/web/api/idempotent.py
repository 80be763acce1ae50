"""A POST repeated with the same Idempotency-Key does nothing and gets the first answer again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from goodterms.web.api.keys import authenticate
from goodterms.web.context import web_of

HEADER = "Idempotency-Key"
_SUCCESS = range(200, 300)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class IdempotentRoute(APIRoute):
    """Remembers the successful answers of POSTs that carry a key; errors can be sent again."""

    def get_route_handler(self) -> Handler:
        """Wrap the route's own handler."""
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method != "POST":
                return await original(request)
            return await _once(request, key, original)

        return handle


async def _once(request: Request, key: str, original: Handler) -> Response:
    web, actor = web_of(request), await authenticate(request)
    text = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    digest = hashlib.sha256(text + await request.body()).hexdigest()
    before = await web.integration.begin_request(actor.name, key, digest, now=web.clock.now())
    if before is not None:
        headers = {"Idempotency-Replayed": "true"}
        return JSONResponse(before.body, status_code=before.status, headers=headers)
    done = False
    try:
        response = await original(request)
        if response.status_code in _SUCCESS:
            body = json.loads(bytes(response.body))
            await web.integration.end_request(actor.name, key, response.status_code, body)
            done = True
        return response
    finally:
        if not done:
            await web.integration.forget_request(actor.name, key)
