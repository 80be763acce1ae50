"""People who sign in: who they are, what they may do, a new password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.access.model import Role
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import transaction
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.forms import Form, sent
from goodterms.web.pages import page
from goodterms.web.settings.sections import Steering, tabs

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]
ROLES = tuple(role.value for role in Role)


@router.get("/settings/people")
async def people(request: Request, web: Services, signed: Steering) -> Response:
    """List everybody, with a form for somebody new."""
    return await _list(request, web, signed, Form())


@router.post("/settings/people")
async def create(request: Request, web: Services, signed: Steering) -> Response:
    """Let somebody in."""
    form = await sent(request, "new")
    try:
        roles = _roles(form)
        async with transaction(web.pool) as conn:
            await web.access.create_person(
                conn,
                form.text("username"),
                form.text("name") or form.text("username"),
                roles,
                form.values.get("new_password", ""),
                now=web.clock.now(),
            )
    except Refusal as refusal:
        return await _list(request, web, signed, form.refused(refusal), status=422)
    return RedirectResponse("/settings/people", status_code=303)


@router.get("/settings/people/{person_id}")
async def person(request: Request, web: Services, signed: Steering, person_id: int) -> Response:
    """Show one person with what can be changed."""
    return await _one(request, web, signed, person_id, Form())


@router.post("/settings/people/{person_id}/roles")
async def set_roles(request: Request, web: Services, signed: Steering, person_id: int) -> Response:
    """Replace what a person may do."""
    form = await sent(request, "roles")
    try:
        _not_oneself(signed, person_id)
        roles = _roles(form)
        async with transaction(web.pool) as conn:
            await web.access.set_roles(conn, person_id, roles)
    except Refusal as refusal:
        return await _one(request, web, signed, person_id, form.refused(refusal))
    return RedirectResponse("/settings/people", status_code=303)


@router.post("/settings/people/{person_id}/password")
async def set_password(
    request: Request, web: Services, signed: Steering, person_id: int
) -> Response:
    """Replace a person's password and end their sessions."""
    form = await sent(request, "new")
    try:
        async with transaction(web.pool) as conn:
            await web.access.set_password(conn, person_id, form.values.get("new_password", ""))
    except Refusal as refusal:
        return await _one(request, web, signed, person_id, form.refused(refusal))
    return RedirectResponse("/settings/people", status_code=303)


@router.post("/settings/people/{person_id}/active")
async def set_active(request: Request, web: Services, signed: Steering, person_id: int) -> Response:
    """Keep a person out and end their sessions, or let them in again."""
    form = await sent(request, "active")
    try:
        _not_oneself(signed, person_id)
        async with transaction(web.pool) as conn:
            await web.access.set_active(conn, person_id, active=form.text("on") == "1")
    except Refusal as refusal:
        return await _one(request, web, signed, person_id, form.refused(refusal))
    return RedirectResponse("/settings/people", status_code=303)


async def _list(
    request: Request, web: Web, signed: Signed, form: Form, *, status: int = 200
) -> Response:
    async with web.pool.connection() as conn:
        found = await web.access.people(conn)
    return page(
        request,
        "settings/people.html",
        status=status,
        people=found,
        form=form,
        roles=ROLES,
        **tabs(signed, "people"),
    )


async def _one(request: Request, web: Web, signed: Signed, person_id: int, form: Form) -> Response:
    async with web.pool.connection() as conn:
        found = await web.access.person(conn, person_id)
    return page(
        request,
        "settings/person.html",
        status=422 if form.problems else 200,
        person=found,
        form=form,
        roles=ROLES,
        oneself=person_id == signed.person.id,
    )


def _roles(form: Form) -> list[Role]:
    roles = [role for role in Role if form.text(f"role_{role}")]
    if not roles:
        raise Refusal("ROLES", "Choose at least one role.", field="roles")
    return roles


def _not_oneself(signed: Signed, person_id: int) -> None:
    if signed.person.id == person_id:
        raise Refusal("ONESELF", "You cannot change your own access: ask somebody else to.")
