"""Plans and settlements: what may be agreed, how it goes, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from goodterms.arrangements.decide.book import PolicySet
from goodterms.arrangements.decide.promises import payments
from goodterms.arrangements.decide.spreading import allocate
from goodterms.arrangements.decide.waterfall import Waterfall
from goodterms.arrangements.model import (
    ARRANGEMENT,
    Arrangement,
    ArrangementEvent,
    ArrangementKind,
    ArrangementState,
    Instalment,
    OptionKind,
    Progress,
    Quote,
    QuoteOption,
)
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import Balance, Book, Entry, EntryKind, PostedEntry

_KINDS = {
    OptionKind.PLAN: ArrangementKind.PLAN,
    OptionKind.SETTLEMENT: ArrangementKind.SETTLEMENT,
    OptionKind.DISCOUNT: ArrangementKind.SETTLEMENT,
}


def chosen(quote: Quote, kind: OptionKind, count: int | None) -> QuoteOption:
    """Return the option of a quote that was chosen; plans are named by their instalments.

    Raises:
        Refusal: the quote does not offer it; says why if policy removed it.
    """
    found = [
        option
        for option in quote.options
        if option.kind is kind and (count is None or len(option.instalments) == count)
    ]
    if kind not in _KINDS or not found:
        why = next((gone.words for gone in quote.removed if gone.kind is kind), "")
        raise Refusal(
            "NOT_OFFERED", f"Quote {quote.id} offers no such {kind.value}. {why}".strip(),
            field="option",
        )  # fmt: skip
    return found[0]


def check_quote(quote: Quote, balance: Balance, now: datetime) -> None:
    """Let pass a quote that still holds.

    Raises:
        Conflict: it has expired or the balance has changed: quote anew.
    """
    if now >= quote.expires_at or quote.balance_version != balance.version:
        raise Conflict(
            "QUOTE_OUTDATED",
            f"Quote {quote.id} no longer holds; ask for a new one and agree again.",
        )


def agreed(
    arrangement_id: str,
    quote: Quote,
    option: QuoteOption,
    policies: PolicySet,
    *,
    attempt_id: str | None,
    actor: str,
    now: datetime,
) -> Arrangement:
    """Return the arrangement that an option becomes, with the limits in force today."""
    broken = policies.slot("plan_broken")
    limits = broken.constants if broken else {}
    zero = Money.zero(quote.total.currency)
    once = (Instalment(1, (option.expires_at or quote.expires_at).date(), option.maximum, zero),)
    plan = option.kind is OptionKind.PLAN
    return Arrangement(
        id=arrangement_id,
        account_id=quote.account_id,
        consumer_id=quote.consumer_id,
        kind=_KINDS[option.kind],
        quote_id=quote.id,
        attempt_id=attempt_id,
        forgiven=option.forgiven or zero,
        instalments=option.instalments if plan else once,
        state=ARRANGEMENT.start,
        tolerance=Decimal(limits.get("tolerance", 1)),
        grace_days=int(limits.get("grace", 0)),
        misses_allowed=int(limits.get("n", 1)) if plan else 1,
        policy_hash=option.trace.policy_hash if option.trace else quote.policy_hash,
        actor=actor,
        made_at=now,
    )


def progress(arrangement: Arrangement, entries: Sequence[PostedEntry], today: date) -> Progress:
    """Tell how far an arrangement has come, from the payments since it was made.

    An instalment is met when enough of everything due until then was paid by the end of its
    grace; one not met by then is missed, even if it is paid later.
    """
    paid = [(at.date(), money) for at, money in payments(entries) if at >= arrangement.made_at]
    zero = Money.zero(arrangement.forgiven.currency)
    due, met, missed = zero, set(), set()
    total = sum((money for _, money in paid), zero)
    next_due = None
    for instalment in arrangement.instalments:
        due += instalment.amount
        need = Money(due.amount * arrangement.tolerance, due.currency).rounded()
        last = instalment.due_on + timedelta(days=arrangement.grace_days)
        in_time = sum((money for day, money in paid if day <= last), zero)
        if in_time >= need:
            met.add(instalment.number)
        elif today > last:
            missed.add(instalment.number)
        if next_due is None and total < need:
            next_due = instalment
    return Progress(total, frozenset(met), frozenset(missed), next_due)


def fate(arrangement: Arrangement, so_far: Progress, balance: Balance) -> ArrangementEvent | None:
    """Tell what has become of a live arrangement; None while it goes on."""
    enough = arrangement.total.amount * arrangement.tolerance
    if so_far.paid.amount >= enough or balance.total <= Money.zero(balance.total.currency):
        return ArrangementEvent.PAID
    if arrangement.state is ArrangementState.PAUSED:
        return None
    if len(so_far.missed) >= arrangement.misses_allowed:
        return ArrangementEvent.MISSED
    return None


def step(
    arrangement: Arrangement, event: ArrangementEvent, now: datetime, reason: str = ""
) -> Arrangement:
    """Return an arrangement after an event; resuming moves what is due by the time it waited."""
    state = ARRANGEMENT.step(arrangement.state, event)
    live = state in (ArrangementState.OPEN, ArrangementState.PAUSED)
    after = replace(arrangement, state=state, closed_at=None if live else now, reason=reason)
    if event is ArrangementEvent.PAUSED:
        return replace(after, paused_at=now)
    if event is ArrangementEvent.RESUMED and arrangement.paused_at is not None:
        waited = now.date() - arrangement.paused_at.date()
        since = arrangement.paused_at.date()
        moved = tuple(
            replace(one, due_on=one.due_on + waited) if one.due_on >= since else one
            for one in arrangement.instalments
        )
        return replace(after, paused_at=None, instalments=moved)
    return after


def forgiveness(
    arrangement: Arrangement, balance: Balance, order: Waterfall, *, actor: str, today: date
) -> Entry | None:
    """Return the entry that lets go of what a paid settlement forgives; None if nothing is left.

    Never more than is owed, and never before the settlement is paid.
    """
    zero = Money.zero(balance.total.currency)
    amount = min(arrangement.forgiven, balance.total)
    if amount <= zero:
        return None
    postings = {book: -part for book, part in allocate(balance, amount, order).items()}
    postings[Book.WRITTEN_OFF] = amount
    return Entry(
        arrangement.account_id, EntryKind.WRITE_OFF, today, f"arrangement:{arrangement.id}",
        postings, actor, "forgiven by a paid settlement", policy_version=arrangement.policy_hash,
    )  # fmt: skip


def accruals(arrangement: Arrangement, *, actor: str, today: date) -> list[Entry]:
    """Return the entries of a plan's interest for the instalments that have fallen due."""
    return [
        Entry(
            arrangement.account_id, EntryKind.INTEREST, one.due_on,
            f"arrangement:{arrangement.id}:{one.number}",
            {Book.INTEREST: one.interest, Book.ACCRUED: -one.interest}, actor,
            "interest of a plan", policy_version=arrangement.policy_hash,
        )
        for one in arrangement.instalments
        if one.interest and one.due_on <= today
    ]  # fmt: skip
