"""Predicates about how a campaign dials and how a call goes on: abandonment, ringing, recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from goodterms.compliance.decide import abandonment, words
from goodterms.compliance.decide.abandonment import Measure, Tally
from goodterms.compliance.decide.case import (
    CALL_MOMENTS,
    Case,
    Check,
    Debts,
    Level,
    Predicate,
    Voice,
    always,
    places_of,
)
from goodterms.compliance.decide.consent import word_on
from goodterms.compliance.decide.readers import decimal, flag, one_of, texts, whole
from goodterms.compliance.decide.windows import day_begins, places
from goodterms.compliance.model import (
    Activation,
    CallProgress,
    ConsentFact,
    Finding,
    LoggedContact,
    Moment,
    Obligation,
    ProposedPace,
    ProposedPayment,
    Rule,
)

_CARDS = frozenset({"credit", "debit", "prepaid", "card"})
_SPOKEN = frozenset({"agent", "ivr"})


def _abandonment_cap(rule: Rule) -> Check:
    """Of the people who answered, no more than so many per cent may find no agent in time.

    Per campaign, over ``window_days`` or the shorter campaign; or over the local day (``window:
    day`` in ``zone``). ``formula`` says how it is counted; ``except`` names places with a row of
    their own. It concerns whoever places more lines than there are agents: as long as nobody
    answered there is no rate, and no line may be risked.

    Reference: 47 CFR 64.1200(a)(7)(i); Ofcom, persistent misuse: a general statement of policy.
    """
    voice, params = Voice(rule), rule.params
    cap, formula = cap_of(params), str(params["formula"])
    elsewhere = frozenset(params.get("except") or ())
    single = (voice.passes("No more lines than free agents: nobody is left without one."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        pace = case.about(ProposedPace)
        if pace is None or (elsewhere and elsewhere.intersection(places_of(case.facts))):
            return ()
        if not pace.overdials:
            return single
        tally = Tally(pace.abandoned, pace.live, pace.machines, pace.false_positives)
        share = abandonment.rate(tally, Measure.of(formula, amd=pace.amd))
        if share is None:
            return (voice.fails("Nobody has answered yet, so there is no rate to stand on."),)
        told = (
            f"{share.part} of {share.whole} who answered found no agent in time: "
            f"{share.percent} %, and {params['max_percent']} % may be."
        )
        return (voice.passes(told) if share.within(cap) else voice.fails(told),)

    return check


def cap_of(params: Mapping[str, Any]) -> int:
    """Read a cap written in percent as hundredths of a percent."""
    return int(decimal(params["max_percent"]) * 100)


def _percent(value: Any) -> object:
    read = decimal(value)
    if not 0 <= read < 100 or read * 100 != int(read * 100):  # noqa: PLR2004 - all of them
        raise ValueError('write percent below 100 with at most two decimals, such as "3"')
    return value


def _zone(value: Any) -> object:
    if not isinstance(value, str) or not places((value,)):
        raise ValueError("write a time zone such as Europe/London")
    return value


def _ring_long(rule: Rule) -> Check:
    """An unanswered call is not given up before it rang ``seconds`` seconds, or ``rings`` times.

    Reference: 47 CFR 64.1200(a)(6); Ofcom, persistent misuse: a general statement of policy.
    """
    voice, params = Voice(rule), rule.params
    least, rings = int(params["seconds"]), params.get("rings")
    often = f", or {rings} times" if rings else ""
    duty = (voice.passes("It may go on ringing.", None, (Obligation.RING_LONG,)),)

    def planned(activation: Activation) -> tuple[Finding, ...]:
        if activation.ring_seconds is None:
            return ()
        told = f"It rings for {activation.ring_seconds} seconds"
        if activation.ring_seconds >= least:
            return (voice.passes(f"{told}."),)
        return (voice.fails(f"{told}; {least} are needed: raise it."),)

    def ringing(case: Case, call: CallProgress) -> tuple[Finding, ...]:
        if call.rang >= least or (rings and call.rings is not None and call.rings >= rings):
            return (voice.passes(f"It has rung for {call.rang:g} seconds."),)
        if not call.giving_up:
            return duty
        told = f"It has rung for {call.rang:g} seconds; it must for {least}{often}."
        return (voice.fails(told, case.now + timedelta(seconds=least - call.rang)),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        subject = case.subject
        if isinstance(subject, Activation):
            return planned(subject)
        call = case.about(CallProgress)
        unanswered = call is not None and not call.machine and call.answered is call.waited is None
        return ringing(case, call) if call is not None and unanswered else ()

    return check


def _agent_within(rule: Rule) -> Check:
    """Whoever answers has an agent within ``seconds``, or is told at once who called.

    The seconds run from the end of the person's greeting (``since: greeting_end``) or from the
    start of the salutation (``since: salutation``). What is told (``message``) is the name of the
    caller and a number to call; it does not make the call any less abandoned.

    Reference: 47 CFR 64.1200(a)(7)(i); Ofcom, persistent misuse: a general statement of policy.
    """
    voice, params = Voice(rule), rule.params
    most, from_start = int(params["seconds"]), params["since"] == "salutation"
    since = "the person began to speak" if from_start else "the greeting ended"
    duty = (voice.passes("There is still time.", None, (Obligation.ABANDON_MESSAGE,)),)
    joined = (voice.passes("An agent is there."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        call = case.about(CallProgress)
        if call is None or call.machine:
            return ()
        if call.agent:
            return joined
        begun = call.waited if not from_start or call.answered is None else call.answered
        if begun is None or begun < most:
            return duty
        if call.message_played:
            return (voice.passes("The person was told who called: the call is abandoned."),)
        told = f"{begun:g} seconds after {since} there is no agent and no message; {most} may pass."
        return (voice.fails(told),)

    return check


def _no_redial(rule: Rule) -> Check:
    """After such an ``outcomes`` a number is not redialed, unless an agent is guaranteed.

    Not for ``window_hours`` after it, or not on the same day (``same_day``).

    Reference: Ofcom, persistent misuse: a general statement of policy.
    """
    voice, params = Voice(rule), rule.params
    outcomes = frozenset(params["outcomes"])
    hours, same_day = params.get("window_hours"), bool(params.get("same_day"))
    guarded = bool(params.get("unless_guaranteed", True))
    what = " or ".join(sorted(outcomes))
    fine = (voice.passes(f"No call to this number ended as {what} lately."),)
    kept = (Obligation.GUARANTEE_AGENT,)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        contact = case.proposed
        if contact.channel != "call":
            return ()
        ended = [
            one
            for one in case.facts.log
            if one.outcome in outcomes and one.medium == "call" and one.number == contact.number
        ]
        if not ended:
            return fine
        if same_day and not case.zones:
            return (voice.fails("The consumer's local date is not known."),)
        free = max(_free(case, one, hours, same_day=same_day) for one in ended)
        if free <= case.now:
            return fine
        if guarded and contact.agent_guaranteed:
            return (voice.passes("An agent is kept free for whoever answers.", None, kept),)
        last = max(ended, key=lambda one: one.at)
        then = words.next_possible(free, case.now, case.zones)
        told = f"A call to this number on {words.day_of(last.day)} ended as {last.outcome}."
        return (voice.fails(f"{told} {then}", free),)

    return check


def _free(case: Case, one: LoggedContact, hours: int | None, *, same_day: bool) -> datetime:
    if same_day:
        return day_begins(case.zones, one.day + timedelta(days=1))
    return one.at + timedelta(hours=hours or 0)


def _recording_consented(rule: Rule) -> Check:
    """A call is recorded only after that was announced, or consented to.

    Staying on the line after the announcement implies consent (``implied``) unless the consumer
    said no. Where all parties must consent the law itself says so.

    Reference: 18 USC 2511(2)(d); Cal. Penal Code 632 and what else the rows cite.
    """
    voice, implied = Voice(rule), bool(rule.params["implied"])
    duty = (voice.passes("Nothing is recorded yet.", None, (Obligation.ANNOUNCE_RECORDING,)),)

    def recording(call: CallProgress, word: ConsentFact | None) -> tuple[Finding, ...]:
        if word is not None:
            if word.granted:
                return (voice.passes("The consumer consented to the recording."),)
            return (voice.fails("The consumer does not want to be recorded."),)
        if not call.announced:
            return (voice.fails("It is recorded without an announcement or consent."),)
        if implied:
            return (voice.passes("The recording was announced, and the consumer stayed."),)
        return (voice.fails("The recording was announced, but nobody consented to it."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        call = case.about(CallProgress)
        if call is None:
            return ()
        word = word_on(case, "recording", ("call",))
        if call.recording:
            return recording(call, word)
        if word is None or word.granted:
            return duty
        return (voice.passes("Nothing is recorded: the consumer does not want it."),)

    return check


def _card_silence(rule: Rule) -> Check:
    """While card details are given, nothing is recorded and nobody listens.

    Not even encrypted: sensitive authentication data is never kept after authorisation.

    Reference: PCI DSS 3.3.1; PCI SSC FAQ 1210.
    """
    voice = Voice(rule)
    pause = (voice.passes("Nothing is recorded.", None, (Obligation.PAUSE_RECORDING,)),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        payment = case.about(ProposedPayment)
        if payment is not None:
            by_voice = payment.channel in _SPOKEN and payment.instrument in _CARDS
            return pause if by_voice else ()
        call = case.about(CallProgress)
        if call is None or not call.paying:
            return ()
        if call.recording:
            return (voice.fails("Card details are being given while the call is recorded."),)
        return pause

    return check


_person = always(Level.PERSON)
_PACE, _RING = frozenset({Moment.PACE}), frozenset({Moment.RING, Moment.PUBLISH})

PROGRESS = {
    "abandonment_cap": Predicate(
        _person,
        {
            "max_percent": _percent,
            "formula": one_of(["us", "uk"]),
            "window_days": whole(1, 366),
            "window": one_of(["day"]),
            "zone": _zone,
            "except": texts,
        },
        _abandonment_cap,
        moments=_PACE,
        optional=frozenset({"window_days", "window", "zone", "except"}),
        tightens={"max_percent": "down"},
    ),
    "ring_long": Predicate(
        _person,
        {"seconds": whole(1, 120), "rings": whole(1, 20)},
        _ring_long,
        moments=_RING,
        optional=frozenset({"rings"}),
        tightens={"seconds": "up", "rings": "up"},
    ),
    "agent_within": Predicate(
        _person,
        {"seconds": whole(0, 10), "since": one_of(["greeting_end", "salutation"])},
        _agent_within,
        moments=frozenset({Moment.ANSWER, Moment.INCALL}),
        tightens={"seconds": "down"},
    ),
    "no_redial": Predicate(
        _person,
        {
            "outcomes": texts,
            "window_hours": whole(1, 24 * 366),
            "same_day": flag,
            "unless_guaranteed": flag,
        },
        _no_redial,
        moments=frozenset({Moment.LOAD, Moment.PREDIAL}),
        optional=frozenset({"window_hours", "same_day", "unless_guaranteed"}),
        tightens={"outcomes": "more", "window_hours": "up"},
    ),
    "recording_consented": Predicate(
        _person,
        {"implied": flag},
        _recording_consented,
        moments=CALL_MOMENTS,
    ),
    "card_silence": Predicate(
        _person,
        {},
        _card_silence,
        moments=frozenset({Moment.INCALL, Moment.PAY}),
    ),
}
"""The predicates of this page, by the names that rows use."""
