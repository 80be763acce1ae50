"""Backtests, from the page and by the API, to their result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.fakes.contacts import US
from tests.fakes.denver import NOON, add_person, again
from tests.fakes.web import browser, key_of, make_web, sign_in

from goodterms.access.model import Role, Scope
from goodterms.compliance.service import ComplianceService
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.web.context import Web

pytestmark = pytest.mark.postgres

ROW = """
- id: HOUSE-HOURS
  version: 9
  title: "Calls from noon"
  jurisdiction: "*"
  valid_from: 2020-01-01
  valid_to: null
  recorded_at: 2026-11-24T00:00:00Z
  moments: [LOAD, PREDIAL, PRESEND]
  predicate: local_hours
  params: {from: "12:00", until: "21:00"}
  reason_code: TIME_OUTSIDE
  citation: "a try"
  evidence: design
  signed_by: null
"""


async def a_day(pool: Pool) -> None:
    """Let three calls be decided at eleven, one of them at night."""
    gatekeeper = ComplianceService(US)
    async with transaction(pool) as conn:
        contacts = [await add_person(conn, number) for number in (1, 2, 3)]
        await gatekeeper.store_rulebook(conn, now=NOON)
        await gatekeeper.judge(conn, contacts[:2], now=NOON)
        late = again(contacts[2], "att_late")
        await gatekeeper.judge(conn, [late], now=NOON + timedelta(hours=12))


class Worker:
    """Does the jobs that pages enqueue, when told to."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = []

    async def enqueue(self, _conn: Connection, _job: str, arguments: dict[str, Any]) -> None:
        """Remember a job."""
        self.jobs.append(arguments)

    async def work(self, web: Web) -> None:
        """Do what was enqueued."""
        for job in self.jobs:
            await web.backtests.run(job["backtest_id"])


async def test_a_page_shows_what_another_rulebook_would_have_refused(pool: Pool) -> None:
    """The form asks, the worker judges twice, and the page shows reasons, bars and examples."""
    await a_day(pool)
    worker = Worker()
    web = make_web(pool, clock=SetClock(NOON + timedelta(days=1)), enqueue=worker.enqueue)
    async with browser(web) as client:
        csrf = await sign_in(web, client, Role.COMPLIANCE)
        listed = (await client.get("/audit/backtests")).text
        assert US.hash in listed
        form = {
            "csrf_token": csrf, "since": "2026-11-24", "before": US.hash, "after": US.hash,
            "rows": ROW,
        }  # fmt: skip
        asked = await client.post("/audit/backtests", data=form)
        assert asked.status_code == 303, asked.text
        place = asked.headers["location"]
        assert "Waiting for the worker" in (await client.get(place)).text
        await worker.work(web)
        shown = (await client.get(place)).text
        assert "TIME_OUTSIDE" in shown
        assert 'class="bar-second"' in shown
        assert "defer TIME_OUTSIDE" in shown
        same = await client.post("/audit/backtests", data={**form, "rows": ""})
        assert (same.status_code, "Both rulebooks are the same" in same.text) == (422, True)
        wrong = await client.post("/audit/backtests", data={**form, "rows": "- id: X"})
        assert (wrong.status_code, "is missing" in wrong.text) == (422, True)
        day = await client.post("/audit/backtests", data={**form, "since": "yesterday"})
        assert (day.status_code, "Write the day as in" in day.text) == (422, True)
        assert (await client.get("/audit/backtests/999")).status_code == 404


async def test_programs_ask_for_backtests_too(pool: Pool) -> None:
    """The API lists rulebooks, takes a backtest and gives its result."""
    await a_day(pool)
    worker = Worker()
    web = make_web(pool, clock=SetClock(NOON + timedelta(days=1)), enqueue=worker.enqueue)
    key = await key_of(web, Scope.DECISIONS_READ)
    headers = {"Authorization": f"Bearer {key}"}
    async with browser(web) as client:
        kept = (await client.get("/api/v1/rulebooks", headers=headers)).json()
        assert [one["hash"] for one in kept] == [US.hash]
        body = {"since": NOON.isoformat(), "before": US.hash[:12], "after": US.hash, "rows": ROW}
        asked = await client.post("/api/v1/backtests", json=body, headers=headers)
        assert asked.status_code == 201, asked.text
        await worker.work(web)
        place = f"/api/v1/backtests/{asked.json()['id']}"
        done = (await client.get(place, headers=headers)).json()
        assert done["state"] == "done"
        assert (done["result"]["before_allowed"], done["result"]["after_allowed"]) == (2, 0)
        unknown = await client.post(
            "/api/v1/backtests", json={**body, "before": "ffff"}, headers=headers
        )
        assert unknown.status_code == 404
