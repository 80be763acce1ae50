"""The agent's controls: state, telephone, hold and hang-up."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from goodterms.access.model import Role
from goodterms.calls.model import RequestKind
from goodterms.kit.errors import Forbidden, Refusal
from goodterms.kit.sql import transaction
from goodterms.kit.wake import Topic
from goodterms.routing.model import Phone
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.desk.agents import begin, view
from goodterms.web.pages import render
from goodterms.web.sessions import signed_in

PHONE_WITHIN_SECONDS = 4.0
_LOOKS = 8
_REASONS = ("break", "lunch", "work", "training")

router = APIRouter(include_in_schema=False)
AgentSigned = Annotated[Signed, Depends(signed_in(Role.AGENT))]


@router.get("/desk/phone-config")
async def phone_config(web: Annotated[Web, Depends(web_of)], signed: AgentSigned) -> Response:
    """Give the browser telephone its password, once the node lets it register.

    Raises:
        HTTPException: 503 while there is no node, or it does not know the telephone yet.
    """
    origin = web.settings.phone_origin
    if not origin:
        raise HTTPException(503, "No telephone network is connected.")
    phone = await _provided(web, signed)
    if not phone.provided:
        raise HTTPException(503, "The telephone network is not ready yet.")
    host = urlsplit(origin).hostname
    return JSONResponse(
        {
            "ws_url": f"{origin}/ws",
            "uri": f"sip:{phone.name}@{host}",
            "password": phone.password,
            "display_name": signed.person.display_name,
        }
    )


async def _provided(web: Web, signed: Signed) -> Phone:
    """Issue the telephone and wait a moment for the node to make it."""
    with web.hub.subscribed([Topic.AGENT]) as news:
        for _ in range(_LOOKS):
            async with transaction(web.pool) as conn:
                await begin(web, conn, signed, now=web.clock.now())
                phone = await web.routing.issue_phone(conn, signed.person.id)
            if phone.provided:
                break
            await news.next(within=PHONE_WITHIN_SECONDS / _LOOKS)
    return phone


@router.get("/desk/state")
async def show_state(
    request: Request, web: Annotated[Web, Depends(web_of)], signed: AgentSigned
) -> Response:
    """Show the agent's state and the choices from it."""
    async with transaction(web.pool) as conn:
        agent = await begin(web, conn, signed, now=web.clock.now())
    return HTMLResponse(render(request, "components/agent_state.html", agent=view(agent)))


@router.post("/desk/state")
async def set_state(
    request: Request,
    web: Annotated[Web, Depends(web_of)],
    signed: AgentSigned,
    state: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Go ready or pause; a pause asked for during a call follows it.

    Raises:
        Conflict: a call waits for its disposition.
        Refusal: there is no such state.
    """
    now, person_id = web.clock.now(), signed.person.id
    word, _, reason = state.partition(":")
    if word not in ("ready", "paused") or (reason and reason not in _REASONS):
        raise Refusal("NO_SUCH_STATE", "Choose Ready or one of the pauses.", field="state")
    async with transaction(web.pool) as conn:
        agent = await begin(web, conn, signed, now=now)
        if word == "ready":
            agent = await web.routing.ready(conn, person_id, now=now)
        else:
            agent = await web.routing.pause(conn, person_id, reason or "break", now=now)
    if request.headers.get("hx-target") != "agent-state":
        return RedirectResponse("/desk", status_code=303)
    return HTMLResponse(render(request, "components/agent_state.html", agent=view(agent)))


@router.post("/desk/hold", status_code=204)
async def hold(
    web: Annotated[Web, Depends(web_of)],
    signed: AgentSigned,
    attempt: Annotated[str, Form(max_length=80)],
    on: Annotated[str, Form(max_length=8)] = "true",
) -> None:
    """Let the consumer wait with music, or take them back."""
    kind = RequestKind.RESUME if on == "false" else RequestKind.HOLD
    await _ask(web, signed, attempt, kind)


@router.post("/desk/hangup", status_code=204)
async def hang_up(
    web: Annotated[Web, Depends(web_of)],
    signed: AgentSigned,
    attempt: Annotated[str, Form(max_length=80)],
) -> None:
    """End the call with the consumer; the agent's own line stays open."""
    await _ask(web, signed, attempt, RequestKind.HANG_UP)


async def _ask(web: Web, signed: Signed, attempt_id: str, kind: RequestKind) -> None:
    async with transaction(web.pool) as conn:
        attempt = await web.calls.attempt(conn, attempt_id)
        if attempt.agent_id != signed.person.id:
            raise Forbidden("NOT_YOUR_CALL", "This call is with another agent.")
        actor = signed.actor.name
        await web.calls.request(conn, attempt_id, kind, actor=actor, now=web.clock.now())
