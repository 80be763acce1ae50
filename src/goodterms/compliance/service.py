"""Judging contacts under the account lock, and telling why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from goodterms.accounts.model import Consumer
from goodterms.compliance import store
from goodterms.compliance.answering import Answering
from goodterms.compliance.decide import (
    Record,
    content,
    dates,
    explain,
    gate,
    headline,
    lookback_days,
    record,
    replay,
    worded,
)
from goodterms.compliance.decide.gate import ask
from goodterms.compliance.decide.places import jurisdictions
from goodterms.compliance.decide.terms import CallTerms, call_terms, pace_windows
from goodterms.compliance.decide.tighten import with_overlay
from goodterms.compliance.gathering import load_facts
from goodterms.compliance.licences import LicenceKeeper
from goodterms.compliance.model import (
    AccountFacts,
    Answer,
    Decision,
    Explanation,
    Facts,
    Moment,
    PointFacts,
    ProposedContact,
    Reach,
    Rulebook,
    Subject,
    Verdict,
)
from goodterms.compliance.publishing import PublishingService
from goodterms.compliance.registry import CallerRegistry
from goodterms.kit.errors import Conflict, NotFound
from goodterms.kit.events import Bus
from goodterms.kit.places import shipped
from goodterms.kit.sql import Connection


def load_rulebook(path: Path | None = None, *, partial: bool = False) -> Rulebook:
    """Read a folder of rules, by default all packs that ship with us.

    ``partial``: a selection that is judged as it stands.

    Raises:
        RulebookError: a row is refused; the text names file, line, field and remedy.
    """
    return store.read_rulebook(path or shipped("rulebook"), partial=partial)


class ComplianceService(LicenceKeeper, Answering):
    """The gate with its record: permits, verdicts, the contact log, the caller IDs we own."""

    def __init__(self, rulebook: Rulebook, bus: Bus | None = None) -> None:
        self.rulebook = rulebook
        self._bus = bus or Bus()
        self.publishing = PublishingService(rulebook)
        self._publication: int | None = None
        self._lookback = lookback_days(rulebook)
        self._known = {rulebook.hash: rulebook}
        self.callers = CallerRegistry(self._lookback)

    async def refresh(self, conn: Connection, *, now: datetime) -> Rulebook:
        """Give the rulebook in force: the law that ships with the overlay that is published.

        Every judgement asks first, so that a publication holds from its commit on, in each
        process; ``rulebook`` is then the one in force.

        Raises:
            RulebookError: the overlay cannot be read by this program; then nobody is contacted.
        """
        published = await store.publication_in_force(conn)
        if published != self._publication:
            law = self.publishing.law
            if published is None:
                rulebook = law
            else:
                overlay = await self.publishing.publication(conn, published)
                rulebook = with_overlay(law, overlay.rules)
            await store.put_rulebook(conn, rulebook, now)
            self.rulebook, self._lookback = rulebook, lookback_days(rulebook)
            self._known[rulebook.hash] = rulebook
            self._publication = published
        return self.rulebook

    async def judge(
        self,
        conn: Connection,
        contacts: Sequence[ProposedContact],
        *,
        now: datetime,
        most: int | None = None,
    ) -> list[Verdict]:
        """Judge contacts and record each verdict, in the order given.

        The caller holds the account lock of every person in the batch and commits soon. Each
        allowed contact gets its permit and its row in the contact log, so that the next one to
        ask counts it. A second contact to the same person in one batch sees the first as live.
        Once ``most`` are allowed, the contacts after them are not judged.
        """
        if not contacts:
            return []
        await self.refresh(conn, now=now)
        loaded = await load_facts(conn, contacts, days=self._lookback, now=now, recorded=True)
        judged: list[tuple[int, Verdict, Record]] = []
        placed: dict[int, str] = {}
        allowed = 0
        for contact, (known, number) in zip(contacts, loaded, strict=True):
            assert number is not None  # asked for
            verdict = gate(contact, _with_live(known, placed), self.rulebook, now, terse=True)
            judged.append((number, verdict, record(verdict)))
            if verdict.decision is Decision.ALLOW:
                placed[contact.consumer_id] = contact.attempt_id
                allowed += 1
                if allowed == most:
                    break
        await store.put_verdicts(conn, judged, self.rulebook.hash, now)
        return [
            replace(verdict, id=number, digest=written.digest)
            for number, verdict, written in judged
        ]

    async def preview(
        self, conn: Connection, contact: ProposedContact, *, now: datetime
    ) -> Verdict:
        """Judge a contact without recording anything; its permit is not valid for dialing."""
        await self.refresh(conn, now=now)
        [(facts, _)] = await load_facts(conn, [contact], days=self._lookback, now=now)
        verdict = gate(contact, facts, self.rulebook, now)
        return replace(verdict, digest=record(verdict).digest, permit=None)

    async def previews(
        self,
        conn: Connection,
        contacts: Sequence[ProposedContact],
        *,
        now: datetime,
        moment: Moment | None = None,
    ) -> list[Verdict]:
        """Judge many contacts without recording anything, in the order given.

        For forecasts, and at LOAD for lists that leave out who may not be contacted at all.
        """
        if not contacts:
            return []
        await self.refresh(conn, now=now)
        loaded = await load_facts(conn, contacts, days=self._lookback, now=now)
        return [
            replace(
                gate(contact, known, self.rulebook, now, terse=True, moment=moment), permit=None
            )
            for contact, (known, _) in zip(contacts, loaded, strict=True)
        ]

    async def ask_everywhere(
        self,
        conn: Connection,
        moment: Moment,
        subjects: Iterable[Subject],
        places: Iterable[tuple[str, str]],
        *,
        now: datetime,
    ) -> list[Answer]:
        """Ask about each subject under the law of each place (country and region).

        For what concerns nobody in particular: a publication, a pace. The rules that bind us in
        any role we have towards our creditors are asked. Answers are not recorded.
        """
        rulebook = await self.refresh(conn, now=now)
        held = await store.licensed_places(conn, now.date())
        ours = tuple(
            AccountFacts(-number, "active", None, role=role)
            for number, role in enumerate(await store.our_roles(conn), start=1)
        )
        known = [
            Facts(0, country, region, (), PointFacts(), ours, licences=held)
            for country, region in places
        ]
        return [
            ask(moment, subject, facts, rulebook, now) for subject in subjects for facts in known
        ]

    def explain(self, verdict: Verdict) -> Explanation:
        """Make a verdict of the rulebook in force readable."""
        return explain(verdict, self.rulebook)

    def call_terms(self, verdict: Verdict) -> CallTerms:
        """Return what the rules ask of a call while it goes on: ringing, the two seconds."""
        return call_terms(self.rulebook, verdict.facts, verdict.contact.purpose, verdict.decided_at)

    def pace_windows(self, now: datetime) -> dict[str, datetime]:
        """Return since when a campaign's calls count for its pace, by country; "" is any other."""
        return pace_windows(self.rulebook, now)

    def headline(self, verdict: Verdict) -> str:
        """Say a verdict in one sentence."""
        return headline(verdict)

    async def use_permit(self, conn: Connection, attempt_id: str, *, now: datetime) -> None:
        """Use a permit, once and before it expires.

        Raises:
            NotFound: the attempt has no permit.
            Conflict: PERMIT_USED or PERMIT_EXPIRED.
        """
        if await store.use_permit(conn, attempt_id, now):
            return
        permit = await store.get_permit(conn, attempt_id)
        if permit is None:
            raise NotFound("PERMIT_UNKNOWN", f"Attempt {attempt_id} has no permit: ask the gate.")
        if permit["used_at"] is not None:
            raise Conflict("PERMIT_USED", f"The permit of attempt {attempt_id} was used before.")
        raise Conflict(
            "PERMIT_EXPIRED", f"The permit of attempt {attempt_id} has expired: ask the gate again."
        )

    async def close_contact(
        self,
        conn: Connection,
        attempt_id: str,
        *,
        outcome: str,
        reach: Reach,
        now: datetime,
    ) -> None:
        """Write what came of a contact into the log; a second closing changes nothing.

        ``reach`` says how far it got; each rule counts from a reach on. Whoever listens is told
        (``ContactClosed``) in the same transaction.

        Raises:
            NotFound: the log has no contact of this attempt.
        """
        values = {
            "attempt_id": attempt_id,
            "outcome": outcome,
            "reach": int(reach),
            "now": now,
        }
        if await store.close_contact(conn, values):
            await self._bus.publish(conn, await store.closed_contact(conn, attempt_id))
            return
        if not await store.contact_exists(conn, attempt_id):
            raise NotFound("CONTACT_UNKNOWN", f"The contact log has no attempt {attempt_id}.")

    def validation_period_ends(self, consumer: Consumer, sent: date) -> date | None:
        """Return the last day to dispute after a validation notice; None where no row says.

        Reference: 12 CFR 1006.34(b)(5).
        """
        where = jurisdictions(
            consumer.country, consumer.region, consumer.city, consumer.postal_code
        )
        try:
            return dates.validation_period_ends(self.rulebook, sent, where)
        except dates.NoRowError:
            return None

    async def log_inbound(
        self,
        conn: Connection,
        contact_id: str,
        consumer_id: int,
        *,
        value: str,
        medium: str,
        at: datetime,
        now: datetime,
    ) -> bool:
        """Write a contact that the consumer made into the log; False if it is there already.

        ``value`` is the number or address it came from, ``at`` when it came.
        """
        values = {
            "contact_id": contact_id, "consumer_id": consumer_id, "value": value,
            "medium": medium, "at": at, "now": now, "reach": int(Reach.MESSAGE),
        }  # fmt: skip
        return await store.log_inbound(conn, values)

    async def verdicts(
        self,
        conn: Connection,
        *,
        attempt_id: str | None = None,
        consumer_id: int | None = None,
        campaign_id: int | None = None,
        decision: Decision | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Verdict]:
        """List verdicts, the newest first; ``after`` is the last id of the page before."""
        filters = {
            "attempt_id": attempt_id,
            "consumer_id": consumer_id,
            "campaign_id": campaign_id,
            "decision": decision.value if decision else None,
            "after": after,
            "limit": limit,
        }
        found = await store.list_verdicts(conn, filters)
        return [worded(verdict, await self._rulebook(conn, verdict)) for verdict in found]

    async def verdict(self, conn: Connection, verdict_id: int) -> Verdict:
        """Give one verdict.

        Raises:
            NotFound: there is none with this number.
        """
        found = (await self._stored(conn, verdict_id))[0]
        return worded(found, await self._rulebook(conn, found))

    async def last_verdict(
        self, conn: Connection, consumer_id: int, account_id: int, *, before: datetime
    ) -> Verdict | None:
        """Give the last verdict about an account by some time; None if there was none."""
        values = {"consumer_id": consumer_id, "account_id": account_id, "before": before}
        found = await store.last_verdict(conn, values)
        return worded(found, await self._rulebook(conn, found)) if found else None

    async def why(self, conn: Connection, attempt_id: str) -> Explanation:
        """Explain the last verdict on an attempt, with the rules as they stood then.

        Raises:
            NotFound: the gate was never asked about this attempt.
        """
        found = await self.verdicts(conn, attempt_id=attempt_id, limit=1)
        if not found:
            raise NotFound(
                "ATTEMPT_UNKNOWN", f"The gate was never asked about an attempt {attempt_id}."
            )
        return await self.why_of(conn, found[0])

    async def why_of(self, conn: Connection, verdict: Verdict) -> Explanation:
        """Explain a verdict with the rules as they stood when it was made."""
        return explain(verdict, await self._rulebook(conn, verdict))

    async def verify(self, conn: Connection, verdict_id: int) -> bool:
        """Judge a stored verdict again; tell whether it comes out the same, byte for byte.

        Raises:
            NotFound: the verdict or its rulebook is not stored.
        """
        verdict, judged_from = await self._stored(conn, verdict_id)
        rulebook = await store.get_rulebook(conn, verdict.rulebook_hash)
        if rulebook is None:
            raise NotFound("RULEBOOK_UNKNOWN", f"Rulebook {verdict.rulebook_hash} is not stored.")
        again = replay(judged_from, rulebook, verdict.decided_at)
        return again.digest == verdict.digest == record(verdict).digest

    async def _rulebook(self, conn: Connection, verdict: Verdict) -> Rulebook:
        """Give the rulebook a verdict was made by, or the present one if it was not kept."""
        hash_ = verdict.rulebook_hash
        if hash_ not in self._known:
            kept = await store.get_rulebook(conn, hash_)
            if kept is None:
                return self.rulebook
            self._known[hash_] = kept
        return self._known[hash_]

    async def _stored(self, conn: Connection, verdict_id: int) -> tuple[Verdict, str]:
        found = await store.get_verdict(conn, verdict_id)
        if found is None:
            raise NotFound("VERDICT_UNKNOWN", f"There is no verdict number {verdict_id}.")
        return found

    async def kept_rulebook(self, conn: Connection, hash_: str) -> list[dict[str, Any]] | None:
        """Give the content of a rulebook that verdicts name; None if it was not kept."""
        kept = await store.get_rulebook(conn, hash_)
        return content(kept) if kept else None

    async def contacts(self, conn: Connection, consumer_id: int) -> list[dict[str, Any]]:
        """Give every row of a person's contact log, newest first."""
        return await store.contacts_of(conn, consumer_id)

    async def store_rulebook(self, conn: Connection, *, now: datetime) -> None:
        """Keep the rulebook's content, so that its verdicts can be judged again later."""
        await store.put_rulebook(conn, await self.refresh(conn, now=now), now)


def _with_live(facts: Facts, placed: dict[int, str]) -> Facts:
    """Let a person's contact placed earlier in the same batch be seen."""
    before = placed.get(facts.consumer_id)
    if before is None:
        return facts
    return replace(facts, live_attempts=(*facts.live_attempts, before))
