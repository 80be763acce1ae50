"""Consent, places and redial under arbitrary facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.contacts import NOON, POINT, contact, facts, logged
from tests.fakes.rules import circumstance, judged, only, word

from goodterms.accounts.model import Channel
from goodterms.compliance.model import Decision, Facts, LoggedContact, Reach

SECOND = timedelta(seconds=1)
RULES = only("TCPA*", "REGF-SMS-1", "REGF-EADDR-1", "REGF-CEASE-2", "REGF-PLACE-1*", "HOUSE-*WISH")
REDIAL = only("UK-ABN-3", "UK-ABN-4")
LONDON = facts(country="GB", region="", zones=("Europe/London",))

purposes = st.sampled_from(["contact", "automated", "work"])
channels = st.sampled_from(["call", "sms", "email", "all"])
days = st.floats(0, 90, allow_nan=False)
points = st.sampled_from([None, 5, 6])
words = st.builds(
    lambda purpose, channel, ago, granted, point: word(
        purpose, ago, granted=granted, channel=channel, point=point
    ),
    purposes, channels, days, st.booleans(), points,
)  # fmt: skip
recorded = st.one_of(
    st.builds(lambda ago, result, point: circumstance("number_check", ago, point=point,
                                                      result=result),
              days, st.sampled_from(["not_reassigned", "reassigned", "no_data"]), points),
    st.builds(lambda ago, basis: circumstance("address_provenance", ago, point=5, basis=basis),
              days, st.sampled_from(["consumer_used", "consented", "prior_collector"])),
    st.builds(lambda ago: circumstance("opted_out", ago, channel="sms"), days),
    st.builds(lambda ago, kind: circumstance("line_check", ago, point=5, line_type=kind),
              days, st.sampled_from(["mobile", "landline"])),
)  # fmt: skip
stops = st.one_of(
    st.builds(lambda place: circumstance("inconvenient_place", place=place),
              st.sampled_from(["work", "mobile"])),
    st.builds(lambda channel: circumstance("only_channel", channel=channel), channels),
    st.just(circumstance("employer_prohibits")),
    st.just(circumstance("number_check", 0, point=5, result="reassigned")),
)  # fmt: skip


@st.composite
def situations(draw: st.DrawFn) -> tuple[Facts, dict[str, Any]]:
    """Draw facts about a person, and a way to contact them."""
    known = facts(
        point=replace(
            POINT,
            line_type=draw(st.sampled_from(["mobile", "landline", "unknown"])),
            place=draw(st.sampled_from(["mobile", "work"])),
        ),
        consents=tuple(draw(st.lists(words, max_size=4))),
        circumstances=tuple(draw(st.lists(recorded, max_size=4))),
        revoked=draw(st.sampled_from([(), (), ("sms",), ("all",)])),
    )
    how = {
        "channel": draw(st.sampled_from([Channel.CALL, Channel.SMS, Channel.EMAIL])),
        "autodialed": draw(st.booleans()),
        "voice": draw(st.sampled_from(["live", "prerecorded"])),
        "message": draw(st.sampled_from(["", "opt_out_confirmation", "reply"])),
    }
    return known, how


@given(situations(), st.data())
def test_losing_what_permits_never_opens(
    drawn: tuple[Facts, dict[str, Any]], data: st.DataObject
) -> None:
    """Without a consent, or without knowing where an address is from, nothing new is allowed."""
    known, how = drawn
    granted = [one for one in known.consents if one.granted]
    helpful = [one for one in known.circumstances if one.kind == "address_provenance"]
    if not granted and not helpful:
        return
    lost = data.draw(st.sampled_from([*granted, *helpful]))
    less = replace(
        known,
        consents=tuple(one for one in known.consents if one is not lost),
        circumstances=tuple(one for one in known.circumstances if one is not lost),
    )
    # An older word may come to light that was itself a yes; then there was none to lose.
    if any(not one.granted for one in known.consents):
        return
    if judged(RULES, known, **how).decision is not Decision.ALLOW:
        assert judged(RULES, less, **how).decision is not Decision.ALLOW


@given(situations(), stops)
def test_a_stop_never_opens(drawn: tuple[Facts, dict[str, Any]], stop: Any) -> None:
    """Recording another restriction, or a newest no, allows nothing that was not allowed."""
    known, how = drawn
    if judged(RULES, known, **how).decision is Decision.ALLOW:
        return
    more = replace(known, circumstances=(*known.circumstances, stop))
    assert judged(RULES, more, **how).decision is not Decision.ALLOW
    no = replace(known, consents=(*known.consents, word("automated", 0, granted=False,
                                                        channel="all")))  # fmt: skip
    assert judged(RULES, no, **how).decision is not Decision.ALLOW
    out = replace(known, revoked=("all",))
    assert judged(RULES, out, **how).decision is not Decision.ALLOW


calls = st.builds(
    lambda minutes, outcome, number: logged(
        NOON - timedelta(minutes=minutes), number=number, outcome=outcome, reach=Reach.PERSON
    ),
    st.integers(0, 6 * 1440), st.sampled_from(["abandoned", "machine", "no_answer"]),
    st.sampled_from([contact().number, "+442079460000"]),
)  # fmt: skip


@given(st.lists(calls, max_size=6))
def test_redial_is_allowed_at_its_instant_and_not_before(log: list[LoggedContact]) -> None:
    """At the earliest instant the number may be called again; one second earlier it may not."""
    known = replace(LONDON, log=tuple(log))
    verdict = judged(REDIAL, known)
    if verdict.decision is Decision.ALLOW:
        return
    free = verdict.earliest_allowed_at
    assert free
    assert judged(REDIAL, known, now=free).decision is Decision.ALLOW
    assert judged(REDIAL, known, now=free - SECOND).decision is not Decision.ALLOW
    assert judged(REDIAL, known, agent_guaranteed=True).decision is Decision.ALLOW
