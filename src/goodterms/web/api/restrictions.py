"""Holds, opt-outs and consents, wrong numbers and notes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from goodterms.access.model import Actor, Scope
from goodterms.accounts.model import (
    Channel,
    Consent,
    ConsentState,
    ContactPoint,
    Hold,
    HoldKind,
    Note,
    PointStatus,
    Purpose,
)
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Body, Id, Long, Reference, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Holds and consents"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.HOLDS_WRITE))]
Services = Annotated[Web, Depends(web_of)]


class HoldBody(Body):
    """A stop with its source and the rule that ends it."""

    kind: HoldKind
    account_id: Reference | None = Field(default=None, description="One account; else all.")
    source: Short = Field(examples=["letter of 20 November 2026"])
    release_rule: Short = Field(examples=["the dispute is answered"])


class ReleaseBody(Body):
    """Why a hold ends."""

    reason: Short


class ConsentBody(Body):
    """What the consumer agreed to (`granted`) or took back (`revoked`, an opt-out)."""

    channel: Channel
    state: ConsentState
    contact_point_id: Reference | None = Field(default=None, description="One point; else all.")
    source: Short = Field(examples=["asked on the telephone"])
    purpose: Purpose = Field(default=Purpose.CONTACT, description="What was agreed to.")
    direct: bool = Field(default=True, description="Given to us, not to a creditor.")


class MarkBody(Body):
    """Whether a contact point still leads to the consumer."""

    status: PointStatus
    source: Short


class NoteBody(Body):
    """What somebody writes down."""

    body: Long
    account_id: Reference | None = None


@router.get("/consumers/{consumer_id}/holds")
async def holds(web: Services, _: Reading, consumer_id: Id) -> list[Hold]:
    """List a consumer's holds, those in force first."""
    async with web.pool.connection() as conn:
        await web.accounts.consumer(conn, consumer_id)
        return await web.accounts.holds(conn, consumer_id)


@router.post("/consumers/{consumer_id}/holds", status_code=201)
async def place_hold(web: Services, actor: Writing, consumer_id: Id, body: HoldBody) -> Hold:
    """Stop contact now: planned attempts are withdrawn and a ringing call is cancelled."""
    async with transaction(web.pool) as conn:
        return await web.accounts.place_hold(
            conn,
            consumer_id,
            body.account_id,
            body.kind,
            source=body.source,
            release_rule=body.release_rule,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/holds/{hold_id}/release")
async def release_hold(web: Services, actor: Writing, hold_id: Id, body: ReleaseBody) -> Hold:
    """End a hold, with the reason on record."""
    async with transaction(web.pool) as conn:
        return await web.accounts.release_hold(
            conn, hold_id, actor=actor.name, reason=body.reason, now=web.clock.now()
        )


@router.get("/consumers/{consumer_id}/consents")
async def consents(web: Services, _: Reading, consumer_id: Id) -> list[Consent]:
    """List all a consumer agreed to or took back, oldest first."""
    async with web.pool.connection() as conn:
        await web.accounts.consumer(conn, consumer_id)
        return await web.accounts.consents(conn, consumer_id)


@router.post("/consumers/{consumer_id}/consents", status_code=201)
async def record_consent(
    web: Services, actor: Writing, consumer_id: Id, body: ConsentBody
) -> Consent:
    """Record an agreement or an opt-out; an opt-out stops planned contact at once."""
    async with transaction(web.pool) as conn:
        return await web.accounts.record_consent(
            conn,
            consumer_id,
            body.contact_point_id,
            body.channel,
            body.state,
            purpose=body.purpose,
            direct=body.direct,
            source=body.source,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/contact-points/{contact_point_id}/status")
async def mark_point(
    web: Services, actor: Writing, contact_point_id: Id, body: MarkBody
) -> ContactPoint:
    """Say that a number or address leads to somebody else, to nobody, or to the consumer again."""
    async with transaction(web.pool) as conn:
        await web.accounts.mark_point(
            conn,
            contact_point_id,
            body.status,
            source=body.source,
            actor=actor.name,
            now=web.clock.now(),
        )
        return await web.accounts.contact_point(conn, contact_point_id)


@router.post("/consumers/{consumer_id}/notes", status_code=201)
async def add_note(
    web: Services,
    actor: Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_WRITE))],
    consumer_id: Id,
    body: NoteBody,
) -> Note:
    """Write a note into the consumer's timeline."""
    async with transaction(web.pool) as conn:
        return await web.accounts.add_note(
            conn,
            consumer_id,
            body.account_id,
            body.body,
            actor=actor.name,
            now=web.clock.now(),
        )
