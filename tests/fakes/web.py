"""The web application on a test's own database, with people who may sign in."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from argon2 import PasswordHasher
from httpx import ASGITransport, AsyncClient
from tests.fakes.bank import FakeBank

from goodterms.access.model import Role, Scope
from goodterms.access.service import AccessService
from goodterms.accounts.model import ContactRestricted
from goodterms.accounts.service import AccountService
from goodterms.adapters.http.deliverer import HttpDeliverer
from goodterms.adapters.http.host_ledger import HttpHostLedger
from goodterms.arrangements.service import ArrangementService
from goodterms.calls.model import AttemptDisposed, AttemptEnded
from goodterms.calls.service import CallService
from goodterms.campaigns.service import CampaignService
from goodterms.compliance.backtesting import BacktestService
from goodterms.compliance.evidence import EvidenceService
from goodterms.compliance.model import ContactClosed
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.compliance.tasks import TaskService
from goodterms.dialing.service import DialingService
from goodterms.intake.service import IntakeService
from goodterms.integration.service import IntegrationService
from goodterms.kit.clock import Clock, SystemClock
from goodterms.kit.events import Bus, Handler
from goodterms.kit.sql import Connection, Pool
from goodterms.ledger.service import LedgerService
from goodterms.messaging.service import MessagingService
from goodterms.payments.service import PaymentService
from goodterms.reporting.service import ReportingService
from goodterms.routing.service import RoutingService
from goodterms.web.app import Web, make_app
from goodterms.web.context import Enqueue, Limits, WebSettings
from goodterms.web.live import Hub
from goodterms.web.shell import Shell

PASSWORD = "correct horse battery"
URL = "http://goodterms.test"


def make_web(
    pool: Pool,
    *,
    clock: Clock | None = None,
    demo: bool = False,
    limits: Limits | None = None,
    bank: FakeBank | None = None,
    enqueue: Enqueue | None = None,
) -> Web:
    """Build the services of the web application on a pool."""
    assert isinstance(pool.conninfo, str)
    chosen = clock or SystemClock()
    bus = Bus()
    accounts = AccountService(bus)
    ledger = LedgerService(accounts, bus)
    compliance = ComplianceService(load_rulebook(), bus)
    due, evidence = TaskService(accounts, compliance), EvidenceService()
    bus.subscribe(ContactClosed, due.on_closed)
    integration = IntegrationService(
        pool, chosen, accounts, ledger,
        host_ledger=HttpHostLedger(chosen), deliverer=HttpDeliverer(chosen),
    )  # fmt: skip
    calls = CallService(accounts, compliance, bus)
    routing = RoutingService(calls)
    dialing = DialingService(pool, accounts, compliance, calls, integration.ask_hosts)
    bus.subscribe(ContactRestricted, dialing.withdraw)
    bus.subscribe(AttemptEnded, dialing.on_ended)
    bus.subscribe(AttemptDisposed, dialing.on_disposed)
    bus.subscribe(AttemptDisposed, routing.on_disposed)
    bus.subscribe(ContactRestricted, _cancel(calls))
    bank, arrangements = bank or FakeBank(), ArrangementService(ledger, accounts)
    return Web(
        settings=WebSettings(
            url=URL,
            uploads=Path(mkdtemp(prefix="goodterms-uploads-")),
            demo=demo,
            limits=limits or Limits(),
        ),
        pool=pool,
        clock=chosen,
        shell=Shell(),
        hub=Hub.on(pool.conninfo),
        access=AccessService(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
        accounts=accounts,
        ledger=ledger,
        compliance=compliance,
        evidence=evidence,
        backtests=BacktestService(pool, chosen, evidence),
        due=due,
        arrangements=arrangements,
        payments=PaymentService(
            pool,
            chosen,
            accounts=accounts,
            ledger=ledger,
            arrangements=arrangements,
            compliance=compliance,
            processors={bank.name: bank},
            enqueue=_enqueue,
        ),
        intake=IntakeService(pool, chosen, accounts, ledger),
        integration=integration,
        calls=calls,
        routing=routing,
        dialing=dialing,
        campaigns=CampaignService(accounts, compliance, dialing),
        messaging=MessagingService(accounts, compliance, chosen),
        reporting=ReportingService(ledger),
        enqueue=enqueue or _enqueue,
    )


async def _enqueue(conn: Connection, job: str, arguments: dict[str, Any]) -> None:
    """Forget the job: these tests ask what is recorded, not what the worker does."""


def _cancel(calls: CallService) -> Handler[ContactRestricted]:
    async def cancel(conn: Connection, event: ContactRestricted) -> None:
        await calls.request_cancel(
            conn,
            event.consumer_id,
            event.restriction,
            event.message,
            account_id=event.account_id,
            contact_point_id=event.contact_point_id,
            now=event.at,
        )

    return cancel


async def key_of(web: Web, *scopes: Scope) -> str:
    """Make a key with these scopes, or with all."""
    async with web.pool.connection() as conn:
        key, _ = await web.access.create_key(
            conn, "test", scopes or tuple(Scope), actor="person:1", now=web.clock.now()
        )
    return key


async def program(web: Web, *scopes: Scope) -> AsyncClient:
    """Give a client that carries a key with these scopes, or with all."""
    headers = {"authorization": f"Bearer {await key_of(web, *scopes)}"}
    transport = ASGITransport(make_app(web), client=("127.0.0.1", 1))
    return AsyncClient(transport=transport, base_url=f"{URL}/api/v1", headers=headers)


def browser(web: Web) -> AsyncClient:
    """Give a client that keeps cookies and follows nothing by itself."""
    transport = ASGITransport(make_app(web), client=("127.0.0.1", 1))
    return AsyncClient(transport=transport, base_url=URL, headers={"accept": "text/html"})


async def sign_in(web: Web, client: AsyncClient, *roles: Role, username: str = "ana") -> str:
    """Add a person, sign them in through the page, and give their CSRF token."""
    now = web.clock.now()
    async with web.pool.connection() as conn:
        person = await web.access.create_person(conn, username, "Ana", roles, PASSWORD, now=now)
        assert person.roles == set(roles)
    form = {"username": username, "password": PASSWORD}
    answer = await client.post("/sign-in", data=form)
    assert answer.status_code == 303, answer.text
    async with web.pool.connection() as conn:
        session = await web.access.session(conn, client.cookies["gt_session"], now=now)
    assert session is not None
    return session.csrf_token
