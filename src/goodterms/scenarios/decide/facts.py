"""What is known at an instant: the timeline folded into the facts the gate is asked with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from goodterms.compliance.decide.callers import runs
from goodterms.compliance.decide.posting import posted
from goodterms.compliance.decide.windows import latest_date, places
from goodterms.compliance.model import (
    AccountFacts,
    CallerFacts,
    Circumstance,
    ConsentFact,
    ContactClosed,
    Facts,
    LoggedContact,
    PointFacts,
)
from goodterms.scenarios.model import (
    Caller,
    Changed,
    Contacted,
    Ended,
    Event,
    Held,
    Paid,
    Point,
    Returned,
    Stated,
    Worded,
    World,
)

_AHEAD = timedelta(hours=14)


def facts_at(
    world: World,
    at: datetime,
    point: Point | None = None,
    caller: Caller | None = None,
    account_ids: Sequence[int] | None = None,
) -> Facts:
    """Fold all that happened up to an instant; ``account_ids`` None: all debts."""
    past = [event for event in world.events if event.at <= at]
    past = sorted([*past, *_left_behind(world, past)], key=lambda event: event.at)
    known = _circumstances(past)
    debts = _debts(world, past)
    chosen = [d for d in debts if account_ids is None or d.account_id in account_ids]
    holds = _holds(past)
    said = _consents(past, point)
    contacts = _contacts(past)
    person = world.person
    return Facts(
        consumer_id=1,
        country=person.country,
        region=person.region,
        city=person.city,
        postal_code=person.postal_code,
        language=person.language,
        zones=zones_at(world, past),
        point=_point(point, past),
        accounts=tuple(chosen),
        holds=_sorted(kind for kind, account_id in holds if account_id is None),
        holds_anywhere=_sorted(
            [kind for kind, _ in holds] + [kind for debt in debts for kind in debt.holds]
        ),
        revoked=_sorted(w.channel for w in said if w.purpose == "contact" and not w.granted),
        consents=tuple(w for w in said if w.purpose != "contact" or w.granted),
        circumstances=known,
        log=tuple(_logged(world, past, one) for one in contacts),
        live_attempts=tuple(one.live for one in contacts if one.live),
        caller=_caller(world, caller, contacts, at),
        licences=world.licences,
    )


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def zones_at(world: World, past: Sequence[Event]) -> tuple[str, ...]:
    """Return the zones the consumer may be in: of address, numbers in use and said locations."""
    person = world.person
    found = set(person.address_zones)
    if person.zones is not None:
        found = set(person.zones)
    else:
        for point in person.points.values():
            if not point.email and _point(point, past).status == "active":
                found.update(point.zones)
    for one in _circumstances(past):
        if one.kind == "stated_location":
            found.update(one.data.get("zones", ()))
    return tuple(sorted(found))


def _point(point: Point | None, past: Sequence[Event]) -> PointFacts:
    if point is None:
        return PointFacts(place="home")
    facts = point.facts
    for event in past:
        if isinstance(event, Changed) and event.point == point.name:
            facts = replace(facts, **event.fields)
    return facts


def _debts(world: World, past: Sequence[Event]) -> list[AccountFacts]:
    return [_debt(debt, past) for debt in world.debts.values()]


def _debt(debt: AccountFacts, past: Sequence[Event]) -> AccountFacts:
    number = debt.account_id
    for event in past:
        if isinstance(event, Changed) and event.account_id == number:
            debt = replace(debt, **event.fields)
        elif isinstance(event, Paid) and event.account_id == number:
            left = None if debt.balance_minor is None else debt.balance_minor - event.minor
            debt = replace(debt, balance_minor=left)
        elif isinstance(event, Held):
            debt = replace(debt, holds=_held(debt, event))
    return debt


def _held(debt: AccountFacts, event: Held) -> tuple[str, ...]:
    """Place a hold on the debt it names; a release that names no debt ends it on all."""
    kinds = set(debt.holds)
    if event.placed and event.account_ids and debt.account_id in event.account_ids:
        kinds.add(event.kind)
    if not event.placed and debt.account_id in (event.account_ids or (debt.account_id,)):
        kinds.discard(event.kind)
    return tuple(sorted(kinds))


def _holds(past: Sequence[Event]) -> list[tuple[str, int | None]]:
    """Return the holds on the person."""
    found: set[str] = set()
    for event in past:
        if isinstance(event, Held) and event.account_ids is None:
            found = found | {event.kind} if event.placed else found - {event.kind}
    return [(kind, None) for kind in sorted(found)]


def _consents(past: Sequence[Event], point: Point | None) -> list[ConsentFact]:
    """Return the newest word per channel, purpose and point, and every consent to be called."""
    newest: dict[tuple[str, str, int | None], ConsentFact] = {}
    calls: list[ConsentFact] = []
    for event in past:
        if not isinstance(event, Worded):
            continue
        word = event.consent
        if word.contact_point_id not in (None, point.id if point else None):
            continue
        if word.purpose == "call":
            calls.append(word)
        else:
            newest[word.channel, word.purpose, word.contact_point_id] = word
    return [*newest.values(), *calls]


def _circumstances(past: Sequence[Event]) -> tuple[Circumstance, ...]:
    found: list[Circumstance] = []
    for event in past:
        if isinstance(event, Stated):
            found.append(event.fact)
        elif isinstance(event, Ended):
            found = [one for one in found if not _ends(event, one)]
        elif isinstance(event, Returned):
            _return(event, found)
    return tuple(found)


# What the log itself says is not recorded once more; the first communication, which starts the
# days of the validation notice, is given where a scenario is about it.
_SAID = frozenset({"first_contact", "first_conversation", "initial_communication"})


def _left_behind(world: World, past: Sequence[Event]) -> list[Stated]:
    """Return the facts that contacts leave on record: a third party asked, a notice."""
    return [
        Stated(event.at, one)
        for event in past
        if isinstance(event, Contacted)
        for one in recorded_by(world, event)
        if one.kind not in _SAID
    ]


def recorded_by(world: World, event: Contacted) -> list[Circumstance]:
    """Return what one contact leaves on record once it is closed."""
    one = event.logged
    point_id = next((p.id for p in world.person.points.values() if p.value == one.number), None)
    closed = ContactClosed(
        "att", 1, one.account_ids, point_id, one.medium, one.direction, one.reach, one.to,
        one.message, event.at, event.at,
    )  # fmt: skip
    return [
        Circumstance(fact.kind, one.day, event.at, fact.account_id, fact.contact_point_id,
                     fact.data)
        for fact in posted(closed)
    ]  # fmt: skip


def _return(event: Returned, found: list[Circumstance]) -> None:
    """Mark the latest notice that came back."""
    for place in reversed(range(len(found))):
        one = found[place]
        same = one.kind == "notice" and one.data.get("notice") == event.notice
        if same and event.account_id in (None, one.account_id):
            found[place] = replace(one, data={**one.data, "undelivered": True})
            return


def _ends(event: Ended, one: Circumstance) -> bool:
    return (
        one.kind == event.kind
        and event.account_id in (None, one.account_id)
        and event.contact_point_id in (None, one.contact_point_id)
    )


def _contacts(past: Sequence[Event]) -> list[Contacted]:
    """Return what happened, newest first; of contacts at one instant the last written is newest."""
    found = [event for event in past if isinstance(event, Contacted) and event.logged.reach > 0]
    return found[::-1]


def _logged(world: World, past: Sequence[Event], one: Contacted) -> LoggedContact:
    """Give the contact the latest date it may have had where the consumer may have been."""
    before = [event for event in past if event.at <= one.at]
    where = places(zones_at(world, before))
    day = latest_date(where, one.at) if where else (one.at + _AHEAD).date()
    return one.logged._replace(day=day)


def _caller(
    world: World, caller: Caller | None, contacts: Sequence[Contacted], at: datetime
) -> CallerFacts:
    """Return what is registered of the caller ID, and the number that was shown last."""
    calls = [c for c in contacts if c.logged.medium == "call" and c.logged.direction == "out"]
    shown = runs((one.caller_id, one.at) for one in calls if one.caller_id)[:1]
    if caller is None:
        return CallerFacts(owned=False, shown_before=shown)
    tested = caller.tested_at or at if caller.tested else None
    fit = {one.number for one in world.callers.values() if one.owned and one.answers}
    pool = {one.number for one in world.callers.values() if one.pool == caller.pool}
    gone = tuple(number for number, _ in shown if number in pool and number not in fit)
    return CallerFacts(caller.owned, caller.pool, tested, caller.answers, shown, gone)
