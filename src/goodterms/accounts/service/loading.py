"""Taking in many accounts at once: rows are copied to a staging table, the rest is sets."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from goodterms.accounts import store
from goodterms.accounts.decide import OPTED_OUT, PERSONAL_HOLDS, hold_message
from goodterms.accounts.model import (
    ContactRestricted,
    HoldKind,
    Restriction,
    StagedAccount,
    StagedOutcome,
)
from goodterms.kit import wake
from goodterms.kit.events import Bus
from goodterms.kit.sql import Connection

_RELEASE_RULE = "the creditor has confirmed that its cause is over"
_PIECE_ROWS = 500
# Who it is about, under lock, in this order; then what they owe, as far as it contradicts nothing.
_PEOPLE = ("staged_creditors", "staged_new_consumers", "staged_lock_consumers", "staged_resolve")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The staged rows that met one end; their accounts run in parallel, None where refused."""

    outcome: StagedOutcome
    row_numbers: Sequence[int]
    account_ids: Sequence[int | None]


class AccountLoader:
    """Places and updates accounts by the thousand, in the caller's transaction."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def place_staged(
        self,
        conn: Connection,
        rows: Sequence[StagedAccount],
        *,
        run_id: int | None,
        source: str,
        actor: str,
        now: datetime,
    ) -> None:
        """Stage checked rows on this connection and make them true, except for the money.

        The rows stay staged till the commit: the ledger places their money next. The account
        lock of everybody known before is taken in the order of their ids. Nothing on record
        that restricts contact is lifted; holds and opt-outs that are new withdraw planned
        contact in this transaction. ``run_id`` names the import, within which an account may
        appear once; None for a single upsert.
        """
        await self._stage(conn, rows)
        step = {"run_id": run_id, "source": source, "actor": actor, "now": now}
        for name in _PEOPLE:
            await store.run(conn, name, **step)
        await store.run(conn, "staged_statistics")
        [known] = await store.take(conn, "staged_known")
        if known["people"]:
            await store.run(conn, "staged_update_consumers", **step)
        await store.run(conn, "staged_placements", **step)
        await store.run(conn, "staged_new_accounts", **step)
        if known["accounts"]:
            await store.run(conn, "staged_update_accounts", **step)
        await store.run(conn, "staged_statistics")
        if any(row.point_values != "{}" for row in rows):
            await store.run(conn, "staged_points", **step)
        if any(row.holds != "{}" for row in rows):
            await self._place_holds(conn, step, now)
        if any(row.opt_outs != "{}" for row in rows):
            await self._record_opt_outs(conn, step, now)
        if any(row.granted != "{}" for row in rows):
            await store.run(conn, "staged_consents", **step)

    async def _stage(self, conn: Connection, rows: Sequence[StagedAccount]) -> None:
        await store.run(conn, "staged_table")
        await store.run(conn, "staged_clear")
        await store.run(conn, "staged_sampling")
        async with conn.cursor() as cursor, cursor.copy(store.QUERIES["staged_copy"]) as copy:
            for start in range(0, len(rows), _PIECE_ROWS):
                # No cell is empty text, so that an empty field can say "not stated". The writer
                # quotes what contains a part of the terminator: with both marks no row is torn.
                text = io.StringIO(newline="")
                writer = csv.writer(text, delimiter="\t", lineterminator="\r\n")
                writer.writerows(rows[start : start + _PIECE_ROWS])
                await copy.write(text.getvalue())

    async def _place_holds(
        self, conn: Connection, step: Mapping[str, object], now: datetime
    ) -> None:
        holds = await store.take(
            conn, "staged_holds", **step, release_rule=_RELEASE_RULE, personal=PERSONAL_HOLDS
        )
        for row in sorted(holds, key=lambda r: (r["consumer_id"], r["kind"])):
            if row["fresh"]:
                continue
            message = hold_message(HoldKind(row["kind"]))
            restricted = ContactRestricted(
                row["consumer_id"], Restriction.HOLD, now, message, row["account_id"]
            )
            await self.restrict(conn, restricted)

    async def _record_opt_outs(
        self, conn: Connection, step: Mapping[str, object], now: datetime
    ) -> None:
        opt_outs = await store.take(conn, "staged_opt_outs", **step)
        for row in sorted(opt_outs, key=lambda r: int(r["consumer_id"])):
            if not row["fresh"]:
                await self.restrict(
                    conn, ContactRestricted(row["consumer_id"], Restriction.OPT_OUT, now, OPTED_OUT)
                )

    async def staged_outcomes(
        self, conn: Connection, *, source: str, actor: str, now: datetime
    ) -> list[Loaded]:
        """Write the timeline of what was placed, and tell which rows met which end."""
        await store.run(conn, "staged_events", source=source, actor=actor, now=now)
        await wake.notify(conn, wake.Topic.EVENT)
        return [
            Loaded(StagedOutcome(row["outcome"]), row["row_numbers"], row["account_ids"])
            for row in await store.take(conn, "staged_outcomes")
        ]

    async def restrict(self, conn: Connection, restricted: ContactRestricted) -> None:
        """Tell the upper domains, in this transaction, that planned contact became stale.

        The caller holds the account lock.
        """
        await self._bus.publish(conn, restricted)
        await wake.notify(conn, wake.Topic.HOLD, restricted.consumer_id)
