"""Predicates about what the consumer agreed to, took back, or never said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from goodterms.compliance.decide.calendars import plus_business_days
from goodterms.compliance.decide.case import (
    CONTACT_MOMENTS,
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
)
from goodterms.compliance.decide.readers import MEDIA, calendar, flag, one_of, some_of, texts, whole
from goodterms.compliance.model import (
    ConsentFact,
    Finding,
    Moment,
    Obligation,
    ReasonCode,
    Rule,
)

_ALL = "all"
_WAYS = {"call": "called", "sms": "texted", "email": "e-mailed", "letter": "sent letters"}
_NOUNS = {"call": "call", "sms": "text", "email": "e-mail", "letter": "letter"}


def word_on(case: Case, purpose: str, channels: Iterable[str]) -> ConsentFact | None:
    """Return the consumer's newest word on a purpose, for the contact point in question."""
    return case.word(purpose, channels, case.contact.contact_point_id if case.contact else None)


def line_type_of(case: Case) -> str:
    """Return the kind of line: as it was looked up last, else as its number says."""
    if case.facts.circumstances and case.contact:
        checks = [
            one
            for one in case.circumstances("line_check", None, case.contact.contact_point_id)
            if one.data.get("line_type")
        ]
        if checks:
            return str(max(checks, key=lambda one: one.at).data["line_type"])
    return case.facts.point.line_type


def _not_opted_out(rule: Rule) -> Check:
    """A medium that the person has asked not to be used is closed, also if asked orally.

    One confirmation of the opt-out may be sent in the same medium (the classes ``confirmations``),
    and, if the consumer writes in on it, one reply (the classes ``replies``).

    Reference: 12 CFR 1006.14(h)(1), (h)(2).
    """
    voice = Voice(rule)
    excepted = _excepted(rule.params)
    fine = (voice.passes("The consumer has not opted out."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        revoked = case.facts.revoked
        if not revoked:
            return fine
        channel = case.proposed.channel
        if channel not in revoked and _ALL not in revoked:
            return fine
        if told := excepted(case):
            return (voice.passes(told),)
        told = f"The consumer asked not to be {_WAYS.get(channel, 'contacted this way')}."
        return (voice.fails(told),)

    return check


def _excepted(params: Mapping[str, Any]) -> Callable[[Case], str]:
    """Make what says why a message may go out in a medium that was closed; empty: it may not."""
    exceptions = (
        (
            frozenset(params.get("confirmations") or ()),
            "opted_out",
            "This confirms the opt-out, once.",
        ),
        (
            frozenset(params.get("replies") or ()),
            "consumer_wrote",
            "This is the one reply to what the consumer wrote.",
        ),
    )

    def excepted(case: Case) -> str:
        message = case.proposed.message
        for classes, kind, told in exceptions:
            if message in classes and _still_due(case, kind, message):
                return told
        return ""

    return excepted


def _still_due(case: Case, kind: str, message: str) -> bool:
    """Tell whether the one answer that something calls for was not given yet, in its medium."""
    channel = case.proposed.channel
    asked = [
        one.at
        for one in case.circumstances(kind)
        if one.data.get("channel") == channel and one.at <= case.now
    ]
    if not asked:
        return False
    return not any(
        one.at >= max(asked)
        for one in case.facts.log
        if one.direction == "out" and one.medium == channel and one.message == message
    )


def _express_consent(rule: Rule) -> Check:
    """Not without the prior express consent of the called party.

    It concerns contacts by an automatic dialing system (``autodialed``) or with one of the
    ``voices``, to lines of the ``line_types``; what kind of line it is must be known. The consent
    is to ``purpose``, usually given with the number to the creditor.

    Reference: 47 USC 227(b)(1)(A); 47 CFR 64.1200(a)(1).
    """
    voice, params = Voice(rule), rule.params
    concerns = _automated(params)
    lines = frozenset(params.get("line_types") or ())
    purpose = params["purpose"]

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not concerns(case):
            return ()
        word = word_on(case, purpose, (case.proposed.channel,))
        if word is not None and word.granted:
            return (voice.passes("The consumer consented to it."),)
        line = line_type_of(case)
        if lines and line == "unknown":
            told = "Nobody knows what kind of line it is: look it up, or ask for consent."
            return (voice.fails(told, None, None, ReasonCode.LINE_TYPE_UNKNOWN),)
        if lines and line not in lines:
            return (voice.passes(f"The line is no such line, but {_spoken(line)}."),)
        how = _how(case)
        if word is not None:
            return (voice.fails(f"The consumer took back the consent to {how}."),)
        return (voice.fails(f"The consumer never consented to {how}."),)

    return check


def _automated(params: Mapping[str, Any]) -> Callable[[Case], bool]:
    """Make the test whether a contact is one by a machine; those in ``always`` media are."""
    media, voices = frozenset(params["media"]), frozenset(params.get("voices") or ())
    dialed, always_ = bool(params.get("autodialed")), frozenset(params.get("always") or ())

    def concerns(case: Case) -> bool:
        contact = case.proposed
        return contact.channel in media and (
            contact.voice in voices or (dialed and contact.autodialed) or contact.channel in always_
        )

    return concerns


def _how(case: Case) -> str:
    contact = case.proposed
    if contact.voice != "live":
        return f"calls with {'an' if contact.voice == 'artificial' else 'a'} {contact.voice} voice"
    return f"{_NOUNS.get(contact.channel, 'message')}s by an automatic system"


def _spoken(line: str) -> str:
    return {"voip": "VoIP"}.get(line, line.replace("_", " "))


def _consent_kept(rule: Rule) -> Check:
    """Consent may be revoked by any reasonable means, and the revocation is honoured.

    At the latest after ``grace_business_days``; 0 is at once. ``reach: medium``: a revocation
    concerns its own medium, ``reach: all`` every automated contact. An opt-out from a medium
    takes back the consent to automated contact in it. One confirmation may be sent, and one reply
    to what the consumer writes.

    Reference: 47 CFR 64.1200(a)(10), (a)(11), (a)(12).
    """
    voice, params = Voice(rule), rule.params
    concerns, purpose, excepted = _automated(params), params["purpose"], _excepted(params)
    grace, far = int(params["grace_business_days"]), params["reach"] == _ALL
    name = params.get("calendar", "US")
    fine = (voice.passes("No consent was taken back."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not concerns(case):
            return ()
        own = (str(case.proposed.channel),)
        channels = ("call", "sms", "email") if far else own
        word = word_on(case, purpose, own)
        others = [word_on(case, purpose, (c,)) for c in channels if c not in own]
        taken = [w for w in (word, *others) if w is not None and not w.granted]
        told = ""
        if any(_effective(case, w.at, grace, name) for w in taken):
            told = "The consumer took back the consent to automated contact."
        elif any(c in case.facts.revoked for c in (*channels, _ALL)):
            told = "The consumer opted out, which takes back the consent."
        if not told:
            return fine
        if why := excepted(case):
            return (voice.passes(why),)
        return (voice.fails(told),)

    return check


def _effective(case: Case, at: datetime, grace: int, name: str) -> bool:
    """Tell whether the days within which a revocation must be honoured are over."""
    if not grace:
        return True
    if not case.zones:
        return True
    place = case.zones[0]
    last = plus_business_days(name, at.astimezone(place).date(), grace)
    ends = datetime.combine(last + timedelta(days=1), time(), place).astimezone(UTC)
    return case.now >= ends


def _opt_out_offered(rule: Rule) -> Check:
    """A contact with a recorded voice offers an automated way to opt out.

    Reference: 47 CFR 64.1200(b)(3).
    """
    concerns = _automated(rule.params)
    fine = (Voice(rule).passes("It offers to opt out.", None, (Obligation.AUTOMATED_OPT_OUT,)),)
    return lambda case, _debts: fine if case.contact and concerns(case) else ()


_person = always(Level.PERSON)
_VOICES = some_of(("prerecorded", "artificial"))
_LINES = some_of(("mobile", "landline", "voip", "toll_free", "pager", "shared_cost"))
_PURPOSE = one_of(["automated", "contact", "work", "hours", "recording"])
_AUTOMATED = {
    "media": some_of(MEDIA),
    "voices": _VOICES,
    "autodialed": flag,
    "always": some_of(MEDIA),
}
_MORE = {"media": "more", "voices": "more", "always": "more"}
_ANSWERS = {"confirmations": texts, "replies": texts}
_FEWER = {"confirmations": "fewer", "replies": "fewer"}

CONSENT = {
    "not_opted_out": Predicate(
        _person,
        _ANSWERS,
        _not_opted_out,
        optional=frozenset(_ANSWERS),
        tightens=_FEWER,
    ),
    "express_consent": Predicate(
        _person,
        {**_AUTOMATED, "line_types": _LINES, "purpose": _PURPOSE},
        _express_consent,
        optional=frozenset({"voices", "autodialed", "always", "line_types"}),
        tightens={**_MORE, "line_types": "more"},
    ),
    "consent_kept": Predicate(
        _person,
        {
            **_AUTOMATED,
            **_ANSWERS,
            "purpose": _PURPOSE,
            "grace_business_days": whole(0, 10),
            "reach": one_of(["medium", "all"]),
            "calendar": calendar,
        },
        _consent_kept,
        optional=frozenset({"voices", "autodialed", "always", "calendar", *_ANSWERS}),
        tightens={**_MORE, **_FEWER, "grace_business_days": "down"},
    ),
    "opt_out_offered": Predicate(
        _person,
        _AUTOMATED,
        _opt_out_offered,
        moments=CONTACT_MOMENTS | {Moment.ANSWER},
        optional=frozenset({"voices", "autodialed", "always"}),
        tightens=_MORE,
    ),
}
"""The predicates of this page, by the names that rows use."""
