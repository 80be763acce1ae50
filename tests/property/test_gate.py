"""The gate under arbitrary facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.callers import TESTED
from tests.fakes.contacts import POINT, US, account, contact, facts, failing, judge, logged

from goodterms.accounts.model import HoldKind
from goodterms.compliance.decide import gate, record, replay, worded
from goodterms.compliance.decide.record import known_text
from goodterms.compliance.decide.rows import make_rulebook
from goodterms.compliance.decide.stored import read_known
from goodterms.compliance.decide.windows import (
    bounds,
    every_day,
    next_open_everywhere,
    read_span,
    zone,
)
from goodterms.compliance.model import (
    AccountFacts,
    CallerFacts,
    Circumstance,
    ConsentFact,
    Decision,
    Facts,
    LoggedContact,
    Reach,
    Wording,
)
from goodterms.kit import plainjson

SECOND = timedelta(seconds=1)
# The seven in seven alone: the house rules would keep the log from ever being full.
SEVEN = make_rulebook([r for r in US.rules if r.id == "REGF-FREQ-1"], partial=True)
ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
    "Pacific/Guam", "Pacific/Pago_Pago", "America/Indiana/Indianapolis", "America/Boise",
)  # fmt: skip
HOURS = every_day(read_span("08:00", "21:00"))

zone_sets = st.lists(st.sampled_from(ZONES), min_size=1, max_size=4, unique=True).map(tuple)
# A good half of the instants lies around the nights on which clocks change.
instants = st.one_of(
    st.datetimes(datetime(2026, 3, 6), datetime(2026, 3, 11)),  # noqa: DTZ001 - UTC below
    st.datetimes(datetime(2026, 10, 30), datetime(2026, 11, 4)),  # noqa: DTZ001 - UTC below
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001 - UTC below
).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
holds = st.lists(st.sampled_from([k.value for k in HoldKind]), max_size=2, unique=True).map(tuple)


@st.composite
def accounts_of(draw: st.DrawFn, account_id: int) -> AccountFacts:
    """Draw an account that is or is not owed, open, held, in a host."""
    return account(
        account_id,
        status=draw(st.sampled_from(["active", "arranged", "paid", "recalled"])),
        balance_minor=draw(st.sampled_from([1000, 1, 0, -1, None])),
        holds=draw(st.just(()) | holds),
        role=draw(st.sampled_from(["collector", "collector", "creditor"])),
        kind=draw(st.sampled_from(["consumer", "consumer", "commercial"])),
        lives_in_host=draw(st.booleans()) and draw(st.booleans()),
        host_age_seconds=draw(st.sampled_from([None, 1.5, 60.0])),
        host_answer=draw(st.sampled_from([None, "contactable", "silent", "paid"])),
    )


@st.composite
def logs(draw: st.DrawFn, now: datetime, most: int = 12) -> tuple[LoggedContact, ...]:
    """Draw a contact log of the last nine days, newest first."""
    minutes = sorted(draw(st.lists(st.integers(1, 60 * 24 * 9), max_size=most)))
    return tuple(
        logged(
            now - timedelta(minutes=m),
            *draw(st.sampled_from([(1,), (2,), (1, 2), (3,), (99,)])),
            medium=draw(st.sampled_from(["call", "call", "call", "sms", "email"])),
            reach=draw(st.sampled_from(list(Reach)[1:])),
            direction=draw(st.sampled_from(["out", "out", "out", "in"])),
        )
        for m in minutes
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Facts, datetime]:
    """Draw facts about a person with up to three debts, and an instant."""
    now = draw(instants)
    debts = tuple(draw(accounts_of(n)) for n in range(1, draw(st.integers(1, 3)) + 1))
    on_person = draw(st.just(()) | st.just(()) | holds)
    everywhere = sorted({*on_person, *(h for a in debts for h in a.holds)})
    return (
        facts(
            *debts,
            zones=draw(zone_sets),
            log=draw(logs(now)),
            holds=on_person,
            holds_anywhere=tuple(everywhere),
            point=replace(POINT, status=draw(st.sampled_from(["active"] * 3 + ["wrong"]))),
            revoked=draw(st.sampled_from([(), (), (), ("call",), ("all",)])),
            live_attempts=draw(st.sampled_from([(), (), (), ("att_9",)])),
            caller=replace(TESTED, owned=draw(st.sampled_from([True, True, True, False]))),
        ),
        now,
    )


def _failing(known: Facts, now: datetime) -> set[tuple[str, int | None]]:
    return {(f.rule_id, f.account_id) for f in judge(known, now=now).findings if not f.passed}


@given(situations())
@settings(max_examples=400, deadline=None)
def test_asking_again_at_the_earliest_instant(situation: tuple[Facts, datetime]) -> None:
    """At its earliest instant a rule no longer fails; one second earlier it still does."""
    known, now = situation
    for finding in judge(known, now=now).findings:
        if finding.passed or finding.earliest_allowed_at is None:
            continue
        at = finding.earliest_allowed_at
        same = (finding.rule_id, finding.account_id)
        assert same not in _failing(known, at), finding
        assert same in _failing(known, at - SECOND), finding
        assert at > now


@given(situations())
@settings(max_examples=300, deadline=None)
def test_verdict_is_merged_from_its_findings(situation: tuple[Facts, datetime]) -> None:
    """A permit means that nothing fails; a deferral names the latest instant of all."""
    known, now = situation
    verdict = judge(known, now=now)
    relevant = [
        f for f in verdict.findings
        if not f.passed and (f.account_id is None or f.account_id in verdict.account_ids)
    ]  # fmt: skip
    if verdict.decision is Decision.ALLOW:
        assert not relevant
        assert verdict.permit is not None
        assert verdict.permit.account_ids == verdict.account_ids != ()
    else:
        assert verdict.permit is None
    if verdict.decision is Decision.DEFER:
        instants_given = [f.earliest_allowed_at for f in relevant]
        assert verdict.earliest_allowed_at == max(at for at in instants_given if at)
        assert None not in instants_given
    if verdict.decision is Decision.DENY:
        assert verdict.earliest_allowed_at is None


@given(situations())
@settings(max_examples=300, deadline=None)
def test_no_debt_is_named_that_may_not_be(situation: tuple[Facts, datetime]) -> None:
    """What is allowed is only ever about debts that are open, owed and without a hold."""
    known, now = situation
    left = set(judge(known, now=now).account_ids)
    for debt in known.accounts:
        if debt.account_id in left:
            assert (debt.balance_minor or 0) > 0
            assert debt.status in {"active", "arranged"}
            assert not debt.holds


@given(situations(), st.data())
@settings(max_examples=300, deadline=None)
def test_removing_a_fact_never_allows(
    situation: tuple[Facts, datetime], data: st.DataObject
) -> None:
    """Forgetting where somebody is, what is owed or what a host said never opens the gate."""
    known, now = situation
    if judge(known, now=now).decision is Decision.ALLOW:
        return
    first, *rest = known.accounts
    forgetting: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {"zones": ()},
                {"point": replace(known.point, belongs=False)},
                {"caller": CallerFacts(owned=False)},
                {"country": ""},
                {"accounts": (replace(first, balance_minor=None), *rest)},
                {"accounts": (replace(first, host_answer=None), *rest)},
                {"accounts": (replace(first, host_age_seconds=None), *rest)},
                {"accounts": (replace(first, status=""), *rest)},
            ]
        )
    )
    ids = tuple(a.account_id for a in known.accounts)
    verdict = judge(replace(known, **forgetting), proposed=contact(*ids), now=now)
    # A debt that drops out may take its own refusal with it; then the others decide.
    if "accounts" in forgetting:
        assert first.account_id not in verdict.account_ids or verdict.decision is not Decision.ALLOW
    else:
        assert verdict.decision is Decision.DENY


@given(situations(), st.sampled_from(["+12125550111", "+13125550112"]), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_counters_do_not_know_numbers(
    situation: tuple[Facts, datetime], caller_id: str, campaign: int
) -> None:
    """Another caller ID, another number of the person or another campaign changes no count."""
    known, now = situation
    ids = tuple(a.account_id for a in known.accounts)
    counted = {"REGF-FREQ-1", "REGF-FREQ-2", "HOUSE-GAP", "HOUSE-DAY-CAP"}
    other = contact(*ids, caller_id=caller_id, campaign_id=campaign, number="+13035550199",
                    contact_point_id=6)  # fmt: skip

    first, second = (
        [f for f in judge(known, now=now, proposed=p).findings if f.rule_id in counted]
        for p in (None, other)
    )
    assert first == second


@given(st.lists(st.integers(0, 30), max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_seven_days_have_more_than_seven_calls(wishes: list[int]) -> None:
    """Whatever the order of wishes, the calls let through never exceed seven in seven days."""
    placed: list[datetime] = []
    for number, wish in enumerate(sorted(wishes)):
        now = datetime(2026, 9, 1, 16, 0, tzinfo=UTC) + timedelta(days=wish, seconds=number)
        log = tuple(logged(at) for at in reversed(placed))
        verdict = judge(facts(log=log), now=now, rulebook=SEVEN)
        if verdict.decision is Decision.ALLOW:
            placed.append(now)
        else:
            assert failing(verdict).keys() == {"REGF_7IN7"}
    days = [at.date() for at in placed]
    for day in days:
        assert sum(day <= other < day + timedelta(days=7) for other in days) <= 7


@given(zone_sets, st.sampled_from(ZONES), instants)
@settings(max_examples=400, deadline=None)
def test_another_zone_never_opens_a_window(
    names: tuple[str, ...], more: str, now: datetime
) -> None:
    """Adding a place where the consumer may be never allows an hour that was closed."""
    places = tuple(z for name in names if (z := zone(name)))
    wider = (*places, *(z for name in [more] if (z := zone(name))))
    narrow, wide = (next_open_everywhere(p, HOURS, now) for p in (places, wider))
    if wide is not None:
        assert narrow is not None
        assert narrow <= wide
    if narrow != now:
        assert wide != now


@given(zone_sets, instants)
@settings(max_examples=400, deadline=None)
def test_window_agrees_with_the_clocks_on_the_wall(names: tuple[str, ...], now: datetime) -> None:
    """Inside the window every local clock shows 8:00 to 20:59, outside at least one does not."""
    places = tuple(z for name in names if (z := zone(name)))
    inside = all(8 <= now.astimezone(place).hour < 21 for place in places)
    assert (next_open_everywhere(places, HOURS, now) == now) is inside


@given(st.sampled_from(ZONES), st.dates(date(2026, 1, 1), date(2027, 12, 31)),
       st.integers(0, 1440))  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_bounds_are_where_clocks_reach_the_time(name: str, day: date, minute: int) -> None:
    """Before the first bound local clocks have not reached the time; from the last on they have."""
    place = zone(name)
    assert place
    first, last = bounds(place, day, minute)
    assert first <= last
    wanted = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    assert last.astimezone(place).replace(tzinfo=None) >= wanted
    assert (first - SECOND).astimezone(place).replace(tzinfo=None) < wanted


@given(situations())
@settings(max_examples=300, deadline=None)
def test_replay_is_byte_for_byte(situation: tuple[Facts, datetime]) -> None:
    """Any verdict judged again from its stored text gives the same text and digest."""
    known, now = situation
    verdict = judge(known, now=now)
    first = record(verdict)
    assert replay(first.facts, US, verdict.decided_at) == first


@given(situations())
@settings(max_examples=200, deadline=None)
def test_terse_verdict_differs_in_words_only(situation: tuple[Facts, datetime]) -> None:
    """Leaving out the words of passing rules changes neither the decision nor the record."""
    known, now = situation
    ids = tuple(a.account_id for a in known.accounts)
    short = gate(contact(*ids), known, US, now, terse=True)
    full = judge(known, now=now)
    assert record(short) == record(full)
    assert worded(short, US) == full


texts = st.text(max_size=8)
some_texts = st.lists(texts, max_size=2).map(tuple)


@given(situations(), texts, st.none() | texts, some_texts, st.none() | st.floats(0, 1e9))
@settings(max_examples=400, deadline=None)
def test_what_is_stored_is_canonical_and_read_back(
    situation: tuple[Facts, datetime], text: str, maybe: str | None, some: tuple[str, ...],
    age: float | None,
) -> None:  # fmt: skip
    """The text that is hashed is canonical JSON, and gives contact and facts again."""
    known, now = situation
    debts = tuple(
        replace(debt, reference=text, host_answer=maybe, host_age_seconds=age)
        for debt in known.accounts
    )
    odd = replace(
        known, accounts=debts, region=text, country=text, holds=some, revoked=some,
        live_attempts=some, zones=some, point=replace(POINT, line_type=text, status=text),
        consents=(ConsentFact("call", text, granted=True, at=now),),
        circumstances=(Circumstance(text, now.date(), now, None, 5, {text: [maybe, 1]}),),
        caller=CallerFacts(shown_before=((text, now),)),
    )  # fmt: skip
    hours = {"0": ("08:00", "21:00")} if maybe else {}
    wording = Wording(text, "sms", text, says=frozenset(some))
    asked = contact(1, number=text, caller_id=maybe, campaign_id=None, hours=hours)
    for proposed in (asked, contact(1, 2, attempt_id=text, wording=wording)):
        stored = known_text(proposed, odd)
        assert plainjson.canonical(plainjson.loads(stored)).decode() == stored
        read = read_known(stored)
        assert (read.contact, read.facts) == (proposed, odd)
