"""What a host says of an account never undoes a payment it does not know of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.fakes.debts import NOW, usd
from tests.fakes.till import Till

from goodterms.accounts.model import Host
from goodterms.integration import jobs
from goodterms.integration.model import HostAccount, HostSilent
from goodterms.integration.service import IntegrationService
from goodterms.kit.sql import Pool, transaction
from goodterms.ledger.model import Book
from goodterms.payments.model import PaymentChannel

pytestmark = pytest.mark.postgres


class SlowHost:
    """A host that says 100.00 is owed; something may happen while it thinks."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.owed = "100"
        self.meanwhile: int | None = None
        self.reachable = True

    async def ask(self, host: Host, references: Sequence[str]) -> list[HostAccount | HostSilent]:
        if self.meanwhile is not None:
            await self.till.take(self.meanwhile)
            await self.till.work()
        components = {Book.PRINCIPAL.value: usd(self.owed)}
        return [HostAccount(r, True, "", components, self.till.clock.now()) for r in references]

    async def deliver(
        self, url: str, secret: str, message_id: str, body: Mapping[str, Any]
    ) -> int | str:
        return 204 if self.reachable else "down"


class World:
    """A till with one account that lives in a host."""

    def __init__(self, pool: Pool) -> None:
        self.till = Till(pool)
        self.host = SlowHost(self.till)
        self.service = IntegrationService(
            pool,
            self.till.clock,
            self.till.accounts,
            self.till.ledger,
            host_ledger=self.host,
            deliverer=self.host,
        )

    async def account(self) -> int:
        account = await self.till.account()
        async with transaction(self.till.pool) as conn:
            host = await self.service.add_host(conn, "erp", "http://127.0.0.1:1", now=NOW)
            await conn.execute(
                "UPDATE accounts.account SET host_id = %s, host_reference = 'A-1' WHERE id = %s",
                (host.id, account),
            )
        return account

    async def answer(self, account: int) -> tuple[str, str]:
        """Ask, and read what is on record and what is owed then."""
        await self.service.ask_hosts([account])
        async with transaction(self.till.pool) as conn:
            cursor = await conn.execute(
                "SELECT host_answer FROM accounts.account WHERE id = %s", (account,)
            )
            said = ((await cursor.fetchone()) or {})["host_answer"]
        return said, str((await self.till.balance(account)).total)

    async def tell(self) -> None:
        await jobs.tell(self.service, self.till.clock)


async def test_a_payment_while_the_host_thinks_is_not_undone(pool: Pool) -> None:
    """An answer from before the payment is dropped, and nobody is called on its strength."""
    world = World(pool)
    account = await world.account()
    world.host.meanwhile = account
    assert await world.answer(account) == (
        "silent: the balance changed while it was asked",
        "60.00 USD",
    )


async def test_a_host_that_was_not_told_yet_is_not_believed(pool: Pool) -> None:
    """Until the host has taken note of our payment, its figure does not replace ours."""
    world = World(pool)
    account = await world.account()
    assert await world.answer(account) == ("contactable", "100.00 USD")
    await world.till.take(account)
    await world.till.work()
    untold = ("silent: it has not been told of a payment yet", "60.00 USD")
    assert await world.answer(account) == untold
    world.host.reachable = False
    await world.tell()
    assert await world.answer(account) == untold
    world.host.reachable = True
    world.host.owed = "60"
    world.till.clock.advance(3600)
    await world.tell()
    assert await world.answer(account) == ("contactable", "60.00 USD")


async def test_what_the_host_itself_took_needs_no_telling(pool: Pool) -> None:
    """A payment the host told us of does not make its next answer unbelievable."""
    world = World(pool)
    account = await world.account()
    async with transaction(pool) as conn:
        await world.till.payments.record_external(
            conn, account, usd("30"), reference="R-1", effective_on=NOW.date(),
            channel=PaymentChannel.HOST, actor="host:erp", now=NOW,
        )  # fmt: skip
    world.host.owed = "70"
    assert await world.answer(account) == ("contactable", "70.00 USD")
