"""The first run and the settings: people, keys, lines."""

from __future__ import annotations

import re

import pytest
from tests.fakes.web import PASSWORD, browser, make_web, sign_in

from goodterms.access.model import Role, Scope
from goodterms.compliance.model import CallerId, CallerTest
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres


async def test_empty_product_begins_with_the_first_person(pool: Pool) -> None:
    """Without people the sign-in leads to the first run; it signs in and says what comes next."""
    async with browser(make_web(pool)) as client:
        assert (await client.get("/sign-in")).headers["location"] == "/first-run"
        assert "Welcome" in (await client.get("/first-run")).text
        form = {"first_username": "ola", "first_password": "short"}
        refused = await client.post("/first-run", data=form)
        assert refused.status_code == 422
        assert "ola" in refused.text
        form["first_password"] = PASSWORD
        done = await client.post("/first-run", data=form)
        assert done.headers["location"] == "/settings/start"
        assert "Connect a trunk" in (await client.get("/settings/start")).text


async def test_first_run_happens_once(pool: Pool) -> None:
    """Once somebody is there, nobody else can create a first person."""
    web = make_web(pool)
    async with browser(web) as client:
        await sign_in(web, client, Role.AGENT)
        client.cookies.clear()
        form = {"first_username": "eve", "first_password": PASSWORD}
        answer = await client.post("/first-run", data=form)
        assert answer.headers["location"] == "/sign-in"
        assert (await client.get("/first-run")).headers["location"] == "/sign-in"
    async with pool.connection() as conn:
        assert await web.access.find_person(conn, "eve") is None


async def test_settings_are_for_those_who_run_the_place(pool: Pool) -> None:
    """An agent is refused every section; an integrator has the keys."""
    web = make_web(pool)
    async with browser(web) as client:
        await sign_in(web, client, Role.AGENT)
        for part in ("", "/people", "/keys", "/lines", "/start"):
            assert (await client.get(f"/settings{part}")).status_code == 403
    async with browser(web) as client:
        await sign_in(web, client, Role.INTEGRATOR, username="ida")
        assert (await client.get("/settings")).headers["location"] == "/settings/keys"
        assert (await client.get("/settings/people")).status_code == 403


async def test_person_is_added_changed_and_kept_out(pool: Pool) -> None:
    """Somebody new can sign in with the roles chosen, until they are kept out."""
    web = make_web(pool)
    async with browser(web) as client:
        token = await sign_in(web, client, Role.OPERATOR)
        form = {"csrf_token": token, "new_username": "bo", "new_password": PASSWORD}
        refused = await client.post("/settings/people", data=form)
        assert refused.status_code == 422
        assert "at least one role" in refused.text
        made = await client.post("/settings/people", data={**form, "new_role_agent": "1"})
        assert made.status_code == 303
        async with pool.connection() as conn:
            bo = await web.access.find_person(conn, "bo")
        assert bo is not None
        assert bo.roles == {Role.AGENT}
        path = f"/settings/people/{bo.id}"
        assert (await client.get(path)).status_code == 200
        roles = {"csrf_token": token, "roles_role_supervisor": "1"}
        assert (await client.post(f"{path}/roles", data=roles)).status_code == 303
        out = {"csrf_token": token, "active_on": ""}
        assert (await client.post(f"{path}/active", data=out)).status_code == 303
    async with pool.connection() as conn:
        bo = await web.access.find_person(conn, "bo")
    assert bo is not None
    assert bo.roles == {Role.SUPERVISOR}
    assert not bo.active


async def test_nobody_changes_their_own_access(pool: Pool) -> None:
    """One's own roles and access are for somebody else to change."""
    web = make_web(pool)
    async with browser(web) as client:
        token = await sign_in(web, client, Role.OPERATOR)
        async with pool.connection() as conn:
            me = await web.access.find_person(conn, "ana")
        assert me is not None
        for what in ("roles", "active"):
            form = {"csrf_token": token, "roles_role_agent": "1"}
            answer = await client.post(f"/settings/people/{me.id}/{what}", data=form)
            assert answer.status_code == 422
            assert "ask somebody else" in answer.text


async def test_key_is_shown_once_and_revoked_for_good(pool: Pool) -> None:
    """A new key is on the answer to its making, never on the list; revoked, it is refused."""
    web = make_web(pool)
    async with browser(web) as client:
        token = await sign_in(web, client, Role.OPERATOR)
        form = {"csrf_token": token, "key_name": "ERP", "key_scope_accounts:read": "1"}
        made = await client.post("/settings/keys", data=form)
        found = re.search(r'<code class="once">(gt_[^<]+)</code>', made.text)
        assert found is not None
        assert found[1] not in (await client.get("/settings/keys")).text
        async with pool.connection() as conn:
            actor = await web.access.authenticate_key(
                conn, found[1], now=web.clock.now(), address=None
            )
        assert actor.scopes == {Scope.ACCOUNTS_READ}
        prefix = "_".join(found[1].split("_")[:2])
        for _ in range(2):
            gone = await client.post(f"/settings/keys/{prefix}/revoke", data={"csrf_token": token})
            assert gone.status_code == 303
        assert "Revoked" in (await client.get("/settings/keys")).text


async def test_lines_are_set_up_with_their_checks(pool: Pool) -> None:
    """A trunk and a caller ID are added; what is wrong is said at the field, nothing is lost."""
    web = make_web(pool)
    async with browser(web) as client:
        token = await sign_in(web, client, Role.OPERATOR)
        trunk = {
            "csrf_token": token,
            "trunk_name": "carrier",
            "trunk_endpoint": "PJSIP/carrier",
            "trunk_max_concurrent": "30",
            "trunk_max_per_second": "5",
        }
        refused = await client.post("/settings/lines/trunk", data=trunk)
        assert refused.status_code == 422
        assert "PJSIP/carrier" in refused.text
        trunk["trunk_endpoint"] = "PJSIP/{number}@carrier"
        assert (await client.post("/settings/lines/trunk", data=trunk)).status_code == 303
        shown = await client.get("/settings/lines")
        assert "PJSIP/{number}@carrier" in shown.text
        caller = {
            "csrf_token": token,
            "caller_number": "+1 212 555 0100",
            "caller_name": "Main",
            "caller_trunk": "carrier",
            "caller_pool": "east coast",
            "caller_region": "us-ny",
        }
        assert (await client.post("/settings/callers", data=caller)).status_code == 422
        caller["caller_proof"] = "contract 17"
        refused = await client.post("/settings/callers", data=caller)
        assert refused.status_code == 422
        assert "The pool is a name" in refused.text
        assert "contract 17" in refused.text
        caller["caller_pool"] = "east"
        assert (await client.post("/settings/callers", data=caller)).status_code == 303
        shown = await client.get("/settings/callers")
        assert "(212) 555-0100" in shown.text
        assert "US-NY" in shown.text
        assert "Being called back" in shown.text


async def test_caller_ids_are_tested_and_retired(pool: Pool) -> None:
    """The page shows how each number's tests went; a retired one is shown to nobody any more."""
    web = make_web(pool)
    number, now = "+12125550100", web.clock.now()
    async with browser(web) as client:
        token = await sign_in(web, client, Role.OPERATOR)
        async with transaction(pool) as conn:
            caller = CallerId(number, "Main", "contract", "carrier", "A", active=True)
            await web.compliance.callers.add(conn, caller, actor="person:1", now=now)
        assert "Not tested yet" in (await client.get("/settings/callers")).text
        for answered, words in ((False, "It rang for 25 seconds."), (True, "It greeted.")):
            async with transaction(pool) as conn:
                test = CallerTest(number, now, answered, answered, 1.5, words)
                await web.compliance.callers.record_test(conn, test)
            page = (await client.get("/settings/callers")).text
            assert ("Does not answer" in page) is not answered
            assert words in page
        form = {"csrf_token": token, "caller_number": number}
        assert (await client.post("/settings/callers/test", data=form)).status_code == 303
        assert "Being called back" in (await client.get("/settings/callers")).text
        assert (await client.post("/settings/callers/retire", data=form)).status_code == 303
        assert "Retired" in (await client.get("/settings/callers")).text
        gone = await client.post("/settings/callers/test", data=form)
        assert gone.status_code == 404
