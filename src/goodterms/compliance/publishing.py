"""Overlays from proposal to force: one writes, another decides, every process takes it up.

The law ships with the program; an overlay is rows of the tenant that make it stricter. What is in
force is the law of this very program with the latest overlay that was published on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from goodterms.compliance import store
from goodterms.compliance.decide import RulebookError
from goodterms.compliance.decide.rows import content_of, read_rules
from goodterms.compliance.decide.tighten import read_overlay, with_overlay
from goodterms.compliance.model import Rule, Rulebook
from goodterms.kit import plainjson
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Connection

_FILE = "overlay"
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Publication:
    """An overlay with who wrote it and who decided; ``hash`` is of what its rows say."""

    id: int
    state: str
    overlay: str
    hash: str
    note: str
    author: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rows, as this program reads them.

        Raises:
            RulebookError: they were written for another program and cannot be read any more.
        """
        return tuple(read_rules(f"{_FILE} {self.id}", self.overlay))


class PublishingService:
    """Overlays: proposing, deciding, and their history. ``law`` is what ships."""

    def __init__(self, law: Rulebook) -> None:
        self.law = law

    def check(self, text: str) -> tuple[Rule, ...]:
        """Read an overlay and compare it with the law.

        Raises:
            Refusal: it cannot be read or is looser than the law; says line, row and remedy.
        """
        if len(text) > _LONGEST:
            raise Refusal("OVERLAY_LONG", "Write at most 200,000 characters.", field="overlay")
        try:
            rules = read_overlay(_FILE, text.replace("\r\n", "\n"), self.law)
            with_overlay(self.law, rules)
        except RulebookError as error:
            raise Refusal("OVERLAY_REFUSED", str(error), field="overlay") from error
        return rules

    async def propose(
        self, conn: Connection, text: str, *, note: str, author: str, now: datetime
    ) -> Publication:
        """Propose an overlay in place of the one in force; an empty one leaves the law alone.

        Raises:
            Refusal: it is refused by ``check``.
            Conflict: the same content is already proposed, or in force.
        """
        text = text.replace("\r\n", "\n")
        digest = content_hash(self.check(text))
        current = await self.in_force(conn)
        if digest == (current.hash if current else content_hash(())):
            raise Conflict(
                "OVERLAY_IN_FORCE", "These rows are in force already: change them first."
            )
        values = {"overlay": text, "hash": digest, "note": note, "author": author, "now": now}
        number = await store.propose_publication(conn, values)
        if number is None:
            raise Conflict(
                "OVERLAY_PROPOSED", "The same rows are proposed already: decide about them first."
            )
        return await self.publication(conn, number)

    async def propose_again(
        self, conn: Connection, digest: str, *, author: str, now: datetime
    ) -> Publication:
        """Propose what was published before, by its hash: the way back.

        Raises:
            NotFound: nothing with this hash was ever written.
        """
        if digest == content_hash(()):
            return await self.propose(
                conn, "", note="Back to the law alone", author=author, now=now
            )
        row = await store.publication_by_hash(conn, digest)
        if row is None:
            raise NotFound("OVERLAY_UNKNOWN", f"No overlay has the hash {digest}.")
        former = _publication(row)
        note = f"Back to publication {former.id}"
        return await self.propose(conn, former.overlay, note=note, author=author, now=now)

    async def publish(
        self, conn: Connection, publication_id: int, *, digest: str, by: str, now: datetime
    ) -> Publication:
        """Put a proposed overlay in force. ``digest`` is the hash that ``by`` has looked at.

        Raises:
            NotFound: there is none.
            Conflict: it was decided about, or it is not what ``by`` has looked at.
            Refusal: ``by`` is its author, or it is looser than the law by now.
        """
        found = await self._proposed(conn, publication_id, by)
        if digest != found.hash:
            raise Conflict("OVERLAY_CHANGED", f"Publication {found.id} has the hash {found.hash}.")
        rules = self.check(found.overlay)
        await store.put_rulebook(conn, with_overlay(self.law, rules), now)
        return await self._decide(conn, found, "published", by, "", now)

    async def reject(
        self, conn: Connection, publication_id: int, *, reason: str, by: str, now: datetime
    ) -> Publication:
        """Turn a proposed overlay down.

        Raises:
            NotFound: there is none.
            Conflict: it was decided about.
            Refusal: ``by`` is its author, or no reason is given.
        """
        found = await self._proposed(conn, publication_id, by)
        if not reason.strip():
            raise Refusal("REASON_MISSING", "Say why it is turned down.", field="reason")
        return await self._decide(conn, found, "rejected", by, reason.strip(), now)

    async def _proposed(self, conn: Connection, publication_id: int, by: str) -> Publication:
        row = await store.lock_publication(conn, publication_id)
        if row is None:
            raise NotFound("PUBLICATION_UNKNOWN", f"There is no publication {publication_id}.")
        found = _publication(row)
        if found.state != "proposed":
            raise Conflict("PUBLICATION_DECIDED", f"Publication {found.id} is {found.state}.")
        if found.author == by:
            raise Refusal(
                "PUBLICATION_OWN", "Whoever wrote an overlay does not decide about it: ask another."
            )
        return found

    async def _decide(  # noqa: PLR0917 - the columns of one decision
        self, conn: Connection, found: Publication, state: str, by: str, reason: str, now: datetime
    ) -> Publication:
        values = {"id": found.id, "state": state, "by": by, "reason": reason, "now": now}
        await store.decide_publication(conn, values)
        return await self.publication(conn, found.id)

    async def publication(self, conn: Connection, publication_id: int) -> Publication:
        """Give one publication.

        Raises:
            NotFound: there is none.
        """
        row = await store.get_publication(conn, publication_id)
        if row is None:
            raise NotFound("PUBLICATION_UNKNOWN", f"There is no publication {publication_id}.")
        return _publication(row)

    async def history(self, conn: Connection, *, limit: int = 50) -> Sequence[Publication]:
        """List publications, the newest first."""
        return [_publication(row) for row in await store.list_publications(conn, limit)]

    async def in_force(self, conn: Connection) -> Publication | None:
        """Give the publication in force; None: the law alone."""
        number = await store.publication_in_force(conn)
        return None if number is None else await self.publication(conn, number)


def content_hash(rules: Sequence[Rule]) -> str:
    """Return the SHA-256 of what rows say, whatever their spacing, comments and order."""
    ordered = sorted(rules, key=lambda rule: (rule.id, rule.version))
    return hashlib.sha256(plainjson.canonical(content_of(ordered))).hexdigest()


def _publication(row: Mapping[str, Any]) -> Publication:
    decided_at = row["decided_at"]
    return Publication(
        **{
            **row,
            "proposed_at": row["proposed_at"].astimezone(UTC),
            "decided_at": decided_at.astimezone(UTC) if decided_at else None,
        }
    )
