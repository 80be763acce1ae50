"""A small world of people with debts, on a real database, with a listener on the bus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from goodterms.accounts.model import ContactRestricted
from goodterms.accounts.service import AccountService
from goodterms.kit.events import Bus
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.ledger.model import Balance, Book
from goodterms.ledger.service import LedgerService

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def usd(text: str) -> Money:
    return Money.of(text)


async def insert(conn: Connection, sql: str, values: tuple[Any, ...]) -> int:
    """Run an INSERT … RETURNING id and give the id."""
    row = await (await conn.execute(sql.encode(), values)).fetchone()
    assert row is not None
    return int(row["id"])


class Debts:
    """Accounts of a few consumers; ``told`` hears what restricted contact."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.bus = Bus()
        self.told: list[ContactRestricted] = []
        self.bus.subscribe(ContactRestricted, self._hear)
        self.accounts = AccountService(self.bus)
        self.ledger = LedgerService(self.accounts, self.bus)
        self.made = 0

    async def _hear(self, conn: Connection, event: ContactRestricted) -> None:
        self.told.append(event)

    async def account(
        self,
        components: Mapping[Book, Money] | None = None,
        *,
        consumer_id: int | None = None,
        currency: str = "USD",
    ) -> int:
        """Make a debt, of a new consumer unless one is named; 100.00 of principal unless told."""
        self.made += 1
        number = self.made
        owed = {Book.PRINCIPAL: Money.of("100", currency)} if components is None else components
        async with transaction(self.pool) as conn:
            creditor = await self.accounts.add_creditor(
                conn, f"H{number}", "Hill Hospital", "Hill", now=NOW
            )
            placement = await insert(
                conn,
                "INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)"
                " VALUES (%s, 'P1', '2026-11-01', %s) RETURNING id",
                (creditor.id, NOW),
            )
            consumer = consumer_id or await insert(
                conn,
                "INSERT INTO accounts.consumer (reference, given_name, family_name, postal_code,"
                " created_at, updated_at) VALUES (%s, 'Ada', 'Quill', '10001', %s, %s)"
                " RETURNING id",
                (f"C{number}", NOW, NOW),
            )
            account_id = await insert(
                conn,
                "INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id,"
                " currency, due_on, created_at, updated_at)"
                " VALUES (%s, %s, %s, %s, %s, '2026-09-01', %s, %s) RETURNING id",
                (f"A{number}", creditor.id, placement, consumer, currency, NOW, NOW),
            )
            if owed:
                await self.ledger.set_components(
                    conn, account_id, owed, cause="import:1", actor="system:test", now=NOW
                )
        self.told.clear()
        return account_id

    async def consumer_of(self, account_id: int) -> int:
        """Tell whose account it is."""
        async with transaction(self.pool) as conn:
            return (await self.accounts.account(conn, account_id)).consumer_id

    async def balance(self, account_id: int) -> Balance:
        """Tell what is owed on an account."""
        async with transaction(self.pool) as conn:
            return await self.ledger.balance(conn, account_id)

    async def faults(self) -> list[str]:
        """Tell what the ledger finds wrong with itself."""
        async with transaction(self.pool) as conn:
            return await self.ledger.check(conn)

    async def events(self, kind: str) -> list[dict[str, Any]]:
        """Read what happened of one kind, oldest first."""
        async with transaction(self.pool) as conn:
            cursor = await conn.execute(
                "SELECT * FROM accounts.event WHERE kind = %s ORDER BY id", (kind,)
            )
            return await cursor.fetchall()
