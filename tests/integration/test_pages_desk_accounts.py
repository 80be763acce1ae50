"""The accounts list, the page of an account, and the decisions."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.fakes.desk import Desk, make_desk
from tests.fakes.web import browser

from goodterms.access.model import Role
from goodterms.kit.sql import Pool

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    """Give the pages with two people who owe and a supervisor signed in."""
    made = make_desk(pool, browser)
    async with made.client:
        await made.enter(Role.SUPERVISOR)
        yield made


async def _account(desk: Desk) -> int:
    [first, _] = await desk.centre.rows("SELECT id FROM accounts.account ORDER BY id")
    return int(first["id"])


async def test_empty_list_says_what_to_do(desk: Desk) -> None:
    """Without accounts the list says how they get here."""
    assert "No accounts yet" in (await desk.client.get("/accounts")).text


async def test_list_is_searched_filtered_and_exported(desk: Desk) -> None:
    """The list finds by name, narrows by hold, and gives the same rows as CSV."""
    await desk.centre.open(2)
    assert (await desk.client.get("/accounts?q=example")).text.count("Ann Example") == 2
    assert "No account matches" in (await desk.client.get("/accounts?q=nobody")).text
    assert "No account matches" in (await desk.client.get("/accounts?held=yes")).text
    export = await desk.client.get("/accounts?q=example&format=csv")
    assert export.headers["content-type"].startswith("text/csv")
    assert export.text.count("\r\n") == 3


@pytest.mark.parametrize(
    "query", ["after=%00", "after=zzz", "creditor=x", "creditor=99999999999999999999", "q=%00"]
)
async def test_list_takes_any_address(desk: Desk, query: str) -> None:
    """An address that somebody changed by hand is answered calmly."""
    assert (await desk.client.get(f"/accounts?{query}")).status_code in {200, 422}


async def test_account_page_explains_who_may_be_called(desk: Desk) -> None:
    """The page of an account says in words whether each number may be called now."""
    await desk.centre.open(2)
    page = (await desk.client.get(f"/accounts/{await _account(desk)}")).text
    assert "May call now" in page
    assert "Why not called?" in page
    assert "rules passed" in page
    assert (await desk.client.get("/accounts/999999")).status_code == 404


async def test_hold_is_placed_shown_and_released_with_a_reason(desk: Desk) -> None:
    """A hold stops contact; it ends only with a reason, and both stay on record."""
    await desk.centre.open(2)
    path = f"/accounts/{await _account(desk)}"
    placed = await desk.post(f"{path}/act/hold", hold_kind="disputed", hold_scope="account")
    assert placed.status_code == 200
    assert placed.headers["hx-push-url"] == path
    assert "Hold placed." in placed.text
    assert "May not call" in placed.text
    [hold] = await desk.centre.rows("SELECT id FROM accounts.hold")
    blank = await desk.post(f"{path}/act/release", release_id=hold["id"], release_reason=" ")
    assert blank.status_code == 422
    assert "Say why the hold is released." in blank.text
    done = await desk.post(f"{path}/act/release", release_id=hold["id"], release_reason="verified")
    assert "Hold released." in done.text


async def test_agents_do_not_release_holds_nor_refund(desk: Desk) -> None:
    """What takes a supervisor is refused to an agent, whatever the form says."""
    await desk.centre.open(2)
    path = f"/accounts/{await _account(desk)}"
    await desk.enter(Role.AGENT, username="bea")
    assert (await desk.post(f"{path}/act/release", release_id=1)).status_code == 403
    assert (await desk.post(f"{path}/act/refund", refund_payment="x")).status_code == 403
    assert (await desk.post(f"{path}/act/nonsense")).status_code == 404


async def test_opt_out_and_wrong_number(desk: Desk) -> None:
    """An opt-out and a wrong number are recorded and shown at the number."""
    await desk.centre.open(2)
    path = f"/accounts/{await _account(desk)}"
    [point, _] = await desk.centre.rows("SELECT id FROM accounts.contact_point ORDER BY id")
    out = await desk.post(f"{path}/act/optout", optout_point=point["id"], optout_channel="call")
    assert "Opted out" in out.text
    wrong = await desk.post(f"{path}/act/wrong", wrong_point=point["id"])
    assert "Wrong number" in wrong.text
    foreign = await desk.post(f"{path}/act/wrong", wrong_point=9999)
    assert foreign.status_code == 422


async def test_note_with_markup_is_text(desk: Desk) -> None:
    """What people write is shown as they wrote it, never run."""
    await desk.centre.open(2)
    path = f"/accounts/{await _account(desk)}"
    page = await desk.post(f"{path}/act/note", note_body="<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert(1)" not in page.text


async def test_timeline_is_paged(desk: Desk) -> None:
    """A long timeline shows the newest first and gives the older on request."""
    await desk.centre.open(2)
    path = f"/accounts/{await _account(desk)}"
    for number in range(45):
        desk.clock.advance(1)
        await desk.post(f"{path}/act/note", note_body=f"note number {number}.")
    page = (await desk.client.get(path)).text
    assert "note number 44." in page
    assert "note number 1." not in page
    older = page.split('hx-get="', 1)[1:]
    address = next(part.split('"')[0] for part in page.split('hx-get="')[1:] if "before=" in part)
    assert older
    assert "note number 1." in (await desk.client.get(address.replace("&amp;", "&"))).text
    assert (await desk.client.get(f"{path}/timeline?before=nonsense")).status_code == 200


async def test_decisions_are_listed_and_read_as_text(desk: Desk) -> None:
    """Every decision is found, read with its facts and rules, and proven by replay."""
    assert "No decisions yet" in (await desk.client.get("/audit")).text
    campaign = await desk.centre.open(2)
    policy = await desk.centre.policy(campaign)
    await desk.web.dialing.decide(policy, 2, node="n", now=desk.clock.now)
    assert (await desk.client.get("/audit")).text.count("Ann Example") == 2
    assert "No decision matches" in (await desk.client.get("/audit?decision=deny")).text
    [row, _] = await desk.centre.rows("SELECT id, digest FROM compliance.verdict ORDER BY id")
    page = (await desk.client.get(f"/audit/{row['id']}")).text
    assert "Allowed: every rule" in page
    assert "Replayed: the same, byte for byte" in page
    assert row["digest"] in page
    export = await desk.client.get("/audit?format=csv")
    assert export.text.count("\n") == 3
    assert (await desk.client.get("/audit?after=x&person=y&reason=z")).status_code == 200
    assert (await desk.client.get("/audit/99999")).status_code == 404


async def test_agents_read_a_decision_but_not_the_list(desk: Desk) -> None:
    """An agent may read why a call was allowed; the list is for those who oversee."""
    await desk.enter(Role.AGENT, username="bea")
    assert (await desk.client.get("/audit")).status_code == 403
