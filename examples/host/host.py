"""A small host ledger: it owns the accounts, goodterms asks it before each call and tells it all.

Its database is its own. It speaks two messages, signed as https://www.standardwebhooks.com says:

- ``POST /ask``: which of these accounts may be contacted now, and what is owed on each?
- ``POST /events``: something happened to one of yours (a call, a promise, a payment).

Start it with ``HOST_SECRET=whsec_… uvicorn host:app --port 9000`` in this folder.
"""  # noqa: INP001 - an example is a script, not a package

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
    reference TEXT PRIMARY KEY, principal TEXT NOT NULL, interest TEXT NOT NULL DEFAULT '0.00',
    contactable INTEGER NOT NULL DEFAULT 1, reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS event (
    message_id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, received_at TEXT NOT NULL
);
"""


def make_app(secret: str, database: str) -> FastAPI:
    """Build the host on its secret and the file of its database."""
    app = FastAPI(title="Example host ledger")
    webhook = Webhook(secret)
    with _open(database) as db:
        db.executescript(SCHEMA)

    async def verified(request: Request) -> Any:
        body = await request.body()
        try:
            return webhook.verify(body, dict(request.headers))
        except (WebhookVerificationError, ValueError) as error:
            raise HTTPException(401, "The signature is wrong.") from error

    @app.post("/ask")
    async def ask(request: Request) -> Response:
        """Say what is true of these accounts right now; the answer is signed too."""
        question = await verified(request)
        with _open(database) as db:
            found = [_account(db, str(reference)) for reference in question["references"]]
        text = json.dumps({"accounts": [account for account in found if account]})
        message_id, now = request.headers["webhook-id"], datetime.now(UTC)  # noqa: TID251 - not goodterms
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign(message_id, now, text),
        }
        return Response(text, media_type="application/json", headers=headers)

    @app.post("/events", status_code=204)
    async def events(request: Request) -> None:
        """Take what happened; the same message may come twice and counts once."""
        message = await verified(request)
        message_id = request.headers["webhook-id"]
        now = datetime.now(UTC).isoformat()  # noqa: TID251 - not goodterms
        with _open(database) as db:
            new = db.execute(
                "INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?)",
                (message_id, message["type"], json.dumps(message), now),
            ).rowcount
            if new and message["type"] == "payment.succeeded":
                _book(db, message["data"])

    @app.put("/accounts/{reference}", status_code=204)
    async def put(reference: str, account: dict[str, Any]) -> None:
        """Set an account as its owner sees it (the host's own screen would call this)."""
        with _open(database) as db:
            db.execute(
                "INSERT OR REPLACE INTO account VALUES (?, ?, ?, ?, ?)",
                (
                    reference,
                    str(account["principal"]),
                    str(account.get("interest", "0.00")),
                    bool(account.get("contactable", True)),
                    str(account.get("reason", "")),
                ),
            )

    @app.get("/events")
    async def told() -> list[dict[str, Any]]:
        """Show what the host was told, oldest first."""
        with _open(database) as db:
            rows = db.execute("SELECT body FROM event ORDER BY rowid").fetchall()
        return [json.loads(row[0]) for row in rows]

    return app


@contextmanager
def _open(database: str) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(database)
    try:
        with db:
            yield db
    finally:
        db.close()


def _account(db: sqlite3.Connection, reference: str) -> dict[str, Any] | None:
    row = db.execute("SELECT * FROM account WHERE reference = ?", (reference,)).fetchone()
    if row is None:
        return None
    return {
        "reference": row[0],
        "currency": "USD",
        "components": {"principal": row[1], "interest": row[2]},
        "contactable": bool(row[3]),
        "reason": row[4],
    }


def _book(db: sqlite3.Connection, data: dict[str, Any]) -> None:
    """Take a payment off what is owed: interest first, then principal."""
    try:
        left = Decimal(str(data["amount"]))
    except (KeyError, InvalidOperation):
        return
    for reference in data.get("host_references", []):
        account = _account(db, reference)
        if account is None:
            continue
        owed = {name: Decimal(value) for name, value in account["components"].items()}
        for name in ("interest", "principal"):
            part = min(left, owed[name])
            owed[name], left = owed[name] - part, left - part
        db.execute(
            "UPDATE account SET principal = ?, interest = ? WHERE reference = ?",
            (str(owed["principal"]), str(owed["interest"]), reference),
        )


if "HOST_SECRET" in os.environ:
    app = make_app(os.environ["HOST_SECRET"], os.environ.get("HOST_DATABASE", "host.sqlite3"))
