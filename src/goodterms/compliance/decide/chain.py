"""The chain of seals: one digest that stands for every decision before it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from goodterms.compliance.model import Seal

_CALLED = {"verdict": "Decision", "answer": "Answer"}


def link(previous: str, decisions: Iterable[tuple[int, str]]) -> str:
    """Return the digest of a seal: over the seal before and each decision's number and digest.

    The first seal's ``previous`` is empty. The result is a SHA-256 in hexadecimal.
    """
    sealed = hashlib.sha256(previous.encode())
    for number, digest in decisions:
        sealed.update(f"\n{number}:{digest}".encode())
    return sealed.hexdigest()


class Proof(NamedTuple):
    """A decision with the digest it carries and the one its content has now."""

    id: int
    name: str
    digest: str
    should_be: str


class Look:
    """Counts what was looked at, and collects what does not fit."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self.decisions = self.seals = self.unsealed = 0
        self.breaks: list[str] = []
        self._chain = "verdict"

    def begin(self, chain: str) -> None:
        """Turn to another chain."""
        self._chain = chain

    def follows(self, seal: Seal, place: int, at: int) -> None:
        """Check that a seal begins where the one before it ended."""
        self.seals += 1
        if seal.after_id != at or seal.number != place:
            self.breaks.append(f"Seal {seal.number} does not follow the one before it.")

    def sealed(self, seal: Seal, head: str, found: Sequence[Proof]) -> str:
        """Check a seal against what it was made of; return the head after it."""
        self.check(found)
        if len(found) != seal.decisions:
            self.breaks.append(
                f"Seal {seal.number} was over {seal.decisions} decisions, numbers"
                f" {seal.after_id + 1} to {seal.until_id}; there are {len(found)}."
            )
        if link(head, [(one.id, one.digest) for one in found]) != seal.digest:
            self.breaks.append(f"Seal {seal.number} does not fit what it was made of.")
        return seal.digest

    def check(self, found: Sequence[Proof]) -> None:
        """Check that each decision is what its own digest was taken of."""
        for one in found:
            if one.digest != one.should_be:
                self.breaks.append(
                    f"{_CALLED[self._chain]} {one.id} ({one.name}) was changed after it was made."
                )
        self.decisions += len(found)
        self._tell(self.decisions)
