"""The only maker of permits: a pure function of contact, facts, rulebook and instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.case import Case, Check, Level, places_of
from goodterms.compliance.decide.predicates import PREDICATES, REQUIRED
from goodterms.compliance.model import (
    EVERYWHERE,
    PERMIT_LIFE,
    AccountFacts,
    Answer,
    Decision,
    Facts,
    Finding,
    Moment,
    Permit,
    ProposedContact,
    ReasonCode,
    Rule,
    Rulebook,
    Subject,
    Verdict,
)

_GATE = "GATE"
# As what and about which kind of debt a rule is asked when the question names no debt.
_NO_DEBT = ("", "")


@dataclass(frozen=True, slots=True)
class _Selection:
    """The checks of the rules in force, in two rounds, and what no rule decides."""

    first: tuple[Check, ...]
    second: tuple[Check, ...]
    missing: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    """All findings, those that count against the question, and the debts that are left."""

    findings: tuple[Finding, ...]
    failing: list[Finding]
    left: tuple[AccountFacts, ...]


def gate(
    contact: ProposedContact,
    facts: Facts,
    rulebook: Rulebook,
    now: datetime,
    *,
    terse: bool = False,
    moment: Moment | None = None,
) -> Verdict:
    """Judge one contact: allow it with a permit, refer it, defer it to an instant, or deny it.

    Every rule in force where the consumer lives or is, for our role and the kind of debt, is
    asked: the strictest decides, adding a rule never opens anything, and what is not known is
    never allowed. A debt that may not be talked about drops out; the contact fails when none is
    left, or when any other rule fails. ``earliest_allowed_at`` is the latest of what the failing
    rules say. ``terse`` leaves out the words of passing rules. LOAD only removes: no permit.

    Reference: 12 CFR 1006.6, 1006.14 and what the rulebook's rows cite.
    """
    asked = moment or (Moment.PREDIAL if contact.channel is Channel.CALL else Moment.PRESEND)
    case = Case.of(asked, contact, facts, now, terse=terse)
    judged = _judge(case, rulebook, contact.account_ids, contact.purpose)
    left = tuple([account.account_id for account in judged.left])
    decision, reason, earliest = _merge(judged.failing, approved_of(case))
    if decision is Decision.ALLOW and not left:
        decision, reason = Decision.DENY, ReasonCode.DEBT_UNKNOWN
    allowed = decision is Decision.ALLOW
    return Verdict(
        contact=contact,
        decision=decision,
        reason_code=reason,
        findings=judged.findings,
        facts=facts,
        rulebook_hash=rulebook.hash,
        decided_at=case.now,
        account_ids=left,
        earliest_allowed_at=earliest,
        permit=_permit(case, rulebook, left) if allowed else None,
        obligations=_obligations(judged, allowed=allowed),
    )


def ask(
    moment: Moment,
    subject: Subject,
    facts: Facts,
    rulebook: Rulebook,
    now: datetime,
    *,
    contact: ProposedContact | None = None,
) -> Answer:
    """Ask the rules at a moment that gives no permit: PACE, RING, ANSWER, INCALL, PAY, PUBLISH.

    ``contact`` is the permitted one while a call goes on. The debts are those of the facts.
    """
    case = Case.of(moment, contact, facts, now, subject=subject)
    ids = contact.account_ids if contact else tuple(a.account_id for a in facts.accounts)
    purpose = getattr(subject, "purpose", None) or (contact.purpose if contact else "collection")
    judged = _judge(case, rulebook, ids, purpose)
    decision, reason, earliest = _merge(judged.failing, approved_of(case))
    allowed = decision is Decision.ALLOW
    return Answer(
        moment=moment,
        decision=decision,
        reason_code=reason,
        findings=judged.findings,
        rulebook_hash=rulebook.hash,
        decided_at=case.now,
        earliest_allowed_at=earliest,
        obligations=_obligations(judged, allowed=allowed),
    )


def _judge(case: Case, rulebook: Rulebook, account_ids: tuple[int, ...], purpose: str) -> _Judged:
    named = tuple([a for a in case.facts.accounts if a.account_id in account_ids])
    parts = _selections(case, rulebook, named, purpose)
    if len(parts) == 1:
        return _judge_part(case, *parts[0])
    return _united([_judge_part(case, selection, debts) for selection, debts in parts], named)


def _judge_part(case: Case, rules: _Selection, debts: tuple[AccountFacts, ...]) -> _Judged:
    findings = list(rules.missing)
    for check in rules.first:
        findings += check(case, debts)
    failing = [f for f in findings if not f.passed]
    left = _left(case, failing, debts) if failing else debts
    # With no debt left the answer is no; the rest is still asked, so that it says all that fails.
    asked = left or debts
    for check in rules.second:
        findings += check(case, asked)
    failing = [f for f in findings if not f.passed]
    return _Judged(tuple(findings), _counting(failing, left), left)


def _left(
    case: Case, failing: list[Finding], debts: tuple[AccountFacts, ...]
) -> tuple[AccountFacts, ...]:
    """Return the debts that no finding dropped; one that a person let through drops none."""
    approved = approved_of(case)
    dropped = {f.account_id for f in failing if not (f.refers and f.reason_code in approved)}
    return tuple([debt for debt in debts if debt.account_id not in dropped])


def _counting(failing: list[Finding], left: tuple[AccountFacts, ...]) -> list[Finding]:
    """Return the failures that count: those of a dropped debt do not while others are left."""
    if not failing or not left:
        return failing
    kept = {account.account_id for account in left}
    return [f for f in failing if f.account_id is None or f.account_id in kept]


def _united(parts: list[_Judged], named: tuple[AccountFacts, ...]) -> _Judged:
    """Put together what was found for debts that other law applies to; each finding once."""
    findings = tuple(dict.fromkeys(f for part in parts for f in part.findings))
    ids = {account.account_id for part in parts for account in part.left}
    left = tuple(account for account in named if account.account_id in ids)
    return _Judged(findings, _counting([f for f in findings if not f.passed], left), left)


def approved_of(case: Case) -> frozenset[str]:
    """Return the reason codes of referrals that a person let through, and that still hold."""
    if not case.facts.circumstances:
        return frozenset()
    today = case.days[-1] if case.days else case.now.date()
    return frozenset(
        str(one.data["reason_code"])
        for one in case.circumstances("referral_approved")
        if str(one.data.get("until", today)) >= str(today)
    )


def _merge(
    failing: list[Finding], approved: frozenset[str]
) -> tuple[Decision, str, datetime | None]:
    """Let the strictest decide: a denial, then the latest deferral, then a referral."""
    latest: Finding | None = None
    at: datetime | None = None
    referred: Finding | None = None
    for finding in failing:
        if finding.refers:
            if finding.reason_code not in approved:
                referred = referred or finding
            continue
        if finding.earliest_allowed_at is None:
            return Decision.DENY, finding.reason_code, None
        if at is None or finding.earliest_allowed_at > at:
            latest, at = finding, finding.earliest_allowed_at
    if latest is not None:
        return Decision.DEFER, latest.reason_code, at
    if referred is not None:
        return Decision.REFER, referred.reason_code, None
    return Decision.ALLOW, ReasonCode.ALLOWED, None


def _obligations(judged: _Judged, *, allowed: bool) -> tuple[str, ...]:
    """Unite what goes with a yes, about the debts that are left, or what to do after a no."""
    left = {None, *[account.account_id for account in judged.left]}
    duties = [
        duty
        for f in (judged.findings if allowed else judged.failing)
        if f.obligations and (not allowed or (f.passed and f.account_id in left))
        for duty in f.obligations
    ]
    return tuple(dict.fromkeys(duties))


def _permit(case: Case, rulebook: Rulebook, left: tuple[int, ...]) -> Permit | None:
    if case.moment is Moment.LOAD:
        return None
    contact = case.proposed
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


def _selections(
    case: Case, rulebook: Rulebook, named: tuple[AccountFacts, ...], purpose: str
) -> list[tuple[_Selection, tuple[AccountFacts, ...]]]:
    """Choose the rules for each group of debts that the same law applies to."""
    # Without a place the law of the UTC date is asked; the answer is no in any case.
    days = case.days or (case.now.date(),)
    where = places_of(case.facts)
    groups: dict[tuple[str, str], list[AccountFacts]] = {}
    for account in named:
        groups.setdefault((account.bound_as, account.kind), []).append(account)
    return [
        (
            _in_force(rulebook, case.moment, where, days[0], days[-1], scope, purpose),
            tuple(debts),
        )
        for scope, debts in (groups or {_NO_DEBT: []}).items()
    ]


@lru_cache(maxsize=2048)
def _in_force(  # noqa: PLR0917 - the cache takes them by position
    rulebook: Rulebook,
    moment: Moment,
    where: tuple[str, ...],
    first: date,
    last: date,
    scope: tuple[str, str],
    purpose: str,
) -> _Selection:
    """Choose and compile the rules in force on either date, the newest version of each.

    What was known at the time of asking is the rulebook itself: its hash is in the verdict.
    """
    chosen: dict[str, Rule] = {}
    for rule in rulebook.rules:
        if (
            rule.enabled
            and moment in rule.moments
            and (rule.jurisdiction == EVERYWHERE or rule.jurisdiction in where)
            and in_scope(rule, scope, purpose)
            and _valid(rule, first, last)
        ):
            chosen[rule.id] = rule  # rules come with their versions rising
    return _compile(rulebook, chosen.values(), where, moment)


def in_scope(rule: Rule, scope: tuple[str, str], purpose: str) -> bool:
    """Tell whether a rule binds us in our role, for this kind of debt and purpose.

    Where no debt is named, a rule binds whatever our role.
    Reference: 15 USC 1692a(5), (6).
    """
    role, kind = scope
    return (
        (not role or role in rule.binds)
        and (not kind or kind in rule.debts)
        and (not rule.purposes or purpose in rule.purposes)
    )


def _valid(rule: Rule, first: date, last: date) -> bool:
    return rule.valid_from <= last and (rule.valid_to is None or first < rule.valid_to)


def _compile(
    rulebook: Rulebook, rules: Iterable[Rule], where: tuple[str, ...], moment: Moment
) -> _Selection:
    order = {name: place for place, name in enumerate(PREDICATES)}
    first: list[Check] = []
    second: list[Check] = []
    present = set()
    ranked = sorted(rules, key=lambda r: (order[r.predicate], r.id))
    for name, alike in groupby(ranked, key=lambda r: r.predicate):
        predicate, group = PREDICATES[name], list(alike)
        present.add(name)
        if predicate.fuse:
            first.append(predicate.fuse([predicate.make(rule) for rule in group], group))
            continue
        for rule in group:
            round_ = second if predicate.level(rule.params) is Level.DEBT else first
            round_.append(predicate.make(rule))
    missing: list[Finding] = []
    if not rulebook.partial and moment in REQUIRED:
        if not _knows(rulebook, where):
            missing.append(_no_law(where))
        missing += [_no_rule(name, where) for name in REQUIRED[moment] if name not in present]
    return _Selection(tuple(first), tuple(second), tuple(missing))


def _knows(rulebook: Rulebook, where: tuple[str, ...]) -> bool:
    """Tell whether any rule is law of the country itself or of the very region."""
    return bool(where) and any(
        rule.enabled and rule.jurisdiction in where and rule.jurisdiction[:2] == where[0]
        for rule in rulebook.rules
    )


def _no_rule(name: str, where: tuple[str, ...]) -> Finding:
    place = where[0] if where else "an unknown country"
    words = f"No rule of the kind '{name}' is in force for {place}."
    return Finding(_GATE, 1, False, ReasonCode.RULE_MISSING, words)


def _no_law(where: tuple[str, ...]) -> Finding:
    place = f"the law of {where[0]}" if where else "an unknown country"
    words = f"The rulebook holds nothing of {place}, so nobody there is contacted."
    return Finding(_GATE, 1, False, ReasonCode.RULE_MISSING, words)
