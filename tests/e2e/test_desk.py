"""The desk in a real browser: the call pops up by itself, and nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright
from tests.e2e.test_frame import CHROMIUM, FLAGS
from tests.fakes.desk import Desk, make_desk
from tests.fakes.servers import WithPool, serve
from tests.fakes.web import browser

from goodterms.access.model import Role
from goodterms.accounts.model import HoldKind
from goodterms.kit.sql import Pool, make_pool, transaction
from goodterms.routing.model import AgentState
from goodterms.web.app import make_app

pytestmark = [pytest.mark.postgres, pytest.mark.browser]


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    """Give an agent who has signed in."""
    made = make_desk(pool, browser)
    async with made.client:
        await made.enter(Role.AGENT)
        yield made


@pytest.fixture
async def tab(desk: Desk, database_url: str) -> AsyncIterator[Page]:
    """Give the agent's desk in a browser, ready and waiting."""
    served = make_pool(database_url, size=6)
    app = WithPool(make_app(make_desk(served, browser).web), served)
    with serve(app, lifespan="on") as site:
        async with async_playwright() as play:
            chromium = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            context = await chromium.new_context(viewport={"width": 1440, "height": 900})
            session = desk.client.cookies["gt_session"]
            await context.add_cookies([{"name": "gt_session", "value": session, "url": site}])
            page = await context.new_page()
            await page.goto(f"{site}/desk")
            await page.keyboard.press("r")
            await page.wait_for_selector("text=The next call comes to your telephone by itself.")
            yield page
            await chromium.close()


async def _held(desk: Desk, consumer_id: int) -> None:
    async with transaction(desk.web.pool) as conn:
        await desk.web.accounts.place_hold(
            conn, consumer_id, None, HoldKind.ATTORNEY,
            source="letter", release_rule="withdrawn", actor="key:host", now=desk.clock.now(),
        )  # fmt: skip


async def test_a_call_from_first_word_to_disposition(desk: Desk, tab: Page) -> None:
    """The call appears by itself; a hold from elsewhere is told within a second; a key ends it."""
    attempt = await desk.talk()
    await tab.wait_for_selector("h1:text-is('Ann Example')", timeout=5000)
    await tab.wait_for_selector("gt-phone .phone-call:has-text('Ann Example')")
    await tab.fill("#call_note", "calls back after work")
    await tab.focus("#main")
    await tab.keyboard.press("p")
    await tab.fill("#pay_amount", "4000")
    await tab.click("text=Take the payment >> nth=-1")
    await tab.wait_for_selector("#pay_amount-error")
    assert await tab.input_value("#pay_amount") == "4000"

    await _held(desk, attempt.consumer_id)
    await tab.wait_for_selector("#desk-top .notice:has-text('attorney')", timeout=1000)
    assert await tab.input_value("#call_note") == "calls back after work"
    assert await tab.input_value("#pay_amount") == "4000"

    await desk.hang_up(attempt)
    await tab.wait_for_selector("#desk-choices button:not([disabled])", timeout=2000)
    await tab.focus("#main")
    await tab.keyboard.press("3")
    await tab.wait_for_selector("text=The next call comes to your telephone by itself.")
    assert await desk.state() is AgentState.READY
    async with desk.web.pool.connection() as conn:
        closed = await desk.web.calls.attempt(conn, attempt.id)
    assert closed.disposition_note == "calls back after work"


@pytest.mark.parametrize("width", [1440, 390])
async def test_desk_is_accessible(desk: Desk, tab: Page, width: int) -> None:
    """Nothing serious is found by axe, wide or on a telephone, and nothing sticks out."""
    await desk.talk()
    await tab.wait_for_selector("h1:text-is('Ann Example')", timeout=5000)
    await tab.set_viewport_size({"width": width, "height": 844})
    found = await Axe().run(tab)
    serious = [v for v in found.response["violations"] if v["impact"] in {"serious", "critical"}]
    assert serious == []
    assert not await tab.evaluate("document.documentElement.scrollWidth > innerWidth")
