"""The compliance tables: facts in, verdicts, permits and the contact log out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.record import Record, contact_from, facts_from, findings_from
from goodterms.compliance.decide.rows import content, from_content, make_rulebook, read_rules
from goodterms.compliance.decide.windows import dates, zone
from goodterms.compliance.model import (
    AccountFacts,
    CallerId,
    Decision,
    Facts,
    ProposedContact,
    Rulebook,
    Verdict,
)
from goodterms.kit import plainjson
from goodterms.kit.money import exponent
from goodterms.kit.sql import Connection, queries

SQL = queries(__file__)
_AHEAD = timedelta(hours=14)


def read_rulebook(folder: Path) -> Rulebook:
    """Read every ``*.yaml`` file of a folder as one rulebook.

    Raises:
        RulebookError: a row is refused; the text names file, line, field and remedy.
    """
    files = sorted(folder.rglob("*.yaml"))
    return make_rulebook(
        rule
        for file in files
        for rule in read_rules(str(file.relative_to(folder)), file.read_text(encoding="utf-8"))
    )


async def load_facts(
    conn: Connection, contacts: Sequence[ProposedContact], *, days: int, now: datetime
) -> list[Facts]:
    """Load the facts of each contact in one statement, looking back so many days."""
    wanted = [_wanted(place, contact) for place, contact in enumerate(contacts)]
    cursor = await conn.execute(
        SQL["facts"],
        {"contacts": plainjson.dumps(wanted), "since": now - timedelta(days=days)},
    )
    rows = await cursor.fetchall()
    return [_facts(contact, row, now) for contact, row in zip(contacts, rows, strict=True)]


def _wanted(place: int, contact: ProposedContact) -> dict[str, Any]:
    return {
        "place": place,
        "consumer_id": contact.consumer_id,
        "account_ids": contact.account_ids,
        "contact_point_id": contact.contact_point_id,
        "kind": "email" if contact.channel is Channel.EMAIL else "phone",
        "number": contact.number,
        "caller_id": contact.caller_id,
    }


def _facts(contact: ProposedContact, row: Mapping[str, Any], now: datetime) -> Facts:
    holds: list[tuple[int | None, str]] = row["holds"] or []
    calls = row["calls"] or []
    counted = [call for call in calls if call[3] == "out" and call[4]]
    return Facts(
        consumer_id=contact.consumer_id,
        region=row["region"],
        country=row["country"],
        zones=tuple(row["zones"]),
        point_status=row["point_status"],
        point_belongs=row["point_belongs"],
        line_type=row["line_type"],
        accounts=tuple(_account(a, holds, calls, now) for a in row["accounts"] or ()),
        holds=tuple(sorted({kind for account, kind in holds if account is None})),
        revoked=tuple(row["revoked"]),
        recent_calls=tuple(datetime.fromisoformat(call[0]).astimezone(UTC) for call in counted),
        live_attempts=tuple(row["live_attempts"]),
        owned_caller_id=row["owned_caller_id"],
        holds_anywhere=tuple(sorted({kind for _, kind in holds})),
    )


def _account(
    row: Sequence[Any], holds: list[tuple[int | None, str]], calls: list[Any], now: datetime
) -> AccountFacts:
    account_id, reference, status, total, currency, hosted, checked_at, answer = row
    mine = [call for call in calls if account_id in call[1]]
    age = None
    if hosted and checked_at is not None:
        age = round((now - datetime.fromisoformat(checked_at)).total_seconds(), 3)
    return AccountFacts(
        account_id=account_id,
        status=status,
        balance_minor=None if total is None else _minor(total, currency),
        holds=tuple(sorted({kind for account, kind in holds if account == account_id})),
        calls_dates=tuple(_latest(call) for call in mine if call[3] == "out" and call[4]),
        conversation_dates=tuple(_latest(call) for call in mine if call[5]),
        lives_in_host=hosted,
        host_age_seconds=age,
        host_answer=answer,
        reference=reference,
    )


def _minor(total: str, currency: str) -> int:
    return int(Decimal(total).scaleb(exponent(currency)))


def _latest(call: Sequence[Any]) -> date:
    if call[2]:
        return date.fromisoformat(max(call[2]))
    # A contact logged without a place may have any date on earth.
    return (datetime.fromisoformat(call[0]).astimezone(UTC) + _AHEAD).date()


async def put_verdicts(
    conn: Connection, verdicts: Sequence[tuple[Verdict, Record]]
) -> dict[str, int]:
    """Write verdicts with their permits and reserved contacts; give the numbers by attempt."""
    rows = ",".join(_row(verdict, record) for verdict, record in verdicts)
    cursor = await conn.execute(SQL["record"], {"verdicts": f"[{rows}]"})
    return {row["attempt_id"]: row["id"] for row in await cursor.fetchall()}


def _row(verdict: Verdict, record: Record) -> str:
    contact, permit = verdict.contact, verdict.permit
    rest = plainjson.dumps(
        {
            "attempt_id": contact.attempt_id,
            "consumer_id": contact.consumer_id,
            "account_ids": verdict.account_ids,
            "contact_point_id": contact.contact_point_id,
            "channel": contact.channel,
            "campaign_id": contact.campaign_id,
            "decision": verdict.decision,
            "reason_code": verdict.reason_code,
            "rulebook_hash": verdict.rulebook_hash,
            "decided_at": verdict.decided_at,
            "earliest_allowed_at": verdict.earliest_allowed_at,
            "digest": record.digest,
            "expires_at": permit.expires_at if permit else None,
            "number": contact.number,
            "caller_id": contact.caller_id,
            "local_dates": _local_dates(verdict) if permit else (),
        }
    )
    return f'{rest[:-1]},"facts":{record.facts},"findings":{record.findings}}}'


def _local_dates(verdict: Verdict) -> tuple[date, ...]:
    zones = [found for name in verdict.facts.zones if (found := zone(name))]
    return dates(zones, verdict.decided_at)


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
