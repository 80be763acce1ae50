"""The first run: the first person, then what is still to be set up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.access.model import Role
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.sql import transaction
from goodterms.web.context import Signed, Web, address_of, web_of
from goodterms.web.forms import Form, sent
from goodterms.web.pages import page
from goodterms.web.sessions import enter, signed_in
from goodterms.web.settings.sections import Steering

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]


@router.get("/first-run")
async def first_run(request: Request, web: Services) -> Response:
    """Ask for the first person; once there is one, lead to the sign-in."""
    async with web.pool.connection() as conn:
        if await web.access.anybody(conn):
            return RedirectResponse("/sign-in", status_code=303)
    return page(request, "settings/first_run.html", form=Form())


@router.post("/first-run")
async def create_first(request: Request, web: Services) -> Response:
    """Create the first person and sign them in."""
    form, now = await sent(request, "first"), web.clock.now()
    try:
        async with transaction(web.pool) as conn:
            await web.access.create_first(
                conn,
                form.text("username"),
                form.text("name") or form.text("username"),
                form.values.get("first_password", ""),
                now=now,
            )
        async with web.pool.connection() as conn:
            token, _ = await web.access.sign_in(
                conn,
                form.text("username"),
                form.values.get("first_password", ""),
                now=now,
                address=address_of(request),
            )
    except Conflict:
        return RedirectResponse("/sign-in", status_code=303)
    except Refusal as refusal:
        return page(request, "settings/first_run.html", status=422, form=form.refused(refusal))
    return enter(web, token, "/settings/start")


@router.get("/settings")
async def settings(
    signed: Annotated[Signed, Depends(signed_in(Role.OPERATOR, Role.MANAGER, Role.INTEGRATOR))],
) -> Response:
    """Lead to the first section that is the person's."""
    programs_only = signed.person.roles.isdisjoint((Role.OPERATOR, Role.MANAGER))
    section = "keys" if programs_only else "people"
    return RedirectResponse(f"/settings/{section}", status_code=303)


@router.get("/settings/start")
async def start(request: Request, web: Services, _: Steering) -> Response:
    """Show what is set up and what is still to be done before the first call."""
    async with web.pool.connection() as conn:
        trunks = await web.dialing.trunks(conn)
        callers = await web.compliance.callers.all(conn)
        creditors = await web.accounts.creditors(conn)
        campaigns = await web.campaigns.campaigns(conn)
    done = {
        "trunk": bool(trunks),
        "caller": any(caller.active for caller in callers),
        "accounts": bool(creditors),
        "campaign": bool(campaigns),
    }
    return page(request, "settings/start.html", done=done)
