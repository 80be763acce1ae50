"""What agents see and record of how a consumer may be contacted."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.fakes.desk import Desk, make_desk
from tests.fakes.web import browser

from goodterms.access.model import Role
from goodterms.kit.sql import Pool
from goodterms.web.accounts.facts import MEANS, OFFERED

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    """Give the pages with two people who owe and a supervisor signed in."""
    made = make_desk(pool, browser)
    async with made.client:
        await made.enter(Role.SUPERVISOR)
        yield made


async def _page(desk: Desk) -> str:
    await desk.centre.open(2)
    [first, _] = await desk.centre.rows("SELECT id FROM accounts.account ORDER BY id")
    return f"/accounts/{first['id']}"


async def test_a_wish_is_recorded_shown_and_ended(desk: Desk) -> None:
    """The card says what was said, what it means and since when; it ends with a reason."""
    path = await _page(desk)
    assert "Nothing is recorded" in (await desk.client.get(path)).text
    done = await desk.post(
        f"{path}/act/fact", fact_kind="inconvenient_time", fact_from="12:00", fact_until="14:00",
        fact_day0="1", fact_day4="1", fact_on="", fact_source="in a letter",
    )  # fmt: skip
    assert done.status_code == 200, done.text
    assert "Recorded. What it forbids was withdrawn." in done.text
    assert "12:00\N{EN DASH}14:00, Mon, Fri" in done.text
    assert "No contact then, by the consumer's own clock." in done.text
    assert "in a letter" in done.text
    [fact] = await desk.centre.rows("SELECT id, data FROM accounts.circumstance")
    assert fact["data"] == {"weekdays": [0, 4], "from": "12:00", "until": "14:00"}
    blank = await desk.post(f"{path}/act/unfact", unfact_id=fact["id"], unfact_reason=" ")
    assert blank.status_code == 422
    assert "Say why it ends" in blank.text
    ended = await desk.post(f"{path}/act/unfact", unfact_id=fact["id"], unfact_reason="works days")
    assert "One earlier record" in ended.text
    assert "works days" in ended.text


async def test_a_mistake_loses_nothing(desk: Desk) -> None:
    """A refused form comes back with what was entered and what is wrong at the field."""
    path = await _page(desk)
    refused = await desk.post(
        f"{path}/act/fact", fact_kind="dispute", fact_amount="a lot", fact_written="1",
        fact_on="2026-11-03", fact_source="letter of 3 November",
    )  # fmt: skip
    assert refused.status_code == 422
    assert "Write a number" in refused.text
    assert 'value="a lot"' in refused.text
    assert 'value="letter of 3 November"' in refused.text


async def test_a_validation_notice_shows_its_dates(desk: Desk) -> None:
    """Where a notice was sent, the last day to dispute is said with it."""
    path = await _page(desk)
    done = await desk.post(
        f"{path}/act/fact", fact_kind="notice", fact_notice="validation", fact_scope="account",
        fact_on="2026-09-04",
    )  # fmt: skip
    assert "The validation period ends on Oct 14, 2026." in done.text


@pytest.mark.parametrize("kind", sorted(OFFERED))
async def test_each_kind_has_its_fields(desk: Desk, kind: str) -> None:
    """Choosing a kind shows the fields it needs."""
    path = await _page(desk)
    shown = await desk.client.get(f"{path}/facts/fields?fact_kind={kind}")
    assert shown.status_code == 200
    assert MEANS[kind] in shown.text
    assert (await desk.client.get(f"{path}/facts/fields?fact_kind=x")).status_code == 404


async def test_an_agent_ends_wishes_alone(desk: Desk) -> None:
    """An agent takes a wish back when the consumer does; an attorney only a supervisor ends."""
    path = await _page(desk)
    await desk.enter(Role.AGENT, username="ben")
    for kind in ("attorney", "only_place"):
        await desk.post(f"{path}/act/fact", fact_kind=kind, fact_place="home", fact_scope="person")
    facts = await desk.centre.rows("SELECT id FROM accounts.circumstance ORDER BY id")
    refused = await desk.post(
        f"{path}/act/unfact", unfact_id=facts[0]["id"], unfact_reason="he said so"
    )
    assert "A supervisor or the compliance officer may end this." in refused.text
    done = await desk.post(f"{path}/act/unfact", unfact_id=facts[1]["id"], unfact_reason="moved")
    assert "Ended. It stays on record." in done.text


async def test_an_agreement_needs_its_source(desk: Desk) -> None:
    """A consent says for what, by whom it was given, and how; without a source it is refused."""
    path = await _page(desk)
    given = {
        "agree_state": "granted", "agree_channel": "sms", "agree_purpose": "automated",
        "agree_point": "", "agree_direct": "no",
    }  # fmt: skip
    refused = await desk.post(f"{path}/act/agree", **given, agree_source="")
    assert refused.status_code == 422
    done = await desk.post(f"{path}/act/agree", **given, agree_source="application form")
    assert "Agreement recorded." in done.text
    assert "given to the creditor" in done.text
    [row] = await desk.centre.rows("SELECT purpose, direct, state FROM accounts.consent")
    assert row == {"purpose": "automated", "direct": False, "state": "granted"}


async def test_whose_number_it_is_can_be_said(desk: Desk) -> None:
    """A number of somebody else is marked, and planned contact at it withdrawn."""
    path = await _page(desk)
    [point] = await desk.centre.rows("SELECT id FROM accounts.contact_point ORDER BY id LIMIT 1")
    done = await desk.post(
        f"{path}/act/relation", relation_point=point["id"], relation_relation="spouse"
    )
    assert "Recorded whose number it is." in done.text
    assert "Spouse" in done.text
