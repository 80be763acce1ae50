"""The command line: ``goodterms COMMAND``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from goodterms.app.audit.commands import audit
from goodterms.app.rulebook import commands as rulebook_commands
from goodterms.app.settings import SettingError
from goodterms.app.terminal import console, run, settings
from goodterms.kit.errors import Refusal

app = typer.Typer(
    name="goodterms",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The open-source contact centre for accounts receivable.",
    epilog="Settings are environment variables named GOODTERMS_…; 'goodterms doctor' lists them.",
)
app.add_typer(audit, name="audit")
app.add_typer(rulebook_commands, name="rulebook")


@app.command()
def up() -> None:
    """Run everything on this machine: database, Asterisk, web, engine and worker."""
    from goodterms.app.up import up_until_stopped  # noqa: PLC0415 - keeps --help quick

    run(up_until_stopped(settings(), console))


@app.command()
def demo(
    seconds: Annotated[
        int | None,
        typer.Option("--for", min=20, help="End by itself after so many seconds (default: never)."),
    ] = None,
    agents: Annotated[int, typer.Option(min=1, max=40, help="How many automatic agents.")] = 8,
    port: Annotated[int | None, typer.Option(help="Port of the pages.")] = None,
) -> None:
    """Show the whole line: a simulated carrier, 2,000 accounts, agents, calls and payments."""
    from goodterms.app.demo.run import run_demo  # noqa: PLC0415 - keeps --help quick

    run(run_demo(settings(), console, seconds=seconds, agents=agents, port=port))


@app.command()
def web() -> None:
    """Serve the pages and the API."""
    from goodterms.app.processes import run_web  # noqa: PLC0415 - keeps --help quick

    run(run_web(settings()))


@app.command()
def engine() -> None:
    """Dial and control calls on one Asterisk node."""
    from goodterms.app.processes import run_engine  # noqa: PLC0415 - keeps --help quick

    run(run_engine(settings()))


@app.command()
def worker() -> None:
    """Do background work: charges, deliveries, campaign lists, promises."""
    from goodterms.app.processes import run_worker  # noqa: PLC0415 - keeps --help quick

    run(run_worker(settings()))


@app.command()
def sandbox() -> None:
    """Serve the sandbox payment processor (demo, tests): test cards and hosted pages."""
    from goodterms.app.processes import run_sandbox  # noqa: PLC0415 - keeps --help quick

    run(run_sandbox(settings()))


@app.command(name="import-numbers")
def import_numbers(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX file of numbers.")],
    refused: Annotated[
        Path | None, typer.Option(help="Folder for the refused rows (default: beside the file).")
    ] = None,
) -> None:
    """Record what others know of numbers: reassignment checks, line types, do-not-call lists."""
    from goodterms.app.data import import_numbers as take  # noqa: PLC0415 - keeps --help quick

    run(take(settings(), console, file, refused))


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX file of accounts.")],
    column: Annotated[
        list[str] | None,
        typer.Option("--map", help="Map a column by hand: 'Their column=our_field'; repeatable."),
    ] = None,
    refused: Annotated[
        Path | None, typer.Option(help="Where to write the refused rows (default: beside FILE).")
    ] = None,
) -> None:
    """Import accounts; refused rows go to a file that can be corrected and imported again."""
    from goodterms.app.data import import_file  # noqa: PLC0415 - keeps --help quick

    run(import_file(settings(), console, file, column or [], refused))


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    from goodterms.app.data import migrate_database  # noqa: PLC0415 - keeps --help quick

    run(migrate_database(settings(), console))


@app.command()
def doctor() -> None:
    """Tell what is missing on this machine and how to get it; list all settings."""
    from goodterms.app.doctor import examine  # noqa: PLC0415 - keeps --help quick

    run(examine(settings(), Console()))


@app.command()
def why(
    subject: Annotated[
        str,
        typer.Argument(help="An attempt (att_…), an account's reference, or a campaign's name."),
    ],
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
            help="As of this time (UTC): what was decided last by then, or what would be.",
        ),
    ] = None,
) -> None:
    """Explain: why an attempt was allowed, an account may be called or not, or nobody was."""
    from goodterms.app.audit.why import explain  # noqa: PLC0415 - keeps --help quick

    run(explain(settings(), Console(), subject, at.replace(tzinfo=UTC) if at else None))


@app.command()
def quote(
    account: Annotated[str, typer.Argument(help="An account's reference.")],
    as_of: Annotated[
        str | None, typer.Option(help="A day (2026-01-31): as it was understood at its end.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="A folder of policies to try instead of those in force.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the quote as JSON.")] = False,
) -> None:
    """Quote an account: every line, every option, and both explanations; nothing is kept."""
    from goodterms.app.quoting import show_quote  # noqa: PLC0415 - keeps --help quick

    run(show_quote(settings(), Console(), account, as_of=as_of, policies=policy, as_json=as_json))


@app.command()
def check() -> None:
    """Check every invariant against the database; say each breach, exit 1 if there is one."""
    from goodterms.app.data import check_invariants  # noqa: PLC0415 - keeps --help quick

    run(check_invariants(settings(), Console()))


@app.command(name="add-person")
def add_person(
    username: Annotated[str, typer.Argument(help="Name to sign in with.")],
    role: Annotated[
        list[str],
        typer.Option(help="agent, supervisor, manager, compliance, integrator or operator."),
    ],
    name: Annotated[str | None, typer.Option(help="Name that others see.")] = None,
) -> None:
    """Create somebody who may sign in; asks for the password."""
    from goodterms.app.data import add_person as add  # noqa: PLC0415 - keeps --help quick

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    run(add(settings(), console, username, name=name or username, roles=role, password=password))


@app.command(name="add-key")
def add_key(
    name: Annotated[str, typer.Argument(help="Name of the program that will hold it.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may do, e.g. accounts:read; all without.")
    ] = None,
) -> None:
    """Make a key for the REST API; it is printed this once."""
    from goodterms.app.data import add_key as add  # noqa: PLC0415 - keeps --help quick

    run(add(settings(), Console(), name, scopes=scope or []))


scenarios = typer.Typer(no_args_is_help=True, help="Scenarios of law: given, when, expect.")
app.add_typer(scenarios, name="scenarios")


@scenarios.command(name="run")
def run_scenarios(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of scenarios (*.yaml).")],
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the trace of those that pass, too.")
    ] = False,
    only: Annotated[
        str | None, typer.Option(help="Run those with these words in file or title.")
    ] = None,
) -> None:
    """Run scenarios; print what did not come out with its trace, and exit 1 (2: unreadable)."""
    from goodterms.app.scenarios import run_scenarios as run_all  # noqa: PLC0415 - keeps --help quick

    raise typer.Exit(run_all(Console(), paths, verbose=verbose, words=only))


policy = typer.Typer(no_args_is_help=True, help="Policies of money: check a folder, compare two.")
app.add_typer(policy, name="policy")


@policy.command(name="check")
def check_policies(
    folder: Annotated[Path, typer.Argument(help="A folder of policies (*.yaml).")],
) -> None:
    """Read a folder of policies; print every fault with file, line, field and remedy."""
    from goodterms.app.policies import check_folder  # noqa: PLC0415 - keeps --help quick

    raise typer.Exit(check_folder(Console(), folder))


@policy.command(name="diff")
def diff_policies(
    before: Annotated[str, typer.Argument(help="A folder of policies, or 'shipped'.")],
    after: Annotated[str, typer.Argument(help="The folder it is compared with, or 'shipped'.")],
    portfolio: Annotated[
        Path | None,
        typer.Option(help="A CSV file of accounts (default: the live portfolio)."),
    ] = None,
) -> None:
    """Quote a portfolio under two folders of policies: who is affected, by how much."""
    from goodterms.app.policies import diff_folders  # noqa: PLC0415 - keeps --help quick

    run(diff_folders(settings(), Console(), before, after, portfolio))


def main() -> None:
    """Run the command line; what goes wrong is one sentence, never a traceback."""
    try:
        app()
    except (SettingError, Refusal, FileNotFoundError, PermissionError) as error:
        console.print(f"[red]goodterms:[/red] {error}", highlight=False)
        sys.exit(2)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        console.print(
            "[red]goodterms:[/red] The database has no tables of ours yet, or old ones: run "
            "'goodterms migrate' first.",
            highlight=False,
        )
        sys.exit(2)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        console.print(
            f"[red]goodterms:[/red] The database cannot be reached ({reason}). Start it with "
            "'goodterms up', or set GOODTERMS_DATABASE_URL.",
            highlight=False,
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
