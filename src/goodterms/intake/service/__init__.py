"""Taking accounts in: whole files chunk by chunk, and single accounts from programs."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import structlog

from goodterms.accounts.model import StagedAccount, StagedOutcome
from goodterms.accounts.service import AccountService
from goodterms.accounts.service.loading import Loaded
from goodterms.intake import store
from goodterms.intake.decide.columns import find_columns
from goodterms.intake.decide.rows import RowReader, as_values, duplicate, refused_words
from goodterms.intake.model import (
    AccountUpsert,
    Columns,
    Counts,
    Field,
    ImportReport,
    ImportRun,
    Progress,
    RowRefused,
    RunState,
    Sheet,
    UpsertResult,
)
from goodterms.intake.service.files import RefusedFile, Source, open_source, refused_path
from goodterms.kit import wake
from goodterms.kit.clock import Clock
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.ledger.service import LedgerService

log = structlog.get_logger(__name__)

CHUNK_ROWS = 10_000
_LANES = 2
_EXAMPLES = 10
_TAKEN = (StagedOutcome.NEW, StagedOutcome.UPDATED, StagedOutcome.UNCHANGED)
_UPSERT_COLUMNS = Columns(tuple(Field), {of: i for i, of in enumerate(Field)}, ())


@dataclass(slots=True)
class _Chunk:
    """Some rows of a file: those that passed their checks, and all cells for the refused."""

    rows: list[StagedAccount] = field(default_factory=list)
    cells: dict[int, list[str]] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """An import under way."""

    id: int
    source: Source
    reader: RowReader
    refused: RefusedFile
    actor: str
    counts: Counts = field(default_factory=Counts)
    examples: list[tuple[int, str]] = field(default_factory=list)

    def report(self, columns: Columns) -> ImportReport:
        """Say what the import did."""
        examples = tuple(self.examples)
        return ImportReport(self.id, self.counts, self.refused.path, columns.ignored, examples)


class IntakeService:
    """Places accounts from files and programs; every row is taken in or refused with a reason."""

    def __init__(
        self, pool: Pool, clock: Clock, accounts: AccountService, ledger: LedgerService
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._accounts = accounts
        self._ledger = ledger

    async def import_file(
        self,
        path: Path,
        mapping: Mapping[str, str] | None = None,
        *,
        actor: str,
        progress: Callable[[Progress], None] | None = None,
        refused_folder: Path | None = None,
        chunk_rows: int = CHUNK_ROWS,
        run_id: int | None = None,
        named_only: bool = False,
    ) -> ImportReport:
        """Import a CSV file or workbook with memory for two chunks of rows.

        An import that was stopped is continued by importing the file again. ``mapping`` is field
        to column name, or to ``=value`` for all rows. Refused rows go to a file beside the
        imported one (or in ``refused_folder``). ``run_id`` is that of an announced import;
        ``named_only`` leaves columns aside that the mapping does not name.

        Raises:
            Refusal: the file or its columns cannot be understood at all.
        """
        with open_source(path) as source:
            columns = find_columns(source.header, mapping, named_only=named_only)
            refused = RefusedFile(refused_path(path, refused_folder), source.header)
            if run_id is None:
                run_id = await self._begin(path, dict(mapping or {}), source.size, actor)
            reader = RowReader(columns, self._clock.now().date())
            run = _Run(run_id, source, reader, refused, actor)
            await self._to_the_end(run, progress, chunk_rows)
        return ImportReport(
            run.id, run.counts, run.refused.path, columns.ignored, tuple(run.examples)
        )

    async def _to_the_end(
        self, run: _Run, progress: Callable[[Progress], None] | None, chunk_rows: int
    ) -> None:
        """Import, and record how it ended, whatever happens."""
        state, message = RunState.FAILED, "The import ended by an unexpected error."
        try:
            await self._import(run, progress, chunk_rows)
            state, message = RunState.DONE, ""
        except asyncio.CancelledError:
            state, message = RunState.STOPPED, "Stopped: import the file again to go on."
            raise
        except Refusal as error:
            message = error.message
            raise
        finally:
            await asyncio.shield(self._end(run, state, message))

    async def peek(self, path: Path, rows: int = 5) -> Sheet:
        """Read a file's header and its first rows, to ask people what the columns mean.

        Raises:
            Refusal: the file cannot be understood at all.
        """
        return await asyncio.to_thread(_peek, path, rows)

    async def announce(
        self, conn: Connection, path: Path, mapping: Mapping[str, str], *, actor: str, now: datetime
    ) -> int:
        """Record an import that a worker is to run; return its number.

        Raises:
            Refusal: the file or its columns cannot be understood at all.
        """
        sheet = await self.peek(path, 0)
        find_columns(sheet.header, mapping, named_only=True)
        run_id = await store.start_run(conn, path, dict(mapping), sheet.size, actor=actor, now=now)
        await wake.notify(conn, wake.Topic.IMPORT, run_id)
        return run_id

    async def run_announced(self, run_id: int, path: Path) -> None:
        """Run an announced import by what was said of its columns; safe to run again.

        What a file does wrong ends the import as failed, with the reason on record.
        """
        async with self._pool.connection() as conn:
            announced = await self.run(conn, run_id)
        if announced.state is not RunState.RUNNING:
            return
        try:
            await self.import_file(
                path, announced.mapping, actor=announced.actor, run_id=run_id, named_only=True
            )
        except Refusal as error:
            async with transaction(self._pool) as conn:
                await store.end_run(
                    conn, run_id, RunState.FAILED, error.message, None, now=self._clock.now()
                )
                await wake.notify(conn, wake.Topic.IMPORT, run_id)

    async def _begin(self, path: Path, mapping: dict[str, str], size: int, actor: str) -> int:
        async with transaction(self._pool) as conn:
            return await store.start_run(
                conn, path, mapping, size, actor=actor, now=self._clock.now()
            )

    async def _import(
        self, run: _Run, progress: Callable[[Progress], None] | None, chunk_rows: int
    ) -> None:
        """Check the next chunk while the one before is being placed."""
        placing: asyncio.Task[None] | None = None
        number = 0
        try:
            while True:
                chunk = await asyncio.to_thread(_read_chunk, run, chunk_rows)
                if placing is not None:
                    await placing
                    self._tell(run, progress)
                if not chunk.cells:
                    break
                number += 1
                placing = asyncio.create_task(self._place(run, chunk, number))
        finally:
            if placing is not None and not placing.done():
                placing.cancel()
                await asyncio.gather(placing, return_exceptions=True)

    def _tell(self, run: _Run, progress: Callable[[Progress], None] | None) -> None:
        if progress is not None:
            progress(Progress(run.id, run.source.position, run.source.size, run.counts))

    async def _place(self, run: _Run, chunk: _Chunk, number: int) -> None:
        """Place a chunk on several connections; a person's rows stay on one, in order."""
        lanes: list[list[StagedAccount]] = [[] for _ in range(_LANES)]
        for row in chunk.rows:
            lanes[zlib.crc32(row.consumer_reference.encode()) % _LANES].append(row)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._place_lane(run, lane)) for lane in lanes if lane]
        loaded = [part for task in tasks for part in task.result()]
        refused = chunk.refused + [
            (row_number, words)
            for part in loaded
            if (words := refused_words(part.outcome)) is not None
            for row_number in part.row_numbers
        ]
        for row_number, because in sorted(refused):
            run.refused.add(chunk.cells[row_number], because)
            if len(run.examples) < _EXAMPLES:
                run.examples.append((row_number, because))
        run.refused.flush()
        new, updated, unchanged = (
            sum(len(part.row_numbers) for part in loaded if part.outcome is outcome)
            for outcome in _TAKEN
        )
        run.counts += Counts(len(chunk.cells), new, updated, unchanged, len(refused))
        async with transaction(self._pool) as conn:
            await store.advance_run(conn, run.id, run.source.position, run.counts)
            await wake.notify(conn, wake.Topic.IMPORT, run.id)
            if number & (number - 1) == 0:  # 1, 2, 4, 8, …: as the tables grow
                await store.refresh_statistics(conn, roughly=True)

    async def _place_lane(self, run: _Run, rows: Sequence[StagedAccount]) -> list[Loaded]:
        async with transaction(self._pool) as conn:
            return await self._place_rows(
                conn, rows, run_id=run.id, source=f"import:{run.id}", actor=run.actor,
                now=self._clock.now(),
            )  # fmt: skip

    async def _place_rows(
        self,
        conn: Connection,
        rows: Sequence[StagedAccount],
        *,
        run_id: int | None,
        source: str,
        actor: str,
        now: datetime,
    ) -> list[Loaded]:
        await self._accounts.place_staged(
            conn, rows, run_id=run_id, source=source, actor=actor, now=now
        )
        await self._ledger.place_staged(conn, cause=source, actor=actor, now=now)
        return await self._accounts.staged_outcomes(conn, source=source, actor=actor, now=now)

    async def _end(self, run: _Run, state: RunState, message: str) -> None:
        run.refused.close()
        async with transaction(self._pool) as conn:
            await store.end_run(
                conn, run.id, state, message, run.refused.path, now=self._clock.now()
            )
            await wake.notify(conn, wake.Topic.IMPORT, run.id)
            await store.refresh_statistics(conn)
        log.info("import.ended", run=run.id, state=state, rows=run.counts.read)

    async def upsert(
        self, conn: Connection, upsert: AccountUpsert, *, actor: str, now: datetime
    ) -> UpsertResult:
        """Place one account or bring it up to date, in the caller's transaction.

        Raises:
            Refusal: the account cannot be taken in; the sentence says why.
        """
        [result] = await self.upsert_many(conn, [upsert], actor=actor, now=now)
        if result.because:
            raise Refusal("ACCOUNT_REFUSED", result.because)
        return result

    async def upsert_many(
        self, conn: Connection, upserts: Sequence[AccountUpsert], *, actor: str, now: datetime
    ) -> list[UpsertResult]:
        """Place many accounts at once; each is taken in or refused by itself, in order.

        Best up to a few thousand at a time: the consumers stay locked until the commit.
        """
        reader = RowReader(_UPSERT_COLUMNS, now.date())
        results: list[UpsertResult] = [UpsertResult(None, None)] * len(upserts)
        rows: list[StagedAccount] = []
        seen: dict[tuple[str, str], int] = {}
        for number, upsert in enumerate(upserts):
            try:
                rows.append(_checked(seen, reader.stage(number, *as_values(upsert))))
            except RowRefused as error:
                results[number] = UpsertResult(None, None, str(error))
        source = new_id("upsert", now)
        for part in await self._place_rows(
            conn, rows, run_id=None, source=source, actor=actor, now=now
        ):
            because = refused_words(part.outcome) or ""
            for number, account_id in zip(part.row_numbers, part.account_ids, strict=True):
                results[number] = UpsertResult(
                    part.outcome, None if because else account_id, because
                )
        return results

    async def run(self, conn: Connection, run_id: int) -> ImportRun:
        """Read one import, or raise NotFound."""
        found = await store.run(conn, run_id)
        if found is None:
            raise NotFound("NOT_FOUND", f"There is no import {run_id}.")
        return found

    async def runs(self, conn: Connection, limit: int = 50) -> list[ImportRun]:
        """Read the imports, newest first."""
        return await store.runs(conn, limit)


def _peek(path: Path, rows: int) -> Sheet:
    with open_source(path) as source:
        first = tuple(tuple(cells) for _, cells in islice(source.rows, rows))
        return Sheet(source.header, first, source.size)


def _checked(seen: dict[tuple[str, str], int], row: StagedAccount) -> StagedAccount:
    key = (row.creditor_reference, row.account_reference)
    first = seen.setdefault(key, row.row_number)
    if first != row.row_number:
        raise RowRefused(duplicate(first))
    return row


def _read_chunk(run: _Run, size: int) -> _Chunk:
    """Read and check the next rows of the file."""
    chunk = _Chunk()
    seen: dict[tuple[str, str], int] = {}
    for number, cells in run.source.rows:
        chunk.cells[number] = cells
        try:
            chunk.rows.append(_checked(seen, run.reader.read(number, cells)))
        except RowRefused as error:
            chunk.refused.append((number, str(error)))
        if len(chunk.cells) == size:
            break
    return chunk
