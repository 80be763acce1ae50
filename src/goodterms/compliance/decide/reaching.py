"""Predicates about why a number or address may be taken for the consumer's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.consent import word_on
from goodterms.compliance.decide.readers import MEDIA, flag, some_of, whole
from goodterms.compliance.model import Circumstance, Finding, LoggedContact, Reach, Rule


def from_them(case: Case, medium: str) -> list[LoggedContact]:
    """Return what came in on a medium from the very number or address, newest first."""
    address = case.proposed.number
    return [
        one
        for one in case.facts.log
        if one.direction == "in" and one.medium == medium and one.number == address
    ]


def _number_fresh(rule: Rule) -> Check:
    """A text goes to a number that the consumer texted from, or consented to have texted.

    And within ``window_days`` there was a new text, a renewed consent, or an answer of the
    reassigned numbers database that the number was not given to somebody else.

    Reference: 12 CFR 1006.6(d)(5).
    """
    voice, params = Voice(rule), rule.params
    media, days = frozenset(params["media"]), int(params["window_days"])
    span = timedelta(days=days)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        channel = case.proposed.channel
        if channel not in media:
            return ()
        wrote = from_them(case, channel)
        said = [word_on(case, purpose, (channel,)) for purpose in ("contact", "automated")]
        agreed = [word.at for word in said if word is not None and word.granted]
        used = _provenance(case, ("consumer_used", "consented"))
        if not wrote and not used and not agreed:
            told = "The consumer neither texted from this number nor agreed to be texted on it."
            return (voice.fails(told),)
        seen = [*[one.at for one in wrote], *[one.at for one in used], *agreed]
        seen += [one.at for one in _checks(case) if one.data.get("result") == "not_reassigned"]
        last = max(seen)
        if case.now < last + span:
            ago = words.lasting(case.now - last)
            return (voice.passes(f"That the number is the consumer's was confirmed {ago} ago."),)
        told = f"That the number is the consumer's was last confirmed {_days(case, last)} ago"
        return (voice.fails(f"{told}; at most {days} days may have passed: check it again."),)

    return check


def _days(case: Case, at: datetime) -> str:
    return f"{(case.now - at).days} days"


def _checks(case: Case) -> tuple[Circumstance, ...]:
    """Return what the reassigned numbers database said about the number."""
    return case.circumstances("number_check", None, case.proposed.contact_point_id)


def _provenance(case: Case, bases: Iterable[str]) -> list[Circumstance]:
    known = tuple(bases)
    return [
        one
        for one in case.circumstances("address_provenance", None, case.proposed.contact_point_id)
        if one.data.get("basis") in known
    ]


def _address_known(rule: Rule) -> Check:
    """An e-mail address is one that the consumer used with us or consented to.

    Or the creditor gave notice with at least ``notice_days`` days to opt out, which are over; or
    a prior collector used it. ``bases`` are those that suffice.

    Reference: 12 CFR 1006.6(d)(4).
    """
    voice, params = Voice(rule), rule.params
    media, bases = frozenset(params["media"]), tuple(params["bases"])
    least = int(params.get("notice_days", 0))
    refers = bool(params.get("refers"))

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        channel = case.proposed.channel
        if channel not in media:
            return ()
        if told := _known_by(case, channel, bases, least):
            return (voice.passes(told),)
        told = "Nobody knows whether the consumer uses this address with us"
        notices = _provenance(case, ("creditor_notice",))
        if "creditor_notice" in bases and notices:
            told = f"The creditor's notice did not give {least} days to opt out, or they still run"
        told = f"{told}: somebody must look first."
        return (voice.refers(told) if refers else voice.fails(told),)

    return check


def _known_by(case: Case, channel: str, bases: tuple[str, ...], least: int) -> str:
    """Say why an address may be used; empty if nothing says so."""
    word = word_on(case, "contact", (channel,))
    if "consented" in bases and word is not None and word.granted:
        return "The consumer agreed to this way of contact."
    if "consumer_used" in bases and from_them(case, channel):
        return "The consumer wrote to us from this address."
    for one in _provenance(case, bases):
        if one.data["basis"] != "creditor_notice":
            return f"The address may be used: {str(one.data['basis']).replace('_', ' ')}."
        given = int(str(one.data.get("opt_out_days") or 0))
        if given >= least and case.days and case.days[0] > one.on + timedelta(days=given):
            return f"The creditor gave notice on {one.on} and {given} days to opt out."
    return ""


def _not_reassigned(rule: Rule) -> Check:
    """Not to a number that the reassigned numbers database says was given to somebody else.

    Unless the consumer was heard from that number, or agreed to it, after the database was asked.

    Reference: 47 CFR 64.1200(m); 47 CFR 52.15(f)(1)(ii).
    """
    voice = Voice(rule)
    fine = (voice.passes("The number is not known to be given to somebody else."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not case.facts.circumstances:
            return fine
        last = max(_checks(case), key=lambda one: one.at, default=None)
        if last is None or last.data.get("result") != "reassigned":
            return fine
        if _heard_since(case, last.at):
            return (voice.passes("The consumer confirmed the number after it was looked up."),)
        told = f"The number was found on {words.day_of(last.on)} to belong to somebody else."
        return (voice.fails(told),)

    return check


def _heard_since(case: Case, at: datetime) -> bool:
    contact = case.proposed
    agreed = any(
        word.granted and word.at > at and word.contact_point_id == contact.contact_point_id
        for word in case.facts.consents
    )
    return agreed or any(
        one.at > at and one.number == contact.number
        for one in case.facts.log
        if one.direction == "in" or one.reach is Reach.CONVERSATION
    )


_person = always(Level.PERSON)
_BASES = some_of(("consumer_used", "consented", "creditor_notice", "prior_collector"))

REACHING = {
    "number_fresh": Predicate(
        _person,
        {"media": some_of(MEDIA), "window_days": whole(1, 366)},
        _number_fresh,
        tightens={"window_days": "down", "media": "more"},
    ),
    "address_known": Predicate(
        _person,
        {"media": some_of(MEDIA), "bases": _BASES, "notice_days": whole(1, 366), "refers": flag},
        _address_known,
        optional=frozenset({"notice_days", "refers"}),
        tightens={"media": "more", "bases": "fewer", "notice_days": "up"},
    ),
    "not_reassigned": Predicate(_person, {}, _not_reassigned),
}
"""The predicates of this page, by the names that rows use."""
