"""What every route may reach: services, clock, templates; and who asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from starlette.types import Scope

from goodterms.access.model import Actor, Person, Session
from goodterms.access.service import AccessService
from goodterms.accounts.service import AccountService
from goodterms.arrangements.service import ArrangementService
from goodterms.calls.service import CallService
from goodterms.campaigns.service import CampaignService
from goodterms.compliance.backtesting import BacktestService
from goodterms.compliance.evidence import EvidenceService
from goodterms.compliance.service import ComplianceService
from goodterms.compliance.tasks import TaskService
from goodterms.dialing.service import DialingService
from goodterms.intake.service import IntakeService
from goodterms.integration.service import IntegrationService
from goodterms.kit.clock import Clock
from goodterms.kit.sql import Connection, Pool
from goodterms.ledger.service import LedgerService
from goodterms.messaging.service import MessagingService
from goodterms.payments.service import PaymentService
from goodterms.reporting.service import ReportingService
from goodterms.routing.service import RoutingService
from goodterms.web.live import Hub
from goodterms.web.shell import Shell

Enqueue = Callable[[Connection, str, dict[str, Any]], Awaitable[None]]
"""Enqueues a job by its name, with its arguments, in the transaction of the connection."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests a minute are taken, per address (or per key for the API)."""

    sign_in: int = 20
    api: int = 6000
    webhook: int = 1200
    public: int = 120


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the pages are served.

    Attributes:
        url: the address people see, e.g. ``https://desk.example.org``.
        organisation: the name of the organisation that calls.
        phone, address: where consumers reach the organisation, shown to them; may be "".
        pay_origins: origins of the processors' own pages, which pay forms may lead to.
        phone_origin: origin of the browser telephone's WebSocket, e.g. ``wss://pbx.example.org``.
        uploads: folder that uploaded files are kept in, which the worker reads them from.
        demo: shows the one-click sign-in.
        test_cards: (token, words) of the sandbox's cards, offered at the desk; empty elsewhere.
        body_bytes: the largest request body; ``upload_bytes`` for uploaded files.
    """

    url: str
    uploads: Path
    organisation: str = "goodterms"
    phone: str = ""
    address: str = ""
    phone_origin: str = ""
    pay_origins: tuple[str, ...] = ()
    demo: bool = False
    test_cards: tuple[tuple[str, str], ...] = ()
    limits: Limits = field(default_factory=Limits)
    body_bytes: int = 8 << 20
    upload_bytes: int = 2 << 30

    @property
    def secure(self) -> bool:
        """True when people reach us by https."""
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Web:
    """The services the routes stand on; made once by the composition root."""

    settings: WebSettings
    pool: Pool
    clock: Clock
    shell: Shell
    hub: Hub
    access: AccessService
    accounts: AccountService
    ledger: LedgerService
    arrangements: ArrangementService
    payments: PaymentService
    compliance: ComplianceService
    evidence: EvidenceService
    backtests: BacktestService
    due: TaskService
    calls: CallService
    routing: RoutingService
    dialing: DialingService
    campaigns: CampaignService
    intake: IntakeService
    integration: IntegrationService
    messaging: MessagingService
    reporting: ReportingService
    enqueue: Enqueue


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed-in person's request."""

    session: Session
    actor: Actor

    @property
    def person(self) -> Person:
        """Who is signed in."""
        return self.session.person


def web_of(request: Request) -> Web:
    """Give a route its services; use it as ``Depends(web_of)``."""
    web: Web = request.app.state.web
    return web


def now_of(request: Request) -> datetime:
    """Give a route the present instant; use it as ``Depends(now_of)``."""
    return web_of(request).clock.now()


def address_of(request: Request) -> str | None:
    """Tell the address a request came from."""
    return request.client.host if request.client else None


def route_of(scope: Scope) -> str:
    """Tell which route answers, as its template: ids and tokens of the address stay out.

    A router's own prefix is not part of its routes' templates, so it is taken from the address.
    """
    template: str | None = getattr(scope.get("route"), "path", None)
    if template is None:
        return "none"
    parts = scope["path"].split("/")
    prefix = parts[: len(parts) - template.count("/")]
    return "/".join(prefix) + template
