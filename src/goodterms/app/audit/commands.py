"""The commands of ``goodterms audit``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from goodterms.app.terminal import console, run, settings

audit = typer.Typer(no_args_is_help=True, help="Look through the evidence of every decision.")

Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="From this date on (UTC)."),
]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Before this date (UTC)."),
]


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


@audit.command()
def verify(
    expect: Annotated[
        str | None,
        typer.Option(help="A head noted before: the chain must still go through it."),
    ] = None,
) -> None:
    """Check that no decision was changed, taken out or put in; print the head of the chain."""
    from goodterms.app.audit.reports import verify_chain  # noqa: PLC0415 - keeps --help quick

    run(verify_chain(settings(), Console(), console, expect))


@audit.command()
def replay(
    since: Since = None,
    until: Until = None,
    rulebook: Annotated[
        Path | None,
        typer.Option(help="Judge by the rules of this folder instead of those of the time."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Judge history again: to the same bytes, or by another rulebook with the differences."""
    from goodterms.app.audit.reports import replay_history  # noqa: PLC0415 - keeps --help quick

    run(
        replay_history(
            settings(),
            Console(),
            console,
            since=_utc(since),
            until=_utc(until),
            folder=rulebook,
            as_json=as_json,
        )
    )


@audit.command()
def rulebooks() -> None:
    """List the rulebooks that were ever in force, by their hashes."""
    from goodterms.app.audit.reports import list_rulebooks  # noqa: PLC0415 - keeps --help quick

    run(list_rulebooks(settings(), Console()))


@audit.command()
def pack(
    consumer: Annotated[str, typer.Argument(help="A consumer's reference or number.")],
    to: Annotated[
        Path | None, typer.Option(help="The folder to write (default: audit-REFERENCE here).")
    ] = None,
) -> None:
    """Export one consumer's whole file as a folder with an index to read in a browser."""
    from goodterms.app.audit.pack import write_pack  # noqa: PLC0415 - keeps --help quick

    run(write_pack(settings(), Console(), consumer, to))
