"""Predicates about the hour of the day where the consumer may be."""

from __future__ import annotations

from datetime import datetime

from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.windows import (
    Span,
    UnreadableTimeError,
    Week,
    next_open,
    next_open_everywhere,
    read_minutes,
    read_span,
)
from goodterms.compliance.model import Finding, Rule

_UNKNOWN = "The consumer's local time is not known."


def _zone_known(rule: Rule) -> Check:
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
    voice = Voice(rule)
    week = _every_day(rule)
    one = (voice.passes("There is one possible time zone."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if len(case.zones) == 1:
            return one
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        if next_open_everywhere(case.zones, week, case.now):
            return (voice.passes("The possible time zones share allowed hours."),)
        places = words.zones_in_words(case.zones)
        return (voice.fails(f"No hour is allowed at once in {places}."),)

    return check


def _local_hours(rule: Rule) -> Check:
    voice = Voice(rule)
    week = _every_day(rule)
    span = read_span(rule.params["from"], rule.params["until"])
    passed = (voice.passes(""),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        at = next_open_everywhere(case.zones, week, case.now)
        if at == case.now:
            if case.terse:
                return passed
            place = case.zones[0]
            time = words.clock(case.now, place)
            return (voice.passes(f"It is {time} in {words.city(place)}, {_between(span)}."),)
        return (voice.fails(_outside(case, week, span, at), at),)

    return check


def _outside(case: Case, week: Week, span: Span, at: datetime | None) -> str:
    closed = [z for z in case.zones if next_open(z, week, case.now) != case.now]
    # Nowhere closed cannot be: then the contact would be inside the window.
    place = closed[0]
    local = case.now.astimezone(place)
    early = local.hour * 60 + local.minute < span[0]
    bound = f"before {words.clock_of(span[0])}" if early else f"from {words.clock_of(span[1])} on"
    now = f"now {words.clock(case.now, place)}"
    return (
        f"You can't call {bound} in {words.city(place)} ({now})."
        f" {words.next_possible(at, case.now, case.zones)}"
    )


def _between(span: Span) -> str:
    return f"between {words.clock_of(span[0])} and {words.clock_of(span[1])}"


def _campaign_hours(rule: Rule) -> Check:
    voice = Voice(rule)
    free = (voice.passes("The campaign sets no hours of its own."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        hours = case.contact.hours
        if not hours:
            return free
        if not case.zones:
            return (voice.fails(_UNKNOWN),)
        try:
            week: Week = tuple(
                read_span(*hours[str(day)]) if str(day) in hours else None for day in range(7)
            )
        except (UnreadableTimeError, TypeError) as error:
            return (voice.fails(f"The campaign's hours cannot be read: {error}"),)
        at = next_open_everywhere(case.zones, week, case.now)
        if at == case.now:
            return (voice.passes("It is within the campaign's hours."),)
        then = words.next_possible(at, case.now, case.zones)
        return (voice.fails(f"It is outside the campaign's hours. {then}", at),)

    return check


def _every_day(rule: Rule) -> Week:
    return (read_span(rule.params["from"], rule.params["until"]),) * 7


_WINDOW = {"from": read_minutes, "until": read_minutes}

HOURS = {
    "zone_known": Predicate(always(Level.PERSON), {}, _zone_known),
    "zones_agree": Predicate(always(Level.PERSON), _WINDOW, _zones_agree),
    "local_hours": Predicate(always(Level.PERSON), _WINDOW, _local_hours),
    "campaign_hours": Predicate(always(Level.PERSON), {}, _campaign_hours),
}
