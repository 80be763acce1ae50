"""Background entry points: plain functions that the composition root gives to its scheduler."""

from __future__ import annotations

from goodterms.arrangements.service import ArrangementService
from goodterms.kit.clock import Clock
from goodterms.kit.sql import Pool, transaction


async def sweep_promises(arrangements: ArrangementService, pool: Pool, clock: Clock) -> int:
    """Close every promise whose grace has ended (daily); return how many were closed."""
    closed = 0
    while True:
        async with transaction(pool) as conn:
            batch = await arrangements.sweep_broken(conn, now=clock.now())
        if not batch:
            return closed
        closed += len(batch)


async def sweep_arrangements(arrangements: ArrangementService, pool: Pool, clock: Clock) -> int:
    """Hold every open plan and settlement against the ledger, once a day; return how many."""
    looked_at = 0
    while True:
        async with transaction(pool) as conn:
            batch = await arrangements.sweep_arrangements(conn, now=clock.now())
        if not batch:
            return looked_at
        looked_at += batch
