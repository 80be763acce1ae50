"""The compliance tables: facts in, verdicts, permits and the contact log out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from goodterms.compliance.decide.counting import CONSUMERS
from goodterms.compliance.decide.record import Record, findings_from
from goodterms.compliance.decide.rows import content, from_content, make_rulebook, read_rules
from goodterms.compliance.decide.stored import read_known
from goodterms.compliance.decide.windows import dates, places
from goodterms.compliance.model import (
    PERMIT_LIFE,
    Answer,
    ContactClosed,
    Decision,
    Due,
    Facts,
    Reach,
    Rulebook,
    StoredAnswer,
    Task,
    TaskKind,
    Verdict,
)
from goodterms.compliance.model.licences import Licence
from goodterms.kit import plainjson
from goodterms.kit.sql import Connection, id_array, limited, queries, text_array

SQL = queries(__file__)
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
    known = read_known(row["facts"])
    return Verdict(
        contact=known.contact,
        decision=Decision(row["decision"]),
        reason_code=row["reason_code"],
        findings=findings_from(row["findings"]),
        facts=known.facts,
        rulebook_hash=row["rulebook_hash"],
        decided_at=row["decided_at"].astimezone(UTC),
        account_ids=tuple(row["account_ids"]),
        earliest_allowed_at=row["earliest_allowed_at"],
        obligations=tuple(row["obligations"]),
        id=row["id"],
        digest=row["digest"],
    )


async def get_verdict(conn: Connection, verdict_id: int) -> tuple[Verdict, str] | None:
    """Give a verdict and the text it was judged from."""
    row = await (await conn.execute(SQL["verdict"], {"id": verdict_id})).fetchone()
    return (_verdict(row), row["facts"]) if row else None


async def last_verdict(conn: Connection, values: Mapping[str, Any]) -> Verdict | None:
    """Give the last verdict about an account by some time."""
    row = await (await conn.execute(SQL["last_verdict"], values)).fetchone()
    return _verdict(row) if row else None


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


async def log_inbound(conn: Connection, values: Mapping[str, Any]) -> bool:
    """Log a contact that came in; tell whether it is new."""
    return await (await conn.execute(SQL["log_inbound"], values)).fetchone() is not None


async def contact_exists(conn: Connection, attempt_id: str) -> bool:
    """Tell whether the log has a contact of this attempt."""
    cursor = await conn.execute(SQL["contact_is_closed"], {"attempt_id": attempt_id})
    return await cursor.fetchone() is not None


async def contacts_of(conn: Connection, consumer_id: int) -> list[dict[str, Any]]:
    """Give a person's contact log."""
    return await (await conn.execute(SQL["contacts_of"], {"consumer_id": consumer_id})).fetchall()


async def put_rulebook(
    conn: Connection, rulebook: Rulebook, now: datetime, *, candidate: bool = False
) -> None:
    """Keep a rulebook's content; a candidate was never in force."""
    text = plainjson.dumps(content(rulebook))
    await conn.execute(
        SQL["put_rulebook"],
        {"hash": rulebook.hash, "content": text, "now": now, "candidate": candidate},
    )


async def get_rulebook(conn: Connection, hash_: str) -> Rulebook | None:
    """Give a rulebook that was kept."""
    row = await (await conn.execute(SQL["rulebook"], {"hash": hash_})).fetchone()
    return from_content(row["content"]) if row else None


async def list_licences(conn: Connection) -> list[Licence]:
    """Give all licences, those in force first."""
    return [Licence(**row) for row in await (await conn.execute(SQL["licences"])).fetchall()]


async def add_licence(conn: Connection, values: Mapping[str, Any]) -> Licence:
    """End the licence in force at the place, if any, and record the new one."""
    await conn.execute(SQL["replace_licence"], values)
    row = await (await conn.execute(SQL["add_licence"], values)).fetchone()
    assert row is not None
    return Licence(**row)


async def end_licence(conn: Connection, values: Mapping[str, Any]) -> Licence | None:
    """End a licence in force; None if it is not."""
    row = await (await conn.execute(SQL["end_licence"], values)).fetchone()
    return Licence(**row) if row else None


async def closed_contact(conn: Connection, attempt_id: str) -> ContactClosed:
    """Give a closed contact as it is told."""
    row = await (await conn.execute(SQL["closed_contact"], {"attempt_id": attempt_id})).fetchone()
    assert row is not None  # it was closed in this transaction
    at = row.pop("closed_at").astimezone(UTC)
    placed = row["placed_at"].astimezone(UTC)
    told = {"account_ids": tuple(row["account_ids"]), "reach": Reach(row["reach"])}
    return ContactClosed(**{**row, **told, "placed_at": placed, "at": at})


async def accounts_of_people(
    conn: Connection, consumer_ids: Sequence[int]
) -> list[Mapping[str, Any]]:
    """Give people's accounts, with the last activity of those that have ended."""
    values = {"consumer_ids": list(consumer_ids)}
    return list(await (await conn.execute(SQL["accounts_of_people"], values)).fetchall())


async def people_to_look_at(
    conn: Connection, after: int, ended_before: datetime, limit: int
) -> list[int]:
    """Give the next people about whom something may be due."""
    query = limited(SQL["people_to_look_at"], limit)
    values = {"after": after, "ended_before": ended_before}
    return [row["id"] for row in await (await conn.execute(query, values)).fetchall()]


async def people_changed(conn: Connection, since: datetime) -> list[int]:
    """Give the people of whom a fact was recorded or ended."""
    cursor = await conn.execute(SQL["people_changed"], {"since": since})
    return [row["id"] for row in await cursor.fetchall()]


async def task_progress(conn: Connection) -> tuple[datetime | None, date | None] | None:
    """Take the derivation of tasks; None if somebody else is at it."""
    row = await (await conn.execute(SQL["task_progress"])).fetchone()
    return (row["changed_until"], row["whole_on"]) if row else None


async def note_progress(conn: Connection, *, until: datetime, whole_on: date) -> None:
    """Note how far the derivation of tasks has come."""
    await conn.execute(SQL["note_progress"], {"until": until, "whole_on": whole_on})


async def put_tasks(
    conn: Connection, due: Sequence[tuple[int, Due]], *, looked_at: Sequence[int], now: datetime
) -> None:
    """Make tasks due, and close the others of the people who were looked at."""
    tasks = [one for _, one in due]
    kept = {
        "account_ids": [one.account_id for one in tasks],
        "kinds": [one.kind.value for one in tasks],
    }
    await conn.execute(SQL["close_tasks"], {**kept, "looked_at": list(looked_at), "now": now})
    values = {
        **kept,
        "consumer_ids": [consumer_id for consumer_id, _ in due],
        "due_on": [one.on for one in tasks],
        "words": [one.words for one in tasks],
        "rule_ids": [one.rule_id for one in tasks],
        "rule_versions": [one.rule_version for one in tasks],
        "now": now,
    }
    if tasks:
        await conn.execute(SQL["put_tasks"], values)


async def list_tasks(conn: Connection, filters: Mapping[str, Any]) -> list[Task]:
    """Give tasks by their day."""
    rows = await (await conn.execute(SQL["tasks"], filters)).fetchall()
    return [Task(**{**row, "kind": TaskKind(row["kind"])}) for row in rows]


async def our_roles(conn: Connection) -> tuple[str, ...]:
    """Give what we are to the creditors on record; empty while there is none."""
    rows = await (await conn.execute(SQL["our_roles"])).fetchall()
    return tuple(row["our_role"] for row in rows)


async def licensed_places(conn: Connection, today: date) -> tuple[str, ...]:
    """Give the places we hold a licence for on a day."""
    rows = await (await conn.execute(SQL["licensed_places"], {"today": today})).fetchall()
    return tuple(row["place"] for row in rows)


async def put_answer(
    conn: Connection,
    answer: Answer,
    record: Record,
    *,
    kind: str,
    subject_id: str,
    consumer_id: int,
) -> None:
    """Keep an answer with what it was made from."""
    values = {
        "moment": answer.moment.value,
        "kind": kind,
        "subject_id": subject_id,
        "consumer_id": consumer_id,
        "asked": record.facts,
        "findings": record.findings,
        "decision": answer.decision.value,
        "reason_code": answer.reason_code,
        "obligations": list(answer.obligations),
        "earliest": answer.earliest_allowed_at,
        "rulebook_hash": answer.rulebook_hash,
        "decided_at": answer.decided_at,
        "digest": record.digest,
    }
    await conn.execute(SQL["add_answer"], values)


async def answers(conn: Connection, kind: str, subject_id: str) -> list[StoredAnswer]:
    """Give the answers about a subject, the latest first."""
    cursor = await conn.execute(SQL["answers"], {"kind": kind, "subject_id": subject_id})
    return [
        StoredAnswer(**{**row, "obligations": tuple(row["obligations"])})
        for row in await cursor.fetchall()
    ]


async def publication_in_force(conn: Connection) -> int | None:
    """Give the number of the overlay in force."""
    row = await (await conn.execute(SQL["publication_in_force"])).fetchone()
    return int(row["id"]) if row else None


async def get_publication(conn: Connection, publication_id: int) -> Mapping[str, Any] | None:
    """Give one publication."""
    return await (await conn.execute(SQL["publication"], {"id": publication_id})).fetchone()


async def lock_publication(conn: Connection, publication_id: int) -> Mapping[str, Any] | None:
    """Give one publication and lock it."""
    return await (await conn.execute(SQL["lock_publication"], {"id": publication_id})).fetchone()


async def list_publications(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Give publications, the newest first."""
    return await (await conn.execute(SQL["publications"], {"limit": limit})).fetchall()


async def publication_by_hash(conn: Connection, digest: str) -> Mapping[str, Any] | None:
    """Give the newest publication with this content."""
    return await (await conn.execute(SQL["publication_by_hash"], {"hash": digest})).fetchone()


async def propose_publication(conn: Connection, values: Mapping[str, Any]) -> int | None:
    """Write a proposed overlay; give its number, None if the same is proposed already."""
    row = await (await conn.execute(SQL["propose_publication"], values)).fetchone()
    return int(row["id"]) if row else None


async def decide_publication(conn: Connection, values: Mapping[str, Any]) -> None:
    """Publish or reject a proposed overlay."""
    await conn.execute(SQL["decide_publication"], values)
