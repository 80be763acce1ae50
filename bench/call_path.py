"""Call path: originate to answer to bridge through goodterms, against a bare Asterisk dialplan.

All call a far end that answers at once, and connect it to an agent's line that is held open; an
observer on the same Asterisk takes the times of all, from the channel's creation. The first rows
are the whole engine with its database: a campaign, every call judged and written down. The second
are its telephony alone. The tone an agent hears before a call is left out: it is there on purpose.
CPU is that of Asterisk, of the controlling process and of PostgreSQL together, per call, without
the observer.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

import structlog
from bench.calls import (
    AGENT,
    NUMBER,
    Bare,
    Deaf,
    Measured,
    Observer,
    background,
    cpu,
    latency,
    results,
    until,
)
from bench.report import Result, report
from bench.through_engine import through_engine

from goodterms.accounts.model import Channel
from goodterms.adapters.asterisk import carrier, instance, package
from goodterms.adapters.asterisk.client import AriClient
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.calls.model import Answered, CallOrder, Joined, LegEnded
from goodterms.compliance.model import Permit
from goodterms.kit import places
from goodterms.kit.clock import SystemClock

CLOCK = SystemClock()


class Ours:
    """Calls through goodterms' telephony: the engine's part is answered-then-join."""

    def __init__(self, telephony: AsteriskTelephony) -> None:
        self._telephony = telephony
        self._free: asyncio.Queue[str] = asyncio.Queue()
        self._line_of: dict[str, str] = {}
        self.joined: set[str] = set()
        self.ended: set[str] = set()

    async def open_lines(self, lines: int) -> None:
        for number in range(lines):
            await self._telephony.open_line(f"line-{number}", AGENT.format(number))
        await until(lambda: self._free.qsize() == lines)

    async def run(self) -> None:
        async for event in self._telephony.events():
            match event:
                case Answered(leg) if leg.startswith("line-"):
                    self._free.put_nowait(leg)
                case Answered(leg):
                    await self._telephony.join(leg, self._line_of[leg])
                case Joined(leg, _):
                    self.joined.add(leg)
                case LegEnded(leg=leg) if leg in self._line_of:
                    self.ended.add(leg)
                    self._free.put_nowait(self._line_of[leg])

    async def call(self, leg: str) -> None:
        self._line_of[leg] = await self._free.get()
        now = CLOCK.now()
        ends = now + timedelta(seconds=5)
        permit = Permit(
            leg, 1, (1,), 1, NUMBER, Channel.CALL, "+15205550100", "bench", now, ends
        )  # fmt: skip
        order = CallOrder(leg, "PJSIP/{number}@carrier", 20, amd=False)
        await self._telephony.originate(permit, order)

    async def hang_up(self, leg: str) -> None:
        await self._telephony.hang_up(leg)


async def bench(calls: int, lines: int) -> list[Result]:
    program = package.provide(places.cache(), print)
    with tempfile.TemporaryDirectory(prefix="gt-bench-") as folder:
        ports = Ports.pick("carrier")
        node = instance.platform(program, Path(folder) / "p", carrier=Peer("127.0.0.1", ports.sip))
        far = carrier.simulated_carrier(program, Path(folder) / "c", platform=node.sip, ports=ports)
        async with node, far:
            for step in (f"{NUMBER},1,Answer()", f"{NUMBER},2,Wait(600)"):
                await far.rx(f"dialplan add extension {step} into from-platform")
            return await measure(node, calls, lines)


async def measure(node: AsteriskInstance, calls: int, lines: int) -> list[Result]:
    where = (node.ari_url, node.ari_user, node.ari_password)
    observer, deaf = Observer(), Deaf()
    client = AriClient(*where, "bare")
    async with (
        AsteriskTelephony("bench", *where, CLOCK, prompts=Path(), tone="") as telephony,
        background(client.run(deaf)),
    ):
        ours, bare = Ours(telephony), Bare(client, observer)
        async with background(ours.run()):
            await deaf.up.wait()
            await asyncio.sleep(0.3)
            async with background(observer.listen(node)):
                await asyncio.sleep(0.3)
                await ours.open_lines(lines)
                await bare.prepare(node, lines)
                mine, theirs = [], []
                for _ in range(5):
                    mine += await latency("ours", ours, observer, calls // 5)
                    theirs += await latency("bare", bare, observer, calls // 5)
            my_cpu = await cpu("ours", ours, node, calls, 10)
            their_cpu = await cpu("bare", bare, node, calls, 10)
    return results("telephony", Measured(mine, my_cpu), Measured(theirs, their_cpu))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="calls of each kind")
    parser.add_argument("--lines", type=int, default=10, help="agents' lines of each kind")
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory())
    found = asyncio.run(through_engine(arguments.calls, arguments.lines))
    report([*found, *asyncio.run(bench(arguments.calls, arguments.lines))])


if __name__ == "__main__":
    main()
