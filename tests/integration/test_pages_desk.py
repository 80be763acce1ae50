"""The desk: the call on the line, what is done about it, and what comes in from elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from tests.fakes.desk import Desk, make_desk
from tests.fakes.web import browser

from goodterms.access.model import Role
from goodterms.accounts.model import HoldKind
from goodterms.kit.sql import Pool, transaction
from goodterms.routing.model import AgentState

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    """Give a desk at which an agent has signed in."""
    made = make_desk(pool, browser, phone_origin="ws://127.0.0.1:8088")
    async with made.client:
        await made.enter(Role.AGENT)
        yield made


async def test_opening_the_desk_begins_the_day_paused(desk: Desk) -> None:
    """An agent who opens the desk is at work but takes no call until they are ready."""
    page = await desk.client.get("/desk")
    assert page.status_code == 200
    assert "You are paused" in page.text
    assert await desk.state() is AgentState.PAUSED
    answer = await desk.post("/desk/state", state="ready")
    assert answer.status_code == 303
    assert "The next call comes" in (await desk.client.get("/desk")).text
    assert await desk.state() is AgentState.READY


async def test_desk_is_for_agents(desk: Desk) -> None:
    """Who is no agent has no desk."""
    await desk.enter(Role.SUPERVISOR, username="sam")
    assert (await desk.client.get("/desk")).status_code == 403


async def test_call_pops_up_with_person_matter_script_and_reasons(desk: Desk) -> None:
    """A connected call shows who, how much, what to say and why it was allowed."""
    await desk.talk()
    page = (await desk.client.get("/desk")).text
    assert "Ann Example" in page
    assert "$100.00" in page
    assert "This is an attempt to collect a debt" in page
    assert "Allowed: every rule that applies lets this contact through." in page
    assert "12 CFR 1006.14(b)(2)(i)(A)" in page
    assert "Choose when the call has ended." in page


async def test_desk_says_what_the_rulebook_asks_of_this_call(desk: Desk) -> None:
    """The duties of the conversation come from the rules in force, with their source."""
    await desk.talk()
    page = (await desk.client.get("/desk")).text
    assert "Say who is calling, in a way that means something to the consumer." in page
    assert "Say that you are a debt collector" in page
    assert "12 CFR 1006.18(e)" in page or "12 CFR 1006.14(g)" in page


async def test_parts_change_in_place_until_the_call_changes(desk: Desk) -> None:
    """The page asks for its parts; another call on the line replaces the page."""
    attempt = await desk.talk()
    same = await desk.client.get(f"/desk/parts?attempt={attempt.id}")
    assert "hx-retarget" not in same.headers
    assert 'id="desk-top" hx-swap-oob="true"' in same.text
    other = await desk.client.get("/desk/parts?attempt=")
    assert other.headers["hx-retarget"] == "#main"
    assert "Ann Example" in other.text


async def test_refused_payment_keeps_what_was_entered(desk: Desk) -> None:
    """More than is owed is refused at the field, with the amount still there."""
    attempt = await desk.talk()
    [account_id] = attempt.account_ids
    answer = await desk.post(
        f"/desk/act/{account_id}/pay", pay_amount="5000", pay_method="tok_good", pay_id="pay_12345"
    )
    assert answer.status_code == 422
    assert 'value="5000"' in answer.text
    assert 'id="pay_amount-error"' in answer.text


async def test_payment_is_recorded_for_the_call(desk: Desk) -> None:
    """A payment taken at the desk belongs to the call and is asked for once."""
    attempt = await desk.talk()
    [account_id] = attempt.account_ids
    fields = {"pay_amount": "$40.00", "pay_method": "tok_good", "pay_id": "pay_12345"}
    first = await desk.post(f"/desk/act/{account_id}/pay", **fields)
    assert first.status_code == 200, first.text
    assert "Payment of $40.00 is on its way" in first.text
    await desk.post(f"/desk/act/{account_id}/pay", **fields)
    async with desk.web.pool.connection() as conn:
        [payment] = await desk.web.payments.payments_of(conn, attempt.consumer_id)
    assert payment.attempt_id == attempt.id


async def test_card_number_is_never_taken_here(desk: Desk) -> None:
    """A card number in place of a way to pay is refused and stored nowhere."""
    attempt = await desk.talk()
    answer = await desk.post(
        f"/desk/act/{attempt.account_ids[0]}/pay",
        pay_amount="10",
        pay_method="4242 4242 4242 4242",
        pay_id="pay_12345",
    )
    assert answer.status_code == 422
    assert "Choose one of the ways to pay" in answer.text


async def test_promise_and_link(desk: Desk) -> None:
    """A promise is recorded with the call; a pay link is shown once."""
    attempt = await desk.talk()
    path = f"/desk/act/{attempt.account_ids[0]}"
    late = await desk.post(f"{path}/promise", promise_amount="50", promise_due_on="2031-01-01")
    assert late.status_code == 422
    assert "A promise is due between" in late.text
    kept = await desk.post(f"{path}/promise", promise_amount="50", promise_due_on="2026-11-30")
    assert "Promise of $50.00 recorded." in kept.text
    link = await desk.post(f"{path}/link", link_amount="")
    assert "http://goodterms.test/pay/" in link.text


async def test_a_plan_is_agreed_at_the_desk_and_changed_on_the_account(desk: Desk) -> None:
    """The desk offers what policy allows and says why not the rest; a supervisor pauses a plan."""
    attempt = await desk.talk()
    [account_id] = attempt.account_ids
    shown = await desk.client.get("/desk")
    assert "3 instalments of $33.33" in shown.text
    assert "6 instalments: Outside the limits" in shown.text
    found = re.search(r'name="arrange_quote" value="(quo_\w+)"', shown.text)
    assert found is not None
    path = f"/desk/act/{account_id}/arrange"
    refused = await desk.post(path, arrange_quote=found[1], arrange_option="plan:6")
    assert "offers no such plan" in refused.text
    made = await desk.post(path, arrange_quote=found[1], arrange_option="plan:3")
    assert "Agreed: $100.00 in all." in made.text
    await desk.enter(Role.SUPERVISOR, username="sue")
    page = await desk.client.get(f"/accounts/{account_id}")
    assert "Plan: Open" in page.text
    one = re.search(r'name="agreed_id" value="(arr_\w+)"', page.text)
    assert one is not None
    act = f"/accounts/{account_id}/act/agreed"
    assert "Say why." in (await desk.post(act, agreed_id=one[1], agreed_step="paused")).text
    fields = {"agreed_id": one[1], "agreed_step": "paused", "agreed_reason": "hardship"}
    assert "Plan: Paused" in (await desk.post(act, **fields)).text


async def test_hold_from_elsewhere_is_told_to_the_talking_agent(desk: Desk) -> None:
    """A hold that somebody else places stands above the page of the agent who talks."""
    attempt = await desk.talk()
    async with transaction(desk.web.pool) as conn:
        await desk.web.accounts.place_hold(
            conn,
            attempt.consumer_id,
            None,
            HoldKind.CEASE,
            source="letter",
            release_rule="taken back",
            actor="key:host",
            now=desk.clock.now(),
        )
    parts = await desk.client.get(f"/desk/parts?attempt={attempt.id}")
    assert "The consumer asked that contact ceases" in parts.text


async def test_disposition_waits_for_the_end_of_the_call(desk: Desk) -> None:
    """A call is disposed of after it has ended, with the note kept until then."""
    attempt = await desk.talk()
    fields = {"call_attempt": attempt.id, "call_disposition": "promise", "call_note": "by Friday"}
    early = await desk.post("/desk/dispose", **fields)
    assert early.status_code == 422
    assert "The call is not over yet" in early.text
    assert "by Friday" in early.text
    await desk.hang_up(attempt)
    done = await desk.post("/desk/dispose", **fields)
    assert done.status_code == 303
    assert await desk.state() is AgentState.READY


async def test_what_the_consumer_wrote_is_told_from_what_they_said(desk: Desk) -> None:
    """A written dispute holds the debt, with the disputed part; what is no amount is said."""
    attempt = await desk.talk()
    await desk.hang_up(attempt)
    fields = {"call_attempt": attempt.id, "call_disposition": "dispute", "call_written": "1"}
    wrong = await desk.post("/desk/dispose", **fields, call_amount="half")
    assert wrong.status_code == 422
    assert "write a number" in wrong.text
    assert 'value="half"' in wrong.text
    done = await desk.post("/desk/dispose", **fields, call_amount="35.50")
    assert done.status_code == 303
    [fact] = await desk.centre.rows("SELECT data FROM accounts.circumstance WHERE kind = 'dispute'")
    assert fact["data"] == {"written": True, "about": "amount", "amount": "35.50"}
    [hold] = await desk.centre.rows("SELECT kind FROM accounts.hold")
    assert hold["kind"] == "disputed"


async def test_call_back_is_planned_only_when_the_law_allows(desk: Desk) -> None:
    """A call-back at seven in the morning, the consumer's time, is refused in words."""
    attempt = await desk.talk()
    await desk.hang_up(attempt)
    fields = {"call_attempt": attempt.id, "call_disposition": "call_back", "call_note": ""}
    early = await desk.post("/desk/dispose", **fields, call_back_at="2026-11-24T07:00")
    assert early.status_code == 422
    assert "call before 8:00 in Denver" in early.text
    good = await desk.post("/desk/dispose", **fields, call_back_at="2026-11-24T10:00")
    assert good.status_code == 303
    async with desk.web.pool.connection() as conn:
        closed = await desk.web.calls.attempt(conn, attempt.id)
    assert closed.disposition_note == "Call back at 2026-11-24 10:00 (America/Denver)."


async def test_only_ones_own_call_can_be_steered(desk: Desk) -> None:
    """Hanging up is for the agent on the line alone."""
    attempt = await desk.talk()
    assert (await desk.post("/desk/hangup", attempt=attempt.id)).status_code == 204
    assert (await desk.post("/desk/hold", attempt=attempt.id, on="true")).status_code == 204
    await desk.enter(Role.AGENT, username="bea")
    assert (await desk.post("/desk/hangup", attempt=attempt.id)).status_code == 403


async def test_telephone_is_given_once_the_node_knows_it(desk: Desk) -> None:
    """The browser gets the password of its telephone when the node lets it register."""
    assert (await desk.client.get("/desk")).status_code == 200
    async with transaction(desk.web.pool) as conn:
        phone = await desk.web.routing.issue_phone(conn, desk.person_id)
        await desk.web.routing.phone_provided(conn, phone, now=desk.clock.now())
    answer = await desk.client.get("/desk/phone-config")
    assert answer.json() == {
        "ws_url": "ws://127.0.0.1:8088/ws",
        "uri": f"sip:agent-{desk.person_id}@127.0.0.1",
        "password": phone.password,
        "display_name": "Ana",
    }
    assert phone.password not in (await desk.client.get("/desk")).text


async def test_signing_out_ends_the_day(desk: Desk) -> None:
    """With the session the agent's day ends, and their telephone is forgotten."""
    await desk.client.get("/desk")
    await desk.post("/sign-out")
    assert await desk.state() is AgentState.SIGNED_OUT
