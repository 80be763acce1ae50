"""A worker that takes and charges payments until it is killed: python payer.py DB BANK ACCOUNT RUN.

Prints a line when it begins; whoever started it kills it when it likes.
"""

from __future__ import annotations

import asyncio
import sys

from tests.fakes.till import Till

from goodterms.adapters.sandbox.processor import SandboxProcessor
from goodterms.kit.sql import make_pool
from goodterms.payments.model import PaymentPolicy

SECRET = "c2FuZGJveC1zYW5kYm94LXNhbmRib3gh"


async def pay_on(database: str, bank: str, account_id: int, run: str) -> None:
    """Take one payment of 1.00 after another, four at a time."""
    async with make_pool(database, size=4) as pool:
        till = Till(pool, SandboxProcessor(bank, SECRET), PaymentPolicy())
        await till.jobs()
        print("paying", flush=True)  # noqa: T201 - this is how the parent knows

        async def pay(lane: int) -> None:
            for number in range(1000):
                payment_id = f"pay_{run}_{lane}_{number}"
                await till.take(account_id, "1", payment_id, token="tok_succeeds")
                await till.payments.charge(payment_id)

        await asyncio.gather(*(pay(lane) for lane in range(4)))


if __name__ == "__main__":
    asyncio.run(pay_on(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
