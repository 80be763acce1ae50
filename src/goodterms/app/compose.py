"""The composition root: every service made once, and who hears what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from goodterms.access.service import AccessService
from goodterms.accounts.model import ContactRestricted
from goodterms.accounts.service import AccountService
from goodterms.adapters.http.deliverer import HttpDeliverer
from goodterms.adapters.http.host_ledger import HttpHostLedger
from goodterms.app.jobs import Jobs
from goodterms.app.processors import processors
from goodterms.app.settings import Settings
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
from goodterms.kit.events import Bus
from goodterms.kit.sql import Connection, Pool, make_pool, transaction
from goodterms.ledger.service import LedgerService
from goodterms.messaging.service import MessagingService
from goodterms.payments.ports import Processor
from goodterms.payments.service import PaymentService
from goodterms.reporting.service import ReportingService
from goodterms.routing.service import RoutingService


@dataclass(frozen=True, slots=True)
class Services:
    """All services of one process on one database."""

    settings: Settings
    url: str
    pool: Pool
    clock: Clock
    jobs: Jobs
    access: AccessService
    accounts: AccountService
    ledger: LedgerService
    compliance: ComplianceService
    evidence: EvidenceService
    due: TaskService
    backtests: BacktestService
    arrangements: ArrangementService
    integration: IntegrationService
    intake: IntakeService
    payments: PaymentService
    calls: CallService
    routing: RoutingService
    dialing: DialingService
    campaigns: CampaignService
    messaging: MessagingService
    reporting: ReportingService
    page_origins: tuple[str, ...]

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Borrow a connection with a transaction open on it."""
        return transaction(self.pool)


@dataclass(frozen=True, slots=True)
class Outside:
    """The open connections to what is not our database."""

    jobs: Jobs
    hosts: HttpHostLedger
    deliverer: HttpDeliverer
    processors: Mapping[str, Processor]


def wire(settings: Settings, url: str, pool: Pool, clock: Clock, outside: Outside) -> Services:
    """Make the services on an open pool and tell each what it hears of."""
    bus = Bus()
    accounts = AccountService(bus)
    ledger = LedgerService(accounts, bus)
    compliance = ComplianceService(load_rulebook(), bus)
    due, evidence = TaskService(accounts, compliance), EvidenceService()
    arrangements = ArrangementService(ledger, accounts)
    integration = IntegrationService(
        pool, clock, accounts, ledger, host_ledger=outside.hosts, deliverer=outside.deliverer
    )
    payments = PaymentService(
        pool, clock, accounts=accounts, ledger=ledger, arrangements=arrangements,
        compliance=compliance, processors=outside.processors, enqueue=outside.jobs.enqueue,
    )  # fmt: skip
    calls = CallService(accounts, compliance, bus)
    routing = RoutingService(calls)
    dialing = DialingService(pool, accounts, compliance, calls, integration.ask_hosts)
    _listen(bus, dialing, routing, due)
    return Services(
        settings=settings, url=url, pool=pool, clock=clock, jobs=outside.jobs,
        access=AccessService(), accounts=accounts, ledger=ledger, compliance=compliance,
        evidence=evidence, backtests=BacktestService(pool, clock, evidence), due=due,
        arrangements=arrangements, integration=integration,
        intake=IntakeService(pool, clock, accounts, ledger),
        payments=payments, calls=calls, routing=routing, dialing=dialing,
        campaigns=CampaignService(accounts, compliance, dialing),
        messaging=MessagingService(accounts, compliance, clock),
        reporting=ReportingService(ledger),
        page_origins=tuple(processor.page_origin for processor in outside.processors.values()),
    )  # fmt: skip


def _listen(bus: Bus, dialing: DialingService, routing: RoutingService, due: TaskService) -> None:
    """Tell who hears what: restrictions withdraw contact, ends and dispositions lead on."""
    bus.subscribe(ContactRestricted, dialing.withdraw)
    bus.subscribe(ContactClosed, due.on_closed)
    bus.subscribe(AttemptEnded, dialing.on_ended)
    bus.subscribe(AttemptDisposed, dialing.on_disposed)
    bus.subscribe(AttemptDisposed, routing.on_disposed)


@asynccontextmanager
async def services(
    settings: Settings, url: str, *, name: str, pool_size: int = 8, clock: Clock | None = None
) -> AsyncIterator[Services]:
    """Open the services of one process on a migrated database; close them on leaving."""
    chosen = clock or SystemClock()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        pool = await enter(make_pool(url, size=pool_size, name=name))
        outside = Outside(
            jobs=await enter(Jobs(url)),
            hosts=await enter(HttpHostLedger(chosen)),
            deliverer=await enter(HttpDeliverer(chosen)),
            processors=await enter(processors(settings)),
        )
        yield wire(settings, url, pool, chosen, outside)
