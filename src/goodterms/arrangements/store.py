"""The arrangements' tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from goodterms.arrangements.decide.book import PolicyBook, build
from goodterms.arrangements.model import (
    Arrangement,
    ArrangementKind,
    ArrangementState,
    Instalment,
    Promise,
    PromiseState,
    Quote,
)
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, queries

_Q = queries(__file__)
_QUOTE = TypeAdapter(Quote)


def read_policies(folder: Path) -> PolicyBook:
    """Read every ``*.yaml`` file of a folder as one book of policies.

    Raises:
        PolicyBookError: a policy is refused; every fault says file, line, field and remedy.
    """
    return build(
        {
            str(path.relative_to(folder)): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*.yaml"))
        }
    )


async def insert_quote(conn: Connection, quote: Quote, actor: str) -> None:
    """Keep a quote."""
    await conn.execute(
        _Q["insert_quote"],
        {
            "id": quote.id,
            "account_id": quote.account_id,
            "consumer_id": quote.consumer_id,
            "balance_version": quote.balance_version,
            "content": Jsonb(quote),
            "quoted_at": quote.quoted_at,
            "expires_at": quote.expires_at,
            "actor": actor,
            "policy_hash": quote.policy_hash,
        },
    )


async def has_book(conn: Connection, digest: str) -> bool:
    """Tell whether a book of policies was recorded."""
    cursor = await conn.execute(_Q["has_book"], {"hash": digest})
    return await cursor.fetchone() is not None


async def insert_book(
    conn: Connection, digest: str, files: Mapping[str, str], now: datetime
) -> None:
    """Record a book of policies with the texts it was read from."""
    await conn.execute(_Q["insert_book"], {"hash": digest, "files": Jsonb(dict(files)), "now": now})


async def book_at(conn: Connection, known_at: datetime) -> tuple[str, Mapping[str, str]] | None:
    """Read the hash and the texts of the book that was known at an instant."""
    row = await (await conn.execute(_Q["book_at"], {"known_at": known_at})).fetchone()
    return None if row is None else (row["hash"], row["files"])


async def quote(conn: Connection, quote_id: str) -> Quote | None:
    """Read a quote."""
    row = await (await conn.execute(_Q["quote"], {"id": quote_id})).fetchone()
    return None if row is None else _QUOTE.validate_python(row["content"])


async def insert_promise(conn: Connection, promise: Promise) -> None:
    """Record a promise."""
    await conn.execute(
        _Q["insert_promise"],
        {
            "id": promise.id,
            "account_id": promise.account_id,
            "consumer_id": promise.consumer_id,
            "attempt_id": promise.attempt_id,
            "amount": promise.amount.amount,
            "currency": promise.amount.currency,
            "due_on": promise.due_on,
            "state": promise.state,
            "actor": promise.actor,
            "made_at": promise.made_at,
        },
    )


async def close_promise(
    conn: Connection, promise_id: str, state: PromiseState, now: datetime
) -> None:
    """Record what became of an open promise."""
    await conn.execute(_Q["close_promise"], {"id": promise_id, "state": state, "now": now})


async def reopen_promise(conn: Connection, promise_id: str) -> None:
    """Record that a kept promise is open again."""
    await conn.execute(_Q["reopen_promise"], {"id": promise_id})


async def promises_of_consumer(conn: Connection, consumer_id: int) -> list[Promise]:
    """Read a consumer's promises, newest first."""
    cursor = await conn.execute(_Q["promises_of_consumer"], {"consumer_id": consumer_id})
    return [_promise(row) async for row in cursor]


async def promises_of_account(conn: Connection, account_id: int) -> list[Promise]:
    """Read an account's promises, oldest first."""
    cursor = await conn.execute(_Q["promises_of_account"], {"account_id": account_id})
    return [_promise(row) async for row in cursor]


async def overdue_accounts(conn: Connection, before: date, limit: int) -> list[int]:
    """Find accounts with an open promise due before a day."""
    cursor = await conn.execute(_Q["overdue_accounts"], {"before": before, "limit": limit})
    return [row["account_id"] async for row in cursor]


def _promise(row: dict[str, Any]) -> Promise:
    fields = {key: value for key, value in row.items() if key not in ("currency", "amount")}
    fields["state"] = PromiseState(row["state"])
    return Promise(amount=Money.of(row["amount"], row["currency"]), **fields)


async def insert_arrangement(conn: Connection, made: Arrangement) -> None:
    """Record a plan or settlement with its instalments."""
    await conn.execute(
        _Q["insert_arrangement"],
        {
            "id": made.id,
            "account_id": made.account_id,
            "consumer_id": made.consumer_id,
            "kind": made.kind,
            "quote_id": made.quote_id,
            "attempt_id": made.attempt_id,
            "currency": made.forgiven.currency,
            "forgiven": made.forgiven.amount,
            "state": made.state,
            "tolerance": made.tolerance,
            "grace_days": made.grace_days,
            "misses_allowed": made.misses_allowed,
            "policy_hash": made.policy_hash,
            "actor": made.actor,
            "made_at": made.made_at,
        },
    )
    await _write_instalments(conn, made)


async def save_arrangement(conn: Connection, after: Arrangement) -> None:
    """Record where an arrangement stands, with its due dates."""
    await conn.execute(
        _Q["save_arrangement"],
        {
            "id": after.id,
            "state": after.state,
            "paused_at": after.paused_at,
            "closed_at": after.closed_at,
            "reason": after.reason,
        },
    )
    await _write_instalments(conn, after)


async def _write_instalments(conn: Connection, one: Arrangement) -> None:
    await conn.execute(
        _Q["write_instalments"],
        {
            "arrangement_id": one.id,
            "numbers": [i.number for i in one.instalments],
            "due_on": [i.due_on for i in one.instalments],
            "principal": [i.principal.amount for i in one.instalments],
            "interest": [i.interest.amount for i in one.instalments],
        },
    )


async def reviewed(conn: Connection, arrangement_id: str, day: date) -> None:
    """Record the day on which an arrangement was held against the ledger."""
    await conn.execute(_Q["reviewed"], {"id": arrangement_id, "day": day})


async def arrangement(conn: Connection, arrangement_id: str) -> Arrangement | None:
    """Read one arrangement."""
    row = await (await conn.execute(_Q["arrangement"], {"id": arrangement_id})).fetchone()
    return None if row is None else _arrangement(row)


async def arrangements_of_account(conn: Connection, account_id: int) -> list[Arrangement]:
    """Read an account's arrangements, oldest first."""
    cursor = await conn.execute(_Q["arrangements_of_account"], {"account_id": account_id})
    return [_arrangement(row) async for row in cursor]


async def arrangements_of_consumer(conn: Connection, consumer_id: int) -> list[Arrangement]:
    """Read a consumer's arrangements, newest first."""
    cursor = await conn.execute(_Q["arrangements_of_consumer"], {"consumer_id": consumer_id})
    return [_arrangement(row) async for row in cursor]


async def arrangements_to_review(conn: Connection, day: date) -> list[int]:
    """Find accounts whose open arrangement was not looked at on a day, a batch of them."""
    cursor = await conn.execute(_Q["arrangements_to_review"], {"day": day})
    return [row["account_id"] async for row in cursor]


async def portfolio_page(conn: Connection, after: int, limit: int) -> list[dict[str, Any]]:
    """Read a page of accounts that owe something, by id."""
    cursor = await conn.execute(_Q["portfolio_page"], {"after": after, "limit": limit})
    return await cursor.fetchall()


def _arrangement(row: dict[str, Any]) -> Arrangement:
    currency = row["currency"]
    instalments = tuple(
        Instalment(
            number, date.fromisoformat(due), Money.of(principal, currency),
            Money.of(interest, currency),
        )
        for number, due, principal, interest in row["instalments"]
    )  # fmt: skip
    left_out = ("currency", "reviewed_on", "instalments", "kind", "state", "forgiven")
    fields = {key: value for key, value in row.items() if key not in left_out}
    return Arrangement(
        kind=ArrangementKind(row["kind"]),
        state=ArrangementState(row["state"]),
        forgiven=Money.of(row["forgiven"], currency),
        instalments=instalments,
        **fields,
    )
