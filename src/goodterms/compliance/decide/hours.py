"""Predicates about the hour of the day where the consumer may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.readers import PLACES, calendar, days, flag, one_of, some_of
from goodterms.compliance.decide.windows import (
    DAY_MINUTES,
    Opening,
    Span,
    Spans,
    UnreadableTimeError,
    every_day,
    next_open,
    next_open_everywhere,
    read_minutes,
    read_span,
    without,
)
from goodterms.compliance.model import Circumstance, Finding, Rule

_UNKNOWN = "The consumer's local time is not known."
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _zone_known(rule: Rule) -> Check:
    """Unknown is not permission: without a readable time zone nobody is contacted."""
    voice = Voice(rule)

    passed = (voice.passes(""),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if case.terse and case.zones:
            return passed
        if case.zones:
            places = words.zones_in_words(case.zones)
            return (voice.passes(f"The consumer is on the time of {places}."),)
        named = ", ".join(case.facts.zones)
        why = f"one of {named} is no time zone" if named else "none is on record"
        return (voice.fails(f"The consumer's time zone is not known: {why}."),)

    return check


def _zones_agree(rule: Rule) -> Check:
    """Where locations conflict, only a time that is convenient in all of them may be assumed.

    Reference: 12 CFR 1006.6(b)(1), comment 6(b)(1)(i)-2.
    """
    voice = Voice(rule)
    opening = opening_of(rule.params)
    one = (voice.passes("There is one possible time zone."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if len(case.zones) == 1:
            return one
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        if next_open_everywhere(case.zones, opening, case.now):
            return (voice.passes("The possible time zones share allowed hours."),)
        places = words.zones_in_words(case.zones)
        return (voice.fails(f"No hour is allowed at once in {places}."),)

    return check


def _local_hours(rule: Rule) -> Check:
    """Only at a time that is convenient: within the window, at the consumer's location.

    ``consumer_may_widen``: not where the consumer named a time that is convenient all the same;
    ``unless_consent``: not where the consumer agreed to calls at other hours; ``places``: at
    these numbers only.

    Reference: 12 CFR 1006.6(b)(1); Fla. Stat. 559.72(17) and what else the rows cite.
    """
    voice = Voice(rule)
    opening = opening_of(rule.params)
    media = frozenset(rule.params.get("media") or ())
    places = frozenset(rule.params.get("places") or ())
    widen, unless = rule.params.get("consumer_may_widen"), rule.params.get("unless_consent")
    passed = (voice.passes(""),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        elsewhere = places and case.facts.point.place not in places
        if elsewhere or (media and case.proposed.channel not in media):
            return ()
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        at = next_open_everywhere(case.zones, opening, case.now)
        if at == case.now:
            return passed if case.terse else (voice.passes(_inside(case, opening)),)
        if widen and _named_convenient(case):
            return (voice.passes("The consumer said that this time is convenient."),)
        if unless and case.consent(unless, case.proposed.channel, case.proposed.contact_point_id):
            return (voice.passes("The consumer agreed to contact at this hour."),)
        return (voice.fails(_outside(case, opening, at), at),)

    return check


def _inside(case: Case, opening: Opening) -> str:
    place = case.zones[0]
    local = case.now.astimezone(place)
    minute = local.hour * 60 + local.minute
    spans = opening.spans(local.date())
    # Where a clock shows a time twice the minute may lie outside; then the day's first is named.
    span = next((s for s in spans if s[0] <= minute < s[1]), spans[0])
    return f"It is {words.clock(case.now, place)} in {words.city(place)}, {_between(span)}."


def _outside(case: Case, opening: Opening, at: datetime | None) -> str:
    closed = [z for z in case.zones if next_open(z, opening, case.now) != case.now]
    # Nowhere closed cannot be: then the contact would be inside the window.
    place = closed[0]
    local = case.now.astimezone(place)
    possible = words.next_possible(at, case.now, case.zones)
    told = f"You can't {_do(case)} {_when(opening, local)} in {words.city(place)}"
    return f"{told} (now {words.clock(case.now, place)}). {possible}"


def _when(opening: Opening, local: datetime) -> str:
    """Say which closed part of the day it is."""
    spans = opening.spans(local.date())
    minute = local.hour * 60 + local.minute
    if not spans:
        return f"on {words.day_of(local.date())}"
    later = [span for span in spans if minute < span[0]]
    if later and later[0] != spans[0]:
        before = spans[spans.index(later[0]) - 1]
        return f"between {words.clock_of(before[1])} and {words.clock_of(later[0][0])}"
    if later:
        return f"before {words.clock_of(spans[0][0])}"
    return f"from {words.clock_of(spans[-1][1])} on"


def _do(case: Case) -> str:
    return {"call": "call", "sms": "text"}.get(case.proposed.channel, "write")


def _between(span: Span) -> str:
    return f"between {words.clock_of(span[0])} and {words.clock_of(span[1])}"


def _named_convenient(case: Case) -> bool:
    """Tell whether the consumer named a convenient time that covers now, wherever they may be."""
    return any(_covers_everywhere(case, one) for one in case.circumstances("convenient_time"))


def _covers_everywhere(case: Case, one: Circumstance) -> bool:
    opening = Opening(tuple(_stated(one)))
    return next_open_everywhere(case.zones, opening, case.now) == case.now


def _campaign_hours(rule: Rule) -> Check:
    """A campaign's own hours narrow what the law leaves open."""
    voice = Voice(rule)
    free = (voice.passes("The campaign sets no hours of its own."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        hours = case.proposed.hours
        if not hours:
            return free
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        try:
            week = tuple(
                (read_span(*hours[str(day)]),) if str(day) in hours else () for day in range(7)
            )
        except (UnreadableTimeError, TypeError) as error:
            return (voice.fails(f"The campaign's hours cannot be read: {error}"),)
        at = next_open_everywhere(case.zones, Opening(week), case.now)
        if at == case.now:
            return (voice.passes("It is within the campaign's hours."),)
        then = words.next_possible(at, case.now, case.zones)
        return (voice.fails(f"It is outside the campaign's hours. {then}", at),)

    return check


def _time_preference(rule: Rule) -> Check:
    """Not at a time the consumer has said, or that we should know, to be inconvenient.

    A time named as the only convenient one narrows. Both persist until the consumer changes them.

    Reference: 12 CFR 1006.6(b)(1), comment 6(b)(1)-1.
    """
    voice = Voice(rule)
    fine = (voice.passes("The consumer named no inconvenient time."),)
    free = (voice.passes("It is a time the consumer did not name as inconvenient."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not case.facts.circumstances:
            return fine
        wishes = [
            one
            for kind in ("inconvenient_time", "only_time")
            for one in case.circumstances(kind)
            if one.data.get("channel") in (None, case.proposed.channel)
        ]
        if not wishes:
            return fine
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        at = _free_of(case, wishes)
        if at == case.now:
            return free
        then = words.next_possible(at, case.now, case.zones)
        return (voice.fails(f"The consumer said that this time is inconvenient. {then}", at),)

    return check


def _free_of(case: Case, wishes: list[Circumstance]) -> datetime | None:
    """Return the first instant from now on that every wish allows."""
    return next_open_everywhere(case.zones, wanted(wishes), case.now)


def wanted(wishes: Sequence[Circumstance]) -> Opening:
    """Return the hours that stated times leave: the only convenient less the inconvenient ones."""
    return _wanted(tuple([(wish.kind == "only_time", *_said(wish)) for wish in wishes]))


_Said = tuple[object, object, tuple[int, ...]]


def _said(one: Circumstance) -> _Said:
    """Return what was said of a time: from, until, and the weekdays; none: every day."""
    data = one.data
    return data.get("from", "00:00"), data.get("until", "24:00"), tuple(data.get("weekdays") or ())


@lru_cache(maxsize=4096)
def _wanted(wishes: tuple[tuple[bool, object, object, tuple[int, ...]], ...]) -> Opening:
    closed: list[list[Span]] = [[] for _ in range(7)]
    for only, begins, ends, weekdays in wishes:
        stated = _by_day(begins, ends, weekdays)
        for day in range(7):
            closed[day] += without(stated[day]) if only else stated[day]
    return Opening(tuple(without(tuple(spans)) for spans in closed))


def _stated(one: Circumstance) -> list[Spans]:
    """Read a stated time by weekday: ``weekdays`` (all if none), ``from`` and ``until``."""
    return _by_day(*_said(one))


def _by_day(begins: object, ends: object, weekdays: tuple[int, ...]) -> list[Spans]:
    """Spread a stated time over the week; one that ends before it begins goes on past midnight."""
    opens, closes = read_minutes(begins), read_minutes(ends)
    week: list[Spans] = [()] * 7
    for day in weekdays or range(7):
        if opens < closes:
            week[day] += ((opens, closes),)
        else:
            week[day] += ((opens, DAY_MINUTES),) if opens < DAY_MINUTES else ()
            week[(day + 1) % 7] += ((0, closes),) if closes else ()
    return week


def opening_of(params: Mapping[str, Any]) -> Opening:
    """Read a rule's window: ``from`` and ``until`` every day, or ``days`` with a ``calendar``."""
    if "days" not in params:
        return every_day(read_span(params["from"], params["until"]))
    read = days(params["days"])
    week = tuple(_one(read[day]) for day in _WEEK)
    if "holiday" not in read:
        return Opening(week)
    return Opening(week, str(params["calendar"]), _one(read["holiday"]))


def _one(span: Span | None) -> Spans:
    return () if span is None else (span,)


_WINDOW = {"from": read_minutes, "until": read_minutes, "days": days, "calendar": calendar}
_FREE = frozenset(_WINDOW)
_TIGHTER_WINDOW = {"from": "later", "until": "earlier", "days": "narrower"}
_NARROWER = {**_TIGHTER_WINDOW, "media": "more", "places": "more"}  # fmt: skip

HOURS = {
    "zone_known": Predicate(always(Level.PERSON), {}, _zone_known),
    "zones_agree": Predicate(
        always(Level.PERSON), _WINDOW, _zones_agree, optional=_FREE, tightens=_TIGHTER_WINDOW
    ),
    "local_hours": Predicate(
        always(Level.PERSON),
        {
            **_WINDOW,
            "media": some_of(("call", "sms", "email")),
            "places": some_of(PLACES),
            "consumer_may_widen": flag,
            "unless_consent": one_of(["hours"]),
        },
        _local_hours,
        optional=_FREE | {"media", "places", "consumer_may_widen", "unless_consent"},
        tightens={**_NARROWER, "consumer_may_widen": "off"},
    ),
    "campaign_hours": Predicate(always(Level.PERSON), {}, _campaign_hours),
    "time_preference": Predicate(always(Level.PERSON), {}, _time_preference),
}
