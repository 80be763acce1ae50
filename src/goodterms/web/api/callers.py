"""The registry of caller IDs: the numbers we own and may show."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from goodterms.access.model import Actor, Scope
from goodterms.compliance.model import GREETING, POOL, CallerId, CallerTest
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Body, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Caller IDs"], route_class=IdempotentRoute, prefix="/caller-ids")

Reading = Annotated[Actor, Depends(key_for(Scope.CAMPAIGNS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.CAMPAIGNS_WRITE))]
Services = Annotated[Web, Depends(web_of)]
Number = Annotated[str, Path(pattern=r"^\+[0-9]{4,20}$", examples=["+12125550100"])]


class CallerIdBody(Body):
    """A number the organisation owns and may show, with how that is known.

    ``region`` is where it seems to be, ``presence`` whether there is an office or people there;
    ``greeting`` is the prompt that callers to it hear.
    """

    number: Short = Field(examples=["+12125550100"])
    name: Short
    proof: Short = Field(examples=["contract 17 of 2026-01-02 with the carrier"])
    trunk: Short
    attestation: Short = "A"
    active: bool = True
    region: str = Field(default="", max_length=10, examples=["US-NY"])
    pool: Short = POOL
    greeting: Short = GREETING
    presence: bool = False


@router.get("")
async def caller_ids(web: Services, _: Reading) -> list[CallerId]:
    """List the numbers we own, with how their last tests went."""
    async with web.pool.connection() as conn:
        return await web.compliance.callers.all(conn)


@router.post("", status_code=201)
async def add_caller_id(web: Services, actor: Writing, body: CallerIdBody) -> list[CallerId]:
    """Register a number we own, or replace what is known of it; its test is due at once."""
    async with transaction(web.pool) as conn:
        caller = CallerId(**body.model_dump())
        await web.compliance.callers.add(conn, caller, actor=actor.name, now=web.clock.now())
        return await web.compliance.callers.all(conn)


@router.get("/{number}/tests")
async def caller_id_tests(web: Services, _: Reading, number: Number) -> list[CallerTest]:
    """List what was heard when a number was called back, the latest first."""
    async with web.pool.connection() as conn:
        return await web.compliance.callers.tests(conn, number)


@router.post("/{number}/test", status_code=202)
async def call_back(web: Services, _: Writing, number: Number) -> list[CallerId]:
    """Ask that a number is called back now; its state shows the result within a minute."""
    async with transaction(web.pool) as conn:
        await web.compliance.callers.ask_test(conn, number, now=web.clock.now())
        return await web.compliance.callers.all(conn)


@router.post("/{number}/retire")
async def retire_caller_id(web: Services, actor: Writing, number: Number) -> list[CallerId]:
    """Take a number out of use: it is shown to nobody any more, and stays on record."""
    async with transaction(web.pool) as conn:
        await web.compliance.callers.retire(conn, number, actor=actor.name)
        return await web.compliance.callers.all(conn)
