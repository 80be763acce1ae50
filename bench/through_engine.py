"""The call path through the whole engine: a campaign's calls, judged, written down and joined."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.calls import (
    NUMBER,
    Bare,
    Deaf,
    Measured,
    Observer,
    background,
    cpu,
    latency,
    people,
    results,
    seconds_of,
    until,
)
from bench.report import Result
from tests.fakes.stage import Stage, stage

from goodterms.adapters.asterisk.client import AriClient
from goodterms.adapters.asterisk.instance import AsteriskInstance
from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.app.demo.seed import SETTINGS
from goodterms.calls.model import Disposition
from goodterms.dialing.runner import EngineParts, Runner

TALK_SECONDS = 0.3
PER_SECOND = 8
LOOK_SECONDS = 0.1
"""How often the bench, as its agents, looks for conversations to dispose of."""
OVER = b"SELECT id, agent_id FROM calls.attempt WHERE state = 'ended'"
JOINED = b"SELECT count(*) AS n FROM calls.attempt WHERE bridged_at IS NOT NULL"


async def dispose(on: Stage) -> None:
    """Be the agents: dispose of every conversation as soon as it is over."""
    while True:
        async with on.services.pool.connection() as conn:
            over = await (await conn.execute(OVER)).fetchall()
        for row in over:
            async with on.services.transaction() as conn:
                await on.services.calls.dispose(
                    conn, row["id"], Disposition.REFUSED_TO_PAY,
                    actor=f"person:{row['agent_id']}", now=on.services.clock.now(),
                )  # fmt: skip
        await asyncio.sleep(LOOK_SECONDS)


def _postgres_seconds(on: Stage) -> float:
    """CPU seconds of the database: the server and all its processes."""
    assert on.engines.postgres is not None
    server = on.engines.postgres.pid
    total = seconds_of(server)
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _parent(entry) == server:
            total += seconds_of(int(entry.name))
    return total


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has just ended
        return 0


@dataclass
class Campaign:
    """The running campaign, and how many of its calls were joined."""

    on: Stage
    node: AsteriskInstance

    async def joined(self) -> int:
        """Count the conversations so far."""
        async with self.on.services.pool.connection() as conn:
            [row] = await (await conn.execute(JOINED)).fetchall()
        return int(row["n"])

    async def taken(self, observer: Observer, calls: int) -> list[tuple[float, float]]:
        """Watch so many calls being joined."""

        def legs() -> list[str]:
            return [leg for leg in observer.bridged if leg.startswith("att_")]

        await until(lambda: len(legs()) >= calls, within=30 + calls)
        return [observer.taken(leg) for leg in legs()]

    async def cpu(self, calls: int) -> float:
        """CPU milliseconds per call of Asterisk, this process and the database."""
        before, joined = self._seconds(), await self.joined()
        await asyncio.sleep(calls / PER_SECOND)
        used, done = self._seconds() - before, await self.joined() - joined
        return used / max(done, 1) * 1000

    def _seconds(self) -> float:
        return seconds_of(self.node.pid) + time.process_time() + _postgres_seconds(self.on)


async def _set_up(on: Stage, calls: int, lines: int, folder: Path) -> None:
    """Let the far end answer at once, and start a campaign with agents at work."""
    for number, then in (("_+1NXX5550[2-9]XX", f"Wait({TALK_SECONDS})"), (NUMBER, "Wait(600)")):
        for step in (f"{number},1,Answer()", f"{number},2,{then}"):
            await on.carrier.rx(f"dialplan add extension {step} into from-platform")
    agents = await on.cast(people(on.services.clock.now(), 2 * calls + 60), lines, folder)
    settings = {**SETTINGS, "mode": "progressive", "max_per_second": str(PER_SECOND)}
    await on.start(await on.campaign(settings), agents)
    async with on.services.transaction() as conn:
        for person in agents:
            await on.services.routing.ready(conn, person.id, now=on.services.clock.now())


async def through_engine(calls: int, lines: int) -> list[Result]:
    """Measure the engine's calls, then bare ones on the same Asterisk."""
    with tempfile.TemporaryDirectory(prefix="gt-bench-") as text:
        folder = Path(text)
        async with stage(folder, own=(), listen=False) as on:
            node = on.engines.asterisk
            assert node is not None
            where = (node.ari_url, node.ari_user, node.ari_password)
            await _set_up(on, calls, lines, folder)
            clock, observer = on.services.clock, Observer()
            async with AsteriskTelephony(
                on.services.settings.node, *where, clock, prompts=node.prompts, tone=""
            ) as telephony:
                parts = EngineParts(
                    on.services.url, on.services.pool, clock, telephony,
                    on.services.calls, on.services.routing, on.services.dialing,
                )  # fmt: skip
                path = Campaign(on, node)
                async with background(dispose(on)), background(Runner(parts).run()):
                    async with background(observer.listen(node)):
                        taken = await path.taken(observer, calls)
                    mine = Measured(taken, await path.cpu(calls))
            return results("engine", mine, await _bare(node, calls, lines))


async def _bare(node: AsteriskInstance, calls: int, lines: int) -> Measured:
    observer, deaf = Observer(), Deaf()
    client = AriClient(node.ari_url, node.ari_user, node.ari_password, "bare")
    bare = Bare(client, observer)
    async with background(client.run(deaf)):
        await deaf.up.wait()
        async with background(observer.listen(node)):
            await asyncio.sleep(0.3)
            await bare.prepare(node, lines)
            taken = await latency("bare", bare, observer, calls)
        return Measured(taken, await cpu("bare", bare, node, calls, PER_SECOND))
