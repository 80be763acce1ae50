"""What the demo starts from: automatic agents, caller IDs, trunk and campaign."""

from __future__ import annotations

from decimal import Decimal

from goodterms.access.model import Person, Role
from goodterms.app.compose import Services
from goodterms.campaigns.model import Campaign, Members
from goodterms.compliance.model import CallerId
from goodterms.dialing.model import Trunk

ACTOR = "system:demo"
TRUNK = "carrier"
ENDPOINT = "PJSIP/{number}@carrier"
CALLER_IDS = ("+12025550190", "+13125550191", "+14155550192")
"""Numbers the demo's organisation owns: fictional ones, registered with a made-up proof."""

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Elif", "Finn", "Gwen", "Hugo", "Ines", "Jon", "Kai", "Lena")
SETTINGS = {
    "mode": "ratio",
    "ratio": "1.3",
    "max_concurrent": 24,
    "max_per_second": "4",
    "trunk": TRUNK,
    "caller_ids": CALLER_IDS,
    "ring_seconds": 20,
    "amd": False,
    "max_attempts": 4,
    "rest_days": 3,
    "retry": {
        "busy": {"after_seconds": 900, "at_most": 2},
        "no_answer": {"after_seconds": 14400, "at_most": 3},
        "congested": {"after_seconds": 600, "at_most": 2},
        "unavailable": {"after_seconds": 14400, "at_most": 2},
        "machine": {"after_seconds": 14400, "at_most": 2},
    },
}


async def seed_people(parts: Services, agents: int) -> list[Person]:
    """Create the automatic agents; who signs in with one click is created then."""
    now = parts.clock.now()
    automatic = []
    async with parts.transaction() as conn:
        for number in range(agents):
            name = f"{NAMES[number % len(NAMES)]} Demo"
            person = await parts.access.create_person(
                conn, f"demo-{number:02}", name, (Role.AGENT,), None, automatic=True, now=now
            )
            automatic.append(person)
    return automatic


async def seed_network(parts: Services) -> None:
    """Register the trunk and the numbers that may be shown."""
    now = parts.clock.now()
    async with parts.transaction() as conn:
        await parts.dialing.add_trunk(
            conn, Trunk(TRUNK, ENDPOINT, max_concurrent=60, max_per_second=Decimal(10))
        )
        for number in CALLER_IDS:
            owned = CallerId(
                number, parts.settings.organisation, "demo: number of the simulated carrier",
                TRUNK, "A", active=True,
            )  # fmt: skip
            await parts.compliance.callers.add(conn, owned, actor=ACTOR, now=now)
        await parts.compliance.store_rulebook(conn, now=now)


async def seed_campaign(parts: Services) -> Campaign:
    """Create the demo's campaign, fill its list and start it."""
    now = parts.clock.now()
    async with parts.transaction() as conn:
        campaign = await parts.campaigns.create(
            conn, "Everybody overdue", Members(), SETTINGS, actor=ACTOR, now=now
        )
    async with parts.pool.connection() as conn:
        await parts.campaigns.refresh(conn, campaign.id, now=now)
    async with parts.transaction() as conn:
        return await parts.campaigns.start(conn, campaign.id, actor=ACTOR, now=now)


async def sign_in_agents(parts: Services, automatic: list[Person]) -> None:
    """Sign the automatic agents in; each has a telephone in the simulated network."""
    now = parts.clock.now()
    async with parts.transaction() as conn:
        for number, person in enumerate(automatic):
            endpoint = f"PJSIP/demo-agent-{number:02}@agents"
            await parts.routing.sign_in(conn, person, endpoint, now=now)
