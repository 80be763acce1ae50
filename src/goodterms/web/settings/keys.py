"""Keys of programs: made once, shown once, revoked for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.access.model import Scope
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import transaction
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.forms import Form, sent
from goodterms.web.pages import page
from goodterms.web.settings.sections import Programs, tabs

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]
SCOPES = tuple(scope.value for scope in Scope)


@router.get("/settings/keys")
async def keys(request: Request, web: Services, signed: Programs) -> Response:
    """List the keys, with a form for a new one."""
    return await _list(request, web, signed, Form())


@router.post("/settings/keys")
async def create(request: Request, web: Services, signed: Programs) -> Response:
    """Make a key and show it, this once."""
    form = await sent(request, "key")
    chosen = [scope for scope in Scope if form.text(f"scope_{scope}")]
    try:
        async with transaction(web.pool) as conn:
            key, _ = await web.access.create_key(
                conn, form.text("name"), chosen, actor=signed.actor.name, now=web.clock.now()
            )
    except Refusal as refusal:
        return await _list(request, web, signed, form.refused(refusal), status=422)
    return await _list(request, web, signed, Form(), shown=key)


@router.post("/settings/keys/{prefix}/revoke")
async def revoke(web: Services, _: Programs, prefix: str) -> Response:
    """End a key for good; one that has ended stays so."""
    try:
        async with transaction(web.pool) as conn:
            await web.access.revoke_key(conn, prefix, now=web.clock.now())
    except NotFound:
        pass  # pressed twice, or somebody else was quicker
    return RedirectResponse("/settings/keys", status_code=303)


async def _list(
    request: Request, web: Web, signed: Signed, form: Form, *, status: int = 200, shown: str = ""
) -> Response:
    async with web.pool.connection() as conn:
        found = await web.access.keys(conn)
    return page(
        request,
        "settings/keys.html",
        status=status,
        keys=found,
        form=form,
        scopes=SCOPES,
        shown=shown,
        **tabs(signed, "keys"),
    )
