"""Due attempts on a real PostgreSQL: decided once, withdrawn in time, tried again by rule."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.fakes.centre import CALLER, MONDAY, Centre

from goodterms.accounts.model import Channel, ConsentState, HoldKind
from goodterms.calls.model import Disposition, Outcome, Particulars, Phase
from goodterms.compliance.model import Reach
from goodterms.dialing.model import Decided, DueState, Mode
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres

HALF_PAST_SEVEN = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
TEN = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


async def decide(centre: Centre, limit: int, now: datetime = MONDAY) -> list[Decided]:
    async with centre.pool.connection() as conn:
        [policy] = await centre.dialing.policies(conn)
    return await centre.dialing.decide(policy, limit, node="n1", now=lambda: now)


async def end(centre: Centre, attempt_id: str, outcome: Outcome, now: datetime) -> None:
    async with transaction(centre.pool) as conn:
        await centre.calls.place(conn, attempt_id, now=now)
    async with transaction(centre.pool) as conn:
        await centre.calls.end(conn, attempt_id, outcome, now=now, ringing_at=now)


async def due(centre: Centre) -> dict[str, object]:
    [row] = await centre.rows("SELECT * FROM dialing.due_attempt ORDER BY id LIMIT 1")
    return row


async def test_allowed_due_attempts_have_their_attempts_written(pool: Pool) -> None:
    """A decision leaves verdict, permit and attempt in one transaction; the due one is placed."""
    centre = Centre(pool)
    await centre.open(3)
    decided = await decide(centre, 2)
    assert [one.verdict.decision.value for one in decided] == ["allow", "allow"]
    assert all(one.attempt and one.verdict.permit for one in decided)
    rows = await centre.rows("SELECT state, count(*) AS n FROM dialing.due_attempt GROUP BY state")
    assert {row["state"]: row["n"] for row in rows} == {"placed": 2, "waiting": 1}


async def test_more_may_be_looked_at_than_placed(pool: Pool) -> None:
    """Refused ones do not use up the lines; those behind the last one allowed stay as they were."""
    centre = Centre(pool)
    await centre.open(6)
    people = await centre.rows("SELECT consumer_id FROM dialing.due_attempt ORDER BY id")
    for row in people[:3]:
        async with transaction(pool) as conn:
            await centre.accounts.place_hold(
                conn, row["consumer_id"], None, HoldKind.ATTORNEY, source="test",
                release_rule="by hand", actor="person:1", now=MONDAY,
            )  # fmt: skip
    async with transaction(pool) as conn:
        await conn.execute("UPDATE dialing.due_attempt SET state = 'waiting'")  # as if it raced
        [policy] = await centre.dialing.policies(conn)
        decided = await centre.dialing.decide_next(conn, policy, 1, node="n1", now=MONDAY, look=6)
    assert [one.attempt is not None for one in decided] == [False, False, False, True]
    states = await centre.rows("SELECT state FROM dialing.due_attempt ORDER BY id")
    assert [row["state"] for row in states] == ["withdrawn"] * 3 + ["placed"] + ["waiting"] * 2
    verdicts = await centre.rows("SELECT count(*) AS n FROM compliance.verdict")
    assert verdicts == [{"n": 4}]


async def test_two_dialers_never_take_the_same_person(pool: Pool) -> None:
    """Eight dialers at once over sixty people: sixty decisions, each person once."""
    centre = Centre(pool)
    await centre.open(60)

    async def dialer() -> list[int]:
        mine: list[int] = []
        while batch := await decide(centre, 3):
            mine += [one.claimed.due.consumer_id for one in batch]
        return mine

    people = [
        person for mine in await asyncio.gather(*(dialer() for _ in range(8))) for person in mine
    ]
    assert len(people) == len(set(people)) == 60


async def test_the_list_of_half_past_seven_is_not_called_after_the_payment(pool: Pool) -> None:
    """Loaded at 7:30, paid at 7:35: nobody is called at 7:35:01, nobody at 10:00."""
    centre = Centre(pool)
    campaign = await centre.open(1, now=HALF_PAST_SEVEN)
    assert (await decide(centre, 1, HALF_PAST_SEVEN))[0].attempt is None  # too early in Denver
    paid_at = HALF_PAST_SEVEN + timedelta(minutes=5)
    [account] = await centre.rows("SELECT id FROM accounts.account")
    await centre.pay(account["id"], "100.00", paid_at)
    assert (await due(centre))["state"] == "withdrawn"
    assert await decide(centre, 1, paid_at + timedelta(seconds=1)) == []
    async with pool.connection() as conn:
        await centre.campaigns.refresh(conn, campaign.id, now=TEN)
    assert await decide(centre, 1, TEN) == []


async def test_too_early_is_due_when_the_gate_says(pool: Pool) -> None:
    """A deferral waits for the exact instant at which the rule passes."""
    centre = Centre(pool)
    await centre.open(1, now=HALF_PAST_SEVEN)
    await decide(centre, 1, HALF_PAST_SEVEN)
    row = await due(centre)
    assert (row["state"], row["due_at"]) == ("waiting", HALF_PAST_SEVEN + timedelta(minutes=30))
    assert row["reason"] == "TIME_OUTSIDE"


async def test_a_hold_withdraws_in_the_same_transaction(pool: Pool) -> None:
    """What restricts contact takes back what is due; undone together with it."""
    centre = Centre(pool)
    await centre.open(1)
    consumer = (await due(centre))["consumer_id"]
    assert isinstance(consumer, int)
    async with pool.connection() as conn, conn.transaction(force_rollback=True):
        await centre.accounts.place_hold(
            conn, consumer, None, HoldKind.CEASE, source="letter", release_rule="by hand",
            actor="person:1", now=MONDAY,
        )  # fmt: skip
        [row] = await (await conn.execute("SELECT state FROM dialing.due_attempt")).fetchall()
        assert row["state"] == "withdrawn"
    assert (await due(centre))["state"] == "waiting"


async def test_a_payment_stops_the_attempt_that_was_allowed_before(pool: Pool) -> None:
    """Permitted, then paid, then the order to dial: nothing is dialed."""
    centre = Centre(pool)
    await centre.open(1)
    [decided] = await decide(centre, 1)
    assert decided.attempt
    assert decided.verdict.permit
    await centre.pay(decided.claimed.due.account_ids[0], "100.00", MONDAY)
    async with transaction(pool) as conn:
        assert await centre.calls.place(conn, decided.attempt.id, now=MONDAY) is None
        assert await centre.calls.cancels(conn, "n1") == [decided.attempt.id]


async def test_a_payment_tells_the_agent_who_talks(pool: Pool) -> None:
    """A conversation is not cancelled; its agent gets the message."""
    centre = Centre(pool)
    await centre.open(1)
    [decided] = await decide(centre, 1)
    assert decided.attempt
    async with transaction(pool) as conn:
        await centre.calls.place(conn, decided.attempt.id, now=MONDAY)
        await centre.calls.mark(
            conn, decided.attempt.id, Phase.TALKING, now=MONDAY, bridged_at=MONDAY
        )
    await centre.pay(decided.claimed.due.account_ids[0], "10.00", MONDAY)
    async with pool.connection() as conn:
        attempt = await centre.calls.attempt(conn, decided.attempt.id)
        assert attempt.cancel_requested_at is None
        assert attempt.notice
        assert "10.00" in attempt.notice
        assert await centre.calls.cancels(conn, "n1") == []


async def test_people_whose_lock_is_held_are_left_for_later(pool: Pool) -> None:
    """A payment being posted does not stop the dialer; its person waits."""
    centre = Centre(pool)
    await centre.open(2)
    first = (await due(centre))["consumer_id"]
    async with transaction(pool) as conn:
        await centre.accounts.lock(conn, first)  # type: ignore[arg-type]
        decided = await decide(centre, 2)
        assert [one.claimed.due.consumer_id for one in decided] != [first]
        assert len(decided) == 1
    assert len(await decide(centre, 2)) == 1


async def test_no_answer_is_tried_again_by_the_campaigns_rule(pool: Pool) -> None:
    """The retry rule decides when, and how often; then the due attempt is done."""
    centre = Centre(pool)
    await centre.open(1, retry={"no_answer": {"after_seconds": 18000, "at_most": 1}})
    [first] = await decide(centre, 1)
    assert first.attempt
    await end(centre, first.attempt.id, Outcome.NO_ANSWER, MONDAY)
    row = await due(centre)
    assert (row["state"], row["tries"]) == ("waiting", 1)
    assert row["due_at"] == MONDAY + timedelta(hours=5)
    [second] = await decide(centre, 1, MONDAY + timedelta(hours=5))
    assert second.attempt
    await end(centre, second.attempt.id, Outcome.NO_ANSWER, MONDAY + timedelta(hours=5))
    assert (await due(centre))["state"] == "done"


async def test_next_number_after_no_answer(pool: Pool) -> None:
    """A person's second number is tried when the first was not answered."""
    centre = Centre(pool)
    await centre.open(1)
    async with transaction(pool) as conn:
        await conn.execute(
            "INSERT INTO accounts.contact_point (consumer_id, kind, value, zones, position,"
            " source, created_at, updated_at) SELECT id, 'phone', '+13035559999',"
            " '{America/Denver}', 2, 'test', now(), now() FROM accounts.consumer"
        )
    [first] = await decide(centre, 1)
    assert first.attempt
    await end(centre, first.attempt.id, Outcome.NO_ANSWER, MONDAY)
    [second] = await decide(centre, 1, MONDAY + timedelta(hours=5))
    assert second.attempt
    assert second.attempt.number == "+13035559999"


async def test_wrong_number_disposition_marks_the_number(pool: Pool) -> None:
    """The agent says wrong number: the number is marked and nothing is due by it any more."""
    centre = Centre(pool)
    await centre.open(1)
    [decided] = await decide(centre, 1)
    assert decided.attempt
    await end(centre, decided.attempt.id, Outcome.CONVERSATION, MONDAY)
    assert (await due(centre))["state"] == "done"
    async with transaction(pool) as conn:
        await centre.calls.dispose(
            conn, decided.attempt.id, Disposition.WRONG_NUMBER, actor="person:1", now=MONDAY
        )
    [point] = await centre.rows("SELECT status FROM accounts.contact_point")
    assert point["status"] == "wrong"
    assert (await due(centre))["state"] == "withdrawn"
    [contact] = await centre.rows("SELECT reach FROM compliance.contact")
    assert contact == {"reach": Reach.PERSON}


async def test_cease_disposition_stops_everything(pool: Pool) -> None:
    """The agent records a written cease request: a hold with its source, and no retry."""
    centre = Centre(pool)
    await centre.open(1)
    [decided] = await decide(centre, 1)
    assert decided.attempt
    await end(centre, decided.attempt.id, Outcome.CONVERSATION, MONDAY)
    async with transaction(pool) as conn:
        await centre.calls.dispose(
            conn, decided.attempt.id, Disposition.CEASE, told=Particulars(written=True),
            actor="person:1", now=MONDAY,
        )  # fmt: skip
    [hold] = await centre.rows("SELECT kind, source, account_id FROM accounts.hold")
    assert hold == {
        "kind": "cease", "source": f"attempt:{decided.attempt.id}", "account_id": None,
    }  # fmt: skip
    assert (await due(centre))["state"] == "done"


async def test_never_dialed_is_due_again(pool: Pool) -> None:
    """An attempt that a crash kept from being dialed costs no try and does not count."""
    centre = Centre(pool)
    await centre.open(1)
    [decided] = await decide(centre, 1)
    assert decided.attempt
    async with transaction(pool) as conn:
        await centre.calls.end(conn, decided.attempt.id, Outcome.INTERRUPTED, now=MONDAY)
    row = await due(centre)
    assert (row["state"], row["tries"]) == ("waiting", 0)
    [contact] = await centre.rows("SELECT reach FROM compliance.contact")
    assert contact["reach"] == Reach.NOT_PLACED
    assert (await decide(centre, 1))[0].attempt


async def test_withdrawn_returns_after_its_rest(pool: Pool) -> None:
    """A part payment withdraws; the campaign finds the person due again after its rest days."""
    centre = Centre(pool)
    campaign = await centre.open(1, rest_days=3)
    account = await centre.rows("SELECT id FROM accounts.account")
    await centre.pay(account[0]["id"], "40.00", MONDAY)
    async with pool.connection() as conn:
        soon = await centre.campaigns.refresh(conn, campaign.id, now=MONDAY + timedelta(days=2))
        later = await centre.campaigns.refresh(conn, campaign.id, now=MONDAY + timedelta(days=3))
        counts = await centre.campaigns.progress(conn, campaign.id)
    assert (soon.returned, later.returned) == (0, 1)
    assert counts[DueState.WAITING][0] == 1


async def test_host_accounts_are_asked_about_before_the_decision(pool: Pool) -> None:
    """Accounts that live in a host are asked about first; unanswered ones are not called."""
    centre = Centre(pool)
    await centre.open(1)
    async with transaction(pool) as conn:
        await conn.execute(
            "INSERT INTO accounts.host (name, url, secret, created_at)"
            " VALUES ('core', 'http://127.0.0.1:9', 's', now())"
        )
        await conn.execute("UPDATE accounts.account SET host_id = 1, host_reference = 'H1'")
    [decided] = await decide(centre, 1)
    assert len(centre.asked) == 1
    assert decided.attempt is None
    row = await due(centre)
    assert (row["state"], row["reason"]) == ("waiting", "HOST_SILENT")


async def test_pacing_learns_from_the_last_attempts(pool: Pool) -> None:
    """Ages at the answer or the end and lengths of talks, oldest first; who is due is counted."""
    centre = Centre(pool)
    campaign = await centre.open(3)
    decided = await decide(centre, 2)
    rang, talked = (one.attempt.id for one in decided if one.attempt)
    at = MONDAY + timedelta(seconds=10)
    for attempt_id in (rang, talked):
        async with transaction(pool) as conn:
            await centre.calls.place(conn, attempt_id, now=MONDAY)
    async with transaction(pool) as conn:
        await centre.calls.end(
            conn, rang, Outcome.NO_ANSWER, now=at + timedelta(seconds=17), ringing_at=at
        )
    async with transaction(pool) as conn:
        await centre.calls.end(
            conn, talked, Outcome.CONVERSATION, now=at + timedelta(seconds=90),
            answered_at=at, bridged_at=at,
        )  # fmt: skip
    async with pool.connection() as conn:
        past = await centre.dialing.past(conn, campaign.id)
        due_now = await centre.dialing.due_now(conn, [campaign.id, 999], now=MONDAY)
    assert sorted(past.lines) == [(10.0, True), (27.0, False)]
    assert past.talks == (90.0,)
    assert due_now == {campaign.id: 1, 999: 0}


async def test_who_pressed_the_key_is_called_no_more(pool: Pool) -> None:
    """A stop by the key closes that number for calls at once; a withheld number changes nothing."""
    centre = Centre(pool)
    await centre.open(2)
    [first, second] = await centre.rows("SELECT value FROM accounts.contact_point ORDER BY id")
    async with transaction(pool) as conn:
        stop = centre.dialing.stop_calls
        assert await stop(conn, "anonymous", CALLER, now=MONDAY) == []
        assert await stop(conn, "+13035559999", CALLER, now=MONDAY) == []
        [consumer_id] = await stop(conn, first["value"].removeprefix("+"), CALLER, now=MONDAY)
        words = await centre.accounts.consents(conn, consumer_id)
    assert [(w.channel, w.state, w.source) for w in words] == [
        (Channel.CALL, ConsentState.REVOKED, f"pressed the key when calling {CALLER}")
    ]
    due = await centre.rows(
        "SELECT consumer_id, state FROM dialing.due_attempt ORDER BY consumer_id"
    )
    assert [row["state"] for row in due] == ["withdrawn", "waiting"]
    assert second["value"] != first["value"]


async def test_rules_hold_a_campaign_to_one_line_per_agent(pool: Pool) -> None:
    """PACE is asked by country over its window; who breaks the cap, or has no rate, is held."""
    centre = Centre(pool)
    campaign = await centre.open(3, mode="ratio", ratio="2")
    policy = await centre.policy(campaign)
    rules = centre.dialing.pace_rules

    async def ended(consumer_id: int, outcome: str, at: datetime) -> None:
        async with transaction(pool) as conn:
            await conn.execute(
                "INSERT INTO calls.attempt (id, campaign_id, consumer_id, account_ids,"
                " contact_point_id, number, caller_id, trunk, node, verdict_id, ring_seconds, amd,"
                " state, phase, created_at, ended_at, outcome, abandoned)"
                " SELECT 'att_' || gen_random_uuid(), %s, %s, '{}', p.id, p.value, %s, 'carrier',"
                " 'n', 1, 20, false, 'closed', 'ended', %s, %s, %s, %s"
                " FROM accounts.contact_point p WHERE p.consumer_id = %s",
                (campaign.id, consumer_id, CALLER, at, at, outcome, outcome == "abandoned",
                 consumer_id),
            )  # fmt: skip

    async def held(now: datetime) -> str:
        async with pool.connection() as conn:
            return (await rules.held(conn, [policy], now=now)).get(campaign.id, "")

    people = [
        row["id"] for row in await centre.rows("SELECT id FROM accounts.consumer ORDER BY id")
    ]
    assert "no rate" in await held(TEN)
    for _ in range(33):
        await ended(people[0], "conversation", TEN)
    assert "no rate" in await held(TEN + timedelta(seconds=14))
    assert await held(TEN + timedelta(seconds=15)) == ""
    for _ in range(2):
        await ended(people[1], "abandoned", TEN)
    assert "2 of 35" in await held(TEN + timedelta(seconds=30))
    assert "no rate" in await held(TEN + timedelta(days=30, seconds=1))
    async with pool.connection() as conn:
        still = replace(policy, mode=Mode.PROGRESSIVE)
        assert await rules.held(conn, [still], now=TEN + timedelta(minutes=1)) == {}
