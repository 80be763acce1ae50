"""What happened and how well, for pages, terminal and checks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from goodterms.kit.sql import Connection
from goodterms.ledger.service import LedgerService
from goodterms.reporting import store
from goodterms.reporting.model import (
    AgentTile,
    CampaignRow,
    DecisionRow,
    Figures,
    GateAnswers,
    Load,
    Minute,
    Screen,
    TimelineItem,
)

INVARIANTS = {
    "stale_starts": "attempt {id} was placed after its cancellation had committed",
    "calls_after_payment": "attempt {id} was permitted although nothing was owed any more",
    "attempts_without_permit": "attempt {id} has no permit, or one that was never used up",
    "doubled_live_attempts": "consumer {id} has two live calls at once",
    "unreserved_contacts": "attempt {id} is missing from the contact log",
    "open_contacts_of_closed_attempts": "attempt {id} is closed but its contact is still open",
    "payments_without_posting": "payment {id} succeeded but is not in the ledger exactly once",
    "postings_without_payment": "ledger entry {id} posts a payment that did not succeed",
    "daily_cap_breaches": "contact {id} is beyond seven calls in seven days about one debt",
}


class ReportingService:
    """Reads across the domains below and writes nothing."""

    def __init__(self, ledger: LedgerService) -> None:
        self._ledger = ledger

    async def timeline(
        self, conn: Connection, consumer_id: int, *, before: datetime, key: str = "~",
        limit: int = 50,
    ) -> list[TimelineItem]:  # fmt: skip
        """Return what happened to a consumer, newest first, older than (before, key)."""
        return await store.timeline(
            conn,
            {"consumer_id": consumer_id, "before": before, "before_key": key, "limit": limit},
        )

    async def agents(self, conn: Connection) -> list[AgentTile]:
        """Return the agents who are signed in, people before automatic ones."""
        return await store.agent_tiles(conn)

    async def campaigns(
        self, conn: Connection, *, since: datetime, now: datetime
    ) -> list[CampaignRow]:
        """Return each campaign with its pace and its counts since an instant."""
        return await store.campaign_rows(conn, {"since": since, "now": now})

    async def minutes(self, conn: Connection, *, since: datetime) -> list[Minute]:
        """Return the minutes since an instant in which something happened, in order."""
        return await store.minutes(conn, {"since": since})

    async def load(
        self, conn: Connection, *, since: datetime, now: datetime, step: timedelta
    ) -> list[Load]:
        """Return how many calls were under way, from an instant until now in steps."""
        return await store.load(conn, {"since": since, "now": now, "step": step})

    async def decisions(
        self,
        conn: Connection,
        *,
        decision: str | None = None,
        reason_code: str | None = None,
        consumer_id: int | None = None,
        attempt_id: str | None = None,
        after: int | None = None,
        limit: int = 20,
    ) -> list[DecisionRow]:
        """Return the gate's newest answers, narrowed by what is given; ``after`` is a row's id."""
        values = {
            "decision": decision,
            "reason_code": reason_code,
            "consumer_id": consumer_id,
            "attempt_id": attempt_id,
            "after": after,
            "limit": limit,
        }
        return await store.last_decisions(conn, values)

    async def answers(
        self, conn: Connection, *, campaign_id: int, since: datetime, until: datetime
    ) -> list[GateAnswers]:
        """Return what the gate answered about a campaign's contacts, the most frequent first."""
        values = {"campaign_id": campaign_id, "since": since, "until": until}
        return [GateAnswers(**row) for row in await store.rows(conn, "campaign_answers", values)]

    async def pace(self, conn: Connection, campaign_id: int) -> str:
        """Return what the dialer said last about a campaign; empty if it never did."""
        rows = await store.rows(conn, "campaign_pace", {"campaign_id": campaign_id})
        return str(rows[0]["because"]) if rows else ""

    async def refusals(
        self, conn: Connection, *, since: datetime, campaign_id: int | None = None
    ) -> list[dict[str, Any]]:
        """Return why contacts were refused or put off, most frequent reason first."""
        values = {"since": since, "campaign_id": campaign_id}
        return await store.rows(conn, "refusal_reasons", values)

    async def screen(self, conn: Connection, person_id: int) -> Screen | None:
        """Return the call an agent is in, or has still to dispose of."""
        return await store.screen(conn, person_id)

    async def figures(self, conn: Connection, *, since: datetime) -> Figures:
        """Return the floor's figures since an instant."""
        values = {"since": since}
        attempts = (await store.rows(conn, "attempt_figures", values))[0]
        verdicts = (await store.rows(conn, "verdict_figures", values))[0]
        promises = (await store.rows(conn, "promise_figure", values))[0]
        money = await store.rows(conn, "money_figures", values)
        agents = await store.rows(conn, "agents_by_state", {})
        phases = await store.rows(conn, "calls_by_phase", {})
        return Figures(
            since=since,
            agents={row["state"]: row["agents"] for row in agents},
            phases={row["phase"]: row["calls"] for row in phases},
            payments=sum(row["payments"] for row in money),
            money={row["currency"]: row["money"] for row in money},
            **attempts,
            **verdicts,
            **promises,
        )

    async def under_way(self, conn: Connection) -> int:
        """Count the calls, dispositions and payments that are not over yet."""
        return int((await store.rows(conn, "under_way", {}))[0]["things"])

    async def broken_invariants(self, conn: Connection) -> list[str]:
        """Check what the product is trusted for; return one sentence per breach."""
        breaches = await self._ledger.check(conn)
        for name, words in INVARIANTS.items():
            for row in await store.rows(conn, name, {}):
                breaches.append(words.format(id=row["id"]))
        return breaches
