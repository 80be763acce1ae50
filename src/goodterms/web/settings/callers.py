"""Caller IDs: the numbers we own and may show, their tests, and what each is good for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.compliance.model import GREETING, POOL, CallerId
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import transaction
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.forms import Form, sent
from goodterms.web.pages import page
from goodterms.web.settings.sections import Steering, tabs

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]
HERE = "/settings/callers"
_SHOWN_TESTS = 5


@router.get(HERE)
async def callers(request: Request, web: Services, signed: Steering) -> Response:
    """List the registered numbers with their tests, and a form."""
    return await _list(request, web, signed, Form())


@router.post(HERE)
async def add(request: Request, web: Services, signed: Steering) -> Response:
    """Register a number we own, or renew what is known of it; it is called back at once."""
    form = await sent(request, "caller")
    caller = CallerId(
        number=form.text("number"),
        name=form.text("name"),
        proof=form.text("proof"),
        trunk=form.text("trunk"),
        attestation=form.text("attestation") or "A",
        active=True,
        region=form.text("region"),
        pool=form.text("pool") or POOL,
        greeting=form.text("greeting") or GREETING,
        presence=form.text("presence") == "1",
    )
    try:
        async with transaction(web.pool) as conn:
            now = web.clock.now()
            saved = await web.compliance.callers.add(conn, caller, actor=signed.actor.name, now=now)
            await web.compliance.callers.ask_test(conn, saved.number, now=now)
    except Refusal as refusal:
        return await _list(request, web, signed, form.refused(refusal), status=422)
    return RedirectResponse(HERE, status_code=303)


@router.post(f"{HERE}/test")
async def call_back(request: Request, web: Services, _: Steering) -> Response:
    """Ask that a number is called back now."""
    form = await sent(request, "caller")
    async with transaction(web.pool) as conn:
        await web.compliance.callers.ask_test(conn, form.text("number"), now=web.clock.now())
    return RedirectResponse(HERE, status_code=303)


@router.post(f"{HERE}/retire")
async def retire(request: Request, web: Services, signed: Steering) -> Response:
    """Take a number out of use; it stays on record."""
    form = await sent(request, "caller")
    async with transaction(web.pool) as conn:
        await web.compliance.callers.retire(conn, form.text("number"), actor=signed.actor.name)
    return RedirectResponse(HERE, status_code=303)


async def _list(
    request: Request, web: Web, signed: Signed, form: Form, *, status: int = 200
) -> Response:
    registry = web.compliance.callers
    async with web.pool.connection() as conn:
        trunks = await web.dialing.trunks(conn)
        known = await registry.all(conn)
        tests = {
            caller.number: await registry.tests(conn, caller.number, limit=_SHOWN_TESTS)
            for caller in known
        }
    return page(
        request,
        "settings/callers.html",
        status=status,
        trunk_names=[(trunk.name, trunk.name) for trunk in trunks],
        callers=known,
        tests=tests,
        pools=sorted({caller.pool for caller in known}),
        form=form,
        **tabs(signed, "callers"),
    )
