"""Importing a file: upload, say what the columns mean, watch it run, get the refused rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, File, Request, UploadFile
from fastapi.responses import FileResponse, RedirectResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from goodterms.access.model import Role
from goodterms.intake.decide.columns import guess_columns
from goodterms.intake.jobs import IMPORT
from goodterms.intake.model import Field, Sheet
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.sql import transaction
from goodterms.kit.wake import Topic, Wake
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.intake import uploads
from goodterms.web.pages import page, render
from goodterms.web.sessions import signed_in, still_signed_in

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]
Managing = Annotated[Signed, Depends(signed_in(Role.MANAGER))]

CHOICES = (*(of.value for of in Field), "phone_mobile", "phone_home", "phone_work", "phone_other")
FIXED = (Field.CREDITOR, Field.CREDITOR_NAME, Field.DUE_ON, Field.CURRENCY)
"""Fields that may have one value for all rows of a file."""

UPDATE_SECONDS = 0.5


@router.get("/import")
async def imports(request: Request, web: Services, _: Managing) -> Response:
    """Show the upload form and the imports so far."""
    return await _list(request, web)


@router.post("/import")
async def upload(
    request: Request, web: Services, _: Managing, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Keep the file and lead to the question what its columns mean."""
    upload_id = new_id("upl", web.clock.now())
    try:
        await uploads.keep(web.settings.uploads, upload_id, file)
        await web.intake.peek(uploads.find(web.settings.uploads, upload_id))
    except Refusal as refusal:
        return await _list(request, web, problem=refusal.message, status=422)
    return RedirectResponse(f"/import/files/{upload_id}", status_code=303)


@router.get("/import/files/{upload_id}")
async def columns(request: Request, web: Services, _: Managing, upload_id: str) -> Response:
    """Ask what the columns mean; those with known names are filled in."""
    path = uploads.find(web.settings.uploads, upload_id)
    sheet = await web.intake.peek(path)
    return _columns(request, path, sheet, list(guess_columns(sheet.header)), {})


@router.post("/import/files/{upload_id}")
async def start(request: Request, web: Services, signed: Managing, upload_id: str) -> Response:
    """Let the worker import the file, and lead to the page where it can be watched."""
    path = uploads.find(web.settings.uploads, upload_id)
    sheet = await web.intake.peek(path)
    form = await request.form()
    chosen = [str(form.get(f"column_{i}", "")) for i in range(len(sheet.header))]
    fixed = {of.value: str(form.get(f"fixed_{of}", "")).strip()[:200] for of in FIXED}
    try:
        mapping = _mapping(sheet, chosen, fixed)
        async with transaction(web.pool) as conn:
            run_id = await web.intake.announce(
                conn, path, mapping, actor=signed.actor.name, now=web.clock.now()
            )
            await web.enqueue(conn, IMPORT, {"run_id": run_id, "path": str(path)})
    except Refusal as refusal:
        return _columns(request, path, sheet, chosen, fixed, problem=refusal.message)
    return RedirectResponse(f"/import/runs/{run_id}", status_code=303)


@router.get("/import/runs/{run_id}")
async def run(request: Request, web: Services, _: Managing, run_id: int) -> Response:
    """Show how far an import is, and its report when it is done."""
    async with web.pool.connection() as conn:
        found = await web.intake.run(conn, run_id)
    return page(request, "intake/run.html", run=found)


@router.get("/import/runs/{run_id}/live")
async def run_live(
    request: Request, web: Services, _: Managing, run_id: int
) -> EventSourceResponse:
    """Stream how far an import is."""

    async def progress(news: frozenset[Wake]) -> Iterable[ServerSentEvent]:
        ids = {wake.id for wake in news}
        if str(run_id) not in ids and None not in ids:
            return ()
        async with web.pool.connection() as conn:
            found = await web.intake.run(conn, run_id)
        return (ServerSentEvent(render(request, "intake/_run.html", run=found), event="run"),)

    return web.hub.stream(
        (Topic.IMPORT,), progress, every=UPDATE_SECONDS, alive=lambda: still_signed_in(request)
    )


@router.get("/import/runs/{run_id}/refused")
async def refused(web: Services, _: Managing, run_id: int) -> Response:
    """Give the refused rows as a file that can be corrected and imported again.

    Raises:
        NotFound: nothing was refused, or the file is not on this machine.
    """
    async with web.pool.connection() as conn:
        found = await web.intake.run(conn, run_id)
    path = Path(found.refused_file) if found.refused_file else None
    if path is None or not path.is_file():
        raise NotFound("NO_REFUSED_ROWS", f"Import {run_id} has no file of refused rows here.")
    return FileResponse(path, media_type="text/csv", filename=path.name)


async def _list(request: Request, web: Web, *, problem: str = "", status: int = 200) -> Response:
    async with web.pool.connection() as conn:
        runs = await web.intake.runs(conn)
    return page(request, "intake/list.html", status=status, runs=runs, problem=problem)


def _columns(
    request: Request,
    path: Path,
    sheet: Sheet,
    chosen: list[str],
    fixed: dict[str, str],
    *,
    problem: str = "",
) -> Response:
    return page(
        request,
        "intake/columns.html",
        status=422 if problem else 200,
        name=path.name,
        sheet=sheet,
        chosen=chosen,
        choices=CHOICES,
        fixed_fields=[of.value for of in FIXED],
        fixed=fixed,
        problem=problem,
    )


def _mapping(sheet: Sheet, chosen: list[str], fixed: dict[str, str]) -> dict[str, str]:
    """Put the choices into a mapping: field to column, or to ``=value`` for all rows."""
    mapping = {of: f"={value}" for of, value in fixed.items() if value}
    for number, (name, key) in enumerate(zip(sheet.header, chosen, strict=True)):
        if key not in CHOICES:
            continue
        if key.startswith("phone_"):
            mapping[f"phone_{number}_{key.removeprefix('phone_')}"] = name
        elif key in mapping:
            raise Refusal("FIELD_TWICE", f"Two columns are chosen for {key}: choose one.")
        else:
            mapping[key] = name
    return mapping
