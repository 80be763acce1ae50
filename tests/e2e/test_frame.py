"""The frame in a real browser: moving around, two tabs, lost connections, accessibility."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from playwright.sync_api import BrowserContext, Page, sync_playwright

from goodterms.web import styleguide
from goodterms.web.assets import BuiltFiles
from goodterms.web.shell import STATIC, Assets, Shell, content_security_policy

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = Path("/usr/bin/chromium")


def _app() -> FastAPI:
    """A small server of sample pages: the style guide at every address but a few.

    Here the studio is signed out and the reports do not exist.
    """
    app, shell = FastAPI(), Shell(Assets.load())
    app.mount("/static", BuiltFiles(directory=STATIC))

    @app.get("/desk/phone-config")
    async def phone_config() -> Response:
        return Response(status_code=503)

    @app.get("/live")
    async def live() -> StreamingResponse:
        async def events() -> AsyncIterator[str]:
            yield 'event: call\ndata: {"phase": "connected", "attempt": "a1", "who": "Dana"}\n\n'
            await asyncio.sleep(60)

        return StreamingResponse(events(), media_type="text/event-stream")

    @app.get("/studio")
    async def sign_in() -> HTMLResponse:
        return HTMLResponse("<title>Sign in</title><h1>Sign in</h1>")

    @app.get("/reports")
    async def broken() -> HTMLResponse:
        return HTMLResponse('<main id="main"><h1>Not found</h1></main>', status_code=404)

    @app.post("/styleguide")
    async def refused() -> HTMLResponse:
        return HTMLResponse('<main id="main"><h1>Please check</h1></main>', status_code=422)

    @app.get("/{place:path}")
    async def sample(place: str, lang: str = "en") -> HTMLResponse:
        shown = styleguide.render(shell, now=datetime.now(UTC), language=lang)  # noqa: TID251
        shown = shown.replace("<h1>Dana Whitfield</h1>", f"<h1>Page {place}</h1>")
        shown = shown.replace("<title>Style guide", f"<title>Page {place}")
        return HTMLResponse(
            shown, headers={"Content-Security-Policy": content_security_policy("styleguide")}
        )

    return app


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the sample server."""
    server = uvicorn.Server(uvicorn.Config(_app(), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not (server.started and server.servers):
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    server.force_exit = True
    thread.join(5)


@pytest.fixture(scope="module")
def browser_context() -> Iterator[BrowserContext]:
    """One headless browser."""
    assert CHROMIUM.exists(), "Install Debian's chromium to run the browser tests."
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_context(viewport={"width": 1280, "height": 800})
        browser.close()


@pytest.fixture
def tab(browser_context: BrowserContext, site: str) -> Iterator[Page]:
    """A tab on the accounts page whose window remembers that it was never reloaded."""
    page = browser_context.new_page()
    page.goto(f"{site}/accounts")
    page.wait_for_selector("gt-phone .phone-box")
    page.evaluate("window.kept = document.querySelector('gt-phone')")
    yield page
    page.close()


KEPT = "window.kept !== undefined && window.kept === document.querySelector('gt-phone')"


def test_moving_around_never_reloads_the_page_or_the_phone(tab: Page) -> None:
    """Links, forms, keys and the Back button swap the main region; the phone element stays."""
    tab.click(".rail [data-go=f]")
    tab.wait_for_selector("h1:text-is('Page floor')")
    assert tab.evaluate(KEPT)
    assert tab.title().startswith("Page floor")
    assert tab.url.endswith("/floor")
    assert tab.get_attribute(".rail [data-go=f]", "aria-current") == "page"
    assert tab.get_attribute(".rail [data-go=a]", "aria-current") is None
    tab.keyboard.press("g")
    tab.keyboard.press("c")
    tab.wait_for_selector("h1:text-is('Page campaigns')")
    tab.keyboard.press("/")
    tab.keyboard.type("dana")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/accounts?q=dana")
    tab.go_back()
    tab.wait_for_selector("h1:text-is('Page campaigns')")
    assert tab.evaluate(KEPT)
    assert tab.evaluate("document.activeElement.closest('.rail, .topbar') === null")


def test_a_page_weighs_little(tab: Page) -> None:
    """Everything a desk page loads, the phone's program included, stays within 300 kB."""
    tab.wait_for_load_state("networkidle")
    weight = tab.evaluate(
        "[...performance.getEntriesByType('resource'), "
        "...performance.getEntriesByType('navigation')]"
        ".reduce((sum, entry) => sum + entry.encodedBodySize, 0)"
    )
    assert 50_000 < weight <= 300_000


def test_a_missing_page_shows_in_place(tab: Page) -> None:
    """An error page swaps in like any other; the phone stays."""
    tab.click(".rail [data-go=r]")
    tab.wait_for_selector("h1:text('Not found')")
    assert tab.evaluate(KEPT)


def test_a_refused_form_is_shown_again_in_place(tab: Page) -> None:
    """A form refused with 422 swaps in with its errors; the address stays readable."""
    tab.click("form button.btn-go")
    tab.wait_for_selector("h1:text('Please check')")
    assert tab.url.endswith("/accounts")
    assert tab.evaluate(KEPT)


def test_a_page_outside_the_frame_loads_whole(tab: Page) -> None:
    """Signed out, the sign-in page replaces everything instead of landing inside the frame."""
    tab.click(".rail [data-go=t]")
    tab.wait_for_selector("h1:text('Sign in')")
    assert tab.query_selector(".rail") is None


def test_a_call_is_shown_announced_and_offered_keys(tab: Page) -> None:
    """A call event shows who and why with a running timer, speaks it, and names each key."""
    tab.evaluate(
        "document.body.dispatchEvent(new CustomEvent('gt:call', {bubbles: true, detail: "
        "{phase: 'connected', attempt: 'a1', who: 'Dana Whitfield', why: 'Autumn', "
        "since: new Date(Date.now() - 74000).toISOString()}}))"
    )
    tab.wait_for_selector("gt-phone >> text=Dana Whitfield")
    assert "Dana Whitfield" in tab.inner_text("#gt-live")
    keys = tab.eval_on_selector_all(
        "gt-phone .phone-key", "all => all.map(e => e.getAttribute('aria-keyshortcuts'))"
    )
    assert keys == ["m", "h", "k", "x"]
    first = tab.evaluate("document.querySelector('gt-phone gt-timer').shadowRoot.textContent")
    assert first.strip().startswith("1:1")
    tab.keyboard.press("k")
    tab.wait_for_selector(".phone-pad")
    with tab.expect_request("**/desk/hangup") as asked:
        tab.keyboard.press("x")
    assert asked.value.method == "POST"
    assert asked.value.headers["x-csrf-token"] == "styleguide"
    tab.evaluate(
        "document.body.dispatchEvent(new CustomEvent('gt:call', {bubbles: true, "
        "detail: {phase: 'ended', attempt: 'a1'}}))"
    )
    tab.wait_for_selector("gt-phone >> text=Dana Whitfield", state="detached")


def test_typing_is_never_a_command(tab: Page) -> None:
    """Letters typed into a field stay text."""
    tab.focus("#note")
    tab.keyboard.type("gf/?")
    assert tab.input_value("#note") == "gf/?"
    assert tab.url.endswith("/accounts")


def test_only_one_tab_holds_the_phone(
    tab: Page, browser_context: BrowserContext, site: str
) -> None:
    """A second tab says the phone is elsewhere, may ask for it, and gets it back later."""
    tab.wait_for_selector("gt-phone[line=offline], gt-phone[line=registering]")
    other = browser_context.new_page()
    other.goto(f"{site}/accounts")
    other.wait_for_selector("gt-phone[line=elsewhere]")
    other.click("gt-phone button")
    other.wait_for_selector("gt-phone:not([line=elsewhere])")
    tab.wait_for_selector("gt-phone[line=elsewhere]")
    other.close()
    tab.wait_for_selector("gt-phone:not([line=elsewhere])")


def test_a_lost_phone_says_so(tab: Page) -> None:
    """While the phone cannot connect, a bar says so and that it is trying."""
    tab.wait_for_selector("#gt-bars >> text=The phone lost its connection")


def test_a_live_stream_becomes_events(tab: Page) -> None:
    """Facts of the live stream reach the phone as events."""
    tab.evaluate("document.body.append(Object.assign(document.createElement('gt-live'), {}));")
    tab.wait_for_selector("gt-phone >> text=Dana")


def test_a_destructive_button_asks_by_name(tab: Page) -> None:
    """A confirm dialog names the thing and its button says what happens; Escape does nothing."""
    sent: list[str] = []
    tab.on("request", lambda r: sent.append(r.method))
    tab.click("text=Stop the campaign")
    assert "Autumn reminders" in tab.inner_text("dialog.ask")
    tab.keyboard.press("Escape")
    tab.wait_for_selector("dialog.ask", state="detached")
    assert "POST" not in sent


def test_columns_and_theme_are_remembered(tab: Page, site: str) -> None:
    """A hidden column and a chosen theme are still so on the next page."""
    tab.click("[data-columns-of] >> xpath=..")
    tab.click("[data-columns-of] input[value=creditor]")
    assert tab.is_hidden("th[data-col=creditor]")
    tab.click("[aria-label='Your menu']")
    tab.click("[data-theme-choice=dark]")
    tab.goto(f"{site}/accounts")
    tab.wait_for_selector("th[data-col=creditor]", state="hidden")
    assert tab.get_attribute("html", "data-bs-theme") == "dark"
    tab.evaluate("localStorage.clear()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_serious_for_assistive_technology(tab: Page, scheme: str, width: int) -> None:
    """Every component passes axe, contrast included, in light and dark, phone and desktop."""
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate(
        "document.body.dispatchEvent(new CustomEvent('gt:call', {bubbles: true, detail: "
        "{phase: 'connected', who: 'Dana', why: 'Autumn', since: new Date().toISOString()}}))"
    )
    tab.wait_for_selector("gt-phone >> text=Dana")
    found = Axe().run(tab).response["violations"]
    serious = [
        (rule["id"], [node["html"][:120] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
