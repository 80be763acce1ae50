"""Predicates about old debts and old records: limitation, reporting, keeping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from goodterms.compliance.decide import dates, words
from goodterms.compliance.decide.case import (
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
)
from goodterms.compliance.decide.readers import patterns, some_of, text, texts, whole
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import (
    AccountFacts,
    CallProgress,
    Finding,
    Moment,
    Obligation,
    ProposedErasure,
    ProposedReport,
    Rule,
)

CONTRACTS = ("written", "oral", "open", "note", "sale")
_DAY = timedelta(days=1)


def barred_on(case: Case, account: AccountFacts, params: Mapping[str, Any]) -> date | None:
    """Return the first day on which the debt is too old to be sued for, as far as is known."""
    number = account.account_id
    known = [one.on for one in case.circumstances("time_barred_on", number)]
    if "years" in params:
        known += [
            dates.barred_from(params, one.on, str(one.data.get("contract", "")))
            for one in case.circumstances("claim_accrued", number)
        ]
    return min(known, default=None)


def _time_barred(rule: Rule) -> Check:
    """Nobody sues, or threatens to sue, for a debt whose period of limitation is over.

    A text that has one of the patterns ``threatens``, or a message of the classes ``messages``,
    is a threat; where nobody knows when the period is over, it is none that may be made.
    ``years`` says per kind of contract how long the period is, from the day on which the claim
    accrued. ``disclosure`` is what must be said of such a debt, and ``must_say`` the patterns
    by which a text is seen to say it.

    Reference: 12 CFR 1006.26(b); the states' laws that the rows cite.
    """
    law = _Barred.of(rule)
    speaks = "disclosure" in rule.params

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not (speaks and case.facts.circumstances) and not case.message and not _wording(case):
            return ()
        return tuple([found for debt in debts if (found := law.judge(case, debt))])

    return check


@dataclass(frozen=True, slots=True)
class _Barred:
    """What a row says of debts that are too old: what is a threat, and what must be said."""

    voice: Voice
    params: Mapping[str, Any]
    threats: tuple[re.Pattern[str], ...]
    must_say: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, rule: Rule) -> _Barred:
        return cls(
            Voice(rule),
            rule.params,
            _compiled(rule.params.get("threatens")),
            _compiled(rule.params.get("must_say")),
        )

    def judge(self, case: Case, account: AccountFacts) -> Finding | None:
        """Judge one debt; None: the row has nothing to say of it."""
        number, name = account.account_id, words.debt(account)
        day = barred_on(case, account, self.params)
        if day is None or not case.days:
            unknown = f"Nobody knows when {name} is too old to be sued for: threaten nothing."
            silent = "years" in self.params or not self.threatens(case)
            return None if silent else self.voice.fails(unknown, None, number)
        if case.days[-1] < day:
            return None
        since = f"{name} is too old to be sued for since {day}"
        if self.threatens(case):
            return self.voice.fails(f"{since}: threaten nothing.", None, number)
        told = self.params.get("disclosure")
        return self.disclosed(case, number, f"{since}: say: {told}") if told else None

    def threatens(self, case: Case) -> bool:
        """Tell whether a suit is threatened."""
        wording = _wording(case)
        classes = self.params.get("messages") or ()
        return case.message in classes or any(p.search(wording) for p in self.threats)

    def disclosed(self, case: Case, number: int, told: str) -> Finding:
        """Judge whether the text says what it must; without a text, whoever speaks must say it."""
        wording = _wording(case)
        if wording and not all(p.search(wording) for p in self.must_say):
            return self.voice.fails(told, None, number)
        return self.voice.passes(told, number, (Obligation.TIME_BARRED_NOTICE,))


def _compiled(texts_: Sequence[str] | None) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text_, re.IGNORECASE) for text_ in texts_ or ())


def _wording(case: Case) -> str:
    wording = case.contact.wording if case.contact else None
    progress = case.about(CallProgress)
    wording = (progress.wording if progress else None) or wording
    return wording.text if wording else ""


def _reporting_period(rule: Rule) -> Check:
    """No consumer report has a delinquency that is older than seven years.

    They begin ``after_days`` after the delinquency that led to the collection. ``codes`` are
    those of the reporting format for how the account stands.

    Reference: 15 USC 1681c(a)(4), (c)(1).
    """
    voice, params = Voice(rule), rule.params

    def judge(case: Case, account: AccountFacts) -> Finding:
        number, name = account.account_id, words.debt(account)
        began = case.circumstances("first_delinquency", number)
        if not began or not case.days:
            return voice.fails(
                f"Nobody knows when {name} was first delinquent: record it.", None, number
            )
        until = dates.report_end(params, min(one.on for one in began))
        if case.days[-1] > until:
            return voice.fails(f"{name} could be reported until {until}.", None, number)
        return voice.passes(f"{name} may be reported until {until}.", number)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if case.about(ProposedReport) is None:
            return ()
        return tuple([judge(case, debt) for debt in debts])

    return check


def _bureau_answer(rule: Rule) -> Check:
    """A dispute that came through a consumer reporting agency is answered in time.

    ``answer_days`` after it came, or ``extended_days`` if the consumer sent more meanwhile. Until
    then the debt is reported as disputed; after that it is not reported.

    Reference: 15 USC 1681i(a)(1), 1681s-2(b).
    """
    voice, params = Voice(rule), rule.params
    none = (voice.passes("No dispute through an agency is open."),)

    def judge(case: Case, account: AccountFacts) -> Finding | None:
        number, name = account.account_id, words.debt(account)
        opened = case.circumstances("bureau_dispute", number)
        if not opened:
            return None
        due = min(
            one.on + timedelta(days=int(params[_period(one.data.get("more_came"))]))
            for one in opened
        )
        if not case.days or case.days[-1] > due:
            return voice.fails(f"The answer about {name} was due on {due}.", None, number)
        told = f"The dispute about {name} is answered until {due}."
        return voice.passes(told, number, (Obligation.MARK_DISPUTED,))

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if case.about(ProposedReport) is None:
            return ()
        return tuple([found for debt in debts if (found := judge(case, debt))]) or none

    return check


def _period(more_came: object) -> str:
    return "extended_days" if more_came is True else "answer_days"


def _keep(rule: Rule) -> Check:
    """Records are kept for ``years`` after the last collection activity, recordings after the call.

    Nothing is erased while any duty to keep it lasts.

    Reference: 12 CFR 1006.100(a), (b) and what else the rows cite.
    """
    voice, params = Voice(rule), rule.params
    what = frozenset(params["what"])

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        wanted = case.about(ProposedErasure)
        if wanted is None or wanted.what not in what:
            return ()
        if wanted.since is None or not case.zones:
            return (voice.fails(f"Nobody knows since when the {wanted.what} are kept."),)
        until = dates.keep_end(params, wanted.since)
        free = _after(case, until)
        if case.now >= free:
            return (voice.passes(f"The {wanted.what} had to be kept until {until}."),)
        return (voice.fails(f"The {wanted.what} must be kept until {until}.", free),)

    return check


def _after(case: Case, day: date) -> datetime:
    return day_begins(case.zones, day + _DAY)


def _years(value: Any) -> Any:
    if (
        not isinstance(value, dict)
        or not value
        or not set(value) <= set(CONTRACTS)
        or not all(isinstance(n, int) and 1 <= n <= 30 for n in value.values())  # noqa: PLR2004 - years
    ):
        known = ", ".join(CONTRACTS)
        raise ValueError(f"write years by kind of contract, such as {{written: 6}}; kinds: {known}")
    return value


def _codes(value: Any) -> Any:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError('write codes in quotes, such as {assigned: "93"}')
    return value


_drop, _person = always(Level.DROP), always(Level.PERSON)
_TALK = frozenset({Moment.PREDIAL, Moment.PRESEND, Moment.INCALL})
_PERIODIC = frozenset({Moment.PERIODIC})

AGEING = {
    "time_barred": Predicate(
        _drop,
        {
            "threatens": patterns,
            "messages": texts,
            "years": _years,
            "disclosure": text,
            "must_say": patterns,
        },
        _time_barred,
        moments=_TALK,
        optional=frozenset({"threatens", "messages", "years", "disclosure", "must_say"}),
        tightens={"threatens": "more", "messages": "more", "must_say": "more"},
    ),
    "reporting_period": Predicate(
        _drop,
        {"years": whole(1, 30), "after_days": whole(0, 366), "codes": _codes},
        _reporting_period,
        moments=_PERIODIC,
        optional=frozenset({"codes"}),
        tightens={"years": "down", "after_days": "down"},
    ),
    "bureau_answer": Predicate(
        _drop,
        {"answer_days": whole(1, 366), "extended_days": whole(1, 366)},
        _bureau_answer,
        moments=_PERIODIC,
        tightens={"answer_days": "down", "extended_days": "down"},
    ),
    "keep": Predicate(
        _person,
        {
            "what": some_of(["records", "recordings"]),
            "years": whole(0, 100),
            "days_more": whole(0, 366),
        },
        _keep,
        moments=_PERIODIC,
        optional=frozenset({"days_more"}),
        tightens={"years": "up", "days_more": "up", "what": "more"},
    ),
}
