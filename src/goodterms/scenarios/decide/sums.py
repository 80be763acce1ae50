"""Questions whose answer is a date, a number or a rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from goodterms.compliance.decide import gate
from goodterms.compliance.decide.abandonment import CAP, Measure, Tally, on_machines, rate, spare
from goodterms.compliance.decide.case import Case
from goodterms.compliance.decide.duties import interest_rates
from goodterms.compliance.decide.frequency import count_of
from goodterms.compliance.model import Decision, Moment, Rule, Rulebook, Verdict
from goodterms.scenarios.decide.clock import day_of
from goodterms.scenarios.decide.facts import facts_at
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.decide.periods import PERIODS, read_itemisation, read_period
from goodterms.scenarios.decide.questions import Asking, Stage, proposed
from goodterms.scenarios.decide.rates import Rate, percentage
from goodterms.scenarios.decide.replies import told
from goodterms.scenarios.model import Reply

_TRIES = 40


@dataclass(frozen=True, slots=True)
class Sum:
    """A question by its reader, and the names of the values it gives, the main one first."""

    read: Callable[[Node, Fields, Stage], Asking]
    values: tuple[str, ...]


def _earliest(node: Node, fields: Fields, stage: Stage) -> Asking:
    """Ask when a contact would be allowed at the earliest, with nothing else happening."""
    inner = node.fields()
    medium = next((name for name in inner.names if name in ("call", "sms", "email")), "")
    if not medium:
        node.refuse("names no contact", "write it as in {earliest_allowed: {call: cell}}")
    contact, point, caller = proposed(medium, inner.need(medium), inner, stage)
    inner.done()
    at = stage.time(fields)

    def judged(when: datetime, rulebook: Rulebook) -> Verdict:
        facts = facts_at(stage.world, at, point, caller, contact.account_ids)
        if caller is not None and caller.tested_at is None and caller.tested:
            facts = replace(facts, caller=replace(facts.caller, tested_at=when))
        return gate(contact, facts, rulebook, when)

    def asking(rulebook: Rulebook) -> Reply:
        verdict, when = judged(at, rulebook), at
        for _ in range(_TRIES):
            if verdict.decision is not Decision.DEFER or verdict.earliest_allowed_at is None:
                break
            when = verdict.earliest_allowed_at
            verdict = judged(when, rulebook)
        allowed = when if verdict.decision is Decision.ALLOW else None
        return Reply(
            findings=verdict.findings,
            values={"earliest": allowed},
            trace=told(verdict.findings, when, stage.cast.clock),
        )

    return asking


def _count(node: Node, fields: Fields, stage: Stage) -> Asking:
    """Ask how many contacts a rule counts in its window, about one debt or for the person."""
    rule_id = node.text()
    about = stage.cast.about(fields)
    at = stage.time(fields)
    facts = facts_at(stage.world, at)
    debts = [d for d in facts.accounts if not about or d.account_id in about]

    def asking(rulebook: Rulebook) -> Reply:
        rule = _rule(node, rule_id, rulebook)
        case = Case.of(Moment.PREDIAL, None, facts, at)
        found = max(count_of(rule, case, debt) for debt in debts)
        words = tuple(f"  {one.at:%Y-%m-%d %H:%M}Z {one.medium} {one.reach.name.lower()} counted on"
                      f" {one.day}" for one in facts.log)  # fmt: skip
        return Reply(values={"count": found}, trace=(f"counted by {rule.id}:", *words))

    return asking


def _rule(node: Node, rule_id: str, rulebook: Rulebook) -> Rule:
    found = [rule for rule in rulebook.rules if rule.id == rule_id]
    if not found:
        node.refuse(f"names the rule {rule_id!r}, which is not in force here", "write another one")
    if found[-1].predicate != "rolling_count":
        node.refuse(f"names {rule_id}, which counts nothing", "name a rule of 'rolling_count'")
    return found[-1]


def _abandonment(node: Node, fields: Fields, stage: Stage) -> Asking:
    """Ask for the abandonment rate of a window, and whether it breaches the cap."""
    words = {"gb": "uk", "usa": "us", "ofcom": "uk", "fcc": "us"}
    place = node.choice(("us", "uk", "uk_amd"), words)
    amd = fields.flag("amd", "detection")
    measure = Measure.UK_AMD if place == "uk_amd" else Measure.of(place, amd=amd)
    tally = Tally(
        fields.get(Node.whole, 0, "abandoned", "drops"),
        fields.get(Node.whole, 0, "live", "passed_to_agent"),
        fields.get(Node.whole, 0, "machines"),
        fields.get(Node.whole, 0, "false_positives"),
    )
    cap = fields.get(_cap, CAP, "cap")
    fields.take("at", "on")
    _ = stage
    return lambda _rulebook: _share_reply(tally, measure, cap)


def _cap(node: Node) -> int:
    """Read a cap as hundredths of a percent."""
    return int(percentage(node) * 100)


def _share_reply(tally: Tally, measure: Measure, cap: int) -> Reply:
    share = rate(tally, measure)
    values: dict[str, Any] = {
        "rate": None if share is None else Rate(share.part, share.whole),
        "breaches": share is not None and not share.within(cap),
        "estimate": _whole_or_text(on_machines(tally)),
        "spare": spare(tally, measure, cap),
    }
    return Reply(values=values, trace=_lines(values))


def _whole_or_text(value: Any) -> Any:
    return int(value) if value.denominator == 1 else str(value)


def _lines(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"  {name}: {value}" for name, value in values.items())


def _delay_interest(node: Node, fields: Fields, stage: Stage) -> Asking:
    """Ask for a place's statutory interest for delay on a date, a year, and the most allowed."""
    place = node.text().upper()
    day = day_of(fields.need("on", "at"))
    _ = stage

    def asking(rulebook: Rulebook) -> Reply:
        found = interest_rates(rulebook, place, day)
        values = {
            "rate": _percent(found.delay) if found else None,
            "most": _percent(found.most) if found else None,
        }
        source = (f"  {found.citation}",) if found else ("  No row knows the rate of this date.",)
        return Reply(values=values, trace=(*_lines(values), *source))

    return asking


def _percent(rate: Decimal) -> Rate:
    share = Fraction(rate) / 100
    return Rate(share.numerator, share.denominator)


SUMS: dict[str, Sum] = {
    "earliest_allowed": Sum(_earliest, ("earliest",)),
    "count": Sum(_count, ("count",)),
    "abandonment": Sum(_abandonment, ("rate", "breaches", "estimate", "spare")),
    **{name: Sum(read_period(name), (value,)) for name, (_, value) in PERIODS.items()},
    "delay_interest": Sum(_delay_interest, ("rate", "most")),
    "itemisation": Sum(read_itemisation, ("total",)),
}
"""Every date or number question by the name it is asked by."""
