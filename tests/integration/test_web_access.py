"""Signing in, the guard before every page, and the style of errors."""

from __future__ import annotations

import re

import pytest
from fastapi import Request
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient
from tests.fakes.web import PASSWORD, URL, browser, make_web, sign_in

from goodterms.access.model import Role
from goodterms.kit.sql import Pool
from goodterms.web.app import make_app
from goodterms.web.context import Limits

pytestmark = pytest.mark.postgres


async def test_page_without_session_leads_to_sign_in(pool: Pool) -> None:
    """Whoever is not signed in is led to the form and back afterwards."""
    async with browser(make_web(pool, demo=True)) as client:
        answer = await client.get("/")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in?next=%2F"
        form = await client.get("/sign-in")
        assert form.status_code == 200
        assert 'name="password"' in form.text


async def test_cookie_is_out_of_reach_of_scripts_and_other_sites(pool: Pool) -> None:
    """The session's cookie is HttpOnly and SameSite."""
    web = make_web(pool)
    async with browser(web) as client:
        await sign_in(web, client, Role.AGENT)
        form = {"username": "ana", "password": PASSWORD}
        client.cookies.clear()
        cookie = (await client.post("/sign-in", data=form)).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_wrong_password_shows_the_form_again(pool: Pool) -> None:
    """A wrong password is said in a sentence, without telling which part was wrong."""
    async with browser(make_web(pool)) as client:
        answer = await client.post("/sign-in", data={"username": "x\0", "password": "y"})
        assert answer.status_code == 422
        assert "The name or the password is wrong" in answer.text


@pytest.mark.parametrize(
    "address", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
)
async def test_sign_in_never_leads_elsewhere(pool: Pool, address: str) -> None:
    """The way back after signing in stays inside our own pages."""
    web = make_web(pool)
    async with browser(web) as client:
        await sign_in(web, client, Role.AGENT)
        client.cookies.clear()
        form = {"username": "ana", "password": PASSWORD, "next": address}
        answer = await client.post("/sign-in", data=form)
    assert answer.headers["location"] == "/"


async def test_unsafe_request_needs_the_token(pool: Pool) -> None:
    """A session's POST is refused without its token, and done with it in form or header."""
    web = make_web(pool)
    async with browser(web) as client:
        token = await sign_in(web, client, Role.AGENT)
        refused = await client.post("/sign-out")
        assert refused.status_code == 403
        assert "load it again" in refused.text
        wrong = await client.post("/sign-out", data={"csrf_token": "x"})
        assert wrong.status_code == 403
        done = await client.post("/sign-out", headers={"x-csrf-token": token})
        assert done.status_code == 303
        again = await client.get("/")
        assert again.headers["location"].startswith("/sign-in")


async def test_request_from_another_site_is_refused(pool: Pool) -> None:
    """Even with the right token a foreign origin gets nothing."""
    web = make_web(pool)
    async with browser(web) as client:
        token = await sign_in(web, client, Role.AGENT)
        for headers in (
            {"origin": "https://evil.test"},
            {"sec-fetch-site": "cross-site"},
            {"origin": "null"},
        ):
            answer = await client.post("/sign-out", data={"csrf_token": token}, headers=headers)
            assert answer.status_code == 403
        own = await client.post("/sign-out", data={"csrf_token": token}, headers={"origin": URL})
        assert own.status_code == 303


def _unsafe_routes(pool: Pool) -> list[tuple[str, str]]:
    app = make_app(make_web(pool, demo=True))
    found = []
    for route in app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for one in contexts() if contexts else [route]:
            path, methods = getattr(one, "path", ""), getattr(one, "methods", None) or set()
            if not path.startswith(("/api/", "/webhooks/", "/pay/")):
                found += [(m, path) for m in methods - {"GET", "HEAD", "OPTIONS"}]
    return found


async def test_every_page_that_changes_something_is_guarded(pool: Pool) -> None:
    """No unsafe page route, of whatever part, does anything without the token."""
    web = make_web(pool, demo=True)
    routes = _unsafe_routes(pool)
    assert ("POST", "/sign-out") in routes
    async with browser(web) as client:
        await sign_in(web, client, *Role)
        for method, path in routes:
            answer = await client.request(method, re.sub(r"\{[^}]+\}", "1", path))
            assert answer.status_code == 403, (method, path)


async def test_sign_in_is_throttled(pool: Pool) -> None:
    """After so many tries in a minute an address has to wait."""
    web = make_web(pool, limits=Limits(sign_in=3))
    async with browser(web) as client:
        codes = [(await client.post("/sign-in")).status_code for _ in range(4)]
    assert codes == [422, 422, 422, 429]


async def test_demo_sign_in_exists_in_the_demo_only(pool: Pool) -> None:
    """One click signs in as a role in the demo and nowhere else."""
    async with browser(make_web(pool)) as client:
        assert (await client.post("/demo/sign-in/agent")).status_code == 404
        assert "demo/sign-in" not in (await client.get("/sign-in")).text
    web = make_web(pool, demo=True)
    async with browser(web) as client:
        assert "demo/sign-in/agent" in (await client.get("/sign-in")).text
        assert (await client.post("/demo/sign-in/operator")).status_code == 404
        assert (await client.post("/demo/sign-in/agent")).status_code == 303
        async with pool.connection() as conn:
            session = await web.access.session(
                conn, client.cookies["gt_session"], now=web.clock.now()
            )
    assert session
    assert session.person.roles == {Role.AGENT}


async def test_changes_are_audited_with_who_and_from_where(pool: Pool) -> None:
    """The trail names the person, the route and the address."""
    web = make_web(pool)
    async with browser(web) as client:
        token = await sign_in(web, client, Role.AGENT)
        await client.post("/sign-out", data={"csrf_token": token})
    async with pool.connection() as conn:
        trail = await web.access.audit_trail(conn)
    assert (trail[0].action, trail[0].address) == ("POST /sign-out", "127.0.0.1")
    assert trail[0].actor.startswith("person:")


async def test_every_answer_carries_the_security_headers(pool: Pool) -> None:
    """Policy with a fresh nonce, no sniffing, no framing, no caching."""
    async with browser(make_web(pool, demo=True)) as client:
        first, second = await client.get("/sign-in"), await client.get("/nowhere")
    assert second.status_code == 404
    for answer in (first, second):
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        nonce = re.search(r"'nonce-([^']+)'", policy)
        assert nonce
        assert f'nonce="{nonce.group(1)}"' in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert first.headers["content-security-policy"] != second.headers["content-security-policy"]


async def test_body_that_is_too_large_is_refused(pool: Pool) -> None:
    """A request of more than eight megabytes ends with a clear 413."""
    async with browser(make_web(pool)) as client:
        form = {"username": "x" * (9 << 20)}
        answer = await client.post("/sign-in", data=form, headers={"accept": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["code"] == "REQUEST_ENTITY_TOO_LARGE" or "CONTENT" in answer.text


async def test_unforeseen_error_is_answered_by_a_reference(pool: Pool) -> None:
    """A fault of ours gives a reference and no traceback."""
    app = make_app(make_web(pool))

    async def broken(request: Request) -> None:
        raise RuntimeError("secret detail")

    app.router.routes.insert(0, APIRoute("/broken", broken))
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url=URL) as client:
        page = await client.get("/broken", headers={"accept": "text/html"})
        problem = await client.get("/broken", headers={"accept": "application/json"})
    assert page.status_code == problem.status_code == 500
    assert "secret" not in page.text + problem.text
    assert problem.json()["reference"].startswith("err_")


async def test_operators_can_see_how_it_does(pool: Pool) -> None:
    """Health, readiness and metrics answer without a session."""
    async with browser(make_web(pool)) as client:
        assert (await client.get("/healthz")).text == "ok\n"
        assert (await client.get("/readyz")).text == "ready\n"
        metrics = (await client.get("/metrics")).text
    assert 'goodterms_http_requests_total{method="GET",route="/readyz",status="200"}' in metrics


async def test_an_agent_at_work_has_the_telephone_on_every_page(pool: Pool) -> None:
    """Pages of any part show the telephone once the day has begun, and to nobody else."""
    web = make_web(pool)
    pages = ("/accounts", "/campaigns", "/import", "/floor", "/audit", "/settings/people")
    async with browser(web) as client:
        await sign_in(web, client, Role.AGENT, Role.MANAGER)
        assert "<gt-phone" not in (await client.get("/campaigns")).text
        await client.get("/desk")
        for path in pages:
            shown = await client.get(path)
            assert shown.status_code == 200, path
            assert "<gt-phone" in shown.text, path
