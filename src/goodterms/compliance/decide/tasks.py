"""What the rulebook makes due about a person's accounts, from the facts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from goodterms.compliance.decide import dates
from goodterms.compliance.decide.case import Case, places_of
from goodterms.compliance.decide.gate import in_scope
from goodterms.compliance.decide.notices import notices, open_disputes, validation_sent
from goodterms.compliance.model import (
    AccountFacts,
    Due,
    Facts,
    Moment,
    Rule,
    Rulebook,
    TaskKind,
)

_OPEN = frozenset({"placed", "active", "arranged"})
_DAY = timedelta(days=1)
_MOMENTS = frozenset({Moment.POST, Moment.PERIODIC})
Derive = Callable[[Case, AccountFacts, Rule], tuple[date, str] | None]


def tasks(
    facts: Facts, rulebook: Rulebook, now: datetime, last_activity: Mapping[int, date] | None = None
) -> tuple[Due, ...]:
    """Return what is due about the accounts of the facts; of one kind the earliest.

    ``last_activity`` gives, for accounts that have ended, the date of the last collection
    activity: from it on their records are kept. What may not be known is not made due. Only rows
    that are asked at POST or PERIODIC make anything due.
    """
    case = Case.of(Moment.PERIODIC, None, facts, now)
    today = case.days[-1] if case.days else case.now.date()
    where = places_of(facts)
    found = [
        due
        for account in facts.accounts
        for kind, (predicate, derive) in _DERIVED.items()
        if (due := _earliest(case, account, kind, derive, _rows(rulebook, predicate, account,
                                                                today, where)))
    ]  # fmt: skip
    for account in facts.accounts:
        ended = (last_activity or {}).get(account.account_id)
        erase = _erase(account, ended, rulebook, today, where) if ended else None
        found += [erase] if erase else []
    return tuple(found)


def _rows(
    rulebook: Rulebook,
    predicate: str,
    account: AccountFacts,
    today: date,
    where: tuple[str, ...],
) -> list[Rule]:
    scope = (account.bound_as, account.kind)
    found = dates.in_force(rulebook, predicate, today, where)
    return [
        rule for rule in found if rule.moments & _MOMENTS and in_scope(rule, scope, "collection")
    ]


def _earliest(
    case: Case, account: AccountFacts, kind: TaskKind, derive: Derive, rules: list[Rule]
) -> Due | None:
    found = [
        Due(kind, account.account_id, due[0], due[1], rule.id, rule.version)
        for rule in rules
        if (due := derive(case, account, rule))
    ]
    return min(found, key=lambda due: due.on, default=None)


def _validation_notice(case: Case, account: AccountFacts, rule: Rule) -> tuple[date, str] | None:
    number = account.account_id
    began = case.circumstances("initial_communication", number)
    if account.status not in _OPEN or not began or validation_sent(case, number):
        return None
    first = min(one.on for one in began)
    words = f"The first communication was on {first}: send the validation notice."
    return dates.notice_due(rule.params, first), words


def _dispute_answer(case: Case, account: AccountFacts, rule: Rule) -> tuple[date, str] | None:
    waiting = open_disputes(case, account, rule.params)
    if account.status not in _OPEN or not waiting:
        return None
    first = min(one.on for one in waiting)
    words = f"Answer the written dispute of {first}: until then nothing is collected."
    return first, words


def _bureau_answer(case: Case, account: AccountFacts, rule: Rule) -> tuple[date, str] | None:
    due = [
        one.on + timedelta(days=int(rule.params[_period(one.data.get("more_came"))]))
        for one in case.circumstances("bureau_dispute", account.account_id)
    ]
    return (min(due), "Answer the dispute that came through an agency.") if due else None


def _period(more_came: object) -> str:
    return "extended_days" if more_came is True else "answer_days"


def _report(case: Case, account: AccountFacts, rule: Rule) -> tuple[date, str] | None:
    """Make the report due once the wait is over; who never reports records no delinquency."""
    number = account.account_id
    if not case.circumstances("first_delinquency", number) or account.status not in _OPEN:
        return None
    if case.circumstances("reported", number):
        return None
    sent = notices(case, number, "validation")
    talks = [one.on for one in case.circumstances("first_conversation", number)]
    missed = bool(sent) and sent[-1].data.get("undelivered") is True
    day = dates.furnish_from(
        rule.params, sent[-1].on if sent else None, min(talks, default=None), missed
    )
    return (day, f"The debt may be reported from {day} on.") if day else None


def _erase(
    account: AccountFacts, ended: date, rulebook: Rulebook, today: date, where: tuple[str, ...]
) -> Due | None:
    """Make erasure due once the longest duty to keep the records is over."""
    try:
        until, rule = dates.kept_until(rulebook, "records", ended, where)
    except dates.NoRowError:
        return None
    if account.status in _OPEN or today <= until:
        return None
    words = f"The records had to be kept until {until}: they may be erased."
    return Due(TaskKind.ERASE, account.account_id, until + _DAY, words, rule.id, rule.version)


_DERIVED: Mapping[TaskKind, tuple[str, Derive]] = {
    TaskKind.VALIDATION_NOTICE: ("validation_notice", _validation_notice),
    TaskKind.DISPUTE_ANSWER: ("dispute_open", _dispute_answer),
    TaskKind.BUREAU_ANSWER: ("bureau_answer", _bureau_answer),
    TaskKind.REPORT: ("furnish_wait", _report),
}
