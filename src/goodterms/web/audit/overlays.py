"""Overlays: rows that make the law stricter, written by one and published by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from goodterms.access.model import Role
from goodterms.compliance.publishing import content_hash
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Connection, transaction
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.languages import later
from goodterms.web.pages import page
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
WebHere = Annotated[Web, Depends(web_of)]
Writer = Annotated[Signed, Depends(signed_in(Role.COMPLIANCE, Role.MANAGER))]
Officer = Annotated[Signed, Depends(signed_in(Role.COMPLIANCE))]

STATES = {
    "proposed": (later("Proposed"), "wait"),
    "published": (later("Published"), "go"),
    "rejected": (later("Rejected"), "stop"),
}
_FIRST = """\
- id: OWN-1
  version: 1
  title: "What this row says, in one sentence"
  jurisdiction: US
  valid_from: 2026-01-01
  valid_to: null
  recorded_at: 2026-01-01T00:00:00Z
  moments: [LOAD, PREDIAL]
  predicate: local_hours
  params: {from: "09:00", until: "20:00"}
  reason_code: TIME_OUTSIDE
  citation: "house policy"
  evidence: design
  tightens: REGF-TIME-1
  signed_by: null
"""


@router.get("/audit/overlays")
async def overlays(request: Request, web: WebHere, _: Writer) -> Response:
    """Show what is in force, what is proposed, and the form."""
    return await _page(request, web, {})


@router.post("/audit/overlays/check")
async def check(request: Request, web: WebHere, _: Writer) -> Response:
    """Say whether the rows as written are at least as strict as the law; part of the form."""
    form = await request.form()
    return page(request, "audit/_overlay_check.html", **_checked(web, _text(form, "overlay")))


@router.post("/audit/overlays")
async def propose(request: Request, web: WebHere, signed: Writer) -> Response:
    """Propose rows in place of those in force."""
    form = await request.form()
    given = {name: _text(form, name) for name in ("overlay", "note")}
    try:
        async with transaction(web.pool) as conn:
            made = await web.compliance.publishing.propose(
                conn, given["overlay"], note=given["note"].strip(), author=signed.actor.name,
                now=web.clock.now(),
            )  # fmt: skip
    except (Refusal, Conflict) as refusal:
        return await _page(request, web, given, problem=refusal)
    return RedirectResponse(f"/audit/overlays/{made.id}", status_code=303)


@router.post("/audit/overlays/back")
async def back(request: Request, web: WebHere, signed: Writer) -> Response:
    """Propose what was written before, by its hash."""
    form = await request.form()
    try:
        async with transaction(web.pool) as conn:
            made = await web.compliance.publishing.propose_again(
                conn, _text(form, "hash"), author=signed.actor.name, now=web.clock.now()
            )
    except (Refusal, Conflict, NotFound) as refusal:
        return await _page(request, web, {}, problem=refusal)
    return RedirectResponse(f"/audit/overlays/{made.id}", status_code=303)


@router.get("/audit/overlays/{publication_id}")
async def overlay(request: Request, web: WebHere, signed: Writer, publication_id: int) -> Response:
    """Show one overlay with who wrote it and who decided."""
    return await _one(request, web, signed, publication_id)


@router.post("/audit/overlays/{publication_id}/publish")
async def publish(request: Request, web: WebHere, signed: Officer, publication_id: int) -> Response:
    """Put a proposed overlay in force, as it was looked at."""
    form = await request.form()
    try:
        async with transaction(web.pool) as conn:
            await web.compliance.publishing.publish(
                conn, publication_id, digest=_text(form, "hash"), by=signed.actor.name,
                now=web.clock.now(),
            )  # fmt: skip
    except (Refusal, Conflict) as refusal:
        return await _one(request, web, signed, publication_id, problem=refusal)
    return RedirectResponse("/audit/overlays", status_code=303)


@router.post("/audit/overlays/{publication_id}/reject")
async def reject(request: Request, web: WebHere, signed: Officer, publication_id: int) -> Response:
    """Turn a proposed overlay down, with the reason."""
    form = await request.form()
    try:
        async with transaction(web.pool) as conn:
            await web.compliance.publishing.reject(
                conn, publication_id, reason=_text(form, "reason"), by=signed.actor.name,
                now=web.clock.now(),
            )  # fmt: skip
    except (Refusal, Conflict) as refusal:
        return await _one(request, web, signed, publication_id, problem=refusal)
    return RedirectResponse(f"/audit/overlays/{publication_id}", status_code=303)


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).replace("\0", "")


def _checked(web: Web, text: str) -> dict[str, Any]:
    try:
        rules = web.compliance.publishing.check(text)
    except Refusal as refusal:
        return {"checked": refusal.message, "rules": ()}
    return {"checked": "", "rules": rules, "hash": content_hash(rules)}


async def _page(
    request: Request,
    web: Web,
    given: Mapping[str, str],
    *,
    problem: Refusal | Conflict | NotFound | None = None,
) -> Response:
    async with web.pool.connection() as conn:
        current = await web.compliance.publishing.in_force(conn)
        history = await web.compliance.publishing.history(conn)
        names = await _names(web, conn)
    text = given.get("overlay", current.overlay if current else _FIRST)
    return page(
        request,
        "audit/overlays.html",
        status=422 if problem else 200,
        current=current,
        history=history,
        names=names,
        states=STATES,
        law=content_hash(()),
        given={"note": "", **given, "overlay": text},
        problem=problem,
        **_checked(web, text),
    )


async def _one(
    request: Request,
    web: Web,
    signed: Signed,
    publication_id: int,
    *,
    problem: Refusal | Conflict | None = None,
) -> Response:
    async with web.pool.connection() as conn:
        found = await web.compliance.publishing.publication(conn, publication_id)
        current = await web.compliance.publishing.in_force(conn)
        names = await _names(web, conn)
    mine = found.author == signed.actor.name
    return page(
        request,
        "audit/overlay.html",
        status=422 if problem else 200,
        overlay=found,
        in_force=current is not None and current.id == found.id,
        names=names,
        states=STATES,
        mine=mine,
        decides=Role.COMPLIANCE in signed.actor.roles and not mine,
        problem=problem,
        **_checked(web, found.overlay),
    )


async def _names(web: Web, conn: Connection) -> dict[str, str]:
    """Give the names of those who sign in; programs are called by their key."""
    return {f"person:{one.id}": one.display_name for one in await web.access.people(conn)}
