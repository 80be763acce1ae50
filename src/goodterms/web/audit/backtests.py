"""Backtests: what another rulebook would have refused of the same history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from goodterms.access.model import Role
from goodterms.compliance.jobs import BACKTEST
from goodterms.compliance.model import ReasonCode
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import transaction
from goodterms.kit.wake import Topic, Wake
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.pages import page, render
from goodterms.web.sessions import signed_in, still_signed_in

router = APIRouter(include_in_schema=False)
WebHere = Annotated[Web, Depends(web_of)]
Officer = Annotated[Signed, Depends(signed_in(Role.COMPLIANCE, Role.MANAGER))]

_USUAL = timedelta(days=7)
_UPDATE_SECONDS = 0.5
_MEANINGS = {code.value: code.meaning for code in ReasonCode}


@router.get("/audit/backtests")
async def backtests(request: Request, web: WebHere, _: Officer) -> Response:
    """Show the form and the backtests so far."""
    return await _list(request, web, {})


@router.post("/audit/backtests")
async def ask(request: Request, web: WebHere, signed: Officer) -> Response:
    """Ask for a backtest and lead to the page where it can be watched."""
    form = await request.form()
    given = {name: str(form.get(name, "")) for name in ("since", "before", "after", "rows")}
    try:
        since = _day(given["since"])
        async with transaction(web.pool) as conn:
            asked = await web.backtests.ask(
                conn, since=since, before=given["before"], after=given["after"],
                rows=given["rows"], actor=signed.actor.name,
            )  # fmt: skip
            await web.enqueue(conn, BACKTEST, {"backtest_id": asked.id})
    except (Refusal, NotFound) as refusal:
        return await _list(request, web, given, problem=refusal)
    return RedirectResponse(f"/audit/backtests/{asked.id}", status_code=303)


def _day(text: str) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
    except ValueError as error:
        raise Refusal("BACKTEST_SINCE", "Write the day as in 2026-11-01.", field="since") from error


@router.get("/audit/backtests/{backtest_id}")
async def backtest(request: Request, web: WebHere, _: Officer, backtest_id: int) -> Response:
    """Show how far a backtest is, and what came of it."""
    return page(request, "audit/backtest.html", **await _context(web, backtest_id))


@router.get("/audit/backtests/{backtest_id}/live")
async def live(request: Request, web: WebHere, _: Officer, backtest_id: int) -> EventSourceResponse:
    """Stream how far a backtest is."""

    async def progress(news: frozenset[Wake]) -> Iterable[ServerSentEvent]:
        ids = {wake.id for wake in news}
        if str(backtest_id) not in ids and None not in ids:
            return ()
        context = await _context(web, backtest_id)
        return (ServerSentEvent(render(request, "audit/_backtest.html", **context), event="run"),)

    return web.hub.stream(
        (Topic.BACKTEST,), progress, every=_UPDATE_SECONDS, alive=lambda: still_signed_in(request)
    )


async def _context(web: Web, backtest_id: int) -> dict[str, Any]:
    async with web.pool.connection() as conn:
        found = await web.backtests.backtest(conn, backtest_id)
    most = 1
    if found.result:
        most = max([1, *(max(r.before, r.after) for r in found.result.reasons)])
    return {"test": found, "most": most, "meanings": _MEANINGS}


async def _list(
    request: Request,
    web: Web,
    given: Mapping[str, str],
    *,
    problem: Refusal | NotFound | None = None,
) -> Response:
    async with web.pool.connection() as conn:
        tests = await web.backtests.backtests(conn)
        kept = await web.evidence.rulebooks(conn)
    usual = (web.clock.now() - _USUAL).date().isoformat()
    return page(
        request,
        "audit/backtests.html",
        status=422 if problem else 200,
        tests=tests,
        kept=kept,
        given={"since": usual, "before": "", "after": "", "rows": "", **given},
        problem=problem,
        field=getattr(problem, "field", None) or "before",
    )
