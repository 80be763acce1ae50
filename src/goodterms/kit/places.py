"""Where the files that ship with the program lie, and where it keeps what it makes."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """Return a shipped folder or file (``rulebook``, ``migrations``, ``asterisk``).

    It lies in the installed package, or at the top of a checkout.

    Raises:
        FileNotFoundError: the installation is incomplete; says which part is missing.
    """
    for place in (_PACKAGE / "_data" / name, _PACKAGE.parent.parent / name):
        if place.exists():
            return place
    raise FileNotFoundError(f"{name} is missing from this installation: install goodterms again.")


def cache() -> Path:
    """Return the user's cache folder for goodterms: all below it can be fetched again."""
    return _folder("XDG_CACHE_HOME", ".cache")


def state() -> Path:
    """Return the user's folder for what survives a restart: embedded database, logs."""
    return _folder("XDG_STATE_HOME", ".local/state")


def _folder(variable: str, otherwise: str) -> Path:
    chosen = os.environ.get(variable, "")
    # The XDG specification says that a relative path counts as unset.
    parent = Path(chosen) if chosen.startswith("/") else Path.home() / otherwise
    return parent / "goodterms"
