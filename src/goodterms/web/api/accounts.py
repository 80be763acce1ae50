"""Accounts and consumers: read, found, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from goodterms.access.model import Actor, Scope
from goodterms.accounts.model import (
    Account,
    AccountFilter,
    AccountPage,
    AccountStatus,
    Consent,
    Consumer,
    ContactPoint,
    Creditor,
    Hold,
    Note,
    RecordedCircumstance,
)
from goodterms.arrangements.model import Promise, Quote
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import transaction
from goodterms.ledger.model import Balance, PostedEntry
from goodterms.reporting.model import TimelineItem
from goodterms.web.api.bodies import (
    Body,
    CursorText,
    Id,
    Limit,
    SearchText,
    read_place,
    write_place,
)
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Accounts"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_WRITE))]
Services = Annotated[Web, Depends(web_of)]


@dataclass(frozen=True, slots=True)
class AccountOut:
    """An account with its creditor and what is owed on it."""

    account: Account
    creditor: Creditor
    balance: Balance


@dataclass(frozen=True, slots=True)
class ConsumerOut:
    """A consumer with all that belongs to them; of circumstances those in force."""

    consumer: Consumer
    accounts: list[Account]
    contact_points: list[ContactPoint]
    holds: list[Hold]
    consents: list[Consent]
    circumstances: list[RecordedCircumstance]
    promises: list[Promise]
    notes: list[Note]


class TimelinePage(BaseModel):
    """What happened, newest first; ``next`` is handed back as ``after``."""

    items: list[TimelineItem]
    next: str | None


class StatusBody(Body):
    """Why an account is worked no more."""

    status: AccountStatus = Field(description="`recalled`, `closed`, or `active` to work it again.")


@router.get("/accounts")
async def search(
    web: Services,
    _: Reading,
    *,
    q: SearchText = "",
    creditor_id: Annotated[int | None, Query(ge=1, le=(1 << 63) - 1)] = None,
    status: AccountStatus | None = None,
    held: bool | None = None,
    after: CursorText = None,
    limit: Limit = 50,
) -> AccountPage:
    """Find accounts by name, reference, number or e-mail address, in order of name."""
    filters = AccountFilter(creditor_id=creditor_id, status=status, held=held)
    async with web.pool.connection() as conn:
        return await web.accounts.search(conn, q, filters=filters, after=after, limit=limit)


@router.get("/accounts/by-reference")
async def by_reference(
    web: Services, _: Reading, creditor: SearchText, reference: SearchText
) -> AccountOut:
    """Read an account by its creditor's reference and its own."""
    async with web.pool.connection() as conn:
        account = await web.accounts.find_account(conn, creditor, reference)
        return await _with_balance(web, conn, account)


@router.get("/accounts/{account_id}")
async def account(web: Services, _: Reading, account_id: Id) -> AccountOut:
    """Read an account with its creditor and balance."""
    async with web.pool.connection() as conn:
        found = await web.accounts.account(conn, account_id)
        return await _with_balance(web, conn, found)


@router.get("/accounts/{account_id}/entries")
async def entries(web: Services, _: Reading, account_id: Id) -> list[PostedEntry]:
    """Read the account's ledger entries, oldest first."""
    async with web.pool.connection() as conn:
        await web.accounts.account(conn, account_id)
        return await web.ledger.entries(conn, account_id)


@router.post("/accounts/{account_id}/quote", status_code=201)
async def quote(web: Services, actor: Reading, account_id: Id) -> Quote:
    """Work out what may be paid now and how, explained line by line."""
    async with transaction(web.pool) as conn:
        return await web.arrangements.quote(conn, account_id, actor=actor.name, now=web.clock.now())


@router.get("/accounts/{account_id}/quote")
async def quote_as_of(web: Services, _: Reading, account_id: Id, as_of: date) -> Quote:
    """Work out what would have been quoted at the end of a day, as it was understood then."""
    async with web.pool.connection() as conn:
        return await web.arrangements.quote_as_of(conn, account_id, as_of, now=web.clock.now())


@router.post("/accounts/{account_id}/status")
async def set_status(web: Services, _: Writing, account_id: Id, body: StatusBody) -> AccountOut:
    """Recall or close an account, or work it again; planned contact stops at once."""
    if body.status in (AccountStatus.PAID, AccountStatus.ARRANGED, AccountStatus.PLACED):
        words = "An account becomes paid or arranged by payments and promises alone."
        raise Refusal("STATUS", words, field="status")
    async with transaction(web.pool) as conn:
        await web.accounts.lock_of_account(conn, account_id)
        await web.accounts.set_status(conn, account_id, body.status, now=web.clock.now())
        found = await web.accounts.account(conn, account_id)
        return await _with_balance(web, conn, found)


@router.get("/consumers/{consumer_id}")
async def consumer(web: Services, _: Reading, consumer_id: Id) -> ConsumerOut:
    """Read a consumer with all that belongs to them."""
    async with web.pool.connection() as conn:
        return ConsumerOut(
            consumer=await web.accounts.consumer(conn, consumer_id),
            accounts=await web.accounts.accounts_of(conn, consumer_id),
            contact_points=await web.accounts.contact_points(conn, consumer_id),
            holds=await web.accounts.holds(conn, consumer_id),
            consents=await web.accounts.consents(conn, consumer_id),
            circumstances=await web.accounts.circumstances(conn, consumer_id, ended=False),
            promises=await web.arrangements.promises(conn, consumer_id),
            notes=await web.accounts.notes(conn, consumer_id),
        )


@router.get("/consumers/{consumer_id}/timeline")
async def timeline(
    web: Services, _: Reading, consumer_id: Id, after: CursorText = None, limit: Limit = 50
) -> TimelinePage:
    """Read what happened to a consumer, newest first."""
    before, key = _timeline_place(after, web.clock.now() + timedelta(days=1))
    async with web.pool.connection() as conn:
        await web.accounts.consumer(conn, consumer_id)
        items = await web.reporting.timeline(conn, consumer_id, before=before, key=key, limit=limit)
    last = items[-1] if len(items) == limit else None
    following = write_place(at=last.at.isoformat(), key=last.key) if last else None
    return TimelinePage(items=items, next=following)


@router.get("/creditors")
async def creditors(web: Services, _: Reading) -> list[Creditor]:
    """List the creditors by name."""
    async with web.pool.connection() as conn:
        return await web.accounts.creditors(conn)


async def _with_balance(web: Web, conn: Any, found: Account) -> AccountOut:
    return AccountOut(
        account=found,
        creditor=await web.accounts.creditor(conn, found.creditor_id),
        balance=await web.ledger.balance(conn, found.id),
    )


def _timeline_place(after: str | None, otherwise: datetime) -> tuple[datetime, str]:
    place = read_place(after)
    try:
        at = datetime.fromisoformat(place["at"]) if place else otherwise
        key = str(place.get("key", "~"))
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal("CURSOR", "This is no place in the timeline.", field="after") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)), key.replace("\0", "")
