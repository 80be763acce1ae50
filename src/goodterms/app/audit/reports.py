"""The chain verified, history judged again, two rulebooks compared; on the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from goodterms.app.compose import Services, services
from goodterms.app.database import database
from goodterms.app.keep import STOPPED, unless_stopped
from goodterms.app.settings import Settings
from goodterms.compliance.decide import RulebookError
from goodterms.compliance.evidence import Tell
from goodterms.compliance.model import AuditReport, Comparison, ReplayReport, Rulebook
from goodterms.compliance.service import load_rulebook
from goodterms.kit import plainjson
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Connection

FITS, BROKEN = 0, 1
_CHAINS = {"verdict": "decisions", "answer": "answers"}


@asynccontextmanager
async def opened(settings: Settings, name: str) -> AsyncIterator[Services]:
    """Open the services on the database of the settings."""
    async with database(settings) as url, services(settings, url, name=name) as parts:
        yield parts


def progress_on(console: Console) -> Progress:
    """Make a bar for a long look through history."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(), console=console, transient=True,
    )  # fmt: skip


def _told(bar: Progress, words: str, total: int) -> Tell:
    task = bar.add_task(words, total=total)
    return lambda done: bar.update(task, completed=done)


async def verify_chain(
    settings: Settings, out: Console, errors: Console, expect: str | None
) -> int:
    """Verify the chain of decisions; 1 if something does not fit."""
    report = await unless_stopped(_verify(settings, errors))
    if report is None:
        errors.print("Stopped; nothing was changed.")
        return STOPPED
    for text in report.breaks:
        out.print(f"[red]broken:[/red] {text}", highlight=False)
    if expect and not await _goes_through(settings, expect):
        out.print(f"[red]broken:[/red] No seal has the digest {expect}.", highlight=False)
        return BROKEN
    if report.breaks:
        out.print(f"{len(report.breaks)} things do not fit.", style="red", highlight=False)
        return BROKEN
    out.print(
        f"{report.decisions:,} decisions are as they were made; {report.seals:,} seals fit"
        f" ({report.unsealed:,} decisions are not sealed yet).", style="green", highlight=False,
    )  # fmt: skip
    for chain, head in report.heads.items():
        if head:
            out.print(f"Head of the chain of {_CHAINS[chain]}: {head}", highlight=False,
                      soft_wrap=True)  # fmt: skip
    return FITS


async def _verify(settings: Settings, errors: Console) -> AuditReport:
    async with opened(settings, "goodterms audit") as parts, parts.pool.connection() as conn:
        total = await parts.evidence.count(conn)
        with progress_on(errors) as bar:
            return await parts.evidence.verify(conn, tell=_told(bar, "Decisions", total))


async def _goes_through(settings: Settings, digest: str) -> bool:
    async with opened(settings, "goodterms audit") as parts, parts.pool.connection() as conn:
        return await parts.evidence.has_seal(conn, digest)


async def replay_history(
    settings: Settings,
    out: Console,
    errors: Console,
    *,
    since: datetime | None,
    until: datetime | None,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Judge history again and print what comes out another way; 1 if something does."""
    other = rulebook_of(folder) if folder else None
    report = await unless_stopped(_replay(settings, errors, since, until, other))
    if report is None:
        errors.print("Stopped; nothing was changed.")
        return STOPPED
    if as_json:
        out.print(plainjson.dumps(_replay_plain(report)), highlight=False, soft_wrap=True)
    else:
        _show_replay(out, report, other)
    return FITS if report.same == report.judged and not report.unreadable else BROKEN


def _replay_plain(report: ReplayReport) -> dict[str, object]:
    return {
        "judged": report.judged,
        "same": report.same,
        "unreadable": report.unreadable,
        "changes": [
            {"was": was, "now": now, "decisions": number}
            for (was, now), number in sorted(report.changes.items())
        ],
        "examples": report.examples,
    }


def rulebook_of(folder: Path) -> Rulebook:
    """Read a rulebook from a folder.

    Raises:
        Refusal: there is no such folder, or a row of it is refused.
    """
    if not folder.is_dir():
        raise Refusal("RULEBOOK", f"There is no folder {folder}: name one with rows of law.")
    try:
        return load_rulebook(folder)
    except RulebookError as error:
        raise Refusal("RULEBOOK", str(error)) from error


async def _replay(
    settings: Settings,
    errors: Console,
    since: datetime | None,
    until: datetime | None,
    other: Rulebook | None,
) -> ReplayReport:
    async with opened(settings, "goodterms audit") as parts, parts.pool.connection() as conn:
        total = await parts.evidence.count(conn, since=since, until=until)
        with progress_on(errors) as bar:
            return await parts.evidence.replay(
                conn, since=since, until=until, rulebook=other,
                tell=_told(bar, "Judging again", total),
            )  # fmt: skip


def _show_replay(out: Console, report: ReplayReport, other: Rulebook | None) -> None:
    by = f"by rulebook {other.hash[:16]}" if other else "by the rulebooks of their time"
    out.print(
        f"{report.judged:,} decisions judged again {by}: {report.same:,} come out the same.",
        highlight=False,
    )
    if report.unreadable:
        out.print(f"{report.unreadable:,} could not be judged: their rulebook was not kept.",
                  style="red", highlight=False)  # fmt: skip
    if not report.changes:
        return
    table = Table("was", "is now", "decisions", title="What comes out another way")
    for (was, now), number in sorted(report.changes.items(), key=lambda c: -c[1]):
        table.add_row(was, now, f"{number:,}")
    out.print(table)
    for one in report.examples[:10]:
        out.print(
            f"  {one.attempt_id} of {one.decided_at:%Y-%m-%d %H:%M} UTC: {one.was} → {one.now}",
            highlight=False,
        )


async def list_rulebooks(settings: Settings, out: Console) -> int:
    """List the rulebooks that were in force."""
    async with opened(settings, "goodterms audit") as parts, parts.pool.connection() as conn:
        kept = await parts.evidence.rulebooks(conn)
    table = Table("rulebook", "rules", "first in force")
    for one in kept:
        table.add_row(one.hash, f"{one.rules:,}", f"{one.loaded_at:%Y-%m-%d %H:%M} UTC")
    out.print(table)
    return FITS


async def compare_rulebooks(
    settings: Settings,
    out: Console,
    errors: Console,
    *,
    before: str,
    after: str,
    since: datetime,
    as_json: bool,
) -> int:
    """Judge history under two rulebooks (folders, or hashes of kept ones) and print both."""
    books = (_folder_or_hash(before), _folder_or_hash(after))
    found = await unless_stopped(_compare(settings, errors, books, since))
    if found is None:
        errors.print("Stopped; nothing was changed.")
        return STOPPED
    if as_json:
        out.print(plainjson.dumps(found), highlight=False, soft_wrap=True)
    else:
        show_comparison(out, found)
    return FITS


def _folder_or_hash(name: str) -> Rulebook | str:
    folder = Path(name)
    return rulebook_of(folder) if folder.is_dir() else name


async def _compare(
    settings: Settings, errors: Console, books: Sequence[Rulebook | str], since: datetime
) -> Comparison:
    async with opened(settings, "goodterms rulebook") as parts, parts.pool.connection() as conn:
        before, after = [await _kept(parts, conn, book) for book in books]
        total = await parts.evidence.count(conn, since=since)
        with progress_on(errors) as bar:
            return await parts.evidence.compare(
                conn, before, after, since=since, tell=_told(bar, "Judging twice", total)
            )


async def _kept(parts: Services, conn: Connection, book: Rulebook | str) -> Rulebook:
    if isinstance(book, Rulebook):
        return book
    try:
        return await parts.evidence.rulebook(conn, book)
    except NotFound as error:
        raise Refusal("RULEBOOK", f"{book!r} is no folder of rules, and: {error}") from error


def show_comparison(out: Console, found: Comparison) -> None:
    """Print what two rulebooks refuse of the same history."""
    out.print(
        f"{found.judged:,} contacts: {found.before_allowed:,} allowed before,"
        f" {found.after_allowed:,} after.", highlight=False,
    )  # fmt: skip
    table = Table("reason", "refused before", "refused after", "newly", "no longer",
                  "paid after the newly refused")  # fmt: skip
    for row in found.reasons:
        money = ", ".join(f"{amount:,.2f} {code}" for code, amount in sorted(row.money.items()))
        table.add_row(
            row.reason_code, f"{row.before:,}", f"{row.after:,}", f"{row.newly:,}",
            f"{row.no_longer:,}", money,
        )  # fmt: skip
    out.print(table)
