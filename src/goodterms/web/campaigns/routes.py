"""Campaigns: the list, the builder with its launch preview, and one campaign's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.access.model import Role
from goodterms.campaigns.model import Campaign, CampaignState, Launch
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import Connection, transaction
from goodterms.web.campaigns.form import RETRIED, CampaignForm, of_campaign, sent, usual
from goodterms.web.campaigns.strategies import CHOICES, NAMES
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.floor.view import ABANDON_BUDGET, reason_words, refusals
from goodterms.web.pages import page
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
Services = Annotated[Web, Depends(web_of)]
Reading = Annotated[Signed, Depends(signed_in(Role.SUPERVISOR, Role.MANAGER))]
Managing = Annotated[Signed, Depends(signed_in(Role.MANAGER))]

DAY = timedelta(hours=24)


@router.get("/campaigns")
async def campaigns(request: Request, web: Services, signed: Reading) -> Response:
    """List the campaigns with their counts of the last 24 hours."""
    now = web.clock.now()
    async with web.pool.connection() as conn:
        found = await web.campaigns.campaigns(conn)
        rows = await web.reporting.campaigns(conn, since=now - DAY, now=now)
        whom = {c.id: await web.campaigns.describe(conn, c.members) for c in found}
    counts = {row.id: row for row in rows}
    return page(
        request,
        "campaigns/list.html",
        campaigns=found,
        counts=counts,
        whom=whom,
        manages=Role.MANAGER in signed.person.roles,
    )


@router.get("/campaigns/new")
async def new(request: Request, web: Services, _: Managing, like: int | None = None) -> Response:
    """Show the builder with what is usual, or with the settings of another campaign."""
    async with web.pool.connection() as conn:
        if like is not None:
            form = of_campaign(await web.campaigns.campaign(conn, like))
            form = CampaignForm({**form.given, "name": ()})
        else:
            trunks = [trunk.name for trunk in await web.dialing.trunks(conn)]
            first = trunks[0] if trunks else ""
            callers = await web.compliance.callers.all(conn)
            mine = tuple(c.number for c in callers if c.active and c.trunk == first)
            form = usual(first, mine)
        choices = await _choices(web, conn)
    return page(request, "campaigns/build.html", form=form, campaign=None, **choices)


@router.post("/campaigns/new")
async def create(request: Request, web: Services, signed: Managing) -> Response:
    """Set up a campaign as a draft and lead to its page."""
    form = await sent(request)
    try:
        async with transaction(web.pool) as conn:
            made = await web.campaigns.create(
                conn,
                form.value("name"),
                form.members(),
                form.settings(),
                actor=signed.actor.name,
                now=web.clock.now(),
            )
    except Refusal as refusal:
        return await _again(request, web, form.with_problem(refusal), None)
    return RedirectResponse(f"/campaigns/{made.id}", status_code=303)


@router.post("/campaigns/preview")
async def preview(request: Request, web: Services, _: Managing) -> Response:
    """Answer what starting with this form would meet, as a fragment."""
    form = await sent(request)
    now = web.clock.now()
    launch: Launch | None = None
    reach, problem = None, ""
    async with web.pool.connection() as conn:
        try:
            members = form.members()
            reach = await web.campaigns.preview(conn, members, now=now)
            launch = await web.campaigns.launch(conn, members, form.settings(), now=now)
        except Refusal as refusal:
            problem = refusal.message
    return page(
        request,
        "campaigns/_preview.html",
        reach=reach,
        launch=launch,
        problem=problem,
        reason_words=reason_words,
    )


@router.get("/campaigns/{campaign_id}")
async def show(request: Request, web: Services, signed: Reading, campaign_id: int) -> Response:
    """Show one campaign with its live numbers."""
    async with web.pool.connection() as conn:
        context = await _page_of(web, conn, campaign_id)
    roles = signed.person.roles
    return page(request, "campaigns/one.html", manages=Role.MANAGER in roles, **context)


@router.get("/campaigns/{campaign_id}/numbers")
async def numbers(request: Request, web: Services, _: Reading, campaign_id: int) -> Response:
    """Answer a campaign's numbers and reasons as a fragment, when something changed."""
    async with web.pool.connection() as conn:
        context = await _page_of(web, conn, campaign_id)
    return page(request, "campaigns/_numbers.html", **context)


@router.get("/campaigns/{campaign_id}/edit")
async def edit(request: Request, web: Services, _: Managing, campaign_id: int) -> Response:
    """Show the builder with a campaign's settings."""
    async with web.pool.connection() as conn:
        found = await web.campaigns.campaign(conn, campaign_id)
        choices = await _choices(web, conn)
    form = of_campaign(found)
    return page(request, "campaigns/build.html", form=form, campaign=found, **choices)


@router.post("/campaigns/{campaign_id}/edit")
async def change(request: Request, web: Services, signed: Managing, campaign_id: int) -> Response:
    """Change a campaign; a running one dials by the new settings at once."""
    form = await sent(request)
    try:
        async with transaction(web.pool) as conn:
            await web.campaigns.update(
                conn,
                campaign_id,
                name=form.value("name"),
                members=form.members(),
                settings=form.settings(),
                actor=signed.actor.name,
                now=web.clock.now(),
            )
    except Refusal as refusal:
        async with web.pool.connection() as conn:
            found = await web.campaigns.campaign(conn, campaign_id)
        return await _again(request, web, form.with_problem(refusal), found)
    return RedirectResponse(f"/campaigns/{campaign_id}", status_code=303)


async def _again(
    request: Request, web: Web, form: CampaignForm, campaign: Campaign | None
) -> Response:
    async with web.pool.connection() as conn:
        choices = await _choices(web, conn)
    return page(
        request, "campaigns/build.html", status=422, form=form, campaign=campaign, **choices
    )


async def _choices(web: Web, conn: Connection) -> dict[str, Any]:
    trunks = await web.dialing.trunks(conn)
    return {
        "creditors": await web.accounts.creditors(conn),
        "trunks": trunks,
        "trunk_names": [(trunk.name, trunk.name) for trunk in trunks],
        "caller_ids": [c for c in await web.compliance.callers.all(conn) if c.active],
        "retried": [outcome.value for outcome in RETRIED],
        "strategies": CHOICES,
    }


async def _page_of(web: Web, conn: Connection, campaign_id: int) -> dict[str, Any]:
    now = web.clock.now()
    found = await web.campaigns.campaign(conn, campaign_id)
    rows = await web.reporting.campaigns(conn, since=now - DAY, now=now)
    reasons = await web.reporting.refusals(conn, since=now - DAY, campaign_id=campaign_id)
    left_out = await web.campaigns.left_out(conn, campaign_id)
    return {
        "campaign": found,
        "whom": await web.campaigns.describe(conn, found.members),
        "row": next((row for row in rows if row.id == campaign_id), None),
        "refused": refusals(reasons),
        "left_out": [(reason_words(code), people) for code, people in left_out.items()],
        "budget": ABANDON_BUDGET,
        "open": found.state is not CampaignState.FINISHED,
        "strategies": NAMES,
        "showable": any(
            caller.usable and caller.number in found.settings.get("caller_ids", ())
            for caller in await web.compliance.callers.all(conn)
        ),
    }
