"""The rows of due attempts, policies, trunks and paces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from goodterms.calls.model import Outcome
from goodterms.compliance.decide.abandonment import Tally
from goodterms.dialing.model import (
    Candidate,
    Claimed,
    DialPolicy,
    DueAttempt,
    DueState,
    LoadReport,
    Member,
    Mode,
    Next,
    Pace,
    Past,
    Rates,
    Retry,
    Snapshot,
    Trunk,
)
from goodterms.kit.sql import Connection, id_array, limited, queries, text_array

_SQL = queries(__file__)
_POLICY = tuple(f.name for f in fields(DialPolicy))


async def _rows(conn: Connection, query: str, /, **values: Any) -> list[dict[str, Any]]:
    return await (await conn.execute(_SQL[query], values)).fetchall()


def _json(values: Iterable[Any]) -> Jsonb:
    return Jsonb(list(values))


def _claimed(rows: Iterable[tuple[Any, ...]]) -> list[Claimed]:
    """Read due attempts from rows that hold one good number each, or none."""
    found: dict[int, tuple[tuple[Any, ...], list[tuple[int, str]]]] = {}
    for *due, point_id, number in rows:
        points = found.setdefault(due[0], (tuple(due), []))[1]
        if point_id is not None:
            points.append((point_id, number))
    return [_claimed_one(due, tuple(points)) for due, points in found.values()]


def _claimed_one(row: tuple[Any, ...], points: tuple[tuple[int, str], ...]) -> Claimed:
    (
        due_id, campaign_id, consumer_id, account_ids, point_id, state, due_at, priority, tries,
        guardian_id, region,
    ) = row  # fmt: skip
    number = next((number for known, number in points if known == point_id), "")
    due = DueAttempt(
        due_id, campaign_id, consumer_id, tuple(account_ids), point_id, number,
        DueState(state), due_at, priority, tries,
    )  # fmt: skip
    return Claimed(due, points, guardian_id, region)


async def _claims(conn: Connection, query: LiteralString, /, **values: Any) -> list[Claimed]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    return _claimed(await (await cursor.execute(query, values)).fetchall())


async def claim(conn: Connection, campaign_id: int, limit: int, now: datetime) -> list[Claimed]:
    """Take the next due attempts with their people, but those that somebody else holds."""
    query = limited(_SQL["claim"], limit)
    return await _claims(conn, query, campaign_id=campaign_id, now=now)


async def settle(conn: Connection, nexts: Sequence[Next], now: datetime) -> None:
    """Write what becomes of due attempts, in one statement."""
    if not nexts:
        return
    values = {
        "due_ids": id_array(n.due_id for n in nexts),
        "states": text_array(n.state.value for n in nexts),
        "due_at": text_array(n.due_at.isoformat() for n in nexts),
        "contact_point_ids": id_array(n.contact_point_id for n in nexts),
        "tries": id_array(n.tries for n in nexts),
        "last_attempt_ids": text_array(n.last_attempt_id for n in nexts),
        "reasons": text_array(n.reason for n in nexts),
        "now": now,
    }
    await conn.execute(_SQL["settle"], values)


async def due_locked(conn: Connection, due_id: int) -> Claimed | None:
    """Take one due attempt in hand."""
    return next(iter(await _claims(conn, _SQL["due_locked"], due_id=due_id)), None)


async def same_outcome(conn: Connection, due_id: int, outcome: Outcome) -> int:
    """Count a due attempt's calls that ended with this outcome."""
    rows = await _rows(conn, "same_outcome", due_id=due_id, outcome=outcome.value)
    return int(rows[0]["times"])


async def hosts_to_ask(
    conn: Connection, campaign_id: int, limit: int, now: datetime, fresh_since: datetime
) -> list[int]:
    """Find the accounts among the next due whose host must be asked first."""
    values = {"campaign_id": campaign_id, "now": now, "fresh_since": fresh_since}
    cursor = await conn.execute(limited(_SQL["hosts_to_ask"], limit), values)
    return [row["id"] for row in await cursor.fetchall()]


async def withdraw(
    conn: Connection, consumer_id: int, account_id: int | None, reason: str, now: datetime
) -> None:
    """Take back what is due to a person, about one debt or at all."""
    values = {"consumer_id": consumer_id, "account_id": account_id, "reason": reason, "now": now}
    await conn.execute(_SQL["withdraw"], values)


async def withdraw_numberless(
    conn: Connection, consumer_id: int, contact_point_id: int, reason: str, now: datetime
) -> None:
    """Take back what is due to a person who has no other good number."""
    values = {
        "consumer_id": consumer_id,
        "contact_point_id": contact_point_id,
        "reason": reason,
        "now": now,
    }
    await conn.execute(_SQL["withdraw_numberless"], values)


def _policy(row: Mapping[str, Any]) -> DialPolicy:
    values = {name: row[name] for name in _POLICY}
    values["mode"] = Mode(values["mode"])
    values["caller_ids"] = tuple(values["caller_ids"])
    values["hours"] = {day: (span[0], span[1]) for day, span in values["hours"].items()}
    values["retry"] = {outcome: Retry(**rule) for outcome, rule in values["retry"].items()}
    return DialPolicy(**values)


async def set_policy(conn: Connection, policy: DialPolicy) -> DialPolicy:
    """Write a policy; give it with its new version."""
    values = {name: getattr(policy, name) for name in _POLICY} | {
        "mode": policy.mode.value,
        "caller_ids": list(policy.caller_ids),
        "hours": Jsonb(dict(policy.hours)),
        "retry": Jsonb({outcome: asdict(rule) for outcome, rule in policy.retry.items()}),
    }
    return _policy((await _rows(conn, "set_policy", **values))[0])


async def policies(conn: Connection) -> list[DialPolicy]:
    """Read what every campaign asks of the dialer."""
    return [_policy(row) for row in await _rows(conn, "policies")]


async def policy(conn: Connection, campaign_id: int) -> DialPolicy | None:
    """Read what one campaign asks of the dialer."""
    rows = await _rows(conn, "policy", campaign_id=campaign_id)
    return _policy(rows[0]) if rows else None


async def add_trunk(conn: Connection, trunk: Trunk) -> None:
    """Add a trunk, or renew a known one."""
    await conn.execute(_SQL["add_trunk"], asdict(trunk))


async def trunks(conn: Connection) -> list[Trunk]:
    """Read the trunks in use."""
    return [Trunk(**row) for row in await _rows(conn, "trunks")]


async def load(
    conn: Connection,
    campaign_id: int,
    members: Sequence[Member],
    *,
    rested_since: datetime,
    now: datetime,
) -> LoadReport:
    """Make people due; count who is new and who returned."""
    rows = await _rows(
        conn,
        "load",
        campaign_id=campaign_id,
        rows=_json(members),
        rested_since=rested_since,
        now=now,
    )
    added = sum(1 for row in rows if row["added"])
    return LoadReport(added=added, returned=len(rows) - added)


async def candidates(
    conn: Connection, campaign_id: int, members: Sequence[Member], rested_since: datetime
) -> list[Candidate]:
    """Find the members whom a refresh would put on the list, with their good numbers."""
    by_person = {member.consumer_id: member for member in members}
    values = {
        "campaign_id": campaign_id,
        "consumer_ids": list(by_person),
        "rested_since": rested_since,
    }
    points: dict[int, list[tuple[int, str]]] = {}
    for row in await _rows(conn, "candidates", **values):
        points.setdefault(row["consumer_id"], []).append((row["point_id"], row["number"]))
    return [Candidate(by_person[person], tuple(found)) for person, found in points.items()]


async def set_aside(
    conn: Connection, campaign_id: int, removed: Mapping[Member, str], now: datetime
) -> None:
    """Keep people off the list, each with a reason code."""
    rows = _json({**asdict(m), "reason": f"LOAD:{code}"} for m, code in removed.items())
    await conn.execute(_SQL["set_aside"], {"campaign_id": campaign_id, "rows": rows, "now": now})


async def set_aside_because(conn: Connection, campaign_id: int) -> dict[str, int]:
    """Count who is kept off the list, by reason code, most frequent first."""
    rows = await _rows(conn, "set_aside_because", campaign_id=campaign_id)
    return {row["reason_code"]: row["people"] for row in rows}


async def leave(
    conn: Connection,
    campaign_id: int,
    members: Sequence[int],
    *,
    after: int,
    until: int | None,
    now: datetime,
) -> int:
    """Withdraw who is waiting within a range of people and is no member; count them."""
    values = {
        "campaign_id": campaign_id,
        "members": list(members),
        "after": after,
        "until": until,
        "now": now,
    }
    return (await conn.execute(_SQL["leave"], values)).rowcount


async def counts(conn: Connection, campaign_id: int) -> dict[DueState, tuple[int, datetime]]:
    """Count a campaign's due attempts by state, with the earliest due time of each."""
    rows = await _rows(conn, "counts", campaign_id=campaign_id)
    return {DueState(row["state"]): (row["number"], row["next_at"]) for row in rows}


async def rates(conn: Connection, campaign_ids: Sequence[int], since: datetime) -> dict[int, Rates]:
    """Count answered and abandoned calls per campaign."""
    rows = await _rows(conn, "rates", campaign_ids=list(campaign_ids), since=since)
    return {row["campaign_id"]: Rates(row["answered"], row["abandoned"]) for row in rows}


async def due_now(
    conn: Connection, campaign_ids: Sequence[int], now: datetime, limit: int
) -> dict[int, int]:
    """Count who is due now per campaign, up to a limit."""
    rows = await _rows(conn, "due_now", campaign_ids=list(campaign_ids), now=now, limit=limit)
    return {row["campaign_id"]: row["number"] for row in rows}


async def past(conn: Connection, campaign_id: int, *, lines: int, talks: int) -> Past:
    """Read what became of a campaign's latest lines and conversations, oldest first."""
    ended = await _rows(conn, "past_lines", campaign_id=campaign_id, limit=lines)
    talked = await _rows(conn, "past_talks", campaign_id=campaign_id, limit=talks)
    return Past(
        tuple((row["age"], row["answered"]) for row in reversed(ended)),
        tuple(row["seconds"] for row in reversed(talked)),
    )


async def tallies(
    conn: Connection, campaign_ids: Sequence[int], windows: Mapping[str, datetime]
) -> dict[int, dict[str, tuple[Tally, int]]]:
    """Count per campaign and country what its pace is judged by, and calls taken for machines.

    ``windows``: since when they count, by country; "" is any other.
    """
    values = {
        "campaign_ids": list(campaign_ids),
        "countries": list(windows),
        "begins": list(windows.values()),
        "since": windows[""],
        "earliest": min(windows.values()),
    }
    found: dict[int, dict[str, tuple[Tally, int]]] = {}
    for row in await _rows(conn, "tallies", **values):
        tally = Tally(row["abandoned"], row["live"], row["machines"])
        found.setdefault(row["campaign_id"], {})[row["country"]] = (tally, row["taken"])
    return found


async def record_pace(conn: Connection, snapshot: Snapshot, pace: Pace, now: datetime) -> None:
    """Note the last pace of a campaign."""
    values = {
        "campaign_id": snapshot.campaign_id,
        "place": pace.place,
        "because": pace.because,
        "snapshot": Jsonb(asdict(snapshot)),
        "now": now,
    }
    await conn.execute(_SQL["record_pace"], values)
