"""What the worker does: jobs on demand, and sweeps that find what nobody asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from goodterms.app.compose import Services
from goodterms.arrangements import jobs as arrangement_jobs
from goodterms.campaigns import jobs as campaign_jobs
from goodterms.compliance import jobs as compliance_jobs
from goodterms.intake import jobs as intake_jobs
from goodterms.integration import jobs as integration_jobs
from goodterms.payments import jobs as payment_jobs


def register_jobs(parts: Services) -> None:
    """Let this process run every job there is."""

    async def charge(payment_id: str) -> None:
        await payment_jobs.charge(parts.payments, payment_id)

    async def refund(refund_id: str) -> None:
        await payment_jobs.refund(parts.payments, refund_id)

    async def import_file(run_id: int, path: str) -> None:
        await intake_jobs.import_file(parts.intake, run_id, path)

    async def backtest(backtest_id: int) -> None:
        await compliance_jobs.backtest(parts.backtests, backtest_id)

    parts.jobs.register(intake_jobs.IMPORT, import_file)
    parts.jobs.register(compliance_jobs.BACKTEST, backtest)
    parts.jobs.register(payment_jobs.CHARGE, charge)
    parts.jobs.register(payment_jobs.REFUND_JOB, refund)


async def _unsettled(parts: Services) -> object:
    return await payment_jobs.check_unsettled(parts.payments, parts.clock)


async def _deliver(parts: Services) -> object:
    return await integration_jobs.tell(parts.integration, parts.clock)


async def _campaigns(parts: Services) -> object:
    return await campaign_jobs.refresh_running(parts.pool, parts.campaigns, parts.clock)


async def _promises(parts: Services) -> object:
    async with parts.transaction() as conn:
        return await parts.arrangements.sweep_broken(conn, now=parts.clock.now())


async def _arrangements(parts: Services) -> object:
    return await arrangement_jobs.sweep_arrangements(parts.arrangements, parts.pool, parts.clock)


async def _seal(parts: Services) -> object:
    async with parts.transaction() as conn:
        return await parts.evidence.seal(conn, now=parts.clock.now())


async def _due(parts: Services) -> object:
    return await compliance_jobs.renew_tasks(parts.pool, parts.due, parts.clock)


async def _rescue(parts: Services) -> object:
    return await parts.jobs.rescue()


async def _tidy(parts: Services) -> object:
    await integration_jobs.forget_old(parts.integration, parts.clock)
    async with parts.transaction() as conn:
        return await parts.access.end_expired(conn, now=parts.clock.now())


SWEEPS: tuple[tuple[str, float, Callable[[Services], Awaitable[object]]], ...] = (
    ("payments.unsettled", 2.0, _unsettled),
    ("integration.deliver", 1.0, _deliver),
    ("campaigns.refresh", 20.0, _campaigns),
    ("promises.broken", 300.0, _promises),
    ("arrangements.review", 300.0, _arrangements),
    ("evidence.seal", 5.0, _seal),
    ("compliance.due", 15.0, _due),
    ("jobs.rescue", 60.0, _rescue),
    ("tidy", 3600.0, _tidy),
)
"""Name, seconds between runs, and what is done."""
