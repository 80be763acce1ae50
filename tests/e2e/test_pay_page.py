"""The consumer's pages on a small phone, without script: see, pay in part, dispute, stop."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect
from tests.fakes.house import Guest, House, house, serious

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asterisk,
    pytest.mark.postgres,
    pytest.mark.asyncio(loop_scope="module"),
]
CARD, NO_FUNDS = "4242 4242 4242 4242", "4000 0000 0000 9995"
PHONE = 390


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The product without anybody who calls."""
    own = ("sandbox", "web", "worker")
    async with house(tmp_path_factory.mktemp("pay"), own=own) as built:
        yield built


async def test_a_part_is_paid_without_script_and_no_card_reaches_us(place: House) -> None:
    """What is owed and why, a part paid on the processor's page, a receipt with what is left."""
    [guest] = await place.guests("agrees")
    page = await place.visitor(width=PHONE, script=False)
    await place.let_in(page, guest, await place.link(guest))
    await expect(page.locator("main")).to_contain_text("$440.00")
    await page.get_by_text("What is this made of?").click()
    await expect(page.locator("dl.parts")).to_contain_text("$12.50")
    await page.get_by_text("Pay a part of it").click()
    await page.fill("#amount", "1.000,00")
    await page.get_by_role("button", name="Pay this amount").click()
    await expect(page.locator("main")).to_contain_text("Enter an amount")
    await page.fill("#amount", "140")
    await page.get_by_role("button", name="Pay this amount").click()
    await page.fill("#number", NO_FUNDS)
    await page.get_by_role("button").click()
    await expect(page.locator("[role=alert]")).to_contain_text("not enough money")
    await page.fill("#number", CARD)
    await page.get_by_role("button").click()
    await expect(page.locator("h1")).to_contain_text("Your payment was received")
    await expect(page.locator("main")).to_contain_text("$300.00")
    balance = await place.one(
        "SELECT total FROM ledger.balance WHERE account_id = %s", guest.account_id
    )
    assert balance["total"] == 300
    ours = [body for url, body in place.posted if url.startswith(place.url)]
    assert ours
    assert not any("4242" in body or "9995" in body for body in ours)
    await page.context.close()


async def test_stop_and_dispute_are_two_taps_away(place: House) -> None:
    """The consumer disputes and stops all contact; both hold at once."""
    [guest] = await place.guests("agrees")
    page = await place.visitor(width=PHONE, script=False)
    link = await place.link(guest)
    await place.let_in(page, guest, link)
    await page.get_by_role("link", name="This is not right").click()
    await page.fill("#words", "I paid this in March.")
    await page.get_by_role("button", name="Dispute this debt").click()
    await expect(page.locator("h1")).to_contain_text("recorded your dispute")
    await page.locator("footer").get_by_role("link", name="Stop contacting me").click()
    await page.get_by_role("button", name="Stop all contact").click()
    await expect(page.locator("main")).to_contain_text("You asked us to stop")
    assert await _holds(place, guest) == {"disputed", "cease"}
    await page.context.close()


async def _holds(place: House, guest: Guest) -> set[str]:
    async with place.on.services.pool.connection() as conn:
        holds = await place.on.services.accounts.holds(conn, guest.consumer_id)
    return {hold.kind.value for hold in holds if hold.released_at is None}


async def test_a_wrong_or_expired_link_is_a_calm_page(place: House) -> None:
    """A link that does not exist or is over says so in plain words and what to do."""
    [guest] = await place.guests("agrees")
    page = await place.visitor(width=PHONE, script=False)
    answer = await page.goto(f"{place.url}/pay/not-a-link")
    assert answer is not None
    assert answer.status == 404
    await expect(page.locator("main")).to_contain_text("This link does not work")
    link = await place.link(guest)
    await place.one(
        "UPDATE payments.link SET expires_at = created_at WHERE account_id = %s RETURNING 1",
        guest.account_id,
    )
    answer = await page.goto(link)
    assert answer is not None
    assert answer.status == 409
    await expect(page.locator("main")).to_contain_text("This link does not work any more")
    text = await page.inner_text("main")
    assert "Traceback" not in text
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE
    await page.context.close()


@pytest.mark.parametrize("dark", [False, True])
async def test_nothing_serious_for_assistive_technology(place: House, dark: bool) -> None:
    """Every page of the consumer passes axe, light and dark, phone and desktop."""
    [guest] = await place.guests("agrees")
    page = await place.visitor(dark=dark)
    link = await place.link(guest)
    await page.set_viewport_size({"width": PHONE, "height": 900})
    await page.goto(link)
    assert await serious(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE
    await place.let_in(page, guest, link)
    for part in ("", "/dispute", "/contact", "/rights"):
        await page.goto(link + part)
        for width in (PHONE, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await serious(page) == [], f"{part} at {width}"
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.context.close()
