"""Commands about the rulebook: ``goodterms rulebook COMMAND``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from goodterms.app.terminal import console, run, settings

if TYPE_CHECKING:
    from goodterms.compliance.model import Rule

commands = typer.Typer(no_args_is_help=True, help="The rulebook: law as dated, cited rows.")

_MARKS = {
    "verified": "[green]verified[/green]",
    "secondary": "secondary",
    "unverified": "[yellow]UNVERIFIED[/yellow]",
    "design": "[dim]design[/dim]",
}
_STATES = {
    "in_force": "in force",
    "not_yet": "[yellow]not yet[/yellow]",
    "ended": "[dim]ended[/dim]",
    "disabled": "[yellow]disabled[/yellow]",
}


@commands.command(name="list")
def list_rows(
    *,
    place: Annotated[
        str, typer.Option(help="A place and those below it, e.g. US, US-MA, CA-ON; '*' is house.")
    ] = "",
    evidence: Annotated[str, typer.Option(help="verified, secondary, unverified or design.")] = "",
    moment: Annotated[str, typer.Option(help="Asked at this moment, e.g. PREDIAL, PAY.")] = "",
    state: Annotated[
        str, typer.Option(help="in_force, not_yet, ended or disabled on the date asked about.")
    ] = "",
    signed: Annotated[str, typer.Option(help="yes or no: whether counsel signed it.")] = "",
    search: Annotated[str, typer.Option(help="Text in id, title, citation or reason code.")] = "",
    on: Annotated[str, typer.Option(help="The date asked about (default: today).")] = "",
    rulebook: Annotated[
        Path | None, typer.Option(help="A folder of rows (default: the rulebook that ships).")
    ] = None,
    packs: Annotated[bool, typer.Option("--packs", help="One line for each place.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole rows as JSON.")] = False,
) -> None:
    """List the rows: place, title, validity, evidence, signature, and whether they are asked."""
    from goodterms.compliance.decide.catalogue import Sought, found  # noqa: PLC0415 - keeps --help quick
    from goodterms.compliance.decide.rows import RulebookError  # noqa: PLC0415 - as above
    from goodterms.compliance.service import load_rulebook  # noqa: PLC0415 - as above
    from goodterms.kit.clock import SystemClock  # noqa: PLC0415 - as above

    today = _date(on) if on else SystemClock().now().date()
    sought = Sought(place, _one(evidence, _MARKS, "--evidence"), moment.upper(),
                    _one(state, _STATES, "--state"), _one(signed, ("yes", "no"), "--signed"),
                    search)  # fmt: skip
    try:
        rows = found(load_rulebook(rulebook), sought, today)
    except RulebookError as error:
        Console(stderr=True).print(f"[red]goodterms:[/red] {error}", highlight=False)
        raise typer.Exit(2) from error
    if as_json:
        _print_json(rows, today)
    else:
        _print_table(_packs(rows) if packs else _rows(rows, today), rows)
    if not rows:
        raise typer.Exit(1)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date: write it as 2026-11-22") from None


def _one(text: str, known: Sequence[str] | dict[str, str], option: str) -> str:
    if text and text not in known:
        raise typer.BadParameter(f"{text!r} is not known to {option}: write {', '.join(known)}")
    return text


def _print_json(rows: Sequence[Rule], today: date) -> None:
    from goodterms.compliance.decide.catalogue import state_of  # noqa: PLC0415 - keeps --help quick
    from goodterms.compliance.decide.rows import content_of  # noqa: PLC0415 - as above
    from goodterms.kit import plainjson  # noqa: PLC0415 - as above

    whole: list[dict[str, Any]] = [
        {**held, "state": state_of(rule, today)}
        for held, rule in zip(content_of(rows), rows, strict=True)
    ]
    typer.echo(plainjson.dumps(whole))


def _rows(rows: Sequence[Rule], today: date) -> Table:
    from goodterms.compliance.decide.catalogue import state_of  # noqa: PLC0415 - keeps --help quick

    table = Table(title="Rulebook", title_justify="left")
    table.add_column("place", no_wrap=True)
    table.add_column("rule", overflow="fold", ratio=1)
    table.add_column("in force", no_wrap=True)
    table.add_column("evidence", no_wrap=True)
    table.add_column("asked", no_wrap=True)
    before = ""
    for rule in rows:
        if before not in {"", rule.jurisdiction}:
            table.add_section()
        before = rule.jurisdiction
        until = f"\nuntil {rule.valid_to}" if rule.valid_to else ""
        table.add_row(
            _place(rule.jurisdiction),
            f"{escape(rule.id)} v{rule.version}\n[dim]{escape(rule.title)}[/dim]",
            f"from {rule.valid_from}{until}",
            f"{_MARKS[rule.evidence]}\n{_signature(rule)}",
            _STATES[state_of(rule, today)],
        )
    return table


def _signature(rule: Rule) -> str:
    return f"signed: {escape(rule.signed_by)}" if rule.signed_by else "[dim]not signed[/dim]"


def _place(jurisdiction: str) -> str:
    return "everywhere" if jurisdiction == "*" else jurisdiction


def _packs(rows: Sequence[Rule]) -> Table:
    table = Table(title="Packs", title_justify="left")
    for name in ("place", "rows", *_MARKS, "signed"):
        table.add_column(name, justify="left" if name == "place" else "right", no_wrap=True)
    for place in dict.fromkeys(rule.jurisdiction for rule in rows):
        pack = [rule for rule in rows if rule.jurisdiction == place]
        marks = Counter(rule.evidence for rule in pack)
        signed = sum(rule.signed_by is not None for rule in pack)
        counts = [len(pack), *(marks[mark] for mark in _MARKS), signed]
        table.add_row(_place(place), *(str(count or "") for count in counts))
    return table


def _print_table(table: Table, rows: Sequence[Rule]) -> None:
    out = Console()
    if rows:
        out.print(table)
    marks = Counter(rule.evidence for rule in rows)
    told = ", ".join(f"{marks[mark]} {mark}" for mark in _MARKS if marks[mark])
    unsigned = sum(rule.signed_by is None for rule in rows)
    out.print(f"{len(rows)} rows{': ' + told if told else ''}; {unsigned} not signed by counsel.",
              highlight=False)  # fmt: skip


@commands.command(name="check")
def check_overlay(
    file: Annotated[Path, typer.Argument(help="A file of rows that tighten the law.")],
) -> None:
    """Read an overlay and compare it with the law; exit 2 if it cannot be read or is looser."""
    from goodterms.compliance.publishing import PublishingService, content_hash  # noqa: PLC0415 - as above
    from goodterms.compliance.service import load_rulebook  # noqa: PLC0415 - as above

    rules = PublishingService(load_rulebook()).check(file.read_text(encoding="utf-8"))
    out = Console()
    for rule in rules:
        tells = f"tightens {rule.tightens}" if rule.tightens else "a stop of our own"
        out.print(f"{rule.id} v{rule.version}: {tells}", highlight=False)
    out.print(f"{len(rules)} rows, none looser than the law. Hash {content_hash(rules)}",
              highlight=False, soft_wrap=True)  # fmt: skip


@commands.command(name="diff")
def diff(
    before: Annotated[str, typer.Argument(help="A folder of rows, or a kept rulebook by hash.")],
    after: Annotated[str, typer.Argument(help="The same for the rulebook to compare it with.")],
    since: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="History from this date on (UTC).")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Judge history under two rulebooks: what each refuses, by reason, and what was paid after."""
    from goodterms.app.audit.reports import compare_rulebooks  # noqa: PLC0415 - as above

    run(
        compare_rulebooks(
            settings(), Console(), console,
            before=before, after=after, since=since.replace(tzinfo=UTC), as_json=as_json,
        )
    )  # fmt: skip
