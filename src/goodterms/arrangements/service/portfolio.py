"""The portfolio as quotes see it: the live one page by page, or one from a file."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from goodterms.accounts.model import Account, AccountStatus
from goodterms.arrangements import store
from goodterms.arrangements.decide.permissions import Situation
from goodterms.arrangements.decide.standing import Standing
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money, MoneyError
from goodterms.kit.sql import Connection
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import COMPONENTS, Balance, Book, Entry, EntryKind, PostedEntry

PAGE = 2000
_EARLY = datetime(2000, 1, 1, tzinfo=UTC)
_NEEDED = ("account", "due_on")


async def live_portfolio(conn: Connection) -> AsyncIterator[Standing]:
    """Give every account that owes something, in pages, so that memory stays bounded."""
    after = 0
    while page := await store.portfolio_page(conn, after, PAGE):
        for row in page:
            yield _standing(row)
        after = page[-1]["id"]


def portfolio_file(path: Path) -> Iterator[Standing]:
    """Give the accounts of a CSV file, line by line.

    Columns: ``account`` and ``due_on``; any component (``principal``, ``interest``, …);
    ``currency``, ``jurisdiction``, ``client``, ``holds`` (divided by blanks), ``interest_from``.

    Raises:
        Refusal: a column or value is missing or wrong; names the line.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise Refusal("PORTFOLIO", f"{path} has no column '{missing[0]}': add it.")
        for number, row in enumerate(reader, 1):
            try:
                yield _from_file(number, row)
            except (ValueError, MoneyError) as error:
                raise Refusal("PORTFOLIO", f"{path}, line {number + 1}: {error}.") from error


def _from_file(number: int, row: dict[str, str]) -> Standing:
    currency = row.get("currency") or "USD"
    owed = {
        book.value: str(Money.of(row[book.value], currency).amount)
        for book in COMPONENTS
        if row.get(book.value)
    }
    country, _, region = (row.get("jurisdiction") or "US").partition("-")
    start = row.get("interest_from") or row["due_on"]
    return _standing(
        {
            "id": number, "reference": row["account"], "creditor_id": 0, "placement_id": 0,
            "consumer_id": number, "currency": currency, "status": "active",
            "due_on": date.fromisoformat(row["due_on"]), "country": country, "region": region,
            "client": row.get("client") or "", "creditor_name": row.get("client") or "",
            "components": owed, "version": 1, "holds": (row.get("holds") or "").upper().split(),
            "interest_from": date.fromisoformat(start), "causes": [],
        }
    )  # fmt: skip


def _standing(row: dict[str, Any]) -> Standing:
    currency, account_id = row["currency"], row["id"]
    owed = {Book(b): Money.of(text, currency) for b, text in row["components"].items()}
    balance = Balance(account_id, ledger.total(owed.values(), currency), owed, row["version"])
    account = Account(
        account_id, row["reference"], row["creditor_id"], row["placement_id"], row["consumer_id"],
        currency, "", AccountStatus(row["status"]), None, row["due_on"], None, None, None,
    )  # fmt: skip
    causes = [("placement", row["interest_from"] or row["due_on"])]
    causes += [(cause, row["due_on"]) for cause in row["causes"]]
    entries = tuple(
        PostedEntry(
            number,
            Entry(account_id, EntryKind.FEE if number else EntryKind.PLACEMENT, day, cause, {}, ""),
            _EARLY,
        )
        for number, (cause, day) in enumerate(causes)
    )
    where = f"{row['country']}-{row['region']}".strip("-")
    return Standing(
        account, row["creditor_name"], balance, entries,
        Situation(jurisdiction=where, client=row["client"]), frozenset(row["holds"]),
    )  # fmt: skip
