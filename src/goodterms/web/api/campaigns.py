"""Campaigns."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from goodterms.access.model import Actor, Scope
from goodterms.campaigns.model import Campaign, Members
from goodterms.dialing.model import LoadReport
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Body, Id, Reference, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Campaigns"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.CAMPAIGNS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.CAMPAIGNS_WRITE))]
Services = Annotated[Web, Depends(web_of)]
_Minor = Annotated[int, Field(ge=-(10**15), le=10**15)]
_Days = Annotated[int, Field(ge=0, le=36500)]


class MembersBody(Body):
    """Whom a campaign is for; what is left out does not narrow. Amounts in minor units."""

    creditor_ids: tuple[Reference, ...] = ()
    placement_ids: tuple[Reference, ...] = ()
    regions: tuple[Short, ...] = ()
    min_balance_minor: _Minor | None = None
    max_balance_minor: _Minor | None = None
    min_days_past_due: _Days | None = None
    max_days_past_due: _Days | None = None

    def members(self) -> Members:
        """Return the filter as the domain has it."""
        return Members(**self.model_dump())


class CampaignBody(Body):
    """A campaign to set up; ``settings`` are the fields of its dialing policy."""

    name: Short
    members: MembersBody = MembersBody()
    settings: dict[str, Any] = Field(
        examples=[{"mode": "progressive", "trunk": "carrier", "caller_ids": ["+12125550100"],
                   "max_concurrent": 20, "max_per_second": "2"}]
    )  # fmt: skip
    script: Short = "standard"


class CampaignChange(Body):
    """What changes of a campaign; what is left out stays. Settings are changed one by one."""

    name: Short | None = None
    members: MembersBody | None = None
    settings: dict[str, Any] | None = Field(default=None, examples=[{"mode": "predictive"}])
    script: Short | None = None


@router.get("/campaigns")
async def campaigns(web: Services, _: Reading) -> list[Campaign]:
    """List the campaigns."""
    async with web.pool.connection() as conn:
        return await web.campaigns.campaigns(conn)


@router.post("/campaigns", status_code=201)
async def create(web: Services, actor: Writing, body: CampaignBody) -> Campaign:
    """Set up a campaign as a draft; nothing is dialed before it is started."""
    async with transaction(web.pool) as conn:
        return await web.campaigns.create(
            conn,
            body.name,
            body.members.members(),
            body.settings,
            script=body.script,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.get("/campaigns/{campaign_id}")
async def campaign(web: Services, _: Reading, campaign_id: Id) -> Campaign:
    """Read one campaign."""
    async with web.pool.connection() as conn:
        return await web.campaigns.campaign(conn, campaign_id)


@router.patch("/campaigns/{campaign_id}")
async def change(web: Services, actor: Writing, campaign_id: Id, body: CampaignChange) -> Campaign:
    """Change what is given; a running campaign follows at once and loses no call."""
    async with transaction(web.pool) as conn:
        return await web.campaigns.update(
            conn,
            campaign_id,
            name=body.name,
            members=None if body.members is None else body.members.members(),
            settings=body.settings,
            script=body.script,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/campaigns/{campaign_id}/start")
async def start(web: Services, actor: Writing, campaign_id: Id) -> Campaign:
    """Start or go on with a campaign; its due attempts are loaded by the worker."""
    async with transaction(web.pool) as conn:
        return await web.campaigns.start(conn, campaign_id, actor=actor.name, now=web.clock.now())


@router.post("/campaigns/{campaign_id}/pause")
async def pause(web: Services, actor: Writing, campaign_id: Id) -> Campaign:
    """Stop placing calls; those under way go on."""
    async with transaction(web.pool) as conn:
        return await web.campaigns.pause(conn, campaign_id, actor=actor.name, now=web.clock.now())


@router.post("/campaigns/{campaign_id}/finish")
async def finish(web: Services, actor: Writing, campaign_id: Id) -> Campaign:
    """End a campaign for good."""
    async with transaction(web.pool) as conn:
        return await web.campaigns.finish(conn, campaign_id, actor=actor.name, now=web.clock.now())


@router.post("/campaigns/{campaign_id}/refresh")
async def refresh(web: Services, _: Writing, campaign_id: Id) -> LoadReport:
    """Bring the campaign's due attempts up to date with its members now."""
    async with web.pool.connection() as conn:  # it goes in steps, each its own transaction
        return await web.campaigns.refresh(conn, campaign_id, now=web.clock.now())


@router.get("/campaigns/{campaign_id}/left-out")
async def left_out(web: Services, _: Reading, campaign_id: Id) -> dict[str, int]:
    """Count who was left out when the list was built, whatever the hour, by reason code."""
    async with web.pool.connection() as conn:
        return await web.campaigns.left_out(conn, campaign_id)
