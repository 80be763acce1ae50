"""Predicates about what goes with a yes and who may act: duties, licences, reviews, rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from goodterms.compliance.decide.case import (
    ANY_CONTACT,
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
    places_of,
)
from goodterms.compliance.decide.readers import MEDIA, PLACES, decimal, some_of, text, texts, whole
from goodterms.compliance.model import (
    Activation,
    Finding,
    Moment,
    Obligation,
    ProposedPayment,
    Rule,
    Rulebook,
)

_EVERY = ANY_CONTACT | {Moment.PAY, Moment.PUBLISH}
_KINDS = ("campaign", "policy", "treatment", "wording", "caller_id")


def _oblige(rule: Rule) -> Check:
    """What must go with the contact: a disclosure, a name, a licence, the creditor's identity.

    It refuses nothing. ``media``, ``places``, ``voices`` and ``messages`` say with which.

    Reference: Lei 8.078/1990 (Brazil), art. 42-A, and whatever else the rows cite.
    """
    voice, params = Voice(rule), rule.params
    duties = tuple(params["duties"])
    media, places, voices, messages = (
        frozenset(params.get(name) or ()) for name in ("media", "places", "voices", "messages")
    )
    told = " ".join(Obligation(duty).meaning for duty in duties)
    owed = (voice.passes(told, None, duties),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        contact = case.contact
        if contact is None:
            about = case.about(Activation)
            reached = about is not None and (not media or about.channel in media)
            return owed if reached and not (places or voices or messages) else ()
        meant = (
            (not media or contact.channel in media)
            and (not places or case.facts.point.place in places)
            and (not voices or contact.voice in voices)
            and (not messages or contact.message in messages)
        )
        return owed if meant else ()

    return check


def _licence_held(rule: Rule) -> Check:
    """Nobody collects there without the licence that the place asks for.

    The licence of the place itself counts, of the consumer's own country, or of one of
    ``accept``.

    Reference: Directive (EU) 2021/2167, arts 4 and 13.
    """
    voice = Voice(rule)
    accepted = {rule.jurisdiction, *(rule.params.get("accept") or ())}

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        wanted = accepted | set(places_of(case.facts))
        held = sorted(wanted.intersection(case.facts.licences))
        if held:
            return (voice.passes(f"We hold a licence for {held[0]}."),)
        places = ", ".join(sorted(wanted))
        return (
            voice.fails(
                f"We hold no licence for any of {places}: record it under the organisation's "
                "licences, or leave this place out."
            ),
        )

    return check


def _person_reviews(rule: Rule) -> Check:
    """Nobody is subject to an adverse decision made by a machine alone.

    What decides by itself against consumers is published only if whoever is refused can have a
    person look at it, and that is then told to them. Else somebody must look at it first.

    Reference: Regulation (EU) 2016/679 (GDPR), art. 22(1), (3).
    """
    voice, kinds = Voice(rule), frozenset(rule.params["kinds"])
    alone = (voice.passes("It decides nothing against a consumer by itself."),)
    duty = (Obligation.REVIEW_BY_PERSON,)
    can = (voice.passes("Whoever it refuses can have a person review that.", None, duty),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        about = case.about(Activation)
        if about is None or about.kind not in kinds:
            return ()
        if not about.automated:
            return alone
        if about.reviewable:
            return can
        return (
            voice.refers(
                f"'{about.name}' decides against consumers by itself and offers no review by a "
                "person: offer one, or have somebody look at it."
            ),
        )

    return check


@dataclass(frozen=True, slots=True)
class InterestRates:
    """Yearly rates in percent by law on a date: for a delay, and the most that may be agreed."""

    delay: Decimal
    most: Decimal
    citation: str
    checked_until: date | None


def _rates(rule: Rule) -> InterestRates:
    params = rule.params
    delay = Decimal(params["reference_rate"]) + Decimal(params["margin"])
    until = params.get("checked_until")
    most = delay * int(params["times"])
    return InterestRates(delay, most, rule.citation, date.fromisoformat(until) if until else None)


def interest_rates(rulebook: Rulebook, place: str, day: date) -> InterestRates | None:
    """Return the interest that the law of a place sets on a date; None if no row knows it.

    A rate is known until the date at which it was last checked, and no longer.
    """
    found = None
    for rule in rulebook.rules:
        if (
            rule.predicate == "interest_cap"
            and rule.enabled
            and rule.jurisdiction == place
            and rule.valid_from <= day
            and (rule.valid_to is None or day < rule.valid_to)
        ):
            found = _rates(rule)  # rules come with their versions rising
    if found is None or (found.checked_until is not None and day > found.checked_until):
        return None
    return found


def _interest_cap(rule: Rule) -> Check:
    """No more interest than the law allows: ``times`` the statutory interest for delay.

    That is ``reference_rate`` plus ``margin``, in percent a year; each published rate is a row
    with its dates. After ``checked_until`` nobody knows the rate any more, and none is taken.

    Reference: Civil Code (Poland), art. 481 § 2 and § 2¹.
    """
    voice, rates = Voice(rule), _rates(rule)
    none = (voice.passes("No interest is charged."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        payment = case.about(ProposedPayment)
        if payment is None or not payment.interest_rate:
            return none
        day = case.days[-1] if case.days else case.now.date()
        if rates.checked_until is not None and day > rates.checked_until:
            return (
                voice.fails(
                    f"The rate was last checked on {rates.checked_until}: add the row of the "
                    "rate in force, with its notice."
                ),
            )
        asked = Decimal(payment.interest_rate)
        told = f"{asked} % a year is charged; {rates.most.normalize():f} % is the most."
        return (voice.passes(told) if asked <= rates.most else voice.fails(told),)

    return check


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(text(value))
    except ValueError as error:
        raise ValueError('write a date in quotes, such as "2026-11-22"') from error


DUTIES = {
    "oblige": Predicate(
        always(Level.PERSON),
        {
            "duties": some_of([duty.value for duty in Obligation]),
            "media": some_of(MEDIA),
            "places": some_of(PLACES),
            "voices": some_of(("live", "prerecorded", "artificial")),
            "messages": texts,
        },
        _oblige,
        _EVERY,
        optional=frozenset({"media", "places", "voices", "messages"}),
        tightens={"duties": "more", "media": "more", "places": "more", "voices": "more"},
    ),
    "licence_held": Predicate(
        always(Level.PERSON),
        {"accept": texts},
        _licence_held,
        _EVERY,
        optional=frozenset({"accept"}),
        tightens={"accept": "fewer"},
    ),
    "person_reviews": Predicate(
        always(Level.PERSON),
        {"kinds": some_of(_KINDS)},
        _person_reviews,
        frozenset({Moment.PUBLISH}),
        tightens={"kinds": "more"},
    ),
    "interest_cap": Predicate(
        always(Level.PERSON),
        {
            "reference_rate": decimal,
            "margin": decimal,
            "times": whole(1, 10),
            "checked_until": _day,
        },
        _interest_cap,
        frozenset({Moment.PAY}),
        optional=frozenset({"checked_until"}),
        tightens={
            "reference_rate": "down", "margin": "down", "times": "down", "checked_until": "earlier",
        },
    ),
}  # fmt: skip
