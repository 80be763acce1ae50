"""Predicates of the law of single places: one channel a week, a notice first, facts on record.

Dates are those where the consumer may be; in doubt the one that leaves less open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from goodterms.accounts.model import CIRCUMSTANCES
from goodterms.compliance.decide import words
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
from goodterms.compliance.decide.counting import REACHES, Counted, first_of
from goodterms.compliance.decide.readers import MEDIA, PLACES, flag, one_of, some_of, texts, whole
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import (
    Circumstance,
    Finding,
    Moment,
    Rule,
)

_UNKNOWN = "The consumer's local date is not known, so no days can be counted."
_WAYS = {"call": "a call", "sms": "a text message", "email": "an e-mail",
         "letter": "a letter", "meeting": "a visit"}  # fmt: skip
_NOTICES = ("validation", "initial", "post_dated", "debit_amount", "creditor_email", "licence",
            "court")  # fmt: skip
_MOMENTS = ANY_CONTACT | {Moment.PAY, Moment.PERIODIC}


def _one_medium(rule: Rule) -> Check:
    """Once direct contact has been established, not by several channels within one week.

    A contact by another medium closes this one for ``days`` dates, its own the first. With
    ``since`` only contacts from the first contact or conversation on count, itself included.

    Reference: Ley 2300 de 2023 (Colombia), art. 3.
    """
    voice, counted, days = Voice(rule), Counted.of(rule.params), int(rule.params["days"])
    since = rule.params.get("since")
    fine = (voice.passes(f"No other channel was used in the last {days} days."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not counted.concerns(case):
            return ()
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        if not case.facts.log:
            return fine
        begin = first_of(case, since, None) if since else None
        if since and begin is None:
            return fine
        first = case.days[0] - timedelta(days=days - 1)
        others = [
            one
            for one in counted.among(case)
            if one.medium != case.proposed.channel
            and one.day >= first
            and (begin is None or one.at >= begin)
        ]
        if not others:
            return fine
        last = max(others, key=lambda one: one.day)
        free = day_begins(case.zones, last.day + timedelta(days=days))
        told = f"The consumer got {_WAYS[last.medium]} on {words.day_of(last.day)};"
        told = f"{told} one channel is allowed within {days} days."
        return (voice.fails(f"{told} {_next(case, free)}", free),)

    return check


def _first_notice(case: Case, account_id: int, kinds: frozenset[str]) -> date | None:
    """Return when the first notice of these kinds was sent that did not come back."""
    sent = [
        one.on
        for one in case.circumstances("notice", account_id)
        if one.data.get("notice") in kinds and one.data.get("undelivered") is not True
    ]
    return min(sent, default=None)


def _wait_after_notice(rule: Rule) -> Check:
    """No demand for payment before a written notice was sent and ``days`` days have passed.

    The first day on which the debt may be talked about is the date of sending plus ``days``. A
    notice that came back undelivered is none. Messages of the classes ``except_messages`` are
    the notice itself.

    Reference: R.R.O. 1990, Reg. 74, s. 21 (Ontario).
    """
    voice, params = Voice(rule), rule.params
    kinds, days = frozenset(params["notices"]), int(params["days"])
    media = frozenset(params.get("media") or MEDIA)
    exempt = frozenset(params.get("except_messages") or ())
    fine = (voice.passes(f"The notice about each debt was sent {days} days ago or more."),)

    def judge(case: Case, account_id: int, name: str) -> Finding | None:
        sent = _first_notice(case, account_id, kinds)
        if sent is None:
            return voice.fails(f"About {name}, no written notice was sent yet.", None, account_id)
        if not case.zones:
            return voice.fails(_UNKNOWN, None, account_id)
        free_day = sent + timedelta(days=days)
        if case.days[0] >= free_day:
            return None
        free = day_begins(case.zones, free_day)
        told = f"About {name}, the notice was sent on {words.day_of(sent)}; {days} days must pass."
        return voice.fails(f"{told} {_next(case, free)}", free, account_id)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        contact = case.proposed
        if contact.channel not in media or (exempt and contact.message in exempt):
            return ()
        found = [judge(case, debt.account_id, words.debt(debt)) for debt in debts]
        return tuple([one for one in found if one]) or fine

    return check


@dataclass(frozen=True, slots=True)
class _Bar:
    """What a rule about recorded facts looks for, and which contacts it concerns."""

    kinds: tuple[str, ...]
    where: Mapping[str, Any]
    places: frozenset[str]
    media: frozenset[str]
    answers: tuple[str, ...]
    days: int | None

    def concerns(self, case: Case) -> bool:
        contact = case.contact
        if contact is None:
            return not (self.media or self.places)
        return (not self.media or contact.channel in self.media) and (
            not self.places or case.facts.point.place in self.places
        )

    def standing(self, case: Case) -> list[Circumstance]:
        """Return those in force that match: of the person, a debt, or this very point."""
        point_id = case.contact.contact_point_id if case.contact else None
        return [
            one
            for kind in self.kinds
            for one in case.circumstances(kind, None, point_id)
            if all(one.data.get(name, False) == value for name, value in self.where.items())
            and not self._answered(case, one)
        ]

    def _answered(self, case: Case, one: Circumstance) -> bool:
        return any(
            answer.at >= one.at
            for kind in self.answers
            for answer in case.circumstances(kind, one.account_id)
        )

    def free(self, case: Case, one: Circumstance) -> datetime | None:
        """Return from when on it bars nothing any more; None if no rule says."""
        if self.days is None or not case.zones:
            return None
        return day_begins(case.zones, one.on + timedelta(days=self.days + 1))


def _said(one: Circumstance) -> str:
    return f"{CIRCUMSTANCES[one.kind].meaning} Recorded for {words.day_of(one.on)}."


def _barred_while(rule: Rule) -> Check:
    """No contact while such a fact is on record; with ``refers`` a person decides.

    ``where`` names what the fact must say (a field that is left out reads as false), ``places``
    and ``media`` which contacts are meant. With ``days`` it holds for so many days after its
    date, the last included; with ``answered_by`` until such a fact is recorded about the same.
    One about a debt concerns that debt only.

    Reference: 940 CMR 7.04(1) (a request holds ten days if oral); CONC 7.3; GDPR art. 22(3).
    """
    voice, params = Voice(rule), rule.params
    bar = _Bar(
        tuple(params["kinds"]),
        params.get("where") or {},
        frozenset(params.get("places") or ()),
        frozenset(params.get("media") or ()),
        tuple(params.get("answered_by") or ()),
        params.get("days"),
    )
    refers = bool(params.get("refers"))
    fine = (voice.passes("Nothing on record speaks against it."),)

    def judge(case: Case, one: Circumstance) -> Finding | None:
        free, told = bar.free(case, one), _said(one)
        if free is not None and case.now >= free:
            return None
        if refers:
            return voice.refers(f"{told} Somebody must look at it first.", one.account_id)
        return voice.fails(f"{told} {_next(case, free)}", free, one.account_id)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not bar.concerns(case):
            return ()
        if not case.facts.circumstances:
            return fine
        ours = {None, *(debt.account_id for debt in debts)}
        found = [judge(case, one) for one in bar.standing(case) if one.account_id in ours]
        return tuple([one for one in found if one]) or fine

    return check


def _consent_given(rule: Rule) -> Check:
    """Only with the consumer's consent to be contacted this way, not taken back.

    A yes to any of the ``purposes`` on this channel counts. Messages of the classes
    ``except_messages`` are the request for it.

    Reference: D.C. Code § 28-3814.
    """
    voice, params = Voice(rule), rule.params
    purposes, media = tuple(params["purposes"]), frozenset(params["media"])
    exempt = frozenset(params.get("except_messages") or ())
    fine = (voice.passes("The consumer agreed to this way of contact."),)
    stop = (voice.fails("The consumer has not agreed to be contacted this way."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        contact = case.proposed
        if contact.channel not in media or (exempt and contact.message in exempt):
            return ()
        channel, point_id = contact.channel, contact.contact_point_id
        if any(case.consent(purpose, channel, point_id) for purpose in purposes):
            return fine
        return stop

    return check


def _next(case: Case, free: datetime | None) -> str:
    return words.next_possible(free, case.now, case.zones)


def _where(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not value:
        raise ValueError("write what the fact must say, such as {oral: true}")
    for said in value.values():
        if not isinstance(said, bool | str):
            raise ValueError("write texts, true or false as what the fact must say")  # noqa: TRY004 - one error for readers
    return value


_MEDIA = some_of(MEDIA)

LOCAL = {
    "one_medium": Predicate(
        always(Level.PERSON),
        {
            "days": whole(1, 366),
            "media": _MEDIA,
            "since": one_of(["first_conversation", "first_contact"]),
            "count_from": one_of(list(REACHES)),
        },
        _one_medium,
        optional=frozenset({"since", "count_from"}),
        tightens={"days": "up", "media": "more"},
    ),
    "wait_after_notice": Predicate(
        always(Level.DROP),
        {
            "notices": some_of(_NOTICES),
            "days": whole(0, 366),
            "media": _MEDIA,
            "except_messages": texts,
        },
        _wait_after_notice,
        CONTACT_MOMENTS,
        optional=frozenset({"media", "except_messages"}),
        tightens={"days": "up", "media": "more", "notices": "fewer", "except_messages": "fewer"},
    ),
    "barred_while": Predicate(
        always(Level.DROP),
        {
            "kinds": some_of(CIRCUMSTANCES),
            "where": _where,
            "places": some_of(PLACES),
            "media": _MEDIA,
            "days": whole(0, 3660),
            "answered_by": some_of(CIRCUMSTANCES),
            "refers": flag,
        },
        _barred_while,
        _MOMENTS | {Moment.PUBLISH},
        optional=frozenset({"where", "places", "media", "days", "answered_by", "refers"}),
        tightens={
            "kinds": "more",
            "answered_by": "fewer",
            "days": "up",
            "places": "more",
            "media": "more",
        },
    ),
    "consent_given": Predicate(
        always(Level.PERSON),
        {"purposes": texts, "media": _MEDIA, "except_messages": texts},
        _consent_given,
        CONTACT_MOMENTS,
        optional=frozenset({"except_messages"}),
        tightens={"media": "more", "purposes": "fewer", "except_messages": "fewer"},
    ),
}
