"""Background entry points of campaigns."""

from __future__ import annotations

from goodterms.campaigns.service import CampaignService
from goodterms.kit.clock import Clock
from goodterms.kit.sql import Pool


async def refresh_running(pool: Pool, campaigns: CampaignService, clock: Clock) -> int:
    """Refresh every running campaign; return how many there were."""
    async with pool.connection() as conn:
        return len(await campaigns.refresh_running(conn, now=clock.now()))
