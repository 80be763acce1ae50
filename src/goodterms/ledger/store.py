"""The ledger's tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.accounts.model import AccountStatus
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, queries
from goodterms.ledger.model import Balance, Book, Entry, EntryKind, PostedEntry

_Q = queries(__file__)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an account is, as far as the ledger needs to know."""

    account_id: int
    consumer_id: int
    currency: str
    status: AccountStatus
    reference: str


async def owners(conn: Connection, account_ids: Iterable[int]) -> dict[int, Owner]:
    """Read the owners of accounts; unknown accounts are left out."""
    cursor = await conn.execute(_Q["owners"], {"account_ids": list(account_ids)})
    return {
        row["account_id"]: Owner(**{**row, "status": AccountStatus(row["status"])})
        async for row in cursor
    }


async def insert(conn: Connection, entry: Entry, now: datetime) -> int | None:
    """Write an entry with its postings; None if its cause has already made one."""
    cursor = await conn.execute(
        _Q["insert_entry"],
        {
            "account_id": entry.account_id,
            "kind": entry.kind,
            "effective_on": entry.effective_on,
            "posted_at": now,
            "cause": entry.cause,
            "reverses_id": entry.reverses_id,
            "actor": entry.actor,
            "note": entry.note,
            "policy_version": entry.policy_version,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    entry_id: int = row["id"]
    await conn.execute(
        _Q["insert_postings"],
        {
            "entry_id": entry_id,
            "account_id": entry.account_id,
            "books": [book.value for book in entry.postings],
            "amounts": [money.amount for money in entry.postings.values()],
        },
    )
    return entry_id


async def write_balance(conn: Connection, balance: Balance, now: datetime) -> None:
    """Store an account's balance."""
    await conn.execute(
        _Q["write_balance"],
        {
            "account_id": balance.account_id,
            "currency": balance.total.currency,
            "total": balance.total.amount,
            "components": Jsonb({b.value: str(m.amount) for b, m in balance.components.items()}),
            "version": balance.version,
            "updated_at": now,
        },
    )


async def balances(conn: Connection, account_ids: Iterable[int]) -> dict[int, Balance]:
    """Read balances; accounts never posted to are left out."""
    cursor = await conn.execute(_Q["balances"], {"account_ids": list(account_ids)})
    return {row["account_id"]: _balance(row) async for row in cursor}


async def entries(conn: Connection, account_id: int) -> list[PostedEntry]:
    """Read an account's entries, oldest first."""
    cursor = await conn.execute(_Q["entries_of_account"], {"account_id": account_id})
    return [_posted(row) async for row in cursor]


async def entry(conn: Connection, entry_id: int) -> PostedEntry | None:
    """Read one entry."""
    row = await (await conn.execute(_Q["entry"], {"entry_id": entry_id})).fetchone()
    return None if row is None else _posted(row)


async def entry_by_cause(
    conn: Connection, account_id: int, kind: EntryKind, cause: str
) -> PostedEntry | None:
    """Read the entry a cause has made."""
    cursor = await conn.execute(
        _Q["entry_by_cause"], {"account_id": account_id, "kind": kind, "cause": cause}
    )
    row = await cursor.fetchone()
    return None if row is None else _posted(row)


async def place_staged(
    conn: Connection, *, cause: str, actor: str, now: datetime
) -> list[dict[str, Any]]:
    """Post the staged rows, new and restated; return the restated ones, before and after."""
    step = {"cause": cause, "actor": actor, "now": now}
    # Planned anew each time: plans made while tables were small would be kept for a whole load.
    await conn.execute(_Q["staged_placements"], step, prepare=False)
    cursor = await conn.execute(_Q["staged_restatements"], step, prepare=False)
    return await cursor.fetchall()


async def unbalanced(conn: Connection) -> list[dict[str, Any]]:
    """Find entries whose postings do not sum to zero."""
    return await (await conn.execute(_Q["unbalanced_entries"])).fetchall()


async def unfaithful(conn: Connection) -> list[dict[str, Any]]:
    """Find balances that are not the fold of their postings."""
    return await (await conn.execute(_Q["unfaithful_balances"])).fetchall()


def _balance(row: dict[str, Any]) -> Balance:
    currency = row["currency"]
    components = {
        Book(book): Money.of(amount, currency) for book, amount in row["components"].items()
    }
    return Balance(row["account_id"], Money.of(row["total"], currency), components, row["version"])


def _posted(row: dict[str, Any]) -> PostedEntry:
    postings = {
        Book(book): Money.of(amount, row["currency"])
        for book, amount in (row["postings"] or {}).items()
    }
    return PostedEntry(
        id=row["id"],
        entry=Entry(
            account_id=row["account_id"],
            kind=EntryKind(row["kind"]),
            effective_on=row["effective_on"],
            cause=row["cause"],
            postings=postings,
            actor=row["actor"],
            note=row["note"],
            reverses_id=row["reverses_id"],
            policy_version=row["policy_version"],
        ),
        posted_at=row["posted_at"],
    )
