"""The accounts list, the page of one account with its person, and what is done from there."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from goodterms.access.model import Role
from goodterms.accounts.model import AccountFilter, AccountRow, AccountStatus
from goodterms.kit.errors import NotFound
from goodterms.kit.ids import new_id
from goodterms.ledger.model import Balance
from goodterms.web.accounts import facts, words
from goodterms.web.accounts.actions import allowed, perform
from goodterms.web.accounts.person import Person, load
from goodterms.web.accounts.wish import Said, Wish
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.forms import Form, sent
from goodterms.web.languages import later
from goodterms.web.listing import Column, Listing
from goodterms.web.pages import page, render
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
Staff = Annotated[
    Signed, Depends(signed_in(Role.AGENT, Role.SUPERVISOR, Role.MANAGER, Role.COMPLIANCE))
]
WebHere = Annotated[Web, Depends(web_of)]
PAGE = 50
_EXPORT = 500
_LONGEST_ID = 18

COLUMNS = (
    Column("name", later("Name"), essential=True),
    Column("account", later("Account")),
    Column("creditor", later("Creditor")),
    Column("balance", later("Balance"), end=True),
    Column("due", later("Due on")),
    Column("status", later("Status")),
    Column("holds", later("Holds")),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to, as the address says it; what cannot be read narrows nothing."""

    q: str = ""
    creditor: str = ""
    status: str = ""
    held: str = ""
    after: str = ""
    format: str = ""

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.q.replace("\0", "").strip()[:200]

    @property
    def query(self) -> dict[str, str]:
        """The filters in force, as they stand in addresses."""
        chosen = {"creditor": self.creditor, "status": self.status, "held": self.held}
        return {"q": self.text, **chosen}

    @property
    def filters(self) -> AccountFilter:
        """The filters in force, as the accounts know them."""
        known = self.creditor.isdecimal() and len(self.creditor) <= _LONGEST_ID
        return AccountFilter(
            creditor_id=int(self.creditor) if known else None,
            status=AccountStatus(self.status) if self.status in set(AccountStatus) else None,
            held={"yes": True, "no": False}.get(self.held),
        )


@router.get("/accounts")
async def accounts(
    request: Request,
    web: WebHere,
    signed: Staff,  # noqa: ARG001 - only for staff
    wanted: Annotated[Wanted, Depends()],
) -> Response:
    """Show the accounts that match, a page at a time, or all of them as CSV."""
    if wanted.format == "csv":
        return _csv(web, wanted.text, wanted.filters)
    async with web.pool.connection() as conn:
        found = await web.accounts.search(
            conn, wanted.text, filters=wanted.filters, after=wanted.after or None, limit=PAGE
        )
        balances = await web.ledger.balances(conn, [row.account_id for row in found.rows])
        creditors = await web.accounts.creditors(conn)
    query = wanted.query
    return page(
        request,
        "accounts/list.html",
        listing=Listing(
            "accounts", "/accounts", COLUMNS, query, after=found.next, later=bool(wanted.after)
        ),
        rows=found.rows,
        balances=balances,
        creditors=creditors,
        query=query,
        filtered=any(query.values()),
        words=words.TABLES,
    )


def _csv(web: Web, text: str, chosen: AccountFilter) -> Response:
    head = {"Content-Disposition": 'attachment; filename="accounts.csv"'}
    return StreamingResponse(
        _lines(web, text, chosen), media_type="text/csv; charset=utf-8", headers=head
    )


async def _lines(web: Web, text: str, chosen: AccountFilter) -> AsyncIterator[str]:
    """Yield the list as CSV, page by page, so that a long one needs little memory."""
    yield "name,consumer,account,creditor,currency,balance,due_on,status,holds\r\n"
    after: str | None = None
    while True:
        async with web.pool.connection() as conn:
            found = await web.accounts.search(
                conn, text, filters=chosen, after=after, limit=_EXPORT
            )
            balances = await web.ledger.balances(conn, [row.account_id for row in found.rows])
        yield _rows(found.rows, balances)
        after = found.next
        if after is None:
            return


def _rows(rows: tuple[AccountRow, ...], balances: dict[int, Balance]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        owed = balances[row.account_id].total.amount
        cells = [row.consumer_name, row.consumer_reference, row.reference, row.creditor_name]
        cells += [row.currency, str(owed), row.due_on.isoformat(), row.status.value]
        writer.writerow([*map(_plain, cells), " ".join(hold.value for hold in row.holds)])
    return out.getvalue()


def _plain(cell: str) -> str:
    """Keep spreadsheets from running a name as a formula; a negative amount stays a number."""
    risky = cell.startswith(("=", "+", "@", "\t", "\r")) or (
        cell.startswith("-") and not cell[1:2].isdigit()
    )
    return f"'{cell}" if risky else cell


@router.get("/accounts/{account_id}")
async def account(request: Request, web: WebHere, signed: Staff, account_id: int) -> Response:
    """Show one account with its person."""
    return await _page(request, web, signed, account_id)


@router.get("/accounts/{account_id}/timeline")
async def timeline(
    request: Request, web: WebHere, signed: Staff, account_id: int, before: str = ""
) -> Response:
    """Show the timeline, or what is older than an item of it; for the page's own requests."""
    at, _, key = before.partition("|")
    try:
        place = (datetime.fromisoformat(at), key) if before else None
    except ValueError:
        place = None
    async with web.pool.connection() as conn:
        found = await web.accounts.account(conn, account_id)
        shown = await load(
            web, conn, found.consumer_id, now=web.clock.now(), ask_gate=False, before=place
        )
    return HTMLResponse(
        render(
            request,
            "accounts/timeline.html",
            **context(signed, shown, account_id),
        )
    )


@router.get("/accounts/{account_id}/live")
async def live(request: Request, web: WebHere, signed: Staff, account_id: int) -> Response:
    """Show the parts of the page that change by themselves, for swapping in place."""
    async with web.pool.connection() as conn:
        found = await web.accounts.account(conn, account_id)
        shown = await load(web, conn, found.consumer_id, now=web.clock.now())
    return HTMLResponse(render(request, "accounts/live.html", **context(signed, shown, account_id)))


@router.get("/accounts/{account_id}/facts/fields")
async def fact_fields(
    request: Request, web: WebHere, signed: Staff, account_id: int, fact_kind: str = ""
) -> Response:
    """Show the fields of the kind of fact that was chosen on the form.

    Raises:
        NotFound: there is no such kind.
    """
    if fact_kind not in facts.OFFERED:
        raise NotFound("NO_SUCH_FACT", f"Nothing is recorded as {fact_kind!r}.")
    async with web.pool.connection() as conn:
        found = await web.accounts.account(conn, account_id)
        shown = await load(web, conn, found.consumer_id, now=web.clock.now(), ask_gate=False)
    told = context(signed, shown, account_id)
    return HTMLResponse(render(request, "accounts/fact_fields.html", **told, kind=fact_kind))


@router.post("/accounts/{account_id}/act/{action}")
async def act(
    request: Request, web: WebHere, signed: Staff, account_id: int, action: str
) -> Response:
    """Do something about the account or its person; a refusal shows the form again."""
    form = await sent(request, action)
    said, left = await perform(action, Wish(web, signed, account_id, form))
    return await _page(request, web, signed, account_id, form=left, said=said)


async def _page(
    request: Request,
    web: Web,
    signed: Signed,
    account_id: int,
    *,
    form: Form | None = None,
    said: Said | None = None,
) -> Response:
    async with web.pool.connection() as conn:
        found = await web.accounts.account(conn, account_id)
        shown = await load(web, conn, found.consumer_id, now=web.clock.now())
    refused = form is not None and bool(form.problems)
    answer = page(
        request,
        "accounts/account.html",
        status=422 if refused else 200,
        **context(signed, shown, account_id, form=form, said=said),
        quote=None,
        fresh=new_id("pay", web.clock.now()),
        test_cards=web.settings.test_cards,
    )
    if request.method == "POST" and not refused:
        answer.headers["HX-Push-Url"] = f"/accounts/{account_id}"
    return answer


def context(
    signed: Signed,
    person: Person,
    account_id: int | None,
    *,
    form: Form | None = None,
    said: Said | None = None,
) -> dict[str, Any]:
    """Return what every template about a person needs."""
    return {
        "person": person,
        "debt": person.debt(account_id),
        "form": form or Form(),
        "said": said,
        "may": allowed(signed),
        "words": words.TABLES,
        **facts.SHOWN,
    }
