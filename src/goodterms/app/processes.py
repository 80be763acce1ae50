"""The three processes of the product: web, engine, worker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog
import uvicorn

from goodterms.adapters.sandbox.server import SandboxSettings
from goodterms.adapters.sandbox.server import config as sandbox_config
from goodterms.app.compose import Services, services
from goodterms.app.keep import stop_on_signals
from goodterms.app.log import set_up_logging
from goodterms.app.processors import sandbox_secret
from goodterms.app.settings import SettingError, Settings
from goodterms.app.telephony import node_telephony
from goodterms.app.website import website
from goodterms.app.work import SWEEPS, register_jobs
from goodterms.dialing.runner import EngineParts, Runner

log = structlog.get_logger(__name__)


def _url(settings: Settings) -> str:
    if not settings.database_url:
        raise SettingError(
            "GOODTERMS_DATABASE_URL is missing: 'goodterms up' sets it for its own processes; "
            "set it to your PostgreSQL when you run them apart."
        )
    return settings.database_url


async def run_web(settings: Settings) -> int:
    """Serve pages and API until SIGTERM or Ctrl-C; return the exit code."""
    set_up_logging(settings.log, process="web")
    async with services(settings, _url(settings), name="goodterms web", pool_size=12) as parts:
        config = uvicorn.Config(
            website(parts),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
            server_header=False,
            proxy_headers=False,
        )
        await uvicorn.Server(config).serve()
    return 0


async def run_engine(settings: Settings) -> int:
    """Own a node and dial until SIGTERM or Ctrl-C; return the exit code."""
    set_up_logging(settings.log, process="engine")
    asked = stop_on_signals()
    async with (
        services(settings, _url(settings), name="goodterms engine", pool_size=12) as parts,
        node_telephony(settings, parts.clock) as telephony,
    ):
        engine = EngineParts(
            url=parts.url,
            pool=parts.pool,
            clock=parts.clock,
            telephony=telephony,
            calls=parts.calls,
            routing=parts.routing,
            dialing=parts.dialing,
        )
        async with parts.transaction() as conn:  # so that every verdict can be judged again
            await parts.compliance.store_rulebook(conn, now=parts.clock.now())
        await _until(asked, Runner(engine).run())
    return 0


async def run_worker(settings: Settings) -> int:
    """Do background work until SIGTERM or Ctrl-C; return the exit code."""
    set_up_logging(settings.log, process="worker")
    asked = stop_on_signals()
    async with services(settings, _url(settings), name="goodterms worker") as parts:
        register_jobs(parts)
        sweeping = [_sweep(parts, name, every, work) for name, every, work in SWEEPS]
        await _until(asked, parts.jobs.work(), *sweeping)
    return 0


async def run_sandbox(settings: Settings) -> int:
    """Be the payment processor of demo and tests until SIGTERM or Ctrl-C; return the exit code."""
    set_up_logging(settings.log, process="sandbox")
    bank = SandboxSettings(
        file=settings.home / "sandbox.sqlite",
        secret=sandbox_secret(settings),
        webhook_url=f"{settings.url}/webhooks/sandbox",
    )
    config = sandbox_config(bank, settings.host, settings.sandbox_port, log_config=None)
    await uvicorn.Server(config).serve()
    return 0


async def _sweep(
    parts: Services, name: str, every: float, work: Callable[[Services], Awaitable[object]]
) -> None:
    while True:
        try:
            await work(parts)
        except (psycopg.Error, OSError) as error:  # the database may be away for a moment
            log.warning("sweep.failed", sweep=name, error=str(error))
        await asyncio.sleep(every)


async def _until(asked: asyncio.Event, *works: Awaitable[object]) -> None:
    """Run works until the signal; if one ends or fails by itself, so does the process."""
    tasks = [asyncio.ensure_future(work) for work in works]
    waiting = asyncio.create_task(asked.wait())
    try:
        done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {waiting}:
            task.result()
            raise SettingError("A part of this process ended by itself; see its log.")
    finally:
        for task in (waiting, *tasks):
            task.cancel()
        await asyncio.gather(waiting, *tasks, return_exceptions=True)
