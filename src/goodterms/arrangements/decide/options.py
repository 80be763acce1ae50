"""The ways to settle what is quoted, each by its policy, and why another is not offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from goodterms.arrangements.decide.book import PolicySet
from goodterms.arrangements.decide.exact import ZERO, Rounding
from goodterms.arrangements.decide.explaining import told
from goodterms.arrangements.decide.instalments import Every, Part, annuity, due_dates, equal
from goodterms.arrangements.decide.permissions import NOT_AUTHORISED
from goodterms.arrangements.decide.policies import Outcome, Policy, PolicyError, evaluate
from goodterms.arrangements.decide.promises import smallest
from goodterms.arrangements.model import (
    ArrangementPolicy,
    Instalment,
    OptionKind,
    QuoteOption,
    Removed,
)
from goodterms.kit.money import Money, exponent

Listed = tuple[tuple[QuoteOption, ...], tuple[Removed, ...]]
_MONTHS_OUT = 1


@dataclass(frozen=True, slots=True)
class Ask:
    """What options are asked for: the policies, the total, the account's values, and when."""

    chosen: PolicySet
    house: ArrangementPolicy
    total: Money
    given: Mapping[str, Any]
    now: datetime
    day: date
    interest: bool = False
    """Whether interest is permitted here; without it no plan bears any."""


def listed(ask: Ask) -> Listed:
    """List the options for a total, in full first, and what policy removed."""
    total, least = ask.total, smallest(ask.total, ask.house)
    found: list[QuoteOption | Removed] = [_in_full(total)]
    if least != total:
        found.append(_part(least, total))
    for kind, slot in ((OptionKind.DISCOUNT, "discount"), (OptionKind.SETTLEMENT, "settlement")):
        policy = ask.chosen.slot(slot)
        if policy is not None:
            found.append(_lower(ask, kind, policy))
    policy = ask.chosen.slot("plan")
    if policy is not None:
        found += [plan(ask, policy, count) for count in ask.chosen.plan_lengths]
    found.append(_promise(least, total, ask.day + timedelta(ask.house.longest_promise_days)))
    return (
        tuple(option for option in found if isinstance(option, QuoteOption)),
        tuple(option for option in found if isinstance(option, Removed)),
    )


def _in_full(total: Money) -> QuoteOption:
    return QuoteOption(
        OptionKind.IN_FULL, total, total, f"Pay {total} now: nothing is left.",
        consumer_words=f"Pay {total} now and nothing is left.",
    )  # fmt: skip


def _part(least: Money, total: Money) -> QuoteOption:
    return QuoteOption(
        OptionKind.PART, least, total, f"Pay from {least} now; the rest stays to be paid.",
        consumer_words=f"Pay {least} or more now; the rest stays to be paid.",
    )  # fmt: skip


def _promise(least: Money, total: Money, latest: date) -> QuoteOption:
    return QuoteOption(
        OptionKind.PROMISE, least, total, f"Promise up to {total} by {latest:%d %B %Y}.", latest,
        consumer_words=f"Tell us when you will pay, until {latest:%d %B %Y}.",
    )  # fmt: skip


def _lower(ask: Ask, kind: OptionKind, policy: Policy) -> QuoteOption | Removed:
    """Offer less than the total: what a discount takes off, or the sum that settles the debt."""
    total = ask.total
    try:
        outcome = evaluate(policy, ask.given, on=ask.day)
    except PolicyError as error:
        return Removed(kind, "INPUT_MISSING", str(error), "This is not offered here.")
    words = told(outcome, total.currency)
    value = Money(outcome.value, total.currency)
    pay = value if kind is OptionKind.SETTLEMENT else total - value
    if not outcome.applies or not value or pay >= total:
        code = outcome.reason_code if not outcome.applies else policy.else_code
        return Removed(kind, code, words.agent, words.consumer, words)
    expiry = outcome.values.get("expiry")
    return QuoteOption(
        kind, pay, pay, words.agent, consumer_words=words.consumer,
        reason_code=outcome.reason_code, forgiven=total - pay, trace=words,
        authority=str(outcome.values.get("authority", "")),
        expires_at=None if expiry is None else ask.now + timedelta(days=int(expiry)),
    )  # fmt: skip


def plan(
    ask: Ask, policy: Policy, count: int, *, down: Money | None = None, first: date | None = None
) -> QuoteOption | Removed:
    """Offer a plan of so many months after a down-payment, if its limits allow it."""
    currency = ask.total.currency
    paid = Money.zero(currency) if down is None else down
    rest = ask.total - paid
    try:
        outcome = evaluate(
            policy, {**ask.given, "total": rest.amount, "n": Decimal(count)}, on=ask.day
        )
        parts = schedule(outcome, rest.amount, count, exponent(currency))
    except ValueError as error:
        return Removed(OptionKind.PLAN, policy.reason_code, str(error), "This is not possible.")
    if outcome.values.get("r") and not ask.interest:
        return Removed(
            OptionKind.PLAN, NOT_AUTHORISED,
            f"{count} instalments with interest: no row of the permission table allows interest.",
            "This is not possible.",
        )  # fmt: skip
    start = first or first_due(ask.day)
    dates = due_dates(start, count, Every.MONTH, anchor=None if first else ask.day.day)
    limits = ask.chosen.slot("plan_limits")
    if limits is not None:
        checked = evaluate(limits, _asked(ask, parts, start, paid), on=ask.day)
        if not checked.value:
            why = told(checked, currency)
            agent = f"{count} instalments: {why.agent}"
            return Removed(OptionKind.PLAN, checked.reason_code, agent, why.consumer, why)
    words = told(outcome, currency)
    sum_ = paid + Money(sum((p.due for p in parts), ZERO), currency)
    return QuoteOption(
        OptionKind.PLAN, sum_, sum_, words.agent, consumer_words=words.consumer,
        reason_code=outcome.reason_code, instalments=planned(parts, dates, currency), trace=words,
    )  # fmt: skip


def schedule(outcome: Outcome, total: Decimal, count: int, scale: int) -> tuple[Part, ...]:
    """Return the parts of a plan: level with interest if its policy names a rate ``r``."""
    rate = outcome.values.get("r")
    rounding = Rounding(scale, outcome.policy.rounding.mode, outcome.policy.rounding.multiple)
    if not rate:
        return equal(total, count, rounding)
    return annuity(total, [rate / outcome.values["per_year"]] * count, rounding)


def first_due(day: date) -> date:
    """Return the first due date of a plan agreed on a day: the same day of the next month."""
    return due_dates(day, _MONTHS_OUT + 1, Every.MONTH)[-1]


def planned(
    parts: tuple[Part, ...], dates: tuple[date, ...], currency: str
) -> tuple[Instalment, ...]:
    """Give the parts of a plan their dates and currency."""
    # Most parts are alike: each amount becomes money once.
    amounts = {amount for part in parts for amount in (part.principal, part.interest)}
    money = {amount: Money(amount, currency) for amount in amounts}
    return tuple(
        Instalment(p.number, due, money[p.principal], money[p.interest])
        for p, due in zip(parts, dates, strict=True)
    )


def _asked(ask: Ask, parts: tuple[Part, ...], first: date, paid: Money) -> dict[str, Any]:
    return {
        "total": ask.total.amount,
        "instalment": min(p.due for p in parts),
        "months": Decimal(len(parts)),
        "down_payment": paid.amount,
        "first_due_in": Decimal((first - ask.day).days),
    }
