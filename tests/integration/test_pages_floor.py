"""The live floor and the campaign pages on real tables."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from fastapi import Request
from httpx import AsyncClient
from tests.fakes.centre import CALLER, MONDAY, Centre
from tests.fakes.web import browser, make_web, sign_in

from goodterms.access.model import Role
from goodterms.campaigns.model import Campaign, CampaignState
from goodterms.dialing.model import Mode
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Pool, transaction
from goodterms.web.app import make_app
from goodterms.web.context import Web
from goodterms.web.floor.routes import changes
from goodterms.web.floor.view import FloorReader

pytestmark = pytest.mark.postgres

IN_PLACE = {"hx-request": "true"}


async def _running(pool: Pool, people: int = 5, *, ready: bool = True) -> tuple[Web, Campaign]:
    """A campaign for people in Denver on a Monday morning, two of them decided about."""
    centre = Centre(pool)
    campaign = await centre.open(people)
    if ready:
        await centre.agent("Zoë Very-Long-Name", MONDAY)
    policy = await centre.policy(campaign)
    async with transaction(pool) as conn:
        await centre.dialing.decide_next(conn, policy, 2, node="sim", now=MONDAY)
    return make_web(pool, clock=SetClock(MONDAY)), campaign


async def _settings(web: Web, campaign: Campaign) -> Campaign:
    async with web.pool.connection() as conn:
        return await web.campaigns.campaign(conn, campaign.id)


async def _supervisor(web: Web, client: AsyncClient) -> str:
    return await sign_in(web, client, Role.SUPERVISOR, username="sam")


async def _manager(web: Web, client: AsyncClient) -> str:
    return await sign_in(web, client, Role.MANAGER, username="mia")


async def test_floor_shows_agents_calls_campaigns_and_decisions(pool: Pool) -> None:
    """One look tells who is at work, what is under way and what was decided, with links."""
    web, campaign = await _running(pool)
    async with browser(web) as client:
        await _supervisor(web, client)
        shown = (await client.get("/floor")).text
    assert "Zoë" in shown
    assert f'href="/campaigns/{campaign.id}"' in shown
    assert shown.count('href="/audit/') == 2
    assert "budget 3.0%" in shown


async def test_empty_floor_says_what_to_do(pool: Pool) -> None:
    """Without agents, campaigns or decisions the floor says what will appear, and how."""
    web = make_web(pool)
    async with browser(web) as client:
        await _manager(web, client)
        shown = (await client.get("/floor")).text
        listed = (await client.get("/campaigns")).text
    assert "Nobody is at work" in shown
    assert "No campaign is running" in shown
    assert "No campaigns yet" in listed


async def test_floor_is_for_supervisors(pool: Pool) -> None:
    """An agent sees neither the floor nor its stream nor the campaigns."""
    web = make_web(pool)
    async with browser(web) as client:
        await sign_in(web, client, Role.AGENT)
        for path in ("/floor", "/floor/live", "/campaigns", "/campaigns/new", "/campaigns/1"):
            assert (await client.get(path)).status_code == 403


async def test_stream_sends_only_what_changed(pool: Pool) -> None:
    """The first look sends every part; a second one nothing; a change its own parts only."""
    web, campaign = await _running(pool)
    app = make_app(web)
    scope = {"type": "http", "method": "GET", "path": "/floor/live", "headers": [], "app": app}
    request = Request({**scope, "query_string": b"", "state": {"csp_nonce": "n"}})
    ticks = iter(range(100, 10_000, 100))
    reader, sent = FloorReader(web, lambda: float(next(ticks))), dict[str, object]()
    first = [event.event for event in changes(request, await reader.read(), sent)]
    assert {"figures", "agents", "campaigns", f"campaign-{campaign.id}"} <= set(first)
    assert list(changes(request, await reader.read(), sent)) == []
    async with transaction(pool) as conn:
        await web.campaigns.pause(conn, campaign.id, actor="person:1", now=MONDAY)
    reader.forget()
    after = {event.event for event in changes(request, await reader.read(), sent)}
    assert after == {f"campaign-{campaign.id}", f"campaign-{campaign.id}-controls"}


async def test_supervisor_steers_from_the_floor_in_place(pool: Pool) -> None:
    """Pause, start and limits answer with a toast and leave the page where it is."""
    web, campaign = await _running(pool)
    async with browser(web) as client:
        form = {"csrf_token": await _supervisor(web, client)}
        root = f"/campaigns/{campaign.id}"
        paused = await client.post(f"{root}/pause", data=form, headers=IN_PLACE)
        assert paused.status_code == 204
        assert "is paused" in json.loads(paused.headers["hx-trigger"])["gt:toast"]["text"]
        assert (await _settings(web, campaign)).state is CampaignState.PAUSED
        again = await client.post(f"{root}/pause", data=form, headers=IN_PLACE)
        assert json.loads(again.headers["hx-trigger"])["gt:toast"]["tone"] == "stop"
        await client.post(f"{root}/start", data=form, headers=IN_PLACE)
        limits = {**form, "max_concurrent": "7", "max_per_second": "0.5", "mode": "predictive"}
        await client.post(f"{root}/limits", data=limits, headers=IN_PLACE)
        wrong = {**form, "max_concurrent": "none", "max_per_second": "1"}
        told = await client.post(f"{root}/limits", data=wrong, headers=IN_PLACE)
        assert "whole number" in told.headers["hx-trigger"]
        assert (await client.post(f"{root}/finish", data=form)).status_code == 403
    async with pool.connection() as conn:
        policy = await web.dialing.policy(conn, campaign.id)
    assert policy is not None
    assert (policy.running, policy.max_concurrent, policy.mode) == (True, 7, Mode.PREDICTIVE)
    assert policy.max_per_second == Decimal("0.5")


BUILT = {
    "name": "Winter",
    "mode": "ratio",
    "ratio": "1.5",
    "ring_seconds": "20",
    "amd": "1",
    "trunk": "carrier",
    "caller_ids": CALLER,
    "max_concurrent": "10",
    "max_per_second": "2",
    "max_attempts": "4",
    "rest_days": "2",
    "regions": "co, tx",
    "min_balance_minor": "$50.00",
    "from_0": "09:00",
    "until_0": "17:00",
    "after_busy": "15",
    "most_busy": "2",
}


async def test_campaign_is_built_edited_copied_and_finished(pool: Pool) -> None:
    """What is entered becomes the campaign; its form shows it again; a copy begins like it."""
    web, _ = await _running(pool)
    async with browser(web) as client:
        token = await _manager(web, client)
        form = {"csrf_token": token, **BUILT}
        made = await client.post("/campaigns/new", data=form)
        assert made.status_code == 303, made.text
        page = made.headers["location"]
        number = int(page.rsplit("/", 1)[1])
        async with pool.connection() as conn:
            campaign = await web.campaigns.campaign(conn, number)
        assert campaign.members.regions == ("CO", "TX")
        assert campaign.members.min_balance_minor == 5000
        assert campaign.settings["hours"] == {"0": ["09:00", "17:00"]}
        assert campaign.settings["retry"] == {"busy": {"after_seconds": 900, "at_most": 2}}
        edit = (await client.get(f"{page}/edit")).text
        for value in ('value="50.00"', 'value="09:00"', 'value="CO, TX"', 'value="15"'):
            assert value in edit
        changed = await client.post(f"{page}/edit", data={**form, "name": "Spring"})
        assert changed.headers["location"] == page
        assert "Spring" in (await client.get(page)).text
        copy = (await client.get(f"/campaigns/new?like={number}")).text
        assert "Spring" not in copy
        assert 'value="CO, TX"' in copy
        await client.post(f"{page}/finish", data={"csrf_token": token})
        assert "Finished" in (await client.get(page)).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("ring_seconds", "3"),
        ("ratio", "many"),
        ("caller_ids", "+12125550199"),
        ("min_balance_minor", "abc"),
        ("max_days_past_due", "soon"),
        ("from_0", "18:00"),
        ("after_busy", "later"),
    ],
)
async def test_wrong_setting_is_said_at_its_field(pool: Pool, field: str, value: str) -> None:
    """The form comes back with what was entered and the reason; nothing is created."""
    web, _ = await _running(pool)
    async with browser(web) as client:
        form = {"csrf_token": await _manager(web, client), **BUILT, field: value}
        answer = await client.post("/campaigns/new", data=form)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert 'value="co, tx"' in answer.text  # as it was entered
        if value:
            assert "invalid-feedback" in answer.text
    async with pool.connection() as conn:
        assert len(await web.campaigns.campaigns(conn)) == 1


async def test_preview_asks_the_gate_and_records_nothing(pool: Pool) -> None:
    """The launch preview counts who matches, and who may be called now, without a verdict."""
    web, _ = await _running(pool, people=5)
    async with browser(web) as client:
        form = {"csrf_token": await _manager(web, client), **BUILT, "min_balance_minor": ""}
        before = await _verdicts(pool)
        answer = await client.post("/campaigns/preview", data={**form, "from_0": "", "until_0": ""})
        assert "5 people" in answer.text
        # Two of them have a call under way: the gate says so.
        assert "60.0%" in answer.text
        assert "40.0%" in answer.text
        assert await _verdicts(pool) == before


async def _verdicts(pool: Pool) -> int:
    async with pool.connection() as conn:
        row = await (await conn.execute("SELECT count(*) n FROM compliance.verdict")).fetchone()
    assert row is not None
    return int(row["n"])


async def test_campaign_page_tells_why_people_were_not_called(pool: Pool) -> None:
    """At night the page shows how many were put off, and for which reason."""
    centre = Centre(pool)
    campaign = await centre.open(3)
    night = MONDAY.replace(hour=8)
    policy = await centre.policy(campaign)
    async with transaction(pool) as conn:
        await conn.execute("UPDATE dialing.due_attempt SET due_at = %s", (night,))
        await centre.dialing.decide_next(conn, policy, 3, node="sim", now=night)
    web = replace(make_web(pool), clock=SetClock(night))
    async with browser(web) as client:
        await _supervisor(web, client)
        shown = (await client.get(f"/campaigns/{campaign.id}")).text
        assert "It is too early or too late where the consumer may be." in shown
        assert (await client.get(f"/campaigns/{campaign.id}/numbers")).status_code == 200
        assert "Edit" not in shown
