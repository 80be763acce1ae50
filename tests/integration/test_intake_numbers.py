"""Files about numbers, on a real PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.people import NOW, World

from goodterms.accounts.model import ConsentState
from goodterms.intake.service.numbers import NumberImport
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Pool

pytestmark = pytest.mark.postgres

FILE = """number,result,checked_on,do_not_call
+12125550100,no,2026-11-20,
+12125550101,yes,2026-11-20,
+12125550101,,,yes
+12125559999,no,2026-11-20,
nonsense,no,,
"""


async def test_a_file_of_checks_and_stops_is_taken_in(pool: Pool, tmp_path: Path) -> None:
    """Checks and stops are recorded for whoever has the number; the rest is kept with reasons."""
    world = await World(pool).build()
    path = tmp_path / "numbers.csv"
    path.write_text(FILE, encoding="utf-8")
    taken = NumberImport(pool, SetClock(NOW), world.accounts)
    report = await taken.import_file(path, actor="system:cli")
    assert (report.read, report.recorded, report.refused) == (5, 3, 2)
    refused = (tmp_path / "numbers.refused.csv").read_text(encoding="utf-8")
    assert "Nobody on record has +12125559999." in refused
    async with pool.connection() as conn:
        [good] = await world.accounts.circumstances(conn, world.consumers[0])
        [bad] = await world.accounts.circumstances(conn, world.consumers[1])
        [word] = await world.accounts.consents(conn, world.consumers[1])
    assert (good.data, good.held_on.isoformat()) == ({"result": "not_reassigned"}, "2026-11-20")
    assert (bad.data, bad.source) == ({"result": "reassigned"}, "file numbers.csv")
    assert (word.state, word.contact_point_id) == (ConsentState.REVOKED, world.points[1])
    assert {event.contact_point_id for event in world.told} == {world.points[1]}


async def test_a_stale_list_changes_nothing(pool: Pool, tmp_path: Path) -> None:
    """A list with older dates than what is on file is history; a no is no consent."""
    world = await World(pool).build()
    taken = NumberImport(pool, SetClock(NOW), world.accounts)
    for name, row in (
        ("new", "+12125550100,yes,2026-11-20,yes"),
        ("old", "+12125550100,no,2026-10-01,no"),
    ):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"number,result,checked_on,do_not_call\n{row}\n", encoding="utf-8")
        await taken.import_file(path, actor="system:cli")
    async with pool.connection() as conn:
        [fact] = await world.accounts.circumstances(conn, world.consumers[0], ended=False)
        words = await world.accounts.consents(conn, world.consumers[0])
    assert fact.data == {"result": "reassigned"}
    assert [word.state for word in words] == [ConsentState.REVOKED]
