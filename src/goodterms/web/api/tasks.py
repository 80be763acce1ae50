"""What the law makes due about accounts; whether they may be reported, or their records erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from goodterms.access.model import Actor, Scope
from goodterms.compliance.decide.itemisation import itemise
from goodterms.compliance.model import (
    Answer,
    Decision,
    NoticeDates,
    Obligation,
    Task,
    TaskKind,
)
from goodterms.kit.money import Money
from goodterms.web.api.bodies import Before, Id, Limit
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Tasks due"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.DECISIONS_READ))]
Services = Annotated[Web, Depends(web_of)]
_LARGEST_ID = (1 << 63) - 1
_FIRST, _LAST = date(1990, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Tasks by their day; ``next`` is handed back as ``after``."""

    tasks: list[Task]
    next: int | None


@dataclass(frozen=True, slots=True)
class ReasonOut:
    """What one rule said."""

    rule: str
    passed: bool
    reason_code: str
    words: str


@dataclass(frozen=True, slots=True)
class AnswerOut:
    """What the rules say: allow, defer (until ``earliest_allowed_at``), refer or deny, and why.

    ``obligations`` are sentences: what goes with a yes, or what to do after a no.
    """

    decision: Decision
    reason_code: str
    reasons: list[ReasonOut]
    obligations: list[str]
    earliest_allowed_at: datetime | None
    rulebook_hash: str
    decided_at: datetime


@router.get("/tasks")
async def tasks(
    web: Services,
    _: Reading,
    *,
    kind: TaskKind | None = None,
    consumer_id: Annotated[int | None, Query(ge=1, le=_LARGEST_ID)] = None,
    due_until: Annotated[date | None, Query(description="Due on this day or before.")] = None,
    done: bool = False,
    after: Before = None,
    limit: Limit = 50,
) -> TaskPage:
    """List what is due by its day: notices, answers to disputes, reports, erasure.

    A task is done when the facts say so: record the notice, the verification or whatever it asks
    for as a circumstance, and it closes by itself.
    """
    async with web.pool.connection() as conn:
        found = await web.due.tasks(
            conn,
            kind=kind,
            consumer_id=consumer_id,
            due_until=due_until,
            done=done,
            after=after,
            limit=limit,
        )
    return TaskPage(found, found[-1].id if len(found) == limit else None)


@router.get("/accounts/{account_id}/reporting")
async def reporting(web: Services, _: Reading, account_id: Id) -> AnswerOut:
    """Ask whether an account may be reported to a consumer reporting agency now, and how."""
    async with web.pool.connection() as conn:
        return _answer(await web.due.may_report(conn, account_id, now=web.clock.now()))


@router.get("/consumers/{consumer_id}/erasure")
async def erasure(web: Services, _: Reading, consumer_id: Id) -> AnswerOut:
    """Ask whether a consumer's records may be erased now, or until when they are kept and why."""
    async with web.pool.connection() as conn:
        return _answer(await web.due.may_erase(conn, consumer_id, now=web.clock.now()))


@dataclass(frozen=True, slots=True)
class ValidationNotice:
    """What a validation notice of an account says: whose debt, how much and why, until when.

    ``amount`` was owed on ``itemised_on``; the other parts came since, payments and credits as
    negative amounts, and ``total`` is what is owed now.
    """

    account: str
    consumer: str
    creditor: str
    dates: NoticeDates
    itemised_on: date
    amount: Money
    interest: Money
    fees: Money
    payments: Money
    credits: Money
    total: Money


@router.get("/accounts/{account_id}/validation-notice")
async def validation_notice(
    web: Services,
    _: Reading,
    account_id: Id,
    *,
    itemised_on: Annotated[
        date | None,
        Query(ge=_FIRST, le=_LAST, description="The itemisation date; the due date without it."),
    ] = None,
    sent_on: Annotated[
        date | None,
        Query(ge=_FIRST, le=_LAST, description="The day it is sent; today without it."),
    ] = None,
) -> ValidationNotice:
    """Read what to print on an account's validation notice: the itemisation and the dates."""
    async with web.pool.connection() as conn:
        account = await web.accounts.account(conn, account_id)
        consumer = await web.accounts.consumer(conn, account.consumer_id)
        creditor = await web.accounts.creditor(conn, account.creditor_id)
        dates = await web.due.notice_dates(conn, account_id, sent_on=sent_on, now=web.clock.now())
        posted = await web.ledger.entries(conn, account_id)
    shown = itemise([one.entry for one in posted], itemised_on or account.due_on, account.currency)
    return ValidationNotice(
        account=account.reference,
        consumer=consumer.name,
        creditor=creditor.name,
        dates=dates,
        itemised_on=shown.on,
        amount=shown.amount,
        interest=shown.interest,
        fees=shown.fees,
        payments=shown.payments,
        credits=shown.credits,
        total=shown.total,
    )


def _answer(answer: Answer) -> AnswerOut:
    reasons = [
        ReasonOut(f"{f.rule_id} v{f.rule_version}", f.passed, f.reason_code, f.words)
        for f in answer.findings
    ]
    return AnswerOut(
        decision=answer.decision,
        reason_code=answer.reason_code,
        reasons=reasons,
        obligations=[Obligation(duty).meaning for duty in answer.obligations],
        earliest_allowed_at=answer.earliest_allowed_at,
        rulebook_hash=answer.rulebook_hash,
        decided_at=answer.decided_at,
    )
