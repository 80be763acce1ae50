"""The whole line in a real browser: real calls, real sound, real money of the sandbox."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from tests.fakes.house import HEARD, House, house, until

from goodterms.access.model import Scope

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asterisk,
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]
CARD = "4242 4242 4242 4242"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The product, running once for all tests here."""
    async with house(tmp_path_factory.mktemp("whole-line")) as built:
        yield built


async def ready(page: Page) -> None:
    """Be the agent who goes ready; the telephone registers and its line opens."""
    await page.wait_for_selector("gt-phone[line=ready]", timeout=30_000)
    await page.click("#main button:has-text('Ready for calls')")
    await page.wait_for_selector("gt-phone[line=in-line]", timeout=20_000)


async def test_an_agent_talks_is_told_and_takes_money(place: House) -> None:
    """A real call is heard; everything about it is on the desk; money moves; the next call comes."""
    first, second = await place.guests("talks", "silent")
    desk = await place.signed_in("agent", "/desk")
    await ready(desk)
    campaign = await place.campaign("Everybody", [first, second])
    await desk.wait_for_selector(".desk", timeout=20_000)
    await desk.screenshot(path="/tmp/e2e/desk.png")
