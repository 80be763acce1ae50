"""The simulated carrier's own view: what really reached the telephone network, and when."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from websockets.asyncio.client import connect

from goodterms.adapters.asterisk.instance import AsteriskInstance
from goodterms.kit.clock import Clock


@dataclass
class FarCall:
    """One INVITE that reached the carrier: its number, and what became of it there.

    ``hung_up_at``: a CANCEL or BYE arrived, or the call ended there by itself.
    """

    number: str
    invited_at: datetime
    answered_at: datetime | None = None
    hung_up_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass
class FarEnd:
    """Listens to everything on the carrier. A retransmitted INVITE makes no second call."""

    clock: Clock
    calls: dict[str, FarCall] = field(default_factory=dict)
    listening: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, carrier: AsteriskInstance) -> None:
        """Listen until cancelled; events are a module the carrier itself has no use for."""
        await carrier.rx("module load res_ari_events.so")
        secret = f"{carrier.ari_user}:{carrier.ari_password}"
        url = f"{carrier.ari_url.replace('http', 'ws', 1)}/events"
        query = f"?app=far-end&subscribeAll=true&api_key={secret}"
        async with connect(url + query, compression=None, proxy=None, max_queue=None) as socket:
            self.listening.set()
            async for text in socket:
                self.hear(json.loads(text))

    def hear(self, event: dict[str, Any]) -> None:
        """Take an event of the carrier."""
        channel = event.get("channel", {})
        now = self.clock.now()
        if event["type"] == "ChannelCreated":
            number = channel["dialplan"]["exten"]
            if number.removeprefix("+").isdecimal():
                self.calls[channel["id"]] = FarCall(number, now)
            return
        call = self.calls.get(channel.get("id", ""))
        if call is None:
            return
        if event["type"] == "ChannelStateChange" and channel["state"] == "Up":
            call.answered_at = call.answered_at or now
        elif event["type"] == "ChannelHangupRequest":
            call.hung_up_at = call.hung_up_at or now
        elif event["type"] == "ChannelDestroyed":
            call.ended_at = now
            call.hung_up_at = call.hung_up_at or now

    def invites(self) -> Counter[str]:
        """Count the calls that reached each number."""
        return Counter(call.number for call in self.calls.values())

    def live(self) -> list[FarCall]:
        """Return the calls that have not ended."""
        return [call for call in self.calls.values() if call.ended_at is None]
