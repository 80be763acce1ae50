"""Overlays that make the law stricter, for programs: checking, proposing, deciding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import StringConstraints

from goodterms.access.model import Actor, Scope
from goodterms.compliance.publishing import Publication, content_hash
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Body, Id, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Decisions and attempts"], route_class=IdempotentRoute)
Reading = Annotated[Actor, Depends(key_for(Scope.DECISIONS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.RULEBOOK_WRITE))]
Services = Annotated[Web, Depends(web_of)]
Rows = Annotated[str, StringConstraints(max_length=200_000, pattern=r"^[^\x00]*$")]
Note = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class OverlayCheck:
    """Rows that were read and are at least as strict as the law, and the hash of what they say."""

    rules: tuple[str, ...]
    hash: str


class RowsBody(Body):
    """The rows of an overlay as YAML."""

    overlay: Rows


class OverlayBody(Body):
    """An overlay as YAML rows, in place of the one in force."""

    overlay: Rows
    note: Note = ""


class HashBody(Body):
    """The content hash of an overlay."""

    hash: Short


class ReasonBody(Body):
    """Why an overlay is turned down."""

    reason: Short


@router.post("/overlays/check")
async def check(web: Services, _: Reading, body: RowsBody) -> OverlayCheck:
    """Read rows and compare them with the law; nothing is kept."""
    rules = web.compliance.publishing.check(body.overlay)
    return OverlayCheck(tuple(rule.id for rule in rules), content_hash(rules))


@router.get("/overlays")
async def overlays(web: Services, _: Reading) -> list[Publication]:
    """List the overlays that were proposed, the newest first."""
    async with web.pool.connection() as conn:
        return list(await web.compliance.publishing.history(conn))


@router.get("/overlays/{overlay_id}")
async def overlay(web: Services, _: Reading, overlay_id: Id) -> Publication:
    """Read one overlay with its rows."""
    async with web.pool.connection() as conn:
        return await web.compliance.publishing.publication(conn, overlay_id)


@router.post("/overlays", status_code=201)
async def propose(web: Services, actor: Writing, body: OverlayBody) -> Publication:
    """Propose an overlay; it is not in force before somebody else publishes it."""
    async with transaction(web.pool) as conn:
        return await web.compliance.publishing.propose(
            conn, body.overlay, note=body.note, author=actor.name, now=web.clock.now()
        )


@router.post("/overlays/back", status_code=201)
async def back(web: Services, actor: Writing, body: HashBody) -> Publication:
    """Propose what was written before, by its content hash."""
    async with transaction(web.pool) as conn:
        return await web.compliance.publishing.propose_again(
            conn, body.hash, author=actor.name, now=web.clock.now()
        )


@router.post("/overlays/{overlay_id}/publish")
async def publish(web: Services, actor: Writing, overlay_id: Id, body: HashBody) -> Publication:
    """Put an overlay of somebody else in force; ``hash`` is what was looked at."""
    async with transaction(web.pool) as conn:
        return await web.compliance.publishing.publish(
            conn, overlay_id, digest=body.hash, by=actor.name, now=web.clock.now()
        )


@router.post("/overlays/{overlay_id}/reject")
async def reject(web: Services, actor: Writing, overlay_id: Id, body: ReasonBody) -> Publication:
    """Turn an overlay of somebody else down, with the reason."""
    async with transaction(web.pool) as conn:
        return await web.compliance.publishing.reject(
            conn, overlay_id, reason=body.reason, by=actor.name, now=web.clock.now()
        )
