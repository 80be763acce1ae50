"""Notices, disputes, requests and old debts under arbitrary facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.contacts import NOON, POINT, US, account, contact, facts, failing, logged

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import dates, gate, make_rulebook
from goodterms.compliance.decide.calendars import is_business_day
from goodterms.compliance.decide.gate import ask
from goodterms.compliance.model import (
    Circumstance,
    Decision,
    Facts,
    Finding,
    Moment,
    ProposedContact,
    ProposedErasure,
    ProposedReport,
    Reach,
)

SECOND = timedelta(seconds=1)
DAYS = st.dates(date(2022, 1, 1), date(2032, 12, 31))
ZONES = ("America/New_York", "America/Denver", "America/Phoenix", "America/Los_Angeles",
         "Pacific/Guam")  # fmt: skip
RULES = ("REGF-VAL", "REGF-DISP", "REGF-ATTY", "REGF-CEASE", "REGF-3P", "REGF-FURN", "US-CRA",
         "REGF-RET", "HOUSE-RET")  # fmt: skip
OURS = make_rulebook([r for r in US.rules if r.id.startswith(RULES)], partial=True)
MESSAGES = ("", "validation_notice", "verification", "CEASE_EXC_1", "CEASE_EXC_2")
flags = st.sampled_from([None, True, False])

# What only ever opens: without it nothing may become possible.
OPENING = ("verification", "asked_back", "first_conversation", "first_delinquency", "notice")


def fact(kind: str, on: date, **data: Any) -> Circumstance:
    """Give a circumstance about the debt, or the number, or the person."""
    point = 5 if kind in ("asked_back", "third_party_asked") else None
    about = None if point else 11
    at = datetime(on.year, on.month, on.day, 18, tzinfo=UTC)
    known = {name: value for name, value in data.items() if value is not None}
    return Circumstance(kind, on, at, about, point, known)


@st.composite
def circumstances(draw: st.DrawFn) -> tuple[Circumstance, ...]:
    """Draw what may be recorded, each kind once, within three months before the day."""
    on = st.integers(0, 90).map(lambda n: NOON.date() - timedelta(days=n))
    kinds: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "initial_communication": {"validation_given": flags},
        "notice": {"notice": st.just("validation"), "undelivered": flags},
        "dispute": {
            "written": flags,
            "duplicative": flags,
            "amount": st.sampled_from([None, "1.00", "10.00"]),
            "about": st.sampled_from([None, "debt", "original_creditor"]),
        },
        "verification": {},
        "attorney": {"asked_on": on.map(date.isoformat), "answered": flags, "consents": flags},
        "first_conversation": {},
        "first_delinquency": {},
        "bureau_dispute": {"more_came": flags},
        "asked_back": {},
        "third_party_asked": {},
    }
    chosen = draw(st.lists(st.sampled_from(sorted(kinds)), unique=True, max_size=6))
    return tuple(
        fact(kind, draw(on), **{name: draw(value) for name, value in kinds[kind].items()})
        for kind in chosen
    )


@st.composite
def people(draw: st.DrawFn) -> Facts:
    """Draw a person with a debt and what is recorded of both."""
    held = draw(st.sampled_from([(), (), ("cease",), ("attorney",)]))
    relation = draw(st.sampled_from(["consumer", "consumer", "third_party", "attorney"]))
    return facts(
        account(11, holds=held, balance_minor=draw(st.sampled_from([1000, None]))),
        zones=draw(
            st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True).map(tuple)
        ),
        point=replace(POINT, relation=relation),
        circumstances=draw(circumstances()),
    )


@st.composite
def proposals(draw: st.DrawFn) -> ProposedContact:
    """Draw a call or a message of some class and purpose."""
    channel = draw(st.sampled_from([Channel.CALL, Channel.EMAIL]))
    purpose = draw(st.sampled_from(["collection", "location"]))
    message = draw(st.sampled_from(MESSAGES)) if channel is Channel.EMAIL else ""
    return contact(11, channel=channel, message=message, purpose=purpose)


instants = st.integers(-60 * 24 * 40, 60 * 24 * 40).map(lambda n: NOON + timedelta(minutes=n))


def findings(known: Facts, proposed: ProposedContact, now: datetime) -> list[Finding]:
    """Ask our rules about a contact, a report and an erasure."""
    old = (now - timedelta(days=3 * 366)).date()
    return [
        *gate(proposed, known, OURS, now).findings,
        *ask(Moment.PERIODIC, ProposedReport(), known, OURS, now).findings,
        *ask(Moment.PERIODIC, ProposedErasure("records", old), known, OURS, now).findings,
    ]


def refused(known: Facts, proposed: ProposedContact, now: datetime) -> set[tuple[str, int | None]]:
    """Give the rules that refuse, each with its debt."""
    return {(f.rule_id, f.account_id) for f in findings(known, proposed, now) if not f.passed}


@given(people(), proposals(), instants)
@settings(max_examples=500, deadline=None)
def test_earliest_instants_are_exact(
    known: Facts, proposed: ProposedContact, now: datetime
) -> None:
    """At its earliest instant a rule passes with the same facts; one second earlier it fails."""
    for one in findings(known, proposed, now):
        at, same = one.earliest_allowed_at, (one.rule_id, one.account_id)
        if one.passed or at is None:
            continue
        late = [f for f in _again(known, proposed, one, at) if not f.passed]
        early = [f for f in _again(known, proposed, one, at - SECOND) if not f.passed]
        assert same not in [(f.rule_id, f.account_id) for f in late], one
        assert same in [(f.rule_id, f.account_id) for f in early], one
        assert at > now


def _again(known: Facts, proposed: ProposedContact, one: Finding, at: datetime) -> list[Finding]:
    """Ask the same question again; an erasure asks about the same date as before."""
    if "RET" not in one.rule_id:
        return findings(known, proposed, at)
    until = date.fromisoformat(one.words.rstrip(".").split()[-1])
    since = until.replace(year=until.year - 3)
    again = ProposedErasure("records", since)
    return list(ask(Moment.PERIODIC, again, known, OURS, at).findings)


@given(people(), proposals(), instants, st.data())
@settings(max_examples=500, deadline=None)
def test_forgetting_what_opens_never_opens(
    known: Facts, proposed: ProposedContact, now: datetime, data: st.DataObject
) -> None:
    """Without the answer, the notice, the talk, the consent of the attorney: still refused."""
    before = refused(known, proposed, now)
    forgotten = data.draw(st.sampled_from([*OPENING, "consents", "asked_on", "amount"]))
    left = tuple(
        replace(one, data={k: v for k, v in one.data.items() if k != forgotten})
        for one in known.circumstances
        if one.kind != forgotten
    )
    assert before <= refused(replace(known, circumstances=left), proposed, now)


@given(people(), proposals(), instants)
@settings(max_examples=200, deadline=None)
def test_unknown_place_never_opens(known: Facts, proposed: ProposedContact, now: datetime) -> None:
    """Without a zone no date is known, and whatever depends on one stays refused."""
    before = refused(known, proposed, now)
    assert before <= refused(replace(known, zones=()), proposed, now)


@given(st.lists(st.sampled_from(["CEASE_EXC_1", "CEASE_EXC_2", "CEASE_EXC_3", "", "reply"])))
@settings(max_examples=200, deadline=None)
def test_each_cease_exception_goes_out_once(wishes: list[str]) -> None:
    """Whatever is tried after a cease request, each of the three messages goes at most once."""
    sent: list[str] = []
    known = facts(account(11, holds=("cease",)))
    for number, message in enumerate(wishes):
        now = NOON + timedelta(days=number)
        mail = contact(11, channel=Channel.EMAIL, message=message)
        if "CEASE_WRITTEN" not in failing(gate(mail, known, US, now)):
            sent.append(message)
            one = logged(now, medium="email", message=message, reach=Reach.MESSAGE)
            known = replace(known, log=(one, *known.log))
    assert len(sent) == len(set(sent))
    assert set(sent) <= {"CEASE_EXC_1", "CEASE_EXC_2", "CEASE_EXC_3"}


@given(st.lists(st.sampled_from(["ask", "ask", "back"]), max_size=12))
@settings(max_examples=200, deadline=None)
def test_third_party_is_asked_once_and_once_per_asking_back(story: list[str]) -> None:
    """Nobody is asked more often than once, and once more each time they asked back."""
    known = facts(point=replace(POINT, relation="third_party"))
    asked = 0
    for number, event in enumerate(story):
        now = NOON + timedelta(days=number)
        if event == "back":
            back = replace(fact("asked_back", now.date()), at=now)
            known = replace(known, circumstances=(*known.circumstances, back))
            continue
        call = contact(11, purpose="location")
        if gate(call, known, OURS, now).decision is Decision.ALLOW:
            asked += 1
            one = logged(now, to="third_party", number=call.number, reach=Reach.PERSON)
            known = replace(known, log=(one, *known.log))
    assert asked <= 1 + story.count("back")
    if "ask" in story:
        assert asked >= 1


@given(DAYS)
@settings(max_examples=300, deadline=None)
def test_receipt_is_five_business_days_away(sent: date) -> None:
    """Assumed receipt is a business day with exactly four others between it and the sending."""
    received = dates.assumed_receipt(US, sent)
    between = [sent + timedelta(days=n) for n in range(1, (received - sent).days)]
    assert is_business_day("US", received)
    assert sum(is_business_day("US", day) for day in between) == 4
    ends = dates.validation_period_ends(US, sent)
    assert ends == received + timedelta(days=30)
    assert dates.dispute_in_time(US, ends, sent)
    assert not dates.dispute_in_time(US, ends + timedelta(days=1), sent)


@given(DAYS, st.integers(1, 40))
@settings(max_examples=300, deadline=None)
def test_later_never_means_earlier(day: date, more: int) -> None:
    """Whatever begins later is due, received, over or reportable no earlier."""
    later = day + timedelta(days=more)
    counts: list[Callable[[date], date | None]] = [
        lambda on: dates.validation_notice_due(US, on),
        lambda on: dates.assumed_receipt(US, on),
        lambda on: dates.validation_period_ends(US, on),
        lambda on: dates.furnishable_from(US, on),
        lambda on: dates.kept_until(US, "records", on)[0],
        lambda on: dates.reportable_until(US, on),
        lambda on: dates.bureau_answer_due(US, on),
        lambda on: dates.time_barred_from(US, on, ("US", "US-CA")),
    ]
    for count in counts:
        first, second = count(day), count(later)
        assert first is not None
        assert second is not None
        assert first <= second
