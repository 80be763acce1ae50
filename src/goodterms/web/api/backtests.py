"""Backtests and the chain of decisions, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field

from goodterms.access.model import Actor, Scope
from goodterms.compliance.jobs import BACKTEST
from goodterms.compliance.model import Backtest, KeptRulebook
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Body, Id, Long, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Decisions and attempts"], route_class=IdempotentRoute)
Reading = Annotated[Actor, Depends(key_for(Scope.DECISIONS_READ))]
Services = Annotated[Web, Depends(web_of)]


class BacktestBody(Body):
    """History since an instant under two kept rulebooks; rows are tried on top of the second."""

    since: AwareDatetime
    before: Short = Field(description="The first rulebook's hash, or its beginning.")
    after: Short = Field(description="The second rulebook's hash, or its beginning.")
    rows: Long | None = Field(default=None, description="YAML rows to try out.")


@router.get("/rulebooks")
async def rulebooks(web: Services, _: Reading) -> list[KeptRulebook]:
    """List the rulebooks that were ever in force or tried out."""
    async with web.pool.connection() as conn:
        return await web.evidence.rulebooks(conn)


@router.get("/backtests")
async def backtests(web: Services, _: Reading) -> list[Backtest]:
    """List the latest backtests, without their results."""
    async with web.pool.connection() as conn:
        return await web.backtests.backtests(conn)


@router.post("/backtests", status_code=201)
async def ask(web: Services, actor: Reading, body: BacktestBody) -> Backtest:
    """Judge history under two rulebooks; a worker does it, ask again for the result."""
    since: datetime = body.since
    async with transaction(web.pool) as conn:
        asked = await web.backtests.ask(
            conn, since=since, before=body.before, after=body.after, rows=body.rows or "",
            actor=actor.name,
        )  # fmt: skip
        await web.enqueue(conn, BACKTEST, {"backtest_id": asked.id})
    return asked


@router.get("/backtests/{backtest_id}")
async def backtest(web: Services, _: Reading, backtest_id: Id) -> Backtest:
    """Read a backtest, with its result once it is done."""
    async with web.pool.connection() as conn:
        return await web.backtests.backtest(conn, backtest_id)
