"""The commands ``policy check`` and ``policy diff``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from goodterms.app.compose import services
from goodterms.app.database import database
from goodterms.app.settings import Settings
from goodterms.arrangements.decide.book import PolicyBook, PolicyBookError
from goodterms.arrangements.decide.differing import Diff
from goodterms.arrangements.model import ArrangementPolicy
from goodterms.arrangements.service import load_policies
from goodterms.arrangements.service.portfolio import live_portfolio, portfolio_file
from goodterms.kit.clock import SystemClock
from goodterms.kit.errors import Refusal

SHIPPED = "shipped"
_EVERY = 500


def check_folder(out: Console, folder: Path) -> int:
    """Print what is wrong with a folder of policies, or what is in it; 1 if anything is wrong."""
    try:
        book = _book(str(folder))
    except PolicyBookError as error:
        for fault in error.faults:
            out.print(f"[red]fault:[/red] {escape(str(fault))}", highlight=False, soft_wrap=True)
        out.print(f"[red]{len(error.faults)} faults.[/red]", highlight=False)
        return 1
    out.print(
        f"[green]{len(book.policies)} policies, {len(book.sets)} sets,"
        f" {len(book.permissions)} permissions: all well.[/green] {book.hash}", highlight=False,
    )  # fmt: skip
    return 0


def _book(name: str) -> PolicyBook:
    if name == SHIPPED:
        return load_policies()
    if not Path(name).is_dir():
        raise Refusal("NO_FOLDER", f"{name} is no folder of policies.")
    return load_policies(Path(name))


async def diff_folders(
    settings: Settings, out: Console, before: str, after: str, portfolio: Path | None
) -> int:
    """Quote every account under both folders and print what differs."""
    one, two = _book(before), _book(after)
    if portfolio is not None:
        now = SystemClock().now()
        with _progress(out) as bar:
            task = bar.add_task("accounts")
            diff = Diff()
            for stands in portfolio_file(portfolio):
                diff.add(stands, one, two, ArrangementPolicy(), now)
                if not diff.accounts % _EVERY:
                    bar.update(task, description=f"{diff.accounts:,} accounts")
    else:
        diff = await _live(settings, out, one, two)
    _print(out, one, two, diff)
    return 0


async def _live(settings: Settings, out: Console, one: PolicyBook, two: PolicyBook) -> Diff:
    diff = Diff()
    async with (
        database(settings) as url,
        services(settings, url, name="goodterms policy diff") as parts,
        parts.pool.connection() as conn,
    ):
        now: datetime = parts.clock.now()
        with _progress(out) as bar:
            task = bar.add_task("accounts")
            async for stands in live_portfolio(conn):
                diff.add(stands, one, two, ArrangementPolicy(), now)
                if not diff.accounts % _EVERY:
                    bar.update(task, description=f"{diff.accounts:,} accounts")
    return diff


def _progress(out: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
        console=out, transient=True, disable=not out.is_terminal,
    )  # fmt: skip


def _print(out: Console, one: PolicyBook, two: PolicyBook, diff: Diff) -> None:
    table = Table(title=f"{one.hash[:12]} → {two.hash[:12]}", show_header=False)
    table.add_row("accounts", f"{diff.accounts:,}")
    table.add_row("affected", f"{diff.affected:,}")
    table.add_row("other options", f"{diff.options:,}")
    if diff.refused:
        table.add_row("covered by no set", f"{diff.refused:,}")
    for currency, change in sorted(diff.sums.items()):
        table.add_row(f"sum of change, {currency}", str(change))
    for code, count in sorted(diff.codes.items()):
        table.add_row(f"lines {code}", f"{count:,}")
    out.print(table)
    if diff.movers:
        movers = Table(title="Top movers")
        for column in ("account", "before", "after", "change", "lines"):
            movers.add_column(column)
        for mover in diff.movers:
            movers.add_row(
                mover.reference, str(mover.before), str(mover.after), str(mover.change), mover.why
            )
        out.print(movers)
