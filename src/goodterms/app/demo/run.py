"""Running the demo from first step to summary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from rich.console import Console
from rich.live import Live

from goodterms.access.model import Person
from goodterms.adapters.asterisk.carrier import simulated_carrier
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.asterisk.package import find
from goodterms.adapters.postgres.migrations import migrate, recreate
from goodterms.app.compose import Services, services
from goodterms.app.data import import_with_bar, show_report
from goodterms.app.demo.agents import DemoAgents
from goodterms.app.demo.elsewhere import PayElsewhere
from goodterms.app.demo.seed import (
    ACTOR,
    CALLER_IDS,
    seed_campaign,
    seed_network,
    seed_people,
    sign_in_agents,
)
from goodterms.app.demo.summary import Seen, final, live, shortfalls
from goodterms.app.embedded import Engines
from goodterms.app.keep import STOPPED, Part, Say, unless_stopped
from goodterms.app.log import set_up_logging
from goodterms.app.settings import SettingError, Settings
from goodterms.app.up import kept, own_processes, port_must_be_free
from goodterms.campaigns.model import Campaign
from goodterms.intake.sample.portfolio import as_csv, top_up
from goodterms.kit import places
from goodterms.kit.places import shipped

LOOK_SECONDS = 1.0
WIND_DOWN = timedelta(seconds=15)
"""So long before its end a timed demo places no more calls."""
DRAIN = timedelta(seconds=40)
TOP_UP = 400


async def run_demo(
    settings: Settings, console: Console, *, seconds: int | None, agents: int, port: int | None
) -> int:
    """Run the demo until its time is up or it is stopped; return the exit code.

    0 only if calls were answered and joined to agents, payments were posted, and every
    invariant holds; 130 after Ctrl-C.
    """
    chosen = _demo_settings(settings, port)
    set_up_logging("error", process="demo")
    port_must_be_free(chosen.host, chosen.port)
    code = await unless_stopped(_play(chosen, console, seconds, agents))
    return STOPPED if code is None else code


async def _play(settings: Settings, console: Console, seconds: int | None, agents: int) -> int:
    def say(text: str) -> None:
        console.print(text, highlight=False)

    async with (
        _stage(settings, say) as (engines, carrier, url),
        services(settings, url, name="goodterms demo", pool_size=16) as parts,
    ):
        campaign, automatic = await _prepare(parts, console, settings, agents)
        own = own_processes(engines, {"GOODTERMS_DEMO": "1", "GOODTERMS_LOG": "warning"})
        networks: list[tuple[str, Part]] = [*engines.parts(), ("carrier", carrier)]
        async with kept(networks, say, started=True), kept(own, say, started=False):
            await sign_in_agents(parts, automatic)
            return await _show(parts, console, campaign, seconds)


def _demo_settings(settings: Settings, port: int | None) -> Settings:
    chosen, home = port or settings.port, settings.home / "demo"
    return replace(
        settings, home=home, demo=True, database_url=None, ari_url="", processor="sandbox",
        sip_address="127.0.0.1", phone_url="", port=chosen, url=f"http://{settings.host}:{chosen}",
        call_back=CALLER_IDS[0],
    )  # fmt: skip


@asynccontextmanager
async def _stage(
    settings: Settings, say: Say
) -> AsyncIterator[tuple[Engines, AsteriskInstance, str]]:
    """Start an empty database, the platform's Asterisk and the carrier's; stop all on leaving."""
    program = find(places.cache())
    if program is None:
        raise SettingError("Asterisk is missing: run 'make setup' first.")
    engines = Engines(settings)
    carrier_ports, platform_ports = Ports.pick("carrier"), Ports.pick("platform")
    carrier_peer = Peer("127.0.0.1", carrier_ports.sip)
    engines.carrier = engines.agents = carrier_peer
    engines.ports = platform_ports
    carrier = simulated_carrier(
        program, settings.home / "carrier",
        platform=Peer("127.0.0.1", platform_ports.sip), ports=carrier_ports, owned=CALLER_IDS,
    )  # fmt: skip
    try:
        say("Starting PostgreSQL and two Asterisk …")
        url = await engines.start_postgres()
        await asyncio.to_thread(recreate, url)
        await asyncio.to_thread(migrate, url)
        await asyncio.gather(engines.start_asterisk(), carrier.start())
        yield engines, carrier, url
    finally:
        await asyncio.shield(asyncio.gather(carrier.stop(), engines.stop()))


async def _prepare(
    parts: Services, console: Console, settings: Settings, agents: int
) -> tuple[Campaign, list[Person]]:
    await seed_network(parts)
    automatic = await seed_people(parts, agents)
    incoming = settings.home / "import"
    incoming.mkdir(parents=True, exist_ok=True)
    portfolio = shipped("examples") / "portfolio.csv"
    show_report(console, await import_with_bar(parts, console, portfolio, {}, incoming))
    people = top_up(parts.clock.now(), TOP_UP)
    extra = incoming / "top-up.csv"
    extra.write_text(as_csv(people.rows), encoding="utf-8", newline="")
    console.print(f"Topping up with people for whom it is daytime: {', '.join(people.zones)}")
    await import_with_bar(parts, console, extra, {}, incoming)
    return await seed_campaign(parts), automatic


async def _show(parts: Services, console: Console, campaign: Campaign, seconds: int | None) -> int:
    """Show the floor until the time is up, then let calls end and judge what was shown."""
    started = parts.clock.now()
    ends = started + timedelta(seconds=seconds) if seconds else None
    last_call = ends - WIND_DOWN if ends else None
    plays = (DemoAgents(parts).play(), PayElsewhere(parts).play())
    playing = asyncio.gather(*plays)
    try:
        with Live(console=console, refresh_per_second=2, transient=True) as screen:
            while ends is None or parts.clock.now() < ends:
                screen.update(live(await _look(parts, started, ends)))
                if playing.done():
                    playing.result()
                if last_call is not None and parts.clock.now() >= last_call:
                    await _pause(parts, campaign)
                    last_call = None
                await asyncio.sleep(LOOK_SECONDS)
        await _drain(parts)
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    return await _judge(parts, console, started)


async def _pause(parts: Services, campaign: Campaign) -> None:
    """Place no new calls, so that those under way can end in time."""
    async with parts.transaction() as conn:
        await parts.campaigns.pause(conn, campaign.id, actor=ACTOR, now=parts.clock.now())


async def _look(parts: Services, started: datetime, ends: datetime | None) -> Seen:
    now = parts.clock.now()
    async with parts.pool.connection() as conn:
        return Seen(
            figures=await parts.reporting.figures(conn, since=started),
            campaigns=await parts.reporting.campaigns(conn, since=started, now=now),
            refusals=await parts.reporting.refusals(conn, since=started),
            decisions=await parts.reporting.decisions(conn, limit=3),
            address=parts.settings.url,
            remaining=(ends - now).total_seconds() if ends else None,
            now=now,
        )


async def _drain(parts: Services) -> None:
    """Wait until no call and no payment is under way."""
    until = parts.clock.now() + DRAIN
    while parts.clock.now() < until:
        async with parts.pool.connection() as conn:
            if not await parts.reporting.under_way(conn):
                return
        await asyncio.sleep(0.5)


async def _judge(parts: Services, console: Console, started: datetime) -> int:
    async with parts.pool.connection() as conn:
        breaches = await parts.reporting.broken_invariants(conn)
    seen = await _look(parts, started, None)
    missing = shortfalls(seen.figures)
    console.print(final(seen, breaches, missing))
    return 1 if breaches or missing else 0
