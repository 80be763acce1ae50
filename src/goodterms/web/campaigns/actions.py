"""Steering a campaign: start, pause, finish, pace, limits; from its page and from the floor."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.access.model import Role
from goodterms.campaigns.model import Campaign
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import transaction
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]
Steering = Annotated[Signed, Depends(signed_in(Role.SUPERVISOR, Role.MANAGER))]
Managing = Annotated[Signed, Depends(signed_in(Role.MANAGER))]


@router.post("/campaigns/{campaign_id}/start")
async def start(request: Request, web: Services, signed: Steering, campaign_id: int) -> Response:
    """Start or continue a campaign."""
    return await _move(
        request, signed, campaign_id, web.campaigns.start, "{name} is running.", tone="go"
    )


@router.post("/campaigns/{campaign_id}/pause")
async def pause(request: Request, web: Services, signed: Steering, campaign_id: int) -> Response:
    """Stop placing calls; those on their way go on."""
    said = "{name} is paused; calls on their way go on."
    return await _move(request, signed, campaign_id, web.campaigns.pause, said, tone="wait")


@router.post("/campaigns/{campaign_id}/finish")
async def finish(request: Request, web: Services, signed: Managing, campaign_id: int) -> Response:
    """End a campaign for good."""
    return await _move(
        request, signed, campaign_id, web.campaigns.finish, "{name} is finished.", tone="act"
    )


@router.post("/campaigns/{campaign_id}/limits")
async def limits(
    request: Request,
    web: Services,
    signed: Steering,
    campaign_id: int,
    *,
    max_concurrent: Annotated[str, Form(max_length=20)] = "",
    max_per_second: Annotated[str, Form(max_length=20)] = "",
    mode: Annotated[str, Form(max_length=20)] = "",
    ratio: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Set the pace, how many calls may be under way, and how many may begin in a second.

    The pace changes for the lines to come; those on their way, and conversations, go on.
    """
    chosen = {"max_concurrent": max_concurrent.strip(), "max_per_second": max_per_second.strip()}
    paced = {"mode": mode.strip(), "ratio": ratio.strip()}
    chosen |= {name: value for name, value in paced.items() if value}
    try:
        async with transaction(web.pool) as conn:
            changed = await web.campaigns.update(
                conn, campaign_id, settings=chosen, actor=signed.actor.name, now=web.clock.now()
            )
    except Refusal as refusal:
        return _refused(request, refusal)
    said = f"{chosen['max_concurrent']} calls at once, {chosen['max_per_second']} per second"
    if mode:
        said = f"{mode}, {said}"
    return _done(request, changed, f"{changed.name}: {said}.", "go")


def _in_place(request: Request) -> bool:
    """Tell whether the page stays where it is and only wants to hear what was done."""
    return "hx-request" in request.headers and "hx-boosted" not in request.headers


def _told(text: str, tone: str) -> Response:
    told = json.dumps({"gt:toast": {"text": text, "tone": tone}})
    return Response(status_code=204, headers={"HX-Trigger": told})


def _done(request: Request, campaign: Campaign, text: str, tone: str) -> Response:
    reader = getattr(request.app.state, "floor", None)
    if reader is not None:
        reader.forget()
    if _in_place(request):
        return _told(text, tone)
    return RedirectResponse(f"/campaigns/{campaign.id}", status_code=303)


async def _move(
    request: Request,
    signed: Signed,
    campaign_id: int,
    step: Callable[..., Awaitable[Campaign]],
    said: str,
    *,
    tone: str,
) -> Response:
    """Take a step of a campaign's life and say what it came to."""
    web = web_of(request)
    try:
        async with transaction(web.pool) as conn:
            moved = await step(conn, campaign_id, actor=signed.actor.name, now=web.clock.now())
    except Refusal as refusal:
        return _refused(request, refusal)
    return _done(request, moved, said.format(name=moved.name), tone)


def _refused(request: Request, refusal: Refusal) -> Response:
    if _in_place(request):
        return _told(refusal.message, "stop")
    raise refusal
