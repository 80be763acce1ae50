"""A processor in memory that does what it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from goodterms.kit import plainjson
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.payments.model import (
    Declined,
    HostedPage,
    NeverReceived,
    Outcome,
    Payment,
    ProcessorNotice,
    Succeeded,
    Unknown,
)


class FakeBank:
    """Charges once per key. ``mood`` says how the next calls go: well, declined, lost, silent.

    ``lost`` never reaches the bank; ``silent`` charges, but the answer does not come back.
    """

    name = "fake"
    page_origin = "https://bank.example"

    def __init__(self) -> None:
        self.mood = "well"
        self.charges: dict[str, Outcome] = {}
        self.refunds: dict[str, Outcome] = {}
        self.calls: list[str] = []
        self.taken = Money.zero()
        self.idle_in_transaction: list[bool] = []
        self.charged = asyncio.Event()
        self.watch: Connection | None = None

    async def charge(self, payment: Payment) -> Outcome:
        self.calls.append(f"charge {payment.id}")
        await self._look_at_transactions()
        if self.mood == "lost":
            return Unknown("the line broke")
        if payment.id not in self.charges:
            if self.mood == "declined":
                self.charges[payment.id] = Declined("insufficient_funds", "Not enough money.")
            else:
                self.charges[payment.id] = Succeeded(f"ch_{payment.id}")
                self.taken += payment.amount
        self.charged.set()
        if self.mood == "silent":
            await asyncio.sleep(5)
        return self.charges[payment.id]

    async def _look_at_transactions(self) -> None:
        if self.watch is not None:
            cursor = await self.watch.execute(
                "SELECT count(*) AS open FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%'"
            )
            self.idle_in_transaction.append(((await cursor.fetchone()) or {})["open"] > 0)

    async def hosted_page(self, payment: Payment, return_url: str) -> HostedPage | None:
        self.calls.append(f"page {payment.id}")
        if self.mood == "lost":
            return None
        return HostedPage(f"https://bank.example/pay/{payment.id}", f"pg_{payment.id}")

    async def look_up(self, payment: Payment) -> Outcome | NeverReceived:
        self.calls.append(f"look_up {payment.id}")
        if self.mood in ("lost", "silent"):
            return Unknown("the line is still broken")
        return self.charges.get(payment.id, NeverReceived())

    async def refund(self, payment: Payment, refund_id: str, amount: Money) -> Outcome:
        self.calls.append(f"refund {refund_id}")
        if self.mood == "lost":
            return Unknown("the line broke")
        if refund_id not in self.refunds:
            self.refunds[refund_id] = Succeeded(f"re_{refund_id}")
            self.taken -= amount
        if self.mood == "silent":
            await asyncio.sleep(5)
        return self.refunds[refund_id]

    async def look_up_refund(self, payment: Payment, refund_id: str) -> Outcome | NeverReceived:
        self.calls.append(f"look_up_refund {refund_id}")
        if self.mood == "lost":
            return Unknown("the line is still broken")
        return self.refunds.get(refund_id, NeverReceived())

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> ProcessorNotice | None:
        if headers.get("signature") != "right":
            raise Refusal("BAD_SIGNATURE", "The signature is wrong.")
        told: dict[str, Any] = plainjson.loads(body)
        if told["kind"] == "news":
            return None
        outcome: Outcome = Succeeded(told["reference"])
        if told["kind"] == "declined":
            outcome = Declined("expired_card", "The card has expired.")
        return ProcessorNotice(
            told["id"], told["kind"], told["payment"], outcome, told.get("refund")
        )
