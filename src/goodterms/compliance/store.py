"""The compliance tables: facts in, verdicts, permits and the contact log out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import tuple_row

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.counting import CONSUMERS
from goodterms.compliance.decide.record import Record, findings_from
from goodterms.compliance.decide.rows import content, from_content, make_rulebook, read_rules
from goodterms.compliance.decide.stored import contact_from, facts_from
from goodterms.compliance.decide.windows import dates, places
from goodterms.compliance.model import (
    PERMIT_LIFE,
    AccountFacts,
    CallerFacts,
    CallerId,
    Circumstance,
    ConsentFact,
    Decision,
    Facts,
    LoggedContact,
    PointFacts,
    ProposedContact,
    Reach,
    Rulebook,
    Verdict,
)
from goodterms.kit import plainjson
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
_CONSUMER = "consumer"


# These folders of the rulebook hold other data than rows of law.
_NOT_LAW = frozenset({"policy", "scenarios"})


def read_rulebook(folder: Path, *, partial: bool = False) -> Rulebook:
    """Read every ``*.yaml`` file of a folder and those below it as one rulebook.

    Raises:
        RulebookError: a row is refused; the text names file, line, field and remedy.
    """
    files = [
        file
        for file in sorted(folder.rglob("*.yaml"))
        if not _NOT_LAW.intersection(file.relative_to(folder).parts)
    ]
    rules = [
        rule
        for file in files
        for rule in read_rules(str(file.relative_to(folder)), file.read_text(encoding="utf-8"))
    ]
    return make_rulebook(rules, partial=partial)


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
        proposed = await _ask(conn, "proposed", caller_ids=shown, recorded=recorded)
        cursors = [
            await _ask(conn, "people", consumer_ids=people),
            await _ask(conn, "debts", account_ids=named),
            await _ask(conn, "restrictions", consumer_ids=people),
            await _ask(conn, "log", consumer_ids=people, since=now - timedelta(days=days)),
        ]
        numbered = await proposed.fetchall()
        gathered = _Gathered(*[_by_person(await cursor.fetchall()) for cursor in cursors])
    return [
        (_facts(contact, caller, gathered, now), caller[2])
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
    consumer_id, point_id = contact.consumer_id, contact.contact_point_id
    points = of.people.get(consumer_id) or [_NOBODY]
    _, region, country, address_zones, *_, city, postal_code, language = points[0]
    zones = set(address_zones)
    dialed = _NOBODY
    for point in points:
        if point[4] == point_id:
            dialed = point
        if point[5] == "phone" and (point[7] == "active" or point[4] == point_id):
            zones.update(point[9])
    limits = of.limits.get(consumer_id, ())
    holds = [(row[2], row[4]) for row in limits if row[1] == "hold"]
    circumstances = tuple([_circumstance(row) for row in limits if row[1] == "circumstance"])
    for fact in circumstances:
        if fact.kind == "stated_location":
            zones.update(fact.data.get("zones", ()))
    consents = [row for row in limits if row[1] == "consent" and row[3] in (None, point_id)]
    log = of.log.get(consumer_id, ())
    return Facts(
        consumer_id=consumer_id,
        country=country,
        region=region,
        city=city,
        postal_code=postal_code,
        language=language,
        zones=tuple(sorted(zones)),
        point=_point(dialed, contact),
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
    )


def _each_once(values: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values))) if values else ()


def _point(row: _Row, contact: ProposedContact) -> PointFacts:
    kind = "email" if contact.channel is Channel.EMAIL else "phone"
    return PointFacts(
        status=row[7],
        belongs=row[5] == kind and row[6] == contact.number,
        line_type=row[8],
        place=row[10],
        relation=row[11],
    )


def _caller(row: _Row, log: Sequence[_Row]) -> CallerFacts:
    shown = next(((one[15], one[2].astimezone(UTC)) for one in log if one[15]), None)
    tested = row[1].astimezone(UTC) if row[1] else None
    return CallerFacts(owned=row[0], tested_at=tested, shown_before=(shown,) if shown else ())


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
        in_default, group,
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
    )


async def put_verdicts(
    conn: Connection, verdicts: Sequence[tuple[int, Verdict, Record]], rulebook: str, now: datetime
) -> None:
    """Write numbered verdicts with their permits and reserved contacts."""
    of = [verdict for _, verdict, _ in verdicts]
    contacts = [verdict.contact for verdict in of]
    values = {
        "ids": id_array(number for number, _, _ in verdicts),
        "attempt_ids": text_array(c.attempt_id for c in contacts),
        "consumer_ids": id_array(c.consumer_id for c in contacts),
        "account_ids": text_array(id_array(verdict.account_ids) for verdict in of),
        "contact_point_ids": id_array(c.contact_point_id for c in contacts),
        "channels": text_array(c.channel.value for c in contacts),
        "campaign_ids": id_array(c.campaign_id for c in contacts),
        "decisions": text_array(verdict.decision.value for verdict in of),
        "reason_codes": text_array(verdict.reason_code for verdict in of),
        "findings": text_array(record.findings for _, _, record in verdicts),
        "facts": text_array(record.facts for _, _, record in verdicts),
        "digests": text_array(record.digest for _, _, record in verdicts),
        "earliest": text_array(_instant(verdict.earliest_allowed_at) for verdict in of),
        "numbers": text_array(c.number for c in contacts),
        "caller_ids": text_array(c.caller_id for c in contacts),
        "local_dates": text_array(_local_dates(verdict) for verdict in of),
        "obligations": text_array(f"{{{','.join(verdict.obligations)}}}" for verdict in of),
        "places": text_array(verdict.facts.point.place for verdict in of),
        "purposes": text_array(c.purpose for c in contacts),
        "recipients": text_array(_recipient(verdict.facts) for verdict in of),
        "voices": text_array(c.voice for c in contacts),
        "messages": text_array(c.message or "-" for c in contacts),
        "rulebook_hash": rulebook,
        "now": now,
        "expires_at": now + PERMIT_LIFE,
    }
    await conn.execute(SQL["record"], values)


def _recipient(facts: Facts) -> str:
    relation = facts.point.relation
    return _CONSUMER if relation in CONSUMERS else relation


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _local_dates(verdict: Verdict) -> str:
    days = dates(places(verdict.facts.zones), verdict.decided_at)
    return f"{{{','.join([day.isoformat() for day in days])}}}"


def _verdict(row: Mapping[str, Any]) -> Verdict:
    contact = contact_from(row["facts"]["contact"])
    return Verdict(
        contact=contact,
        decision=Decision(row["decision"]),
        reason_code=row["reason_code"],
        findings=findings_from(row["findings"]),
        facts=facts_from(row["facts"]["facts"]),
        rulebook_hash=row["rulebook_hash"],
        decided_at=row["decided_at"].astimezone(UTC),
        account_ids=tuple(row["account_ids"]),
        earliest_allowed_at=row["earliest_allowed_at"],
        obligations=tuple(row["obligations"]),
        id=row["id"],
        digest=row["digest"],
    )


async def get_verdict(conn: Connection, verdict_id: int) -> tuple[Verdict, Any] | None:
    """Give a verdict and the JSON it was judged from."""
    row = await (await conn.execute(SQL["verdict"], {"id": verdict_id})).fetchone()
    return (_verdict(row), row["facts"]) if row else None


async def list_verdicts(conn: Connection, filters: Mapping[str, Any]) -> list[Verdict]:
    """Give verdicts, the newest first."""
    rows = await (await conn.execute(SQL["verdicts"], filters)).fetchall()
    return [_verdict(row) for row in rows]


async def use_permit(conn: Connection, attempt_id: str, now: datetime) -> bool:
    """Take a permit; tell whether it could be used."""
    cursor = await conn.execute(SQL["use_permit"], {"attempt_id": attempt_id, "now": now})
    return await cursor.fetchone() is not None


async def get_permit(conn: Connection, attempt_id: str) -> Mapping[str, Any] | None:
    """Give the row of a permit."""
    return await (await conn.execute(SQL["permit"], {"attempt_id": attempt_id})).fetchone()


async def close_contact(conn: Connection, values: Mapping[str, Any]) -> bool:
    """Close a contact that is open; tell whether it was."""
    return await (await conn.execute(SQL["close_contact"], values)).fetchone() is not None


async def contact_exists(conn: Connection, attempt_id: str) -> bool:
    """Tell whether the log has a contact of this attempt."""
    cursor = await conn.execute(SQL["contact_is_closed"], {"attempt_id": attempt_id})
    return await cursor.fetchone() is not None


async def put_rulebook(conn: Connection, rulebook: Rulebook, now: datetime) -> None:
    """Keep a rulebook's content."""
    text = plainjson.dumps(content(rulebook))
    await conn.execute(SQL["put_rulebook"], {"hash": rulebook.hash, "content": text, "now": now})


async def get_rulebook(conn: Connection, hash_: str) -> Rulebook | None:
    """Give a rulebook that was kept."""
    row = await (await conn.execute(SQL["rulebook"], {"hash": hash_})).fetchone()
    return from_content(row["content"]) if row else None


async def list_caller_ids(conn: Connection) -> list[CallerId]:
    """Give the registry of caller IDs."""
    return [CallerId(**row) for row in await (await conn.execute(SQL["caller_ids"])).fetchall()]


async def put_caller_id(conn: Connection, caller_id: CallerId, actor: str, now: datetime) -> None:
    """Register a caller ID."""
    await conn.execute(
        SQL["put_caller_id"],
        {
            "number": caller_id.number,
            "name": caller_id.name,
            "proof": caller_id.proof,
            "trunk": caller_id.trunk,
            "attestation": caller_id.attestation,
            "active": caller_id.active,
            "actor": actor,
            "now": now,
        },
    )
