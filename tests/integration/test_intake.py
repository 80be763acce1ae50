"""Importing files and upserting accounts on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from goodterms.accounts.model import (
    AccountStatus,
    Channel,
    ConsentState,
    ContactRestricted,
    HoldKind,
    PointStatus,
    Restriction,
    StagedOutcome,
)
from goodterms.accounts.service import AccountService
from goodterms.intake.model import (
    REFUSED_BECAUSE,
    AccountUpsert,
    Counts,
    ImportReport,
    PhoneEntry,
    Progress,
    RunState,
)
from goodterms.intake.service import IntakeService
from goodterms.kit.clock import SetClock
from goodterms.kit.errors import Refusal
from goodterms.kit.events import Bus
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.ledger.model import Book, Entry, EntryKind
from goodterms.ledger.service import LedgerService

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HEADER = [
    "Creditor", "Creditor Name", "Account No.", "Customer ID", "First Name", "Last Name", "ZIP",
    "Phone", "Mobile Phone", "E-mail", "Principal", "Interest", "Due Date", "Hold", "Opt Out",
    "Consent Call",
]  # fmt: skip


def row(account: str, customer: str, **changes: str) -> list[str]:
    values = {
        "Creditor": "HILL", "Creditor Name": "Hill Hospital", "Account No.": account,
        "Customer ID": customer, "First Name": "Ada", "Last Name": "Quill", "ZIP": "10001",
        "Phone": "(212) 555-0101", "Mobile Phone": "", "E-mail": "", "Principal": "100.00",
        "Interest": "5.50", "Due Date": "2026-06-30", "Hold": "", "Opt Out": "",
        "Consent Call": "",
    }  # fmt: skip
    values.update({key.replace("_", " "): value for key, value in changes.items()})
    return [values[name] for name in HEADER]


class World:
    """An intake that remembers what restricted contact."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.pool, self.folder = pool, folder
        self.told: list[ContactRestricted] = []
        bus = Bus()
        bus.subscribe(ContactRestricted, self._hear)
        self.accounts = AccountService(bus)
        self.ledger = LedgerService(self.accounts, bus)
        self.clock = SetClock(NOW)
        self.intake = IntakeService(pool, self.clock, self.accounts, self.ledger)

    async def _hear(self, conn: Connection, event: ContactRestricted) -> None:
        self.told.append(event)

    def write(self, rows: Sequence[Sequence[str]], name: str = "file.csv") -> Path:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([HEADER, *rows])
        return path

    async def take(self, rows: Sequence[Sequence[str]], **options: Any) -> ImportReport:
        return await self.intake.import_file(self.write(rows), actor="person:1", **options)

    async def owed(self, reference: str, creditor: str = "HILL") -> Decimal:
        async with self.pool.connection() as conn:
            account = await self.accounts.find_account(conn, creditor, reference)
            return (await self.ledger.balance(conn, account.id)).total.amount

    async def count(self, table: str) -> int:
        async with self.pool.connection() as conn:
            found = await (
                await conn.execute(f"SELECT count(*) AS n FROM {table}".encode())
            ).fetchone()
        return int((found or {"n": 0})["n"])

    async def faults(self) -> list[str]:
        async with self.pool.connection() as conn:
            return await self.ledger.check(conn)


@pytest.fixture
def world(pool: Pool, tmp_path: Path) -> World:
    return World(pool, tmp_path)


async def test_a_file_becomes_people_debts_numbers_and_money(world: World) -> None:
    """Two debts of one person become one consumer, two accounts, and a balanced ledger."""
    report = await world.take(
        [
            row("A1", "C1", Mobile_Phone="917.555.0102"),
            row("A2", "C1", Principal="20", Interest="", **{"E-mail": "Ada@Example.org"}),
        ]
    )
    assert report.counts == Counts(read=2, new=2)
    assert report.refused_file is None
    async with world.pool.connection() as conn:
        first = await world.accounts.find_account(conn, "HILL", "A1")
        person = await world.accounts.consumer(conn, first.consumer_id)
        assert (person.name, person.address_zones) == ("Ada Quill", ("America/New_York",))
        assert len(await world.accounts.accounts_of(conn, person.id)) == 2
        points = await world.accounts.contact_points(conn, person.id)
        assert {(p.kind, p.value, p.label) for p in points} == {
            ("phone", "+12125550101", "home"),
            ("phone", "+19175550102", "mobile"),
            ("email", "ada@example.org", "other"),
        }
        assert points[0].zones == ("America/New_York",)
        balance = await world.ledger.balance(conn, first.id)
        assert balance.components == {
            Book.PRINCIPAL: Money.of("100"), Book.INTEREST: Money.of("5.50")
        }  # fmt: skip
    assert await world.owed("A2") == Decimal("20.00")
    assert await world.faults() == []


async def test_the_same_file_again_changes_nothing(world: World) -> None:
    """An identical row is unchanged: no money, no number, no event is doubled."""
    rows = [
        row("A1", "C1", Hold="disputed", Opt_Out="sms"),
        row("A2", "C2", Consent_Call="yes"),
    ]
    await world.take(rows)
    tables = ("ledger.posting", "accounts.contact_point", "accounts.event", "accounts.hold",
              "accounts.consent", "accounts.consumer", "accounts.placement")  # fmt: skip
    before = [await world.count(table) for table in tables]
    world.clock.advance(86400)
    assert (await world.take(rows)).counts == Counts(read=2, unchanged=2)
    assert [await world.count(table) for table in tables] == before


async def test_a_changed_row_updates_and_adjusts_the_balance(world: World) -> None:
    """A new sum becomes an adjustment of the difference, and a lower one stops contact."""
    await world.take([row("A1", "C1"), row("A2", "C2")])
    report = await world.take(
        [row("A1", "C1", Principal="80.00"), row("A2", "C2", Last_Name="Quince")]
    )
    assert report.counts == Counts(read=2, updated=2)
    assert await world.owed("A1") == Decimal("85.50")
    assert [event.restriction for event in world.told] == [Restriction.PAYMENT]
    assert await world.faults() == []


async def test_nothing_owed_any_more_closes_the_account(world: World) -> None:
    """A row that states zero makes the account paid; a sum again makes it active."""
    await world.take([row("A1", "C1")])
    await world.take([row("A1", "C1", Principal="0", Interest="0.00")])
    async with world.pool.connection() as conn:
        account = await world.accounts.find_account(conn, "HILL", "A1")
        assert account.status is AccountStatus.PAID
    assert world.told[-1].restriction is Restriction.CLOSED
    await world.take([row("A1", "C1", Principal="7")])
    async with world.pool.connection() as conn:
        account = await world.accounts.find_account(conn, "HILL", "A1")
        assert account.status is AccountStatus.ACTIVE
    assert await world.owed("A1") == Decimal("12.50")
    assert await world.faults() == []


async def test_a_stale_file_does_not_undo_a_payment(world: World) -> None:
    """A file that repeats the sum stated before says nothing new about money."""
    await world.take([row("A1", "C1")])
    async with transaction(world.pool) as conn:
        account = await world.accounts.find_account(conn, "HILL", "A1")
        paid = Money.of("40")
        entry = Entry(
            account.id, EntryKind.PAYMENT, NOW.date(), "payment:1",
            {Book.PRINCIPAL: -paid, Book.CASH: paid}, "person:1",
        )  # fmt: skip
        await world.ledger.post(conn, [entry], now=NOW)
    assert (await world.take([row("A1", "C1")])).counts == Counts(read=1, unchanged=1)
    assert await world.owed("A1") == Decimal("65.50")
    await world.take([row("A1", "C1", Principal="60.00")])
    assert await world.owed("A1") == Decimal("65.50")
    assert await world.faults() == []


async def test_bad_rows_are_refused_with_their_reason(world: World) -> None:
    """Refused rows are written as they came, with a reason, and can be corrected and imported."""
    report = await world.take(
        [
            row("A1", "C1"),
            row("A2", "C2", Phone="12"),
            row("A3", "C3", Principal="-5"),
            row("A1", "C1", Principal="9"),
        ]
    )
    assert report.counts == Counts(read=4, new=1, refused=3)
    assert report.refused_file == str(world.folder / "file.refused.csv")
    corrected = world.folder / "file.refused.csv"
    text = corrected.read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert [r["Account No."] for r in rows] == ["A2", "A3", "A1"]
    assert "'Phone': '12' is not a number in use" in rows[0][REFUSED_BECAUSE]
    assert "below zero" in rows[1][REFUSED_BECAUSE]
    assert "Row 2 of this file is about the same account" in rows[2][REFUSED_BECAUSE]

    corrected.write_text(text.replace(",12,", ",212-555-0177,").replace("-5", "5"), "utf-8")
    again = await world.intake.import_file(corrected, actor="person:1")
    assert again.counts == Counts(read=3, new=2, updated=1)
    assert again.ignored == ()


async def test_a_duplicate_far_apart_is_refused_too(world: World) -> None:
    """Within one file the first row about an account wins, in whatever chunk the other lies."""
    rows = [row(f"A{i}", f"C{i}") for i in range(7)] + [row("A0", "C0", Principal="999")]
    report = await world.take(rows, chunk_rows=2)
    assert report.counts == Counts(read=8, new=7, refused=1)
    assert await world.owed("A0") == Decimal("105.50")
    assert (await world.take(rows, chunk_rows=3)).counts == Counts(8, 0, 0, 7, 1)


async def test_contradictions_to_the_record_are_refused(world: World) -> None:
    """An import moves no debt to another person, changes no currency, invents no host."""
    await world.take([row("A1", "C1")])
    report = await world.take([row("A1", "C2")])
    assert "another consumer" in report.examples[0][1]
    assert (await world.take([row("A1", "C1")], mapping={"currency": "=EUR"})).counts.refused == 1
    report = await world.take([row("A9", "C9")], mapping={"host": "=legacy"})
    assert "No host system" in report.examples[0][1]


async def test_an_import_never_lifts_a_restriction(world: World) -> None:
    """Holds, opt-outs and wrong numbers on record survive every later file."""
    await world.take([row("A1", "C1", Hold="cease", Opt_Out="call")])
    async with transaction(world.pool) as conn:
        account = await world.accounts.find_account(conn, "HILL", "A1")
        person = account.consumer_id
        [point] = await world.accounts.contact_points(conn, person)
        await world.accounts.mark_point(
            conn, point.id, PointStatus.WRONG, source="call", actor="person:1", now=NOW
        )
    await world.take([row("A1", "C1", Consent_Call="yes", Principal="1")])
    async with world.pool.connection() as conn:
        [hold] = await world.accounts.holds(conn, person)
        assert (hold.kind, hold.account_id, hold.released_at) == (HoldKind.CEASE, None, None)
        [consent] = await world.accounts.consents(conn, person)
        assert (consent.channel, consent.state) == (Channel.CALL, ConsentState.REVOKED)
        [point] = await world.accounts.contact_points(conn, person)
        assert point.status is PointStatus.WRONG


async def test_a_hold_in_a_later_file_stops_contact(world: World) -> None:
    """A restriction that arrives with a file is told inside its transaction."""
    await world.take([row("A1", "C1"), row("A2", "C2")])
    assert world.told == []
    await world.take([row("A1", "C1", Hold="disputed"), row("A2", "C2", Opt_Out="yes")])
    assert {event.restriction for event in world.told} == {Restriction.HOLD, Restriction.OPT_OUT}


async def test_a_workbook_is_read_like_a_text_file(world: World) -> None:
    """Dates, numbers and ZIP codes without their zero come out of XLSX as they were meant."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["creditor", "account", "name", "zip", "phone", "balance", "due"])
    sheet.append(["HILL", 1001, "Ada Quill", 2139, 6175550101, 12.3, datetime(2026, 6, 30)])  # noqa: DTZ001 - workbooks have no zones
    path = world.folder / "book.xlsx"
    book.save(path)
    report = await world.intake.import_file(path, actor="person:1")
    assert report.examples == ()
    assert await world.owed("1001") == Decimal("12.30")
    async with world.pool.connection() as conn:
        account = await world.accounts.find_account(conn, "HILL", "1001")
        person = await world.accounts.consumer(conn, account.consumer_id)
        assert (account.due_on, person.postal_code) == (date(2026, 6, 30), "02139")


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ";"), ("utf-16", "\t"), ("cp1252", "|"), ("utf-8", ",")],
)
async def test_text_files_are_read_as_they_come(
    world: World, encoding: str, delimiter: str
) -> None:
    """Encoding and delimiter are found out."""
    lines = [
        ["creditor", "account", "name", "balance", "due"],
        ["HILL", "A1", "José Peña", "10.00", "06/30/2026"],
    ]
    path = world.folder / "f.txt"
    path.write_text("\r\n".join(delimiter.join(line) for line in lines), encoding=encoding)
    assert (await world.intake.import_file(path, actor="x")).counts.new == 1
    async with world.pool.connection() as conn:
        page = await world.accounts.search(conn, "peña")
    assert [r.consumer_name for r in page.rows] == ["José Peña"]


async def test_an_interrupted_import_is_continued_by_importing_again(world: World) -> None:
    """What was committed stays; the second run finishes without doubling anything."""
    rows = [row(f"A{i}", f"C{i % 5}") for i in range(12)]

    class Pulled(Exception):  # noqa: N818
        """Somebody pulled the plug."""

    def pull(progress: Progress) -> None:
        if progress.counts.read >= 6:
            raise Pulled

    with pytest.raises(Pulled):
        await world.take(rows, chunk_rows=3, progress=pull)
    there = await world.count("accounts.account")
    assert 6 <= there < 12
    report = await world.take(rows, chunk_rows=3)
    assert report.counts == Counts(read=12, new=12 - there, unchanged=there)
    async with world.pool.connection() as conn:
        second, first = await world.intake.runs(conn)
    assert (first.state, second.state) == (RunState.FAILED, RunState.DONE)
    assert await world.count("accounts.consumer") == 5
    assert await world.faults() == []


async def test_a_stopped_import_says_so(world: World) -> None:
    """Ctrl-C leaves a run that says how to go on."""
    rows = [row(f"A{i}", f"C{i}") for i in range(40)]
    started = asyncio.Event()
    task = asyncio.create_task(world.take(rows, chunk_rows=1, progress=lambda _: started.set()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with world.pool.connection() as conn:
        [run] = await world.intake.runs(conn)
    assert run.state is RunState.STOPPED
    assert "import the file again" in run.message.lower()


async def test_memory_holds_two_chunks_at_most(world: World) -> None:
    """However long the file, no more than the chunk being placed and the next one are read."""
    ahead = []

    def look(progress: Progress) -> None:
        ahead.append(progress.bytes_read)

    rows = [row(f"A{i:06}", f"C{i:06}", Hold="") for i in range(3000)]
    report = await world.take(rows, chunk_rows=100, progress=look)
    assert report.counts.new == 3000
    size = world.write(rows).stat().st_size
    # The reader's own buffer comes on top of the two chunks.
    for number, position in enumerate(ahead, start=1):
        assert position <= size * (number + 1) * 100 / 3000 + 64 * 1024


async def test_a_file_that_cannot_be_understood_is_refused_whole(world: World) -> None:
    """No such file, no header, no amounts: one sentence says what to do."""
    with pytest.raises(Refusal, match="no file"):
        await world.intake.import_file(world.folder / "none.csv", actor="x")
    path = world.folder / "bad.csv"
    path.write_text("creditor,account\nH,1\n", "utf-8")
    with pytest.raises(Refusal, match="no column for due_on, family_name"):
        await world.intake.import_file(path, actor="x")
    path = world.folder / "bad.xlsx"
    path.write_text("not a workbook", "utf-8")
    with pytest.raises(Refusal, match="cannot be opened"):
        await world.intake.import_file(path, actor="x")


def upsert(account: str = "A1", **changes: Any) -> AccountUpsert:
    values: dict[str, Any] = {
        "creditor": "HILL", "account": account, "consumer": "C1", "given_name": "Ada",
        "family_name": "Quill", "due_on": date(2026, 6, 30),
        "components": {Book.PRINCIPAL: Decimal("50.00")},
        "phones": (PhoneEntry("+12125550101", "mobile"),), "postal_code": "10001",
    }  # fmt: skip
    return AccountUpsert(**{**values, **changes})


async def test_a_program_places_and_updates_an_account(world: World) -> None:
    """Upserts keep the same rules as files: new, unchanged, updated, refused."""
    async with transaction(world.pool) as conn:

        async def send(**changes: Any) -> StagedOutcome | None:
            done = await world.intake.upsert(conn, upsert(**changes), actor="key:1", now=NOW)
            return done.outcome

        assert await send() is StagedOutcome.NEW
        assert await send() is StagedOutcome.UNCHANGED
        assert await send(description="Visit") is StagedOutcome.UPDATED
        assert await send(components={Book.PRINCIPAL: Decimal(70)}) is StagedOutcome.UPDATED
        with pytest.raises(Refusal, match="below zero"):
            await send(components={Book.PRINCIPAL: Decimal(-1)})
    assert await world.owed("A1") == Decimal("70.00")


async def test_a_batch_refuses_only_what_is_wrong(world: World) -> None:
    """Each account of a batch is answered by itself, in the order asked."""
    async with transaction(world.pool) as conn:
        results = await world.intake.upsert_many(
            conn, [upsert("A1"), upsert("A2", phones=(PhoneEntry("1"),)), upsert("A1")],
            actor="key:1", now=NOW,
        )  # fmt: skip
    assert [r.outcome for r in results] == [StagedOutcome.NEW, None, None]
    assert results[0].account_id is not None
    assert "phones" in results[1].because
    assert "same account" in results[2].because


async def test_the_portfolio_that_ships_is_taken_in(world: World) -> None:
    """2,000 accounts with their money, 25 refusals, and a second import that changes nothing."""
    shipped = Path(__file__).parents[2] / "examples" / "portfolio.csv"
    for expected in (Counts(2025, new=2000, refused=25), Counts(2025, unchanged=2000, refused=25)):
        report = await world.intake.import_file(
            shipped, actor="system:demo", refused_folder=world.folder
        )
        assert report.counts == expected
    assert await world.count("ledger.balance") == 2000
    assert await world.faults() == []
