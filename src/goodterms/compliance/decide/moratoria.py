"""Predicates about moratoria: while one runs, nobody collects, charges or enforces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import (
    ANY_CONTACT,
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
)
from goodterms.compliance.decide.readers import whole
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import Circumstance, Finding, Moment, ProposedPayment, Rule


def _breathing_space(rule: Rule) -> Check:
    """While a moratorium runs the creditor takes no step to collect, charge or enforce.

    A standard one lasts ``days`` days, its first included; one for mental-health crisis as long
    as the treatment and ``after_treatment_days`` days more. A last day that was recorded counts
    instead. Before it is over, what the consumer pays of their own accord may be taken, but no
    fee and nothing that was scheduled. A second standard one within ``again_after_months`` of
    the first's end is kept as well; the creditor may ask for its review.

    Reference: SI 2020/1311, regs 7, 26 and 32.
    """
    voice, params = Voice(rule), rule.params
    fine = (voice.passes("No breathing space runs."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not case.facts.circumstances:
            return fine
        all_known = case.circumstances("breathing_space")
        today = case.days[0] if case.days else case.now.date() - timedelta(days=1)
        running = [one for one in all_known if _still(_last_day(one, params), today)]
        if not running or _voluntary(case):
            return fine
        return (_stopped(voice, params, case, running, all_known),)

    return check


def _still(last: date | None, today: date) -> bool:
    return last is None or today <= last


def _last_day(one: Circumstance, params: Mapping[str, Any]) -> date | None:
    """Return a moratorium's last day; None while the end of a treatment is not known."""
    if recorded := one.data.get("until"):
        return _as_date(recorded)
    if one.data.get("sort") != "mental_health":
        return one.on + timedelta(days=int(params["days"]) - 1)
    ended = one.data.get("treatment_ended")
    more = timedelta(days=int(params["after_treatment_days"]))
    return _as_date(ended) + more if ended else None


def _as_date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _voluntary(case: Case) -> bool:
    payment = case.about(ProposedPayment)
    if case.moment is not Moment.PAY or payment is None:
        return False
    return payment.channel != "scheduled" and not (payment.fee_minor or payment.surcharge_minor)


def _stopped(
    voice: Voice,
    params: Mapping[str, Any],
    case: Case,
    running: Sequence[Circumstance],
    all_known: Sequence[Circumstance],
) -> Finding:
    ends = [_last_day(one, params) for one in running]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends):
        return voice.fails(
            "A breathing space for a mental-health crisis runs; the end of the treatment is not "
            "known."
        )
    last = max(known)
    told = f"A breathing space runs until {last.day} {last:%B %Y}, that day included."
    if any(_too_soon(one, all_known, params) for one in running):
        told += " It is the second one within a year: its review may be asked for."
    free = day_begins(case.zones, last + timedelta(days=1)) if case.zones else None
    return voice.fails(f"{told} {words.next_possible(free, case.now, case.zones)}", free)


def _too_soon(
    one: Circumstance, all_known: Sequence[Circumstance], params: Mapping[str, Any]
) -> bool:
    """Tell whether a standard moratorium began too soon after another one's end."""
    months = int(params["again_after_months"])
    if one.data.get("sort") == "mental_health":
        return False
    for other in all_known:
        last = _last_day(other, params)
        if other is one or other.data.get("sort") == "mental_health" or last is None:
            continue
        if last < one.on < _months_after(last, months):
            return True
    return False


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    # The last day of a shorter month stands for a date that it does not have.
    for number in range(day.day, 0, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError  # every month has a first day


MORATORIA = {
    "breathing_space": Predicate(
        always(Level.PERSON),
        {
            "days": whole(1, 366),
            "after_treatment_days": whole(0, 366),
            "again_after_months": whole(1, 60),
        },
        _breathing_space,
        ANY_CONTACT | {Moment.PAY, Moment.PERIODIC},
        tightens={"days": "up", "after_treatment_days": "up"},
    ),
}
