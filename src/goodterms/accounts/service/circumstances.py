"""Recorded facts that bear on contact: preferences, disputes, notices, checks and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from goodterms.accounts import store
from goodterms.accounts.decide.circumstances import (
    check_about,
    check_data,
    check_date,
    kind_named,
    located,
    same_as,
    stop_of,
    superseded,
)
from goodterms.accounts.model import (
    ContactRestricted,
    Happening,
    RecordedCircumstance,
    Restriction,
)
from goodterms.accounts.service.holds import AccountHolds
from goodterms.accounts.service.reading import no_such
from goodterms.kit import wake
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.sql import Connection

_LONGEST = 500
_VERIFICATION = "verification"


class AccountCircumstances(AccountHolds):
    """Records circumstances, ends them and lists them; nothing is ever deleted."""

    async def record_circumstance(
        self,
        conn: Connection,
        consumer_id: int,
        kind: str,
        *,
        account_id: int | None = None,
        contact_point_id: int | None = None,
        on: date | None = None,
        at: datetime | None = None,
        data: Mapping[str, Any] | None = None,
        source: str,
        release_rule: str | None = None,
        actor: str,
        now: datetime,
    ) -> RecordedCircumstance:
        """Record a fact that bears on contact: what ``CIRCUMSTANCES`` knows, and nothing else.

        ``at`` is when it became true (default: now), ``on`` that date where the consumer is
        (default: from ``at``). What is on record already is returned as it is. If it may forbid
        contact that is planned, that is withdrawn in this transaction. A verification releases
        the hold that its dispute had placed.

        Raises:
            NotFound: no such consumer; the account or contact point is somebody else's.
            Refusal: the kind, a field, the date or the source is wrong; ``field`` names it.
        """
        await self.lock(conn, consumer_id)
        rule = release_rule or kind_named(kind).release_rule
        check_about(kind, account_id, contact_point_id)
        await self.check_theirs(conn, consumer_id, account_id, contact_point_id)
        on = on or await self._local_date(conn, consumer_id, at or now)
        check_date(kind, on, now)
        fresh = RecordedCircumstance(
            0, consumer_id, account_id, contact_point_id, kind, on, at or now,
            located(kind, check_data(kind, data or {})), _said("source", source),
            _said("release_rule", rule), actor, now,
        )  # fmt: skip
        there = await self._in_force(conn, fresh)
        return same_as(fresh, there) or await self._add(conn, fresh, there)

    async def end_circumstance(
        self, conn: Connection, circumstance_id: int, *, reason: str, actor: str, now: datetime
    ) -> RecordedCircumstance:
        """End a recorded fact, with the reason why; it stays on record.

        Raises:
            NotFound: there is no such record.
            Conflict: it was ended before.
            Refusal: the reason is empty.
        """
        reason = _said("reason", reason)
        there = await self.circumstance(conn, circumstance_id)
        await self.lock(conn, there.consumer_id)
        ended = await self._end(conn, there, reason, actor, now)
        if ended is None:
            words = f"Record {circumstance_id} ({there.kind}) has been ended before."
            raise Conflict("CIRCUMSTANCE_ENDED", words)
        await wake.notify(conn, wake.Topic.HOLD, there.consumer_id)
        return ended

    async def circumstance(self, conn: Connection, circumstance_id: int) -> RecordedCircumstance:
        """Read one record, or raise NotFound."""
        row = await store.one(conn, "circumstance", circumstance_id=circumstance_id)
        if row is None:
            raise no_such("circumstance", circumstance_id)
        return store.circumstance(row)

    async def circumstances(
        self, conn: Connection, consumer_id: int, *, kind: str | None = None, ended: bool = True
    ) -> list[RecordedCircumstance]:
        """List what is recorded of a person, newest first; without ``ended`` what is in force."""
        rows = await store.many(
            conn, "circumstances", consumer_id=consumer_id, kind=kind, ended=ended
        )
        return [store.circumstance(row) for row in rows]

    async def _in_force(
        self, conn: Connection, fresh: RecordedCircumstance
    ) -> list[RecordedCircumstance]:
        rows = await store.many(
            conn, "circumstances_alike", consumer_id=fresh.consumer_id, kind=fresh.kind,
            account_id=fresh.account_id, contact_point_id=fresh.contact_point_id,
        )  # fmt: skip
        return [store.circumstance(row) for row in rows]

    async def _add(
        self,
        conn: Connection,
        fresh: RecordedCircumstance,
        there: Sequence[RecordedCircumstance],
    ) -> RecordedCircumstance:
        now = fresh.recorded_at
        gone, because, late = superseded(fresh, there)
        for one in gone:
            await self._end(conn, one, because, fresh.actor, now)
        if late:
            fresh = replace(fresh, ended_at=now, ended_by=fresh.actor, end_reason=because)
        row = await store.one(
            conn, "add_circumstance", consumer_id=fresh.consumer_id, account_id=fresh.account_id,
            contact_point_id=fresh.contact_point_id, kind=fresh.kind, held_on=fresh.held_on,
            held_at=fresh.held_at, data=Jsonb(dict(fresh.data)), source=fresh.source,
            release_rule=fresh.release_rule, actor=fresh.actor, now=now,
            ended_at=fresh.ended_at, ended_by=fresh.ended_by, end_reason=fresh.end_reason,
        )  # fmt: skip
        assert row is not None
        added = store.circumstance(row)
        await self._tell(conn, "circumstance.recorded", added, added.actor, now)
        if added.kind == _VERIFICATION and added.account_id is not None:
            await self.release_verified(conn, added.account_id, actor=added.actor, now=now)
        message = None if late else stop_of(added.kind, added.data)
        if message is not None:
            restricted = ContactRestricted(
                added.consumer_id, Restriction.PREFERENCE, now, message,
                added.account_id, added.contact_point_id,
            )  # fmt: skip
            await self.restrict(conn, restricted)
        return added

    async def _end(
        self,
        conn: Connection,
        there: RecordedCircumstance,
        reason: str,
        actor: str,
        now: datetime,
    ) -> RecordedCircumstance | None:
        row = await store.one(
            conn, "end_circumstance", circumstance_id=there.id, reason=reason, actor=actor, now=now
        )
        if row is None:
            return None
        ended = store.circumstance(row)
        await self._tell(conn, "circumstance.ended", ended, actor, now)
        return ended

    async def _tell(
        self, conn: Connection, kind: str, about: RecordedCircumstance, actor: str, now: datetime
    ) -> None:
        data = {
            "circumstance": about.id,
            "kind": about.kind,
            "on": about.held_on.isoformat(),
            "contact_point_id": about.contact_point_id,
            "data": dict(about.data),
            "source": about.source,
            "reason": about.end_reason,
        }
        told = {name: value for name, value in data.items() if value is not None}
        await self.record(
            conn, Happening(kind, now, actor, about.consumer_id, about.account_id, data=told)
        )

    async def _local_date(self, conn: Connection, consumer_id: int, at: datetime) -> date:
        """Return the date where the consumer lives; by UTC if nobody knows where that is."""
        zones = (await self.consumer(conn, consumer_id)).address_zones
        return at.astimezone(ZoneInfo(zones[0]) if zones else UTC).date()


def _said(field: str, text: str) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= _LONGEST:
        what = {"source": "who said so, and how", "reason": "why it ends"}.get(
            field, "when it ends"
        )
        raise Refusal(
            f"{field.upper()}_MISSING", f"Say {what} (at most {_LONGEST} characters).", field=field
        )
    return text
