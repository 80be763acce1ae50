"""The organisation's licences, on a real PostgreSQL."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.fakes.people import NOW, World

from goodterms.accounts.model import Channel
from goodterms.compliance.model import ProposedContact
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres


async def _seen(world: World, service: ComplianceService, at: int = 0) -> tuple[str, ...]:
    contact = ProposedContact(
        "att_1", world.consumers[0], (world.debts[0],), world.points[0], "+12125550100",
        Channel.CALL,
    )  # fmt: skip
    async with world.pool.connection() as conn:
        verdict = await service.preview(conn, contact, now=NOW + timedelta(days=at))
    return verdict.facts.licences


async def test_the_gate_sees_the_licences_in_force(pool: Pool) -> None:
    """A licence is among the facts from its recording to its last day or its end."""
    world, service = await World(pool).build(), ComplianceService(load_rulebook())
    async with transaction(pool) as conn:
        for place, until in (("us-nyc", None), ("US-WA", date(2026, 12, 1))):
            await service.add_licence(conn, place, "No 7", until, actor="person:1", now=NOW)
    assert await _seen(world, service) == ("US-NYC", "US-WA")
    assert await _seen(world, service, at=30) == ("US-NYC",)
    async with transaction(pool) as conn:
        newer = await service.add_licence(conn, "US-NYC", "No 8", None, actor="person:1", now=NOW)
        await service.end_licence(conn, newer.id, reason="given back", actor="person:1", now=NOW)
        listed = [(one.place, one.number, one.end_reason) for one in await service.licences(conn)]
    assert listed == [
        ("US-WA", "No 7", None),
        ("US-NYC", "No 7", "a new one was recorded"),
        ("US-NYC", "No 8", "given back"),
    ]
    assert await _seen(world, service) == ("US-WA",)


async def test_a_licence_that_says_nothing_is_refused(pool: Pool) -> None:
    """A place that is none, a missing number, a last day that is over: each is named."""
    service = ComplianceService(load_rulebook())
    async with transaction(pool) as conn:
        for place, number, until, field in (
            ("Narnia", "1", None, "place"),
            ("", "1", None, "place"),
            ("US-MA", " ", None, "number"),
            ("US-MA", "1", date(2026, 11, 1), "valid_until"),
        ):
            with pytest.raises(Refusal) as refused:
                await service.add_licence(conn, place, number, until, actor="x", now=NOW)
            assert refused.value.field == field
        with pytest.raises(NotFound):
            await service.end_licence(conn, 1, reason="x", actor="x", now=NOW)
