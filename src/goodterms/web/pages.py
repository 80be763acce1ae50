"""Rendering a page for the one who asks: their language, their part of the rail, their token."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote
from zoneinfo import available_timezones

from fastapi import Request
from fastapi.responses import HTMLResponse

from goodterms.access.model import Session
from goodterms.web.context import web_of
from goodterms.web.languages import choose
from goodterms.web.shell import AgentView, Page, rail

ZONE_COOKIE = "gt_zone"
_LIVE = "/live"


def page_of(request: Request, *, agent: AgentView | None = None) -> Page:
    """Return what the frame of this answer needs; ``agent`` where the request changed it."""
    web = web_of(request)
    session: Session | None = getattr(request.state, "session", None)
    parts: frozenset[str] = request.app.state.parts
    person = session.person if session else None
    return Page(
        path=request.url.path,
        now=web.clock.now(),
        csrf_token=session.csrf_token if session else "",
        csp_nonce=request.state.csp_nonce,
        language=choose(
            person.language if person else None, request.headers.get("accept-language")
        ),
        zone=_zone(request),
        person_name=person.display_name if person else "",
        entries=rail(person.roles, parts) if person else (),
        agent=agent or getattr(request.state, "agent", None),
        live_url=_LIVE if person and "live" in parts else "",
        demo=web.settings.demo,
    )


def render(
    request: Request, template: str, *, agent: AgentView | None = None, **context: Any
) -> str:
    """Render a template inside the frame of the one who asks."""
    return web_of(request).shell.render(template, page_of(request, agent=agent), **context)


def page(
    request: Request,
    template: str,
    *,
    agent: AgentView | None = None,
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """Answer with a rendered template."""
    return HTMLResponse(render(request, template, agent=agent, **context), status_code=status)


def _zone(request: Request) -> str:
    zone = unquote(request.cookies.get(ZONE_COOKIE, ""))
    return zone if zone in available_timezones() else "UTC"
