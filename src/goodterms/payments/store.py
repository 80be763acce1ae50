"""The payments' tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, queries
from goodterms.payments.model import (
    Link,
    Payment,
    PaymentChannel,
    PaymentState,
    ProcessorNotice,
    Refund,
    RefundState,
)

_Q = queries(__file__)


async def insert_payment(conn: Connection, payment: Payment) -> bool:
    """Record a payment attempt; False if its id is there already."""
    return await _wrote(conn, "insert_payment", _columns(payment))


async def payment(conn: Connection, payment_id: str) -> Payment | None:
    """Read one payment attempt."""
    row = await (await conn.execute(_Q["payment"], {"id": payment_id})).fetchone()
    return None if row is None else _payment(row)


async def shared(conn: Connection, consumer_id: int, reference: str) -> dict[str, Any] | None:
    """Read what is kept of a payment for several debts."""
    step = {"consumer_id": consumer_id, "reference": reference}
    return await (await conn.execute(_Q["shared"], step)).fetchone()


async def insert_shared(
    conn: Connection,
    *,
    consumer_id: int,
    reference: str,
    amount: Money,
    direction: Mapping[int, str],
    shares: Mapping[int, str],
    policy_hash: str,
    actor: str,
    now: datetime,
) -> None:
    """Keep a payment for several debts with the consumer's direction and what each debt got."""
    await conn.execute(
        _Q["insert_shared"],
        {
            "consumer_id": consumer_id, "reference": reference, "amount": amount.amount,
            "currency": amount.currency, "direction": Jsonb(dict(direction)),
            "shares": Jsonb(dict(shares)), "policy_hash": policy_hash, "actor": actor, "now": now,
        },
    )  # fmt: skip


async def payments_of(conn: Connection, consumer_id: int) -> list[Payment]:
    """Read a consumer's payment attempts, newest first."""
    cursor = await conn.execute(_Q["payments_of_consumer"], {"consumer_id": consumer_id})
    return [_payment(row) async for row in cursor]


async def save_payment(conn: Connection, payment: Payment) -> None:
    """Write what became of a payment attempt."""
    await conn.execute(_Q["save_payment"], _columns(payment))


async def pending(conn: Connection, account_id: int, currency: str) -> Money:
    """Sum what payments by token may still take from an account."""
    row = await (await conn.execute(_Q["pending"], {"account_id": account_id})).fetchone()
    assert row is not None
    return Money.of(row["amount"], currency)


async def declined(
    conn: Connection, account_id: int, method_token: str, since: datetime
) -> list[datetime]:
    """Read when a method was declined for an account since an instant, the latest first."""
    values = {"account_id": account_id, "method_token": method_token, "since": since}
    cursor = await conn.execute(_Q["declined"], values)
    return [row["settled_at"] async for row in cursor]


async def claim_checks(
    conn: Connection, kind: str, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Take payments or refunds (``kind``) whose outcome is overdue; return their ids."""
    values = {"now": now, "lease_until": lease_until, "limit": limit}
    cursor = await conn.execute(_Q[f"claim_{kind}_checks"], values)
    return [row["id"] async for row in cursor]


async def insert_refund(conn: Connection, refund: Refund) -> bool:
    """Record a refund; False if its id is there already."""
    return await _wrote(conn, "insert_refund", _columns(refund))


async def refund(conn: Connection, refund_id: str) -> Refund | None:
    """Read one refund."""
    row = await (await conn.execute(_Q["refund"], {"id": refund_id})).fetchone()
    return None if row is None else _refund(row)


async def refunds_of(conn: Connection, payment_id: str) -> list[Refund]:
    """Read a payment's refunds, oldest first."""
    cursor = await conn.execute(_Q["refunds_of_payment"], {"payment_id": payment_id})
    return [_refund(row) async for row in cursor]


async def save_refund(conn: Connection, refund: Refund) -> None:
    """Write what became of a refund."""
    await conn.execute(_Q["save_refund"], _columns(refund))


async def first_time(
    conn: Connection, processor: str, notice: ProcessorNotice, now: datetime
) -> bool:
    """Remember a processor's message; False if it came before."""
    values = {
        "processor": processor,
        "event_id": notice.event_id,
        "kind": notice.kind,
        "payment_id": notice.payment_id,
        "received_at": now,
    }
    return await _wrote(conn, "insert_webhook", values)


async def insert_link(
    conn: Connection, token_hash: str, link: Link, *, actor: str, now: datetime
) -> None:
    """Keep a pay link by the hash of its token."""
    values = {
        "token_hash": token_hash,
        "account_id": link.account_id,
        "consumer_id": link.consumer_id,
        "amount": None if link.amount is None else link.amount.amount,
        "attempt_id": link.attempt_id,
        "actor": actor,
        "created_at": now,
        "expires_at": link.expires_at,
    }
    await conn.execute(_Q["insert_link"], values)


async def open_link(conn: Connection, token_hash: str, now: datetime) -> Link | None:
    """Read a pay link by the hash of its token, and remember that it was opened."""
    cursor = await conn.execute(_Q["open_link"], {"token_hash": token_hash, "now": now})
    row = await cursor.fetchone()
    if row is None:
        return None
    currency = row.pop("currency")
    if row["amount"] is not None:
        row["amount"] = Money.of(row["amount"], currency)
    return Link(**row)


async def count_wrong_answer(
    conn: Connection, token_hash: str, wrong: int, until: datetime | None
) -> None:
    """Keep a link's wrong answers so far, and until when it is closed if that changes."""
    values = {"token_hash": token_hash, "wrong": wrong, "until": until}
    await conn.execute(_Q["count_wrong_answer"], values)


async def begin_visit(
    conn: Connection, secret_hash: str, token_hash: str, expires_at: datetime, now: datetime
) -> None:
    """Remember a visitor of a link by the hash of their secret."""
    values = {
        "secret_hash": secret_hash,
        "token_hash": token_hash,
        "expires_at": expires_at,
        "now": now,
    }
    await conn.execute(_Q["begin_visit"], values)


async def is_visitor(conn: Connection, secret_hash: str, token_hash: str, now: datetime) -> bool:
    """Tell whether a secret belongs to a visit to this link that lasts."""
    values = {"secret_hash": secret_hash, "token_hash": token_hash, "now": now}
    return await _wrote(conn, "find_visit", values)


async def _wrote(conn: Connection, name: str, values: dict[str, Any]) -> bool:
    return await (await conn.execute(_Q[name], values)).fetchone() is not None


def _columns(record: Payment | Refund) -> dict[str, Any]:
    """Spread a record over its columns; money becomes an amount beside the currency."""
    columns: dict[str, Any] = {"currency": record.amount.currency}
    for name in record.__dataclass_fields__:
        value = getattr(record, name)
        columns[name] = value.amount if isinstance(value, Money) else value
    return columns


def _payment(row: dict[str, Any]) -> Payment:
    currency = row.pop("currency")
    row["amount"] = Money.of(row["amount"], currency)
    row["refunded"] = Money.of(row["refunded"], currency)
    row["state"] = PaymentState(row["state"])
    row["channel"] = PaymentChannel(row["channel"])
    return Payment(**row)


def _refund(row: dict[str, Any]) -> Refund:
    row["amount"] = Money.of(row["amount"], row.pop("currency"))
    row["state"] = RefundState(row["state"])
    return Refund(**row)
