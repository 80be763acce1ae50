"""The browser phone on a real Asterisk: it registers, keeps its line open, and comes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from playwright.async_api import Page, async_playwright

from goodterms.adapters.asterisk import instance, package, requests
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer
from goodterms.kit import places
from goodterms.web import styleguide
from goodterms.web.assets import BuiltFiles
from goodterms.web.shell import STATIC, Assets, Shell, content_security_policy

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
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
]
NAME, PASSWORD = "agent-7", "only-for-this-test"


@dataclass
class Floor:
    """A platform Asterisk with one browser phone's account, and its control interface."""

    asterisk: AsteriskInstance
    http: httpx.AsyncClient
    events: list[dict[str, Any]] = field(default_factory=list)

    async def listen(self, opened: asyncio.Event) -> None:
        """Hear the platform's events; an application exists only while somebody listens."""
        key = f"{self.asterisk.ari_user}:{self.asterisk.ari_password}"
        url = f"{self.asterisk.ari_url.replace('http', 'ws', 1)}/events?app=goodterms&api_key={key}"
        async with websockets.connect(url) as connection:
            opened.set()
            async for message in connection:
                self.events.append(json.loads(message))

    async def provide(self) -> None:
        for request in requests.phone(NAME, PASSWORD, "127.0.0.1"):
            answer = await self.http.request(
                request.method, f"/{request.path}", params=request.query, json=request.body
            )
            answer.raise_for_status()

    async def ring(self) -> None:
        """Call the phone, as the platform does when the agent goes Ready."""
        answer = await self.http.post(
            "/channels", params={"endpoint": f"PJSIP/{NAME}", "app": "goodterms", "channelId": "l"}
        )
        answer.raise_for_status()

    async def line(self) -> dict[str, Any] | None:
        answer = await self.http.get("/channels/l")
        return dict(answer.json()) if answer.is_success else None


async def eventually(check: Callable[[], Awaitable[bool]], within: float = 15) -> None:
    """Wait until the check holds."""
    async with asyncio.timeout(within):
        while not await check():  # noqa: ASYNC110 - what is asked tells nobody when it changes
            await asyncio.sleep(0.1)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """A running platform Asterisk; somebody listens, so calls may enter the application."""
    program = package.provide(places.cache(), lambda _: None)
    platform = instance.platform(program, tmp_path / "p", carrier=Peer("127.0.0.1", 5099))
    async with platform:
        auth = (platform.ari_user, platform.ari_password)
        async with httpx.AsyncClient(base_url=platform.ari_url, auth=auth, trust_env=False) as http:
            floor = Floor(platform, http)
            await floor.provide()
            opened = asyncio.Event()
            listening = asyncio.create_task(floor.listen(opened))
            await asyncio.wait_for(opened.wait(), 5)
            yield floor
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
async def tab(floor: Floor) -> AsyncIterator[Page]:
    """A browser on a page with the phone."""
    app, shell = FastAPI(), Shell(Assets.load())
    app.mount("/static", BuiltFiles(directory=STATIC))
    config = {
        "ws_url": floor.asterisk.phone_url,
        "uri": f"sip:{NAME}@127.0.0.1",
        "password": PASSWORD,
        "display_name": "Maya Okafor",
    }
    app.add_api_route("/desk/phone-config", lambda: JSONResponse(config))
    origin = floor.asterisk.phone_url.removesuffix("/ws")

    def page(place: str) -> HTMLResponse:
        shown = styleguide.render(shell, now=datetime.now(UTC))  # noqa: TID251
        policy = content_security_policy("styleguide", origin)
        shown = shown.replace("<h1>Dana Whitfield</h1>", f"<h1>Page {place}</h1>")
        return HTMLResponse(shown, headers={"Content-Security-Policy": policy})

    app.add_api_route("/{place:path}", page)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not (server.started and server.servers):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = await browser.new_page()
        await tab.add_init_script(
            "window.connections = []; const Real = RTCPeerConnection;"
            "window.RTCPeerConnection = class extends Real {"
            "constructor(...a) { super(...a); window.connections.push(this); } };"
        )
        await tab.goto(f"http://127.0.0.1:{port}/accounts")
        yield tab
        await browser.close()
    server.should_exit = True
    server.force_exit = True
    await serving


async def _open_line(floor: Floor, tab: Page) -> None:
    await tab.wait_for_selector("gt-phone[line=ready]")
    await floor.ring()
    await tab.wait_for_selector("gt-phone[line=in-line]")


async def _heard_by_browser(tab: Page) -> int:
    """Packets of sound that reached the browser."""
    packets = await tab.evaluate(
        """async () => { let n = 0; for (const pc of window.connections) {
        for (const r of (await pc.getStats()).values()) {
        if (r.type === 'inbound-rtp') n += r.packetsReceived } } return n }"""
    )
    return int(packets)


async def _heard_by_asterisk(floor: Floor) -> int:
    """Packets of sound that reached Asterisk from the browser."""
    answer = await floor.http.get("/channels/l/rtp_statistics")
    return int(answer.json()["rxcount"]) if answer.is_success else 0


async def test_the_line_stays_open_while_moving_around(floor: Floor, tab: Page) -> None:
    """The line opens by itself, sound flows both ways, and moving between pages keeps it."""
    await _open_line(floor, tab)
    await floor.http.post("/channels/l/moh")
    for letter in "fca":
        await tab.click(f".rail [data-go={letter}]")
        await tab.wait_for_selector(f".rail [data-go={letter}][aria-current=page]")
        await asyncio.sleep(0.3)
    heard, said = await _heard_by_browser(tab), await _heard_by_asterisk(floor)

    async def more_both_ways() -> bool:
        return (
            await _heard_by_browser(tab) > heard + 20
            and await _heard_by_asterisk(floor) > said + 20
        )

    await eventually(more_both_ways)
    assert await tab.get_attribute("gt-phone", "line") == "in-line"
    line = await floor.line()
    assert line is not None
    assert line["state"] == "Up"


async def test_digits_of_the_keypad_are_heard(floor: Floor, tab: Page) -> None:
    """A digit pressed on the keypad, by mouse or by key, arrives at the platform as DTMF."""
    await _open_line(floor, tab)
    await tab.evaluate(
        "document.body.dispatchEvent(new CustomEvent('gt:call', {bubbles: true, "
        "detail: {phase: 'connected', attempt: 'a', who: 'Dana'}}))"
    )
    await tab.keyboard.press("k")
    await tab.click(".phone-pad button:text-is('5')")
    await asyncio.sleep(0.4)
    await tab.keyboard.press("9")

    async def both() -> bool:
        return [e["digit"] for e in floor.events if e["type"] == "ChannelDtmfReceived"] == [
            "5",
            "9",
        ]

    await eventually(both)


async def test_a_closed_line_is_shown(floor: Floor, tab: Page) -> None:
    """When the platform closes the line, the phone is ready for the next one."""
    await _open_line(floor, tab)
    await floor.http.delete("/channels/l")
    await tab.wait_for_selector("gt-phone[line=ready]")
    await _open_line(floor, tab)


async def test_the_phone_comes_back_after_the_platform_restarts(floor: Floor, tab: Page) -> None:
    """A restart of Asterisk shows a bar; the phone registers again without a touch."""
    await tab.wait_for_selector("gt-phone[line=ready]")
    await floor.asterisk.stop()
    await tab.wait_for_selector("#gt-bars >> text=The phone lost its connection")
    await floor.asterisk.start()
    await tab.wait_for_selector("gt-phone[line=ready]", timeout=40_000)
    await tab.wait_for_selector("#gt-bars .bar", state="detached")
