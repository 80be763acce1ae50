"""The gate's answers with their reasons, and what became of attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from goodterms.access.model import Actor, Scope
from goodterms.accounts.model import Channel
from goodterms.calls.model import Attempt
from goodterms.compliance.model import (
    Decision,
    Explanation,
    Facts,
    ProposedContact,
    StoredAnswer,
    Verdict,
)
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Before, Body, Id, Limit, Name, Reference, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Decisions and attempts"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.DECISIONS_READ))]
Services = Annotated[Web, Depends(web_of)]


@dataclass(frozen=True, slots=True)
class DecisionOut:
    """One answer of the gate: allow, defer (until ``earliest_allowed_at``) or deny, and why."""

    id: int | None
    attempt_id: str
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    channel: Channel
    campaign_id: int | None
    decision: Decision
    reason_code: str
    headline: str
    explanation: Explanation
    facts: Facts
    earliest_allowed_at: datetime | None
    rulebook_hash: str
    decided_at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Decisions, newest first; ``next`` is handed back as ``after``."""

    decisions: list[DecisionOut]
    next: int | None


class PreviewBody(Body):
    """A contact somebody thinks of; nothing is recorded and nobody is called."""

    consumer_id: Reference
    contact_point_id: Reference
    account_ids: list[Reference] | None = None
    channel: Channel = Channel.CALL
    caller_id: Short | None = None


@router.get("/decisions")
async def decisions(
    web: Services,
    _: Reading,
    *,
    consumer_id: Annotated[int | None, Query(ge=1, le=(1 << 63) - 1)] = None,
    campaign_id: Annotated[int | None, Query(ge=1, le=(1 << 63) - 1)] = None,
    decision: Decision | None = None,
    after: Before = None,
    limit: Limit = 50,
) -> DecisionPage:
    """Read the gate's answers, newest first."""
    async with web.pool.connection() as conn:
        found = await web.compliance.verdicts(
            conn,
            consumer_id=consumer_id,
            campaign_id=campaign_id,
            decision=decision,
            after=after,
            limit=limit,
        )
    following = found[-1].id if len(found) == limit else None
    return DecisionPage([_decision(web, verdict) for verdict in found], following)


@router.get("/decisions/{decision_id}")
async def decision(web: Services, _: Reading, decision_id: Id) -> DecisionOut:
    """Read one answer of the gate with the facts it was made from."""
    async with web.pool.connection() as conn:
        return _decision(web, await web.compliance.verdict(conn, decision_id))


@router.post("/decisions/preview")
async def preview(web: Services, _: Reading, body: PreviewBody) -> DecisionOut:
    """Ask whether a contact would be allowed now; nothing is recorded."""
    async with transaction(web.pool) as conn:
        point = await web.accounts.contact_point(conn, body.contact_point_id)
        account_ids = body.account_ids
        if account_ids is None:
            owned = await web.accounts.accounts_of(conn, body.consumer_id)
            account_ids = [account.id for account in owned]
        now = web.clock.now()
        number, because = body.caller_id, ""
        if number is None:
            number, because = await web.compliance.callers.number_for(
                conn, body.consumer_id, now=now
            )
        contact = ProposedContact(
            attempt_id="preview",
            consumer_id=body.consumer_id,
            account_ids=tuple(account_ids),
            contact_point_id=body.contact_point_id,
            number=point.value,
            channel=body.channel,
            caller_id=number,
            caller_because=because,
        )
        return _decision(web, await web.compliance.preview(conn, contact, now=now))


@router.get("/payments/{payment_id}/answers")
async def payment_answers(web: Services, _: Reading, payment_id: Name) -> list[StoredAnswer]:
    """Read what the rules said to a payment, taken or refused, with all it was made from."""
    async with web.pool.connection() as conn:
        return await web.compliance.answers(conn, "payment", payment_id)


@router.get("/attempts/{attempt_id}")
async def attempt(web: Services, _: Reading, attempt_id: Name) -> Attempt:
    """Read one attempt and what came of it."""
    async with web.pool.connection() as conn:
        return await web.calls.attempt(conn, attempt_id)


@router.get("/attempts/{attempt_id}/why")
async def why(web: Services, _: Reading, attempt_id: Name) -> Explanation:
    """Read in words why an attempt was allowed or refused."""
    async with web.pool.connection() as conn:
        return await web.compliance.why(conn, attempt_id)


@router.get("/consumers/{consumer_id}/attempts")
async def attempts(web: Services, _: Reading, consumer_id: Id, limit: Limit = 50) -> list[Attempt]:
    """List a consumer's attempts, newest first."""
    async with web.pool.connection() as conn:
        await web.accounts.consumer(conn, consumer_id)
        return await web.calls.attempts_of(conn, consumer_id, limit=limit)


def _decision(web: Web, verdict: Verdict) -> DecisionOut:
    contact = verdict.contact
    return DecisionOut(
        id=verdict.id,
        attempt_id=contact.attempt_id,
        consumer_id=contact.consumer_id,
        account_ids=verdict.account_ids or contact.account_ids,
        contact_point_id=contact.contact_point_id,
        channel=contact.channel,
        campaign_id=contact.campaign_id,
        decision=verdict.decision,
        reason_code=verdict.reason_code,
        headline=web.compliance.headline(verdict),
        explanation=web.compliance.explain(verdict),
        facts=verdict.facts,
        earliest_allowed_at=verdict.earliest_allowed_at,
        rulebook_hash=verdict.rulebook_hash,
        decided_at=verdict.decided_at,
        digest=verdict.digest,
    )
