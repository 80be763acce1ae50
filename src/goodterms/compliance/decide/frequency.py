"""Predicates about how often, and how soon after the last time.

Counts are on dates where the consumer may be: a call belongs to the latest date it may have had
and today is the earliest date it may be, so that a doubt about the place never adds a call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.windows import day_begins, latest_date
from goodterms.compliance.model import AccountFacts, Finding, Rule

_UNKNOWN = "The consumer's local date is not known, so nothing can be counted."


def _rolling_count(rule: Rule) -> Check:
    voice = Voice(rule)
    days, most = int(rule.params["window_days"]), int(rule.params["max"])
    within = "today" if days == 1 else f"in the last {days} days"
    fine = (voice.passes(""),)

    def judge(case: Case, dates: Sequence[date], name: str, account: int | None) -> Finding:
        if case.terse and len(dates) < most:
            return voice.passes("", account)
        first = case.days[0] - timedelta(days=days - 1)
        counted = sorted((day for day in dates if day >= first), reverse=True)
        called = f"{name} called {words.times(len(counted))} {within}; {most} allowed."
        if len(counted) < most:
            return voice.passes(called, account)
        # The call that has to leave the window first is the one that is ``most`` back.
        free = day_begins(case.zones, counted[most - 1] + timedelta(days=days))
        return voice.fails(f"{called} {_next(case, free)}", free, account)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        if "debt" in rule.params["unit"]:
            return tuple(
                judge(case, d.calls_dates, f"About {words.debt(d)},", d.account_id) for d in debts
            )
        if case.terse and len(case.facts.recent_calls) < most:
            return fine
        calls = [latest_date(case.zones, at) for at in case.facts.recent_calls]
        return (judge(case, calls, "The consumer was", None),)

    return check


def _wait_after_conversation(rule: Rule) -> Check:
    voice = Voice(rule)
    days = int(rule.params["days"])

    def judge(case: Case, account: AccountFacts) -> Finding:
        last = max(account.conversation_dates, default=None)
        free_now = last is None or case.days[0] >= last + timedelta(days=days)
        if free_now and case.terse:
            return voice.passes("", account.account_id)
        name = f"About {words.debt(account)},"
        if last is None or free_now:
            told = f"{name} no conversation in the last {days} days."
            return voice.passes(told, account.account_id)
        free = day_begins(case.zones, last + timedelta(days=days))
        told = f"{name} there was a conversation on {words.day_of(last)}; {days} days must pass."
        return voice.fails(f"{told} {_next(case, free)}", free, account.account_id)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        return tuple(judge(case, account) for account in debts)

    return check


def _minimum_gap(rule: Rule) -> Check:
    voice = Voice(rule)
    gap = timedelta(minutes=int(rule.params["minutes"]))
    fine = (voice.passes(f"No call in the last {words.lasting(gap)}."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        last = max(case.facts.recent_calls, default=None)
        if last is None or last + gap <= case.now:
            return fine
        ago = words.lasting(case.now - last)
        told = f"The last call was {ago} ago; {words.lasting(gap)} must lie between calls."
        free = last + gap
        return (voice.fails(f"{told} {_next(case, free)}", free),)

    return check


def _next(case: Case, free: datetime) -> str:
    return words.next_possible(free, case.now, case.zones)


def whole(least: int, most: int) -> Callable[[Any], int]:
    """Make a reader of whole numbers within bounds."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"write a whole number from {least} to {most}")
        return value

    return read


def one_of(choices: Sequence[Any]) -> Callable[[Any], Any]:
    """Make a reader of one of some values."""

    def read(value: Any) -> Any:
        if value not in choices:
            raise ValueError("write one of: " + "; ".join(str(choice) for choice in choices))
        return value

    return read


_PERSON_UNIT, _DEBT_UNIT = ["collector", "person"], ["collector", "person", "debt"]
_MEDIA = one_of([["call"]])

FREQUENCY = {
    "rolling_count": Predicate(
        lambda params: Level.DEBT if "debt" in params["unit"] else Level.PERSON,
        {
            "unit": one_of([_DEBT_UNIT, _PERSON_UNIT]),
            "window_days": whole(1, 366),
            "max": whole(1, 1000),
            "media": _MEDIA,
        },
        _rolling_count,
    ),
    "wait_after_conversation": Predicate(
        always(Level.DEBT),
        {"unit": one_of([_DEBT_UNIT]), "days": whole(1, 366), "media": _MEDIA},
        _wait_after_conversation,
    ),
    "minimum_gap": Predicate(
        always(Level.PERSON),
        {"unit": one_of([_PERSON_UNIT]), "minutes": whole(1, 60 * 24 * 31), "media": _MEDIA},
        _minimum_gap,
    ),
}
