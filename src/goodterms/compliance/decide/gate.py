"""The only maker of permits: a pure function of contact, facts, rulebook and instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.case import Case, Check, Level
from goodterms.compliance.decide.predicates import PREDICATES, REQUIRED
from goodterms.compliance.model import (
    PERMIT_LIFE,
    Decision,
    Facts,
    Finding,
    Permit,
    ProposedContact,
    ReasonCode,
    Rule,
    Rulebook,
    Verdict,
)

# Where the law of a country reaches: United States law binds in its territories too.
_LAW_OF = dict.fromkeys(("US", "PR", "GU", "VI", "AS", "MP"), "US")
_GATE = "GATE"


@dataclass(frozen=True, slots=True)
class _Selection:
    """The checks of the rules in force, in two rounds, and what no rule decides."""

    first: tuple[Check, ...]
    second: tuple[Check, ...]
    missing: tuple[Finding, ...]


def gate(
    contact: ProposedContact,
    facts: Facts,
    rulebook: Rulebook,
    now: datetime,
    *,
    terse: bool = False,
) -> Verdict:
    """Judge one contact: allow it with a permit, defer it to a known instant, or deny it.

    Every rule in force is asked and every answer is among the findings. A debt that may not be
    talked about drops out; the contact fails when none is left, or when any other rule fails.
    ``earliest_allowed_at`` is the latest of what the failing rules say; a rule that cannot say
    makes it a denial. ``now`` is aware. What is not known is never allowed. ``terse`` leaves out
    the words of passing rules and changes nothing else.

    Reference: 12 CFR 1006.6, 1006.14 as far as the rulebook's rows say.
    """
    case = Case.of(contact, facts, now, terse=terse)
    rules = _select(rulebook, case)
    findings = list(rules.missing)
    named = tuple(a for a in facts.accounts if a.account_id in contact.account_ids)
    for check in rules.first:
        findings += check(case, named)
    dropped = {f.account_id for f in findings if not f.passed}
    left = tuple(account for account in named if account.account_id not in dropped)
    for check in rules.second:
        findings += check(case, left)
    failing = [f for f in findings if not f.passed]
    if failing and left:
        kept = {account.account_id for account in left}
        failing = [f for f in failing if f.account_id is None or f.account_id in kept]
    return _verdict(case, rulebook, tuple(findings), failing, tuple(a.account_id for a in left))


def _verdict(
    case: Case,
    rulebook: Rulebook,
    findings: tuple[Finding, ...],
    failing: list[Finding],
    left: tuple[int, ...],
) -> Verdict:
    decision, reason, earliest = _merge(failing, left)
    return Verdict(
        contact=case.contact,
        decision=decision,
        reason_code=reason,
        findings=findings,
        facts=case.facts,
        rulebook_hash=rulebook.hash,
        decided_at=case.now,
        account_ids=left,
        earliest_allowed_at=earliest,
        permit=_permit(case, rulebook, left) if decision is Decision.ALLOW else None,
    )


def _merge(failing: list[Finding], left: tuple[int, ...]) -> tuple[Decision, str, datetime | None]:
    if not failing:
        if left:
            return Decision.ALLOW, ReasonCode.ALLOWED, None
        return Decision.DENY, ReasonCode.DEBT_UNKNOWN, None
    latest: Finding | None = None
    at: datetime | None = None
    for finding in failing:
        if finding.earliest_allowed_at is None:
            return Decision.DENY, finding.reason_code, None
        if at is None or finding.earliest_allowed_at > at:
            latest, at = finding, finding.earliest_allowed_at
    assert latest is not None
    return Decision.DEFER, latest.reason_code, at


def _permit(case: Case, rulebook: Rulebook, left: tuple[int, ...]) -> Permit:
    contact = case.contact
    return Permit(
        attempt_id=contact.attempt_id,
        consumer_id=contact.consumer_id,
        account_ids=left,
        contact_point_id=contact.contact_point_id,
        number=contact.number,
        channel=contact.channel,
        caller_id=contact.caller_id,
        rulebook_hash=rulebook.hash,
        granted_at=case.now,
        expires_at=case.now + PERMIT_LIFE,
    )


def _select(rulebook: Rulebook, case: Case) -> _Selection:
    # Without a place the law of the UTC date is asked; the answer is no in any case.
    days = case.days or (case.now.date(),)
    country = case.facts.country
    return _in_force(rulebook, case.contact.channel, country, days[0], days[-1])


@lru_cache(maxsize=512)
def _in_force(
    rulebook: Rulebook, channel: Channel, country: str, first: date, last: date
) -> _Selection:
    """Choose and compile the rules in force on either date, the newest version of each.

    What was known at the time of asking is the rulebook itself: its hash is in the verdict.
    """
    moment = "PREDIAL" if channel is Channel.CALL else "PRESEND"
    law = _LAW_OF.get(country.upper())
    chosen: dict[str, Rule] = {}
    for rule in rulebook.rules:
        applies = rule.jurisdiction == law and moment in rule.moments
        if applies and _valid(rule, first, last):
            chosen[rule.id] = rule  # rules come with their versions rising
    return _compile(chosen.values(), country)


def _valid(rule: Rule, first: date, last: date) -> bool:
    return rule.valid_from <= last and (rule.valid_to is None or first < rule.valid_to)


def _compile(rules: Iterable[Rule], country: str) -> _Selection:
    order = {name: place for place, name in enumerate(PREDICATES)}
    first: list[Check] = []
    second: list[Check] = []
    present = set()
    for rule in sorted(rules, key=lambda r: (order[r.predicate], r.id)):
        predicate = PREDICATES[rule.predicate]
        present.add(rule.predicate)
        round_ = second if predicate.level(rule.params) is Level.DEBT else first
        round_.append(predicate.make(rule))
    missing = tuple(_no_rule(name, country) for name in REQUIRED if name not in present)
    return _Selection(tuple(first), tuple(second), missing)


def _no_rule(name: str, country: str) -> Finding:
    words = f"No rule of the kind '{name}' is in force for {country or 'an unknown country'}."
    return Finding(_GATE, 1, False, ReasonCode.RULE_MISSING, words)
