"""Whatever the file: every row is taken in or refused, and importing twice is importing once."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodterms.accounts.service import AccountService
from goodterms.intake.model import Counts
from goodterms.intake.service import IntakeService
from goodterms.kit.clock import SetClock
from goodterms.kit.events import Bus
from goodterms.kit.sql import make_pool
from goodterms.ledger.service import LedgerService

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HEADER = ["creditor", "account", "consumer", "name", "balance", "due", "phone", "hold", "opt_out"]
MESSY = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=8)
ROW = st.tuples(
    st.sampled_from(["H", "B", ""]),
    st.sampled_from(["1", "2", "3", "4"]) | MESSY,
    st.sampled_from(["C1", "C2", ""]),
    st.sampled_from(["Ada Quill", "Ben Quarry"]) | MESSY,
    st.sampled_from(["10.00", "0", "7.5", "-1", "1,000.00"]) | MESSY,
    st.sampled_from(["2026-01-31", "2026-02-30", "1/31/2026"]),
    st.sampled_from(["", "2125550101", "+1 917 555 0102"]) | MESSY,
    st.sampled_from(["", "cease", "disputed", "other"]),
    st.sampled_from(["", "yes", "sms", "no"]),
)
EMPTY = (
    "TRUNCATE accounts.creditor, accounts.placement, accounts.consumer, accounts.account,"
    " accounts.contact_point, accounts.consent, accounts.hold, accounts.event, intake.run,"
    " ledger.entry, ledger.posting, ledger.balance CASCADE"
)
STATE = (
    "SELECT (SELECT count(*) FROM ledger.posting), (SELECT coalesce(sum(total), 0) FROM"
    " ledger.balance), (SELECT count(*) FROM accounts.account), (SELECT count(*) FROM"
    " accounts.contact_point), (SELECT count(*) FROM accounts.hold), (SELECT count(*) FROM"
    " accounts.consent), (SELECT count(*) FROM accounts.event)"
)


def _lines(path: str | None) -> int:
    """Count the rows below the header of a CSV file whose cells may hold line breaks."""
    if path is None:
        return 0
    with Path(path).open(encoding="utf-8", newline="") as text:
        return sum(1 for _ in csv.reader(text)) - 1


async def _import(url: str, path: Path, chunk: int) -> tuple[Counts, str | None, list[str]]:
    async with make_pool(url, size=3) as pool:
        bus = Bus()
        accounts = AccountService(bus)
        ledger = LedgerService(accounts, bus)
        intake = IntakeService(pool, SetClock(NOW), accounts, ledger)
        report = await intake.import_file(path, actor="x", chunk_rows=chunk)
        async with pool.connection() as conn:
            return report.counts, report.refused_file, await ledger.check(conn)


@given(rows=st.lists(ROW, min_size=1, max_size=12), chunk=st.integers(1, 5))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_row_meets_one_end_and_twice_is_once(
    database_url: str, rows: list[tuple[str, ...]], chunk: int
) -> None:
    """Accepted and refused rows add up; the second import changes no table but its own."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(EMPTY)

        def state() -> Any:
            return conn.execute(STATE).fetchone()

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            with path.open("w", newline="", encoding="utf-8") as out:
                csv.writer(out, quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])
            counts, refused, faults = asyncio.run(_import(database_url, path, chunk))
            assert faults == []
            assert counts.new + counts.updated + counts.unchanged + counts.refused == counts.read
            assert _lines(refused) == counts.refused
            before = state()
            again, _, faults = asyncio.run(_import(database_url, path, chunk))
            assert faults == []
            assert (again.new, again.refused) == (0, counts.refused)
            assert state()[:6] == before[:6]
