"""What happened, as a stream in which nothing is ever skipped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent

from goodterms.access.model import Actor, Scope
from goodterms.integration.model import Event
from goodterms.kit import plainjson
from goodterms.kit.wake import Topic
from goodterms.web.api.bodies import CursorText, Limit
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Events"])

Reading = Annotated[Actor, Depends(key_for(Scope.EVENTS_READ))]
Services = Annotated[Web, Depends(web_of)]
Kinds = Annotated[list[str] | None, Query(max_length=50, description="Only these kinds.")]
_LOOK_EVERY_SECONDS = 1.0
_PART = 200


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order; hand ``next`` back as ``after`` to go on, also when the page is empty."""

    events: list[Event]
    next: str | None


@router.get("/events")
async def events(
    web: Services,
    _: Reading,
    *,
    after: CursorText = None,
    kind: Kinds = None,
    limit: Limit = 100,
) -> EventPage:
    """Read what happened after a cursor, oldest first.

    The order is that of transactions: an event never appears before a cursor already given out.
    """
    async with web.pool.connection() as conn:
        found = await web.integration.events(conn, after=after, kinds=_plain(kind), limit=limit)
    return EventPage(found, found[-1].cursor if found else after)


@router.get("/events/stream", response_class=EventSourceResponse)
async def stream(
    web: Services,
    _: Reading,
    *,
    after: CursorText = None,
    kind: Kinds = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Follow what happens as server-sent events; `Last-Event-ID` goes on where it broke off."""
    place = last_event_id or after
    async with web.pool.connection() as conn:  # an unusable cursor is refused before it begins
        await web.integration.events(conn, after=place, kinds=None, limit=1)
    return EventSourceResponse(_follow(web, place, _plain(kind)), ping=15)


async def _follow(
    web: Web, place: str | None, kinds: list[str] | None
) -> AsyncIterator[ServerSentEvent]:
    with web.hub.subscribed([Topic.EVENT]) as subscription:
        while True:
            # Looks every second too: a wake-up may come before older transactions have ended.
            await subscription.next(within=_LOOK_EVERY_SECONDS)
            while True:
                async with web.pool.connection() as conn:
                    found = await web.integration.events(
                        conn, after=place, kinds=kinds, limit=_PART
                    )
                for event in found:
                    place = event.cursor
                    yield ServerSentEvent(
                        data=plainjson.dumps(event), event=event.kind, id=event.cursor
                    )
                if len(found) < _PART:
                    break


def _plain(kinds: list[str] | None) -> list[str] | None:
    return [kind.replace("\0", "") for kind in kinds] if kinds else None
