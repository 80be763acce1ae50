"""Caps on real PostgreSQL: however many ask, and by whatever way, together they exceed none."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from tests.fakes.denver import NOON, OURS, add_person

from goodterms.accounts.service import AccountService
from goodterms.compliance.model import Decision, ProposedContact, Reach
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.events import Bus
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres

LAW = load_rulebook()
DENVER = ZoneInfo("America/Denver")
DAYS, HOURS = 9, (0, 2, 4, 5, 9)


class Floor:
    """Two dialer processes, an agent with a telephone, a call-back, another number, a carrier."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.accounts = AccountService(Bus())
        self.processes = (ComplianceService(LAW), ComplianceService(LAW))
        self.placed: list[tuple[datetime, str]] = []
        self._asked = 0

    async def people(self) -> tuple[ProposedContact, ProposedContact]:
        """Write a person with two numbers; give a call to each."""
        async with transaction(self.pool) as conn:
            first = await add_person(conn, 1)
            row = await (
                await conn.execute(
                    "INSERT INTO accounts.contact_point (consumer_id, kind, value, label, zones,"
                    " source, created_at, updated_at) VALUES (%s, 'phone', '+13035559999', 'home',"
                    " '{America/Denver}', 'test', now(), now()) RETURNING id",
                    (first.consumer_id,),
                )
            ).fetchone()
        assert row
        return first, replace(first, number="+13035559999", contact_point_id=row["id"])

    def ways(self, cell: ProposedContact, home: ProposedContact) -> list[ProposedContact]:
        """Give all who want to call now."""
        return [
            replace(cell, campaign_id=1),  # a dialer
            replace(cell, campaign_id=2),  # another dialer with the same person on its list
            replace(cell, campaign_id=None, caller_id=OURS),  # an agent calls by hand
            replace(cell, campaign_id=1, purpose="collection"),  # a call-back that is due
            replace(home, campaign_id=1),  # the alternative number
            replace(cell, account_ids=cell.account_ids[:1]),  # about one of the debts only
        ]

    async def ask(self, process: int, contact: ProposedContact, now: datetime) -> Decision:
        """Lock the person, ask, and place the call if it may be; it rings out."""
        self._asked += 1
        attempt_id = f"att_{self._asked}"
        service = self.processes[process]
        async with transaction(self.pool) as conn:
            await self.accounts.lock(conn, contact.consumer_id)
            proposal = replace(contact, attempt_id=attempt_id)
            [verdict] = await service.judge(conn, [proposal], now=now)
        if verdict.decision is Decision.ALLOW:
            self.placed.append((now, attempt_id))
        return verdict.decision

    async def close(self, now: datetime) -> None:
        """End what is open: the network declined, or it rang out."""
        at, attempt_id = self.placed[-1]
        assert at == now
        async with transaction(self.pool) as conn:
            await self.processes[0].close_contact(
                conn, attempt_id, outcome="refused", reach=Reach.RANG, now=now
            )


async def test_everybody_together_never_exceeds_a_cap(pool: Pool) -> None:
    """Dialers, agents, call-backs and other numbers at once: one at a time, within every cap."""
    floor = Floor(pool)
    cell, home = await floor.people()
    begin = NOON - timedelta(hours=2)  # 9:00 in Denver
    for day in range(DAYS):
        for hours in HOURS:
            now = begin + timedelta(days=day, hours=hours)
            wanted = floor.ways(cell, home)
            decisions = await asyncio.gather(
                *(floor.ask(n % 2, contact, now) for n, contact in enumerate(wanted))
            )
            assert decisions.count(Decision.ALLOW) <= 1, "two reached one person at once"
            if Decision.ALLOW in decisions:
                await floor.close(now)
                # Declined by one carrier: another one is tried at once, by either process.
                again = [await floor.ask(n, cell, now + timedelta(seconds=9)) for n in (0, 1)]
                assert Decision.ALLOW not in again
    times = [at for at, _ in floor.placed]
    local = [at.astimezone(DENVER).date() for at in times]
    assert all(later - sooner >= timedelta(hours=4) for sooner, later in pairwise(times))
    assert max(Counter(local).values()) == 2, "the day's cap is used and not exceeded"
    sevens = [sum(day <= one < day + timedelta(days=7) for one in local) for day in local]
    assert max(sevens) == 7, "seven in seven days are used and not exceeded"


async def test_open_contact_holds_its_place_in_every_count(pool: Pool) -> None:
    """A call that is under way counts before anybody knows what came of it, in each process."""
    floor = Floor(pool)
    cell, home = await floor.people()
    for day in range(6):
        now = NOON + timedelta(days=day)
        assert await floor.ask(day % 2, cell, now) is Decision.ALLOW
        await floor.close(now)
    last = NOON + timedelta(days=6)
    assert await floor.ask(0, home, last) is Decision.ALLOW
    async with transaction(pool) as conn:
        await floor.accounts.lock(conn, cell.consumer_id)
        later = replace(cell, attempt_id="att_later")
        [verdict] = await floor.processes[1].judge(conn, [later], now=last + timedelta(hours=5))
    failing = {finding.reason_code for finding in verdict.findings if not finding.passed}
    assert {"ATTEMPT_LIVE", "REGF_7IN7"} <= failing
