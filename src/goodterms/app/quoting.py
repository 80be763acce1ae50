"""The command ``quote``: an account's quote on the terminal, with both explanations."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from goodterms.app.compose import Services, services
from goodterms.app.database import database
from goodterms.app.settings import Settings
from goodterms.arrangements.model import Quote, QuoteOption, Told
from goodterms.arrangements.service import load_policies
from goodterms.kit import plainjson
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Connection


async def show_quote(
    settings: Settings,
    console: Console,
    reference: str,
    *,
    as_of: str | None,
    policies: Path | None,
    as_json: bool,
) -> int:
    """Print what is quoted on an account now or as of a day."""
    book = None if policies is None else load_policies(policies)
    async with (
        database(settings) as url,
        services(settings, url, name="goodterms quote") as parts,
        parts.pool.connection() as conn,
    ):
        now = parts.clock.now()
        account_id = await _account(parts, conn, reference)
        day = now.date() if as_of is None else _day(as_of)
        quote = await parts.arrangements.quote_as_of(conn, account_id, day, now=now, policies=book)
    if as_json:
        console.print_json(plainjson.dumps(quote))
    else:
        _print(console, reference, quote)
    return 0


async def _account(parts: Services, conn: Connection, reference: str) -> int:
    page = await parts.accounts.search(conn, reference, limit=5)
    for row in page.rows:
        if row.reference == reference:
            return row.account_id
    raise NotFound(
        "ACCOUNT_UNKNOWN",
        f"There is no account {reference!r}: give its reference as in the accounts list.",
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refusal("DAY", f"{text!r} is no day: write it as 2026-01-31.") from error


def _print(console: Console, reference: str, quote: Quote) -> None:
    table = Table(title=f"Account {reference} as of {quote.as_of}")
    table.add_column("what")
    table.add_column("amount", justify="right")
    table.add_column("to the agent")
    table.add_column("to the consumer")
    for line in (*quote.lines, *quote.absent):
        code = f"\n{line.reason_code}" if line.reason_code else ""
        table.add_row(
            line.component + code, str(line.amount), line.agent_words, line.consumer_words
        )
    table.add_section()
    table.add_row("owed", str(quote.total), "", "")
    console.print(table)
    for option in quote.options:
        console.print(_option(option))
    for gone in quote.removed:
        console.print(
            f"[dim]not {gone.kind.value}[/dim] ({gone.reason_code}): {gone.words}",
            highlight=False,
        )
    console.print(
        f"Policies: set {quote.policy_set}, book {quote.policy_hash[:12]}; the quote ends"
        f" {quote.expires_at:%Y-%m-%d %H:%M} UTC.",
        highlight=False,
    )


def _option(option: QuoteOption) -> Tree:
    tree = Tree(f"[bold]{option.kind.value}[/bold] {option.maximum}", highlight=False)
    tree.add(f"agent: {option.words}")
    tree.add(f"consumer: {option.consumer_words}")
    if option.expires_at is not None:
        tree.add(f"open until {option.expires_at:%Y-%m-%d %H:%M} UTC")
    if option.instalments:
        first, last = option.instalments[0], option.instalments[-1]
        tree.add(f"{first.amount} on {first.due_on} … {last.amount} on {last.due_on}")
    if option.trace is not None:
        _step(tree, option.trace)
    return tree


def _step(tree: Tree, step: Told) -> None:
    values = ", ".join(f"{name} {value}" for name, value in step.inputs.items())
    branch = tree.add(
        f"[dim]{step.policy}, {step.rule} → {step.value} ({step.citation}; {step.evidence})"
        f" {values}[/dim]"
    )
    for below in step.because:
        _step(branch, below)
