"""One visit by a pay link: who the page is from, what it is about, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from goodterms.kit.sql import Connection, transaction
from goodterms.payments.model import Door, LinkView
from goodterms.web.context import Web
from goodterms.web.pages import page
from goodterms.web.shell import Firm

ACTOR = "consumer:link"
COOKIE = "gt_visit"


class AskFirst(Exception):  # noqa: N818 - no error: the answer is a question
    """Nobody may see this link before they have said who they are."""

    def __init__(self, door: Door, root: str, firm: Firm) -> None:
        super().__init__("ask first")
        self.door = door
        self.root = root
        self.firm = firm


@dataclass(frozen=True, slots=True)
class Visit:
    """An opened link; ``root`` is the secret address that all its pages begin with."""

    request: Request
    link: LinkView
    root: str
    firm: Firm

    @property
    def consumer_id(self) -> int:
        """Whose account the link is for."""
        return self.link.account.consumer_id

    def answer(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """Show a page; nothing that is linked from it learns the secret address."""
        answer = page(
            self.request,
            f"portal/{template}",
            status=status,
            firm=self.firm,
            link=self.link,
            root=self.root,
            **context,
        )
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    def onward(self, address: str) -> Response:
        """Lead to another address."""
        headers = {"Referrer-Policy": "no-referrer"}
        return RedirectResponse(address, status_code=303, headers=headers)


async def visit(request: Request, web: Web, token: str) -> Visit:
    """Open a link for a browser that has said who it is.

    Raises:
        AskFirst: it has not.
        NotFound: there is no such link.
        Conflict: it has expired.
    """
    now, root = web.clock.now(), f"/pay/{token}"
    async with transaction(web.pool) as conn:
        door = await web.payments.door(conn, token, request.cookies.get(COOKIE, ""), now=now)
        phone = await _telephone(web, conn)
        if not door.known:
            firm = Firm(web.settings.organisation, web.settings.phone or phone)
            raise AskFirst(door, root, firm)
        link = await web.payments.open_link(conn, token, now=now)
    return Visit(request, link, root, _firm(web, phone, root))


def ask(request: Request, first: AskFirst, *, wrong: bool = False) -> Response:
    """Ask who it is, in words that disclose nothing."""
    answer = page(
        request,
        "portal/ask.html",
        status=422 if wrong else 200,
        firm=first.firm,
        root=first.root,
        question=first.door.question,
        closed=first.door.closed,
        wrong=wrong,
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


async def asked(request: Request, error: Exception) -> Response:
    """Answer every page of a link with the question, until it is answered."""
    assert isinstance(error, AskFirst)
    return ask(request, error)


async def enter(request: Request, web: Web, token: str, answer: str) -> Response:
    """Hear the answer: lead on to the page, or ask again."""
    async with transaction(web.pool) as conn:
        secret = await web.payments.enter(conn, token, answer, now=web.clock.now())
    if not secret:
        try:
            await visit(request, web, token)
        except AskFirst as first:
            return ask(request, first, wrong=True)
    root = f"/pay/{token}"
    headers = {"Referrer-Policy": "no-referrer"}
    onward = RedirectResponse(root, status_code=303, headers=headers)
    if secret:
        onward.set_cookie(
            COOKIE,
            secret,
            path=root,
            httponly=True,
            samesite="lax",  # it must come along on the way back from the processor's page
            secure=web.settings.secure,
            max_age=int(web.payments.policy.visit_open_for.total_seconds()),
        )
    return onward


def _firm(web: Web, phone: str, root: str) -> Firm:
    return Firm(
        name=web.settings.organisation,
        phone=web.settings.phone or phone,
        address=web.settings.address,
        rights_url=f"{root}/rights",
        contact_url=f"{root}/contact",
        stop_url=f"{root}/contact#stop",
    )


async def _telephone(web: Web, conn: Connection) -> str:
    """Give the number we are reached at: the one set, or else the first we show."""
    if web.settings.phone:
        return ""
    callers = await web.compliance.callers.all(conn)
    return next((caller.number for caller in callers if caller.active), "")
