"""The evidence: decisions sealed in a chain, looked through, and judged again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.rows import args_row

from goodterms.compliance import store
from goodterms.compliance.decide.answers import stored_digest
from goodterms.compliance.decide.chain import Look, Proof, link
from goodterms.compliance.decide.compare import Comparing, Replaying
from goodterms.compliance.decide.record import again_digest, answer_text, digest_of, judged_again
from goodterms.compliance.model import (
    AuditReport,
    Comparison,
    KeptRulebook,
    ReplayReport,
    Rulebook,
    Seal,
    StoredAnswer,
    StoredVerdict,
)
from goodterms.kit.errors import NotFound
from goodterms.kit.sql import Connection

SQL = store.SQL
CHAINS = ("verdict", "answer")
"""Contacts that were judged, and what the rules answered at other moments."""
_SEAL = 1000
_BATCH = 2000
_ALL = (1 << 63) - 1

Tell = Callable[[int], None]


def _quiet(_judged: int) -> None:
    """Tell nobody."""


class EvidenceService:
    """Seals decisions and looks through them. Methods run in the caller's transaction."""

    async def seal(self, conn: Connection, *, now: datetime) -> int:
        """Seal what is settled since the last time; return how many decisions were sealed.

        A decision is settled when every transaction that may have been given a lower number is
        over: so a decision is sealed at the second call after it was committed.
        """
        return sum([await self._seal(conn, chain, now) for chain in CHAINS])

    async def _seal(self, conn: Connection, chain: str, now: datetime) -> int:
        await conn.execute(SQL["open_chain"], {"chain": chain})
        head = await (await conn.execute(SQL["chain"], {"chain": chain})).fetchone()
        assert head is not None  # opened above
        at, number, digest, sealed = head["last_id"], head["number"], head["digest"], 0
        until = head["pending_id"] if head["settled"] else None
        while until is not None and at < until:
            values = {"after_id": at, "until_id": until, "limit": _SEAL}
            rows = await (await conn.execute(SQL[f"{chain}_digests"], values)).fetchall()
            decisions = [(row["id"], row["digest"]) for row in rows]
            to = decisions[-1][0] if len(decisions) == _SEAL else until
            digest, number = link(digest, decisions), number + 1
            seal = {
                "chain": chain, "number": number, "after_id": at, "until_id": to,
                "decisions": len(decisions), "digest": digest, "now": now,
            }  # fmt: skip
            await conn.execute(SQL["add_seal"], seal)
            at, sealed = to, sealed + len(decisions)
        values = {"chain": chain, "last_id": at, "number": number, "digest": digest}
        await conn.execute(SQL["extend_chain"], values)
        return sealed

    async def verify(self, conn: Connection, *, tell: Tell = _quiet) -> AuditReport:
        """Look through every decision and answer and every seal; say what does not fit.

        ``tell`` hears how many were looked at so far.
        """
        look = Look(tell)
        heads = {chain: await self._verify(conn, chain, look) for chain in CHAINS}
        return AuditReport(look.decisions, look.seals, look.unsealed, heads, tuple(look.breaks))

    async def _verify(self, conn: Connection, chain: str, look: Look) -> str:
        """Look through one chain; return its head."""
        seals = await (await conn.execute(SQL["seals"], {"chain": chain})).fetchall()
        look.begin(chain)
        head, at = "", 0
        for place, seal in enumerate(map(_seal_of, seals), 1):
            look.follows(seal, place, at)
            found = [one async for one in self._proofs(conn, chain, seal.after_id, seal.until_id)]
            head = look.sealed(seal, head, found)
            at = seal.until_id
        async for one in self._proofs(conn, chain, at, _ALL):
            look.unsealed += 1
            look.check([one])
        return head

    async def _proofs(
        self, conn: Connection, chain: str, after_id: int, until_id: int
    ) -> AsyncIterator[Proof]:
        """Stream the decisions of a chain with the digest each has and should have."""
        if chain == "answer":
            for kept in await self._answers(conn, after_id, until_id):
                name = f"{kept.moment} {kept.subject_id}"
                yield Proof(kept.id, name, kept.digest, stored_digest(kept))
            return
        async for row in self._read(conn, after_id, until_id):
            digest = digest_of(answer_text(row), row.facts, row.findings)
            yield Proof(row.id, row.attempt_id, row.digest, digest)

    async def _answers(self, conn: Connection, after_id: int, until_id: int) -> list[StoredAnswer]:
        values = {"after_id": after_id, "until_id": until_id}
        rows = await (await conn.execute(SQL["answers_in"], values)).fetchall()
        return [StoredAnswer(**{**row, "obligations": tuple(row["obligations"])}) for row in rows]

    async def replay(
        self,
        conn: Connection,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        rulebook: Rulebook | None = None,
        tell: Tell = _quiet,
    ) -> ReplayReport:
        """Judge stored decisions again and say which come out another way.

        By their own rulebooks, to the byte; or by another one, then decisions are compared.
        """
        work = Replaying()
        books = _Books(conn)
        async for row in self._read(conn, 0, _ALL, since, until):
            own = rulebook or await books.get(row.rulebook_hash)
            if own is None:
                work.unreadable += 1
            else:
                again = judged_again(row.facts, own, row.decided_at)
                digest = "" if rulebook else again_digest(again, row.facts)
                work.take(row, again.decision, again.reason_code, digest)
            if work.seen % _BATCH == 0:
                tell(work.seen)
        tell(work.seen)
        return work.report()

    async def compare(
        self,
        conn: Connection,
        before: Rulebook,
        after: Rulebook,
        *,
        since: datetime,
        tell: Tell = _quiet,
        say: Callable[[int], Awaitable[None]] | None = None,
    ) -> Comparison:
        """Judge history under two rulebooks: what each refuses, by reason, and what was paid.

        A payment is counted for the last allowed contact about its account within seven days.
        ``say`` is ``tell`` for those who must wait to pass it on.
        """
        work = Comparing(await self._money(conn, since))
        async for row in self._read(conn, 0, _ALL, since, None):
            first = judged_again(row.facts, before, row.decided_at)
            second = judged_again(row.facts, after, row.decided_at)
            work.take(row, first, second)
            if work.seen % _BATCH == 0:
                tell(work.seen)
                if say:
                    await say(work.seen)
        tell(work.seen)
        return work.report()

    async def count(
        self, conn: Connection, *, since: datetime | None = None, until: datetime | None = None
    ) -> int:
        """Count the decisions that a replay will go through."""
        values = {"since": since, "until": until}
        row = await (await conn.execute(SQL["count_verdicts"], values)).fetchone()
        assert row is not None  # an aggregate
        return int(row["number"])

    async def has_seal(self, conn: Connection, digest: str) -> bool:
        """Tell whether the chain goes through a head that was noted before."""
        for chain in CHAINS:
            seals = await (await conn.execute(SQL["seals"], {"chain": chain})).fetchall()
            if any(seal["digest"] == digest for seal in seals):
                return True
        return False

    async def seal_of(self, conn: Connection, verdict_id: int) -> Seal | None:
        """Give the seal that covers a decision; None while it is not sealed."""
        values = {"chain": "verdict", "id": verdict_id}
        row = await (await conn.execute(SQL["seal_of"], values)).fetchone()
        return Seal(**row) if row else None

    async def stored(self, conn: Connection, verdict_id: int) -> StoredVerdict:
        """Give a verdict as the very texts that were hashed.

        Raises:
            NotFound: there is none with this number.
        """
        async for row in self._read(conn, verdict_id - 1, verdict_id):
            return row
        raise NotFound("VERDICT_UNKNOWN", f"There is no verdict number {verdict_id}.")

    async def rulebooks(self, conn: Connection) -> list[KeptRulebook]:
        """List the rulebooks that were ever in force, newest first."""
        rows = await (await conn.execute(SQL["rulebooks"])).fetchall()
        return [KeptRulebook(**row) for row in rows]

    async def rulebook(self, conn: Connection, hash_: str) -> Rulebook:
        """Give a rulebook that was in force by its hash, or the beginning of it.

        Raises:
            NotFound: none, or more than one, begins like this.
        """
        kept = [one.hash for one in await self.rulebooks(conn) if one.hash.startswith(hash_)]
        if len(kept) != 1:
            raise NotFound(
                "RULEBOOK_UNKNOWN",
                f"{len(kept) or 'No'} kept rulebooks have a hash that begins with {hash_!r}:"
                " 'goodterms audit rulebooks' lists them.",
            )
        found = await store.get_rulebook(conn, kept[0])
        assert found is not None  # it was listed
        return found

    async def _money(
        self, conn: Connection, since: datetime
    ) -> Mapping[int, Mapping[str, Decimal]]:
        rows = await (await conn.execute(SQL["money_after"], {"since": since})).fetchall()
        money: dict[int, dict[str, Decimal]] = {}
        for row in rows:
            money.setdefault(row["verdict_id"], {})[row["currency"]] = row["amount"]
        return money

    async def _read(
        self,
        conn: Connection,
        after_id: int,
        until_id: int,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[StoredVerdict]:
        """Stream stored verdicts in order; memory holds one batch, however many there are."""
        values = {"after_id": after_id, "until_id": until_id, "since": since, "until": until}
        async with (
            conn.transaction(),
            conn.cursor(name="evidence", row_factory=args_row(StoredVerdict)) as cursor,
        ):
            cursor.itersize = _BATCH
            await cursor.execute(SQL["stored_verdicts"], values, binary=True)
            async for row in cursor:
                yield row


def _seal_of(row: Mapping[str, Any]) -> Seal:
    return Seal(**row)


class _Books:
    """The rulebooks that stored verdicts name, read once each."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._known: dict[str, Rulebook | None] = {}

    async def get(self, hash_: str) -> Rulebook | None:
        """Give a rulebook by its hash; None if it was not kept."""
        if hash_ not in self._known:
            self._known[hash_] = await store.get_rulebook(self._conn, hash_)
        return self._known[hash_]
