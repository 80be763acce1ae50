"""The REST API as a program meets it."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient
from tests.fakes.web import URL, browser, make_web, program

from goodterms.access.model import Scope
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres

ACCOUNT: dict[str, Any] = {
    "creditor": "LAKESIDE",
    "creditor_name": "Lakeside Hospital",
    "account": "A-1001",
    "given_name": "Ada",
    "family_name": "Quill",
    "due_on": "2026-09-01",
    "components": {"principal": "120.00", "interest": "3.50"},
    "postal_code": "10001",
    "region": "NY",
    "phones": [{"number": "+12125550123", "label": "mobile"}],
}


async def _place(client: AsyncClient, **changes: Any) -> tuple[int, int]:
    """Place the account; gives its id and the consumer's."""
    answer = await client.put("/accounts", json={**ACCOUNT, **changes})
    assert answer.status_code == 200, answer.text
    account_id = answer.json()["account_id"]
    account = (await client.get(f"/accounts/{account_id}")).json()
    return account_id, account["account"]["consumer_id"]


async def test_account_is_placed_read_and_brought_up_to_date(pool: Pool) -> None:
    """The same account again is an update, with its money as stated and never doubled."""
    async with await program(make_web(pool)) as client:
        account_id, consumer_id = await _place(client)
        again = (await client.put("/accounts", json=ACCOUNT)).json()
        assert (again["outcome"], again["account_id"]) == ("unchanged", account_id)
        await _place(client, components={"principal": "100.00"})
        read = (await client.get(f"/accounts/{account_id}")).json()
        assert read["balance"]["total"] == {"amount": "100.00", "currency": "USD"}
        found = (await client.get("/accounts", params={"q": "quill"})).json()
        assert [row["account_id"] for row in found["rows"]] == [account_id]
        names = {"creditor": "LAKESIDE", "reference": "A-1001"}
        by_reference = (await client.get("/accounts/by-reference", params=names)).json()
        assert by_reference["account"]["id"] == account_id
        consumer = (await client.get(f"/consumers/{consumer_id}")).json()
        assert consumer["contact_points"][0]["value"] == "+12125550123"
        timeline = (await client.get(f"/consumers/{consumer_id}/timeline")).json()
        postings = [
            item["data"]["postings"] for item in timeline["items"] if "postings" in item["data"]
        ]
        assert {type(amount) for posting in postings for amount in posting.values()} == {str}


async def test_batch_takes_in_the_good_and_names_the_bad(pool: Pool) -> None:
    """Each account of a batch stands for itself."""
    bad = {**ACCOUNT, "account": "A-2", "phones": [{"number": "123"}]}
    good = {**ACCOUNT, "account": "A-3"}
    async with await program(make_web(pool)) as client:
        answer = await client.put("/accounts/batch", json={"accounts": [bad, good]})
    assert answer.status_code == 200
    results = answer.json()
    assert results["refused"] == 1
    assert "123" in results["results"][0]["because"]
    assert results["results"][1]["outcome"] == "new"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_on": "soon"}, "due_on"),
        ({"components": {"gold": "1"}}, "components"),
        ({"components": {"principal": 12.5}}, "components"),
        ({"family_name": "Qu\0ill"}, "family_name"),
        ({"colour": "blue"}, "colour"),
    ],
)
async def test_bad_input_names_its_field(pool: Pool, change: dict[str, Any], field: str) -> None:
    """A field that is wrong, unknown or a float is refused with its name and a remedy."""
    async with await program(make_web(pool)) as client:
        answer = await client.put("/accounts", json={**ACCOUNT, **change})
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["field"].startswith(field)
    assert problem["remedy"]


async def test_money_taken_elsewhere_is_posted_once(pool: Pool) -> None:
    """The same reference twice is one payment, and another amount with it is a conflict."""
    body = {"amount": "20.00", "reference": "bank-1", "effective_on": "2026-11-22"}
    async with await program(make_web(pool)) as client:
        account_id, _ = await _place(client)
        url = f"/accounts/{account_id}/payments"
        first, second = await client.post(url, json=body), await client.post(url, json=body)
        assert first.status_code == second.status_code == 201
        assert second.json()["repeated"]
        other = await client.post(url, json={**body, "amount": "21.00"})
        assert other.status_code == 409
        entries = (await client.get(f"/accounts/{account_id}/entries")).json()
    assert [entry["entry"]["kind"] for entry in entries] == ["placement", "payment"]


async def test_shared_payment_of_nothing_is_refused(pool: Pool) -> None:
    """A payment over several debts is more than zero, or the field is named."""
    async with await program(make_web(pool), *Scope) as client:
        _, consumer_id = await _place(client)
        body = {"amount": "0", "effective_on": "2026-11-01", "reference": "R0"}
        refused = await client.post(f"/consumers/{consumer_id}/payments", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "amount")


async def test_adjustment_states_what_is_owed(pool: Pool) -> None:
    """Components named are brought to their amounts; repeated, it changes nothing."""
    body = {"components": {"principal": "95.00"}, "reference": "fix-1"}
    async with await program(make_web(pool)) as client:
        account_id, _ = await _place(client)
        url = f"/accounts/{account_id}/adjustments"
        first, second = await client.post(url, json=body), await client.post(url, json=body)
    assert first.status_code == second.status_code == 201
    assert second.json()["entry"] is None
    assert second.json()["balance"]["total"]["amount"].startswith("95.00")


async def test_charge_by_token_is_one_payment_per_key(pool: Pool) -> None:
    """A charge repeated with its Idempotency-Key is the same payment, never a second."""
    web = make_web(pool)
    async with await program(web) as client:
        account_id, consumer_id = await _place(client)
        url, body = f"/accounts/{account_id}/charges", {"amount": "10.00", "method_token": "tok"}
        headers = {"idempotency-key": "order-7"}
        first = await client.post(url, json=body, headers=headers)
        second = await client.post(url, json=body, headers=headers)
        assert (first.status_code, second.status_code) == (202, 202)
        assert second.headers["idempotency-replayed"] == "true"
        assert first.json() == second.json()
        async with pool.connection() as conn:
            await conn.execute("DELETE FROM integration.idempotency")
        third = await client.post(url, json=body, headers=headers)
        assert third.json()["id"] == first.json()["id"]
        other = await client.post(url, json={**body, "amount": "11.00"}, headers=headers)
        assert other.status_code == 422
        payments = (await client.get(f"/consumers/{consumer_id}/payments")).json()
        assert [payment["state"] for payment in payments] == ["initiated"]
        assert "method_token" not in payments[0]
        read = await client.get(f"/payments/{payments[0]['id']}")
        assert read.json()["amount"]["amount"].startswith("10.00")


async def test_hold_is_placed_read_and_released(pool: Pool) -> None:
    """A hold stops contact until it is released with a reason."""
    hold = {"kind": "disputed", "source": "letter", "release_rule": "when answered"}
    async with await program(make_web(pool)) as client:
        account_id, consumer_id = await _place(client)
        placed = await client.post(
            f"/consumers/{consumer_id}/holds", json={**hold, "account_id": account_id}
        )
        assert placed.status_code == 201
        hold_id = placed.json()["id"]
        released = await client.post(f"/holds/{hold_id}/release", json={"reason": "answered"})
        assert released.json()["release_reason"] == "answered"
        again = await client.post(f"/holds/{hold_id}/release", json={"reason": "answered"})
        assert again.status_code == 409
        holds = (await client.get(f"/consumers/{consumer_id}/holds")).json()
    assert [h["released_by"] is not None for h in holds] == [True]


async def test_opt_out_makes_the_preview_say_no(pool: Pool) -> None:
    """A revoked channel is refused by the gate, in words."""
    async with await program(make_web(pool)) as client:
        _, consumer_id = await _place(client)
        point = (await client.get(f"/consumers/{consumer_id}")).json()["contact_points"][0]
        revoked = await client.post(
            f"/consumers/{consumer_id}/consents",
            json={"channel": "call", "state": "revoked", "source": "asked"},
        )
        assert revoked.status_code == 201
        preview = await client.post(
            "/decisions/preview",
            json={"consumer_id": consumer_id, "contact_point_id": point["id"]},
        )
        assert preview.status_code == 200, preview.text
        decision = preview.json()
        assert decision["decision"] == "deny"
        codes = {reason["reason_code"] for reason in decision["explanation"]["reasons"]}
        assert "MEDIUM_OPTOUT" in codes
        assert (await client.get("/decisions")).json()["decisions"] == []
        consents = (await client.get(f"/consumers/{consumer_id}/consents")).json()
        assert [c["state"] for c in consents] == ["revoked"]


async def test_wrong_number_and_note_are_recorded(pool: Pool) -> None:
    """A contact point is marked, and a note is written."""
    async with await program(make_web(pool)) as client:
        _, consumer_id = await _place(client)
        point = (await client.get(f"/consumers/{consumer_id}")).json()["contact_points"][0]
        marked = await client.post(
            f"/contact-points/{point['id']}/status", json={"status": "wrong", "source": "call"}
        )
        assert marked.json()["status"] == "wrong"
        note = await client.post(f"/consumers/{consumer_id}/notes", json={"body": "Rang back."})
        assert note.status_code == 201


async def test_pay_link_and_promise(pool: Pool) -> None:
    """A link leads to our own page, and a promise is kept on record."""
    async with await program(make_web(pool)) as client:
        account_id, consumer_id = await _place(client)
        link = await client.post(f"/accounts/{account_id}/pay-links", json={})
        assert link.json()["url"].startswith(f"{URL}/pay/")
        quote = await client.post(f"/accounts/{account_id}/quote")
        assert quote.status_code == 201
        assert quote.json()["total"]["amount"].startswith("123.50")
        far = {"amount": "10.00", "due_on": "2199-01-01"}
        assert (await client.post(f"/accounts/{account_id}/promises", json=far)).status_code == 422
        assert (await client.get(f"/consumers/{consumer_id}/attempts")).json() == []


async def test_campaign_is_set_up_started_and_paused(pool: Pool) -> None:
    """A campaign moves by its life cycle; an illegal step is a conflict."""
    web = make_web(pool)
    async with await program(web) as client:
        await client.post(
            "/caller-ids",
            json={
                "number": "+12125550100",
                "name": "Main",
                "proof": "contract",
                "trunk": "carrier",
            },
        )
        body = {
            "name": "First",
            "settings": {
                "mode": "progressive",
                "trunk": "carrier",
                "caller_ids": ["+12125550100"],
                "max_concurrent": 5,
                "max_per_second": "1",
            },
        }
        wrong = await client.post("/campaigns", json={**body, "settings": {"mode": "fast"}})
        assert wrong.status_code == 422
        async with transaction(pool) as conn:
            await conn.execute(
                "INSERT INTO dialing.trunk (name, endpoint, max_concurrent, max_per_second)"
                " VALUES ('carrier', 'carrier', 10, 5)"
            )
        made = await client.post("/campaigns", json=body)
        assert made.status_code == 201, made.text
        campaign_id = made.json()["id"]
        paused = await client.post(f"/campaigns/{campaign_id}/pause")
        assert (paused.status_code, paused.json()["code"]) == (409, "ILLEGAL_TRANSITION")
        started = await client.post(f"/campaigns/{campaign_id}/start")
        assert started.json()["state"] == "running"
        faster = await client.patch(
            f"/campaigns/{campaign_id}", json={"settings": {"mode": "predictive"}}
        )
        now = faster.json()["settings"]
        assert (now["mode"], now["max_concurrent"]) == ("predictive", 5)
        assert faster.json()["name"] == "First"
        psychic = await client.patch(
            f"/campaigns/{campaign_id}", json={"settings": {"mode": "psychic"}}
        )
        assert (psychic.status_code, psychic.json()["code"]) == (422, "SETTING_INVALID")
        paused = await client.post(f"/campaigns/{campaign_id}/pause")
        assert paused.json()["state"] == "paused"
        assert len((await client.get("/campaigns")).json()) == 1


async def test_key_needs_its_scope(pool: Pool) -> None:
    """Without a key 401, with a wrong one 403, without the scope 403; each as a problem."""
    web = make_web(pool)
    async with browser(web) as client:
        none = await client.get("/api/v1/accounts")
        assert (none.status_code, none.json()["status"]) == (401, 401)
        assert none.headers["www-authenticate"] == "Bearer"
        wrong = await client.get("/api/v1/accounts", headers={"authorization": "Bearer gt_1_2"})
        assert wrong.json()["code"] == "KEY_WRONG"
    async with await program(web, Scope.EVENTS_READ) as client:
        lacking = await client.get("/accounts")
        assert (lacking.status_code, lacking.json()["code"]) == (403, "SCOPE")
        assert (await client.get("/events")).status_code == 200


async def test_browser_session_does_not_open_the_api(pool: Pool) -> None:
    """The API reads no cookie, so that no page of another site can use it."""
    web = make_web(pool, demo=True)
    async with browser(web) as client:
        await client.post("/demo/sign-in/manager")
        assert (await client.get("/api/v1/accounts")).status_code == 401


async def test_changes_by_program_are_audited(pool: Pool) -> None:
    """The trail names the key, the route and the record."""
    web = make_web(pool)
    async with await program(web) as client:
        account_id, _ = await _place(client)
        await client.post(f"/accounts/{account_id}/quote")
    async with pool.connection() as conn:
        trail = await web.access.audit_trail(conn, limit=2)
    assert trail[0].action == "POST /api/v1/accounts/{account_id}/quote"
    assert trail[0].subject == f"account_id:{account_id}"
    assert trail[0].actor.startswith("key:gt_")


async def test_refused_request_can_be_sent_again_with_its_key(pool: Pool) -> None:
    """An error is not remembered: the same key may succeed later."""
    body = {"kind": "cease", "source": "letter", "release_rule": "never"}
    headers = {"idempotency-key": "h-1"}
    async with await program(make_web(pool)) as client:
        missing = await client.post("/consumers/1/holds", json=body, headers=headers)
        assert missing.status_code == 404
        await _place(client)
        done = await client.post("/consumers/1/holds", json=body, headers=headers)
        assert done.status_code == 201


async def test_events_are_paged_without_gaps(pool: Pool) -> None:
    """Following 'next' reads every event once."""
    async with await program(make_web(pool)) as client:
        for number in range(5):
            await _place(client, account=f"A-{number}")
        seen, after = [], None
        while True:
            params = {"limit": 2, **({"after": after} if after else {})}
            page = (await client.get("/events", params=params)).json()
            after = page["next"]
            if not page["events"]:
                break
            seen += [event["id"] for event in page["events"]]
        assert len(seen) == len(set(seen)) >= 5
        placed = (await client.get("/events", params={"kind": "account.placed"})).json()
        assert {event["kind"] for event in placed["events"]} == {"account.placed"}
        odd = await client.get("/events", params={"after": "yesterday"})
        assert odd.json()["field"] == "after"


async def test_webhooks_and_hosts_are_managed(pool: Pool) -> None:
    """A webhook is added with its secret, listed without it, changed and put to sleep."""
    async with await program(make_web(pool)) as client:
        made = await client.post("/webhooks", json={"url": "https://example.org/hook"})
        assert made.json()["secret"].startswith("whsec_")
        webhook_id = made.json()["webhook"]["id"]
        assert "secret" not in (await client.get("/webhooks")).json()[0]
        changed = await client.patch(f"/webhooks/{webhook_id}", json={"active": False})
        assert changed.json()["active"] is False
        deliveries = await client.get(f"/webhooks/{webhook_id}/deliveries")
        assert deliveries.json() == {"deliveries": [], "next": None}
        assert (await client.get("/webhooks/99")).status_code == 404
        host = await client.post("/hosts", json={"name": "erp", "url": "http://127.0.0.1:9"})
        assert host.json()["secret"].startswith("whsec_")
        assert "secret" not in (await client.get("/hosts")).json()[0]


async def test_unverified_processor_notice_is_refused(pool: Pool) -> None:
    """A notice from nowhere, or for no processor of ours, changes nothing."""
    async with browser(make_web(pool)) as client:
        assert (await client.post("/webhooks/nobody", content=b"{}")).status_code == 404


async def test_description_names_errors_and_keys(pool: Pool) -> None:
    """The OpenAPI document describes problems, the key and repeats; anybody may read it."""
    async with browser(make_web(pool)) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
    assert "Problem" in document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    hold = document["paths"]["/api/v1/consumers/{consumer_id}/holds"]["post"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in hold["parameters"]]
    assert hold["security"] == [{"key": ["holds:write"]}]
    undescribed = [
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description")
    ]
    assert undescribed == []
