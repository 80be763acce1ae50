"""The live floor: one page, and the stream that keeps it true."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from goodterms.access.model import Role
from goodterms.kit.wake import Topic
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.floor.view import ABANDON_BUDGET, Floor, FloorReader
from goodterms.web.live import HEARTBEAT_SECONDS
from goodterms.web.pages import page, render
from goodterms.web.sessions import signed_in, still_signed_in

TOPICS = (Topic.ATTEMPT, Topic.AGENT, Topic.CAMPAIGN, Topic.PAYMENT, Topic.EVENT, Topic.DUE)
EVERY_SECONDS = 0.5
QUIET_SECONDS = 2.0

router = APIRouter(include_in_schema=False)
Watching = Annotated[Signed, Depends(signed_in(Role.SUPERVISOR, Role.MANAGER))]


def reader_of(request: Request) -> FloorReader:
    """Return this process' reader of the floor; made when the floor is first asked for."""
    state = request.app.state
    if not hasattr(state, "floor"):
        state.floor = FloorReader(web_of(request), asyncio.get_running_loop().time)
    found: FloorReader = state.floor
    return found


@router.get("/floor")
async def floor(request: Request, _: Watching) -> Response:
    """Show the floor as it is now; the stream takes over from there."""
    shown = await reader_of(request).read()
    return page(request, "floor/floor.html", **_context(shown))


@router.get("/floor/live")
async def floor_live(
    request: Request, web: Annotated[Web, Depends(web_of)], _: Watching
) -> EventSourceResponse:
    """Stream the parts of the floor that changed, at most twice a second."""
    return EventSourceResponse(_events(request, web), ping=int(HEARTBEAT_SECONDS))


async def _events(request: Request, web: Web) -> AsyncIterator[ServerSentEvent]:
    reader, sent = reader_of(request), dict[str, object]()
    loop = asyncio.get_running_loop()
    asked = loop.time()
    with web.hub.subscribed(TOPICS) as subscription:
        while True:
            # Refusals wake nobody, so the floor also looks by itself.
            await subscription.next(within=QUIET_SECONDS)
            if loop.time() - asked >= HEARTBEAT_SECONDS:
                if not await still_signed_in(request):
                    return
                asked = loop.time()
            for event in changes(request, await reader.read(), sent):
                yield event
            await asyncio.sleep(EVERY_SECONDS)


def changes(request: Request, shown: Floor, sent: dict[str, object]) -> Iterator[ServerSentEvent]:
    """Give an event for each part of the floor that differs from what was ``sent``."""
    for name, template, value, context in _parts(shown):
        if name not in sent or sent[name] != value:
            sent[name] = value
            html = render(request, template, **{**_context(shown), **context})
            yield ServerSentEvent(html, event=name)


def _parts(shown: Floor) -> Iterator[tuple[str, str, object, dict[str, Any]]]:
    f = shown.figures
    numbers = (
        dict(f.agents), dict(f.phases), f.placed, f.answered, f.connected, f.abandoned,
        f.promises, f.payments, dict(f.money), shown.trend,
    )  # fmt: skip
    yield "figures", "floor/_figures.html", numbers, {}
    yield "agents", "floor/_agents.html", shown.agents, {}
    yield "decisions", "floor/_decisions.html", shown.decisions, {}
    yield "refusals", "floor/_refusals.html", shown.refusals, {}
    ids = tuple(row.id for row in shown.campaigns)
    yield "campaigns", "floor/_campaigns.html", ids, {}
    for row in shown.campaigns:
        yield f"campaign-{row.id}", "floor/_campaign.html", row, {"row": row}
        settings = (row.name, row.state, row.max_concurrent, row.max_per_second)
        controls = f"campaign-{row.id}-controls"
        yield controls, "floor/_controls.html", settings, {"row": row}


def _context(shown: Floor) -> dict[str, Any]:
    return {"floor": shown, "budget": ABANDON_BUDGET}
