"""The web application: every part's routes behind the same guard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import Depends, FastAPI

from goodterms.web import (
    api,
    campaigns,
    errors,
    floor,
    intake,
    live_routes,
    observe,
    portal,
    sessions,
    settings,
)
from goodterms.web.accounts import routes as accounts
from goodterms.web.api.openapi import describe
from goodterms.web.assets import BuiltFiles
from goodterms.web.audit import backtests, overlays, rulebook
from goodterms.web.audit import routes as audit
from goodterms.web.audit import tasks as audit_tasks
from goodterms.web.context import Web
from goodterms.web.desk import controls as desk_controls
from goodterms.web.desk import routes as desk
from goodterms.web.observe import Observer
from goodterms.web.security import Shield, Throttle
from goodterms.web.shell import STATIC

__all__ = ["Web", "make_app"]

# The parts that exist, by the key of their entry in the rail.
PARTS: frozenset[str] = frozenset(
    {"accounts", "audit", "campaigns", "desk", "floor", "live", "settings"}
)


def make_app(web: Web) -> FastAPI:
    """Build the application on its services; run it with uvicorn."""
    app = FastAPI(
        title="goodterms",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(sessions.guard)],
    )
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    app.state.web = web
    app.state.parts = PARTS
    errors.install(app)
    app.add_exception_handler(portal.AskFirst, portal.asked)
    app.include_router(observe.router)
    app.include_router(sessions.router)
    app.include_router(live_routes.router)
    app.include_router(desk_controls.router)
    app.include_router(desk.router)
    app.include_router(accounts.router)
    app.include_router(rulebook.router)
    app.include_router(backtests.router)
    app.include_router(overlays.router)
    app.include_router(audit_tasks.router)
    app.include_router(audit.router)
    app.include_router(api.router)
    app.include_router(api.notices)
    app.include_router(floor.router)
    app.include_router(campaigns.router)
    app.include_router(intake.router)
    app.include_router(portal.router)
    app.include_router(settings.router)
    if STATIC.is_dir():  # the front end has been built
        app.mount("/static", BuiltFiles(directory=STATIC), name="static")
    app.add_middleware(Throttle, settings=web.settings)
    app.add_middleware(Observer, clock=web.clock)
    app.add_middleware(Shield, settings=web.settings)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    web: Web = app.state.web
    listening = asyncio.create_task(web.hub.run())
    try:
        yield
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
