"""Predicates about how often, and how soon after the last time: folds over the contact log.

Counts are on dates where the consumer may be: a contact belongs to the latest date it may have
had and today is the earliest date it may be, so that a doubt about the place never adds one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import (
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
)
from goodterms.compliance.decide.counting import (
    REACHES,
    Counted,
    about,
    consented,
    since_first,
)
from goodterms.compliance.decide.readers import (
    MEDIA,
    PLACES,
    Reader,
    flag,
    one_of,
    some_of,
    texts,
    whole,
)
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import AccountFacts, Finding, LoggedContact, Rule

_UNKNOWN = "The consumer's local date is not known, so nothing can be counted."
_VERBS = {"call": "called", "sms": "texted", "email": "e-mailed", "letter": "written to"}


def _rolling_count(rule: Rule) -> Check:
    """At most ``max`` contacts within ``window_days`` consecutive dates, or hours.

    The proposed one is one of them; to a particular person, or in connection with a particular
    debt. ``since`` counts only after the first conversation or contact (``first_counts``: and
    that one, too); ``consent_excludes`` leaves out what was placed within seven days of a direct
    consent that no conversation has spent; ``unless_consent`` lifts the cap for who agreed to
    the purpose it names.

    Reference: 12 CFR 1006.14(b)(2)(i)(A), (b)(3), (b)(4); 940 CMR 7.04(1)(f); 6 RCNY 5-77;
    47 CFR 64.1200(a)(3).
    """
    cap = _Cap.of(rule)
    counted, per_debt = cap.counted, "debt" in rule.params["unit"]
    fine, unknown = (cap.voice.passes(""),), (cap.voice.fails(_UNKNOWN),)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not counted.concerns(case):
            return ()
        if not case.zones:
            return unknown
        if case.terse and cap.far(case, debts if per_debt else (None,)):
            return fine
        contacts = counted.among(case)
        if more := cap.lifted(case):
            return (cap.voice.passes(more),)
        if not per_debt:
            return _answers(cap.voice, [cap.judge(case, contacts, None)])
        return _answers(cap.voice, [cap.judge(case, about(case, contacts, d), d) for d in debts])

    return check


@dataclass(frozen=True, slots=True)
class _Cap:
    """A cap with what it counts, over which span, and what lifts it."""

    voice: Voice
    counted: Counted
    most: int
    span: _Days | _Hours
    excludes: bool
    since: str | None
    unless: str | None
    refers: bool
    itself: bool

    @classmethod
    def of(cls, rule: Rule) -> _Cap:
        params = rule.params
        return cls(
            Voice(rule), Counted.of(params), int(params["max"]), _span_of(params),
            bool(params.get("consent_excludes")), params.get("since"),
            params.get("unless_consent"), bool(params.get("refers")),
            bool(params.get("first_counts")),
        )  # fmt: skip

    def far(self, case: Case, debts: Sequence[AccountFacts | None]) -> bool:
        """Tell whether so few are in the window that nothing else need be looked at.

        What a consent excludes, or came before the first contact, only makes them fewer.
        """
        if len(case.facts.log) < self.most:
            return True
        if not isinstance(self.span, _Days):
            return False
        recent = self.counted.recent(case, self.span.first(case))
        if len(recent) < self.most:
            return True
        return None not in debts and all(
            len(about(case, recent, debt)) < self.most for debt in debts if debt
        )

    def inside(
        self, case: Case, contacts: Sequence[LoggedContact], debt: AccountFacts | None
    ) -> list[LoggedContact]:
        """Return what counts now, the latest first."""
        ours = [one for one in since_first(case, contacts, self.since, debt, itself=self.itself)
                if not (self.excludes and consented(case, one, debt))]  # fmt: skip
        return self.span.inside(case, ours)

    def judge(
        self, case: Case, contacts: Sequence[LoggedContact], debt: AccountFacts | None
    ) -> str | Finding:
        """Count; say how many there were, or why one more would be too many and until when."""
        inside = self.inside(case, contacts, debt)
        who = f"About {words.debt(debt)}," if debt else "The consumer was"
        times = words.times(len(inside))
        told = f"{who} {_verb(self.counted)} {times} {self.span.words}; {self.most} allowed."
        if len(inside) < self.most:
            return told
        account_id = debt.account_id if debt else None
        if self.refers:
            return self.voice.refers(f"{told} Somebody must look at it first.", account_id)
        # The contact that has to leave the window first is the one that is ``most`` back.
        free = self.span.leaves(case, inside[self.most - 1])
        return self.voice.fails(f"{told} {_next(case, free)}", free, account_id)

    def lifted(self, case: Case) -> str:
        """Say what consent lifts the cap for the proposed contact; empty: none does."""
        channel, point_id = case.proposed.channel, case.proposed.contact_point_id
        if self.unless and case.consent(self.unless, channel, point_id):
            return "The consumer agreed to more."
        if self.excludes and consented(case, None, None):
            return "The consumer agreed directly to be called within these days."
        return ""


def count_of(rule: Rule, case: Case, debt: AccountFacts) -> int:
    """Return how many logged contacts a rolling count holds now, about a debt if it is per debt.

    Zero where the consumer's date is not known: then there is no window.
    """
    cap = _Cap.of(rule)
    if not case.zones:
        return 0
    contacts = cap.counted.among(case)
    if "debt" in rule.params["unit"]:
        return len(cap.inside(case, about(case, contacts, debt), debt))
    return len(cap.inside(case, contacts, None))


def _answers(voice: Voice, answers: Sequence[str | Finding]) -> tuple[Finding, ...]:
    """Return what fails, or that the rule passes, in the words about each debt."""
    failing = tuple([answer for answer in answers if isinstance(answer, Finding)])
    return failing or (voice.passes(" ".join(str(answer) for answer in answers)),)


def _verb(counted: Counted) -> str:
    media = sorted(counted.media)
    return _VERBS.get(media[0], "contacted") if len(media) == 1 else "contacted"


@dataclass(frozen=True, slots=True)
class _Days:
    """A window of consecutive local dates, today the last."""

    number: int

    @property
    def words(self) -> str:
        return "today" if self.number == 1 else f"in the last {self.number} days"

    def first(self, case: Case) -> date:
        return case.days[0] - timedelta(days=self.number - 1)

    def inside(self, case: Case, contacts: Sequence[LoggedContact]) -> list[LoggedContact]:
        first = self.first(case)
        return sorted([one for one in contacts if one.day >= first],
                      key=lambda one: one.day, reverse=True)  # fmt: skip

    def leaves(self, case: Case, one: LoggedContact) -> datetime:
        return day_begins(case.zones, one.day + timedelta(days=self.number))


@dataclass(frozen=True, slots=True)
class _Hours:
    """A window of hours up to now."""

    number: int

    @property
    def words(self) -> str:
        return f"in the last {self.number} hours"

    def inside(self, case: Case, contacts: Sequence[LoggedContact]) -> list[LoggedContact]:
        first = case.now - timedelta(hours=self.number)
        return sorted([one for one in contacts if one.at > first],
                      key=lambda one: one.at, reverse=True)  # fmt: skip

    def leaves(self, case: Case, one: LoggedContact) -> datetime:
        _ = case
        return one.at + timedelta(hours=self.number)


def _span_of(params: Mapping[str, Any]) -> _Days | _Hours:
    if "window_hours" in params:
        return _Hours(int(params["window_hours"]))
    return _Days(int(params["window_days"]))


def _wait_after_conversation(rule: Rule) -> Check:
    """No call for ``days`` days after a telephone conversation in connection with the debt.

    The date of the conversation is the first day, whoever initiated it.

    Reference: 12 CFR 1006.14(b)(2)(i)(B), comment 14(b)(2)(i)-1.
    """
    voice, days = Voice(rule), int(rule.params["days"])
    media = frozenset(rule.params["media"])
    excludes = bool(rule.params.get("consent_excludes"))
    talks = Counted.of(
        {"media": rule.params["media"], "count_from": "conversation", "both_ways": True}
    )
    fine = (voice.passes(""),)

    def judge(
        case: Case, contacts: Sequence[LoggedContact], account: AccountFacts
    ) -> str | Finding:
        last = max([one.day for one in about(case, contacts, account)], default=None)
        name = f"About {words.debt(account)},"
        if last is None or case.days[0] >= last + timedelta(days=days):
            return f"{name} no conversation in the last {days} days."
        if excludes and consented(case, None, account):
            return f"{name} the consumer agreed directly to be called again."
        free = day_begins(case.zones, last + timedelta(days=days))
        told = f"{name} there was a conversation on {words.day_of(last)}; {days} days must pass."
        return voice.fails(f"{told} {_next(case, free)}", free, account.account_id)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if case.proposed.channel not in media:
            return ()
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        contacts = talks.recent(case, case.days[0] - timedelta(days=days - 1))
        if case.terse and not contacts:
            return fine
        return _answers(voice, [judge(case, contacts, account) for account in debts])

    return check


def _minimum_gap(rule: Rule) -> Check:
    """At least so many minutes between two contacts to the person, by whatever number.

    Reference: 12 CFR 1006.14(b)(2), comments on calls in rapid succession.
    """
    voice, counted = Voice(rule), Counted.of(rule.params)
    gap = timedelta(minutes=int(rule.params["minutes"]))
    fine = (voice.passes(f"No {_noun(counted)} in the last {words.lasting(gap)}."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not counted.concerns(case):
            return ()
        log = case.facts.log
        if not log or log[0].at + gap <= case.now:  # the newest of any sort is old enough
            return fine
        # Without a place there is no date; then the whole log is looked through.
        first = case.days[0] - timedelta(days=gap.days + 2) if case.days else date.min
        last = max([one.at for one in counted.recent(case, first)], default=None)
        if last is None or last + gap <= case.now:
            return fine
        ago = words.lasting(case.now - last)
        told = (
            f"The last {_noun(counted)} was {ago} ago; {words.lasting(gap)} must lie between two."
        )
        return (voice.fails(f"{told} {_next(case, last + gap)}", last + gap),)

    return check


def _noun(counted: Counted) -> str:
    return "call" if counted.media == {"call"} else "contact"


def _next(case: Case, free: datetime) -> str:
    return words.next_possible(free, case.now, case.zones)


_PERSON_UNIT, _DEBT_UNIT = ["collector", "person"], ["collector", "person", "debt"]
_MEDIA = some_of(MEDIA)
_VOICES = ("live", "prerecorded", "artificial")
_FILTERS: dict[str, Reader] = {
    "media": _MEDIA,
    "count_from": one_of(list(REACHES)),
    "places": some_of(PLACES),
    "voices": some_of(_VOICES),
    "purposes": texts,
    "messages": texts,
    "except_messages": texts,
    "line_types": texts,
    "to": one_of(["consumer", "third_party"]),
    "both_ways": flag,
}
_OPTIONAL = frozenset(_FILTERS) - {"media"}


def _debt_level(params: Mapping[str, Any]) -> Level:
    return Level.DEBT if "debt" in params["unit"] else Level.PERSON


FREQUENCY = {
    "rolling_count": Predicate(
        _debt_level,
        {
            "unit": one_of([_DEBT_UNIT, _PERSON_UNIT]),
            "window_days": whole(1, 366),
            "window_hours": whole(1, 24 * 366),
            "max": whole(1, 1000),
            "since": one_of(["first_conversation", "first_contact"]),
            "first_counts": flag,
            "consent_excludes": flag,
            "unless_consent": one_of(["contact", "automated", "hours"]),
            "refers": flag,
            **_FILTERS,
        },
        _rolling_count,
        optional=_OPTIONAL
        | {
            "window_days",
            "window_hours",
            "since",
            "first_counts",
            "consent_excludes",
            "unless_consent",
            "refers",
        },
        tightens={
            "max": "down",
            "window_days": "up",
            "window_hours": "up",
            "media": "more",
            "consent_excludes": "off",
        },
    ),
    "wait_after_conversation": Predicate(
        always(Level.DEBT),
        {
            "unit": one_of([_DEBT_UNIT]),
            "days": whole(1, 366),
            "media": _MEDIA,
            "consent_excludes": flag,
        },
        _wait_after_conversation,
        optional=frozenset({"consent_excludes"}),
        tightens={"days": "up", "media": "more", "consent_excludes": "off"},
    ),
    "minimum_gap": Predicate(
        always(Level.PERSON),
        {"unit": one_of([_PERSON_UNIT]), "minutes": whole(1, 60 * 24 * 31), **_FILTERS},
        _minimum_gap,
        optional=_OPTIONAL,
        tightens={"minutes": "up", "media": "more"},
    ),
}
