"""The whole line on real parts: PostgreSQL, two Asterisk, and our processes, all kept running."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.fakes.far_end import FarEnd

from goodterms.access.model import Person
from goodterms.adapters.asterisk import package
from goodterms.adapters.asterisk.carrier import simulated_carrier
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.postgres.migrations import migrate
from goodterms.app.compose import Services, services
from goodterms.app.demo.seed import CALLER_IDS, TRUNK, seed_network, seed_people, sign_in_agents
from goodterms.app.embedded import Engines
from goodterms.app.keep import Part
from goodterms.app.settings import load_settings
from goodterms.app.up import kept, own_processes
from goodterms.campaigns.model import Campaign, Members
from goodterms.dialing.model import Trunk
from goodterms.intake.sample.portfolio import as_csv
from goodterms.kit import places
from goodterms.kit.clock import SystemClock

OWN = ("sandbox", "web", "engine", "worker")


def free_port() -> int:
    """Return a port nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Stage:
    """What a test or a benchmark sees of the running product."""

    services: Services
    engines: Engines
    carrier: AsteriskInstance
    far_end: FarEnd
    parts: dict[str, Part]
    said: list[str] = field(default_factory=list)

    def kill(self, name: str) -> bool:
        """Kill a part with SIGKILL; False if it is not running at this moment."""
        pid: int | None = getattr(self.parts[name], "pid", None)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def running(self) -> bool:
        """Tell whether every part runs now."""
        return all(getattr(part, "pid", None) is not None for part in self.parts.values())

    async def cast(self, rows: Sequence[Sequence[str]], agents: int, folder: Path) -> list[Person]:
        """Register the network, import the rows and create automatic agents."""
        await seed_network(self.services)
        file = folder / "people.csv"
        file.write_text(as_csv(rows), encoding="utf-8", newline="")
        await self.services.intake.import_file(
            file, {}, actor="system:test", progress=lambda _: None, refused_folder=folder
        )
        async with self.services.transaction() as conn:
            trunk = Trunk(TRUNK, "PJSIP/{number}@carrier", 200, Decimal(200))
            await self.services.dialing.add_trunk(conn, trunk)
        return await seed_people(self.services, agents)

    async def campaign(self, settings: dict[str, Any]) -> Campaign:
        """Create a campaign for everybody, with its list filled, not started yet."""
        now = self.services.clock.now()
        async with self.services.transaction() as conn:
            campaign = await self.services.campaigns.create(
                conn, "Everybody", Members(), settings, actor="system:test", now=now
            )
        async with self.services.pool.connection() as conn:
            await self.services.campaigns.refresh(conn, campaign.id, now=now)
        return campaign

    async def start(self, campaign: Campaign, agents: list[Person]) -> None:
        """Sign the agents in and start the campaign."""
        await sign_in_agents(self.services, agents)
        async with self.services.transaction() as conn:
            await self.services.campaigns.start(
                conn, campaign.id, actor="system:test", now=self.services.clock.now()
            )


@asynccontextmanager
async def stage(
    folder: Path,
    *,
    own: Sequence[str] = OWN,
    listen: bool = True,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Stage]:
    """Run everything below a folder, with the named processes of ours, on ports of their own.

    ``listen``: hear the carrier's view of every call, which costs some time of this process.
    ``settings`` are further ones for our processes, such as ``{"GOODTERMS_DEMO": "1"}``.
    """
    program = package.provide(places.cache(), lambda _: None)
    chosen = load_settings(
        {
            "GOODTERMS_HOME": str(folder),
            "GOODTERMS_PORT": str(free_port()),
            "GOODTERMS_SANDBOX_PORT": str(free_port()),
            "GOODTERMS_CALL_BACK": "+12025550190",
        }
    )
    far_ports = Ports.pick("carrier")
    peer = Peer("127.0.0.1", far_ports.sip)
    engines = Engines(chosen, carrier=peer, agents=peer, ports=Ports.pick("platform"))
    assert engines.ports is not None
    carrier = simulated_carrier(
        program, folder / "carrier", platform=Peer("127.0.0.1", engines.ports.sip),
        ports=far_ports, owned=CALLER_IDS,
    )  # fmt: skip
    said: list[str] = []
    clock = SystemClock()
    try:
        url = await engines.start_postgres()
        await asyncio.to_thread(migrate, url)
        await asyncio.gather(engines.start_asterisk(), carrier.start())
        mine = [
            (name, part)
            for name, part in own_processes(engines, dict(settings or {}))
            if name in own
        ]
        far_end = FarEnd(clock)
        async with (
            services(chosen, url, name="goodterms test", pool_size=16, clock=clock) as parts,
            kept(engines.parts(), said.append, started=True),
            kept(mine, said.append, started=False),
            _listening(far_end, carrier) if listen else nullcontext(),
        ):
            every = dict(engines.parts()) | dict(mine)
            yield Stage(parts, engines, carrier, far_end, every, said)
    finally:
        await asyncio.gather(carrier.stop(), engines.stop())


@asynccontextmanager
async def _listening(far_end: FarEnd, carrier: AsteriskInstance) -> AsyncIterator[None]:
    task = asyncio.create_task(far_end.listen(carrier))
    heard = asyncio.create_task(far_end.listening.wait())
    try:
        await asyncio.wait([task, heard], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield
        if task.done():
            task.result()
    finally:
        for each in (task, heard):
            each.cancel()
        await asyncio.gather(task, heard, return_exceptions=True)
