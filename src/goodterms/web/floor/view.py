"""What the floor shows, read once for all who watch it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from goodterms.compliance.decide.abandonment import CAP, WHOLE
from goodterms.compliance.model import ReasonCode
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.reporting.model import (
    AgentTile,
    CampaignRow,
    DecisionRow,
    Figures,
    Load,
    Minute,
)
from goodterms.web.context import Web

WINDOW = timedelta(hours=1)
STEP = timedelta(minutes=2)
FRESH_SECONDS = 0.4
SHARE_FOR_COUNTS = 20
"""Counting lists may take one part in so many of the time; long lists are counted less often."""

ABANDON_BUDGET = Decimal(CAP) / WHOLE
"""The share of answered calls that may find no agent. Reference: 47 CFR 64.1200(a)(7)."""

DECISIONS = 8
REASONS = 8


@dataclass(frozen=True, slots=True)
class Trend:
    """The last hour in steps: one number per step for each figure."""

    talking: tuple[int, ...]
    in_flight: tuple[int, ...]
    answer_rate: tuple[Decimal, ...]
    abandonment: tuple[Decimal, ...]
    connected: tuple[int, ...]
    money: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """One reason for which contacts were refused or put off, and how many."""

    code: str
    words: str
    decision: str
    contacts: int


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything the floor shows at an instant; rates and counts are over the last hour."""

    figures: Figures
    trend: Trend
    agents: tuple[AgentTile, ...]
    campaigns: tuple[CampaignRow, ...]
    decisions: tuple[DecisionRow, ...]
    refusals: tuple[Refused, ...]

    @property
    def signed_in(self) -> int:
        """How many agents are at work."""
        return sum(n for state, n in self.figures.agents.items() if state != "signed_out")

    @property
    def in_flight(self) -> int:
        """How many calls are under way."""
        return sum(self.figures.phases.values())

    @property
    def ringing(self) -> int:
        """How many calls nobody has answered yet."""
        return sum(self.figures.phases.get(p, 0) for p in ("waiting", "dialing", "ringing"))

    @property
    def money(self) -> tuple[Money, ...]:
        """What was collected, the currency with most of it first; nothing is zero dollars."""
        sums = sorted(self.figures.money.items(), key=lambda item: -item[1])
        return tuple(Money(amount, currency) for currency, amount in sums) or (Money.zero(),)

    @property
    def within_budget(self) -> bool | None:
        """Whether no more calls were abandoned than may be; None without any."""
        share = self.figures.abandonment
        return None if share is None else share.within()


def reason_words(code: str) -> str:
    """Say a reason in one sentence; a code of an older version stands for itself."""
    try:
        return ReasonCode(code).meaning
    except ValueError:
        return code


def trend_of(loads: Sequence[Load], minutes: Sequence[Minute], *, since: datetime) -> Trend:
    """Gather the minutes of the last hour into steps; money adds up."""
    steps = int(WINDOW / STEP)
    buckets: list[list[Minute]] = [[] for _ in range(steps + 1)]
    for minute in minutes:
        place = int((minute.at - since) / STEP)
        buckets[min(max(place, 0), steps)].append(minute)

    def total(name: str) -> list[int]:
        return [sum(getattr(m, name) for m in bucket) for bucket in buckets]

    def rate(parts: list[int], wholes: list[int]) -> tuple[Decimal, ...]:
        return tuple(
            Decimal(part * 100) / whole for part, whole in zip(parts, wholes, strict=True) if whole
        )

    collected, money = Decimal(0), []
    for bucket in buckets:
        collected += sum((m.money for m in bucket), Decimal(0))
        money.append(collected)
    connected, abandoned = total("connected"), total("abandoned")
    heard = [c + a for c, a in zip(connected, abandoned, strict=True)]
    return Trend(
        talking=tuple(load.talking for load in loads),
        in_flight=tuple(load.in_flight for load in loads),
        answer_rate=rate(total("answered"), total("placed")),
        abandonment=rate(abandoned, heard),
        connected=tuple(connected),
        money=tuple(money),
    )


class FloorReader:
    """Reads the floor for every open stream of this process, at most a few times a second."""

    def __init__(self, web: Web, clock: Callable[[], float]) -> None:
        self._web = web
        self._clock = clock
        self._lock = asyncio.Lock()
        self._last: Floor | None = None
        self._stale_at = 0.0
        self._campaigns: tuple[CampaignRow, ...] = ()
        self._count_at = 0.0

    async def read(self) -> Floor:
        """Return the floor as it is, or was a moment ago."""
        async with self._lock:
            if self._last is None or self._clock() >= self._stale_at:
                async with self._web.pool.connection() as conn:
                    self._last = await self._fresh(conn)
                self._stale_at = self._clock() + FRESH_SECONDS
            return self._last

    def forget(self) -> None:
        """Read everything anew the next time: somebody changed something here."""
        self._stale_at = self._count_at = 0.0

    async def _fresh(self, conn: Connection) -> Floor:
        reporting, now = self._web.reporting, self._web.clock.now()
        since = now - WINDOW
        await self._count(conn, since=since, now=now)
        loads = await reporting.load(conn, since=since, now=now, step=STEP)
        minutes = await reporting.minutes(conn, since=since)
        reasons = await reporting.refusals(conn, since=since)
        return Floor(
            figures=await reporting.figures(conn, since=since),
            trend=trend_of(loads, minutes, since=since),
            agents=tuple(await reporting.agents(conn)),
            campaigns=self._campaigns,
            decisions=tuple(await reporting.decisions(conn, limit=DECISIONS)),
            refusals=refusals(reasons)[:REASONS],
        )

    async def _count(self, conn: Connection, *, since: datetime, now: datetime) -> None:
        began = self._clock()
        if began < self._count_at:
            return
        rows = await self._web.reporting.campaigns(conn, since=since, now=now)
        self._campaigns = tuple(row for row in rows if row.state in {"running", "paused"})
        self._count_at = began + SHARE_FOR_COUNTS * (self._clock() - began)


def refusals(rows: Sequence[dict[str, Any]]) -> tuple[Refused, ...]:
    """Put reasons into words, the most frequent first."""
    return tuple(
        Refused(r["reason_code"], reason_words(r["reason_code"]), r["decision"], r["contacts"])
        for r in rows
    )
