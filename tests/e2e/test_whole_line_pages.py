"""Managers, operators and everybody's pages in a real browser."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.fakes.house import House, serious

from goodterms.access.model import Role
from goodterms.intake.sample.portfolio import as_csv

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asterisk,
    pytest.mark.postgres,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_a_manager_builds_starts_and_steers_a_campaign(place: House) -> None:
    """The builder shows who would be refused and why; start, pause and limits work in place."""
    await place.guests("agrees", "asleep", "agrees")
    page = await place.signed_in("manager", "/campaigns/new")
    await page.fill("#name", "Autumn reminders")
    preview = page.locator("aside.launch")
    await expect(preview).to_contain_text("May be called")
    await expect(preview).to_contain_text("too early or too late")
    await page.fill("#min_balance_minor", "lots")
    await page.get_by_role("button", name="Save as a draft").click()
    await expect(page.locator(".is-invalid, [aria-invalid=true]").first).to_be_visible()
    await expect(page.locator("#name")).to_have_value("Autumn reminders")
    await page.fill("#min_balance_minor", "10")
    await page.get_by_role("button", name="Save as a draft").click()
    await expect(page.locator("h1")).to_have_text("Autumn reminders")
    await page.get_by_role("button", name="Start calling").click()
    await expect(page.locator("#campaign-numbers")).to_contain_text("Running")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#campaign-numbers")).to_contain_text("Paused")
    await page.get_by_role("link", name="Edit").click()
    await page.fill("#max_concurrent", "7")
    await page.get_by_role("button", name="Save the changes").click()
    await expect(page.locator("#main")).to_contain_text("7 calls at once")
    await page.get_by_role("button", name="Finish").click()
    await expect(page.locator("dialog.ask")).to_contain_text("Autumn reminders")
    await page.locator("dialog.ask").get_by_role("button", name="Finish the campaign").click()
    await expect(page.locator("#campaign-numbers")).to_contain_text("Finished")
    await page.context.close()


async def test_a_file_is_imported_and_its_bad_row_comes_back(place: House) -> None:
    """The columns are matched by themselves, progress is live, the bad row has its reason."""
    header, *rows = place.rows(["agrees"] * 2)
    bad = dict(zip(header, rows[0], strict=True)) | {"account": "BAD-1", "principal": "lots"}
    file = place.folder / "autumn.csv"
    file.write_text(as_csv([header, *rows, list(bad.values())]), encoding="utf-8", newline="")
    page = await place.signed_in("manager", "/import")
    await page.set_input_files("#file", file)
    await page.get_by_role("button", name="Upload and match").click()
    await expect(page.locator("#column_0")).to_have_value("creditor")
    await page.get_by_role("button", name="Import the file").click()
    done = page.locator("#main")
    await expect(done).to_contain_text("Done", timeout=15_000)
    async with page.expect_download() as started:
        await page.get_by_text("Download the refused rows").click()
    await (await started.value).save_as(place.folder / "refused.csv")
    [row] = read(place.folder / "refused.csv")
    assert row["account"] == "BAD-1"
    assert any("lots" in cell and "amount" in cell for cell in row.values())
    await page.context.close()


def read(file: Path) -> list[dict[str, str]]:
    """Read a CSV file."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


async def test_pages_are_for_those_whose_work_they_are(place: House) -> None:
    """An agent sees neither floor nor campaigns nor settings, and is told so calmly."""
    page = await place.signed_in("agent", "/desk")
    rail = page.locator(".rail")
    await expect(rail).to_contain_text("Desk")
    for word in ("Floor", "Campaigns", "Settings", "Audit"):
        await expect(rail).not_to_contain_text(word)
    for closed in ("/floor", "/campaigns", "/import", "/settings/people", "/audit"):
        answer = await page.goto(place.url + closed)
        assert answer is not None
        assert answer.status == 403, closed
    answer = await page.goto(f"{place.url}/nowhere")
    assert answer is not None
    assert answer.status == 404
    await page.context.close()


async def _passes(page: Page, where: str) -> None:
    """Look at a page in light and dark, on a phone and on a desk."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (390, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            found = await serious(page)
            assert found == [], f"{where} {scheme} {width}: {found}"
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{where} is {wide} wide at {width}"


async def test_nothing_serious_for_assistive_technology(place: House) -> None:
    """Every page of the staff passes axe in light and dark, on a phone and on a desk."""
    guest, asleep = await place.guests("silent", "asleep")
    everything = tuple(Role)
    page = await place.staff("everybody", "/desk", *everything)
    await page.wait_for_selector("gt-phone[line=ready]", timeout=30_000)
    await page.click("#main button:has-text('Ready for calls')")
    await page.wait_for_selector("gt-phone[line=in-line]", timeout=20_000)
    campaign = await place.campaign("Everybody's", [asleep, guest])
    await expect(page.locator("h1", has_text=guest.name)).to_be_visible(timeout=20_000)
    await _passes(page, "desk")
    verdict = await place.one("SELECT max(id) AS id FROM compliance.verdict")
    for where in (
        "/floor",
        "/accounts",
        f"/accounts/{guest.account_id}",
        "/campaigns",
        f"/campaigns/{campaign.id}",
        "/campaigns/new",
        "/import",
        "/audit",
        "/audit/tasks",
        "/audit/rulebook",
        "/audit/rulebook/UK-CONC-1",
        f"/audit/{verdict['id']}",
        "/settings/people",
        "/settings/keys",
        "/settings/lines",
        "/settings/callers",
    ):
        await page.goto(place.url + where)
        await _passes(page, where)
    await page.context.close()
    await place.finish(campaign)
