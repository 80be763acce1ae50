"""The accounts domain on a real PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes.people import NOW, World

from goodterms.accounts.model import (
    AccountFilter,
    AccountStatus,
    Channel,
    ConsentState,
    ContactRestricted,
    HoldKind,
    PointStatus,
    Restriction,
)
from goodterms.accounts.service import AccountService
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.events import Bus
from goodterms.kit.sql import Connection, Pool, transaction

pytestmark = pytest.mark.postgres


@pytest.fixture
async def world(pool: Pool) -> World:
    return await World(pool).build()


async def test_a_hold_is_recorded_and_told_in_its_transaction(world: World) -> None:
    """Placing a hold records it once, tells the upper domains, and writes the timeline."""
    service = world.accounts
    async with transaction(world.pool) as conn:
        for _ in range(2):
            hold = await service.place_hold(
                conn, world.consumers[0], world.debts[0], HoldKind.DISPUTED,
                source="call", release_rule="answered", actor="person:1", now=NOW,
            )  # fmt: skip
        assert await service.holds(conn, world.consumers[0]) == [hold]
        assert await world.kinds(conn) == ["hold.placed"]
    assert [(e.restriction, e.account_id) for e in world.told] == [
        (Restriction.HOLD, world.debts[0])
    ]


async def test_a_hold_is_released_once_and_with_a_reason(world: World) -> None:
    """A release needs a reason, keeps the hold on record, and cannot happen twice."""
    service = world.accounts
    async with transaction(world.pool) as conn:
        hold = await service.place_hold(
            conn, world.consumers[0], None, HoldKind.HARDSHIP,
            source="letter", release_rule="after 60 days", actor="person:1", now=NOW,
        )  # fmt: skip
        with pytest.raises(Refusal, match="Say why"):
            await service.release_hold(conn, hold.id, actor="person:2", reason=" ", now=NOW)
        done = await service.release_hold(conn, hold.id, actor="person:2", reason="over", now=NOW)
        assert (done.released_at, done.released_by) == (NOW, "person:2")
        with pytest.raises(Conflict):
            await service.release_hold(conn, hold.id, actor="person:2", reason="over", now=NOW)


async def test_a_hold_on_somebody_elses_account_is_refused(world: World) -> None:
    """An account is only held together with the person who owes it."""
    async with transaction(world.pool) as conn:
        with pytest.raises(NotFound):
            await world.accounts.place_hold(
                conn, world.consumers[0], world.debts[1], HoldKind.FRAUD,
                source="x", release_rule="x", actor="x", now=NOW,
            )  # fmt: skip


async def test_an_opt_out_is_told_and_a_consent_is_not(world: World) -> None:
    """Taking consent back withdraws contact; granting it restricts nothing."""
    service, consumer = world.accounts, world.consumers[0]
    async with transaction(world.pool) as conn:
        for state in (ConsentState.GRANTED, ConsentState.REVOKED):
            await service.record_consent(
                conn, consumer, world.points[0], Channel.CALL, state,
                source="call", actor="person:1", now=NOW,
            )  # fmt: skip
        assert [c.state for c in await service.consents(conn, consumer)] == ["granted", "revoked"]
    assert [(e.restriction, e.contact_point_id) for e in world.told] == [
        (Restriction.OPT_OUT, world.points[0])
    ]


async def test_a_wrong_number_is_marked_and_told(world: World) -> None:
    """A number marked wrong is left alone from the same transaction on."""
    async with transaction(world.pool) as conn:
        point = await world.accounts.mark_point(
            conn, world.points[1], PointStatus.WRONG, source="call", actor="person:1", now=NOW
        )
        assert point.status is PointStatus.WRONG
        assert await world.kinds(conn) == ["contact_point.wrong"]
    assert world.told[0].contact_point_id == world.points[1]


async def test_a_recall_is_told_once(world: World) -> None:
    """A recalled account withdraws its contact; recalling it again changes nothing."""
    async with transaction(world.pool) as conn:
        for expected in (True, False):
            changed = await world.accounts.set_status(
                conn, world.debts[0], AccountStatus.RECALLED, now=NOW
            )
            assert changed is expected
    assert [e.restriction for e in world.told] == [Restriction.CLOSED]


async def test_nothing_is_told_of_what_was_rolled_back(world: World) -> None:
    """An error in a subscriber undoes the hold itself."""

    async def fail(conn: Connection, event: ContactRestricted) -> None:
        raise RuntimeError("upper domain failed")

    bus = Bus()
    bus.subscribe(ContactRestricted, fail)
    service = AccountService(bus)
    with pytest.raises(RuntimeError):
        async with transaction(world.pool) as conn:
            await service.place_hold(
                conn, world.consumers[0], None, HoldKind.CEASE,
                source="x", release_rule="x", actor="x", now=NOW,
            )  # fmt: skip
    async with world.pool.connection() as conn:
        assert await service.holds(conn, world.consumers[0]) == []


async def test_the_account_lock_makes_others_wait(world: World) -> None:
    """Whoever holds a person's lock is alone with all this person's accounts."""
    async with transaction(world.pool) as first:
        assert await world.accounts.lock_of_account(first, world.debts[0]) == world.consumers[0]

        async def second() -> None:
            async with transaction(world.pool) as conn:
                await world.accounts.lock(conn, world.consumers[0])

        waiting = asyncio.create_task(second())
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
    await waiting


async def test_search_finds_people_by_what_is_known(world: World) -> None:
    """Name, beginning of a reference, and telephone number all lead to the account."""
    service = world.accounts
    async with world.pool.connection() as conn:
        for text in ("quill", "Ada Quill", "quill, ada", "A-0", "C0", "(212) 555-0100"):
            page = await service.search(conn, text)
            assert [row.reference for row in page.rows] == ["A-0"], text
        assert (await service.search(conn, "q%l")).rows == ()


async def test_the_list_pages_in_order_of_name(world: World) -> None:
    """Pages follow each other without gaps; a filter narrows them."""
    service = world.accounts
    async with transaction(world.pool) as conn:
        first = await service.search(conn, limit=1)
        second = await service.search(conn, limit=1, after=first.next)
        names = [row.consumer_name for row in (*first.rows, *second.rows)]
        assert names == ["Ben Quarry", "Ada Quill"]
        assert second.next is None
        await service.place_hold(
            conn, world.consumers[1], None, HoldKind.CEASE,
            source="x", release_rule="x", actor="x", now=NOW,
        )  # fmt: skip
        held = await service.search(conn, filters=AccountFilter(held=True))
        assert [(r.reference, r.holds) for r in held.rows] == [("A-1", (HoldKind.CEASE,))]
        with pytest.raises(Refusal, match="begin again"):
            await service.search(conn, after="nonsense")


async def test_notes_are_kept_newest_first(world: World) -> None:
    """A note needs words and is on the timeline."""
    async with transaction(world.pool) as conn:
        consumer = world.consumers[0]
        for body in ("first", "second"):
            await world.accounts.add_note(conn, consumer, None, body, actor="person:1", now=NOW)
        assert [n.body for n in await world.accounts.notes(conn, consumer)] == ["second", "first"]
        with pytest.raises(Refusal):
            await world.accounts.add_note(conn, consumer, None, "  ", actor="person:1", now=NOW)
