"""What the worker does for other systems in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from goodterms.integration.service import IntegrationService
from goodterms.kit.clock import Clock
from goodterms.kit.wake import Topic, Wake

TICK_SECONDS = 1.0


async def fan_out(service: IntegrationService, clock: Clock) -> None:
    """Turn all new events into deliveries."""
    while await service.fan_out(now=clock.now()):
        pass


async def deliver_due(service: IntegrationService) -> None:
    """Deliver what waits and may be tried now."""
    await service.deliver_due()


async def forget_old(service: IntegrationService, clock: Clock) -> None:
    """Forget what nobody will ask for again; once a day is enough."""
    await service.forget_old(now=clock.now())


async def tell(service: IntegrationService, clock: Clock, waking: AsyncIterator[Wake]) -> None:
    """Tell hosts and webhooks what happens, until cancelled.

    Wake-ups make it quick; without them it looks every second, so that retries are made and
    nothing waits for an event that a lost wake-up announced.
    """
    news = asyncio.Event()

    async def listen() -> None:
        async for wake in waking:
            if wake.topic in (Topic.EVENT, Topic.RESYNC):
                news.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listen())
        while True:
            await fan_out(service, clock)
            await deliver_due(service)
            news.clear()
            try:
                async with asyncio.timeout(TICK_SECONDS):
                    await news.wait()
            except TimeoutError:
                continue
