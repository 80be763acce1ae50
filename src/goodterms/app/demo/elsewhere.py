"""People who pay the creditor directly, just while their telephone rings."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

from goodterms.app.compose import Services
from goodterms.calls.model import Attempt, Phase
from goodterms.kit.ids import new_id
from goodterms.payments.model import PaymentChannel

EVERY_SECONDS = 15.0


@dataclass
class PayElsewhere:
    """Now and then tells us, as a host system would, that somebody being rung has just paid.

    What follows is the product's own doing: the call is cancelled before it is answered.
    """

    services: Services
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - a play

    async def play(self) -> None:
        """Play until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            async with self.services.pool.connection() as conn:
                live = await self.services.calls.live(conn, self.services.settings.node)
            ringing = [attempt for attempt in live if attempt.phase is Phase.RINGING]
            if ringing:
                await self._pay(self.dice.choice(ringing))

    async def _pay(self, attempt: Attempt) -> None:
        now = self.services.clock.now()
        account_id = attempt.account_ids[0]
        async with self.services.transaction() as conn:
            balance = await self.services.ledger.balance(conn, account_id)
            if balance.total.amount <= 0:
                return
            await self.services.payments.record_external(
                conn, account_id, balance.total, reference=new_id("host", now),
                effective_on=now.date(), channel=PaymentChannel.HOST, actor="host:demo", now=now,
            )  # fmt: skip
