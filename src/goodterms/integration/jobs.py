"""What the worker does for other systems in the background."""

from __future__ import annotations

from goodterms.integration.model import Told
from goodterms.integration.service import IntegrationService
from goodterms.kit.clock import Clock


async def tell(service: IntegrationService, clock: Clock) -> Told:
    """Turn all new events into deliveries and deliver what may be tried now; run each second."""
    while await service.fan_out(now=clock.now()):
        pass
    return await service.deliver_due()


async def forget_old(service: IntegrationService, clock: Clock) -> None:
    """Forget what nobody will ask for again; once an hour is enough."""
    await service.forget_old(now=clock.now())
