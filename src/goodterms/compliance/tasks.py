"""What the law makes due: derived from the facts, kept as a list, done when the facts say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from goodterms.accounts.model import Channel
from goodterms.accounts.service import AccountService
from goodterms.compliance import store
from goodterms.compliance.decide import dates
from goodterms.compliance.decide.case import Case, places_of
from goodterms.compliance.decide.gate import ask
from goodterms.compliance.decide.posting import posted
from goodterms.compliance.decide.tasks import tasks
from goodterms.compliance.gathering import load_facts
from goodterms.compliance.model import (
    AccountFacts,
    Answer,
    ContactClosed,
    Due,
    Facts,
    Moment,
    NoticeDates,
    ProposedContact,
    ProposedErasure,
    ProposedReport,
    Rulebook,
    Task,
    TaskKind,
)
from goodterms.compliance.service import ComplianceService
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import Connection

_SOURCE = "rulebook"


class TaskService:
    """Keeps the list of what is due, and records what closed contacts and dates lead to."""

    def __init__(self, accounts: AccountService, compliance: ComplianceService) -> None:
        self._accounts = accounts
        self._compliance = compliance

    async def on_closed(self, conn: Connection, closed: ContactClosed) -> None:
        """Record what follows from a contact: first communications, notices sent, who was asked.

        What that makes due is on the list at once. Runs in the transaction that closed the
        contact, under the account lock.
        """
        facts = posted(closed)
        for fact in facts:
            await self._accounts.record_circumstance(
                conn,
                closed.consumer_id,
                fact.kind,
                account_id=fact.account_id,
                contact_point_id=fact.contact_point_id,
                at=closed.placed_at,
                data=fact.data,
                source=f"attempt:{closed.attempt_id}",
                actor=_SOURCE,
                now=closed.at,
            )
        if facts:
            await self.renew(conn, [closed.consumer_id], now=closed.at)

    async def notice_dates(
        self, conn: Connection, account_id: int, *, sent_on: date | None = None, now: datetime
    ) -> NoticeDates:
        """Give the dates to print on a validation notice that is sent on a day, by default today.

        Raises:
            NotFound: there is no such account.
            Refusal: no law where the consumer lives says how to count.
        """
        account = await self._accounts.account(conn, account_id)
        about = _all_of(account.consumer_id, [account_id])
        [(facts, _)] = await load_facts(conn, [about], days=1, now=now)
        case = Case.of(Moment.PERIODIC, None, facts, now)
        sent = sent_on or (case.days[-1] if case.days else now.astimezone(UTC).date())
        began = [one.on for one in case.circumstances("initial_communication", account_id)]
        book, where = self._compliance.rulebook, places_of(facts)
        try:
            return NoticeDates(
                sent_on=sent,
                due_on=dates.validation_notice_due(book, min(began), where) if began else None,
                assumed_receipt=dates.assumed_receipt(book, sent, where),
                dispute_until=dates.validation_period_ends(book, sent, where),
            )
        except dates.NoRowError as error:
            raise Refusal("NO_VALIDATION_NOTICE", str(error)) from error

    async def may_report(self, conn: Connection, account_id: int, *, now: datetime) -> Answer:
        """Tell whether a debt may be reported to a consumer reporting agency, and how.

        Raises:
            NotFound: there is no such account.
        """
        account = await self._accounts.account(conn, account_id)
        about = _all_of(account.consumer_id, [account_id])
        [(facts, _)] = await load_facts(conn, [about], days=1, now=now)
        return ask(Moment.PERIODIC, ProposedReport(), facts, self._compliance.rulebook, now)

    async def may_erase(self, conn: Connection, consumer_id: int, *, now: datetime) -> Answer:
        """Tell whether a person's records may be erased, or until when they must be kept.

        They are kept from the last collection activity on; while an account is open, that is now.

        Raises:
            NotFound: there is no such consumer.
        """
        await self._accounts.consumer(conn, consumer_id)
        rows = await store.accounts_of_people(conn, [consumer_id])
        activity = [row["last_activity"] or now for row in rows]
        since = max(activity).astimezone(UTC).date() if activity else None
        about = _all_of(consumer_id, [row["account_id"] for row in rows])
        [(facts, _)] = await load_facts(conn, [about], days=1, now=now)
        wanted = ProposedErasure("records", since)
        return ask(Moment.PERIODIC, wanted, facts, self._compliance.rulebook, now)

    async def renew(self, conn: Connection, consumer_ids: Sequence[int], *, now: datetime) -> int:
        """Derive anew what is due about people; return how much there is.

        A debt whose claim is known to have accrued gets the date from which on it is too old to
        be sued for. What is due no more is closed.
        """
        if not consumer_ids:
            return 0
        rows = await store.accounts_of_people(conn, consumer_ids)
        people: dict[int, list[int]] = {}
        for row in rows:
            people.setdefault(row["consumer_id"], []).append(row["account_id"])
        looked_at = [_all_of(consumer_id, ids) for consumer_id, ids in people.items()]
        loaded = await load_facts(conn, looked_at, days=1, now=now)
        ended = {
            row["account_id"]: row["last_activity"].astimezone(UTC).date()
            for row in rows
            if row["last_activity"] is not None
        }
        due: list[tuple[int, Due]] = []
        for facts, _ in loaded:
            await self._date_limitation(conn, facts, now)
            found = tasks(facts, self._compliance.rulebook, now, ended)
            due += [(facts.consumer_id, one) for one in found]
        await store.put_tasks(conn, due, looked_at=list(consumer_ids), now=now)
        return len(due)

    async def _date_limitation(self, conn: Connection, facts: Facts, now: datetime) -> None:
        where = places_of(facts)
        for account in facts.accounts:
            dated = _limitation(facts, account, self._compliance.rulebook, where)
            if dated is None:
                continue
            on, law = dated
            await self._accounts.record_circumstance(
                conn, facts.consumer_id, "time_barred_on", account_id=account.account_id, on=on,
                data={"law": law}, source=_SOURCE, actor=_SOURCE, now=now,
            )  # fmt: skip

    async def tasks(
        self,
        conn: Connection,
        *,
        kind: TaskKind | None = None,
        consumer_id: int | None = None,
        due_until: date | None = None,
        done: bool = False,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Task]:
        """List what is due, or was, by its day; ``after`` is the last id of the page before."""
        filters: dict[str, Any] = {
            "kind": kind.value if kind else None,
            "consumer_id": consumer_id,
            "due_until": due_until,
            "done": done,
            "after": after,
            "limit": limit,
        }
        return await store.list_tasks(conn, filters)


def _all_of(consumer_id: int, account_ids: Sequence[int]) -> ProposedContact:
    """Name all accounts of a person, to load what is known of them."""
    return ProposedContact("tasks", consumer_id, tuple(account_ids), 0, "", Channel.CALL)


def _limitation(
    facts: Facts, account: AccountFacts, rulebook: Rulebook, where: tuple[str, ...]
) -> tuple[date, str] | None:
    """Return the day and the law of limitation if they are to be recorded.

    What somebody recorded by hand stays.
    """
    about = [one for one in facts.circumstances if one.account_id == account.account_id]
    accrued = [one for one in about if one.kind == "claim_accrued"]
    if not accrued:
        return None
    contract = str(accrued[-1].data.get("contract", ""))
    try:
        day = dates.time_barred_from(rulebook, accrued[-1].on, where, contract)
    except dates.NoRowError:
        return None
    law = f"{', '.join(where)}: counted from {accrued[-1].on}"
    there = [one for one in about if one.kind == "time_barred_on"]
    if any(one.on == day or "counted from" not in str(one.data.get("law")) for one in there):
        return None
    return day, law
