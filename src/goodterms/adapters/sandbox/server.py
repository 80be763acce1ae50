"""The sandbox as a service of its own: a small API by key, hosted pages, signed webhooks."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Form, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, select_autoescape
from pydantic import BaseModel, Field
from standardwebhooks import Webhook

from goodterms.adapters.sandbox import cards
from goodterms.adapters.sandbox.bank import Bank, Row
from goodterms.adapters.sandbox.cards import Behaviour
from goodterms.kit.clock import Clock, SystemClock
from goodterms.kit.money import Money

log = structlog.get_logger(__name__)
_PAGES = Environment(
    loader=PackageLoader("goodterms.adapters.sandbox"), autoescape=select_autoescape()
)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the bank's file is, whom it tells, and how slow it can be.

    ``secret`` is base64 text; it authorises calls and signs webhooks.
    """

    file: Path
    secret: str
    webhook_url: str | None = None
    slow_seconds: float = 3
    silent_seconds: float = 60
    poll_seconds: float = 0.2


class ChargeAsked(BaseModel):
    """A charge by token."""

    key: str = Field(max_length=100)
    minor: int = Field(gt=0)
    currency: str = Field(pattern="^[A-Z]{3}$")
    token: str = Field(max_length=100)


class RefundAsked(BaseModel):
    """A refund of a charge."""

    key: str = Field(max_length=100)
    charge_key: str = Field(max_length=100)
    minor: int = Field(gt=0)


class PageAsked(BaseModel):
    """A hosted page for a payment."""

    key: str = Field(max_length=100)
    minor: int = Field(gt=0)
    currency: str = Field(pattern="^[A-Z]{3}$")
    return_url: str = Field(pattern="^https?://")


class Sandbox:
    """The routes over one bank."""

    def __init__(self, bank: Bank, settings: SandboxSettings, clock: Clock) -> None:
        self._bank = bank
        self._settings = settings
        self._clock = clock

    def router(self) -> APIRouter:
        """Return the API and the pages."""
        routes = APIRouter()
        routes.add_api_route("/v1/charges", self.charge, methods=["POST"])
        routes.add_api_route("/v1/charges/{key}", self.find_charge)
        routes.add_api_route("/v1/refunds", self.refund, methods=["POST"])
        routes.add_api_route("/v1/refunds/{key}", self.find_refund)
        routes.add_api_route("/v1/pages", self.open_page, methods=["POST"])
        routes.add_api_route("/pay/{page_id}", self.show_page, response_model=None)
        routes.add_api_route(
            "/pay/{page_id}", self.pay_on_page, methods=["POST"], response_model=None
        )
        return routes

    def _authorise(self, authorization: str) -> None:
        if not hmac.compare_digest(authorization, f"Bearer {self._settings.secret}"):
            raise HTTPException(401, "The sandbox's secret is wrong.")

    async def charge(self, asked: ChargeAsked, authorization: Annotated[str, Header()]) -> Row:
        """Charge a test card by its token, once per key."""
        self._authorise(authorization)
        card = cards.by_token(asked.token)
        if card is not None and card.behaviour is Behaviour.NEVER_ARRIVES:
            await asyncio.sleep(self._settings.silent_seconds)
            raise HTTPException(504, "The request got lost.")
        if card is not None and card.behaviour is Behaviour.SLOW:
            await asyncio.sleep(self._settings.slow_seconds)
        row = self._bank.charge(asked.key, asked.minor, asked.currency, card, now=self._clock.now())
        if card is not None and card.behaviour is Behaviour.ANSWER_LOST:
            await asyncio.sleep(self._settings.silent_seconds)
        return row

    async def find_charge(self, key: str, authorization: Annotated[str, Header()]) -> Row:
        """Tell what became of a charge."""
        self._authorise(authorization)
        return _found(self._bank.find_charge(key))

    async def refund(self, asked: RefundAsked, authorization: Annotated[str, Header()]) -> Row:
        """Give back part of a charge, once per key."""
        self._authorise(authorization)
        return self._bank.refund(asked.key, asked.charge_key, asked.minor, now=self._clock.now())

    async def find_refund(self, key: str, authorization: Annotated[str, Header()]) -> Row:
        """Tell what became of a refund."""
        self._authorise(authorization)
        return _found(self._bank.find_refund(key))

    async def open_page(
        self, asked: PageAsked, authorization: Annotated[str, Header()], request: Request
    ) -> Row:
        """Open a hosted page for a payment."""
        self._authorise(authorization)
        page = self._bank.open_page(asked.key, asked.minor, asked.currency, asked.return_url)
        return {
            "reference": page["id"],
            "url": str(request.url_for("show_page", page_id=page["id"])),
        }

    async def show_page(self, page_id: str) -> Response:
        """Show the form in which a card is entered; a paid page leads straight back."""
        page = _found(self._bank.page(page_id))
        if self._bank.find_charge(page["key"]) is not None:
            return RedirectResponse(page["return_url"], 303)
        return _page(page)

    async def pay_on_page(
        self, page_id: str, number: Annotated[str, Form(max_length=40)] = ""
    ) -> Response:
        """Charge the card that was entered; a refused one may be replaced by another."""
        page = _found(self._bank.page(page_id))
        if self._bank.find_charge(page["key"]) is None:
            card = cards.by_number(number)
            if card is None:
                return _page(page, "Enter one of the test cards listed below.")
            if card.behaviour in (Behaviour.NO_FUNDS, Behaviour.EXPIRED):
                return _page(page, f"The card was refused: it {card.words}. Try another card.")
            if card.behaviour is Behaviour.NEVER_ARRIVES:
                return _page(page, "The bank could not be reached. Nothing was taken; try again.")
            if card.behaviour is Behaviour.SLOW:
                await asyncio.sleep(self._settings.slow_seconds)
            self._bank.charge(
                page["key"], page["minor"], page["currency"], card, now=self._clock.now()
            )
        return RedirectResponse(page["return_url"], 303)

    async def deliver(self) -> None:
        """Send the webhooks of the outbox for as long as the sandbox runs."""
        if self._settings.webhook_url is None:
            return
        signer = Webhook(self._settings.secret)
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                for message in self._bank.due_messages(now=self._clock.now()):
                    arrived = await _send(client, signer, self._settings, message, self._clock)
                    self._bank.sent(message, arrived=arrived, now=self._clock.now())
                await asyncio.sleep(self._settings.poll_seconds)


async def _send(
    client: httpx.AsyncClient,
    signer: Webhook,
    settings: SandboxSettings,
    message: Row,
    clock: Clock,
) -> bool:
    now = clock.now()
    headers = {
        "content-type": "application/json",
        "webhook-id": message["event_id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(message["event_id"], now, message["body"]),
    }
    assert settings.webhook_url is not None
    try:
        answer = await client.post(settings.webhook_url, content=message["body"], headers=headers)
    except httpx.HTTPError as error:
        log.info("sandbox.webhook_failed", error=type(error).__name__)
        return False
    return answer.is_success


def _found(row: Row | None) -> Row:
    if row is None:
        raise HTTPException(404, "The sandbox has never seen this.")
    return row


def _page(page: Row, problem: str = "") -> HTMLResponse:
    back = urlsplit(page["return_url"])
    text = _PAGES.get_template("pay.html").render(
        amount=Money.from_minor(page["minor"], page["currency"]),
        cards=cards.CARDS,
        problem=problem,
    )
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action 'self' {back.scheme}://{back.netloc}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(text, 422 if problem else 200, headers)


def make_app(settings: SandboxSettings, clock: Clock | None = None) -> FastAPI:
    """Make the sandbox's application; it owns the bank's file while it runs."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        bank = Bank(settings.file)
        sandbox = Sandbox(bank, settings, clock or SystemClock())
        app.include_router(sandbox.router())
        messenger = asyncio.create_task(sandbox.deliver())
        yield
        messenger.cancel()
        with suppress(asyncio.CancelledError):
            await messenger
        bank.close()

    return FastAPI(title="goodterms sandbox processor", lifespan=lifespan, openapi_url=None)


def config(settings: SandboxSettings, host: str, port: int, **more: Any) -> uvicorn.Config:
    """Return how the sandbox is served: no access log, since addresses of pages are secrets."""
    return uvicorn.Config(
        make_app(settings),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=1,
        **more,
    )
