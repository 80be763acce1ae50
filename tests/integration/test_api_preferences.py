"""Preferences, facts, messages and what the law asks about, as a program meets them."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient
from tests.fakes.web import make_web, program

from goodterms.access.model import Scope
from goodterms.accounts.model import CIRCUMSTANCES
from goodterms.kit.sql import Pool

pytestmark = pytest.mark.postgres

ACCOUNT: dict[str, Any] = {
    "creditor": "LAKESIDE",
    "account": "A-1001",
    "family_name": "Quill",
    "due_on": "2026-09-01",
    "components": {"principal": "120.00"},
    "postal_code": "10001",
    "region": "NY",
    "phones": [{"number": "+12125550123", "label": "mobile"}],
}
NOON = {"kind": "inconvenient_time", "data": {"from": "12:00", "until": "14:00"}, "source": "call"}


async def _placed(client: AsyncClient) -> tuple[int, str]:
    """Place the account; give its id and the address of its consumer."""
    account_id = (await client.put("/accounts", json=ACCOUNT)).json()["account_id"]
    read = (await client.get(f"/accounts/{account_id}")).json()
    return account_id, f"/consumers/{read['account']['consumer_id']}"


async def test_a_fact_is_recorded_once_read_and_ended(pool: Pool) -> None:
    """A repeat with the same key changes nothing; the consumer's record and timeline show it."""
    async with await program(make_web(pool)) as client:
        _, consumer = await _placed(client)
        headers = {"idempotency-key": "f-1"}
        made = [
            await client.post(f"{consumer}/circumstances", json=NOON, headers=headers)
            for _ in range(2)
        ]
        assert [answer.status_code for answer in made] == [201, 201]
        assert made[0].json() == made[1].json()
        fact = made[0].json()
        assert fact["release_rule"] == "the consumer says otherwise"
        assert (await client.get(consumer)).json()["circumstances"] == [fact]
        items = (await client.get(f"{consumer}/timeline")).json()["items"]
        assert "circumstance" in {item["kind"] for item in items}
        ended = await client.post(f"/circumstances/{fact['id']}/end", json={"reason": "moved"})
        assert ended.json()["end_reason"] == "moved"
        listed = f"{consumer}/circumstances"
        assert len((await client.get(listed)).json()) == 1
        assert (await client.get(listed, params={"in_force": True})).json() == []


async def test_a_wrong_fact_is_refused_by_its_field(pool: Pool) -> None:
    """The answer names what is wrong: the kind, the field, or what it is about."""
    async with await program(make_web(pool)) as client:
        _, consumer = await _placed(client)
        for body, field in (
            ({**NOON, "kind": "inconvenient_tme"}, "kind"),
            ({**NOON, "data": {"from": "noon"}}, "from"),
            ({**NOON, "account_id": 1}, "account_id"),
            ({**NOON, "on": "2199-01-01"}, "on"),
        ):
            answer = await client.post(f"{consumer}/circumstances", json=body)
            assert (answer.status_code, answer.json()["field"]) == (422, field)
        kinds = (await client.get("/circumstance-kinds")).json()
        assert [kind["kind"] for kind in kinds] == list(CIRCUMSTANCES)


async def test_a_key_without_the_scope_records_nothing(pool: Pool) -> None:
    """Reading a fact and recording one are two rights."""
    web = make_web(pool)
    async with await program(web) as client:
        _, consumer = await _placed(client)
    async with await program(web, Scope.ACCOUNTS_READ) as client:
        assert (await client.get(f"{consumer}/circumstances")).status_code == 200
        refused = await client.post(f"{consumer}/circumstances", json=NOON)
        assert refused.status_code == 403


async def test_a_stop_word_by_the_api_closes_the_channel(pool: Pool) -> None:
    """A provider hands a message in: the opt-out holds at once, and what is due is told."""
    async with await program(make_web(pool)) as client:
        _, consumer = await _placed(client)
        body = {"id": "SM1", "channel": "sms", "sender": "212 555 0123", "text": "Stop"}
        heard = (await client.post("/messages/inbound", json=body)).json()
        assert (heard["stopped"], heard["confirmation_due"]) == (["sms"], True)
        again = (await client.post("/messages/inbound", json=body)).json()
        assert again["repeated"]
        consents = (await client.get(f"{consumer}/consents")).json()
        assert [(c["channel"], c["state"]) for c in consents if c["purpose"] == "contact"] == [
            ("sms", "revoked")
        ]
        items = (await client.get(f"{consumer}/timeline")).json()["items"]
        assert "message" in {item["kind"] for item in items}
        strange = {**body, "id": "SM2", "sender": "+12125550999"}
        assert (await client.post("/messages/inbound", json=strange)).status_code == 404


async def test_what_the_law_asks_about_is_set_and_read(pool: Pool) -> None:
    """The kind of a debt, our role, whose number it is, and where we hold a licence."""
    async with await program(make_web(pool)) as client:
        account_id, consumer = await _placed(client)
        terms = {"debt_kind": "commercial", "in_default": False}
        set_ = (await client.post(f"/accounts/{account_id}/terms", json=terms)).json()
        assert (set_["debt_kind"], set_["in_default"], set_["servicing_group"]) == (
            "commercial", False, "",
        )  # fmt: skip
        creditor = set_["creditor_id"]
        role = {"our_role": "creditor"}
        assert (await client.post(f"/creditors/{creditor}/role", json=role)).json()["our_role"]
        assert (await client.get("/creditors")).json()[0]["our_role"] == "creditor"
        point = (await client.get(consumer)).json()["contact_points"][0]["id"]
        body = {"relation": "spouse", "source": "said so"}
        answer = await client.post(f"/contact-points/{point}/relation", json=body)
        assert answer.json()["relation"] == "spouse"
        licence = {"place": "US-NYC", "number": "123"}
        made = (await client.post("/licences", json=licence)).json()
        ended = await client.post(f"/licences/{made['id']}/end", json={"reason": "given back"})
        assert ended.json()["end_reason"] == "given back"
        assert (await client.get("/licences")).json() == [ended.json()]


async def test_a_consent_says_what_for(pool: Pool) -> None:
    """An agreement to more than the channel is recorded with its purpose and its receiver."""
    async with await program(make_web(pool)) as client:
        _, consumer = await _placed(client)
        body = {
            "channel": "call", "state": "granted", "purpose": "automated", "direct": False,
            "source": "form",
        }  # fmt: skip
        made = (await client.post(f"{consumer}/consents", json=body)).json()
        assert (made["purpose"], made["direct"]) == ("automated", False)
