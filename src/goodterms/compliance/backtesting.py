"""Backtests: history judged under two rulebooks, asked for on a page and done by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from goodterms.compliance import store
from goodterms.compliance.decide.rows import RulebookError, make_rulebook, read_rules
from goodterms.compliance.evidence import EvidenceService
from goodterms.compliance.model import Backtest, Comparison, Rulebook
from goodterms.kit import plainjson
from goodterms.kit.clock import Clock
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.kit.wake import Topic, notify

SQL = store.SQL
_LATEST = 50


class BacktestService:
    """Keeps what was asked, how far it is and what came of it."""

    def __init__(self, pool: Pool, clock: Clock, evidence: EvidenceService) -> None:
        self._pool = pool
        self._clock = clock
        self._evidence = evidence

    async def ask(
        self,
        conn: Connection,
        *,
        since: datetime,
        before: str,
        after: str,
        rows: str = "",
        actor: str,
    ) -> Backtest:
        """Ask for a backtest of two kept rulebooks, by their hashes.

        ``rows`` are YAML rows to try out on top of ``after``: each takes the place of the rows
        with its id. The caller enqueues the job in the same transaction.

        Raises:
            NotFound: a rulebook is not kept.
            Refusal: a row is refused, or both rulebooks are the same.
        """
        now = self._clock.now()
        first = await self._evidence.rulebook(conn, before)
        second = await self._evidence.rulebook(conn, after)
        if rows.strip():
            second = _with_rows(second, rows)
            await store.put_rulebook(conn, second, now, candidate=True)
        if first.hash == second.hash:
            raise Refusal(
                "BACKTEST_SAME", "Both rulebooks are the same: choose another, or add rows.",
                field="after",
            )  # fmt: skip
        values = {
            "since": since, "before": first.hash, "after": second.hash, "actor": actor, "now": now,
        }  # fmt: skip
        row = await (await conn.execute(SQL["add_backtest"], values)).fetchone()
        assert row is not None  # it was just added
        return _backtest(row)

    async def run(self, backtest_id: int) -> None:
        """Do a backtest; run again after a crash it begins anew."""
        try:
            await self._run(backtest_id)
        except (ValueError, KeyError) as error:
            await self._mark(backtest_id, "failed", failure=str(error)[:500])

    async def _run(self, backtest_id: int) -> None:
        async with self._pool.connection() as conn:
            asked = await self.backtest(conn, backtest_id)
            before = await self._evidence.rulebook(conn, asked.before_hash)
            after = await self._evidence.rulebook(conn, asked.after_hash)
            total = await self._evidence.count(conn, since=asked.since)
            await self._mark(backtest_id, "running", total=total)

            async def tell(judged: int) -> None:
                await self._mark(backtest_id, "running", judged=judged, total=total)

            found = await self._evidence.compare(conn, before, after, since=asked.since, say=tell)
        result = plainjson.dumps(found)
        await self._mark(
            backtest_id, "done", judged=found.judged, total=found.judged, result=result
        )

    async def _mark(
        self,
        backtest_id: int,
        state: str,
        *,
        judged: int = 0,
        total: int = 0,
        result: str | None = None,
        failure: str = "",
    ) -> None:
        values = {
            "id": backtest_id, "state": state, "judged": judged, "total": total, "result": result,
            "failure": failure, "now": self._clock.now(),
        }  # fmt: skip
        async with transaction(self._pool) as conn:
            await conn.execute(SQL["mark_backtest"], values)
            await notify(conn, Topic.BACKTEST, backtest_id)

    async def backtest(self, conn: Connection, backtest_id: int) -> Backtest:
        """Give a backtest with its result once it is done.

        Raises:
            NotFound: there is none with this number.
        """
        row = await (await conn.execute(SQL["backtest"], {"id": backtest_id})).fetchone()
        if row is None:
            raise NotFound("BACKTEST_UNKNOWN", f"There is no backtest number {backtest_id}.")
        return _backtest(row)

    async def backtests(self, conn: Connection) -> list[Backtest]:
        """List the latest backtests, newest first."""
        rows = await (await conn.execute(SQL["backtests"], {"limit": _LATEST})).fetchall()
        return [_backtest(row) for row in rows]


def _with_rows(rulebook: Rulebook, text: str) -> Rulebook:
    try:
        rows = read_rules("the rows to try", text)
        named = {row.id for row in rows}
        return make_rulebook([*(r for r in rulebook.rules if r.id not in named), *rows])
    except RulebookError as error:
        raise Refusal("BACKTEST_ROWS", str(error), field="rows") from error


def _backtest(row: Mapping[str, Any]) -> Backtest:
    result = row["result"]
    read = msgspec.json.decode(result, type=Comparison) if result else None
    return Backtest(**{**row, "result": read})
