"""Lines: the trunks calls leave by."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.dialing.model import Trunk
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import transaction
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.forms import Form, sent
from goodterms.web.pages import page
from goodterms.web.settings.sections import Steering, tabs

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]

MOST_LINES, MOST_PER_SECOND = 100_000, 1000
_NAME = re.compile(r"[a-z0-9_-]{1,40}")


@router.get("/settings/lines")
async def lines(request: Request, web: Services, signed: Steering) -> Response:
    """List the trunks, with a form."""
    return await _list(request, web, signed, Form())


@router.post("/settings/lines/trunk")
async def add_trunk(request: Request, web: Services, signed: Steering) -> Response:
    """Add a trunk, or renew a known one."""
    form = await sent(request, "trunk")
    try:
        trunk = _trunk(form)
        async with transaction(web.pool) as conn:
            await web.dialing.add_trunk(conn, trunk)
    except Refusal as refusal:
        return await _list(request, web, signed, form.refused(refusal), status=422)
    return RedirectResponse("/settings/lines", status_code=303)


async def _list(
    request: Request, web: Web, signed: Signed, form: Form, *, status: int = 200
) -> Response:
    async with web.pool.connection() as conn:
        trunks = await web.dialing.trunks(conn)
    return page(
        request,
        "settings/lines.html",
        status=status,
        trunks=trunks,
        form=form,
        **tabs(signed, "lines"),
    )


def _trunk(form: Form) -> Trunk:
    name, endpoint = form.text("name"), form.text("endpoint")
    if not _NAME.fullmatch(name):
        raise Refusal("NAME", "A trunk's name has letters a-z, digits, - and _.", field="name")
    if "{number}" not in endpoint:
        raise Refusal(
            "ENDPOINT", "Write {number} where the number goes: PJSIP/{number}@carrier.",
            field="endpoint",
        )  # fmt: skip
    most = form.number("max_concurrent")
    if most is None or not 1 <= most <= MOST_LINES:
        raise Refusal("LINES", f"Choose 1 to {MOST_LINES:,} calls at once.", field="max_concurrent")
    try:
        speed = Decimal(form.text("max_per_second"))
    except InvalidOperation:
        speed = Decimal(0)
    if not (speed.is_finite() and 0 < speed <= MOST_PER_SECOND):
        raise Refusal(
            "SPEED", f"Choose more than 0 and at most {MOST_PER_SECOND} new calls per second.",
            field="max_per_second",
        )  # fmt: skip
    return Trunk(name, endpoint, most, speed)
