"""The arrangements' tables."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.arrangements.decide.book import PolicyBook
from goodterms.arrangements.decide.book import build as build_book
from goodterms.arrangements.model import (
    OptionKind,
    Promise,
    PromiseState,
    Quote,
    QuoteLine,
    QuoteOption,
)
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, queries

_Q = queries(__file__)


def read_policies(folder: Path) -> PolicyBook:
    """Read every ``*.yaml`` file of a folder as one book of policies.

    Raises:
        PolicyBookError: a policy is refused; every fault says file, line, field and remedy.
    """
    return build_book(
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
        },
    )


async def quote(conn: Connection, quote_id: str) -> Quote | None:
    """Read a quote."""
    row = await (await conn.execute(_Q["quote"], {"id": quote_id})).fetchone()
    return None if row is None else _quote(row["content"])


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


def _money(content: dict[str, str]) -> Money:
    return Money.of(content["amount"], content["currency"])


def _quote(content: dict[str, Any]) -> Quote:
    return Quote(
        id=content["id"],
        account_id=content["account_id"],
        consumer_id=content["consumer_id"],
        balance_version=content["balance_version"],
        total=_money(content["total"]),
        lines=tuple(
            QuoteLine(**{**line, "amount": _money(line["amount"])}) for line in content["lines"]
        ),
        options=tuple(_option(option) for option in content["options"]),
        quoted_at=datetime.fromisoformat(content["quoted_at"]),
        expires_at=datetime.fromisoformat(content["expires_at"]),
    )


def _option(content: dict[str, Any]) -> QuoteOption:
    latest = content["latest_on"]
    return QuoteOption(
        kind=OptionKind(content["kind"]),
        minimum=_money(content["minimum"]),
        maximum=_money(content["maximum"]),
        words=content["words"],
        latest_on=date.fromisoformat(latest) if latest else None,
    )
