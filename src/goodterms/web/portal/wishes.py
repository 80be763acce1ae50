"""How and when the consumer wants to be contacted: said on their own page, in force at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Form as FormField
from fastapi.responses import Response

from goodterms.accounts.model import Channel, ConsentState, HoldKind, Purpose
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import transaction
from goodterms.web.accounts.facts import SHOWN, TABLES
from goodterms.web.context import Web, web_of
from goodterms.web.forms import Form, sent
from goodterms.web.portal.visit import ACTOR, Visit, visit

SOURCE = "pay page"
STOPPABLE = {"call": Channel.CALL, "sms": Channel.SMS, "email": Channel.EMAIL}
OWN = ("inconvenient_time", "only_time", "only_channel", "inconvenient_place")
"""What a consumer says here, and may take back here."""

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]


async def _opened(request: Request, web: Services, token: str) -> Visit:
    return await visit(request, web, token)


Opened = Annotated[Visit, Depends(_opened)]


@router.get("/pay/{token}/contact")
async def contact(web: Services, opened: Opened) -> Response:
    """Show how and when we may contact the consumer, each way with its stop."""
    return await _contact(web, opened)


@router.post("/pay/{token}/contact")
async def stop(
    web: Services, opened: Opened, stop: Annotated[str, FormField(max_length=20)] = ""
) -> Response:
    """Stop one way of contact, or all of them, at once.

    Reference: 15 U.S.C. § 1692c(c); 12 CFR 1006.14(h).
    """
    now = web.clock.now()
    async with transaction(web.pool) as conn:
        if stop == "all":
            await web.accounts.place_hold(
                conn,
                opened.consumer_id,
                None,
                HoldKind.CEASE,
                source=SOURCE,
                release_rule="the consumer takes the request back in writing",
                actor=ACTOR,
                now=now,
            )
        elif stop in STOPPABLE:
            await web.accounts.record_consent(
                conn,
                opened.consumer_id,
                None,
                STOPPABLE[stop],
                ConsentState.REVOKED,
                source=SOURCE,
                actor=ACTOR,
                now=now,
            )
    return await _contact(web, opened, done=stop in {*STOPPABLE, "all"})


@router.post("/pay/{token}/wish")
async def wish(request: Request, web: Services, opened: Opened) -> Response:
    """Record a wish: times that do not suit, the only time or way that does, no calls at work.

    Reference: 12 CFR 1006.6(b)(1), (b)(3); 1006.14(h).
    """
    form = await sent(request, "wish")
    try:
        data = _said(form)
        async with transaction(web.pool) as conn:
            await web.accounts.record_circumstance(
                conn, opened.consumer_id, form.text("kind"), data=data, source=SOURCE,
                actor=ACTOR, now=web.clock.now(),
            )  # fmt: skip
    except Refusal as refusal:
        return await _contact(web, opened, problem=refusal.message)
    return await _contact(web, opened, done=True)


def _said(form: Form) -> dict[str, Any]:
    """Read the wish; only what a consumer says here is taken.

    Raises:
        Refusal: it is none of those.
    """
    kind = form.text("kind")
    if kind in ("inconvenient_time", "only_time"):
        days = [day for day in range(7) if form.text(f"day{day}")]
        return {"weekdays": days, "from": form.text("from"), "until": form.text("until")}
    if kind == "only_channel":
        return {"channel": form.text("channel")}
    if kind == "inconvenient_place":
        return {"place": "work"}
    raise Refusal("NO_SUCH_WISH", "Choose what you want to tell us.", field="kind")


@router.post("/pay/{token}/wish/{fact_id}/end")
async def take_back(web: Services, opened: Opened, fact_id: int) -> Response:
    """Take a wish back; what somebody else recorded stays.

    Raises:
        NotFound: the consumer has no such wish in force.
    """
    async with transaction(web.pool) as conn:
        there = await web.accounts.circumstances(conn, opened.consumer_id, ended=False)
        if fact_id not in {fact.id for fact in there if fact.kind in OWN}:
            raise NotFound("NO_WISH", "There is no such wish here.")
        await web.accounts.end_circumstance(
            conn, fact_id, reason="the consumer took it back", actor=ACTOR, now=web.clock.now()
        )
    return await _contact(web, opened, done=True)


async def _contact(web: Web, opened: Visit, *, done: bool = False, problem: str = "") -> Response:
    async with web.pool.connection() as conn:
        consents = await web.accounts.consents(conn, opened.consumer_id)
        holds = await web.accounts.holds(conn, opened.consumer_id)
        facts = await web.accounts.circumstances(conn, opened.consumer_id, ended=False)
    said = {
        one.channel: one.state
        for one in consents
        if one.contact_point_id is None and one.purpose is Purpose.CONTACT
    }
    closed = said.get(Channel.ALL) is ConsentState.REVOKED
    stopped = {
        name
        for name, channel in STOPPABLE.items()
        if closed or said.get(channel) is ConsentState.REVOKED
    }
    ceased = any(h.kind is HoldKind.CEASE and h.released_at is None for h in holds)
    return opened.answer(
        "contact.html",
        status=422 if problem else 200,
        stopped=stopped,
        ceased=ceased,
        done=done,
        problem=problem,
        wishes=[fact for fact in facts if fact.kind in OWN],
        words=TABLES,
        **SHOWN,
    )
