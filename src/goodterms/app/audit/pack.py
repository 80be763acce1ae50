"""One consumer's whole file as a folder: read it in a browser, check it without us."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from rich.console import Console

from goodterms.accounts.model import Account, Consumer
from goodterms.app.audit.reports import opened
from goodterms.app.compose import Services
from goodterms.app.settings import Settings
from goodterms.calls.model import Attempt
from goodterms.compliance.model import Explanation, Seal, StoredVerdict, Verdict
from goodterms.kit import plainjson
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import Connection
from goodterms.ledger.model import PostedEntry
from goodterms.reporting.model import TimelineItem

_PAGE = 200
_ALL = 1_000_000
_UNSAFE = str.maketrans(dict.fromkeys('/\\:*?"<>| ', "-"))


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict with its explanation, as it was stored, and the seal that covers it."""

    verdict: Verdict
    why: Explanation
    stored: StoredVerdict
    seal: Seal | None


@dataclass(frozen=True, slots=True)
class File:
    """Everything known of one consumer."""

    consumer: Consumer
    accounts: Sequence[Account]
    ledger: dict[str, list[PostedEntry]]
    decided: Sequence[Decided]
    attempts: Sequence[Attempt]
    timeline: Sequence[TimelineItem]
    records: dict[str, Sequence[Any]]
    rulebooks: dict[str, Any]
    policies: dict[str, Any]


async def write_pack(settings: Settings, out: Console, consumer: str, to: Path | None) -> int:
    """Write the folder; say where it is.

    Raises:
        NotFound: there is no such consumer.
        Refusal: the folder is there already and holds something.
    """
    async with opened(settings, "goodterms audit") as parts, parts.pool.connection() as conn:
        who = await parts.accounts.find_consumer(conn, consumer)
        folder = to or Path(f"audit-{who.reference.translate(_UNSAFE)}")
        if folder.exists() and any(folder.iterdir()):
            raise Refusal(
                "FOLDER", f"The folder {folder} is not empty: name another one with --to."
            )
        file = await _gather(parts, conn, who)
        made = parts.clock.now()
    _write(folder, file, settings, made)
    out.print(
        f"{len(file.attempts):,} attempts and {len(file.decided):,} decisions about {who.name} are"
        f" in {folder}: open {folder / 'index.html'}.", highlight=False, soft_wrap=True,
    )  # fmt: skip
    return 0


async def _gather(parts: Services, conn: Connection, consumer: Consumer) -> File:
    accounts = await parts.accounts.accounts_of(conn, consumer.id)
    decided = await _decisions(parts, conn, consumer.id)
    books = {}
    for hash_ in sorted({one.verdict.rulebook_hash for one in decided}):
        books[hash_] = await parts.compliance.kept_rulebook(conn, hash_)
    return File(
        consumer=consumer,
        accounts=accounts,
        ledger={a.reference: await parts.ledger.entries(conn, a.id) for a in accounts},
        decided=decided,
        attempts=await parts.calls.attempts_of(conn, consumer.id, limit=_ALL),
        timeline=await _timeline(parts, conn, consumer.id),
        records={
            "contact points": await parts.accounts.contact_points(conn, consumer.id),
            "holds": await parts.accounts.holds(conn, consumer.id),
            "consents": await parts.accounts.consents(conn, consumer.id),
            "circumstances": await parts.accounts.circumstances(conn, consumer.id, ended=True),
            "notes": await parts.accounts.notes(conn, consumer.id, limit=_ALL),
            "promises": await parts.arrangements.promises(conn, consumer.id),
            "contact log": await parts.compliance.contacts(conn, consumer.id),
        },
        rulebooks=books,
        policies={},
    )


async def _decisions(parts: Services, conn: Connection, consumer_id: int) -> list[Decided]:
    found: list[Decided] = []
    after: int | None = None
    while True:
        verdicts = await parts.compliance.verdicts(
            conn, consumer_id=consumer_id, after=after, limit=_PAGE
        )
        for verdict in verdicts:
            assert verdict.id is not None  # it is stored
            why = await parts.compliance.why_of(conn, verdict)
            stored = await parts.evidence.stored(conn, verdict.id)
            seal = await parts.evidence.seal_of(conn, verdict.id)
            found.append(Decided(verdict, why, stored, seal))
        if len(verdicts) < _PAGE:
            return found
        after = verdicts[-1].id


async def _timeline(parts: Services, conn: Connection, consumer_id: int) -> list[TimelineItem]:
    found: list[TimelineItem] = []
    before, key = datetime.max.replace(tzinfo=UTC), "~"
    while True:
        items = await parts.reporting.timeline(
            conn, consumer_id, before=before, key=key, limit=_PAGE
        )
        found += items
        if len(items) < _PAGE:
            return found
        before, key = items[-1].at, items[-1].key


def _write(folder: Path, file: File, settings: Settings, made: datetime) -> None:
    pages = Environment(
        loader=PackageLoader("goodterms.app.audit", "pages"),
        autoescape=select_autoescape(("html",)),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, str] = {}

    def put(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written[name] = hashlib.sha256(text.encode()).hexdigest()

    for one in file.decided:
        name = f"decisions/{one.verdict.id}"
        page = pages.get_template("decision.html").render(one=one, consumer=file.consumer)
        put(f"{name}.html", page)
        put(f"{name}.json", plainjson.dumps(one.stored._asdict()))
    for hash_, content in file.rulebooks.items():
        put(f"rulebooks/{hash_}.json", plainjson.dumps(content))
    put("records.json", plainjson.dumps(_plain(file)))
    put(
        "index.html",
        pages.get_template("index.html").render(
            file=file, organisation=settings.organisation, made=made, seals=_seals(file.decided)
        ),
    )
    listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(written.items()))
    (folder / "SHA256SUMS").write_text(listed, encoding="utf-8")


def _seals(decided: Iterable[Decided]) -> list[Seal]:
    seals = {one.seal.number: one.seal for one in decided if one.seal}
    return [seals[number] for number in sorted(seals)]


def _plain(file: File) -> dict[str, Any]:
    return {
        "consumer": file.consumer,
        "accounts": file.accounts,
        "ledger": {
            reference: [
                {
                    "id": one.id, "kind": one.entry.kind, "effective_on": one.entry.effective_on,
                    "posted_at": one.posted_at, "cause": one.entry.cause, "actor": one.entry.actor,
                    "postings": {book: str(m.amount) for book, m in one.entry.postings.items()},
                }
                for one in entries
            ]
            for reference, entries in file.ledger.items()
        },
        "attempts": file.attempts,
        "timeline": file.timeline,
        **{name.replace(" ", "_"): rows for name, rows in file.records.items()},
    }  # fmt: skip
