"""Where the files that ship with the program lie."""

from __future__ import annotations

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
