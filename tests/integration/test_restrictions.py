"""A restriction cannot be hidden: nothing that comes later lifts it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.fakes.centre import MONDAY, Centre
from tests.fakes.web import make_web, program

from goodterms.accounts.model import Channel, ConsentState, HoldKind, PointStatus
from goodterms.calls.model import Disposition, Outcome, Particulars
from goodterms.compliance.model import Decision, ProposedContact
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres

CALLER: dict[str, Any] = {"source": "letter", "actor": "person:1", "now": MONDAY}
IN_FORCE = """
SELECT 'hold' AS sort, id FROM accounts.hold WHERE released_at IS NULL
UNION ALL SELECT 'fact', id FROM accounts.circumstance WHERE ended_at IS NULL
UNION ALL SELECT 'point', id FROM accounts.contact_point WHERE status <> 'active'
UNION ALL SELECT 'word', id FROM accounts.consent c WHERE state = 'revoked' AND NOT EXISTS (
    SELECT FROM accounts.consent d WHERE d.id > c.id AND d.channel = c.channel
    AND d.purpose = c.purpose AND d.consumer_id = c.consumer_id AND d.state = 'granted')
"""


async def _conversation(centre: Centre, now: datetime = MONDAY) -> str:
    """Have a conversation with the only consumer that waits for its disposition."""
    await centre.open(1)
    async with centre.pool.connection() as conn:
        [policy] = await centre.dialing.policies(conn)
    [decided] = await centre.dialing.decide(policy, 1, node="n1", now=lambda: now)
    assert decided.attempt
    attempt_id = decided.attempt.id
    async with transaction(centre.pool) as conn:
        await centre.calls.place(conn, attempt_id, now=now)
    async with transaction(centre.pool) as conn:
        await centre.calls.end(conn, attempt_id, Outcome.CONVERSATION, now=now, ringing_at=now)
    return attempt_id


async def _restrict(centre: Centre, attempt_id: str) -> ProposedContact:
    """Restrict contact in every way there is; give the contact that is now refused."""
    async with transaction(centre.pool) as conn:
        told = await centre.calls.attempt(conn, attempt_id)
        person, accounts = told.consumer_id, centre.accounts
        await accounts.place_hold(
            conn, person, None, HoldKind.CEASE, release_rule="in writing", **CALLER
        )
        await accounts.record_consent(
            conn, person, None, Channel.CALL, ConsentState.REVOKED, **CALLER
        )
        await accounts.record_circumstance(conn, person, "attorney", **CALLER)
        await accounts.record_circumstance(
            conn, person, "dispute", account_id=told.account_ids[0], data={"written": True},
            **CALLER,
        )  # fmt: skip
        await accounts.mark_point(conn, told.contact_point_id, PointStatus.WRONG, **CALLER)
    return ProposedContact(
        "att_later", person, told.account_ids, told.contact_point_id, told.number, Channel.CALL,
        told.caller_id,
    )  # fmt: skip


async def _refusals(centre: Centre, contact: ProposedContact) -> set[str]:
    async with centre.pool.connection() as conn:
        verdict = await centre.compliance.preview(conn, contact, now=MONDAY)
    assert verdict.decision is Decision.DENY
    return {finding.reason_code for finding in verdict.findings if not finding.passed}


async def _in_force(centre: Centre) -> set[tuple[str, int]]:
    return {(row["sort"], row["id"]) for row in await centre.rows(IN_FORCE)}


@pytest.mark.parametrize("disposition", Disposition)
async def test_no_disposition_lifts_a_restriction(pool: Pool, disposition: Disposition) -> None:
    """Whatever an agent says came of the call, what restricted contact before still does."""
    centre = Centre(pool)
    attempt_id = await _conversation(centre)
    contact = await _restrict(centre, attempt_id)
    before, refused = await _in_force(centre), await _refusals(centre, contact)
    async with transaction(pool) as conn:
        await centre.calls.dispose(
            conn, attempt_id, disposition, told=Particulars(written=True), actor="person:1",
            now=MONDAY,
        )  # fmt: skip
    assert before <= await _in_force(centre)
    assert {"CEASE_WRITTEN", "MEDIUM_OPTOUT", "POINT_WRONG"} <= refused
    assert refused - {"ATTEMPT_LIVE"} <= await _refusals(centre, contact)


async def test_an_oral_wish_closes_the_telephone_alone(pool: Pool) -> None:
    """Said in a call it ends calls, and no hold is placed; nothing waits to be dialed again."""
    centre = Centre(pool)
    attempt_id = await _conversation(centre)
    async with transaction(pool) as conn:
        await centre.calls.dispose(
            conn, attempt_id, Disposition.CEASE, actor="person:1", now=MONDAY
        )
    [word] = await centre.rows("SELECT channel, state, purpose FROM accounts.consent")
    assert word == {"channel": "call", "state": "revoked", "purpose": "contact"}
    assert await centre.rows("SELECT id FROM accounts.hold") == []


async def test_an_oral_dispute_is_on_record_and_stops_nothing(pool: Pool) -> None:
    """Said in a call it is recorded for every debt spoken about; contact may go on."""
    centre = Centre(pool)
    attempt_id = await _conversation(centre)
    async with transaction(pool) as conn:
        await centre.calls.dispose(
            conn, attempt_id, Disposition.DISPUTE, actor="person:1", now=MONDAY
        )
    facts = await centre.rows("SELECT kind, data, source FROM accounts.circumstance"
                              " WHERE kind = 'dispute'")  # fmt: skip
    assert facts == [{
        "kind": "dispute", "data": {"written": False, "about": "debt"},
        "source": f"attempt:{attempt_id}",
    }]  # fmt: skip
    assert await centre.rows("SELECT id FROM accounts.hold") == []


async def test_a_key_ends_calls_once(pool: Pool) -> None:
    """The key is written once however often the engine says so, and nothing is left to dial."""
    centre = Centre(pool)
    attempt_id = await _conversation(centre)
    for _ in range(2):
        async with transaction(pool) as conn:
            await centre.calls.opt_out(conn, attempt_id, now=MONDAY)
    words = await centre.rows("SELECT channel, purpose, source FROM accounts.consent ORDER BY id")
    source = f"attempt:{attempt_id}: key 9"
    assert words == [
        {"channel": "call", "purpose": "contact", "source": source},
        {"channel": "all", "purpose": "automated", "source": source},
    ]


ACCOUNT: dict[str, Any] = {
    "creditor": "LAKESIDE",
    "account": "A-1",
    "consumer": "C-1",
    "family_name": "Quill",
    "due_on": "2026-09-01",
    "components": {"principal": "120.00"},
    "phones": [{"number": "+12125550123", "label": "mobile"}],
}


async def test_no_import_lifts_a_restriction(pool: Pool) -> None:
    """The same account placed again, with consents and without holds, lifts nothing."""
    async with await program(make_web(pool)) as client:
        account_id = (await client.put("/accounts", json=ACCOUNT)).json()["account_id"]
        read = (await client.get(f"/accounts/{account_id}")).json()
        consumer = f"/consumers/{read['account']['consumer_id']}"
        point = (await client.get(consumer)).json()["contact_points"][0]["id"]
        said = {"source": "letter"}
        bodies = (
            (f"{consumer}/holds", {"kind": "cease", "release_rule": "in writing", **said}),
            (f"{consumer}/consents", {"channel": "all", "state": "revoked", **said}),
            (f"{consumer}/circumstances", {"kind": "attorney", **said}),
            (f"{consumer}/circumstances",
             {"kind": "number_check", "contact_point_id": point,
              "data": {"result": "reassigned"}, **said}),
        )  # fmt: skip
        for path, body in bodies:
            assert (await client.post(path, json=body)).status_code == 201
        marked = {"status": "wrong", **said}
        assert (await client.post(f"/contact-points/{point}/status", json=marked)).status_code < 300
        before = (await client.get(consumer)).json()
        again = {**ACCOUNT, "granted": ["call", "sms", "email", "all"], "holds": [], "opt_outs": []}
        for placed in (again, {**again, "account": "A-2"}):
            assert (await client.put("/accounts", json=placed)).status_code == 200
        after = (await client.get(consumer)).json()
        for name in ("holds", "circumstances", "contact_points"):
            assert after[name] == before[name]
        newest = {word["channel"]: word["state"] for word in after["consents"]}
        assert newest["all"] == "revoked"
