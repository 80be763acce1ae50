"""How a lower domain tells an upper one: events handled inside the same transaction.

A publisher knows nobody; the composition root subscribes. Handlers run in the publisher's
transaction, so that what follows from a fact commits with it or not at all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from goodterms.kit.sql import Connection

T = TypeVar("T")
Handler = Callable[[Connection, T], Awaitable[None]]


class Bus:
    """Hands each published event to the handlers of its type, in order of subscription."""

    def __init__(self) -> None:
        self._handlers: dict[type[Any], list[Handler[Any]]] = {}

    def subscribe(self, kind: type[T], handler: Handler[T]) -> None:
        """Call ``handler(conn, event)`` for every event of exactly this type."""
        self._handlers.setdefault(kind, []).append(handler)

    async def publish(self, conn: Connection, event: object) -> None:
        """Run the handlers of the event's type in the caller's transaction; errors abort it."""
        for handler in self._handlers.get(type(event), ()):
            await handler(conn, event)
