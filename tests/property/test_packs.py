"""Packs put together: the order does not matter, and no pack ever opens what another closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.contacts import POINT, US, account, contact, facts

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import RulebookError, gate, make_rulebook
from goodterms.compliance.decide.rows import merged
from goodterms.compliance.model import (
    Circumstance,
    ConsentFact,
    Decision,
    Facts,
    LoggedContact,
    ProposedContact,
    Reach,
    Rulebook,
    Verdict,
)

PLACES = sorted({rule.jurisdiction for rule in US.rules})
HOMES = {
    ("US", "MA", ""): "America/New_York", ("US", "NY", "New York"): "America/New_York",
    ("US", "DC", ""): "America/New_York", ("US", "WA", ""): "America/Los_Angeles",
    ("US", "FL", ""): "America/New_York", ("GB", "", ""): "Europe/London",
    ("PL", "", ""): "Europe/Warsaw", ("RU", "", ""): "Europe/Moscow",
    ("IN", "", ""): "Asia/Kolkata", ("CO", "", ""): "America/Bogota",
    ("CA", "ON", ""): "America/Toronto", ("CA", "QC", ""): "America/Toronto",
    ("AU", "NSW", ""): "Australia/Sydney", ("BR", "", ""): "America/Sao_Paulo",
}  # fmt: skip
SECOND = timedelta(seconds=1)
# From the mildest to the strictest: BLOCK is a deferral or a denial.
RANK = {Decision.ALLOW: 0, Decision.REFER: 1, Decision.DEFER: 2, Decision.DENY: 2}
CHANNELS = [Channel.CALL, Channel.CALL, Channel.SMS, Channel.EMAIL]

packs = st.lists(st.sampled_from(PLACES), max_size=6, unique=True).map(
    lambda places: make_rulebook([r for r in US.rules if r.jurisdiction in places], partial=True)
)
slices = st.lists(st.sampled_from(US.rules), max_size=12, unique_by=lambda r: (r.id, r.version))
some = packs | slices.map(
    lambda rules: make_rulebook(
        [r for r in US.rules if r.id in {rule.id for rule in rules}], partial=True
    )
)
instants = st.datetimes(datetime(2026, 9, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001 - UTC
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


@st.composite
def logs(draw: st.DrawFn, now: datetime) -> tuple[LoggedContact, ...]:
    """Draw what happened in the last five weeks, newest first."""
    hours = sorted(draw(st.lists(st.integers(1, 24 * 35), max_size=8)))
    return tuple(
        LoggedContact(
            now - timedelta(hours=h),
            (now - timedelta(hours=h)).date(),
            draw(st.sampled_from(["call", "sms", "email", "letter"])),
            draw(st.sampled_from([(1,), (2,), (1, 2)])),
            draw(st.sampled_from(list(Reach)[1:])),
            place=draw(st.sampled_from(["home", "mobile", "work", "other"])),
            direction=draw(st.sampled_from(["out", "out", "in"])),
            message=draw(st.sampled_from(["", "", "consent_request"])),
        )
        for h in hours
    )


SAID: list[tuple[str, dict[str, Any], bool]] = [
    ("employer_prohibits", {"oral": True}, False),
    ("employer_prohibits", {}, False),
    ("vulnerability", {}, False),
    ("review_requested", {}, True),
    ("breathing_space", {"sort": "standard"}, False),
    ("breathing_space", {"sort": "mental_health"}, False),
    ("notice", {"notice": "initial"}, True),
    ("notice", {"notice": "initial", "undelivered": True}, True),
    ("first_contact", {}, False),
    ("first_conversation", {}, True),
    ("stated_location", {"place": "US-MA"}, False),
    ("stated_location", {"place": "GB"}, False),
    ("referral_approved", {"reason_code": "FORBEARANCE"}, False),
    ("referral_approved", {"reason_code": "HUMAN_REVIEW"}, False),
]


@st.composite
def recorded(draw: st.DrawFn, now: datetime) -> Circumstance:
    """Draw a fact on record, about the person or a debt."""
    kind, data, about_debt = draw(st.sampled_from(SAID))
    at = now - timedelta(hours=draw(st.integers(1, 24 * 80)))
    debt = draw(st.sampled_from([None, 1, 2])) if about_debt else None
    return Circumstance(kind, at.date(), at, debt, data=data)


@st.composite
def situations(draw: st.DrawFn, debts: int = 1) -> tuple[Facts, ProposedContact, datetime]:
    """Draw somebody in one of our places, with what is known of them, and a proposed contact."""
    now = draw(instants)
    (country, region, city), home = draw(st.sampled_from(sorted(HOMES.items())))
    known = facts(
        *(
            account(number, role=draw(st.sampled_from(["collector", "creditor"])))
            for number in range(1, debts + 1)
        ),
        country=country,
        region=region,
        city=city,
        zones=(home, *draw(st.sampled_from([(), (), ("America/Denver",)]))),
        point=replace(POINT, place=draw(st.sampled_from(["home", "mobile", "work", "other"]))),
        log=draw(logs(now)),
        circumstances=tuple(draw(st.lists(recorded(now), max_size=3))),
        consents=draw(
            st.sampled_from([(), (ConsentFact("all", "contact", granted=True, at=now - SECOND),)])
        ),
    )
    proposed = contact(
        *range(1, debts + 1),
        channel=draw(st.sampled_from(CHANNELS)),
        purpose=draw(st.sampled_from(["collection", "collection", "sales"])),
        message=draw(st.sampled_from(["", "", "consent_request", "initial_notice"])),
    )
    return known, proposed, now


@given(some, some, some)
@settings(max_examples=60, deadline=None)
def test_merging_is_commutative_associative_idempotent(
    a: Rulebook, b: Rulebook, c: Rulebook
) -> None:
    """Packs give the same rulebook, hash and all, in any order and however often."""
    assert merged(a, b).hash == merged(b, a).hash
    assert merged(merged(a, b), c).hash == merged(a, merged(b, c)).hash
    assert merged(a, a).hash == a.hash
    assert merged(a).rules == a.rules


def test_different_rows_of_one_version_do_not_merge() -> None:
    """Two rows under one id and version that say different things are refused."""
    other = make_rulebook([replace(US.rules[0], citation="another")], partial=True)
    with pytest.raises(RulebookError, match="two different rows"):
        merged(US, other)


def test_merging_with_the_whole_is_whole() -> None:
    """A selection merged with a whole rulebook is judged as a whole one."""
    part = make_rulebook([US.rules[0]], partial=True)
    assert not merged(part, US).partial
    assert merged(part, US).hash == US.hash


@given(situations(), some, some)
@settings(max_examples=400, deadline=None)
def test_adding_a_pack_never_opens(
    situation: tuple[Facts, ProposedContact, datetime], first: Rulebook, second: Rulebook
) -> None:
    """What one pack blocks or refers, no further pack makes milder; every refusal stays told."""
    known, proposed, now = situation
    alone = [gate(proposed, known, book, now) for book in (first, second)]
    both = gate(proposed, known, merged(first, second), now)
    assert RANK[both.decision] >= max(RANK[verdict.decision] for verdict in alone)
    told = {(f.rule_id, f.account_id) for f in both.findings if not f.passed}
    for verdict in alone:
        assert {(f.rule_id, f.account_id) for f in verdict.findings if not f.passed} <= told


@given(situations(debts=2), some, some)
@settings(max_examples=300, deadline=None)
def test_debts_that_are_left_are_allowed_by_each_pack(
    situation: tuple[Facts, ProposedContact, datetime], first: Rulebook, second: Rulebook
) -> None:
    """What is allowed about some debts, each pack alone allows about these debts."""
    known, proposed, now = situation
    both = gate(proposed, known, merged(first, second), now)
    if both.decision is not Decision.ALLOW:
        return
    about_these = replace(proposed, account_ids=both.account_ids)
    for book in (first, second):
        assert gate(about_these, known, book, now).decision is Decision.ALLOW


@given(situations(), some)
@settings(max_examples=400, deadline=None)
def test_each_rule_passes_at_its_earliest_instant(
    situation: tuple[Facts, ProposedContact, datetime], book: Rulebook
) -> None:
    """At its earliest instant a rule no longer fails; one second earlier it still does."""
    known, proposed, now = situation

    def failing(at: datetime) -> dict[tuple[str, int | None], Any]:
        verdict: Verdict = gate(proposed, known, book, at)
        return {(f.rule_id, f.account_id): f for f in verdict.findings if not f.passed}

    for same, finding in failing(now).items():
        at = finding.earliest_allowed_at
        if at is None:
            continue
        assert at > now
        # A later day may bring another version of the rule into force.
        if any(r.id == same[0] and now.date() < r.valid_from <= date(2027, 3, 1) for r in US.rules):
            continue
        assert same not in failing(at), finding
        assert same in failing(at - SECOND), finding


@given(situations(), some, st.sampled_from(["zones", "consents", "notices"]))
@settings(max_examples=300, deadline=None)
def test_forgetting_never_opens(
    situation: tuple[Facts, ProposedContact, datetime], book: Rulebook, what: str
) -> None:
    """Without the zone, a consent, or a notice that was sent, nothing is allowed that was not."""
    known, proposed, now = situation
    before = gate(proposed, known, book, now)
    if before.decision is Decision.ALLOW:
        return
    forgetting: dict[str, dict[str, Any]] = {
        "zones": {"zones": ()},
        "consents": {"consents": ()},
        "notices": {"circumstances": tuple(c for c in known.circumstances if c.kind != "notice")},
    }
    less = replace(known, **forgetting[what])
    assert gate(proposed, less, book, now).decision is not Decision.ALLOW
