"""Predicates about where and in which form the consumer is reached, and what must be disclosed."""

from __future__ import annotations

from datetime import timedelta

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
from goodterms.compliance.decide.consent import word_on
from goodterms.compliance.decide.counting import CONSUMERS
from goodterms.compliance.decide.reaching import from_them
from goodterms.compliance.decide.readers import MEDIA, one_of, some_of, texts, whole
from goodterms.compliance.model import (
    AccountFacts,
    Circumstance,
    Finding,
    Moment,
    Obligation,
    Reach,
    Rule,
)

_WORK = "work"
_PLACE_WORDS = {"home": "at home", "mobile": "on the mobile phone", "work": "at work"}


def _work_allowed(rule: Rule) -> Check:
    """Not at the place of employment if the employer is known to prohibit it.

    Or if there is reason to know; unless the consumer agreed to it directly. An ``oral`` word
    binds for ``oral_days`` days if that is given, a written one until it is taken back.

    Reference: 12 CFR 1006.6(b)(3); 940 CMR 7.04(1)(i).
    """
    voice, params = Voice(rule), rule.params
    media = frozenset(params["media"])
    oral_days = params.get("oral_days")
    fine = (voice.passes("No employer is known to prohibit it."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        contact = case.proposed
        if case.facts.point.place != _WORK or contact.channel not in media:
            return ()
        known = [
            one
            for one in case.circumstances("employer_prohibits", None, contact.contact_point_id)
            if not _worn_off(case, one, oral_days)
        ]
        if not known:
            return fine
        word = word_on(case, "work", (contact.channel,))
        if word is not None and word.granted and word.direct:
            return (voice.passes("The consumer agreed to be contacted at work."),)
        on = words.day_of(max(one.on for one in known))
        told = f"The employer is known since {on}, or likely, not to allow contact at work."
        return (voice.fails(told),)

    return check


def _worn_off(case: Case, one: Circumstance, oral_days: int | None) -> bool:
    if oral_days is None or one.data.get("oral") is not True or not case.days:
        return False
    return case.days[0] >= one.on + timedelta(days=oral_days)


def _work_address(rule: Rule) -> Check:
    """No e-mail to an address that the employer provides, and so may read.

    Unless the consumer used it with us about the debt, or consented to its use directly.

    Reference: 12 CFR 1006.22(f)(3).
    """
    voice = Voice(rule)
    media = frozenset(rule.params["media"])

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        contact = case.proposed
        if case.facts.point.place != _WORK or contact.channel not in media:
            return ()
        word = word_on(case, "work", (contact.channel,))
        if word is not None and word.granted and word.direct:
            return (voice.passes("The consumer agreed to the use of the work address."),)
        known = any(
            one.data.get("basis") in ("consumer_used", "consented")
            for one in case.circumstances("address_provenance", None, contact.contact_point_id)
        )
        if known or from_them(case, contact.channel):
            return (voice.passes("The consumer used the work address with us."),)
        told = "It is a work address that the consumer neither used with us nor agreed to."
        return (voice.fails(told),)

    return check


_FORMS = {
    "postcard": "A postcard shows whoever sees it that a debt is collected.",
    "public": "The message would be visible to the public or to the consumer's contacts.",
}


def _form_closed(rule: Rule) -> Check:
    """No postcard; nothing on social media that the public or the person's contacts can see.

    Reference: 12 CFR 1006.10(b)(4), 1006.22(f)(1), (f)(4).
    """
    voice, form = Voice(rule), rule.params["form"]
    fine, stop = (voice.passes("The form of the message is not public."),), _FORMS[form]

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        return (voice.fails(stop),) if case.proposed.text_form == form else fine

    return check


def _place_preference(rule: Rule) -> Check:
    """Not at a place that the consumer has said to be inconvenient.

    A place named as the only convenient one narrows. Both persist until the consumer changes them.

    Reference: 12 CFR 1006.6(b)(1), comment 6(b)(1)-1.
    """
    voice = Voice(rule)
    fine = (voice.passes("The consumer named no inconvenient place."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not case.facts.circumstances:
            return fine
        here = case.facts.point.place
        closed = {one.data.get("place") for one in case.circumstances("inconvenient_place")}
        only = {one.data.get("place") for one in case.circumstances("only_place")}
        if here in closed:
            where = _PLACE_WORDS.get(here, "there")
            return (voice.fails(f"The consumer said that contact {where} is inconvenient."),)
        if only and here not in only:
            named = " or ".join(_PLACE_WORDS.get(str(p), str(p)) for p in sorted(map(str, only)))
            return (voice.fails(f"The consumer wants to be reached {named} only."),)
        return fine

    return check


def _channel_preference(rule: Rule) -> Check:
    """Only by the ways of contact that the consumer asked for, if there are such.

    What the law obliges us to send (the classes ``messages``) goes by letter all the same.

    Reference: 12 CFR 1006.14(h)(1), (h)(2)(iii).
    """
    voice = Voice(rule)
    exempt = frozenset(rule.params.get("messages") or ())
    fine = (voice.passes("The consumer chose no way of contact."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not case.facts.circumstances:
            return fine
        only = {str(one.data.get("channel")) for one in case.circumstances("only_channel")}
        contact = case.proposed
        if not only or contact.channel in only:
            return fine
        if contact.message in exempt and contact.channel == "letter":
            return (voice.passes("The law obliges us to send it."),)
        return (voice.fails(f"The consumer wants to be contacted by {_listed(only)} only."),)

    return check


def _listed(channels: set[str]) -> str:
    names = {"sms": "text message", "email": "e-mail"}
    return " or ".join(names.get(channel, channel) for channel in sorted(channels))


def _disclosures(rule: Rule) -> Check:
    """The caller's identity is meaningfully disclosed, and that a debt is collected.

    In the initial communication: that a debt collector attempts to collect a debt and uses what is
    learnt for that; again in the first written one, if the first was oral. After that: that it is
    from a debt collector. In the language of the rest of the communication. ``duties`` are those
    the row asks for.

    Reference: 12 CFR 1006.14(g), 1006.18(e).
    """
    voice = Voice(rule)
    chosen = frozenset(rule.params.get("duties") or (*_DUTIES,))

    def made(words_: str, *duties: Obligation) -> tuple[Finding, ...]:
        kept = tuple(duty for duty in duties if duty.value in chosen)
        return (voice.passes(words_, None, kept),)

    first = made("This is the first communication.", *_ALWAYS, Obligation.DISCLOSE_INITIAL)
    written = made("The first one was oral: say it in writing.", *_ALWAYS,
                   Obligation.DISCLOSE_INITIAL)  # fmt: skip
    later = made("The consumer was told before.", *_ALWAYS, Obligation.DISCLOSE_COLLECTOR)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if case.facts.point.relation not in CONSUMERS or case.contact is None:
            return ()
        if case.contact.message in _NOT_COMMUNICATIONS:
            return ()
        if not all(_told_before(case, debt) for debt in debts):
            return first
        if case.contact.channel != "call" and not all(_written_before(case, d) for d in debts):
            return written
        return later

    return check


_ALWAYS = (Obligation.IDENTIFY, Obligation.SPEAK_LANGUAGE)
_DUTIES = tuple(
    duty.value for duty in (*_ALWAYS, Obligation.DISCLOSE_INITIAL, Obligation.DISCLOSE_COLLECTOR)
)
# A limited-content message conveys nothing of a debt: it is no communication.
_NOT_COMMUNICATIONS = frozenset({"limited_content"})


def _told_before(case: Case, debt: AccountFacts) -> bool:
    if case.circumstances("initial_communication", debt.account_id):
        return True
    return any(
        one.reach is Reach.CONVERSATION and one.at < case.now and debt.account_id in one.account_ids
        for one in case.facts.log
    )


def _written_before(case: Case, debt: AccountFacts) -> bool:
    began = case.circumstances("initial_communication", debt.account_id)
    if any(one.data.get("medium") in _WRITTEN for one in began):
        return True
    if case.circumstances("notice", debt.account_id):
        return True
    return any(
        one.medium in _WRITTEN and one.direction == "out" and one.reach >= Reach.MESSAGE
        and one.at < case.now
        and debt.account_id in one.account_ids
        for one in case.facts.log
    )  # fmt: skip


_WRITTEN = frozenset({"sms", "email", "letter"})
_person = always(Level.PERSON)

PLACING = {
    "work_allowed": Predicate(
        _person,
        {"media": some_of(MEDIA), "oral_days": whole(1, 366)},
        _work_allowed,
        optional=frozenset({"oral_days"}),
        tightens={"media": "more", "oral_days": "up"},
    ),
    "work_address": Predicate(
        _person,
        {"media": some_of(MEDIA)},
        _work_address,
        tightens={"media": "more"},
    ),
    "form_closed": Predicate(_person, {"form": one_of([*_FORMS])}, _form_closed),
    "place_preference": Predicate(_person, {}, _place_preference),
    "channel_preference": Predicate(
        _person,
        {"messages": texts},
        _channel_preference,
        optional=frozenset({"messages"}),
        tightens={"messages": "fewer"},
    ),
    "disclosures": Predicate(
        always(Level.DEBT),
        {"duties": some_of(_DUTIES)},
        _disclosures,
        moments=frozenset({Moment.INCALL, Moment.PRESEND}),
        optional=frozenset({"duties"}),
        tightens={"duties": "more"},
    ),
}
"""The predicates of this page, by the names that rows use."""
