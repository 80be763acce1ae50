"""Asking the rules at moments that give no permit, and keeping what they said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from goodterms.accounts.model import Channel
from goodterms.compliance import store
from goodterms.compliance.decide.answers import KINDS, asked_again, record_answer
from goodterms.compliance.decide.gate import ask
from goodterms.compliance.decide.words import duties
from goodterms.compliance.gathering import load_facts
from goodterms.compliance.model import (
    Answer,
    CallProgress,
    Duty,
    Moment,
    ProposedContact,
    Rulebook,
    StoredAnswer,
    Subject,
)
from goodterms.kit.errors import NotFound
from goodterms.kit.sql import Connection

_ANY = {"consumer_id": None, "campaign_id": None, "decision": None, "after": None, "limit": 1}


class Answering:
    """Asks and records. ``rulebook`` is the one in force."""

    rulebook: Rulebook
    _lookback: int

    async def refresh(self, conn: Connection, *, now: datetime) -> Rulebook:
        """Give the rulebook in force, as whoever asks and records knows it."""
        _ = conn, now
        return self.rulebook

    async def ask(
        self,
        conn: Connection,
        moment: Moment,
        subject: Subject,
        *,
        consumer_id: int,
        account_ids: Sequence[int],
        subject_id: str,
        now: datetime,
    ) -> Answer:
        """Ask about a person's debts at a moment and record the answer, whatever it is.

        The caller holds the account lock of the person. ``subject_id`` names what it is about, a
        payment by its id.
        """
        about = ProposedContact(
            attempt_id=subject_id, consumer_id=consumer_id, account_ids=tuple(account_ids),
            contact_point_id=0, number="", channel=Channel.CALL,
        )  # fmt: skip
        rulebook = await self.refresh(conn, now=now)
        [(facts, _)] = await load_facts(conn, [about], days=0, now=now)
        answer = ask(moment, subject, facts, rulebook, now)
        record = record_answer(answer, subject, facts)
        kind = KINDS[subject.__class__]
        await store.put_answer(
            conn, answer, record, kind=kind, subject_id=subject_id, consumer_id=consumer_id
        )
        return answer

    async def in_call(
        self, conn: Connection, attempt_id: str, progress: CallProgress, *, now: datetime
    ) -> tuple[Duty, ...]:
        """Say what the rules ask of a call that is under way, and what is in its way by now.

        Empty for an attempt that the gate never judged. Nothing is recorded: the desk asks each
        time it is drawn.
        """
        found = await store.list_verdicts(conn, {**_ANY, "attempt_id": attempt_id})
        if not found:
            return ()
        contact = found[0].contact
        [(facts, _)] = await load_facts(conn, [contact], days=self._lookback, now=now)
        answer = ask(Moment.INCALL, progress, facts, self.rulebook, now, contact=contact)
        return duties(answer, self.rulebook)

    async def answers(self, conn: Connection, kind: str, subject_id: str) -> list[StoredAnswer]:
        """List what was answered about a subject, the latest first; ``kind`` as in ``KINDS``."""
        return await store.answers(conn, kind, subject_id)

    async def verify_answer(self, conn: Connection, stored: StoredAnswer) -> bool:
        """Ask again from what was stored; tell whether it comes out the same, byte for byte.

        Raises:
            NotFound: its rulebook is not stored.
        """
        rulebook = await store.get_rulebook(conn, stored.rulebook_hash)
        if rulebook is None:
            raise NotFound("RULEBOOK_UNKNOWN", f"Rulebook {stored.rulebook_hash} is not stored.")
        again = asked_again(
            stored.kind, Moment(stored.moment), stored.asked, rulebook, stored.decided_at
        )
        return again.digest == stored.digest
