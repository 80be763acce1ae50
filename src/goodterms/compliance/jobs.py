"""Background entry points of compliance."""

from __future__ import annotations

from datetime import datetime, timedelta

from goodterms.compliance import store
from goodterms.compliance.backtesting import BacktestService
from goodterms.compliance.tasks import TaskService
from goodterms.kit.clock import Clock
from goodterms.kit.sql import Pool, transaction

BACKTEST = "compliance.backtest"
PAGE = 200
# Facts are recorded in transactions that may take a while to commit.
_OVERLAP = timedelta(minutes=2)
_LONG_AGO = timedelta(days=365)


async def backtest(backtests: BacktestService, backtest_id: int) -> None:
    """Judge history under two rulebooks (job ``compliance.backtest``)."""
    await backtests.run(backtest_id)


async def renew_tasks(pool: Pool, service: TaskService, clock: Clock) -> int:
    """Derive anew what is due where facts changed, and once a day everywhere; return how many.

    Only one process does it at a time.
    """
    now = clock.now()
    async with transaction(pool) as conn:
        progress = await store.task_progress(conn)
        if progress is None:
            return 0
        until, whole_on = progress
        if until is None or whole_on != now.date():
            looked_at = await _everybody(pool, service, now)
        else:
            changed = await store.people_changed(conn, until - _OVERLAP)
            looked_at = await _some(pool, service, changed, now)
        await store.note_progress(conn, until=now, whole_on=now.date())
    return looked_at


async def _everybody(pool: Pool, service: TaskService, now: datetime) -> int:
    after, number = 0, 0
    while True:
        async with transaction(pool) as conn:
            page = await store.people_to_look_at(conn, after, now - _LONG_AGO, PAGE)
            await service.renew(conn, page, now=now)
        number += len(page)
        if len(page) < PAGE:
            return number
        after = page[-1]


async def _some(pool: Pool, service: TaskService, people: list[int], now: datetime) -> int:
    for start in range(0, len(people), PAGE):
        async with transaction(pool) as conn:
            await service.renew(conn, people[start : start + PAGE], now=now)
    return len(people)
