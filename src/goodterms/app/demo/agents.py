"""Automatic agents: they sign in, talk, take promises and payments, dispose, and go on."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import structlog
from psycopg import OperationalError

from goodterms.adapters.asterisk.carrier import persona_at
from goodterms.adapters.sandbox.cards import by_token
from goodterms.app.compose import Services
from goodterms.calls.model import Attempt, Disposition, RequestKind
from goodterms.kit.errors import Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money
from goodterms.payments.model import PaymentChannel, PaymentRequest
from goodterms.reporting.model import AgentTile

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.25
TALK_SECONDS = (6.0, 20.0)
WRAP_SECONDS = (1.0, 3.0)
CARDS = (
    "tok_succeeds",
    "tok_succeeds",
    "tok_succeeds",
    "tok_slow",
    "tok_no_funds",
    "tok_answer_lost",
    "tok_answers_twice",
)
"""Cards of the sandbox processor that consumers read out, good ones most often."""
HEARD = {
    "refuses": Disposition.REFUSED_TO_PAY,
    "disputes": Disposition.DISPUTE,
    "wrong-number": Disposition.WRONG_NUMBER,
    "voicemail": Disposition.MACHINE,
    "hangs-up": Disposition.HUNG_UP,
}
"""What an agent makes of what a persona says."""
PROMISED_IN = timedelta(days=10)


@dataclass
class DemoAgents:
    """Plays every automatic agent. What an agent would hear is read off the simulated number."""

    services: Services
    talk_seconds: tuple[float, float] = TALK_SECONDS
    dice: random.Random = field(default_factory=lambda: random.Random(2026))  # noqa: S311 - a play
    _busy: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    async def play(self) -> None:
        """Play until cancelled; while the database is away, wait for it."""
        try:
            while True:
                try:
                    await self._look()
                except OperationalError as error:
                    log.warning("demo.database_away", error=str(error))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            for task in self._busy.values():
                task.cancel()

    async def _look(self) -> None:
        async with self.services.pool.connection() as conn:
            tiles = await self.services.reporting.agents(conn)
        for tile in tiles:
            running = self._busy.get(tile.person_id)
            if not tile.automatic or (running and not running.done()):
                continue
            if tile.state in ("talking", "wrap_up") and tile.attempt_id:
                self._busy[tile.person_id] = asyncio.create_task(self._handle(tile))
            elif tile.state == "paused":
                self._busy[tile.person_id] = asyncio.create_task(self._be_ready(tile))

    async def _be_ready(self, tile: AgentTile) -> None:
        await asyncio.sleep(1.0)
        try:
            now = self.services.clock.now()
            async with self.services.transaction() as conn:
                await self.services.routing.ready(conn, tile.person_id, now=now)
        except (Refusal, OperationalError) as error:  # seen as paused again, tried again
            log.info("demo.not_ready", person=tile.person_id, error=str(error))

    async def _handle(self, tile: AgentTile) -> None:
        assert tile.attempt_id is not None
        try:
            await self._talk(tile, tile.attempt_id)
        except Refusal as refusal:
            log.info("demo.refused", code=refusal.code, attempt=tile.attempt_id)
        except OperationalError as error:  # the call is seen again, and handled from there
            log.warning("demo.database_away", error=str(error))

    async def _talk(self, tile: AgentTile, attempt_id: str) -> None:
        attempt = await self._attempt(attempt_id)
        persona = persona_at(attempt.number)
        name = persona.name if persona else "agrees"
        if tile.state == "talking":
            await self._listen(attempt_id, self.dice.uniform(*self.talk_seconds))
        attempt = await self._attempt(attempt_id)
        disposition = Disposition.HUNG_UP
        if attempt.ended_at is None:
            disposition = await self._settle(tile, attempt, name)
            await self._hang_up(tile, attempt_id)
        await asyncio.sleep(self.dice.uniform(*WRAP_SECONDS))
        await self._dispose(tile, attempt_id, disposition)

    async def _attempt(self, attempt_id: str) -> Attempt:
        async with self.services.pool.connection() as conn:
            return await self.services.calls.attempt(conn, attempt_id)

    async def _listen(self, attempt_id: str, seconds: float) -> None:
        """Talk for so long, less when the consumer hangs up or a notice says to stop."""
        until = self.services.clock.now() + timedelta(seconds=seconds)
        while self.services.clock.now() < until:
            attempt = await self._attempt(attempt_id)
            if attempt.ended_at is not None or attempt.notice:
                return
            await asyncio.sleep(0.5)

    async def _settle(self, tile: AgentTile, attempt: Attempt, persona: str) -> Disposition:
        if attempt.notice:
            return Disposition.OTHER
        if persona == "agrees":
            return await self._pay(tile, attempt)
        if persona in ("asks", "presses-digits"):
            return await self._promise(tile, attempt)
        return HEARD.get(persona, Disposition.OTHER)

    async def _pay(self, tile: AgentTile, attempt: Attempt) -> Disposition:
        now = self.services.clock.now()
        token = self.dice.choice(CARDS)
        actor = f"person:{tile.person_id}"
        async with self.services.transaction() as conn:
            account_id = attempt.account_ids[0]
            quote = await self.services.arrangements.quote(conn, account_id, actor=actor, now=now)
        share = self.dice.choice((Decimal(1), Decimal(1), Decimal("0.5")))
        amount = Money(quote.total.amount * share, quote.total.currency).rounded()
        request = PaymentRequest(
            id=new_id("pay", now), account_id=attempt.account_ids[0], amount=amount,
            channel=PaymentChannel.DEMO, method_token=token, method_label=_label(token),
            quote_id=quote.id, attempt_id=attempt.id,
        )  # fmt: skip
        await self.services.payments.take(request, actor=actor)
        await asyncio.sleep(1.5)
        return Disposition.PAID

    async def _promise(self, tile: AgentTile, attempt: Attempt) -> Disposition:
        now = self.services.clock.now()
        actor = f"person:{tile.person_id}"
        async with self.services.transaction() as conn:
            account_id = attempt.account_ids[0]
            balance = await self.services.ledger.balance(conn, account_id)
            await self.services.arrangements.promise(
                conn, account_id, balance.total, (now + PROMISED_IN).date(),
                attempt_id=attempt.id, actor=actor, now=now,
            )  # fmt: skip
        return Disposition.PROMISE

    async def _hang_up(self, tile: AgentTile, attempt_id: str) -> None:
        now = self.services.clock.now()
        async with self.services.transaction() as conn:
            await self.services.calls.request(
                conn, attempt_id, RequestKind.HANG_UP, actor=f"person:{tile.person_id}", now=now
            )
        for _ in range(40):
            if (await self._attempt(attempt_id)).ended_at is not None:
                return
            await asyncio.sleep(0.25)

    async def _dispose(self, tile: AgentTile, attempt_id: str, disposition: Disposition) -> None:
        now = self.services.clock.now()
        actor = f"person:{tile.person_id}"
        async with self.services.transaction() as conn:
            await self.services.calls.dispose(
                conn, attempt_id, disposition, note="", actor=actor, now=now
            )


def _label(token: str) -> str:
    card = by_token(token)
    return card.label if card else ""
