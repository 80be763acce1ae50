"""The whole product with a browser in front of it: visitors who sign in, look, talk and pay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from playwright.async_api import Browser, Page, async_playwright
from tests.fakes.callers import answers
from tests.fakes.stage import OWN, Stage, stage

from goodterms.access.model import Role, Scope
from goodterms.app.demo.seed import CALLER_IDS, TRUNK, seed_network
from goodterms.campaigns.model import Campaign, Members
from goodterms.intake.sample.portfolio import as_csv, top_up

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)
COUNT_CONNECTIONS = """
    window.connections = []; const Real = RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
      constructor(...a) { super(...a); window.connections.push(this); } };
"""
HEARD = """async () => {
    const sum = {packets: 0, energy: 0, sent: 0};
    for (const pc of window.connections) for (const r of (await pc.getStats()).values()) {
      if (r.type === 'inbound-rtp') { sum.packets += r.packetsReceived;
                                      sum.energy += r.totalAudioEnergy ?? 0; }
      if (r.type === 'outbound-rtp') sum.sent += r.packetsSent;
    }
    return sum }"""
SLOTS = {"agrees": 0, "no-answer": 35, "talks": 96, "rings": 97, "silent": 98}
"""A last pair of digits at which each persona of the simulated network lives."""
FAR_APART = {
    "(212) 555-01": "America/New_York",
    "(671) 555-01": "Pacific/Guam",
    "+4930231250": "Europe/Berlin",
}
"""Numbers of places so far apart that it is night at one of them."""


@dataclass(frozen=True)
class Guest:
    """Somebody of the portfolio: who they are, what they owe and where they are called."""

    consumer_id: int
    account_id: int
    name: str
    number: str


@dataclass
class House:
    """The running product, and what a test needs to walk around in it."""

    on: Stage
    browser: Browser
    folder: Path
    serial: count[int] = field(default_factory=lambda: count(1))
    posted: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of the pages."""
        return self.on.services.settings.url

    async def visitor(self, *, width: int = 1440, dark: bool = False, script: bool = True) -> Page:
        """Open a browser of its own: nobody is signed in; remember what it sends to us."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            accept_downloads=True,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        if script:
            await context.add_init_script(COUNT_CONNECTIONS)
        page = await context.new_page()
        page.context.on(
            "request",
            lambda request: (
                self.posted.append((request.url, request.post_data or ""))
                if request.method != "GET"
                else None
            ),
        )
        return page

    async def signed_in(self, role: str, place: str = "/", **how: Any) -> Page:
        """Open a browser and sign in with one click; go to a page."""
        page = await self.visitor(**how)
        await page.goto(f"{self.url}/sign-in")
        await page.click(f"form[action='/demo/sign-in/{role}'] button")
        await page.wait_for_selector("#main")
        if place != "/":
            await page.goto(self.url + place)
        return page

    async def staff(self, username: str, place: str, *roles: Role, **how: Any) -> Page:
        """Open a browser and sign in as somebody new, by name and password; go to a page."""
        services = self.on.services
        password = f"only for {username} here"
        async with services.transaction() as conn:
            await services.access.create_person(
                conn, username, username.title(), roles, password, now=services.clock.now()
            )
        page = await self.visitor(**how)
        await page.goto(f"{self.url}/sign-in?next={place}")
        await page.fill("#username", username)
        await page.fill("#password", password)
        await page.click("form[action='/sign-in'] button")
        await page.wait_for_url(self.url + place)
        return page

    async def guests(self, *personas: str) -> list[Guest]:
        """Place accounts of people who are called by nobody but this test, one per persona."""
        rows = self.rows(personas)
        file = self.folder / f"guests-{next(self.serial)}.csv"
        file.write_text(as_csv(rows), encoding="utf-8", newline="")
        services = self.on.services
        await services.intake.import_file(
            file, {}, actor="system:test", progress=lambda _: None, refused_folder=self.folder
        )
        column = rows[0].index("consumer")
        return [await self._guest(row[column]) for row in rows[1:]]

    def rows(self, personas: Sequence[str]) -> list[list[str]]:
        """Make the rows of a file with one account per persona, its header first."""
        header, *people = top_up(self.on.services.clock.now(), 60).rows
        at = {name: header.index(name) for name in header}
        serial, chosen, seen = next(self.serial), list[list[str]](), set[str]()
        for row in people:
            if row[at["consumer"]] in seen or len(chosen) == len(personas):
                continue
            seen.add(row[at["consumer"]])
            row[at["phone_mobile"]] = self._number(personas[len(chosen)], row[at["phone_mobile"]])
            row[at["phone_home"]], row[at["phone_work"]] = "", ""
            row[at["placement"]] = f"HOUSE-{serial}"
            row[at["consumer"]] = f"H{serial}-{len(chosen)}"
            row[at["account"]] = f"H{serial}-{len(chosen)}-1"
            row[at["principal"]], row[at["interest"]] = "420.00", "12.50"
            row[at["late_fee"]], row[at["service_fee"]], row[at["court_cost"]] = "", "7.50", ""
            chosen.append(row)
        return [header, *chosen]

    def _number(self, persona: str, given: str) -> str:
        if persona != "asleep":
            return f"{given[:-2]}{SLOTS[persona]:02}"
        now = self.on.services.clock.now()
        awake = range(7, 22)
        hours = {stem: now.astimezone(ZoneInfo(zone)).hour for stem, zone in FAR_APART.items()}
        return next(f"{stem}00" for stem, hour in hours.items() if hour not in awake)

    async def _guest(self, reference: str) -> Guest:
        async with self.on.services.pool.connection() as conn:
            found = await (
                await conn.execute(
                    """SELECT c.id AS consumer_id, a.id AS account_id,
                              concat_ws(' ', c.given_name, c.family_name) AS name, p.value AS number
                       FROM accounts.consumer c
                       JOIN accounts.account a ON a.consumer_id = c.id
                       JOIN accounts.contact_point p
                         ON p.consumer_id = c.id AND p.kind = 'phone'
                       WHERE c.reference = %s""",
                    [reference],
                )
            ).fetchone()
        assert found is not None, f"{reference} was not imported"
        return Guest(**found)

    async def campaign(self, name: str, guests: Sequence[Guest], **settings: Any) -> Campaign:
        """Start a campaign for these people alone; one call at a time unless told otherwise."""
        services = self.on.services
        now = services.clock.now()
        chosen = {
            "mode": "progressive", "ratio": "1", "max_concurrent": 1, "max_per_second": "2",
            "trunk": TRUNK, "caller_ids": CALLER_IDS, "ring_seconds": 60, "amd": False,
            "max_attempts": 3, "rest_days": 3, "retry": {}, **settings,
        }  # fmt: skip
        async with services.transaction() as conn:
            ids = [guest.account_id for guest in guests]
            placements = await (
                await conn.execute(
                    "SELECT DISTINCT placement_id AS id FROM accounts.account WHERE id = ANY(%s)",
                    [ids],
                )
            ).fetchall()
            members = Members(placement_ids=tuple(row["id"] for row in placements))
            made = await services.campaigns.create(
                conn, name, members, chosen, actor="system:test", now=now
            )
        async with services.pool.connection() as conn:
            await services.campaigns.refresh(conn, made.id, now=now)
        async with services.transaction() as conn:
            return await services.campaigns.start(conn, made.id, actor="system:test", now=now)

    async def link(self, guest: Guest) -> str:
        """Make a pay link for what somebody owes."""
        services = self.on.services
        async with services.transaction() as conn:
            token = await services.payments.create_link(
                conn, guest.account_id, None, attempt_id=None, actor="system:test",
                now=services.clock.now(),
            )  # fmt: skip
        return f"{self.url}/pay/{token}"

    async def let_in(self, page: Page, guest: Guest, link: str) -> None:
        """Open a pay link and answer what it asks first."""
        async with self.on.services.pool.connection() as conn:
            consumer = await self.on.services.accounts.consumer(conn, guest.consumer_id)
        await page.goto(link)
        await page.fill("#answer", consumer.postal_code)
        await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url(link)

    async def finish(self, campaign: Campaign) -> None:
        """End a campaign."""
        services = self.on.services
        async with services.transaction() as conn:
            await services.campaigns.finish(
                conn, campaign.id, actor="system:test", now=services.clock.now()
            )

    async def api(self, *scopes: Scope) -> httpx.AsyncClient:
        """Be a program with a key of its own."""
        services = self.on.services
        async with services.transaction() as conn:
            key, _ = await services.access.create_key(
                conn, "test", scopes, actor="system:test", now=services.clock.now()
            )
        return httpx.AsyncClient(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
        )

    async def one(self, query: str, *values: Any) -> dict[str, Any]:
        """Read one row."""
        async with self.on.services.pool.connection() as conn:
            found = await (await conn.execute(query.encode(), values)).fetchone()
        return dict(found) if found else {}


async def until(true: Callable[[], Awaitable[bool]], within: float = 15) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within):
        while not await true():  # noqa: ASYNC110 - what is asked tells nobody when it changes
            await asyncio.sleep(0.1)


async def serious(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds serious on a page: rules with the elements that break them."""
    from axe_playwright_python.async_playwright import Axe  # noqa: PLC0415 - slow to import

    found = (await Axe().run(page)).response["violations"]
    return [
        (rule["id"], [node["html"][:160] + node["failureSummary"] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


@asynccontextmanager
async def house(
    folder: Path, *, demo: bool = True, own: Sequence[str] = OWN
) -> AsyncIterator[House]:
    """Run the product; ``demo`` offers the one-click sign-in and sets up telephone lines."""
    settings = {"GOODTERMS_DEMO": "1"} if demo else {}
    async with stage(folder, own=own, settings=settings) as on, async_playwright() as play:
        if demo:
            await seed_network(on.services)
            async with on.services.transaction() as conn:
                for number in CALLER_IDS:
                    await answers(on.services.compliance.callers, conn, number)
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            built = House(on, browser, folder)
            await until(lambda: _answers(built.url), 60)
            yield built
        finally:
            await browser.close()


async def _answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(f"{url}/readyz")).is_success
        except httpx.HTTPError:
            return False
