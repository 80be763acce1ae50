"""Rows of the accounts schema as the domain's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.accounts.model import (
    Account,
    AccountRow,
    AccountStatus,
    Channel,
    Consent,
    ConsentState,
    Consumer,
    ContactPoint,
    Creditor,
    DebtKind,
    Happening,
    Hold,
    HoldKind,
    Host,
    Note,
    OurRole,
    PointStatus,
    Purpose,
    RecordedCircumstance,
    Relation,
)
from goodterms.kit.sql import Connection, queries

QUERIES = queries(__file__)
Row = Mapping[str, Any]


async def one(conn: Connection, name: str, /, **values: object) -> dict[str, Any] | None:
    """Run a named query and return its first row, if any."""
    return await (await conn.execute(QUERIES[name], values)).fetchone()


async def many(conn: Connection, name: str, /, **values: object) -> list[dict[str, Any]]:
    """Run a named query and return its rows."""
    return await (await conn.execute(QUERIES[name], values)).fetchall()


async def run(conn: Connection, name: str, /, **values: object) -> None:
    """Run a named query planned anew for the tables as they are now.

    Plans made while tables were small would be kept for a whole import.
    """
    await conn.execute(QUERIES[name], values, prepare=False)


async def take(conn: Connection, name: str, /, **values: object) -> list[dict[str, Any]]:
    """Do the same and return the rows."""
    return await (await conn.execute(QUERIES[name], values, prepare=False)).fetchall()


async def record(conn: Connection, happening: Happening) -> int:
    """Append an event and return its number."""
    row = await one(
        conn,
        "record",
        at=happening.at,
        kind=happening.kind,
        consumer_id=happening.consumer_id,
        account_id=happening.account_id,
        attempt_id=happening.attempt_id,
        campaign_id=happening.campaign_id,
        actor=happening.actor,
        data=Jsonb(happening.data),
    )
    assert row is not None
    return int(row["id"])


def consumer(row: Row) -> Consumer:
    """Read a consumer's row."""
    return Consumer(**{**row, "address_zones": tuple(row["address_zones"])})


def account(row: Row) -> Account:
    """Read an account's row."""
    status, kind = AccountStatus(row["status"]), DebtKind(row["debt_kind"])
    return Account(**{**row, "status": status, "debt_kind": kind})


def contact_point(row: Row) -> ContactPoint:
    """Read a contact point's row."""
    status, relation = PointStatus(row["status"]), Relation(row["relation"])
    zones = tuple(row["zones"])
    return ContactPoint(**{**row, "zones": zones, "status": status, "relation": relation})


def creditor(row: Row) -> Creditor:
    """Read a creditor's row."""
    return Creditor(**{**row, "our_role": OurRole(row["our_role"])})


def hold(row: Row) -> Hold:
    """Read a hold's row."""
    return Hold(**{**row, "kind": HoldKind(row["kind"])})


def consent(row: Row) -> Consent:
    """Read a consent's row."""
    channel, state = Channel(row["channel"]), ConsentState(row["state"])
    purpose = Purpose(row["purpose"])
    return Consent(**{**row, "channel": channel, "state": state, "purpose": purpose})


def circumstance(row: Row) -> RecordedCircumstance:
    """Read a circumstance's row."""
    return RecordedCircumstance(**row)


def note(row: Row) -> Note:
    """Read a note's row."""
    return Note(**row)


def host(row: Row) -> Host:
    """Read a host ledger's row."""
    return Host(**row)


def account_row(row: Row) -> AccountRow:
    """Read a line of the accounts list."""
    values = {k: v for k, v in row.items() if k not in {"family_key", "given_key"}}
    values["status"] = AccountStatus(row["status"])
    values["holds"] = tuple(HoldKind(kind) for kind in row["holds"])
    return AccountRow(**values)
