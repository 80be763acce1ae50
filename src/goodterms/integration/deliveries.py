"""Deliveries on their way: a receiver is leased, told in order, and left alone while it fails."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from goodterms.integration import decide, store
from goodterms.integration.model import Claimed, Told
from goodterms.integration.ports import Deliverer
from goodterms.kit.clock import Clock
from goodterms.kit.errors import NotFound
from goodterms.kit.ids import new_id
from goodterms.kit.sql import Pool, transaction

_LEASE = timedelta(seconds=60)
_AT_ONCE = 4
_IN_A_ROW = 500
_TURN_SECONDS = 2.0
_LONGEST_ERROR = 500


class Deliveries:
    """Hands waiting deliveries to the deliverer; no transaction is open meanwhile."""

    def __init__(self, pool: Pool, clock: Clock, deliverer: Deliverer) -> None:
        self._pool = pool
        self._clock = clock
        self._deliverer = deliverer

    async def deliver_due(self) -> Told:
        """Tell every receiver that has something waiting and may be tried, each once."""
        done: set[int] = set()
        rounds = await asyncio.gather(*(self._claim_and_tell(done) for _ in range(_AT_ONCE)))
        return Told(sum(told.delivered for told in rounds), sum(told.failed for told in rounds))

    async def ping(self, receiver_id: int, *, now: datetime) -> int | str:
        """Send a test message at once, apart from the order of deliveries."""
        async with self._pool.connection() as conn:
            receiver = await store.claimed(conn, receiver_id)
        if receiver is None:
            raise NotFound("RECEIVER_UNKNOWN", f"There is no webhook {receiver_id}.")
        body = {"type": "goodterms.ping", "timestamp": now.isoformat(), "data": {}}
        return await self._deliverer.deliver(
            receiver.url, receiver.secret, new_id("ping", now), body
        )

    async def _claim_and_tell(self, done: set[int]) -> Told:
        delivered = failed = 0
        while receiver := await self._claim(done):
            count, well = await self._tell(receiver)
            delivered, failed = delivered + count, failed + (not well)
        return Told(delivered, failed)

    async def _claim(self, done: set[int]) -> Claimed | None:
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            row = await store.one(
                conn, "receiver_claim", now=now, busy_until=now + _LEASE, done=list(done)
            )
            if row is None:
                return None
            done.add(row["id"])
            return await store.claimed(conn, row["id"])

    async def _tell(self, receiver: Claimed) -> tuple[int, bool]:
        """Deliver in order until nothing waits, one fails or the turn is over.

        Gives how many were taken, and whether none failed.
        """
        loop = asyncio.get_running_loop()
        until, count = loop.time() + _TURN_SECONDS, 0
        while count < _IN_A_ROW and loop.time() < until:
            async with self._pool.connection() as conn:
                row = await store.one(conn, "delivery_next", receiver_id=receiver.id)
            if row is None:
                break
            answer = await self._deliverer.deliver(
                receiver.url, receiver.secret, f"evt_{row['event_id']}", row["body"]
            )
            if not decide.delivered(answer):
                await self._failed(receiver, row["id"], answer)
                return count, False
            await self._took(receiver, row["id"], int(answer))
            count += 1
        await self._release(receiver)
        return count, True

    async def _took(self, receiver: Claimed, delivery_id: int, status: int) -> None:
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            await store.do(conn, "delivery_took", id=delivery_id, status=status, now=now)
            await store.do(conn, "receiver_took", id=receiver.id, busy_until=now + _LEASE)

    async def _failed(self, receiver: Claimed, delivery_id: int, answer: int | str) -> None:
        now = self._clock.now()
        status = answer if isinstance(answer, int) else None
        error = f"answered {answer}" if status else str(answer)[:_LONGEST_ERROR]
        async with transaction(self._pool) as conn:
            await store.do(conn, "delivery_failed", id=delivery_id, status=status, error=error)
            await store.do(
                conn,
                "delivery_give_up",
                receiver_id=receiver.id,
                older_than=now - decide.GIVE_UP_AFTER,
            )
            await store.do(
                conn,
                "receiver_failed",
                id=receiver.id,
                now=now,
                next_try_at=now + decide.pause(receiver.tries + 1),
                gone=decide.gone(answer),
            )

    async def _release(self, receiver: Claimed) -> None:
        async with self._pool.connection() as conn:
            await store.do(conn, "receiver_release", id=receiver.id)
