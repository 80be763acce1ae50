"""What the gate must know of people, gathered from the tables in one trip to the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import tuple_row

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.callers import runs
from goodterms.compliance.model import (
    AccountFacts,
    CallerFacts,
    Circumstance,
    ConsentFact,
    Facts,
    LoggedContact,
    PointFacts,
    ProposedContact,
    Reach,
)
from goodterms.kit.money import exponent
from goodterms.kit.sql import Connection, id_array, queries, text_array

SQL = queries(__file__)
_AHEAD = timedelta(hours=14)
_Row = tuple[Any, ...]
# What is known of a person or a number that is not on record.
_NOBODY: _Row = (
    None, "", "", (), None, "", "", "unknown", "unknown", (), "other", "third_party", "", "", "",
)  # fmt: skip
_REACH = tuple(Reach)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Rows by person: place with numbers, debts, restrictions, and what the contact log holds."""

    people: Mapping[int, Sequence[_Row]]
    debts: Mapping[int, Sequence[_Row]]
    limits: Mapping[int, Sequence[_Row]]
    log: Mapping[int, Sequence[_Row]]


async def load_facts(
    conn: Connection,
    contacts: Sequence[ProposedContact],
    *,
    days: int,
    now: datetime,
    recorded: bool = False,
) -> list[tuple[Facts, int | None]]:
    """Load the facts of each contact in one trip to the database, looking back so many days.

    If the verdicts will be recorded, each contact gets the number of its verdict.
    """
    people = id_array({contact.consumer_id for contact in contacts})
    named = id_array({account_id for contact in contacts for account_id in contact.account_ids})
    # A single empty text would be an array of nothing; nobody owns the number "-".
    shown = text_array(contact.caller_id or "-" for contact in contacts)
    async with conn.pipeline():
        proposed = await _ask(
            conn, "proposed", caller_ids=shown, recorded=recorded, today=now.astimezone(UTC).date()
        )
        cursors = [
            await _ask(conn, "people", consumer_ids=people),
            await _ask(conn, "debts", account_ids=named),
            await _ask(conn, "restrictions", consumer_ids=people),
            await _ask(conn, "log", consumer_ids=people, since=now - timedelta(days=days)),
        ]
        numbered = await proposed.fetchall()
        gathered = _Gathered(*[_by_person(await cursor.fetchall()) for cursor in cursors])
    return [
        (_facts(contact, caller, gathered, now), caller[5])
        for contact, caller in zip(contacts, numbered, strict=True)
    ]


async def _ask(conn: Connection, query: str, /, **values: Any) -> AsyncCursor[_Row]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    return await cursor.execute(SQL[query], values)


def _by_person(rows: Iterable[_Row]) -> dict[int, list[_Row]]:
    by_person: dict[int, list[_Row]] = {}
    for row in rows:
        by_person.setdefault(row[0], []).append(row)
    return by_person


def _facts(contact: ProposedContact, caller: _Row, of: _Gathered, now: datetime) -> Facts:
    consumer_id = contact.consumer_id
    points = of.people.get(consumer_id) or [_NOBODY]
    _, region, country, _, *_, city, postal_code, language = points[0]
    limits = of.limits.get(consumer_id, ())
    holds = [(row[2], row[4]) for row in limits if row[1] == "hold"]
    circumstances = tuple([_circumstance(row) for row in limits if row[1] == "circumstance"])
    here = (None, contact.contact_point_id)
    consents = [row for row in limits if row[1] == "consent" and row[3] in here]
    log = of.log.get(consumer_id, ())
    return Facts(
        consumer_id=consumer_id,
        country=country,
        region=region,
        city=city,
        postal_code=postal_code,
        language=language,
        zones=_zones(points, contact.contact_point_id, circumstances),
        point=_point(points, contact),
        accounts=tuple(
            [
                _account(row, holds, now)
                for row in of.debts.get(consumer_id, ())
                if row[1] in contact.account_ids
            ]
        ),
        holds=_each_once([kind for account, kind in holds if account is None]),
        holds_anywhere=_each_once([kind for _, kind in holds]),
        revoked=_each_once([row[5] for row in consents if row[4] == "contact" and not row[6]]),
        consents=tuple([_consent(row) for row in consents if row[4] != "contact" or row[6]]),
        circumstances=circumstances,
        log=tuple([_logged(row) for row in log]),
        live_attempts=_each_once([row[1] for row in log if row[1] is not None]),
        caller=_caller(caller, log),
        licences=tuple(caller[6]),
    )


def _zones(
    points: Sequence[_Row], point_id: int, circumstances: Sequence[Circumstance]
) -> tuple[str, ...]:
    """Return where the person may be: by address, by each good number, by what was stated."""
    zones = set(points[0][3])
    for point in points:
        if point[5] == "phone" and (point[7] == "active" or point[4] == point_id):
            zones.update(point[9])
    for fact in circumstances:
        if fact.kind == "stated_location":
            zones.update(fact.data.get("zones", ()))
    return tuple(sorted(zones))


def _each_once(values: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values))) if values else ()


def _point(points: Sequence[_Row], contact: ProposedContact) -> PointFacts:
    row = next((point for point in points if point[4] == contact.contact_point_id), _NOBODY)
    kind = "email" if contact.channel is Channel.EMAIL else "phone"
    return PointFacts(
        status=row[7],
        belongs=row[5] == kind and row[6] == contact.number,
        line_type=row[8],
        place=row[10],
        relation=row[11],
    )


def _caller(row: _Row, log: Sequence[_Row]) -> CallerFacts:
    """Read what is registered of the caller ID, and the number shown last with its beginning."""
    owned, tested, answers, pool, unfit, *_ = row
    shows = [(one[15], one[2]) for one in log if one[15] and one[6] == "call" and one[10] == "out"]
    shown = tuple([(number, at.astimezone(UTC)) for number, at in runs(shows)[:1]])
    return CallerFacts(
        owned=owned,
        pool=pool or "",
        tested_at=tested.astimezone(UTC) if tested else None,
        answers=answers,
        shown_before=shown,
        replaceable=tuple([number for number, _ in shown if number in unfit]),
    )


def _circumstance(row: _Row) -> Circumstance:
    _, _, account_id, point_id, kind, _, _, _, at, on, data = row
    return Circumstance(kind, on, at.astimezone(UTC), account_id, point_id, data)


def _consent(row: _Row) -> ConsentFact:
    _, _, _, point_id, purpose, channel, granted, direct, at, _, _ = row
    return ConsentFact(channel, purpose, granted, at.astimezone(UTC), point_id, direct)


def _logged(row: _Row) -> LoggedContact:
    """Read a logged contact; its day is the latest it may have had where the consumer may be."""
    (
        _, _, placed_at, account_ids, local_dates, reach, medium, value, outcome, place, direction,
        purpose, recipient, voice, message, _,
    ) = row  # fmt: skip
    at = placed_at.astimezone(UTC)
    # A contact logged without a place may have any date on earth.
    day = max(local_dates) if local_dates else (at + _AHEAD).date()
    return LoggedContact(
        at, day, medium, tuple(account_ids), _REACH[reach], value, outcome or "", place, direction,
        purpose, recipient, voice, message,
    )  # fmt: skip


def _account(row: _Row, holds: Sequence[tuple[int | None, str]], now: datetime) -> AccountFacts:
    (
        _, account_id, reference, status, total, currency, hosted, checked_at, answer, role, kind,
        in_default, group, siblings,
    ) = row  # fmt: skip
    age = None
    if hosted and checked_at is not None:
        age = round((now - checked_at).total_seconds(), 3)
    return AccountFacts(
        account_id=account_id,
        status=status,
        balance_minor=None if total is None else int(total.scaleb(exponent(currency))),
        holds=_each_once([kind for account, kind in holds if account == account_id]),
        role=role,
        kind=kind,
        in_default=in_default,
        group=group,
        lives_in_host=hosted,
        host_age_seconds=age,
        host_answer=answer,
        reference=reference,
        currency=currency,
        siblings=tuple(siblings or ()),
    )
