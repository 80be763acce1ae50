"""How a campaign dials and how a call goes on: abandonment, ringing, redial, recording, cards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.contacts import NOON, contact, facts, logged
from tests.fakes.rules import Many, asked, codes, judged, only, word

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import make_rulebook
from goodterms.compliance.model import (
    Activation,
    CallProgress,
    Decision,
    Moment,
    ProposedPace,
    ProposedPayment,
)

PACES = only("US-ABN-1", "HOUSE-ABN-1", "UK-ABN-1")
BRITISH = facts(country="GB", region="", zones=("Europe/London",))
POLISH = facts(country="PL", region="", zones=("Europe/Warsaw",))


def pace(abandoned: int, live: int, **changes: Any) -> ProposedPace:
    """Give a campaign that dials ahead of its agents."""
    return ProposedPace(7, abandoned, live, **changes)


@pytest.mark.parametrize(
    ("subject", "known", "allowed", "rules"),
    [
        (pace(30, 970), facts(), True, {"US-ABN-1"}),
        (pace(31, 969), facts(), False, {"US-ABN-1"}),
        (pace(0, 0), facts(), False, {"US-ABN-1"}),
        (pace(31, 969, overdials=False), facts(), True, {"US-ABN-1"}),
        (pace(40, 900, machines=300), BRITISH, False, {"UK-ABN-1"}),
        (pace(28, 900, machines=300), BRITISH, True, {"UK-ABN-1"}),
        (pace(28, 900, machines=300, amd=True), BRITISH, False, {"UK-ABN-1"}),
        (pace(25, 970, false_positives=5, amd=True), BRITISH, True, {"UK-ABN-1"}),
        (pace(25, 970, false_positives=6, amd=True), BRITISH, False, {"UK-ABN-1"}),
        (pace(31, 969), POLISH, False, {"HOUSE-ABN-1"}),
    ],
)
def test_abandonment_cap(subject: ProposedPace, known: Any, allowed: bool, rules: set[str]) -> None:
    """Each place has one row, whose formula and cap decide whether more lines may be risked."""
    answer = asked(PACES, Moment.PACE, subject, known)
    assert answer.decision is (Decision.ALLOW if allowed else Decision.DENY)
    assert codes(answer) == (set() if allowed else {"ABANDON_CAP"})
    assert {finding.rule_id for finding in answer.findings} == rules


def test_other_subjects_do_not_concern_the_cap() -> None:
    """Asked about something else, the cap says nothing."""
    assert asked(PACES, Moment.PACE, CallProgress()).findings == ()


RING = only("US-ABN-1-RING")


@pytest.mark.parametrize(
    ("call", "allowed", "duties"),
    [
        (CallProgress(rang=3), True, ("RING_LONG",)),
        (CallProgress(rang=14.9, giving_up=True), False, ()),
        (CallProgress(rang=15, giving_up=True), True, ()),
        (CallProgress(rang=12, rings=4, giving_up=True), True, ()),
        (CallProgress(rang=12, rings=3, giving_up=True), False, ()),
        (CallProgress(rang=5, machine=True, giving_up=True), True, ()),
        (CallProgress(rang=5, answered=1.0, giving_up=True), True, ()),
        (CallProgress(rang=5, waited=1.0, giving_up=True), True, ()),
    ],
)
def test_it_rings_long_enough(call: CallProgress, allowed: bool, duties: Many) -> None:
    """Nobody gives up before fifteen seconds or four rings, unless it was answered."""
    answer = asked(RING, Moment.RING, call)
    assert codes(answer) == (set() if allowed else {"RING_SHORT"})
    assert answer.obligations == duties


def test_given_up_too_early_it_may_be_later() -> None:
    """The answer names the instant at which fifteen seconds are full."""
    answer = asked(RING, Moment.RING, CallProgress(rang=9, giving_up=True))
    assert answer.earliest_allowed_at == NOON + timedelta(seconds=6)
    four = asked(only("UK-ABN-2-RING"), Moment.RING, CallProgress(rang=12, rings=4, giving_up=True),
                 BRITISH)  # fmt: skip
    assert codes(four) == {"RING_SHORT"}
    assert asked(RING, Moment.RING, ProposedPayment(1, 1, "USD", "ach", "web")).findings == ()


@pytest.mark.parametrize(
    ("seconds", "expected"), [(14, {"RING_SHORT"}), (15, set()), (None, set())]
)
def test_campaigns_plan_to_ring_long_enough(seconds: int | None, expected: set[str]) -> None:
    """A campaign that would ring for less is not published."""
    planned = Activation("campaign", "Autumn", ring_seconds=seconds)
    assert codes(asked(RING, Moment.PUBLISH, planned)) == expected


@pytest.mark.parametrize(
    ("call", "us", "uk"),
    [
        (CallProgress(), True, True),
        (CallProgress(answered=1.9), True, True),
        (CallProgress(answered=2.0), True, False),
        (CallProgress(answered=3.0, waited=1.9), True, False),
        (CallProgress(answered=3.0, waited=2.0), False, False),
        (CallProgress(waited=2.0), False, False),
        (CallProgress(answered=9.0, waited=8.0, agent=True), True, True),
        (CallProgress(answered=9.0, waited=8.0, message_played=True), True, True),
        (CallProgress(answered=9.0, machine=True), True, True),
    ],
)
def test_agent_or_message_within_two_seconds(call: CallProgress, us: bool, uk: bool) -> None:
    """From the end of the greeting in the United States, from its start in the United Kingdom."""
    american = asked(only("US-ABN-1-AGENT"), Moment.ANSWER, call)
    british = asked(only("UK-ABN-2-AGENT"), Moment.ANSWER, call, BRITISH)
    assert codes(american) == (set() if us else {"ABANDON_MSG"})
    assert codes(british) == (set() if uk else {"ABANDON_MSG"})


def test_the_message_is_owed_as_long_as_no_agent_is_there() -> None:
    """While there is time the obligation stands; with an agent it is gone."""
    rule = only("US-ABN-1-AGENT")
    assert asked(rule, Moment.ANSWER, CallProgress(waited=1.0)).obligations == ("ABANDON_MESSAGE",)
    assert asked(rule, Moment.ANSWER, CallProgress(agent=True)).obligations == ()
    assert asked(rule, Moment.ANSWER, pace(1, 1)).findings == ()


UK_3, UK_4 = only("UK-ABN-3"), only("UK-ABN-4")
SECOND = timedelta(seconds=1)


def british(outcome: str, at: datetime, **changes: Any) -> Any:
    """Give a person in London whose number was called before."""
    before = logged(at, number=contact().number, outcome=outcome, **changes)
    return replace(BRITISH, log=(before,))


def test_abandoned_number_rests_for_72_hours() -> None:
    """No redial for 72 hours after an abandoned call, to the second, without a guaranteed agent."""
    at = NOON - timedelta(hours=72)
    assert judged(UK_3, british("abandoned", at)).permit
    early = judged(UK_3, british("abandoned", at + SECOND))
    assert early.reason_code == "UK_72H"
    assert early.earliest_allowed_at == NOON + SECOND
    kept = judged(UK_3, british("abandoned", at + SECOND), agent_guaranteed=True)
    assert kept.obligations == ("GUARANTEE_AGENT",)
    assert judged(UK_3, british("no_answer", NOON - SECOND)).permit
    other = logged(NOON - SECOND, number="+442079460000", outcome="abandoned")
    assert judged(UK_3, replace(BRITISH, log=(other,))).permit
    assert judged(UK_3, british("abandoned", NOON - SECOND), channel=Channel.SMS).permit


def test_machine_detected_number_rests_for_the_day() -> None:
    """Wherever a machine was detected, no redial that day without a guaranteed agent."""
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    today = british("machine", noon - timedelta(hours=3), day=date(2026, 11, 24))
    early = judged(UK_4, today, now=noon)
    midnight = datetime(2026, 11, 25, tzinfo=UTC)
    assert early.reason_code == "UK_AM_SAMEDAY"
    assert early.earliest_allowed_at == midnight
    assert judged(UK_4, today, now=midnight).permit
    assert not judged(UK_4, today, now=midnight - SECOND).permit
    assert judged(UK_4, today, now=noon, agent_guaranteed=True).permit
    assert codes(judged(UK_4, replace(today, zones=()), now=noon)) == {"UK_AM_SAMEDAY"}


def test_a_row_may_bar_redial_outright() -> None:
    """Where the row takes no guarantee, a guaranteed agent does not help."""
    rule = UK_3.rules[0]
    hard = replace(rule, params={**rule.params, "unless_guaranteed": False})
    book = make_rulebook([hard], partial=True)
    known = british("abandoned", NOON - SECOND)
    assert codes(judged(book, known, agent_guaranteed=True)) == {"UK_72H"}


REC = only("REC-1-CA", "HOUSE-REC-1")
CALIFORNIAN = facts(region="CA", zones=("America/Los_Angeles",))


@pytest.mark.parametrize(
    ("call", "said", "allowed", "duties"),
    [
        (CallProgress(), (), True, ("ANNOUNCE_RECORDING",)),
        (CallProgress(recording=True), (), False, ()),
        (CallProgress(recording=True, announced=True), (), True, ()),
        (CallProgress(recording=True), (word("recording"),), True, ()),
        (
            CallProgress(recording=True, announced=True),
            (word("recording", granted=False),),
            False,
            (),
        ),
        (CallProgress(announced=True), (word("recording", granted=False),), True, ()),
        (CallProgress(), (word("recording"),), True, ("ANNOUNCE_RECORDING",)),
    ],
)
def test_recording_is_announced(
    call: CallProgress, said: Many, allowed: bool, duties: Many
) -> None:
    """Recording needs an announcement or consent, and never goes against a no."""
    known = replace(CALIFORNIAN, consents=said)
    answer = asked(REC, Moment.INCALL, call, known)
    assert codes(answer) == (set() if allowed else {"REC_NO_CONSENT"})
    assert answer.obligations == duties
    assert len(answer.findings) == 2


def test_announcement_alone_may_not_do() -> None:
    """Where staying implies nothing, an announced recording still needs a yes."""
    rule = replace(REC.rules[0], params={"implied": False})
    book = make_rulebook([rule], partial=True)
    call = CallProgress(recording=True, announced=True)
    assert codes(asked(book, Moment.ANSWER, call, CALIFORNIAN)) == {"REC_NO_CONSENT"}
    assert asked(book, Moment.ANSWER, pace(1, 1), CALIFORNIAN).findings == ()


PCI = only("PCI-1")


@pytest.mark.parametrize(
    ("call", "allowed", "duties"),
    [
        (CallProgress(paying=True, recording=True, announced=True), False, ()),
        (CallProgress(paying=True), True, ("PAUSE_RECORDING",)),
        (CallProgress(recording=True), True, ()),
    ],
)
def test_cards_are_never_recorded(call: CallProgress, allowed: bool, duties: Many) -> None:
    """While card details are given nothing is recorded."""
    answer = asked(PCI, Moment.INCALL, call)
    assert codes(answer) == (set() if allowed else {"PCI_AUDIO"})
    assert answer.obligations == duties


@pytest.mark.parametrize(
    ("instrument", "channel", "duties"),
    [
        ("credit", "agent", ("PAUSE_RECORDING",)),
        ("debit", "ivr", ("PAUSE_RECORDING",)),
        ("credit", "web", ()),
        ("ach", "agent", ()),
    ],
)
def test_card_payments_by_voice_pause_the_recording(
    instrument: str, channel: str, duties: Many
) -> None:
    """A card payment taken by voice pauses the recording; others do not."""
    payment = ProposedPayment(11, 1000, "USD", instrument, channel)
    assert asked(PCI, Moment.PAY, payment).obligations == duties
    assert asked(PCI, Moment.INCALL, pace(1, 1)).findings == ()
