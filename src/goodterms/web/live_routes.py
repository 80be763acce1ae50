"""The one live stream of the staff pages: small facts; only an agent's own call names anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sse_starlette import ServerSentEvent

from goodterms.access.model import Role
from goodterms.kit import plainjson
from goodterms.kit.wake import Topic, Wake
from goodterms.reporting.model import Screen
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.sessions import signed_in, still_signed_in

router = APIRouter(include_in_schema=False)

# What a wake-up is called on the stream. Whoever hears one reads the part anew.
_NAMES = {
    Topic.ATTEMPT: ("attempt", "floor"),
    Topic.AGENT: ("floor",),
    Topic.CAMPAIGN: ("campaign", "floor"),
    Topic.PAYMENT: ("payment", "floor"),
    Topic.HOLD: ("hold",),
    Topic.IMPORT: ("import",),
    Topic.EVENT: ("event",),
}
_ALL = frozenset({Topic.RESYNC, *_NAMES})
_HELD = "held"


@router.get("/live")
async def live(
    request: Request,
    web: Annotated[Web, Depends(web_of)],
    signed: Annotated[Signed, Depends(signed_in())],
) -> Response:
    """Stream what has changed to one open page."""
    stream = Stream(web, signed)
    return web.hub.stream(_ALL, stream.render, alive=lambda: still_signed_in(request))


class Stream:
    """What one page has been told; agents are also told of their own call."""

    def __init__(self, web: Web, signed: Signed) -> None:
        self._web = web
        self._person_id = signed.person.id
        self._at_desk = Role.AGENT in signed.person.roles
        self._call: dict[str, str | None] | None = None
        self._consumer_id: int | None = None

    async def render(self, news: frozenset[Wake]) -> Iterable[ServerSentEvent]:
        """Give the events for some wake-ups."""
        events = [event for event in _facts(news) if event is not None]
        if Wake(Topic.AGENT, str(self._person_id)) in news:
            events.append(_event("agent", {}))
        if self._at_desk and self._concerns(news):
            events += await self._desk()
        return events

    def _concerns(self, news: frozenset[Wake]) -> bool:
        """Tell whether the desk may look different now."""
        mine = {
            Wake(Topic.RESYNC),
            Wake(Topic.AGENT, str(self._person_id)),
            Wake(Topic.EVENT, str(self._consumer_id)),
            Wake(Topic.HOLD, str(self._consumer_id)),
            Wake(Topic.ATTEMPT, self._call["attempt"] if self._call else None),
        }
        return bool(mine & news)

    async def _desk(self) -> list[ServerSentEvent]:
        async with self._web.pool.connection() as conn:
            screen = await self._web.reporting.screen(conn, self._person_id)
            name = ""
            if screen is not None:
                name = (await self._web.accounts.consumer(conn, screen.consumer_id)).name
        self._consumer_id = screen.consumer_id if screen else None
        events = [_event("desk", {})]
        told = _call(screen, name)
        if told is None and self._call is not None:
            told = {**self._call, "phase": "ended"}
        if told is not None and told != self._call:
            events.append(_event("call", told))
        self._call = None if told is None or told["phase"] == "ended" else told
        return events


def _call(screen: Screen | None, name: str) -> dict[str, str | None] | None:
    """Say how the call looks to the telephone; one that is over is none."""
    if screen is None or screen.ended_at is not None:
        return None
    return {
        "phase": "held" if screen.phase == _HELD else "connected",
        "attempt": screen.attempt_id,
        "who": name,
        "why": screen.campaign_name,
        "since": screen.bridged_at.isoformat() if screen.bridged_at else None,
        "direction": "out",
    }


def _facts(news: frozenset[Wake]) -> Iterable[ServerSentEvent | None]:
    """Give each kind of change once, and each person something happened to."""
    told = {name for wake in news for name in _NAMES.get(wake.topic, ())}
    yield from (_event(name, {}) for name in sorted(told))
    people = {w.id for w in news if w.topic in (Topic.EVENT, Topic.HOLD) and w.id is not None}
    yield from (_event("account", {"consumer": int(one)}) for one in sorted(people))


def _event(name: str, data: Mapping[str, object]) -> ServerSentEvent:
    return ServerSentEvent(plainjson.dumps(data), event=name)
