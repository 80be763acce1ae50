"""The very first run, on an empty database: the first person, and what is next."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect
from tests.fakes.house import House, house, serious

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asterisk,
    pytest.mark.postgres,
    pytest.mark.asyncio(loop_scope="module"),
]
PASSWORD = "three calm words here"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The product as it is after `goodterms up` on an empty database."""
    async with house(tmp_path_factory.mktemp("first"), demo=False, own=("web",)) as built:
        yield built


async def test_the_first_person_comes_in_and_lets_in_others(place: House) -> None:
    """Any address leads to the first run; its person signs in by password and sees four steps."""
    page = await place.visitor()
    await page.goto(place.url)
    await expect(page.locator("h1")).to_have_text("Welcome to goodterms")
    await page.fill("#first_username", "ada")
    await page.fill("#first_password", "short")
    await page.get_by_role("button", name="Create and sign in").click()
    await expect(page.locator("#first_username")).to_have_value("ada")
    await expect(page.locator(".invalid-feedback").first).to_be_visible()
    await page.fill("#first_password", PASSWORD)
    await page.get_by_role("button", name="Create and sign in").click()
    await expect(page.locator("h1")).to_have_text("Getting started")
    assert await serious(page) == []
    await page.goto(f"{place.url}/settings/people")
    await page.fill("#new_username", "ben")
    await page.fill("#new_password", PASSWORD)
    await page.check("[name=new_role_agent]")
    await page.get_by_role("button", name="Add the person").click()
    await expect(page.locator("tbody")).to_contain_text("ben")
    await page.context.close()


async def test_there_is_no_way_in_without_the_password(place: House) -> None:
    """No first run twice, no one-click sign-in outside the demo, no wrong password."""
    page = await place.visitor()
    await page.goto(f"{place.url}/first-run")
    await expect(page.locator("h1")).to_have_text("Sign in")
    assert await page.locator("form[action^='/demo']").count() == 0
    await page.fill("#username", "ben")
    await page.fill("#password", "wrong")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("main, body").first).to_contain_text("password", ignore_case=True)
    await expect(page.locator("h1")).to_have_text("Sign in")
    await page.fill("#username", "ben")
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{place.url}/desk")
    await expect(page.locator(".rail")).not_to_contain_text("Settings")
    await page.context.close()
