"""A whole contact centre's services on a test database, with people to call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tests.fakes.callers import answers
from tests.fakes.floor import TRUNK

from goodterms.access.model import Person, Role
from goodterms.accounts.model import ContactRestricted
from goodterms.accounts.service import AccountService
from goodterms.calls.model import AttemptDisposed, AttemptEnded
from goodterms.calls.service import CallService
from goodterms.campaigns.model import Campaign, Members
from goodterms.campaigns.service import CampaignService
from goodterms.compliance.model import CallerId, ContactClosed
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.compliance.tasks import TaskService
from goodterms.dialing.model import DialPolicy, Trunk
from goodterms.dialing.service import DialingService
from goodterms.kit.events import Bus
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.ledger import decide as ledger_decide
from goodterms.ledger.model import Book
from goodterms.ledger.service import LedgerService
from goodterms.routing.service import RoutingService

MONDAY = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
"""A Monday, 8:30 in Denver."""
CALLER = "+12025550100"
RULEBOOK = load_rulebook()


class Centre:
    """The services wired as the composition root wires them."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.asked: list[Sequence[int]] = []
        bus = Bus()
        self.accounts = AccountService(bus)
        self.compliance = ComplianceService(RULEBOOK, bus)
        self.due = TaskService(self.accounts, self.compliance)
        bus.subscribe(ContactClosed, self.due.on_closed)
        self.ledger = LedgerService(self.accounts, bus)
        self.calls = CallService(self.accounts, self.compliance, bus)
        self.routing = RoutingService(self.calls)
        self.dialing = DialingService(
            pool, self.accounts, self.compliance, self.calls, self._ask_hosts
        )
        self.campaigns = CampaignService(self.accounts, self.compliance, self.dialing)
        bus.subscribe(ContactRestricted, self.dialing.withdraw)
        bus.subscribe(AttemptEnded, self.dialing.on_ended)
        bus.subscribe(AttemptDisposed, self.dialing.on_disposed)
        bus.subscribe(AttemptDisposed, self.routing.on_disposed)

    async def _ask_hosts(self, account_ids: Sequence[int]) -> None:
        self.asked.append(account_ids)

    async def open(
        self,
        people: int,
        *,
        now: datetime = MONDAY,
        trunk: Trunk = TRUNK,
        loaded: bool = True,
        **settings: Any,
    ) -> Campaign:
        """Make people in Denver with one debt of 100.00 each and a running campaign for them.

        ``loaded``: its list is built.
        """
        async with transaction(self.pool) as conn:
            await _people(conn, people, now)
            await self.compliance.store_rulebook(conn, now=now)
            number = CallerId(CALLER, "Main", "contract", trunk.name, "A", active=True)
            await self.compliance.callers.add(conn, number, actor="system:test", now=now)
            await answers(self.compliance.callers, conn, CALLER)
            await self.dialing.add_trunk(conn, trunk)
            campaign = await self.campaigns.create(
                conn,
                "November",
                Members(),
                {"trunk": trunk.name, "caller_ids": [CALLER], **settings},
                actor="person:1",
                now=now,
            )
            campaign = await self.campaigns.start(conn, campaign.id, actor="person:1", now=now)
        if loaded:
            async with self.pool.connection() as conn:
                await self.campaigns.refresh(conn, campaign.id, now=now)
        return campaign

    async def policy(self, campaign: Campaign) -> DialPolicy:
        """Read what the campaign asks of the dialer."""
        async with self.pool.connection() as conn:
            found = await self.dialing.policy(conn, campaign.id)
        assert found is not None
        return found

    async def pay(self, account_id: int, amount: str, now: datetime) -> None:
        """Post a payment, as any side would."""
        entry = ledger_decide.payment(
            account_id,
            {Book.PRINCIPAL: Money.of(amount)},
            effective_on=now.date(),
            cause=f"payment:{account_id}",
            actor="system:test",
        )
        async with transaction(self.pool) as conn:
            await self.ledger.post(conn, [entry], now=now)

    async def agent(self, username: str, now: datetime) -> int:
        """Sign somebody in as an agent, ready."""
        async with transaction(self.pool) as conn:
            row = await (
                await conn.execute(
                    "INSERT INTO access.person (username, display_name, roles, created_at)"
                    " VALUES (%s, %s, '{agent}', %s) RETURNING id",
                    (username, username.title(), now),
                )
            ).fetchone()
            assert row is not None
            person = Person(
                row["id"], username, username.title(), frozenset({Role.AGENT}), "en",
                active=True, automatic=False,
            )  # fmt: skip
            await self.routing.sign_in(conn, person, f"PJSIP/{username}", now=now)
            await self.routing.ready(conn, person.id, now=now)
        return person.id

    async def rows(self, text: str, *values: Any) -> list[dict[str, Any]]:
        """Read rows as they are."""
        async with self.pool.connection() as conn:
            return await (await conn.execute(text.encode(), values)).fetchall()


async def _people(conn: Connection, number: int, now: datetime) -> None:
    """Write consumers K1, K2 … in Denver, each with one telephone and one debt of 100.00."""
    for text in (
        (
            "INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)"
            " VALUES ('C', 'Creditor', 'Creditor', %(now)s)"
        ),
        (
            "INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)"
            " SELECT id, 'P', '2026-01-01', %(now)s FROM accounts.creditor"
        ),
        (
            "INSERT INTO accounts.consumer (reference, given_name, family_name, region,"
            " address_zones, created_at, updated_at) SELECT 'K' || n, 'Ann', 'Example', 'CO',"
            " '{America/Denver}', %(now)s, %(now)s FROM generate_series(1, %(number)s) n"
        ),
        (
            "INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id,"
            " due_on, created_at, updated_at) SELECT 'A' || c.id, p.creditor_id, p.id, c.id,"
            " '2026-01-01', %(now)s, %(now)s FROM accounts.consumer c, accounts.placement p"
        ),
        (
            "INSERT INTO accounts.contact_point (consumer_id, kind, value, zones, source,"
            " created_at, updated_at) SELECT id, 'phone', '+1303555' || lpad(id::text, 4, '0'),"
            " '{America/Denver}', 'test', %(now)s, %(now)s FROM accounts.consumer"
        ),
        (
            "INSERT INTO ledger.balance (account_id, currency, total, components, updated_at)"
            " SELECT id, 'USD', 100, '{\"principal\": \"100.00\"}', %(now)s FROM accounts.account"
        ),
        (
            "INSERT INTO ledger.entry (account_id, kind, effective_on, posted_at, cause, actor)"
            " SELECT id, 'placement', '2026-01-01', %(now)s, 'placement', 'system:test'"
            " FROM accounts.account"
        ),
        (
            "INSERT INTO ledger.posting (entry_id, account_id, book, amount)"
            " SELECT e.id, e.account_id, b.book, b.amount FROM ledger.entry e,"
            " (VALUES ('principal', 100), ('placed', -100)) b (book, amount)"
        ),
    ):
        await conn.execute(text.encode(), {"now": now, "number": number})
