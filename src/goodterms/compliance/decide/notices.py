"""Predicates about the validation notice, disputes and what may be reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from goodterms.compliance.decide import dates, words
from goodterms.compliance.decide.case import (
    ANY_CONTACT,
    CONTACT_MOMENTS,
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
)
from goodterms.compliance.decide.readers import calendar, texts, whole
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import (
    AccountFacts,
    Circumstance,
    Finding,
    Moment,
    Obligation,
    ProposedReport,
    Rule,
)
from goodterms.kit.money import exponent

_UNKNOWN = "The consumer's local date is not known, so no period can be counted."


def notices(case: Case, account_id: int, *kinds: str) -> list[Circumstance]:
    """Return the notices of these kinds that were sent about an account, the latest last."""
    found = [
        one for one in case.circumstances("notice", account_id) if one.data.get("notice") in kinds
    ]
    return sorted(found, key=lambda one: (one.on, one.at))


def validation_sent(case: Case, account_id: int) -> Circumstance | None:
    """Return the latest validation notice, or the first communication if it had the information."""
    sent = notices(case, account_id, "validation")
    if sent:
        return sent[-1]
    return next(
        (
            one
            for one in case.circumstances("initial_communication", account_id)
            if one.data.get("validation_given") is True
        ),
        None,
    )


def _validation_notice(rule: Rule) -> Check:
    """Within five days of the initial communication the validation information is provided.

    ``within_days`` are calendar days after the initial communication. Before there was one, the
    contact would be it, and the information must go with it or follow in time. Messages of the
    classes ``messages`` are the notice themselves.

    Reference: 12 CFR 1006.34(a)(1).
    """
    voice, params = Voice(rule), rule.params
    exempt = frozenset(params["messages"])
    fine = (voice.passes("No validation notice is overdue."),)
    duty = (Obligation.VALIDATION_NOTICE,)
    first = (voice.passes("This would be the first communication about the debt.", None, duty),)

    def judge(case: Case, account: AccountFacts) -> Finding | None:
        began = case.circumstances("initial_communication", account.account_id)
        if not began or validation_sent(case, account.account_id):
            return None
        due = dates.notice_due(params, min(one.on for one in began))
        if case.days and case.days[-1] <= due:
            return None
        told = f"About {words.debt(account)}, the validation notice was due on {words.day_of(due)}."
        return voice.fails(f"{told} Send it first.", None, account.account_id)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if case.contact is None:
            return ()
        if case.message in exempt:
            return fine
        if not case.facts.circumstances:
            return first
        late = tuple([found for debt in debts if (found := judge(case, debt))])
        if late:
            return late
        begun = all(case.circumstances("initial_communication", d.account_id) for d in debts)
        return fine if begun else first

    return check


def _validation_period(rule: Rule) -> Check:
    """The end of the validation period is printed on the notice.

    Receipt may be assumed ``receipt_days`` after sending, not counting days that are no business
    days of the ``calendar``; the period ends ``period_days`` after receipt.

    Reference: 12 CFR 1006.34(b)(5), (c)(3).
    """
    voice, params = Voice(rule), rule.params
    messages = frozenset(params["messages"])

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if case.message not in messages:
            return ()
        if not case.days:
            return (voice.fails(_UNKNOWN),)
        # Sent on the latest date it may be: the period never ends too early.
        received = dates.receipt_of(params, case.days[-1])
        ends = dates.period_end(params, case.days[-1])
        told = f"Receipt may be assumed on {received}; print {ends} as the last day to dispute."
        return (voice.passes(told),)

    return check


def _dispute_open(rule: Rule) -> Check:
    """A written dispute, or a written request for the original creditor, stops collection.

    It must come within the validation period; each alone stops collection of what is disputed
    until verification or the creditor's details are sent. An oral dispute stops nothing, nor
    does one after the period. To a duplicative one a notice that says so is answer enough.

    Reference: 12 CFR 1006.38(c), (d); 15 USC 1692g(b).
    """
    voice, params = Voice(rule), rule.params
    answers = frozenset(params["messages"])
    fine = (voice.passes("No dispute is open."),)

    def judge(case: Case, account: AccountFacts) -> Finding | None:
        stopping = open_disputes(case, account, params)
        if not stopping:
            return None
        whole_debt = [one for one in stopping if not is_part(one, account)]
        name = words.debt(account)
        if whole_debt:
            on = words.day_of(whole_debt[0].on)
            what = "asked for the original creditor" if _asks(whole_debt[0]) else "disputed it"
            told = f"About {name}, the consumer {what} in writing on {on}; nothing was sent yet."
            return voice.fails(told, None, account.account_id)
        told = f"About {name}, a part is disputed: collect only the rest."
        return voice.passes(told, account.account_id, (Obligation.UNDISPUTED_PART,))

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if case.contact is None:
            return ()
        if not case.facts.circumstances or case.message in answers:
            return fine
        return tuple([found for debt in debts if (found := judge(case, debt))]) or fine

    return check


def open_disputes(
    case: Case, account: AccountFacts, params: Mapping[str, Any]
) -> list[Circumstance]:
    """Return the written disputes and requests that came in time and were not answered."""
    number = account.account_id
    return [
        one
        for one in case.circumstances("dispute", number)
        if one.data.get("written") is not False
        and _in_time(case, one, number, params)
        and not _answered(case, one, number)
    ]


def _in_time(case: Case, dispute: Circumstance, number: int, params: Mapping[str, Any]) -> bool:
    """Tell whether a dispute came before the period of the latest notice before it was over."""
    sent = [one for one in notices(case, number, "validation") if one.on <= dispute.on]
    if not sent or sent[-1].data.get("undelivered") is True:
        return True  # no period has ended yet
    return dispute.on <= dates.period_end(params, sent[-1].on)


def _answered(case: Case, dispute: Circumstance, number: int) -> bool:
    answers: Sequence[Circumstance] = case.circumstances("verification", number)
    if dispute.data.get("duplicative") is True:
        answers = [*answers, *notices(case, number, "duplicative")]
    return any(one.at >= dispute.at for one in answers)


def _asks(dispute: Circumstance) -> bool:
    return dispute.data.get("about") == "original_creditor"


def is_part(dispute: Circumstance, account: AccountFacts) -> bool:
    """Tell whether only a part that is smaller than what is owed is disputed."""
    written, owed = dispute.data.get("amount"), account.balance_minor
    if written is None or owed is None or _asks(dispute):
        return False
    try:
        part = Decimal(str(written)).scaleb(exponent(account.currency))
    except InvalidOperation:
        return False
    return 0 < part < owed


def _furnish_wait(rule: Rule) -> Check:
    """Nothing is reported before the consumer was spoken with, or was sent a notice.

    After the notice ``wait_days`` days must pass without word that it could not be delivered.
    A debt that is disputed, orally or in writing, is reported as disputed.

    Reference: 12 CFR 1006.30(a)(1); 15 USC 1692e(8).
    """
    voice, params = Voice(rule), rule.params

    def judge(case: Case, account: AccountFacts) -> Finding:
        number, name = account.account_id, words.debt(account)
        sent = notices(case, number, "validation")
        talks = [one.on for one in case.circumstances("first_conversation", number)]
        missed = bool(sent) and sent[-1].data.get("undelivered") is True
        day = dates.furnish_from(
            params, sent[-1].on if sent else None, min(talks, default=None), missed
        )
        disputed = bool(case.circumstances("dispute", number))
        duty = (Obligation.MARK_DISPUTED,) if disputed else ()
        if day is not None and case.days and case.days[0] >= day:
            return voice.passes(f"{name} may be reported since {day}.", number, duty)
        if day is None or not case.zones:
            told = f"Nobody spoke with the consumer about {name}, and no notice has arrived."
            return voice.fails(told, None, number)
        told = f"{name} may be reported from {words.day_of(day)} on, if the notice arrives."
        return voice.fails(told, day_begins(case.zones, day), number)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if case.about(ProposedReport) is None:
            return ()
        return tuple([judge(case, debt) for debt in debts])

    return check


_NOT_CONTACT = frozenset({Moment.PERIODIC})
# At these moments the rows say what becomes due: see ``decide.tasks``.
_TASKS = frozenset({Moment.POST, Moment.PERIODIC})
_drop, _person = always(Level.DROP), always(Level.PERSON)
_PERIOD = {
    "receipt_days": whole(0, 60),
    "calendar": calendar,
    "period_days": whole(1, 366),
    "messages": texts,
}
_LONGER = {"receipt_days": "up", "period_days": "up", "messages": "fewer"}

NOTICES = {
    "validation_notice": Predicate(
        _drop,
        {"within_days": whole(0, 60), "messages": texts},
        _validation_notice,
        moments=ANY_CONTACT | _TASKS,
        tightens={"within_days": "down", "messages": "fewer"},
    ),
    "validation_period": Predicate(
        _person, _PERIOD, _validation_period, moments=CONTACT_MOMENTS, tightens=_LONGER
    ),
    "dispute_open": Predicate(
        _drop, _PERIOD, _dispute_open, moments=ANY_CONTACT | _TASKS, tightens=_LONGER
    ),
    "furnish_wait": Predicate(
        _drop,
        {"wait_days": whole(1, 366)},
        _furnish_wait,
        moments=_NOT_CONTACT,
        tightens={"wait_days": "up"},
    ),
}
