"""What every command of the command line stands on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

import typer
from rich.console import Console

from goodterms.app.settings import Settings, load_settings

console = Console(stderr=True)


def settings() -> Settings:
    """Read the settings of this process from its environment."""
    return load_settings(os.environ)


def run(work: Coroutine[Any, Any, int]) -> None:
    """Run a command's work and end the process with its exit code."""
    raise typer.Exit(asyncio.run(work))
