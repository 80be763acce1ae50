"""Take the pictures in docs/images from a running demo: ``make screenshots``.

Starts the demo in a folder of its own, signs in with one click, takes a call as an agent (the
browser's pretended microphone is the headset), and photographs each page in light, dark and at
390 pixels. Stops everything in the end.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
Scheme = Literal["light", "dark"]
LOOKS: tuple[tuple[str, Scheme, ViewportSize], ...] = (
    ("light", "light", WIDE),
    ("dark", "dark", WIDE),
    ("phone", "light", PHONE),
)
TIGHTER = """\
- id: HOUSE-GAP
  version: 2
  title: "Two days between two calls to one person"
  jurisdiction: "*"
  valid_from: 2020-01-01
  valid_to: null
  recorded_at: 2026-11-25T00:00:00Z
  moments: [LOAD, PREDIAL]
  predicate: minimum_gap
  params: {unit: [collector, person], minutes: 2880, media: [call]}
  reason_code: MIN_GAP
  citation: "a try: two days instead of four hours"
  evidence: design
  signed_by: null
- id: TRY-NOON
  version: 1
  title: "No calls before ten"
  jurisdiction: "*"
  valid_from: 2020-01-01
  valid_to: null
  recorded_at: 2026-11-25T00:00:00Z
  moments: [PREDIAL]
  predicate: local_hours
  params: {from: "10:00", until: "21:00"}
  reason_code: TIME_OUTSIDE
  citation: "a try"
  evidence: design
  signed_by: null
"""
READY_SECONDS = 120
CALL_SECONDS = 180
WARM_UP_SECONDS = 45
LONGEST_DEMO_SECONDS = 900
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _demo() -> Iterator[str]:
    """Run the demo on free ports for the duration of the block; give its address."""
    with tempfile.TemporaryDirectory(prefix="gt-pictures-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # PostgreSQL may run as another user
        port = _free_port()
        environment = os.environ | {
            "GOODTERMS_HOME": folder,
            "GOODTERMS_SANDBOX_PORT": str(_free_port()),
            "GOODTERMS_ORGANISATION": "Northgate Services",
        }
        backstop = str(LONGEST_DEMO_SECONDS)
        command = ["demo", "--port", str(port), "--for", backstop]
        argv = [sys.executable, "-m", "goodterms", *command]
        with (home / "demo.log").open("w") as log:
            running = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _until(lambda: _answers(address, running), READY_SECONDS, "the demo to answer")
            yield address
        except BaseException:
            print((home / "demo.log").read_text()[-2000:], file=sys.stderr)
            raise
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)


def _until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"Waited {seconds:.0f} seconds in vain for {what}.")
        time.sleep(0.5)


def _answers(address: str, running: subprocess.Popen[bytes]) -> bool:
    if running.poll() is not None:
        raise SystemExit("The demo ended by itself; see above.")
    try:
        return httpx.get(f"{address}/readyz", trust_env=False).is_success
    except httpx.TransportError:
        return False


class Camera:
    """Photographs pages of one demo."""

    def __init__(self, browser: Browser, address: str, only: list[str]) -> None:
        self._browser = browser
        self.address = address
        self._only = only
        self.failed: list[str] = []

    def wants(self, *names: str) -> bool:
        """Whether one of these pictures was asked for."""
        return not self._only or any(name in self._only for name in names)

    def stranger(self) -> BrowserContext:
        """Open a browser of somebody who is not signed in."""
        context = self._browser.new_context(
            viewport=WIDE,
            locale="en-US",
            timezone_id="America/Chicago",
            color_scheme="light",
            reduced_motion="reduce",
            permissions=["microphone"],
        )
        context.new_page()
        return context

    def sign_in(self, role: str) -> BrowserContext:
        """Open a browser of somebody with this role."""
        context = self.stranger()
        page = context.pages[0]
        page.goto(f"{self.address}/sign-in")
        page.locator(f'form[action="/demo/sign-in/{role}"] button').click()
        page.wait_for_load_state()
        return context

    def first(self, context: BrowserContext, listing: str) -> str:
        """Return the address of the first thing that a page lists."""
        page = context.pages[0]
        page.goto(f"{self.address}{listing}")
        stem = listing.partition("?")[0]
        return page.locator(f'main td a[href^="{stem}/"]').first.get_attribute("href") or listing

    def visit(self, context: BrowserContext, path: str, name: str) -> Page:
        """Go to a page and photograph it."""
        page = context.pages[0]
        answer = page.goto(f"{self.address}{path}")
        if answer is None or not answer.ok:
            self.failed.append(f"{name} answered {answer.status if answer else 'nothing'}")
            return page
        page.wait_for_timeout(1500)  # the live stream and the charts draw themselves
        self.take(page, name)
        return page

    def take(self, page: Page, name: str) -> None:
        """Photograph a page as it stands: light, dark, and as wide as a telephone."""
        if not self.wants(name):
            return
        # Without a scrollbar in the picture its gutter would be an empty strip.
        page.evaluate("document.documentElement.style.scrollbarGutter = 'auto'")
        for kind, scheme, size in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(400)
            path = IMAGES / f"{name}-{kind}.png"
            page.screenshot(path=path, animations="disabled")
            print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} kB", flush=True)
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")


def _desk(camera: Camera) -> str:
    """Take a call as an agent; return the path of its account's page."""
    page = camera.sign_in("agent").pages[0]
    page.goto(f"{camera.address}/desk")
    page.locator('main button[name="state"][value="ready"]').click()
    page.locator("form.dispose").wait_for(timeout=CALL_SECONDS * 1000)
    page.wait_for_timeout(2500)  # two seconds of conversation
    camera.take(page, "desk")
    number = re.search(r"/desk/act/(\d+)/", page.content())
    link = _pay_link(page) if camera.wants("pay") else None
    if link:
        camera.visit(_consumer(camera, link, page.content()), link, "pay")
    _finish(page)  # and stay: the floor has this agent among the others
    return f"/accounts/{number[1]}" if number else "/accounts"


def _finish(page: Page) -> None:
    """Take the payment, hang up and dispose, so that the account has something to tell."""
    form = page.locator("#form-pay")
    form.locator("xpath=ancestor::details/summary").click()
    form.locator("button").click()
    page.wait_for_timeout(4000)
    page.keyboard.press("x")
    paid = page.locator('button[name="call_disposition"][value="paid"]:enabled')
    paid.click(timeout=15_000)
    page.wait_for_timeout(1000)


def _pay_link(page: Page) -> str | None:
    """Make a pay link at the desk and read it off the page."""
    form = page.locator("#form-link")
    if not form.count():
        return None
    form.locator("xpath=ancestor::details/summary").click()
    form.locator("button").click()
    page.wait_for_timeout(1500)
    found = re.search(r"(/pay/[\w-]+)", page.content())
    return found[1] if found else None


def _consumer(camera: Camera, link: str, desk: str) -> BrowserContext:
    """Be the consumer: open the link and answer its question as the agent's page knows it."""
    context = camera.stranger()
    page = context.pages[0]
    page.goto(f"{camera.address}{link}")
    postal_code = re.search(r"\b[A-Z]{2} (\d{5})\b", desk)
    if postal_code and page.locator("#answer").count():
        page.fill("#answer", postal_code[1])
        page.get_by_role("button", name="Continue").click()
        page.wait_for_load_state()
    return context


def _preferences(camera: Camera, manager: BrowserContext) -> None:
    """Photograph what restricts contact with somebody."""
    page = manager.pages[0]
    page.goto(f"{camera.address}{camera.first(manager, '/accounts?held=yes')}")
    card = page.locator("#preferences")
    card.evaluate("card => card.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(1000)
    camera.take(page, "preferences")


def _backtest(camera: Camera, manager: BrowserContext) -> None:
    """Try a rule on the demo's own history, and photograph what it would have refused."""
    page = manager.pages[0]
    page.goto(f"{camera.address}/audit/backtests")
    page.fill("#rows", TIGHTER)
    page.locator('form[action="/audit/backtests"] button').click()
    page.locator("svg.twobars").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    camera.take(page, "backtest")


def _take_all(camera: Camera) -> None:
    time.sleep(WARM_UP_SECONDS)  # a floor with an hour of nothing tells nothing
    account = "/accounts"
    if camera.wants("desk", "account", "pay"):
        account = _desk(camera)
    supervisor = camera.sign_in("supervisor")
    camera.visit(supervisor, "/floor", "floor")
    camera.visit(supervisor, account, "account")
    camera.visit(supervisor, camera.first(supervisor, "/audit?decision=defer"), "decision")
    manager = camera.sign_in("manager")
    if camera.wants("preferences"):
        _preferences(camera, manager)
    camera.visit(manager, camera.first(manager, "/campaigns"), "campaign")
    camera.visit(manager, "/campaigns/new", "campaign-new")
    camera.visit(manager, "/import", "import")
    camera.visit(manager, "/settings/callers", "caller-ids")
    camera.visit(manager, "/audit/rulebook?place=US", "rulebook")
    camera.visit(manager, "/audit/tasks", "tasks")
    if camera.wants("backtest"):
        _backtest(camera, manager)


def main() -> None:
    """Take the pictures named on the command line, or all."""
    parser = argparse.ArgumentParser(description="Take the pictures in docs/images.")
    parser.add_argument("names", nargs="*", help="only these, e.g. desk floor")
    chosen = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is missing: run 'ops/setup test'.")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            with _demo() as address:
                camera = Camera(browser, address, chosen.names)
                _take_all(camera)
        finally:
            browser.close()
    if camera.failed:
        raise SystemExit("Not taken: " + ", ".join(camera.failed))


if __name__ == "__main__":
    main()
