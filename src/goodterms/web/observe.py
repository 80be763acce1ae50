"""What operators see of requests: a log without personal data, and Prometheus metrics."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from goodterms.kit.clock import Clock
from goodterms.kit.ids import new_id
from goodterms.web.context import Web, route_of, web_of
from goodterms.web.errors import Problem, answer

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

REQUESTS = Counter("goodterms_http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("goodterms_http_seconds", "Seconds to the first byte.", ["method", "route"])
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")


class Observer:
    """Logs and counts each request by its route, never by its address or query.

    An error nobody foresaw is logged with an id, and the answer names that id and nothing else.
    """

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, first, status = perf_counter(), 0.0, 0

        async def send_observed(message: Message) -> None:
            nonlocal first, status
            if message["type"] == "http.response.start":
                first, status = perf_counter() - started, message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_observed)
        except Exception:  # the edge of the process: whatever it was, the client gets an answer
            reference = new_id("err", self._clock.now())
            log.exception("request.failed", reference=reference, route=route_of(scope))
            if not status:
                response = _failed(scope, reference)
                await response(scope, receive, send_observed)
        finally:
            _note(scope, status, first)


def _failed(scope: Scope, reference: str) -> Response:
    problem = Problem(
        500, "FAULT", "This is our fault. Tell the operator the reference.", reference=reference
    )
    return answer(Request(scope), problem)


def _note(scope: Scope, status: int, seconds: float) -> None:
    method, route = scope["method"], route_of(scope)
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)
    if not scope["path"].startswith(_QUIET):
        log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


@router.get("/healthz")
async def healthy() -> PlainTextResponse:
    """Say that the process runs."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def ready(web: Annotated[Web, Depends(web_of)]) -> PlainTextResponse:
    """Say that the database answers too; 503 when it does not."""
    async with web.pool.connection(timeout=2) as conn:
        await web.pool.check_connection(conn)
    return PlainTextResponse("ready\n")


@router.get("/metrics")
async def metrics() -> Response:
    """Give Prometheus what was counted in this process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
