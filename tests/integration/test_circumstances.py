"""Recorded facts that bear on contact, on a real PostgreSQL."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from tests.fakes.people import NOW, World

from goodterms.accounts.decide import VERIFIED
from goodterms.accounts.model import (
    Channel,
    ConsentState,
    HoldKind,
    Purpose,
    RecordedCircumstance,
    Restriction,
)
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres


@pytest.fixture
async def world(pool: Pool) -> World:
    return await World(pool).build()


async def _record(world: World, kind: str, **values: Any) -> RecordedCircumstance:
    values = {"source": "on the telephone", "actor": "person:1", "now": NOW, **values}
    async with transaction(world.pool) as conn:
        return await world.accounts.record_circumstance(conn, world.consumers[0], kind, **values)


async def test_a_wish_is_recorded_told_and_ended(world: World) -> None:
    """A preference withdraws planned contact at once, and stays on record after its end."""
    noon = await _record(world, "inconvenient_time", data={"from": "12:00", "until": "14:00"})
    assert noon.release_rule == "the consumer says otherwise"
    assert (noon.held_on, noon.held_at) == (NOW.date(), NOW)
    assert [(e.restriction, e.account_id) for e in world.told] == [(Restriction.PREFERENCE, None)]
    async with transaction(world.pool) as conn:
        with pytest.raises(Refusal, match="Say why"):
            await world.accounts.end_circumstance(conn, noon.id, reason=" ", actor="x", now=NOW)
        ended = await world.accounts.end_circumstance(
            conn, noon.id, reason="works nights no more", actor="person:2", now=NOW
        )
        assert (ended.ended_by, ended.end_reason) == ("person:2", "works nights no more")
        with pytest.raises(Conflict):
            await world.accounts.end_circumstance(conn, noon.id, reason="x", actor="x", now=NOW)
        listed = await world.accounts.circumstances(conn, world.consumers[0])
        in_force = await world.accounts.circumstances(conn, world.consumers[0], ended=False)
        assert (listed, in_force) == ([ended], [])
        assert await world.kinds(conn) == ["circumstance.recorded", "circumstance.ended"]


async def test_a_fact_is_recorded_once(world: World) -> None:
    """A request repeated gets the record that is there, and nobody is told twice."""
    first = await _record(world, "only_place", data={"place": "mobile"})
    assert await _record(world, "only_place", data={"place": "mobile"}) == first
    assert len(world.told) == 1


async def test_the_newest_check_of_a_number_is_in_force(world: World) -> None:
    """A newer check ends the older; one that comes in late is kept as history."""
    point = world.points[0]
    old = await _record(
        world, "number_check", contact_point_id=point, data={"result": "not_reassigned"},
        at=NOW - timedelta(days=9),
    )  # fmt: skip
    new = await _record(
        world, "number_check", contact_point_id=point, data={"result": "reassigned"},
        at=NOW - timedelta(days=1),
    )  # fmt: skip
    late = await _record(
        world, "number_check", contact_point_id=point, data={"result": "not_reassigned"},
        at=NOW - timedelta(days=5),
    )  # fmt: skip
    async with world.pool.connection() as conn:
        in_force = await world.accounts.circumstances(conn, world.consumers[0], ended=False)
        assert in_force == [new]
        assert (await world.accounts.circumstance(conn, old.id)).end_reason
    assert late.ended_at == NOW
    assert [e.contact_point_id for e in world.told] == [point]


async def test_what_is_somebody_elses_is_refused(world: World) -> None:
    """A fact about another person's account or number, or an unknown one, is not recorded."""
    for values in ({"account_id": world.debts[1]}, {"account_id": 10**12}):
        with pytest.raises(NotFound):
            await _record(world, "dispute", data={"written": True}, **values)
    with pytest.raises(NotFound):
        await _record(world, "line_check", contact_point_id=world.points[1])
    with pytest.raises(Refusal, match="Say who"):
        await _record(world, "vulnerability", source=" ")
    with pytest.raises(NotFound):
        async with transaction(world.pool) as conn:
            await world.accounts.end_circumstance(conn, 1, reason="x", actor="x", now=NOW)


async def test_a_verification_releases_the_hold_of_its_dispute(world: World) -> None:
    """When verification is sent the hold that waited for it ends; one for another cause stays."""
    debt = world.debts[0]
    async with transaction(world.pool) as conn:
        for account, rule in ((debt, VERIFIED), (None, "a supervisor has reviewed it")):
            await world.accounts.place_hold(
                conn, world.consumers[0], account, HoldKind.DISPUTED,
                source="letter", release_rule=rule, actor="person:1", now=NOW,
            )  # fmt: skip
    await _record(world, "verification", account_id=debt, data={"medium": "letter"})
    async with world.pool.connection() as conn:
        holds = await world.accounts.holds(conn, world.consumers[0])
    assert {(hold.account_id, hold.released_at) for hold in holds} == {(None, None), (debt, NOW)}


async def test_the_date_is_where_the_consumer_lives(world: World) -> None:
    """What became true late in the evening holds for that day there, not for tomorrow's by UTC."""
    async with transaction(world.pool) as conn:
        await conn.execute("UPDATE accounts.consumer SET address_zones = '{America/Denver}'")
    evening = NOW.replace(hour=3)
    one = await _record(world, "vulnerability", at=evening)
    assert one.held_on == date(2026, 11, 22)


async def test_a_consent_has_a_purpose_and_a_giver(world: World) -> None:
    """An agreement to more than the channel is its own record; taking it back is told."""
    consumer = world.consumers[0]
    async with transaction(world.pool) as conn:
        given = await world.accounts.record_consent(
            conn, consumer, None, Channel.SMS, ConsentState.GRANTED, purpose=Purpose.AUTOMATED,
            direct=False, source="creditor's application form", actor="key:1", now=NOW,
        )  # fmt: skip
        assert (given.purpose, given.direct) == (Purpose.AUTOMATED, False)
        await world.accounts.record_consent(
            conn, consumer, None, Channel.SMS, ConsentState.REVOKED, purpose=Purpose.AUTOMATED,
            source="text", actor="key:1", now=NOW,
        )  # fmt: skip
    assert [e.restriction for e in world.told] == [Restriction.OPT_OUT]
