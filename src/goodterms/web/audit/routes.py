"""The list of the gate's answers, and each of them as a text with its facts and rules."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from goodterms.access.model import Role
from goodterms.compliance.model import (
    CHOICES,
    AccountFacts,
    Decision,
    Facts,
    Reach,
    ReasonCode,
    Verdict,
)
from goodterms.kit.errors import NotFound
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.reporting.model import DecisionRow
from goodterms.web.accounts import words
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.languages import later
from goodterms.web.listing import Column, Listing
from goodterms.web.pages import page
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
WebHere = Annotated[Web, Depends(web_of)]
Auditor = Annotated[Signed, Depends(signed_in(Role.COMPLIANCE, Role.SUPERVISOR, Role.MANAGER))]
Staff = Annotated[
    Signed, Depends(signed_in(Role.AGENT, Role.COMPLIANCE, Role.SUPERVISOR, Role.MANAGER))
]
PAGE = 50
_EXPORT = 10_000
_LONGEST_ID = 18

COLUMNS = (
    Column("at", later("Decided"), essential=True),
    Column("person", later("Person")),
    Column("decision", later("Decision")),
    Column("reason", later("Reason")),
    Column("next", later("Next possible")),
    Column("attempt", later("Attempt")),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to, as the address says it; what cannot be read narrows nothing."""

    decision: str = ""
    reason: str = ""
    person: str = ""
    q: str = ""
    after: str = ""
    format: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The filters in force, as they stand in addresses."""
        return {
            "decision": self.decision if self.decision in set(Decision) else "",
            "reason": self.reason if self.reason in set(ReasonCode) else "",
            "person": self.person if _is_id(self.person) else "",
            "q": self.q.replace("\0", "").strip()[:80],
        }

    async def rows(self, web: Web, conn: Connection, limit: int) -> list[DecisionRow]:
        """Read the decisions that match, the newest first."""
        query = self.query
        return await web.reporting.decisions(
            conn,
            decision=query["decision"] or None,
            reason_code=query["reason"] or None,
            consumer_id=int(query["person"]) if query["person"] else None,
            attempt_id=query["q"] or None,
            after=int(self.after) if _is_id(self.after) else None,
            limit=limit,
        )


@router.get("/audit")
async def verdicts(
    request: Request,
    web: WebHere,
    signed: Auditor,  # noqa: ARG001 - only for those who audit
    wanted: Annotated[Wanted, Depends()],
) -> Response:
    """Show what the gate decided, the newest first."""
    exporting = wanted.format == "csv"
    async with web.pool.connection() as conn:
        rows = await wanted.rows(web, conn, _EXPORT if exporting else PAGE + 1)
    if exporting:
        return _csv(rows)
    shown, query = rows[:PAGE], wanted.query
    last = str(shown[-1].verdict_id) if len(rows) > PAGE else None
    listing = Listing("audit", "/audit", COLUMNS, query, after=last, later=bool(wanted.after))
    return page(
        request,
        "audit/list.html",
        listing=listing,
        rows=shown,
        query=query,
        filtered=any(query.values()),
        words=words.TABLES,
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID


def _csv(rows: list[DecisionRow]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["id", "decided_at", "consumer_id", "attempt_id", "decision", "reason", "words", "next"]
    )
    for row in rows:
        later_at = row.earliest_allowed_at
        writer.writerow(
            [
                row.verdict_id, row.decided_at.isoformat(), row.consumer_id, row.attempt_id,
                row.decision, row.reason_code, row.words, later_at.isoformat() if later_at else "",
            ]
        )  # fmt: skip
    head = {"Content-Disposition": 'attachment; filename="decisions.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=head)


@router.get("/audit/{verdict_id}")
async def verdict(
    request: Request,
    web: WebHere,
    signed: Staff,  # noqa: ARG001 - only for staff
    verdict_id: int,
) -> Response:
    """Show one decision: what was asked, what was known, what each rule said, and its hash."""
    async with web.pool.connection() as conn:
        found = await web.compliance.verdict(conn, verdict_id)
        why = await web.compliance.why_of(conn, found)
        consumer = await web.accounts.consumer(conn, found.contact.consumer_id)
        accounts = await web.accounts.accounts_of(conn, found.contact.consumer_id)
        campaign = await _campaign(web, conn, found)
        try:
            same: bool | None = await web.compliance.verify(conn, verdict_id)
        except NotFound:  # its rulebook was never kept
            same = None
    currencies = {account.id: account.currency for account in accounts}
    return page(
        request,
        "audit/verdict.html",
        verdict=found,
        why=why,
        consumer=consumer,
        campaign=campaign,
        same=same,
        owed={fact.account_id: _owed(fact, currencies) for fact in found.facts.accounts},
        counts={fact.account_id: _counts(found.facts, fact) for fact in found.facts.accounts},
        words=words.TABLES,
        choice=CHOICES.get(found.contact.caller_because, ""),
    )


def _counts(facts: Facts, debt: AccountFacts) -> tuple[int, int]:
    """Count the calls and the conversations that the log holds about a debt."""
    calls = [
        one for one in facts.log if one.medium == "call" and debt.account_id in one.account_ids
    ]
    return len(calls), sum(one.reach is Reach.CONVERSATION for one in calls)


def _owed(fact: AccountFacts, currencies: dict[int, str]) -> Money | None:
    if fact.balance_minor is None:
        return None
    return Money.from_minor(fact.balance_minor, currencies.get(fact.account_id, "USD"))


async def _campaign(web: Web, conn: Connection, found: Verdict) -> str:
    if found.contact.campaign_id is None:
        return ""
    return (await web.campaigns.campaign(conn, found.contact.campaign_id)).name
