"""What stands before every route: headers, body size, rate limits."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from goodterms.web.context import WebSettings
from goodterms.web.errors import Problem, answer
from goodterms.web.shell import content_security_policy

UPLOADS = ("/studio/import", "/import", "/accounts/import")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), microphone=(self)",
}
_HSTS = "max-age=31536000; includeSubDomains"


class Shield:
    """Adds the security headers with a fresh nonce, and stops bodies that are too large."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["csp_nonce"] = nonce

        async def send_shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._shield(MutableHeaders(scope=message), scope, nonce)
            await send(message)

        limited = _Limited(receive, self._most(scope["path"]))
        await self._app(scope, limited, send_shielded)

    def _shield(self, headers: MutableHeaders, scope: Scope, nonce: str) -> None:
        policy = content_security_policy(
            nonce, self._settings.phone_origin, self._settings.pay_origins
        )
        headers.setdefault("Content-Security-Policy", policy)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if self._settings.secure:
            headers.setdefault("Strict-Transport-Security", _HSTS)
        if not scope["path"].startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        elif scope["query_string"].startswith(b"v="):  # the address changes with the content
            headers.setdefault("Cache-Control", "public, max-age=31536000, immutable")

    def _most(self, path: str) -> int:
        settings = self._settings
        return settings.upload_bytes if path.startswith(UPLOADS) else settings.body_bytes


class _Limited:
    """A request body that ends with an error when it is larger than allowed."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise HTTPException(413, "The request is too large.")
        return message


class Throttle:
    """Takes only so many requests a minute; see ``Limits``."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        limits = settings.limits
        self._groups = (
            ("/sign-in", limits.sign_in),
            ("/demo/sign-in", limits.sign_in),
            ("/api/", limits.api),
            ("/webhooks/", limits.webhook),
            ("/pay/", limits.public),
            ("/portal", limits.public),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            request = Request(scope)
            for prefix, most in self._groups:
                if not request.url.path.startswith(prefix):
                    continue
                item = RateLimitItemPerMinute(most)
                if await self._limiter.hit(item, prefix, _who(request, prefix)):
                    break
                problem = Problem(429, "TOO_MANY_REQUESTS", "Too many requests in a minute.")
                response = answer(request, problem, {"Retry-After": "30"})
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _who(request: Request, prefix: str) -> str:
    if prefix == "/api/":
        # The public part of a key; a made-up one gets a window of its own and then a refusal.
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if key.startswith("gt_"):
            return "_".join(key.split("_")[:2])
    return request.client.host if request.client else "unknown"


def same_origin(request: Request, url: str) -> bool:
    """Tell whether an unsafe request comes from our own pages, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc in (request.headers.get("host"), urlsplit(url).netloc)
