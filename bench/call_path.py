"""Call path: originate to answer to bridge through goodterms, against a bare Asterisk dialplan.

Both call the same far end, which answers at once, and connect it to an agent's line that is held
open; an observer on the same Asterisk takes the times of both. The tone an agent hears before a
call is left out: it is there on purpose. CPU is that of Asterisk and of the controlling process
together, per call, without the observer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import structlog
from bench.report import Result, report
from websockets.asyncio.client import connect

from goodterms.accounts.model import Channel
from goodterms.adapters.asterisk import carrier, instance, package, requests
from goodterms.adapters.asterisk.ari import Event, Request
from goodterms.adapters.asterisk.client import AriClient
from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports
from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.calls.model import Answered, CallOrder, Joined, LegEnded
from goodterms.compliance.model import Permit
from goodterms.kit import places
from goodterms.kit.clock import SystemClock

NUMBER = "+15205550000"
AGENT = "PJSIP/demo-agent-{:02d}@agents"
CLOCK = SystemClock()
Caller = Callable[[str], Awaitable[None]]


@dataclass
class Observer:
    """Sees everything on the node; remembers when each call was answered and connected."""

    names: dict[str, str] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    bridged: dict[str, float] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def hear(self, event: dict[str, Any]) -> None:
        now = time.perf_counter()
        channel = event.get("channel", {})
        leg = channel.get("id")
        if event["type"] == "ChannelStateChange" and channel["state"] == "Up":
            self.names[leg] = channel["name"]
            self.answered.setdefault(leg, now)
        elif event["type"] == "ChannelEnteredBridge" and len(event["bridge"]["channels"]) > 1:
            for each in event["bridge"]["channels"]:
                self.bridged.setdefault(each, now)
        elif event["type"] == "ChannelDestroyed":
            self.gone.add(leg)

    async def listen(self, node: AsteriskInstance) -> None:
        secret = f"{node.ari_user}:{node.ari_password}"
        url = f"{node.ari_url.replace('http', 'ws', 1)}/events"
        query = f"?app=observer&subscribeAll=true&api_key={secret}"
        async with connect(url + query, compression=None, proxy=None) as socket:
            async for text in socket:
                self.hear(json.loads(text))


async def until(true: Callable[[], bool], within: float = 10.0) -> None:
    """Wait for something to become true, looking often enough not to matter."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - many conditions, none of them with an event
            await asyncio.sleep(0.002)


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


class Bare:
    """Calls by dialplan alone: on answer it bridges to a waiting agent's channel."""

    def __init__(self, client: AriClient, observer: Observer) -> None:
        self._client = client
        self._observer = observer
        self._free: asyncio.Queue[str] = asyncio.Queue()
        self._busy: dict[str, str] = {}

    async def prepare(self, node: AsteriskInstance, lines: int) -> None:
        for step in (
            "agent,1,Wait(36000)",
            "call,1,Bridge(${AGENT},F(bare^agent^1))",
            "call,2,Hangup()",
        ):
            await node.rx(f"dialplan add extension {step} into bare")
        for number in range(lines):
            await self._place(f"bare-line-{number}", AGENT.format(50 + number), "agent", {})
        names = [f"bare-line-{number}" for number in range(lines)]
        await until(lambda: all(name in self._observer.names for name in names))
        for name in names:
            self._free.put_nowait(self._observer.names[name])

    async def call(self, leg: str) -> None:
        agent = self._busy[leg] = await self._free.get()
        await self._place(leg, f"PJSIP/{NUMBER}@carrier", "call", {"AGENT": agent})

    async def hang_up(self, leg: str) -> None:
        await self._client.request(requests.hang_up(leg))
        self._free.put_nowait(self._busy[leg])

    async def _place(
        self, leg: str, endpoint: str, extension: str, variables: dict[str, str]
    ) -> None:
        body = {
            "endpoint": endpoint,
            "context": "bare",
            "extension": extension,
            "priority": 1,
            "callerId": "+15205550100",
            "channelId": leg,
            "variables": variables,
        }
        [reply] = await self._client.request(Request("POST", "channels", body=body))
        assert reply.accepted, reply


class Deaf:
    """A listener for a client that only asks."""

    def __init__(self) -> None:
        self.up = asyncio.Event()

    async def connected(self) -> None:
        self.up.set()

    def heard(self, event: Event) -> None:
        """Nothing is listened for."""

    def lost(self) -> None:
        self.up.clear()


@asynccontextmanager
async def background(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def latency(
    kind: str, path: Ours | Bare, observer: Observer, calls: int
) -> list[tuple[float, float]]:
    """Seconds from originate to bridge, and from answer to bridge, of calls one by one."""
    found = []
    for number in range(calls):
        leg = f"{kind}-{number}-{time.monotonic_ns()}"
        begun = time.perf_counter()
        await path.call(leg)
        await until(lambda leg=leg: leg in observer.bridged)  # type: ignore[misc]
        found.append(
            (observer.bridged[leg] - begun, observer.bridged[leg] - observer.answered[leg])
        )
        await path.hang_up(leg)
        await until(lambda leg=leg: leg in observer.gone)  # type: ignore[misc]
        await asyncio.sleep(0.02)
    return found


async def cpu(
    kind: str, path: Ours | Bare, node: AsteriskInstance, calls: int, pace: float
) -> float:
    """CPU milliseconds per call of Asterisk and this process, at a steady pace."""

    async def one(number: int) -> None:
        leg = f"{kind}-cpu-{number}-{time.monotonic_ns()}"
        await path.call(leg)
        await asyncio.sleep(0.4)
        await path.hang_up(leg)

    before = _asterisk_seconds(node) + time.process_time()
    async with asyncio.TaskGroup() as group:
        for number in range(calls):
            group.create_task(one(number))
            await asyncio.sleep(1 / pace)
    await asyncio.sleep(0.3)
    return (_asterisk_seconds(node) + time.process_time() - before) / calls * 1000


def _asterisk_seconds(node: AsteriskInstance) -> float:
    fields = Path(f"/proc/{node.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    return results(mine, theirs, my_cpu, their_cpu)


def results(
    mine: list[tuple[float, float]],
    theirs: list[tuple[float, float]],
    my_cpu: float,
    their_cpu: float,
) -> list[Result]:
    found = []
    cases = (("originate to bridge", 0), ("answer to bridge", 1))
    for case, at in cases:
        ours, bare = ([x[at] * 1000 for x in some] for some in (mine, theirs))
        a, b = median(ours), median(bare)
        found.append(_result(f"{case}, median", "ms", a, b, "added ≤ 10 ms", met=a - b <= 10))
        a, b = (quantiles(some, n=100)[98] for some in (ours, bare))
        found.append(_result(f"{case}, p99", "ms", a, b, "added ≤ 50 ms", met=a - b <= 50))
    twice = my_cpu <= 2 * their_cpu
    found.append(_result("CPU per call", "ms", my_cpu, their_cpu, "≤ 2 times", met=twice))
    return found


def _result(case: str, unit: str, ours: float, bare: float, aim: str, *, met: bool) -> Result:
    return Result(
        "call_path", case, unit, ours, "bare dialplan", bare, ours / max(bare, 1e-9), aim, met
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200, help="calls of each kind")
    parser.add_argument("--lines", type=int, default=10, help="agents' lines of each kind")
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory())
    report(asyncio.run(bench(arguments.calls, arguments.lines)))


if __name__ == "__main__":
    main()
