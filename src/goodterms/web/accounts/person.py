"""Everything the pages show of one person, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from goodterms.accounts.model import (
    Account,
    AccountStatus,
    Channel,
    Consent,
    ConsentState,
    Consumer,
    ContactPoint,
    Creditor,
    Hold,
    PointStatus,
    Purpose,
    RecordedCircumstance,
)
from goodterms.arrangements.model import Arrangement, Progress, Promise, PromiseState
from goodterms.compliance.model import Decision, Explanation, ProposedContact, Verdict
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.ledger.model import COMPONENTS, Balance, Book
from goodterms.payments.model import Payment
from goodterms.reporting.model import TimelineItem
from goodterms.web.accounts.facts import newest_of, said
from goodterms.web.context import Web

TIMELINE_PAGE = 40
_AHEAD = timedelta(minutes=1)  # whoever wrote the newest item may have a faster clock
_PHONE = "phone"
_PAYABLE = (AccountStatus.PLACED, AccountStatus.ACTIVE, AccountStatus.ARRANGED)


@dataclass(frozen=True, slots=True)
class Debt:
    """One account with its creditor and what is owed; ``holds`` are those on this account."""

    account: Account
    creditor: Creditor
    balance: Balance
    days_overdue: int
    holds: tuple[Hold, ...]

    @property
    def parts(self) -> list[tuple[Book, Money]]:
        """What is owed by component, in the order people expect."""
        owed = self.balance.components
        return [(book, owed[book]) for book in COMPONENTS if book in owed]

    @property
    def payable(self) -> bool:
        """True when something is owed and the account is still ours."""
        owed = self.balance.total > Money.zero(self.account.currency)
        return owed and self.account.status in _PAYABLE


@dataclass(frozen=True, slots=True)
class Reach:
    """A contact point and whether it may be used now; ``why`` is None where nobody asked."""

    point: ContactPoint
    opted_out: bool
    why: Explanation | None = None
    allowed_at: datetime | None = None

    @property
    def may(self) -> Decision | None:
        """What the gate would say now."""
        return self.why.decision if self.why else None


@dataclass(frozen=True, slots=True)
class Person:
    """A consumer as the pages show them. ``names`` are of the actors who appear."""

    consumer: Consumer
    debts: tuple[Debt, ...]
    reaches: tuple[Reach, ...]
    holds: tuple[Hold, ...]
    consents: tuple[Consent, ...]
    promises: tuple[Promise, ...]
    payments: tuple[Payment, ...]
    timeline: tuple[TimelineItem, ...]
    guardian: str
    facts: tuple[RecordedCircumstance, ...] = ()
    periods: Mapping[int, date] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    agreed: tuple[Arrangement, ...] = ()
    progress: Mapping[str, Progress] = field(default_factory=dict)
    older: str | None = None

    @property
    def zone(self) -> str:
        """The zone shown as the consumer's: of the address, else of the first number; or none."""
        zones = [*self.consumer.address_zones]
        zones += [zone for reach in self.reaches for zone in reach.point.zones]
        return zones[0] if zones else ""

    @property
    def in_force(self) -> tuple[Hold, ...]:
        """The holds in force, on the person or any account."""
        return tuple(hold for hold in self.holds if hold.released_at is None)

    @property
    def facts_in_force(self) -> list[RecordedCircumstance]:
        """What is recorded of the person and holds now, newest first."""
        return [fact for fact in self.facts if fact.ended_at is None]

    @property
    def facts_over(self) -> list[RecordedCircumstance]:
        """What was recorded and has ended, newest first."""
        return [fact for fact in self.facts if fact.ended_at is not None]

    @property
    def words(self) -> list[Consent]:
        """The newest word on each channel and purpose, newest first."""
        return said(self.consents)

    def point(self, point_id: int | None) -> ContactPoint | None:
        """Return one of their numbers and addresses."""
        return next((r.point for r in self.reaches if r.point.id == point_id), None)

    def checked(self, kind: str, point_id: int) -> RecordedCircumstance | None:
        """Return the newest check of a number, or why an address may be used."""
        return newest_of(self.facts, kind, point_id)

    @property
    def totals(self) -> dict[str, Money]:
        """What is owed altogether, by currency."""
        sums: dict[str, Money] = {}
        for debt in self.debts:
            currency = debt.account.currency
            sums[currency] = sums.get(currency, Money.zero(currency)) + debt.balance.total
        return sums

    @property
    def best(self) -> Reach | None:
        """The telephone that may be called now, else the one that may be called first."""
        asked = [reach for reach in self.reaches if reach.why is not None]
        order = {Decision.ALLOW: 0, Decision.DEFER: 1, Decision.DENY: 2}
        return min(asked, key=lambda r: order[r.may] if r.may else 3, default=None)

    @property
    def next_promise(self) -> Promise | None:
        """The open promise that is due first."""
        waiting = [promise for promise in self.promises if promise.state is PromiseState.OPEN]
        return min(waiting, key=lambda promise: promise.due_on, default=None)

    def debt(self, account_id: int | None) -> Debt | None:
        """Return one account of theirs; without a choice the first that can be paid, else any."""
        for debt in self.debts:
            if debt.account.id == account_id:
                return debt
        return next((d for d in self.debts if d.payable), next(iter(self.debts), None))


async def load(
    web: Web,
    conn: Connection,
    consumer_id: int,
    *,
    now: datetime,
    ask_gate: bool = True,
    before: tuple[datetime, str] | None = None,
) -> Person:
    """Read a person; ``ask_gate`` also asks whether each telephone may be called now.

    ``before`` is the last timeline item of the page before. A stranger is ``NotFound``.
    """
    consumer = await web.accounts.consumer(conn, consumer_id)
    holds = tuple(await web.accounts.holds(conn, consumer_id))
    consents = tuple(await web.accounts.consents(conn, consumer_id))
    debts = await _debts(web, conn, consumer_id, holds, today=now.date())
    reaches = await _reaches(web, conn, consumer_id, consents)
    if ask_gate:
        reaches = [await _asked(web, conn, reach, debts, now=now) for reach in reaches]
    shown, older = await _timeline(web, conn, consumer_id, before or (now + _AHEAD, "~"))
    names = await _names(web, conn)
    agreed = tuple(await web.arrangements.arrangements(conn, consumer_id))
    return Person(
        consumer=consumer,
        debts=debts,
        reaches=tuple(reaches),
        holds=holds,
        consents=consents,
        promises=tuple(await web.arrangements.promises(conn, consumer_id)),
        payments=tuple(await web.payments.payments_of(conn, consumer_id)),
        timeline=shown,
        guardian=names.get(f"person:{consumer.guardian_id}", ""),
        facts=(facts := tuple(await web.accounts.circumstances(conn, consumer_id))),
        periods=_periods(web, consumer, facts),
        names=names,
        agreed=agreed,
        progress=await web.arrangements.progress(conn, agreed, now=now),
        older=older,
    )


async def _reaches(
    web: Web, conn: Connection, consumer_id: int, consents: Sequence[Consent]
) -> list[Reach]:
    points = await web.accounts.contact_points(conn, consumer_id)
    return [Reach(point, _opted_out(point, consents)) for point in points]


async def _names(web: Web, conn: Connection) -> dict[str, str]:
    """Give the names of our people as actors."""
    return {f"person:{one.id}": one.display_name for one in await web.access.people(conn)}


def _periods(
    web: Web, consumer: Consumer, facts: Sequence[RecordedCircumstance]
) -> dict[int, date]:
    """Return the end of the validation period of each validation notice, by its record."""
    ends = {
        one.id: web.compliance.validation_period_ends(consumer, one.held_on)
        for one in facts
        if one.kind == "notice" and one.data.get("notice") == "validation"
    }
    return {number: day for number, day in ends.items() if day is not None}


async def _timeline(
    web: Web, conn: Connection, consumer_id: int, before: tuple[datetime, str]
) -> tuple[tuple[TimelineItem, ...], str | None]:
    """Read a page of the timeline, and the place where the next one begins, if there is one."""
    at, key = before
    items = await web.reporting.timeline(
        conn, consumer_id, before=at, key=key, limit=TIMELINE_PAGE + 1
    )
    shown = tuple(_readable(item) for item in items[:TIMELINE_PAGE])
    more = len(items) > TIMELINE_PAGE
    return shown, f"{shown[-1].at.isoformat()}|{shown[-1].key}" if more else None


def _readable(item: TimelineItem) -> TimelineItem:
    """Give a timeline item's amount, day and length as values; the table tells them as text."""
    data = dict(item.data)
    if data.get("amount") is not None and data.get("currency"):
        data["money"] = Money(Decimal(str(data["amount"])), data["currency"]).rounded()
    if data.get("due_on"):
        data["due_on"] = date.fromisoformat(data["due_on"])
    if data.get("bridged_at") and data.get("ended_at"):
        ended = datetime.fromisoformat(data["ended_at"])
        data["spoke"] = ended - datetime.fromisoformat(data["bridged_at"])
    return replace(item, data=data)


async def _debts(
    web: Web, conn: Connection, consumer_id: int, holds: Sequence[Hold], *, today: date
) -> tuple[Debt, ...]:
    accounts = await web.accounts.accounts_of(conn, consumer_id)
    creditors = {
        found: await web.accounts.creditor(conn, found)
        for found in {account.creditor_id for account in accounts}
    }
    balances = await web.ledger.balances(conn, [account.id for account in accounts])
    return tuple(
        Debt(
            account,
            creditors[account.creditor_id],
            balances[account.id],
            max(0, (today - account.due_on).days),
            tuple(h for h in holds if h.account_id == account.id and h.released_at is None),
        )
        for account in accounts
    )


def _opted_out(point: ContactPoint, consents: Sequence[Consent]) -> bool:
    """Tell whether the last word on calling this point was no."""
    channel = Channel.CALL if point.kind == _PHONE else Channel.EMAIL
    last: dict[tuple[Channel, int | None], bool] = {}
    for consent in consents:  # oldest first
        if consent.channel not in (channel, Channel.ALL) or consent.purpose is not Purpose.CONTACT:
            continue
        if consent.contact_point_id in (None, point.id):
            key = (consent.channel, consent.contact_point_id)
            last[key] = consent.state is ConsentState.REVOKED
    return any(last.values())


async def _asked(
    web: Web, conn: Connection, reach: Reach, debts: Sequence[Debt], *, now: datetime
) -> Reach:
    point = reach.point
    if point.kind != _PHONE or point.status is PointStatus.RETIRED:
        return reach
    verdict = await preview(web, conn, point, debts, now=now)
    return Reach(
        point, reach.opted_out, web.compliance.explain(verdict), verdict.earliest_allowed_at
    )


async def preview(
    web: Web, conn: Connection, point: ContactPoint, debts: Sequence[Debt], *, now: datetime
) -> Verdict:
    """Ask the gate, recording nothing, whether this number may be called at an instant."""
    number, because = await web.compliance.callers.number_for(conn, point.consumer_id, now=now)
    contact = ProposedContact(
        attempt_id=new_id("ask", now),
        consumer_id=point.consumer_id,
        account_ids=tuple(debt.account.id for debt in debts),
        contact_point_id=point.id,
        number=point.value,
        channel=Channel.CALL,
        caller_id=number,
        caller_because=because,
    )
    return await web.compliance.preview(conn, contact, now=now)
