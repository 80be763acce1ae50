"""What the call path's two benchmarks share: the bare dialplan, an observer, and measuring."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Protocol

from bench.report import Result
from websockets.asyncio.client import connect

from goodterms.adapters.asterisk import requests
from goodterms.adapters.asterisk.ari import Event, Request
from goodterms.adapters.asterisk.client import AriClient
from goodterms.adapters.asterisk.instance import AsteriskInstance
from goodterms.intake.sample.portfolio import top_up

NUMBER = "+15205550000"
AGENT = "PJSIP/demo-agent-{:02d}@agents"


FIRST = 200
"""People's numbers are +1 NPA 555 0200 and above: the far end is told what happens there."""


class Caller(Protocol):
    """Somebody who places calls one by one."""

    async def call(self, leg: str) -> None:
        """Call the far end under an id."""
        ...

    async def hang_up(self, leg: str) -> None:
        """End that call."""
        ...


def people(now: datetime, count: int) -> list[list[str]]:
    """Rows of people with one debt and one number of their own, where it is daytime now."""
    header, *rows = top_up(now, count).rows
    who, mobile, home, work = (
        header.index(n) for n in ("consumer", "phone_mobile", "phone_home", "phone_work")
    )
    own = list({row[who]: row for row in rows}.values())
    for number, row in enumerate(own):
        row[mobile], row[home], row[work] = f"{row[mobile][:6]}555-{FIRST + number:04}", "", ""
    return [header, *own]


@dataclass
class Observer:
    """Sees everything on the node; remembers when each call was answered and connected."""

    names: dict[str, str] = field(default_factory=dict)
    created: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    bridged: dict[str, float] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def hear(self, event: dict[str, Any]) -> None:
        now = time.perf_counter()
        channel = event.get("channel", {})
        leg = channel.get("id")
        if event["type"] == "ChannelCreated":
            self.created[leg] = now
        elif event["type"] == "ChannelStateChange" and channel["state"] == "Up":
            self.names[leg] = channel["name"]
            self.answered.setdefault(leg, now)
        elif event["type"] == "ChannelEnteredBridge" and len(event["bridge"]["channels"]) > 1:
            for each in event["bridge"]["channels"]:
                self.bridged.setdefault(each, now)
        elif event["type"] == "ChannelDestroyed":
            self.gone.add(leg)

    def taken(self, leg: str) -> tuple[float, float]:
        """Seconds from the channel's creation, and from its answer, until it was connected."""
        bridged = self.bridged[leg]
        return bridged - self.created[leg], bridged - self.answered[leg]

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
    kind: str, path: Caller, observer: Observer, calls: int
) -> list[tuple[float, float]]:
    """Seconds from originate to bridge, and from answer to bridge, of calls one by one."""
    found = []
    for number in range(calls):
        leg = f"{kind}-{number}-{time.monotonic_ns()}"
        await path.call(leg)
        await until(lambda leg=leg: leg in observer.bridged)  # type: ignore[misc]
        found.append(observer.taken(leg))
        await path.hang_up(leg)
        await until(lambda leg=leg: leg in observer.gone)  # type: ignore[misc]
        await asyncio.sleep(0.02)
    return found


async def cpu(kind: str, path: Caller, node: AsteriskInstance, calls: int, pace: float) -> float:
    """CPU milliseconds per call of Asterisk and this process, at a steady pace."""

    async def one(number: int) -> None:
        leg = f"{kind}-cpu-{number}-{time.monotonic_ns()}"
        await path.call(leg)
        await asyncio.sleep(0.4)
        await path.hang_up(leg)

    before = seconds_of(node.pid) + time.process_time()
    async with asyncio.TaskGroup() as group:
        for number in range(calls):
            group.create_task(one(number))
            await asyncio.sleep(1 / pace)
    await asyncio.sleep(0.3)
    return (seconds_of(node.pid) + time.process_time() - before) / calls * 1000


def seconds_of(pid: int | None) -> float:
    """CPU seconds a process has used, with those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(used) for used in fields[11:15]) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds from creation and from answer to the bridge, and CPU milliseconds per call."""

    taken: list[tuple[float, float]]
    cpu: float


def results(path: str, mine: Measured, theirs: Measured) -> list[Result]:
    """Compare a path of ours with the bare one."""
    found = []
    cases = (("originate to bridge", 0), ("answer to bridge", 1))
    for case, at in cases:
        ours, bare = ([x[at] * 1000 for x in some] for some in (mine.taken, theirs.taken))
        a, b = median(ours), median(bare)
        found.append(
            _result(f"{path}: {case}, median", "ms", a, b, "added ≤ 10 ms", met=a - b <= 10)
        )
        a, b = (quantiles(some, n=100)[98] for some in (ours, bare))
        found.append(_result(f"{path}: {case}, p99", "ms", a, b, "added ≤ 50 ms", met=a - b <= 50))
    case, twice = f"{path}: CPU per call", mine.cpu <= 2 * theirs.cpu
    found.append(_result(case, "ms", mine.cpu, theirs.cpu, "≤ 2 times", met=twice))
    return found


def _result(case: str, unit: str, ours: float, bare: float, aim: str, *, met: bool) -> Result:
    return Result(
        "call_path", case, unit, ours, "bare dialplan", bare, ours / max(bare, 1e-9), aim, met
    )
