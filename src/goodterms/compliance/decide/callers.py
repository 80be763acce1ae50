"""Which number is shown: predicates, and the choice among a campaign's numbers.

No choice makes a call lawful: whatever number is chosen, every count and gap is a fold over the
contacts with the person, and the gate is asked about the number that would be shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.readers import some_of, whole
from goodterms.compliance.model import (
    STRATEGIES,
    Activation,
    Finding,
    Moment,
    Rule,
)

Shown = tuple[str, datetime]
"""A number shown to a person, and since when without another in between."""

_HIDDEN = frozenset({"", "anonymous", "restricted", "private", "unknown", "unavailable", "blocked"})
_FEWEST_DIGITS = 5


def hidden(number: str | None) -> bool:
    """Tell whether a caller ID hides who calls: none, a word for none, or no telephone number."""
    text = (number or "").strip().lower()
    if text in _HIDDEN:
        return True
    digits = text.removeprefix("+")
    return not digits.isdecimal() or len(digits) < _FEWEST_DIGITS or not digits.strip("0")


def _caller_shown(rule: Rule) -> Check:
    """Our number may not be hidden: a call shows a telephone number of ours.

    A campaign that is published has one to show.

    Reference: 230-FZ art. 7(9) of the Russian Federation; 16 CFR 310.4(a)(8); 47 USC 227(e)(1).
    """
    voice = Voice(rule)
    fine = (voice.passes("A number of ours is shown."),)
    stop = (voice.fails("No telephone number would be shown: choose one that is registered."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if case.contact is not None:
            if case.contact.channel != "call":
                return ()
            return stop if hidden(case.contact.caller_id) else fine
        plan = case.about(Activation)
        if plan is None or plan.kind != "campaign" or plan.channel != "call":
            return ()
        return stop if not plan.caller_ids or any(map(hidden, plan.caller_ids)) else fine

    return check


def _caller_answers(rule: Rule) -> Check:
    """Whoever calls the shown number back is answered and greeted.

    It was called back and greeted within ``max_age_hours``, and the last such test went well.

    Reference: 16 CFR 310.4(a)(8) with 310.4(b)(4)(iii): the number shown can be called in
    ordinary business hours; Ofcom's persistent-misuse statement 2016, A1.58: valid CLI.
    """
    voice = Voice(rule)
    most = int(rule.params["max_age_hours"])
    life = timedelta(hours=most)
    fine = (voice.passes(f"It was called back within {most} hours, was answered and greeted."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        caller = case.facts.caller
        if not caller.owned or case.proposed.channel != "call":
            return ()
        shown = case.proposed.caller_id
        if caller.tested_at is None:
            return (voice.fails(f"{shown} was never called back and found to answer: test it."),)
        if not caller.answers:
            return (voice.fails(f"{shown} failed its last test: call it back, then test it anew."),)
        if case.now - caller.tested_at > life:
            ago = words.lasting(case.now - caller.tested_at)
            return (
                voice.fails(f"{shown} was last found to answer {ago} ago; {most} hours at most."),
            )
        return fine

    return check


def _caller_kept(rule: Rule) -> Check:
    """A person who was shown a number is shown the same one for at least ``days`` days.

    They run from when it began to be shown; another one takes its place only if it can be shown no
    longer. After a block or a request that it stops calling no other number is offered at all.
    Counts never depend on the number shown.

    Reference: 47 USC 227(e)(1); NCLC and EPIC to the FCC, March 2024, on rotation that defeats
    blocking.
    """
    voice = Voice(rule)
    most = int(rule.params["days"])
    stays = timedelta(days=most)
    fine = (voice.passes(""),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        contact, caller = case.proposed, case.facts.caller
        if contact.channel != "call":
            return ()
        if case.facts.circumstances and (stopped := _blocked(case)):
            return (voice.fails(stopped),)
        if caller.shown_before:
            number, since = caller.shown_before[0]
            changed = number != contact.caller_id and number not in caller.replaceable
            if changed and case.now < since + stays:
                free = since + stays
                return (voice.fails(
                    f"They were shown {number} since {words.day_of(since.date())}, which stays with"
                    f" them for {most} days. {words.next_possible(free, case.now, case.zones)}",
                    free,
                ),)  # fmt: skip
        return fine if case.terse else (voice.passes(_known(case)),)

    return check


def _known(case: Case) -> str:
    before = case.facts.caller.shown_before
    if not before:
        return "No number of ours was shown to them lately."
    number, since = before[0]
    same = "the same" if number == case.proposed.caller_id else "another"
    return f"They were shown {number} since {since:%d %b %Y}; now {same} one."


def _blocked(case: Case) -> str:
    """Say which block or request the proposed number would evade; "" if none."""
    shown = case.proposed.caller_id
    for one in case.circumstances("blocked_us"):
        number = str(one.data.get("number", ""))
        if number and number == shown:
            continue
        named = f"blocked {number}" if number else "blocked a number of ours"
        return (
            f"On {words.day_of(one.on)} they {named} or asked that it stops calling: no other"
            " number is offered."
        )
    return ""


def _caller_true(rule: Rule) -> Check:
    """Nothing shown may mislead about where we are.

    Where numbers are chosen by place (``strategies``) and we have neither office nor people where
    one of them seems to be, a person decides before the campaign is published.

    Reference: 47 USC 227(e); 15 USC 1692e(10).
    """
    voice = Voice(rule)
    chosen = frozenset(rule.params["strategies"])
    fine = (voice.passes("The numbers shown say truly where we are."),)
    doubt = (
        voice.refers(
            "Numbers near the consumer would be shown, and we have neither office nor people where"
            " some of them seem to be. Somebody must decide whether that misleads."
        ),
    )

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        plan = case.about(Activation)
        if plan is None or plan.kind != "campaign" or plan.channel != "call":
            return ()
        return doubt if plan.strategy in chosen and not plan.presence else fine

    return check


def _rotation_bounded(rule: Rule) -> Check:
    """A campaign that changes numbers does so inside one registered pool, and slowly.

    Each number stays with a person for at least ``least_days`` days.

    Reference: house rule, after the comments of NCLC and EPIC to the FCC, March 2024.
    """
    voice = Voice(rule)
    least = int(rule.params["least_days"])
    fine = (voice.passes("No number is changed to get past a block or a request."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        plan = case.about(Activation)
        if plan is None or plan.kind != "campaign" or plan.channel != "call":
            return ()
        if plan.strategy not in STRATEGIES:
            known = ", ".join(STRATEGIES)
            return (voice.fails(f"There is no strategy '{plan.strategy}': choose one of {known}."),)
        if len(set(plan.pools)) > 1:
            named = ", ".join(sorted(set(plan.pools)))
            return (voice.fails(f"The numbers are of several pools ({named}): choose one pool's."),)
        if plan.strategy == "carousel" and plan.sticky_days < least:
            days = f"{plan.sticky_days} days" if plan.sticky_days else "no time"
            return (voice.fails(
                f"Each number would stay with a person for {days}; {least} days is the least."
            ),)  # fmt: skip
        return fine

    return check


def runs(shows: Iterable[Shown]) -> tuple[Shown, ...]:
    """Return each number with the instant its run began, from shows with the latest first.

    A run is a number shown again and again without another in between.
    """
    found: list[Shown] = []
    for number, at in shows:
        if found and found[-1][0] == number:
            found[-1] = (number, at)
        else:
            found.append((number, at))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Line:
    """A number that a campaign may show. ``usable``: in use, attested A, and found to answer.

    ``area`` is its area code as digits with the country's, ``region`` such as ``US-CO``.
    """

    number: str
    usable: bool = True
    region: str = ""
    area: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a number is chosen for. ``shown`` is the number shown last, with its run's beginning."""

    consumer_id: int
    shown: Shown | None = None
    region: str = ""
    dialed: str = ""


def choose(
    strategy: str, lines: Sequence[Line], person: Person, sticky_days: int, now: datetime
) -> tuple[str | None, str]:
    """Choose the number to show and say why; see ``STRATEGIES`` and ``CHOICES``.

    A number that cannot be shown is passed over; if none can, one of them is proposed all the
    same, so that the gate says what is wrong with it. Without lines there is none.
    """
    if not lines:
        return None, ""
    fit = [line for line in lines if line.usable] or list(lines)
    if strategy == "fixed":
        return fit[0].number, "fixed"
    last, since = person.shown or ("", now)
    if last in {line.number for line in fit}:
        if strategy != "carousel" or now < since + timedelta(days=sticky_days):
            return last, "kept"
        order = [line.number for line in fit]
        return order[(order.index(last) + 1) % len(order)], "turn"
    because = "replaced" if last in {line.number for line in lines} else "assigned"
    if strategy == "local":
        near = _near(fit, person)
        if near:
            return _own(near, person), "local"
        because = "no_local"
    return _own(fit, person), because


def _near(lines: Sequence[Line], person: Person) -> list[Line]:
    """Return the lines of the dialed number's area code, or else of the person's region."""
    digits = person.dialed.removeprefix("+")
    same_area = [line for line in lines if line.area and digits.startswith(line.area)]
    return same_area or [line for line in lines if line.region and line.region == person.region]


def _own(lines: Sequence[Line], person: Person) -> str:
    """Return the person's own number: always the same, and few change when lines come or go."""

    def weight(line: Line) -> str:
        return hashlib.sha256(f"{person.consumer_id}:{line.number}".encode()).hexdigest()

    return max(lines, key=weight).number


_person = always(Level.PERSON)
_CALLS = frozenset({Moment.LOAD, Moment.PREDIAL, Moment.PRESEND})
_PUBLISH = frozenset({Moment.PUBLISH})

CALLERS = {
    "caller_shown": Predicate(_person, {}, _caller_shown, _CALLS | _PUBLISH),
    "caller_answers": Predicate(
        _person, {"max_age_hours": whole(1, 168)}, _caller_answers, _CALLS,
        tightens={"max_age_hours": "down"},
    ),
    "caller_kept": Predicate(
        _person, {"days": whole(1, 366)}, _caller_kept, _CALLS, tightens={"days": "up"}
    ),
    "caller_true": Predicate(
        _person, {"strategies": some_of(STRATEGIES)}, _caller_true, _PUBLISH,
        tightens={"strategies": "more"},
    ),
    "rotation_bounded": Predicate(
        _person, {"least_days": whole(1, 366)}, _rotation_bounded, _PUBLISH,
        tightens={"least_days": "up"},
    ),
}  # fmt: skip
