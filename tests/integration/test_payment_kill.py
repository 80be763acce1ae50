"""A worker killed at any instant, on the real database and a bank of its own process."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest
from tests.fakes.debts import usd
from tests.fakes.payer import SECRET
from tests.fakes.servers import serve
from tests.fakes.till import Till

from goodterms.adapters.sandbox.bank import Bank
from goodterms.adapters.sandbox.processor import SandboxProcessor
from goodterms.adapters.sandbox.server import SandboxSettings, make_app
from goodterms.kit.sql import Pool, transaction
from goodterms.ledger.model import Book
from goodterms.payments.jobs import check_unsettled
from goodterms.payments.model import PaymentPolicy

pytestmark = pytest.mark.postgres

ROUNDS = 5
ROOT = Path(__file__).parents[2]


async def killed(*arguments: str) -> None:
    """Start a payer, let it pay for a moment that nobody chose, and kill it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.payer",
        *arguments,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"paying\n"
    await asyncio.sleep(random.uniform(0.05, 0.4))  # noqa: S311 - chance is the point
    process.kill()
    await process.wait()


async def test_no_payment_is_doubled_or_lost(pool: Pool, database_url: str, tmp_path: Path) -> None:
    """After five kills the bank, the payments and the ledger agree to the cent."""
    file = tmp_path / "bank.sqlite"
    with serve(make_app(SandboxSettings(file, SECRET)), lifespan="on") as url:
        processor = SandboxProcessor(url, SECRET)
        till = Till(pool, processor, PaymentPolicy())
        account = await till.account({Book.PRINCIPAL: usd("9999")})
        for number in range(ROUNDS):
            await killed(database_url, url, str(account), f"run{number}")
        till.clock.advance(61)
        await check_unsettled(till.payments, till.clock)
        await processor.close()
    async with transaction(pool) as conn:
        cursor = await conn.execute("SELECT state, count(*) FROM payments.payment GROUP BY state")
        states = {row["state"]: row["count"] async for row in cursor}
    bank = Bank(file)
    taken = bank.taken()
    bank.close()
    assert states == {"succeeded": taken // 100}
    assert taken >= ROUNDS * 100
    assert (await till.balance(account)).total.minor == 999_900 - taken
    assert await till.faults() == []
