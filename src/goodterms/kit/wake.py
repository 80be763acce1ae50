"""Wake-ups between processes by NOTIFY. They carry no truth: whoever wakes reads the tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

import structlog

from goodterms.kit import plainjson
from goodterms.kit.sql import DATABASE_AWAY, Connection, connect

log = structlog.get_logger(__name__)


class Topic(StrEnum):
    """What may have changed."""

    ATTEMPT = "attempt"
    REQUEST = "request"
    AGENT = "agent"
    CAMPAIGN = "campaign"
    DUE = "due"
    PAYMENT = "payment"
    HOLD = "hold"
    IMPORT = "import"
    BACKTEST = "backtest"
    EVENT = "event"
    CANCEL = "cancel"
    RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class Wake:
    """A topic and the id it concerns, if one; RESYNC means: wake-ups may have been missed."""

    topic: Topic
    id: str | None = None


async def notify(conn: Connection, topic: Topic, subject: str | int | None = None) -> None:
    """Wake the listeners when the caller's transaction commits."""
    text = plainjson.dumps([topic.value, None if subject is None else str(subject)])
    await conn.execute("SELECT pg_notify('goodterms', %s)", (text,))


async def wakes(url: str, *, name: str, retry_seconds: float = 0.5) -> AsyncIterator[Wake]:
    """Yield wake-ups forever; yields RESYNC first and after each lost connection."""
    while True:
        try:
            async with await connect(url, name=name) as conn:
                await conn.execute("LISTEN goodterms")
                yield Wake(Topic.RESYNC)
                async for notice in conn.notifies():
                    topic, subject = plainjson.loads(notice.payload)
                    yield Wake(Topic(topic), subject)
        except DATABASE_AWAY as error:
            log.warning("wake.lost", error=str(error))
            await asyncio.sleep(retry_seconds)
