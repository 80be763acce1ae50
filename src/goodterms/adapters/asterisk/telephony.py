"""The telephone network through one Asterisk: ``calls.ports.Telephony`` over ARI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import structlog

from goodterms.adapters.asterisk import requests
from goodterms.adapters.asterisk.ari import Event, Reply, Request
from goodterms.adapters.asterisk.client import AriClient, refusals
from goodterms.adapters.asterisk.switchboard import UNWANTED, Heard, Switchboard
from goodterms.calls.model import CallOrder, NetworkEvent, NetworkLost
from goodterms.calls.ports import permitted_endpoint
from goodterms.compliance.model import Permit
from goodterms.kit.clock import Clock

_log = structlog.get_logger(__name__)

_ALREADY_THERE = 409
# The engine's ring timer comes first; Asterisk's own is there in case the engine has died.
_RING_MARGIN_SECONDS = 5
_LINE_SECONDS = 30
_LINE_CALLER_ID = "goodterms"


class AsteriskTelephony:
    """Telephony on one Asterisk node. Use as ``async with``: inside, it stays connected.

    Args:
        node: the node's name in our tables.
        url: root of its ARI, such as ``http://127.0.0.1:8088/ari``.
        user: ARI user.
        password: that user's.
        clock: tells whether a permit has expired.
        app: the Stasis application.
        prompts: folder of the prompts' sound files, on the node.
        tone: prompt an agent hears before a call is connected; "" for none.
        media_address: the address browser telephones send their sound to.
    """

    def __init__(
        self,
        node: str,
        url: str,
        user: str,
        password: str,
        clock: Clock,
        *,
        prompts: Path,
        app: str = "goodterms",
        tone: str = "connect-tone",
        media_address: str = "127.0.0.1",
    ) -> None:
        self.node = node
        self._clock = clock
        self._app = app
        self._media_address = media_address
        self._client = AriClient(url, user, password, app)
        self._board = Switchboard(tone, lambda prompt: f"sound:{prompts / prompt}")
        self._news: asyncio.Queue[NetworkEvent | None] = asyncio.Queue()
        self._in_sync = False
        self._early: list[Event] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._client.run(self), name=f"ari {self.node}")
        self._running.add_done_callback(lambda _: self._news.put_nowait(None))
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [t for t in (self._running, *self._tasks) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def events(self) -> AsyncIterator[NetworkEvent]:
        """Yield what happens, in order; the first event is ``Resynced``. For one reader."""
        while (news := await self._news.get()) is not None:
            yield news
        if self._running is not None and not self._running.cancelled():
            self._running.result()  # it never ends by itself: raise what ended it

    async def originate(self, permit: Permit, order: CallOrder) -> None:
        """Dial the permit's number; the leg's id is the attempt id..

        Raises:
            PermissionError: the permit does not cover the order; see `permitted_endpoint`.
        """
        endpoint = permitted_endpoint(permit, order, self._clock.now())
        seconds = order.ring_seconds + _RING_MARGIN_SECONDS
        caller_id = permit.caller_id or ""
        await self._call(order.attempt_id, endpoint, "consumer", caller_id, seconds)

    async def open_line(self, line: str, endpoint: str) -> None:
        """Call an agent's telephone and hold the line open; ``Answered(line)`` when it is."""
        await self._call(line, endpoint, "line", _LINE_CALLER_ID, _LINE_SECONDS)

    async def hang_up(self, leg: str) -> None:
        """End a leg (CANCEL while it rings)."""
        await self._ask(self._board.hang_up(leg))

    async def detect(self, leg: str) -> None:
        """Listen whether a person or a machine answered; ``Detected`` follows."""
        await self._ask([requests.detect(leg)])

    async def join(self, leg: str, line: str) -> None:
        """Let consumer and agent hear each other, after a short tone for the agent."""
        self._require_sync()
        await self._ask(self._board.join(leg, line))

    async def part(self, leg: str, line: str) -> None:  # noqa: ARG002 - the port names both
        """Take the consumer off the agent's line; both legs stay up."""
        await self._ask(self._board.part(leg))

    async def hold(self, leg: str, line: str) -> None:  # noqa: ARG002 - the port names both
        """Let the consumer wait with music."""
        await self._ask([requests.leave_bridge(leg), requests.start_music(leg)])

    async def resume(self, leg: str, line: str) -> None:  # noqa: ARG002 - the port names both
        """End the hold."""
        await self._ask([requests.stop_music(leg), requests.enter_bridge(leg, leg)])

    async def play(self, leg: str, prompt: str) -> None:
        """Play a prompt by name; ``PromptEnded`` follows."""
        self._require_sync()
        await self._ask(self._board.play(leg, prompt))

    async def provide_phone(self, name: str, password: str) -> None:
        """Make sure a browser telephone of this name may register with this password.

        Raises:
            RuntimeError: Asterisk would not make it.
        """
        refused = await self._ask(requests.phone(name, password, self._media_address))
        if refused:
            raise RuntimeError(f"Asterisk {self.node} made no telephone {name}: {refused[0]}")

    async def greet(self, greetings: Mapping[str, str]) -> None:
        """Let whoever calls one of these numbers hear its prompt, then end the call."""
        self._board.greetings = dict(greetings)

    async def connected(self) -> None:
        """Learn which legs live, then tell what has happened since."""
        listening = requests.spare_us(self._app, UNWANTED)
        asked = [listening, Request("GET", "channels"), Request("GET", "bridges")]
        replies = await self._client.request(*asked)
        refused = refusals(asked, replies)
        if refused:
            raise ConnectionError(refused[0])
        heard = self._board.resync(replies[1].body, replies[2].body)
        early, self._early = self._early, []
        self._in_sync = True
        self._take(heard)
        for event in early:
            self._take(self._board.hear(event))
        ours = [channel["id"] for channel in replies[1].body if channel["id"] in self._board]
        if ours:
            await self._ask([requests.subscribe(self._app, ours)])

    def heard(self, event: Event) -> None:
        """Take an event; those that come while we are still learning wait."""
        if event["type"] == "ApplicationReplaced":
            _log.error("another program has taken over this Asterisk", node=self.node)
        elif self._in_sync:
            self._take(self._board.hear(event))
        else:
            self._early.append(event)

    def lost(self) -> None:
        """Tell that the network is gone until ``Resynced``."""
        self._early.clear()
        if self._in_sync:
            self._in_sync = False
            self._news.put_nowait(NetworkLost())

    async def _call(self, leg: str, endpoint: str, role: str, caller_id: str, seconds: int) -> None:
        self._require_sync()
        self._board.expect(leg)
        request = requests.call(
            leg,
            endpoint=endpoint,
            app=self._app,
            role=role,
            caller_id=caller_id,
            seconds=seconds,
        )
        [reply] = await self._client.request(request)
        if reply.status == _ALREADY_THERE:
            # Once it has said this truly, Asterisk says it of every refusal on the connection.
            [reply] = await self._client.request(requests.look_at(leg))
        if not reply.accepted:
            _log.warning("Asterisk would not call", leg=leg, reason=_words(reply))
            self._take(self._board.refuse(leg))

    async def _ask(self, asked: Sequence[Request]) -> list[str]:
        self._require_sync()
        if not asked:
            return []
        refused = refusals(asked, await self._client.request(*asked))
        for words in refused:
            _log.warning("Asterisk refused", node=self.node, request=words)
        return refused

    def _take(self, heard: Heard) -> None:
        for news in heard.news:
            self._news.put_nowait(news)
        if heard.requests:
            task = asyncio.create_task(self._follow(heard.requests))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self, asked: Sequence[Request]) -> None:
        # When the connection breaks, `Resynced` finds whatever this left undone.
        with suppress(ConnectionError):
            await self._ask(asked)

    def _require_sync(self) -> None:
        if not self._in_sync:
            raise ConnectionError(f"Asterisk {self.node} is not connected")


def _words(reply: Reply) -> str:
    return f"{reply.status} {reply.reason}"
