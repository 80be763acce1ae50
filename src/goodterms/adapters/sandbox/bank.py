"""The sandbox's bank: charges and refunds once per key, kept in a file of its own."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from goodterms.adapters.sandbox.cards import Behaviour, SandboxCard
from goodterms.kit import plainjson
from goodterms.kit.ids import new_id, new_secret
from goodterms.kit.sql import Queries

_Q = Queries(Path(__file__).with_name("bank.sql"))
_REFUSED = {
    Behaviour.NO_FUNDS: ("insufficient_funds", "The card has not enough money."),
    Behaviour.EXPIRED: ("expired_card", "The card has expired. Use another card."),
}
# How often a charge is told by webhook, if not once: a lost answer is lost on every way.
_COPIES = {Behaviour.ANSWERS_TWICE: 3, Behaviour.ANSWER_LOST: 0}
_UNKNOWN_CARD = ("invalid_card", "This is not one of the sandbox's test cards.")
_MOST_TRIES = 12

Row = dict[str, Any]


class Bank:
    """Money of nobody. Survives the death of every process; a key is charged once."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.row_factory = lambda cursor, row: {
            column[0]: value for column, value in zip(cursor.description, row, strict=True)
        }
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_Q["create"])

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def charge(
        self, key: str, minor: int, currency: str, card: SandboxCard | None, *, now: datetime
    ) -> Row:
        """Charge a card, or return what the key was answered before."""
        code, words = _refusal(card)
        fresh = self._write(
            "insert_charge",
            key=key,
            reference=new_id("sbc", now),
            minor=minor,
            currency=currency,
            label="" if card is None else card.label,
            state="declined" if code else "succeeded",
            code=code,
            words=words,
        )
        row = self.find_charge(key)
        assert row is not None
        if fresh and card is not None:
            copies = _COPIES.get(card.behaviour, 1)
            self._tell(f"charge.{row['state']}", row, copies, now=now)
        return row

    def find_charge(self, key: str) -> Row | None:
        """Return a charge by its key."""
        return self._one("charge", key=key)

    def refund(self, key: str, charge_key: str, minor: int, *, now: datetime) -> Row:
        """Give back part of a charge, or return what the key was answered before."""
        charge = self.find_charge(charge_key)
        given = self._one("refunded", key=charge_key)
        left = 0
        if charge is not None and charge["state"] == "succeeded" and given is not None:
            left = charge["minor"] - next(iter(given.values()))
        fresh = self._write(
            "insert_refund",
            key=key,
            reference=new_id("sbr", now),
            charge_key=charge_key,
            minor=minor,
            state="succeeded" if minor <= left else "declined",
            words="" if minor <= left else "More than is left of the charge.",
        )
        row = self.find_refund(key)
        assert row is not None
        if fresh:
            self._tell(f"refund.{row['state']}", row, 1, now=now)
        return row

    def find_refund(self, key: str) -> Row | None:
        """Return a refund by its key."""
        return self._one("refund", key=key)

    def open_page(self, key: str, minor: int, currency: str, return_url: str) -> Row:
        """Open the hosted page of a payment; the same payment keeps its page."""
        self._write(
            "insert_page",
            id=new_secret(18),
            key=key,
            minor=minor,
            currency=currency,
            return_url=return_url,
        )
        row = self._one("page_of_key", key=key)
        assert row is not None
        return row

    def page(self, page_id: str) -> Row | None:
        """Return a hosted page by its secret id."""
        return self._one("page", id=page_id)

    def taken(self) -> int:
        """Return what the bank holds in minor units, of all currencies together (for tests)."""
        row = self._one("taken")
        assert row is not None
        return int(next(iter(row.values())))

    def due_messages(self, *, now: datetime) -> list[Row]:
        """Return the webhooks to be sent now."""
        rows: list[Row] = self._db.execute(_Q["due_messages"], {"now_ms": _ms(now)}).fetchall()
        return rows

    def sent(self, message: Row, *, arrived: bool, now: datetime) -> None:
        """Forget a webhook that arrived, or send it again later, a dozen times at most."""
        if arrived or message["tries"] >= _MOST_TRIES:
            self._write("delete_message", number=message["number"])
            return
        wait = 200 * 2 ** message["tries"]
        self._write("delay_message", number=message["number"], due_ms=_ms(now) + wait)

    def _tell(self, kind: str, row: Row, copies: int, *, now: datetime) -> None:
        event_id = new_id("sbe", now)
        body = plainjson.dumps({"id": event_id, "type": kind, "data": row})
        for _ in range(copies):
            self._write("insert_message", event_id=event_id, body=body, due_ms=_ms(now))

    def _write(self, name: str, **values: Any) -> bool:
        return self._db.execute(_Q[name], values).rowcount > 0

    def _one(self, name: str, **values: Any) -> Row | None:
        row: Row | None = self._db.execute(_Q[name], values).fetchone()
        return row


def _refusal(card: SandboxCard | None) -> tuple[str, str]:
    if card is None:
        return _UNKNOWN_CARD
    return _REFUSED.get(card.behaviour, ("", ""))


def _ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)
