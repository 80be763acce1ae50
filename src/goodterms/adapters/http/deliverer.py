"""Signed messages to webhooks and hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Self

import httpx

from goodterms.adapters.http.signing import signed_headers
from goodterms.kit import plainjson
from goodterms.kit.clock import Clock

TIMEOUT_SECONDS = 10.0


class HttpDeliverer:
    """Implements ``integration.ports.Deliverer``; close it with ``async with``."""

    def __init__(self, clock: Clock, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._clock = clock
        self._timeout = timeout_seconds
        # A receiver cannot send us elsewhere: redirects count as failures.
        self._client = httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def deliver(
        self, url: str, secret: str, message_id: str, body: Mapping[str, Any]
    ) -> int | str:
        """Return the status, or a short text saying why there is none; never raises."""
        text = plainjson.dumps(body)
        headers = signed_headers(secret, message_id, text, self._clock.now())
        try:
            async with asyncio.timeout(self._timeout):
                async with self._client.stream(
                    "POST", url, content=text, headers=headers
                ) as answer:
                    return answer.status_code
        except TimeoutError:
            return f"no answer within {self._timeout:g} s"
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        except (ValueError, OSError) as error:
            return str(error) or type(error).__name__
