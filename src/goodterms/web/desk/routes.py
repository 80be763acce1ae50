"""The desk's page, its parts that change by themselves, and what is done during a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from goodterms.access.model import Role
from goodterms.accounts.model import PointStatus
from goodterms.calls.model import Disposition, Particulars
from goodterms.kit.errors import Conflict, Forbidden, Refusal
from goodterms.kit.sql import Connection, transaction
from goodterms.web.accounts.actions import perform
from goodterms.web.accounts.person import preview
from goodterms.web.accounts.wish import Said, Wish
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.desk.agents import begin, find_agent, view
from goodterms.web.desk.screen import Call, call_of, context, quote_of
from goodterms.web.forms import Form, sent
from goodterms.web.pages import page, render
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
AgentSigned = Annotated[Signed, Depends(signed_in(Role.AGENT))]
WebHere = Annotated[Web, Depends(web_of)]
LONGEST_CALL_BACK = timedelta(days=30)
_HOUR_REASONS = frozenset({"TIME_OUTSIDE", "TIME_AMBIGUOUS", "TZ_UNKNOWN"})


@router.get("/desk")
async def desk(request: Request, web: WebHere, signed: AgentSigned) -> Response:
    """Show the call on the line, or the wait for the next one; opening the desk begins the day."""
    async with transaction(web.pool) as conn:
        await begin(web, conn, signed, now=web.clock.now())
    return await _desk(request, web, signed)


@router.get("/desk/paid")
async def paid(request: Request, signed: AgentSigned) -> Response:  # noqa: ARG001 - only for agents
    """Where the processor's own page leads back to, in its tab."""
    return page(request, "desk/paid.html")


@router.get("/desk/parts")
async def parts(
    request: Request,
    web: WebHere,
    signed: AgentSigned,
    *,
    attempt: str = "",
    account: int | None = None,
    version: int | None = None,
) -> Response:
    """Show what changes by itself; the whole page when another call is on the line by now.

    ``account`` and ``version`` say what is quoted on the page: a changed balance is quoted anew.
    """
    async with web.pool.connection() as conn:
        call = await call_of(web, conn, signed)
        agent = await find_agent(web, conn, signed.person)
        if (call.attempt.id if call else "") != attempt:
            return await _desk(request, web, signed, swap=True)
        if call is None:
            return HTMLResponse(render(request, "desk/idle.html", waiting=agent, live=True))
        debt = call.person.debt(account)
        stale = debt is not None and version is not None and debt.balance.version != version
        quote = await quote_of(web, conn, signed, call, account) if stale else None
    told = context(web, signed, call, account, quote=quote)
    return HTMLResponse(render(request, "desk/parts.html", **told, stale=stale))


@router.get("/desk/deeds/{account_id}")
async def deeds(request: Request, web: WebHere, signed: AgentSigned, account_id: int) -> Response:
    """Show what can be done about another of the person's accounts."""
    return await _deeds(request, web, signed, account_id)


@router.post("/desk/act/{account_id}/{action}")
async def act(
    request: Request, web: WebHere, signed: AgentSigned, account_id: int, action: str
) -> Response:
    """Do something during the call; a refusal shows the form again, nothing lost."""
    form = await sent(request, action)
    async with web.pool.connection() as conn:
        call = await _mine(web, conn, signed)
        if account_id not in {debt.account.id for debt in call.person.debts}:
            raise Forbidden("NOT_THIS_PERSON", "This account is not of the person on the line.")
    wish = Wish(web, signed, account_id, form, attempt_id=call.attempt.id)
    said, left = await perform(action, wish)
    return await _deeds(request, web, signed, account_id, form=left, said=said)


@router.post("/desk/dispose")
async def dispose(request: Request, web: WebHere, signed: AgentSigned) -> Response:
    """Say what came of the call; then the next one may come."""
    form = await sent(request, "call")
    try:
        async with transaction(web.pool) as conn:
            call = await _mine(web, conn, signed, form.text("attempt"))
            disposition = _chosen(form)
            note = form.text("note")
            if disposition is Disposition.CALL_BACK:
                note = await _call_back(web, conn, call, form, note)
            await web.calls.dispose(
                conn,
                call.attempt.id,
                disposition,
                note=note,
                told=Particulars(
                    written=bool(form.text("written")),
                    amount=form.text("amount"),
                    name=form.text("name"),
                    address=form.text("address"),
                ),
                actor=signed.actor.name,
                now=web.clock.now(),
            )
    except Refusal as refusal:
        return await _desk(request, web, signed, form=form.refused(refusal))
    return RedirectResponse("/desk", status_code=303)


def _chosen(form: Form) -> Disposition:
    text = form.text("disposition")
    if text not in set(Disposition):
        raise Refusal("NO_DISPOSITION", "Choose what came of the call.")
    return Disposition(text)


async def _call_back(web: Web, conn: Connection, call: Call, form: Form, note: str) -> str:
    """Check that the law lets us call at the time wished for; return it as a note.

    Raises:
        Refusal: no time was chosen, it has passed, or the hours do not allow it.
    """
    if not form.text("back_at"):
        return note
    zone = call.person.zone
    if not zone:
        raise Refusal("TZ_UNKNOWN", "The consumer's time zone is not known.", field="back_at")
    local = form.local_time("back_at")
    at, now = local.replace(tzinfo=ZoneInfo(zone)), web.clock.now()
    if not now < at < now + LONGEST_CALL_BACK:
        raise Refusal("BAD_TIME", "Choose a time within the next 30 days.", field="back_at")
    points = [r.point for r in call.person.reaches if r.point.id == call.attempt.contact_point_id]
    for point in points:
        if point.status is not PointStatus.ACTIVE:
            continue
        verdict = await preview(web, conn, point, call.person.debts, now=at)
        for finding in verdict.findings:
            if not finding.passed and finding.reason_code in _HOUR_REASONS:
                raise Refusal(finding.reason_code, finding.words, field="back_at")
    return f"Call back at {local:%Y-%m-%d %H:%M} ({zone}). {note}".strip()


async def _mine(web: Web, conn: Connection, signed: Signed, attempt_id: str = "") -> Call:
    call = await call_of(web, conn, signed)
    if call is None or (attempt_id and call.attempt.id != attempt_id):
        raise Conflict("NO_CALL", "This call is no longer on your desk.")
    return call


async def _desk(
    request: Request, web: Web, signed: Signed, *, form: Form | None = None, swap: bool = False
) -> Response:
    async with transaction(web.pool) as conn:
        agent = await find_agent(web, conn, signed.person)
        call = await call_of(web, conn, signed)
        quote = await quote_of(web, conn, signed, call, call.account_id) if call else None
    told: dict[str, Any] = {"form": form or Form(), "waiting": agent, "call": None}
    if call is not None:
        told |= context(web, signed, call, None, quote=quote, form=form)
    answer = page(
        request,
        "desk/call.html" if call else "desk/desk.html",
        agent=view(agent),
        status=422 if form is not None else 200,
        **told,
    )
    if swap:  # asked for parts, but the call is another one: the page is replaced
        answer.headers["HX-Retarget"] = "#main"
        answer.headers["HX-Reselect"] = "#main"
        answer.headers["HX-Reswap"] = "outerHTML"
    return answer


async def _deeds(
    request: Request,
    web: Web,
    signed: Signed,
    account_id: int,
    *,
    form: Form | None = None,
    said: Said | None = None,
) -> Response:
    async with transaction(web.pool) as conn:
        call = await _mine(web, conn, signed)
        quote = await quote_of(web, conn, signed, call, account_id)
    refused = form is not None and bool(form.problems)
    html = render(
        request,
        "desk/deeds.html",
        **context(web, signed, call, account_id, quote=quote, form=form, said=said),
        live=True,
    )
    return HTMLResponse(html, status_code=422 if refused else 200)
