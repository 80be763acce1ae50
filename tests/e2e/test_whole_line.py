"""The whole line in a real browser: real calls, real sound, real money of the sandbox."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect
from tests.fakes.house import HEARD, Guest, House, until

from goodterms.access.model import Role, Scope

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asterisk,
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]
CARD = "4242 4242 4242 4242"
A_SECOND = 1000
WHEN_TOLD = """() => { window.told = new Promise(done => new MutationObserver((_, self) => {
    if (!document.querySelector('#desk-top .notice')) return;
    self.disconnect(); done(Date.now())
    }).observe(document.body, {childList: true, subtree: true})) }"""
"""Remembers when a notice appears above the call, as `window.told`."""


async def ready(page: Page) -> None:
    """Be the agent who goes ready; the telephone registers and its line opens."""
    await page.wait_for_selector("gt-phone[line=ready]", timeout=30_000)
    await page.click("#main button:has-text('Ready for calls')")
    await page.wait_for_selector("gt-phone[line=in-line]", timeout=20_000)


async def heard(page: Page) -> dict[str, float]:
    """What sound has come and gone in the browser's telephone so far."""
    found: dict[str, float] = await page.evaluate(HEARD)
    return found


async def sound_flows(page: Page) -> None:
    """Speech reaches the agent's ear, and the agent's microphone is sent."""
    before = await heard(page)

    async def more() -> bool:
        now = await heard(page)
        return (
            now["packets"] > before["packets"] + 40
            and now["sent"] > before["sent"] + 40
            and now["energy"] > before["energy"] + 0.0005
        )

    await until(more, 10)


async def hang_up(page: Page, choice: str) -> None:
    """End the call and say what came of it."""
    await page.locator("gt-phone .phone-key", has_text="Hang up").click()
    await expect(page.locator("#desk-top")).to_contain_text("Call ended", timeout=5_000)
    await page.locator("#desk-choices button", has_text=choice).first.click()


async def leave(page: Page) -> None:
    """Pause when the work is done, and close the browser."""
    await page.locator("#agent-state summary").click()
    await page.locator("#agent-state button", has_text="Break").click()
    await expect(page.locator("#agent-state")).to_contain_text("break", ignore_case=True)
    await page.context.close()


async def test_an_agent_talks_takes_money_and_gets_the_next_call(place: House) -> None:
    """A real call is heard; who, how much, why and what to say are there; money moves; next one."""
    first, second = await place.guests("talks", "silent")
    desk = await place.signed_in("agent", "/desk")
    await ready(desk)
    campaign = await place.campaign("Everybody", [first, second])
    await desk.wait_for_selector(".desk", timeout=20_000)
    await sound_flows(desk)
    await _sees_everything(desk, first.name)
    await _takes_a_payment(place, desk)
    await _records_a_promise(desk)
    await _records_a_dispute(desk)
    await hang_up(desk, "Promise")
    await expect(desk.locator("h1", has_text=second.name)).to_be_visible(timeout=15_000)
    await hang_up(desk, "Hung up")
    await place.finish(campaign)
    await leave(desk)


async def _sees_everything(desk: Page, name: str) -> None:
    main = desk.locator("#main")
    await expect(main.locator("h1")).to_have_text(name)
    for text in (
        "On the line",
        "Principal",
        "$420.00",
        "Interest",
        "$12.50",
        "Service fee",
        "$440.00",
    ):
        await expect(main).to_contain_text(text)
    await expect(main.locator(".script")).to_contain_text(name)
    await desk.get_by_text("Why this call was allowed").click()
    reasons = main.locator("details.why[open] .reasons li")
    assert await reasons.count() >= 5
    await expect(desk.locator("gt-phone")).to_contain_text(name)


async def _takes_a_payment(place: House, desk: Page) -> None:
    before = len(place.posted)
    await desk.keyboard.press("p")
    await desk.fill("#pay_amount", "100.00")
    await desk.select_option("#pay_method", "hosted")
    await desk.click("#form-pay button")
    async with desk.context.expect_page() as opened:
        await desk.get_by_text("Open the payment page").click()
    bank = await opened.value
    await bank.fill("#number", CARD)
    await bank.get_by_role("button").click()
    await bank.wait_for_url(f"{place.url}/desk/paid")
    await bank.close()
    await expect(desk.locator("#debts")).to_contain_text("$340.00")
    await expect(desk.locator("#desk-quote")).to_contain_text("$340.00")
    await expect(desk.locator("#timeline")).to_contain_text("$100.00")
    ours = [body for url, body in place.posted[before:] if url.startswith(place.url)]
    assert ours
    assert not any("4242" in body for body in ours)


async def _records_a_promise(desk: Page) -> None:
    await desk.keyboard.press("o")
    await desk.fill("#promise_amount", "340.00")
    latest = await desk.get_attribute("#promise_due_on", "max")
    await desk.fill("#promise_due_on", latest or "")
    await desk.click("#form-promise button")
    await expect(desk.locator("#desk-deeds")).to_contain_text("Promise of $340.00 recorded.")
    await expect(desk.locator("#timeline")).to_contain_text("Promise")


async def _records_a_dispute(desk: Page) -> None:
    await desk.keyboard.press("s")
    await desk.select_option("#hold_kind", "disputed")
    await desk.click("#form-hold button")
    await expect(desk.locator("#holds")).to_contain_text("Disputed")


async def test_the_agent_is_told_of_a_payment_within_a_second(place: House) -> None:
    """A payment posted by a program shows on the desk, with the new balance, while talking."""
    [guest] = await place.guests("silent")
    desk = await place.staff("told", "/desk", Role.AGENT)
    await ready(desk)
    campaign = await place.campaign("Told", [guest])
    await expect(desk.locator("h1", has_text=guest.name)).to_be_visible(timeout=20_000)
    await desk.evaluate(WHEN_TOLD)
    await pay(place, guest, "bank-1")
    posted = place.on.services.clock.now().timestamp() * 1000
    await expect(desk.locator("#debts")).to_contain_text("$400.00")
    assert await desk.evaluate("window.told") - posted < A_SECOND
    await hang_up(desk, "Paid")
    await place.finish(campaign)
    await leave(desk)


async def pay(place: House, guest: Guest, reference: str) -> None:
    """Be the creditor's system that has just taken money."""
    async with await place.api(Scope.PAYMENTS_WRITE) as program:
        answer = await program.post(
            f"/accounts/{guest.account_id}/payments",
            json={"amount": "40.00", "currency": "USD", "reference": reference,
                  "effective_on": "2026-11-22"},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text


async def test_a_payment_cancels_a_ringing_call_before_the_eyes_of_the_floor(place: House) -> None:
    """Somebody pays while their telephone rings: it stops within a second, the floor shows it."""
    [guest] = await place.guests("rings")
    floor = await place.signed_in("supervisor", "/floor")
    desk = await place.staff("ringing", "/desk", Role.AGENT)
    await ready(desk)
    campaign = await place.campaign("Ringing", [guest])
    await expect(floor.locator(".figures")).to_contain_text("1 ringing", timeout=20_000)
    await until(lambda: _rings(place, guest))
    await pay(place, guest, "bank-2")
    posted = place.on.services.clock.now()
    await until(lambda: _silent(place, guest))
    [call] = [one for one in place.on.far_end.calls.values() if one.number == guest.number]
    assert call.ended_at is not None
    assert (call.ended_at - posted).total_seconds() * 1000 < A_SECOND
    await expect(floor.locator(".figures")).to_contain_text("0 ringing")
    ended = await place.one(
        "SELECT outcome FROM calls.attempt WHERE consumer_id = %s", guest.consumer_id
    )
    assert ended["outcome"] == "cancelled"
    await place.finish(campaign)
    await leave(desk)
    await floor.context.close()


async def _rings(place: House, guest: Guest) -> bool:
    return any(call.number == guest.number for call in place.on.far_end.live())


async def _silent(place: House, guest: Guest) -> bool:
    return not await _rings(place, guest)


async def test_the_floor_is_live_and_keeps_the_focus(place: House) -> None:
    """Agents, calls, pace, decisions change by themselves; nothing reloads, focus stays."""
    asleep, talking = await place.guests("asleep", "talks")
    floor = await place.signed_in("supervisor", "/floor")
    await floor.evaluate("window.kept = true")
    desk = await place.staff("watched", "/desk", Role.AGENT)
    agent = floor.locator(".tiles > *", has_text="Watched")
    await expect(agent).to_contain_text("Paused")
    await ready(desk)
    await expect(agent).to_contain_text("Ready")
    campaign = await place.campaign("Watched people", [asleep, talking])
    row = floor.locator(".line.campaign", has_text="Watched people")
    await expect(row).to_be_visible()
    await floor.focus(f"#limits-{campaign.id}")
    await expect(agent).to_contain_text("Talking", timeout=20_000)
    await expect(agent).to_contain_text(talking.name)
    decisions = floor.locator("a.decision")
    await expect(decisions.filter(has_text=talking.name)).to_contain_text("Allowed")
    await expect(decisions.filter(has_text=asleep.name)).to_contain_text("Put off")
    await expect(floor.locator(".figures")).to_contain_text("1 talking")
    assert await floor.evaluate("document.activeElement.id") == f"limits-{campaign.id}"
    await _steers(floor, campaign.id)
    await hang_up(desk, "Hung up")
    await expect(agent).to_contain_text("Ready")
    assert await floor.evaluate("window.kept")
    await leave(desk)
    await place.finish(campaign)
    await decisions.filter(has_text=asleep.name).click()
    await expect(floor.locator("#main")).to_contain_text(asleep.name)
    await expect(floor.locator("#main")).to_contain_text("Next possible")
    await expect(floor.locator("#main")).to_contain_text("12 CFR 1006.6")
    await floor.context.close()


async def _steers(floor: Page, campaign_id: int) -> None:
    """Change the pace and limits and pause the campaign where it is seen."""
    await floor.click(f"#limits-{campaign_id}")
    await floor.fill(f"#lines-{campaign_id}", "3")
    await floor.select_option(f"#mode-{campaign_id}", "predictive")
    await floor.get_by_role("button", name="Set the pace and limits").click()
    await expect(floor.locator("#gt-toasts")).to_contain_text("predictive, 3 calls at once")
    await expect(floor.locator(f"#mode-{campaign_id}")).to_have_value("predictive")
    await expect(floor.locator(f"#lines-{campaign_id}")).to_have_value("3")
    await floor.click(f"#move-{campaign_id}")
    await expect(floor.locator(f"#move-{campaign_id}")).to_have_text(re.compile("Start"))
