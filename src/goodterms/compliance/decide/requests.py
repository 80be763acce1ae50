"""Predicates about requests to stop, about attorneys, and about people who are not the consumer."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from goodterms.accounts.model import HoldKind
from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import (
    ANY_CONTACT,
    CALL_MOMENTS,
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
)
from goodterms.compliance.decide.counting import CONSUMERS
from goodterms.compliance.decide.readers import texts, whole
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import (
    AccountFacts,
    Circumstance,
    Finding,
    LoggedContact,
    Obligation,
    Reach,
    ReasonCode,
    Rule,
)

_ATTORNEY = "attorney"
_LOCATION = "location"


def _cease(rule: Rule) -> Check:
    """After a written refusal to pay or request to cease, there is no further communication.

    Except, once each, to say that efforts end, that a remedy is ordinarily invoked, or that a
    specific remedy will be invoked: the message classes ``exceptions``.

    Reference: 12 CFR 1006.6(c)(1), (c)(2).
    """
    voice = Voice(rule)
    exceptions = frozenset(rule.params["exceptions"])
    says, none = words.HOLDS[HoldKind.CEASE]
    fine = (voice.passes(f"{none}."),)

    def judge(case: Case, account: AccountFacts) -> Finding:
        name, message = words.debt(account), case.message
        if message not in exceptions:
            return voice.fails(f"About {name}, {says}.", None, account.account_id)
        if _sent_before(case, message, account.account_id):
            told = f"About {name}, {says}, and this one message was sent before."
            return voice.fails(told, None, account.account_id)
        told = f"About {name}, {says}; this one message is left."
        return voice.passes(told, account.account_id)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if HoldKind.CEASE not in case.held:
            return fine
        of_person = HoldKind.CEASE in case.facts.holds
        held = [d for d in debts if of_person or HoldKind.CEASE in d.holds]
        return tuple([judge(case, debt) for debt in held]) or fine

    return check


def _sent_before(case: Case, message: str, account_id: int) -> bool:
    """Tell whether a message of this class was sent about a debt, by the log or on record."""
    return any(
        one.message == message
        and account_id in one.account_ids
        and one.reach is not Reach.NOT_PLACED
        for one in case.facts.log
    ) or any(
        one.data.get("notice") == message.lower()
        for one in case.circumstances("notice", account_id)
    )


def _represented(rule: Rule) -> Check:
    """A consumer whom an attorney represents on the debt is not contacted; the attorney is.

    Unless the attorney consents, or fails to answer within a reasonable time: ``answer_days``
    full days after we asked, which is a parameter and not law.

    Reference: 12 CFR 1006.6(b)(2).
    """
    voice, days = Voice(rule), int(rule.params["answer_days"])
    fine = (voice.passes("No attorney is on record."),)
    theirs = (voice.passes("The attorney is contacted.", None, (Obligation.ROUTE_ATTORNEY,)),)

    def judge(case: Case, account: AccountFacts) -> Finding | None:
        known = case.circumstances(_ATTORNEY, account.account_id)
        held = HoldKind.ATTORNEY in case.facts.holds or HoldKind.ATTORNEY in account.holds
        if not known:
            return _stop(voice, account, "an attorney represents the consumer") if held else None
        for one in known:
            free = _silent_from(one, days)
            if one.data.get("consents") is True or _come(case, free):
                continue
            says = f"{one.data.get('name') or 'an attorney'} represents the consumer"
            at = day_begins(case.zones, free) if free and case.zones else None
            return _stop(voice, account, says, at)
        return None

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if HoldKind.ATTORNEY not in case.held and not case.circumstances(_ATTORNEY):
            return fine
        if case.facts.point.relation == _ATTORNEY:
            return theirs
        return tuple([found for debt in debts if (found := judge(case, debt))]) or fine

    return check


def _stop(voice: Voice, account: AccountFacts, says: str, at: datetime | None = None) -> Finding:
    told = f"About {words.debt(account)}, {says}: contact the attorney."
    route = (Obligation.ROUTE_ATTORNEY,)
    return voice.fails(told, at, account.account_id, obligations=route)


def _silent_from(one: Circumstance, days: int) -> date | None:
    """Return from which day on an attorney has failed to answer; None: asked or answered not."""
    asked = one.data.get("asked_on")
    if not asked or one.data.get("answered") is True:
        return None
    return date.fromisoformat(str(asked)) + timedelta(days=days + 1)


def _come(case: Case, day: date | None) -> bool:
    return day is not None and bool(case.days) and case.days[0] >= day


def _third_party_once(rule: Rule) -> Check:
    """Whoever is not the consumer is asked for location information only, and once.

    Unless that person asked to be contacted again, or the answer is believed wrong or
    incomplete. The debt is never named; the employer only if asked.

    Reference: 12 CFR 1006.6(a), (d)(1), 1006.10; 15 USC 1692b, 1692c(b).
    """
    voice = Voice(rule)
    duties = (Obligation.IDENTIFY, Obligation.LOCATION_ONLY)
    asks = (voice.passes("Location information may be asked for, once.", None, duties),)
    theirs = (voice.passes("It is the consumer, or somebody the law takes for the consumer."),)
    wrong = (
        voice.fails(
            "This is not the consumer: only location information may be asked for, and the debt"
            " is not named.",
            reason_code=ReasonCode.THIRD_PARTY_PURPOSE,
        ),
    )

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        relation = case.facts.point.relation
        if relation in CONSUMERS or relation == _ATTORNEY:
            return theirs
        if case.contact is None or case.contact.purpose != _LOCATION:
            return wrong
        if case.moment in CALL_MOMENTS or not _asked(case):
            return asks
        return (voice.fails("This third party was asked before and did not ask to be again."),)

    return check


def _asked(case: Case) -> bool:
    """Tell whether this third party was asked since the last time that it may be asked again."""
    point = case.proposed.contact_point_id
    times = [one.at for one in case.facts.log if _was_asked(one, case.proposed.number)]
    times += [
        one.at for one in case.circumstances("third_party_asked") if one.contact_point_id == point
    ]
    if not times:
        return False
    again = [
        one.at for one in case.circumstances("asked_back") if one.contact_point_id in (None, point)
    ]
    return not again or max(again) < max(times)


def _was_asked(one: LoggedContact, number: str) -> bool:
    return one.to != "consumer" and one.number == number and one.reach >= Reach.MESSAGE


_drop, _person = always(Level.DROP), always(Level.PERSON)

REQUESTS = {
    "cease": Predicate(
        _drop, {"exceptions": texts}, _cease, moments=ANY_CONTACT, tightens={"exceptions": "fewer"}
    ),
    "represented": Predicate(
        _drop,
        {"answer_days": whole(1, 366)},
        _represented,
        moments=ANY_CONTACT,
        tightens={"answer_days": "up"},
    ),
    "third_party_once": Predicate(_person, {}, _third_party_once, moments=ANY_CONTACT),
}
