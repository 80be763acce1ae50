"""The chain of seals: one digest that stands for every decision before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def link(previous: str, decisions: Iterable[tuple[int, str]]) -> str:
    """Return the digest of a seal: over the seal before and each decision's number and digest.

    The first seal's ``previous`` is empty. The result is a SHA-256 in hexadecimal.
    """
    sealed = hashlib.sha256(previous.encode())
    for number, digest in decisions:
        sealed.update(f"\n{number}:{digest}".encode())
    return sealed.hexdigest()
