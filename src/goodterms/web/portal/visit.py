"""One visit by a pay link: who the page is from, what it is about, and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from goodterms.kit.sql import Connection, transaction
from goodterms.payments.model import LinkView
from goodterms.web.context import Web
from goodterms.web.pages import page
from goodterms.web.shell import Firm

ACTOR = "consumer:link"


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
    """Open a link.

    Raises:
        NotFound: there is no such link.
        Conflict: it has expired.
    """
    async with transaction(web.pool) as conn:
        link = await web.payments.open_link(conn, token, now=web.clock.now())
        phone = await _telephone(web, conn)
    root = f"/pay/{token}"
    return Visit(request, link, root, _firm(web, phone, root))


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
    callers = await web.compliance.caller_ids(conn)
    return next((caller.number for caller in callers if caller.active), "")
