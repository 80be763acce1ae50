"""Two people who owe, in a database of their own."""

from __future__ import annotations

from datetime import UTC, datetime

from goodterms.accounts.model import ContactRestricted
from goodterms.accounts.service import AccountService
from goodterms.kit.events import Bus
from goodterms.kit.sql import Connection, Pool, transaction

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class World:
    """An accounts service that remembers what it published, and two people with debts."""

    def __init__(self, pool: Pool) -> None:
        bus = Bus()
        self.pool = pool
        self.told: list[ContactRestricted] = []
        bus.subscribe(ContactRestricted, self._hear)
        self.accounts = AccountService(bus)
        self.consumers: list[int] = []
        self.debts: list[int] = []
        self.points: list[int] = []

    async def _hear(self, conn: Connection, event: ContactRestricted) -> None:
        self.told.append(event)

    async def build(self) -> World:
        """Add the people, each with one debt and one number."""
        async with transaction(self.pool) as conn:
            creditor = await self.accounts.add_creditor(conn, "H", "Hill Hospital", "Hill", now=NOW)
            placed = await conn.execute(
                "INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)"
                " VALUES (%s, 'P1', '2026-11-01', %s) RETURNING id", (creditor.id, NOW),
            )  # fmt: skip
            placement = (await placed.fetchone() or {})["id"]
            for number, (given, family) in enumerate([("Ada", "Quill"), ("Ben", "Quarry")]):
                row = (
                    await (
                        await conn.execute(
                            "INSERT INTO accounts.consumer (reference, given_name, family_name,"
                            " created_at, updated_at) VALUES (%s, %s, %s, %s, %s) RETURNING id",
                            (f"C{number}", given, family, NOW, NOW),
                        )
                    ).fetchone()
                    or {}
                )
                self.consumers.append(row["id"])
                row = (
                    await (
                        await conn.execute(
                            "INSERT INTO accounts.account (reference, creditor_id, placement_id,"
                            " consumer_id, due_on, created_at, updated_at)"
                            " VALUES (%s, %s, %s, %s, '2026-06-01', %s, %s) RETURNING id",
                            (f"A-{number}", creditor.id, placement, row["id"], NOW, NOW),
                        )
                    ).fetchone()
                    or {}
                )
                self.debts.append(row["id"])
                row = (
                    await (
                        await conn.execute(
                            "INSERT INTO accounts.contact_point (consumer_id, kind, value, source,"
                            " created_at, updated_at) VALUES (%s, 'phone', %s, 'test', %s, %s)"
                            " RETURNING id",
                            (self.consumers[-1], f"+1212555010{number}", NOW, NOW),
                        )
                    ).fetchone()
                    or {}
                )
                self.points.append(row["id"])
        return self

    async def kinds(self, conn: Connection) -> list[str]:
        """List what happened, oldest first."""
        rows = await (await conn.execute("SELECT kind FROM accounts.event ORDER BY id")).fetchall()
        return [row["kind"] for row in rows]
