"""Accounts placed or brought up to date by a program, one by one or a thousand at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from goodterms.access.model import Actor, Scope
from goodterms.accounts.model import Channel, HoldKind
from goodterms.intake.model import AccountUpsert, PhoneEntry, UpsertResult
from goodterms.kit.sql import transaction
from goodterms.ledger.model import Book
from goodterms.web.api.bodies import Amount, Body, Currency, Day, Short, Word
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Accounts"], route_class=IdempotentRoute)

Writing = Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_WRITE))]
Services = Annotated[Web, Depends(web_of)]
MOST = 1000


class PhoneBody(Body):
    """A telephone number as people write it, and what kind of place it rings at."""

    number: Short = Field(examples=["+12125550123"])
    label: Short = "home"


class AccountBody(Body):
    """An account as the creditor states it. What is left out of a known account stays as it is.

    ``components`` are all amounts owed now; a component not named is zero. A hold, an opt-out or
    a wrong number on record is never lifted by this.
    """

    creditor: Short = Field(examples=["LAKESIDE"], description="The creditor's reference.")
    account: Short = Field(examples=["A-1001"], description="The creditor's reference of the debt.")
    family_name: Short = Field(examples=["Quill"])
    due_on: Day = Field(examples=["2026-09-01"])
    components: dict[Book, Amount] = Field(
        examples=[{"principal": "120.00", "interest": "3.50"}], max_length=10
    )
    currency: Currency = "USD"
    consumer: Short | None = Field(default=None, description="The creditor's name of the person.")
    given_name: Word | None = Field(default=None, examples=["Ada"])
    creditor_name: Word | None = None
    creditor_spoken_name: Word | None = None
    placement: Word | None = None
    placed_on: Day | None = None
    birth_date: Day | None = None
    language: Word | None = Field(default=None, examples=["en"])
    street: Word | None = None
    city: Word | None = None
    region: Word | None = Field(default=None, examples=["NY"])
    postal_code: Word | None = Field(default=None, examples=["10001"])
    country: Word | None = Field(default=None, examples=["US"])
    email: Word | None = None
    phones: Annotated[tuple[PhoneBody, ...], Field(max_length=10)] = ()
    description: Word | None = None
    opened_on: Day | None = None
    holds: Annotated[tuple[HoldKind, ...], Field(max_length=12)] = ()
    hold_source: Word | None = None
    opt_outs: Annotated[tuple[Channel, ...], Field(max_length=4)] = ()
    granted: Annotated[tuple[Channel, ...], Field(max_length=4)] = ()
    host: Word | None = Field(default=None, description="Name of the host the account lives in.")
    host_reference: Word | None = None

    def upsert(self) -> AccountUpsert:
        """Return the account as the domain takes it in."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        given["components"] = {book: Decimal(text) for book, text in self.components.items()}
        given["phones"] = tuple(PhoneEntry(p.number, p.label) for p in self.phones)
        return AccountUpsert(**given)


class BatchBody(Body):
    """Up to a thousand accounts."""

    accounts: Annotated[tuple[AccountBody, ...], Field(min_length=1, max_length=MOST)]


@dataclass(frozen=True, slots=True)
class BatchOut:
    """One result per account, in the order sent; refused ones say why and changed nothing."""

    results: list[UpsertResult]
    refused: int


@router.put("/accounts")
async def upsert(web: Services, actor: Writing, body: AccountBody) -> UpsertResult:
    """Place an account, or bring a known one up to date; never doubles it or its money."""
    async with transaction(web.pool) as conn:
        return await web.intake.upsert(conn, body.upsert(), actor=actor.name, now=web.clock.now())


@router.put("/accounts/batch")
async def upsert_many(web: Services, actor: Writing, body: BatchBody) -> BatchOut:
    """Place many accounts; each is taken in or refused by itself."""
    upserts = [account.upsert() for account in body.accounts]
    async with transaction(web.pool) as conn:
        results = await web.intake.upsert_many(conn, upserts, actor=actor.name, now=web.clock.now())
    return BatchOut(results, sum(1 for result in results if result.because))
