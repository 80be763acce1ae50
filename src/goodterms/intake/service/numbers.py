"""Taking in what others know of numbers: each row is recorded or refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from goodterms.accounts.model import Channel, ConsentState
from goodterms.accounts.service import AccountService
from goodterms.intake.decide.numbers import NumberRow, find_number_columns, read_number
from goodterms.intake.service.files import RefusedFile, open_source, refused_path
from goodterms.kit.clock import Clock
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import Connection, Pool, transaction

_NOON = time(12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NumbersReport:
    """What an import did: rows read, facts and opt-outs recorded, rows refused and where."""

    read: int
    recorded: int
    refused: int
    refused_file: str | None


class NumberImport:
    """Records checks of numbers and do-not-call lists; nothing on record is ever lifted."""

    def __init__(self, pool: Pool, clock: Clock, accounts: AccountService) -> None:
        self._pool = pool
        self._clock = clock
        self._accounts = accounts

    async def import_file(
        self, path: Path, *, actor: str, refused_folder: Path | None = None
    ) -> NumbersReport:
        """Take a file in, each row in a transaction of its own.

        Raises:
            Refusal: the file cannot be read, or its columns say nothing about numbers.
        """
        read = recorded = refused = 0
        with open_source(path) as source:
            at = find_number_columns(source.header)
            kept = RefusedFile(refused_path(path, refused_folder), source.header)
            try:
                for _, cells in source.rows:
                    read += 1
                    try:
                        row = read_number(cells, at)
                        async with transaction(self._pool) as conn:
                            recorded += await self._take(conn, row, path.name, actor)
                    except Refusal as refusal:
                        refused += 1
                        kept.add(cells, refusal.message)
            finally:
                kept.close()
        return NumbersReport(read, recorded, refused, kept.path)

    async def _take(self, conn: Connection, row: NumberRow, file: str, actor: str) -> int:
        """Record a row for everybody who has the number, under their locks in order.

        Raises:
            Refusal: nobody has it.
        """
        people = await self._accounts.people_at(conn, "phone", row.number)
        if not people:
            words = f"Nobody on record has {row.number}."
            raise Refusal("NUMBER_UNKNOWN", words, field="number")
        now = self._clock.now()
        told: dict[str, Any] = {"source": f"file {file}", "actor": actor, "now": now}
        done = 0
        for consumer_id in people:
            points = await self._accounts.contact_points(conn, consumer_id)
            for point in (one for one in points if one.value == row.number):
                for kind, data in _facts(row):
                    await self._accounts.record_circumstance(
                        conn, consumer_id, kind, contact_point_id=point.id, data=data,
                        on=row.checked_on, at=_instant(row, now), **told,
                    )  # fmt: skip
                    done += 1
                if row.do_not_call:
                    await self._accounts.record_consent(
                        conn, consumer_id, point.id, Channel.CALL, ConsentState.REVOKED, **told
                    )
                    done += 1
        return done


def _facts(row: NumberRow) -> Iterator[tuple[str, dict[str, Any]]]:
    if row.result:
        yield "number_check", {"result": row.result, "consent_on": row.consent_on}
    if row.line_type:
        yield "line_check", {"line_type": row.line_type}


def _instant(row: NumberRow, now: datetime) -> datetime:
    """Return the instant of the check: noon of its day, now if it was made today."""
    if row.checked_on is None or row.checked_on == now.date():
        return now
    return datetime.combine(row.checked_on, _NOON)
