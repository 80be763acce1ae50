"""Campaigns and agents' days on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes.centre import CALLER, MONDAY, Centre

from goodterms.access.model import Person, Role
from goodterms.accounts.model import HoldKind
from goodterms.calls.model import Disposition, Outcome
from goodterms.campaigns.model import CampaignState, Members
from goodterms.dialing.model import DueState
from goodterms.kit.errors import Conflict, IllegalTransition, NotFound, Refusal
from goodterms.kit.sql import Pool, transaction
from goodterms.routing.model import AgentEvent, AgentState

pytestmark = pytest.mark.postgres

SETTINGS = {"trunk": "carrier", "caller_ids": [CALLER]}


async def test_refresh_follows_who_is_a_member(pool: Pool) -> None:
    """New people enter, held and paid ones leave, the others keep their place."""
    centre = Centre(pool)
    campaign = await centre.open(4)
    people = await centre.rows("SELECT id, consumer_id FROM accounts.account ORDER BY id")
    await centre.pay(people[0]["id"], "100.00", MONDAY)
    async with transaction(pool) as conn:
        await conn.execute(
            "UPDATE accounts.account SET status = 'closed' WHERE id = %s", (people[1]["id"],)
        )
    async with pool.connection() as conn:
        report = await centre.campaigns.refresh(conn, campaign.id, now=MONDAY)
        counts = await centre.campaigns.progress(conn, campaign.id)
    assert report.withdrawn == 1
    assert {state: number for state, (number, _) in counts.items()} == {
        DueState.WAITING: 2,
        DueState.WITHDRAWN: 2,
    }


async def test_filter_narrows_and_preview_counts(pool: Pool) -> None:
    """Region, balance, age and holds narrow whom a campaign reaches."""
    centre = Centre(pool)
    await centre.open(3)
    async with transaction(pool) as conn:
        await centre.accounts.place_hold(
            conn, 1, None, HoldKind.CEASE, source="letter", release_rule="by hand",
            actor="person:1", now=MONDAY,
        )  # fmt: skip
        seen = await centre.campaigns.preview(conn, Members(), now=MONDAY)
        assert (seen.people, seen.accounts, seen.total_minor) == (2, 2, 20000)
        for nobody in (
            Members(regions=("TX",)),
            Members(min_balance_minor=10001),
            Members(max_balance_minor=9999),
            Members(max_days_past_due=10),
            Members(creditor_ids=(999,)),
            Members(placement_ids=(999,)),
        ):
            assert (await centre.campaigns.preview(conn, nobody, now=MONDAY)).people == 0
        everybody = Members(regions=("CO",), min_balance_minor=10000, min_days_past_due=30)
        assert (await centre.campaigns.preview(conn, everybody, now=MONDAY)).people == 2
        assert await centre.campaigns.describe(conn, Members()) == "All open debts"


async def test_campaign_lives_from_draft_to_finished(pool: Pool) -> None:
    """Start, pause, change and finish reach the dialer; a finished one is not changed."""
    centre = Centre(pool)
    campaign = await centre.open(1)
    async with transaction(pool) as conn:
        paused = await centre.campaigns.pause(conn, campaign.id, actor="person:1", now=MONDAY)
        assert paused.state is CampaignState.PAUSED
        await centre.campaigns.update(
            conn, campaign.id, settings={"max_concurrent": 7}, actor="person:1", now=MONDAY
        )
        policy = await centre.dialing.policy(conn, campaign.id)
        assert policy is not None
        assert (policy.running, policy.max_concurrent) == (False, 7)
        await centre.campaigns.finish(conn, campaign.id, actor="person:1", now=MONDAY)
        with pytest.raises(IllegalTransition):
            await centre.campaigns.start(conn, campaign.id, actor="person:1", now=MONDAY)
        with pytest.raises(Conflict, match="finished"):
            await centre.campaigns.update(
                conn, campaign.id, name="Again", actor="person:1", now=MONDAY
            )
    kinds = await centre.rows("SELECT kind FROM accounts.event WHERE campaign_id IS NOT NULL")
    assert {"campaign.started", "campaign.paused", "campaign.finished"} <= {
        row["kind"] for row in kinds
    }


async def test_wrong_campaigns_are_refused(pool: Pool) -> None:
    """No name, a taken name, an unknown trunk, an unknown campaign."""
    centre = Centre(pool)
    await centre.open(1)
    async with transaction(pool) as conn:
        for name, settings, refusal in (
            (" ", SETTINGS, "Give the campaign a name"),
            ("November", SETTINGS, "is named"),
            ("Other", {**SETTINGS, "trunk": "moon"}, "no trunk"),
        ):
            with pytest.raises(Refusal, match=refusal):
                await centre.campaigns.create(
                    conn, name, Members(), settings, actor="person:1", now=MONDAY
                )
        with pytest.raises(NotFound):
            await centre.campaigns.campaign(conn, 999)


async def test_an_agents_day(pool: Pool) -> None:
    """Ready, reserved, talking with a pause to follow, wrap-up, disposed, paused, signed out."""
    centre = Centre(pool)
    campaign = await centre.open(1)
    person = await centre.agent("ann", MONDAY)
    policy = await centre.policy(campaign)
    [decided] = await centre.dialing.decide(policy, 1, node="n1", now=lambda: MONDAY)
    assert decided.attempt
    attempt_id = decided.attempt.id
    async with transaction(pool) as conn:
        routing = centre.routing
        await routing.move(conn, person, AgentEvent.RESERVE, attempt_id=attempt_id, now=MONDAY)
        with pytest.raises(Conflict, match="Finish the call"):
            await routing.sign_out(conn, person, now=MONDAY)
        await routing.observe(conn, person, AgentEvent.CONNECT, attempt_id=attempt_id, now=MONDAY)
        talking = await routing.pause(conn, person, "lunch", now=MONDAY)
        assert (talking.state, talking.pause_after) == (AgentState.TALKING, True)
        await centre.calls.place(conn, attempt_id, now=MONDAY)
        await centre.calls.end(
            conn, attempt_id, Outcome.CONVERSATION, now=MONDAY, agent_id=person, bridged_at=MONDAY
        )
        await routing.observe(conn, person, AgentEvent.CALL_ENDED, now=MONDAY)
        with pytest.raises(Conflict, match="Dispose"):
            await routing.ready(conn, person, now=MONDAY)
        assert [a.id for a in await centre.calls.undisposed(conn, person)] == [attempt_id]
        await centre.calls.dispose(
            conn, attempt_id, Disposition.PROMISE, actor=f"person:{person}", now=MONDAY
        )
        with pytest.raises(Conflict, match="already"):
            await centre.calls.dispose(
                conn, attempt_id, Disposition.PAID, actor=f"person:{person}", now=MONDAY
            )
        resting = await routing.agent(conn, person)
        assert (resting.state, resting.reason) == (AgentState.PAUSED, "lunch")
        away = await routing.sign_out(conn, person, now=MONDAY + timedelta(hours=1))
        assert away.state is AgentState.SIGNED_OUT
    steps = await centre.rows("SELECT event FROM routing.agent_step ORDER BY id")
    assert [row["event"] for row in steps] == [
        "sign_in", "ready", "reserve", "connect", "call_ended", "dispose_and_pause", "sign_out",
    ]  # fmt: skip


async def test_what_the_engine_saw_too_late_changes_nothing(pool: Pool) -> None:
    """An agent who paused first is not reserved; a conversation is a fact all the same."""
    centre = Centre(pool)
    await centre.open(1)
    person = await centre.agent("ann", MONDAY)
    async with transaction(pool) as conn:
        await centre.routing.pause(conn, person, "break", now=MONDAY)
        late = await centre.routing.observe(
            conn, person, AgentEvent.RESERVE, attempt_id="att_1", now=MONDAY
        )
        assert late.state is AgentState.PAUSED
        fact = await centre.routing.observe(
            conn, person, AgentEvent.CONNECT, attempt_id="att_1", now=MONDAY
        )
        assert (fact.state, fact.pause_after) == (AgentState.TALKING, True)
        again = await centre.routing.sign_in(
            conn,
            Person(
                person, "ann", "Ann", frozenset({Role.AGENT}), "en", active=True, automatic=False
            ),
            "PJSIP/ann-2",
            now=MONDAY,
        )
        assert (again.state, again.endpoint) == (AgentState.TALKING, "PJSIP/ann-2")
        with pytest.raises(NotFound):
            await centre.routing.agent(conn, 999)


async def test_list_leaves_out_who_may_not_be_contacted_at_all(pool: Pool) -> None:
    """At LOAD a reassigned number and a wish for letters only keep people off, told why."""
    centre = Centre(pool)
    campaign = await centre.open(4, loaded=False)
    async with transaction(pool) as conn:
        points = await (
            await conn.execute("SELECT id, consumer_id FROM accounts.contact_point ORDER BY id")
        ).fetchall()
        person = {n: points[n]["consumer_id"] for n in range(4)}
        for number, kind, data, point in (
            (0, "number_check", {"result": "reassigned"}, points[0]["id"]),
            (1, "only_channel", {"channel": "letter"}, None),
            (2, "number_check", {"result": "reassigned"}, points[2]["id"]),
        ):
            await centre.accounts.record_circumstance(
                conn, person[number], kind, contact_point_id=point, data=data, source="test",
                actor="person:1", now=MONDAY,
            )  # fmt: skip
        other = await (
            await conn.execute(
                "INSERT INTO accounts.contact_point (consumer_id, kind, value, position, zones,"
                " source, created_at, updated_at) SELECT consumer_id, 'phone', '+13035550199', 9,"
                " zones, 'test', created_at, updated_at FROM accounts.contact_point WHERE id = %s"
                " RETURNING id",
                (points[2]["id"],),
            )
        ).fetchone()
        assert other is not None
    async with pool.connection() as conn:
        report = await centre.campaigns.refresh(conn, campaign.id, now=MONDAY)
        again = await centre.campaigns.refresh(conn, campaign.id, now=MONDAY)
        left_out = await centre.campaigns.left_out(conn, campaign.id)
    assert (report.added, report.removed) == (2, 2)
    assert report.reasons == left_out == {"CHANNEL_PREF": 1, "RND_REASSIGNED": 1}
    assert (again.added, again.removed) == (0, 0)
    rows = await centre.rows(
        "SELECT consumer_id, state, contact_point_id FROM dialing.due_attempt ORDER BY consumer_id"
    )
    states = {row["consumer_id"]: (row["state"], row["contact_point_id"]) for row in rows}
    assert states[person[2]] == ("waiting", other["id"])
    assert states[person[3]][0] == "waiting"
    assert {states[person[0]][0], states[person[1]][0]} == {"withdrawn"}


async def test_who_was_left_out_comes_back_when_the_reason_is_gone(pool: Pool) -> None:
    """After the days of rest everybody left out is looked at again."""
    centre = Centre(pool)
    campaign = await centre.open(1, loaded=False)
    async with transaction(pool) as conn:
        [row] = await (await conn.execute("SELECT id FROM accounts.consumer")).fetchall()
        wish = await centre.accounts.record_circumstance(
            conn, row["id"], "only_channel", data={"channel": "letter"}, source="test",
            actor="person:1", now=MONDAY,
        )  # fmt: skip
    async with pool.connection() as conn:
        assert (await centre.campaigns.refresh(conn, campaign.id, now=MONDAY)).removed == 1
    async with transaction(pool) as conn:
        await centre.accounts.end_circumstance(
            conn, wish.id, reason="said so", actor="person:1", now=MONDAY
        )
    later = MONDAY + timedelta(days=3)
    async with pool.connection() as conn:
        report = await centre.campaigns.refresh(conn, campaign.id, now=later)
        assert (report.returned, report.removed) == (1, 0)
        assert await centre.campaigns.left_out(conn, campaign.id) == {}


async def test_rules_decide_whether_a_campaign_may_start(pool: Pool) -> None:
    """A short ring, an unknown or telling prompt, sales, quick or false numbers are refused."""
    centre = Centre(pool)
    await centre.open(1)
    for settings, field, code in (
        ({"ring_seconds": 10}, "ring_seconds", "RING_SHORT"),
        ({"abandon_text": "Hello. Call {number}."}, "abandon_text", "ABANDON_MSG"),
        ({"abandon_text": "This is Acme debt collectors. Call {number}."}, "abandon_text",
         "ABANDON_MSG"),
        ({"abandon_prompt": "ours"}, "abandon_text", "Nobody knows"),
        ({"purpose": "sales"}, "purpose", "PURPOSE_SALES"),
        ({"caller_strategy": "carousel", "sticky_days": 7}, "caller_strategy", "CID_EVASION"),
        ({"caller_strategy": "local"}, "caller_strategy", "CID_MISLEADING"),
    ):  # fmt: skip
        async with transaction(pool) as conn:
            made = await centre.campaigns.create(
                conn, f"With {settings}", Members(), {**SETTINGS, **settings}, actor="person:1",
                now=MONDAY,
            )  # fmt: skip
            with pytest.raises(Refusal, match=code) as refused:
                await centre.campaigns.start(conn, made.id, actor="person:1", now=MONDAY)
            assert refused.value.field == field
            draft = await centre.campaigns.campaign(conn, made.id)
            assert draft.state is CampaignState.DRAFT


async def test_running_campaign_cannot_be_changed_against_the_rules(pool: Pool) -> None:
    """A change that the rules would not let start is refused while the campaign runs."""
    centre = Centre(pool)
    campaign = await centre.open(1)
    async with transaction(pool) as conn:
        with pytest.raises(Refusal, match="RING_SHORT"):
            await centre.campaigns.update(
                conn, campaign.id, settings={"ring_seconds": 10}, actor="person:1", now=MONDAY
            )
        changed = await centre.campaigns.update(
            conn, campaign.id, settings={"ring_seconds": 30}, actor="person:1", now=MONDAY
        )
    assert changed.settings["ring_seconds"] == 30
