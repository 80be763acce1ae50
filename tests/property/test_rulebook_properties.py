"""What holds of the whole rulebook whatever is known: overlays, lists, caps, clocks and counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.contacts import US, account, contact, facts, logged
from tests.property.test_packs import RANK, logs, situations

from goodterms.compliance.decide import gate, make_rulebook
from goodterms.compliance.decide.case import Case
from goodterms.compliance.decide.frequency import count_of
from goodterms.compliance.decide.hours import opening_of
from goodterms.compliance.decide.predicates import PREDICATES
from goodterms.compliance.decide.tighten import loosened, with_overlay
from goodterms.compliance.decide.windows import next_open_everywhere, zone
from goodterms.compliance.model import (
    Decision,
    Facts,
    LoggedContact,
    Moment,
    ProposedContact,
    Reach,
    Rule,
)

COUNTS = tuple(rule for rule in US.rules if rule.predicate == "rolling_count")
CAPS = make_rulebook(
    [
        r for r in US.rules
        if r.id in {"REGF-FREQ-1", "REGF-FREQ-2", "HOUSE-GAP", "HOUSE-DAY-CAP", "REGF-TIME-1"}
    ],
    partial=True,
)  # fmt: skip
SECOND = timedelta(seconds=1)
TIMES = st.integers(0, 48).map(lambda half: f"{half // 2:02d}:{30 * (half % 2):02d}")


def _changed(rule: Rule, draw: st.DrawFn) -> dict[str, Any]:
    """Draw other values for the parameters that an overlay may change, stricter or looser."""
    params = dict(rule.params)
    for name in PREDICATES[rule.predicate].tightens:
        value = params.get(name)
        if isinstance(value, bool):
            params[name] = draw(st.booleans())
        elif isinstance(value, int):
            params[name] = max(1, value + draw(st.integers(-3, 3)))
        elif name in ("from", "until") and isinstance(value, str):
            params[name] = draw(TIMES)
        elif name == "media" and isinstance(value, list):
            params[name] = draw(st.sampled_from([value, ["call"], ["call", "sms", "email"]]))
    return params


@st.composite
def overlays(draw: st.DrawFn) -> tuple[Rule, Rule]:
    """Draw a rule of law and a row that changes its numbers this way or that."""
    kinds = {"rolling_count", "minimum_gap", "wait_after_conversation", "local_hours"}
    law = draw(st.sampled_from([r for r in US.rules if r.predicate in kinds and r.enabled]))
    return law, replace(law, id="OWN-1", params=_changed(law, draw), tightens=law.id)


def _readable(rule: Rule) -> bool:
    try:
        PREDICATES[rule.predicate].make(rule)
    except ValueError:
        return False
    return True


@given(situations(), overlays())
@settings(max_examples=500, deadline=None)
def test_accepted_overlay_is_at_least_as_strict(
    situation: tuple[Facts, ProposedContact, datetime], rows: tuple[Rule, Rule]
) -> None:
    """Whatever the law's row alone refuses, an overlay that was accepted refuses, too."""
    known, proposed, now = situation
    law, own = rows
    if not _readable(own) or loosened(own, law):
        return
    alone, stricter = (
        gate(proposed, known, make_rulebook([row], partial=True), now) for row in (law, own)
    )
    assert RANK[stricter.decision] >= RANK[alone.decision], (law.params, own.params)
    whole, both = (gate(proposed, known, b, now) for b in (US, with_overlay(US, (own,))))
    assert RANK[both.decision] >= RANK[whole.decision]


@given(situations(debts=2))
@settings(max_examples=300, deadline=None)
def test_list_grants_nothing(situation: tuple[Facts, ProposedContact, datetime]) -> None:
    """LOAD gives no permit, and what it removes for good the gate would not let through either."""
    known, proposed, now = situation
    listed = gate(proposed, known, US, now, moment=Moment.LOAD)
    assert listed.permit is None
    if listed.decision is Decision.DENY:
        assert gate(proposed, known, US, now).decision is not Decision.ALLOW


@given(situations(), st.sampled_from(["bankruptcy", "cease", "deceased", "fraud", "client"]))
@settings(max_examples=150, deadline=None)
def test_what_happened_since_the_list_decides(
    situation: tuple[Facts, ProposedContact, datetime], hold: str
) -> None:
    """A stop that came after the list was built refuses the contact, whatever the list said."""
    known, proposed, now = situation
    gate(proposed, known, US, now, moment=Moment.LOAD)
    stopped = replace(known, holds=(hold,), holds_anywhere=(hold,))
    assert gate(proposed, stopped, US, now).decision is not Decision.ALLOW


def _redialed(every: timedelta, outcomes: list[Reach], begin: datetime) -> list[datetime]:
    """Dial one person for nine days: after each refusal or call again ``every`` later."""
    placed: list[datetime] = []
    log: tuple[LoggedContact, ...] = ()
    now = begin
    while now < begin + timedelta(days=9):
        verdict = gate(contact(), facts(log=log), CAPS, now, terse=True)
        if verdict.decision is Decision.ALLOW:
            reach = outcomes[len(placed) % len(outcomes)]
            log = (logged(now)._replace(reach=reach), *log)
            placed.append(now)
        now += every
    return placed


@given(
    st.lists(st.sampled_from([Reach.RANG, Reach.MACHINE, Reach.PERSON]), min_size=1, max_size=4),
    st.integers(0, 23),
)
@settings(max_examples=5, deadline=None)
def test_redialing_at_once_yields_what_the_caps_allow(outcomes: list[Reach], hour: int) -> None:
    """Whoever dials again at once gets through as often as the caps allow, and no more."""
    begin = datetime(2026, 9, 7, hour, 0, tzinfo=UTC)
    placed = _redialed(timedelta(minutes=5), outcomes, begin)
    local = [at - timedelta(hours=6) for at in placed]  # Denver in September
    days = [at.date() for at in local]
    assert all(days.count(day) <= 2 for day in days)
    assert all(later - sooner >= timedelta(hours=4) for sooner, later in pairwise(placed))
    for day in days:
        assert sum(day <= other < day + timedelta(days=7) for other in days) <= 7
    patient = _waiting(outcomes, begin)
    assert len(placed) == len(patient), "asking more often gains nothing"


def _waiting(outcomes: list[Reach], begin: datetime) -> list[datetime]:
    """Dial one person for nine days, each time as soon as the gate says that it may be."""
    placed: list[datetime] = []
    log: tuple[LoggedContact, ...] = ()
    now = begin
    while now < begin + timedelta(days=9):
        verdict = gate(contact(), facts(log=log), CAPS, now, terse=True)
        if verdict.decision is Decision.ALLOW:
            reach = outcomes[len(placed) % len(outcomes)]
            log = (logged(now)._replace(reach=reach), *log)
            placed.append(now)
            now += SECOND
        else:
            assert verdict.earliest_allowed_at is not None
            now = verdict.earliest_allowed_at
    return placed


NIGHTS = st.sampled_from([datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC)])
ZONES = st.sampled_from(
    ["America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
     "America/Los_Angeles", "Pacific/Honolulu", "America/Puerto_Rico"]
)  # fmt: skip


@given(NIGHTS, st.integers(0, 3 * 24 * 3600), ZONES, ZONES)
@settings(max_examples=400, deadline=None)
def test_nights_on_which_clocks_change(night: datetime, after: int, one: str, two: str) -> None:
    """On 8 March and 1 November 2026 a call needs 8:00 to 20:59 on the clocks of both zones."""
    now = night + timedelta(seconds=after)
    places = tuple(found for name in (one, two) if (found := zone(name)))
    hours = opening_of({"from": "08:00", "until": "21:00"})
    inside = all(8 <= now.astimezone(place).hour < 21 for place in places)
    at = next_open_everywhere(places, hours, now)
    assert (at == now) == inside
    if at is not None and at > now:
        before = at - SECOND
        assert not all(8 <= before.astimezone(place).hour < 21 for place in places)


@given(st.data(), st.sampled_from(COUNTS))
@settings(max_examples=400, deadline=None)
def test_uncounted_contact_changes_no_count(data: st.DataObject, rule: Rule) -> None:
    """What never connected, went to an attorney, or was a letter, changes no count of calls."""
    now = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
    log = data.draw(logs(now))
    at = now - timedelta(hours=data.draw(st.integers(1, 200)))
    other = LoggedContact(at, at.date(), "call", (1,), Reach.RANG)
    counts_letters = "letter" in rule.params["media"]
    uncounted = [
        other._replace(reach=Reach.NOT_PLACED),
        other._replace(to="attorney", reach=Reach.CONVERSATION),
        other._replace(account_ids=(9,)) if "debt" in rule.params["unit"] else None,
        None if counts_letters else other._replace(medium="letter", reach=Reach.MESSAGE),
    ]
    more = data.draw(st.sampled_from([one for one in uncounted if one is not None]))
    assert _count(rule, (*log, more), now) == _count(rule, log, now)
    twice = other._replace(account_ids=(1, 1), reach=Reach.PERSON)
    assert _count(rule, (*log, twice), now) <= _count(rule, log, now) + 1


def _count(rule: Rule, log: tuple[LoggedContact, ...], now: datetime) -> int:
    ordered = tuple(sorted(log, key=lambda one: one.at, reverse=True))
    known = facts(account(1), log=ordered)
    case = Case.of(Moment.PREDIAL, None, known, now)
    return count_of(rule, case, known.accounts[0])
