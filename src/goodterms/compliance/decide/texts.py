"""Predicates that read wordings: what they must say, may not say, in which order, and no more.

A wording is read as it would be sent or spoken. Its author may mark the elements it holds
(``says``); braces such as ``{number}`` stand for what is filled in later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from goodterms.compliance.decide.calendars import plus_business_days
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.readers import (
    calendar,
    decimal,
    patterns,
    some_of,
    text,
    texts,
    whole,
)
from goodterms.compliance.model import (
    Activation,
    CallProgress,
    Finding,
    Moment,
    Obligation,
    Rule,
    Wording,
)

_KINDS = ("sms", "email", "letter", "voicemail", "prerecorded", "script")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_QUOTED = 60
Patterns = tuple[re.Pattern[str], ...]


def wording_of(case: Case) -> Wording | None:
    """Return the wording in question: what would be published, sent, or is being played."""
    subject = case.subject
    if isinstance(subject, Activation | CallProgress) and subject.wording is not None:
        return subject.wording
    return case.contact.wording if case.contact else None


def _compiled(given: Iterable[str] | None) -> Patterns:
    return tuple(re.compile(one, re.IGNORECASE) for one in given or ())


def _found(read: Patterns, said: str) -> re.Match[str] | None:
    return next((hit for one in read if (hit := one.search(said))), None)


def _sentences(said: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.split(said) if part.strip()]


def _quote(said: str) -> str:
    short = " ".join(said.split())
    return f'"{short if len(short) <= _QUOTED else short[: _QUOTED - 1] + "…"}"'


def _must_say(rule: Rule) -> Check:
    """A wording of these ``kinds`` says something that the law wants said, clearly.

    One of the ``patterns`` is in it; the sentence that says it holds none of ``never``, such as a
    fee or more data. ``messages`` narrow it to classes, ``unless_messages`` take some out. Where
    the wording is not known yet, ``duty`` goes with the contact.

    Reference: 12 CFR 1006.6(e), 1006.42(a).
    """
    voice, params = Voice(rule), rule.params
    asked, never = _compiled(params["patterns"]), _compiled(params.get("never"))
    concerns = _concerns(params)
    element, what = str(params["element"]), str(params["what"])
    duties = (params["duty"],) if "duty" in params else ()
    owed = (voice.passes(f"Whoever writes it must say {what}.", None, duties),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        wording = wording_of(case)
        if not concerns(case, wording):
            return ()
        if wording is None or not wording.text.strip():
            return owed if duties and case.moment is not Moment.PUBLISH else ()
        saying = [one for one in _sentences(wording.text) if _found(asked, one)]
        if not saying:
            told = f"{wording.name or 'The wording'} does not say {what}."
            marked = " It is marked as doing so, but the words are not there."
            return (voice.fails(told + (marked if element in wording.says else "")),)
        for one in saying:
            if _found(never, one):
                return (voice.fails(f"It says {what}, but not as it may: {_quote(one)}."),)
        return (voice.passes(f"It says {what}."),)

    return check


def _concerns(params: Mapping[str, Any]) -> Any:
    kinds = frozenset(params["kinds"])
    classes = frozenset(params.get("messages") or ())
    free = frozenset(params.get("unless_messages") or ())

    def concerns(case: Case, wording: Wording | None) -> bool:
        if wording is not None:
            kind, message = wording.kind, wording.message
        elif case.contact is not None:
            kind, message = str(case.contact.channel), case.contact.message
        else:
            return False
        return kind in kinds and (not classes or message in classes) and message not in free

    return concerns


def _must_not_say(rule: Rule) -> Check:
    """A wording of these ``kinds`` says nothing that overshadows a right or misleads.

    With ``receipt_days``, ``period_days`` and ``calendar`` it concerns only what is sent before
    the validation period is over; a wording that is published may be sent within it.

    Reference: 12 CFR 1006.38(b)(1); 15 USC 1692g(b).
    """
    voice, params = Voice(rule), rule.params
    barred, concerns = _compiled(params["patterns"]), _concerns(params)
    what = str(params["what"])

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        wording = wording_of(case)
        if wording is None or not concerns(case, wording):
            return ()
        hit = _found(barred, wording.text)
        if hit is None:
            return (voice.passes(f"Nothing in it {what}."),)
        if case.moment is Moment.PRESEND and not _within_period(case, debts, params):
            return (voice.passes("The validation period is over."),)
        sentence = next(s for s in [*_sentences(wording.text), wording.text] if _found(barred, s))
        return (voice.fails(f"{_quote(sentence)} {what}: leave it out."),)

    return check


def _within_period(case: Case, debts: Debts, params: Mapping[str, Any]) -> bool:
    """Tell whether any debt's validation period is not over yet; without a notice none is."""
    if "period_days" not in params or not case.days:
        return True
    for debt in debts:
        sent = [
            one.on
            for one in case.circumstances("notice", debt.account_id)
            if one.data.get("notice") == "validation" and one.data.get("undelivered") is not True
        ]
        if not sent:
            return True
        received = plus_business_days(params["calendar"], max(sent), int(params["receipt_days"]))
        if case.days[0] <= received + timedelta(days=int(params["period_days"])):
            return True
    return not debts


def _limited_content(rule: Rule) -> Check:
    """A limited-content message holds all of the required content, and only that or the listed.

    ``required`` and ``optional`` map each element to patterns; every sentence must be one of
    them, and nothing may match ``never``, such as a word that reveals a debt. Cut off, it loses
    its status.

    Reference: 12 CFR 1006.2(j).
    """
    voice, params = Voice(rule), rule.params
    required = {name: _compiled(found) for name, found in params["required"].items()}
    optional = {name: _compiled(found) for name, found in params["optional"].items()}
    never, message = _compiled(params["never"]), str(params["message"])
    known = {**required, **optional}
    duty = (voice.passes("Leave it whole, or not at all.", None, (Obligation.LIMITED_CONTENT,)),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        wording = wording_of(case)
        named = case.contact is not None and case.contact.message == message
        if wording is None:
            return duty if named else ()
        if wording.message != message and not named:
            return ()
        call = case.about(CallProgress)
        if call is not None and call.cut_off:
            return (voice.fails("The message was cut off: it is a communication about a debt."),)
        wrong = _impure(wording, required, known, never)
        return (voice.fails(wrong),) if wrong else duty

    return check


def _impure(
    wording: Wording,
    required: Mapping[str, Patterns],
    known: Mapping[str, Patterns],
    never: Patterns,
) -> str:
    """Say what is too much or too little in a limited-content message; empty: nothing."""
    hit = _found(never, wording.text)
    if hit:
        return f"It says {_quote(hit.group())}, which reveals a debt or its collection."
    extra = sorted(wording.says - known.keys())
    if extra:
        return f"It holds more than it may: {', '.join(extra).replace('_', ' ')}."
    for sentence in _sentences(wording.text):
        if not any(_found(read, sentence) for read in known.values()):
            return f"It says more than it may: {_quote(sentence)}."
    missing = [
        name
        for name, read in required.items()
        if not _found(read, wording.text) and (wording.text.strip() or name not in wording.says)
    ]
    if missing:
        return f"It lacks: {', '.join(missing).replace('_', ' ')}."
    return ""


def _spoken_order(rule: Rule) -> Check:
    """A recorded message states who is calling first, and soon how to opt out.

    ``identity`` comes before ``number`` and ``opt_out``; from its end to the opt-out no more
    words are spoken than fit into ``seconds`` at ``words_per_second``. Left on a machine
    (``machine_message``), the opt-out is a toll-free number.

    Reference: 47 CFR 64.1200(b)(1), (b)(2), (b)(3).
    """
    voice, params = Voice(rule), rule.params
    reads = [(name, _compiled(params[name])) for name in ("identity", "number", "opt_out")]
    toll_free, machine = _compiled(params["toll_free"]), str(params["machine_message"])
    most = int(int(params["seconds"]) * decimal(params["words_per_second"]))
    seconds = int(params["seconds"])

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        wording = wording_of(case)
        if wording is None or wording.kind != "prerecorded":
            return ()
        call = case.about(CallProgress)
        on_machine = wording.message == machine or (call is not None and call.machine)
        wrong = _order(wording.text, reads, None if on_machine else most, seconds)
        if not wrong and on_machine and not _found(toll_free, wording.text):
            wrong = "Left on a machine it must name a toll-free number to opt out."
        return (voice.fails(wrong),) if wrong else (voice.passes("It is in the right order."),)

    return check


def _order(said: str, reads: Sequence[tuple[str, Patterns]], most: int | None, seconds: int) -> str:
    """Say what is wrong with the order of a recorded message; empty: nothing.

    ``most`` words may lie between who is calling and how to opt out; None: it is on a machine.
    """
    hits = {name: _found(read, said) for name, read in reads}
    identity, number, opt_out = hits["identity"], hits["number"], hits["opt_out"]
    if identity is None or number is None:
        return f"It does not {'give the number to call' if identity else 'say who is calling'}."
    if most is None:
        return ""
    if opt_out is None:
        return "It offers no automated way to opt out."
    if min(number.start(), opt_out.start()) < identity.start():
        return "It must say who is calling before anything else."
    between = len(said[identity.end() : opt_out.start()].split())
    why = f"{between} words lie between who is calling and how to opt out: more than fit into"
    return f"{why} {seconds} seconds." if between > most else ""


def _purpose_sales(rule: Rule) -> Check:
    """A call whose purpose is to sell follows the laws on sales calls, whatever else it does.

    The ``purposes`` that are sales, and ``patterns`` of wordings that give one away, such as the
    offer to settle and get a new card.

    Reference: 16 CFR 310.2(hh), 310.4(b), (c).
    """
    voice, params = Voice(rule), rule.params
    sales, signs = frozenset(params["purposes"]), _compiled(params["patterns"])
    fine = (voice.passes("Nothing is sold."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        subject = case.about(Activation)
        if subject is None:
            return ()
        if subject.purpose in sales:
            return (voice.refers(f"Its purpose is {subject.purpose}: somebody must look first."),)
        wording = subject.wording
        hit = _found(signs, wording.text) if wording else None
        if hit is None:
            return fine
        return (voice.refers(f"{_quote(hit.group())} offers something: it may be a sales call."),)

    return check


def _elements(value: Any) -> object:
    if not isinstance(value, dict) or not value:
        raise ValueError("write the name of each element with a list of patterns")
    for name, found in value.items():
        text(name)
        patterns(found)
    return value


def _rate(value: Any) -> object:
    if not Decimal(0) < decimal(value) <= 10:  # noqa: PLR2004 - nobody speaks faster
        raise ValueError('write words a second such as "2.5"')
    return value


_WORDINGS = frozenset({Moment.PUBLISH, Moment.PRESEND})
_person = always(Level.PERSON)
_CLASSES = {"kinds": some_of(_KINDS), "messages": texts, "unless_messages": texts}
_DUTIES = some_of([duty.value for duty in Obligation])

TEXTS = {
    "must_say": Predicate(
        _person,
        {
            **_CLASSES,
            "element": text,
            "what": text,
            "patterns": patterns,
            "never": patterns,
            "duty": lambda value: _DUTIES([value]),
        },
        _must_say,
        moments=_WORDINGS | {Moment.ANSWER},
        optional=frozenset({"messages", "unless_messages", "never", "duty"}),
        tightens={
            "kinds": "more",
            "never": "more",
            "patterns": "fewer",
            "unless_messages": "fewer",
        },
    ),
    "must_not_say": Predicate(
        always(Level.DEBT),
        {
            **_CLASSES,
            "what": text,
            "patterns": patterns,
            "receipt_days": whole(0, 60),
            "period_days": whole(1, 366),
            "calendar": calendar,
        },
        _must_not_say,
        moments=_WORDINGS,
        optional=frozenset(
            {"messages", "unless_messages", "receipt_days", "period_days", "calendar"}
        ),
        tightens={
            "kinds": "more",
            "patterns": "more",
            "receipt_days": "up",
            "period_days": "up",
            "unless_messages": "fewer",
        },
    ),
    "limited_content": Predicate(
        _person,
        {"message": text, "required": _elements, "optional": _elements, "never": patterns},
        _limited_content,
        moments=_WORDINGS | {Moment.PREDIAL, Moment.ANSWER},
        tightens={"never": "more"},
    ),
    "spoken_order": Predicate(
        _person,
        {
            "identity": patterns,
            "number": patterns,
            "opt_out": patterns,
            "toll_free": patterns,
            "machine_message": text,
            "seconds": whole(1, 30),
            "words_per_second": _rate,
        },
        _spoken_order,
        moments=frozenset({Moment.PUBLISH, Moment.ANSWER}),
        tightens={"seconds": "down", "words_per_second": "down"},
    ),
    "purpose_sales": Predicate(
        _person,
        {"purposes": texts, "patterns": patterns},
        _purpose_sales,
        moments=frozenset({Moment.PUBLISH}),
        tightens={"purposes": "more", "patterns": "more"},
    ),
}
"""The predicates of this page, by the names that rows use."""
