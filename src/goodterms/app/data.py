"""Commands that work on the database: import, migrate, check, add-person, add-key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from goodterms.access.model import Role, Scope
from goodterms.adapters.postgres.migrations import migrate
from goodterms.app.compose import Services, services
from goodterms.app.database import database
from goodterms.app.keep import STOPPED, unless_stopped
from goodterms.app.settings import Settings
from goodterms.intake.model import ImportReport
from goodterms.intake.model import Progress as Read
from goodterms.intake.service.numbers import NumberImport
from goodterms.kit.errors import Refusal

ACTOR = "system:cli"


async def migrate_database(settings: Settings, console: Console) -> int:
    """Bring the schema up to date and say what was done."""
    async with database(settings) as url:
        done = await asyncio.to_thread(migrate, url)
    for name in done.applied:
        console.print(f"applied {name}", highlight=False)
    total = done.before + len(done.applied)
    console.print(f"The schema is up to date: {total} migrations.", highlight=False)
    return 0


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        column, equals, field = pair.rpartition("=")
        if not equals or not column or not field:
            raise Refusal(
                "MAP", f"--map {pair!r} is not understood: write 'Their column=our_field'."
            )
        mapping[field.strip()] = column.strip()
    return mapping


def show_report(console: Console, report: ImportReport) -> None:
    """Print what an import did, with a few refused rows and where all of them are."""
    counts = report.counts
    table = Table(title="Import", show_header=False)
    table.add_row("rows read", f"{counts.read:,}")
    table.add_row("new accounts", f"{counts.new:,}")
    table.add_row("updated", f"{counts.updated:,}")
    table.add_row("unchanged", f"{counts.unchanged:,}")
    table.add_row("refused", f"{counts.refused:,}")
    console.print(table)
    for number, reason in report.examples[:5]:
        console.print(f"  row {number}: {reason}", style="yellow", highlight=False)
    if report.refused_file:
        console.print(
            f"The refused rows are in {report.refused_file}: correct them there and import that "
            "file.", highlight=False,
        )  # fmt: skip
    if report.ignored:
        console.print(f"Columns not used: {', '.join(report.ignored)}", highlight=False)


async def import_with_bar(
    parts: Services, console: Console, file: Path, mapping: dict[str, str], folder: Path | None
) -> ImportReport:
    """Import a file with a progress bar on the terminal."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rows]} rows"),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        task = bar.add_task(f"Importing {file.name}", total=None, rows="0")

        def tell(read: Read) -> None:
            bar.update(
                task, completed=read.bytes_read, total=read.bytes_total,
                rows=f"{read.counts.read:,}",
            )  # fmt: skip

        return await parts.intake.import_file(
            file, mapping, actor=ACTOR, progress=tell, refused_folder=folder
        )


async def import_file(
    settings: Settings, console: Console, file: Path, columns: Sequence[str], refused: Path | None
) -> int:
    """Import accounts from a file; Ctrl-C stops between chunks, importing again continues."""
    mapping = _mapping(columns)
    report = await unless_stopped(_import(settings, console, file, mapping, refused))
    if report is None:
        console.print("Stopped. What was imported stays; import the file again to go on.")
        return STOPPED
    show_report(console, report)
    return 0


async def _import(
    settings: Settings, console: Console, file: Path, mapping: dict[str, str], refused: Path | None
) -> ImportReport:
    async with database(settings) as url:
        await asyncio.to_thread(migrate, url)
        async with services(settings, url, name="goodterms import") as parts:
            return await import_with_bar(parts, console, file, mapping, refused)


async def import_numbers(
    settings: Settings, console: Console, file: Path, refused: Path | None
) -> int:
    """Record what a file says about numbers, and say what was refused."""
    async with (
        database(settings) as url,
        services(settings, url, name="goodterms import-numbers") as parts,
    ):
        report = await NumberImport(parts.pool, parts.clock, parts.accounts).import_file(
            file, actor=ACTOR, refused_folder=refused
        )
    console.print(
        f"{report.read:,} rows read, {report.recorded:,} facts recorded, "
        f"{report.refused:,} rows refused.", highlight=False,
    )  # fmt: skip
    if report.refused_file:
        console.print(f"The refused rows are in {report.refused_file}.", highlight=False)
    return 0


async def check_invariants(settings: Settings, console: Console) -> int:
    """Print every breach of an invariant; return 1 if there is one."""
    async with (
        database(settings) as url,
        services(settings, url, name="goodterms check") as parts,
        parts.pool.connection() as conn,
    ):
        breaches = await parts.reporting.broken_invariants(conn)
    for breach in breaches:
        console.print(f"[red]broken:[/red] {breach}", highlight=False)
    if not breaches:
        console.print("Every invariant holds.", style="green")
    return 1 if breaches else 0


async def add_person(
    settings: Settings,
    console: Console,
    username: str,
    *,
    name: str,
    roles: Sequence[str],
    password: str,
) -> int:
    """Create somebody who may sign in."""
    unknown = [role for role in roles if role not in set(Role)]
    if unknown:
        raise Refusal("ROLE", f"{unknown[0]!r} is no role: choose among {', '.join(Role)}.")
    async with (
        database(settings) as url,
        services(settings, url, name="goodterms add-person") as parts,
        parts.transaction() as conn,
    ):
        person = await parts.access.create_person(
            conn, username, name, [Role(role) for role in roles], password, now=parts.clock.now()
        )
    console.print(f"{person.display_name} may sign in as {person.username}.", highlight=False)
    return 0


async def add_key(settings: Settings, console: Console, name: str, *, scopes: Sequence[str]) -> int:
    """Make an API key and print it, this once, alone on standard output."""
    unknown = [scope for scope in scopes if scope not in set(Scope)]
    if unknown:
        raise Refusal("SCOPE", f"{unknown[0]!r} is no scope: choose among {', '.join(Scope)}.")
    chosen = [Scope(scope) for scope in scopes] or list(Scope)
    async with (
        database(settings) as url,
        services(settings, url, name="goodterms add-key") as parts,
        parts.transaction() as conn,
    ):
        key, _ = await parts.access.create_key(
            conn, name, chosen, actor=ACTOR, now=parts.clock.now()
        )
    console.print(key, highlight=False, soft_wrap=True)
    return 0
