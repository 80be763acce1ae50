"""What a live call does next, what came of it, and how it is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from goodterms.calls.decide import (
    HANG_UPS,
    automatic_disposition,
    hung_up_by,
    outcome_of,
    outcome_of_causes,
    reach_disposed,
    reach_of,
    transition,
)
from goodterms.calls.live import (
    Asked,
    CallHappening,
    Cancelled,
    Detect,
    HangUp,
    Interrupted,
    Joining,
    LiveCall,
    Lost,
    NotStarted,
    Play,
    Started,
    TimeUp,
)
from goodterms.calls.model import (
    Answered,
    Detected,
    Disposition,
    Joined,
    LegEnded,
    Outcome,
    Phase,
    PromptEnded,
    RequestKind,
    Ringing,
)
from goodterms.compliance.model import Reach

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
LEG = "att_1"
FAR = LegEnded(LEG, 16, None, by_far_end=True)
OURS = LegEnded(LEG, 16, None, by_far_end=False)


def call(*, amd: bool = False) -> LiveCall:
    return LiveCall(LEG, 1, 1, "carrier", ring_seconds=20, amd=amd)


def live(*events: CallHappening, amd: bool = False) -> tuple[LiveCall, list[object]]:
    """Let a call live through events, one second apart; time is up when a deadline has passed."""
    now, one, orders = NOW, call(amd=amd), list[object]()
    for event in events:
        now += timedelta(seconds=1)
        if isinstance(event, TimeUp) and one.deadline is not None:
            now = one.deadline
        one, told = transition(one, event, now)
        orders += told
    return one, orders


UP = (Started(LEG), Ringing(LEG), Answered(LEG))


@pytest.mark.parametrize(
    ("events", "phase", "outcome", "by"),
    [
        ((*UP, Joining(LEG, 7), Joined(LEG, "line-7"), FAR), "ended", "conversation", "consumer"),
        (
            (*UP, Joining(LEG, 7), Joined(LEG, "line-7"), Asked(LEG, RequestKind.HANG_UP), OURS),
            "ended", "conversation", "agent",
        ),
        ((*UP, TimeUp(LEG), PromptEnded(LEG, "abandoned"), OURS), "ended", "abandoned", "platform"),
        ((*UP, FAR), "ended", "hung_up", "consumer"),
        ((*UP, Joining(LEG, 7), TimeUp(LEG), OURS), "ended", "abandoned", "platform"),
        ((*UP, Cancelled(LEG), OURS), "ended", "cancelled", "platform"),
        ((*UP[:2], TimeUp(LEG), OURS), "ended", "no_answer", "platform"),
        ((*UP[:1], TimeUp(LEG), OURS), "ended", "no_answer", "platform"),
        ((*UP[:2], Cancelled(LEG), OURS), "ended", "cancelled", "platform"),
        ((*UP[:2], Asked(LEG, RequestKind.HANG_UP), OURS), "ended", "cancelled", "agent"),
        ((Cancelled(LEG), Started(LEG), OURS), "ended", "cancelled", "platform"),
        ((Asked(LEG, RequestKind.HANG_UP), NotStarted(LEG)), "ended", "cancelled", None),
        ((NotStarted(LEG, stale=True),), "ended", "cancelled", None),
        ((NotStarted(LEG),), "ended", "interrupted", None),
        ((Started(LEG, known=False), Lost(LEG)), "ended", "interrupted", None),
        ((*UP[:2], Interrupted(LEG), OURS), "ended", "interrupted", "platform"),
        ((*UP, Interrupted(LEG), OURS), "ended", "abandoned", "platform"),
        ((Ringing(LEG), Started(LEG)), "ringing", "interrupted", None),
        ((Cancelled(LEG), Ringing(LEG)), "ending", "cancelled", None),
        ((Started(LEG), LegEnded(LEG, 17, 486, by_far_end=True)), "ended", "busy", "consumer"),
        ((LegEnded(LEG, 1, 404, by_far_end=True),), "ended", "unallocated", "consumer"),
    ],
)  # fmt: skip
def test_each_story_has_its_outcome(
    events: tuple[CallHappening, ...], phase: str, outcome: str, by: str | None
) -> None:
    """From answered to lost: phase, outcome and the side that ended it."""
    one, _ = live(*events)
    assert (one.phase.value, outcome_of(one).value, hung_up_by(one)) == (phase, outcome, by)


def test_detection_asks_the_network_and_believes_its_verdict() -> None:
    """Answered with detection: listen first; a machine is hung up on, a person waits."""
    listening, orders = live(*UP, amd=True)
    assert (listening.phase, orders) == (Phase.DETECTING, [Detect(LEG)])
    machine, orders = live(*UP, Detected(LEG, "machine", "MAXWORDS"), OURS, amd=True)
    assert orders[-1] == HangUp(LEG)
    assert outcome_of(machine) is Outcome.MACHINE
    unsure, _ = live(*UP, Detected(LEG, "unsure", "TOOLONG"), amd=True)
    assert (unsure.phase, unsure.amd_verdict) == (Phase.QUEUED, "unsure")
    silent, _ = live(*UP, TimeUp(LEG), amd=True)
    assert (silent.phase, silent.amd_verdict) == (Phase.QUEUED, "unsure")


def test_two_seconds_begin_with_the_greetings_end() -> None:
    """Without detection they run from the answer, with it from the verdict."""
    plain, _ = live(*UP)
    assert plain.greeting_ended_at == plain.answered_at
    heard, _ = live(*UP, Detected(LEG, "person", "HUMAN"), amd=True)
    assert heard.greeting_ended_at == NOW + timedelta(seconds=4)
    assert heard.deadline == NOW + timedelta(seconds=6)


def test_abandoned_person_hears_the_message_once() -> None:
    """After two seconds the message is played; a second time-up hangs up."""
    one, orders = live(*UP, TimeUp(LEG), TimeUp(LEG))
    assert orders == [Play(LEG, "abandoned"), HangUp(LEG)]
    assert one.phase is Phase.ENDING


def test_hanging_up_is_repeated_and_then_given_up() -> None:
    """A leg whose end is never told is closed after the last try."""
    one, orders = live(*UP[:2], *[TimeUp(LEG)] * (HANG_UPS + 1))
    assert orders == [HangUp(LEG)] * HANG_UPS
    assert one.phase is Phase.ENDED
    assert outcome_of(one) is Outcome.NO_ANSWER


def test_hold_and_resume_only_in_conversation() -> None:
    """Hold before the conversation changes nothing; in it, it waits and goes on."""
    ringing, _ = live(*UP[:2], Asked(LEG, RequestKind.HOLD))
    assert ringing.phase is Phase.RINGING
    talk = (*UP, Joining(LEG, 7), Joined(LEG, "line-7"))
    held, _ = live(*talk, Asked(LEG, RequestKind.HOLD))
    assert held.phase is Phase.HELD
    back, _ = live(*talk, Asked(LEG, RequestKind.HOLD), Asked(LEG, RequestKind.RESUME))
    assert back.phase is Phase.TALKING


@pytest.mark.parametrize(
    "event",
    [*UP, FAR, Cancelled(LEG), TimeUp(LEG), Joined(LEG, "line-7"), PromptEnded(LEG, "abandoned")],
)
def test_nothing_happens_after_the_end(event: CallHappening) -> None:
    """Late and doubled events change nothing."""
    over, _ = live(*UP, FAR)
    assert transition(over, event, NOW) == (over, ())


@pytest.mark.parametrize(
    "event",
    [
        Ringing(LEG), Answered(LEG), Detected(LEG, "machine", ""), Joined(LEG, "line-9"),
        PromptEnded(LEG, "abandoned"), Cancelled(LEG), TimeUp(LEG), Started(LEG),
    ],
)  # fmt: skip
def test_events_out_of_order_leave_a_conversation_alone(event: CallHappening) -> None:
    """A conversation is ended by its parties, not by stray events."""
    talking, _ = live(*UP, Joining(LEG, 7), Joined(LEG, "line-7"))
    assert transition(talking, event, NOW) == (talking, ())


@pytest.mark.parametrize(
    ("q850", "sip", "rang", "outcome"),
    [
        (17, 486, False, "busy"),
        (1, 404, False, "unallocated"),
        (19, 480, False, "unavailable"),
        (19, 480, True, "no_answer"),
        (21, 403, True, "refused"),
        (21, 603, True, "refused"),
        (28, 484, False, "unallocated"),
        (34, 503, False, "congested"),
        (27, 502, False, "congested"),
        (38, 500, False, "congested"),
        (18, 408, False, "unavailable"),
        (58, 488, False, "failed"),
        (17, None, False, "busy"),
        (16, None, True, "no_answer"),
        (None, None, False, "failed"),
    ],
)
def test_causes_are_read_as_the_network_means_them(
    q850: int | None, sip: int | None, rang: bool, outcome: str
) -> None:
    """Each cause seen on real networks has its outcome."""
    assert outcome_of_causes(q850, sip, rang=rang).value == outcome


@pytest.mark.parametrize(
    ("outcome", "placed", "rang", "counts"),
    [
        (Outcome.BUSY, True, False, False),
        (Outcome.UNALLOCATED, True, False, False),
        (Outcome.NO_ANSWER, True, True, True),
        (Outcome.MACHINE, True, True, True),
        (Outcome.ABANDONED, True, True, True),
        (Outcome.CANCELLED, True, False, False),
        (Outcome.CANCELLED, True, True, True),
        (Outcome.INTERRUPTED, True, False, True),
        (Outcome.INTERRUPTED, False, False, False),
        (Outcome.UNAVAILABLE, True, False, True),
    ],
)
def test_what_counts_towards_the_seven(
    outcome: Outcome, placed: bool, rang: bool, counts: bool
) -> None:
    """Busy and not in service do not count, rings out and voicemail do; in doubt it counts."""
    reach = reach_of(outcome, placed=placed, rang=rang)
    assert (reach >= Reach.RANG) is counts
    assert reach < Reach.CONVERSATION


def test_only_words_with_the_consumer_are_a_conversation() -> None:
    """A wrong number was answered, but the consumer was not spoken with."""
    assert reach_of(Outcome.CONVERSATION, placed=True, rang=True) is Reach.CONVERSATION
    assert reach_disposed(Disposition.PROMISE) is Reach.CONVERSATION
    assert reach_disposed(Disposition.WRONG_NUMBER) is Reach.PERSON
    assert reach_disposed(Disposition.MACHINE) is Reach.MACHINE


def test_calls_without_a_conversation_dispose_of_themselves() -> None:
    """Only a conversation asks the agent."""
    assert automatic_disposition(Outcome.CONVERSATION) is None
    assert automatic_disposition(Outcome.MACHINE) is Disposition.MACHINE
    assert automatic_disposition(Outcome.HUNG_UP) is Disposition.HUNG_UP
    assert automatic_disposition(Outcome.BUSY) is Disposition.NO_CONTACT


def answered_at(seconds: float, call_: LiveCall) -> LiveCall:
    """Let a call be answered so many seconds after it was placed."""
    started, _ = transition(call_, Started(LEG), NOW)
    return transition(started, Answered(LEG), NOW + timedelta(seconds=seconds))[0]


def test_seconds_for_an_agent_are_those_of_the_rules() -> None:
    """A tighter rule leaves less time from the end of the greeting."""
    strict = answered_at(5, replace(call(), agent_seconds=1))
    assert strict.deadline == NOW + timedelta(seconds=6)
    heard, _ = transition(
        answered_at(5, call(amd=True)), Detected(LEG, "person", "HUMAN"), NOW + timedelta(seconds=8)
    )
    assert heard.deadline == NOW + timedelta(seconds=10)


def test_seconds_may_run_from_the_salutation() -> None:
    """Where the greeting itself counts, detection may not outlast it, and leaves what is left."""
    uk = answered_at(5, replace(call(amd=True), from_salutation=True))
    assert (uk.phase, uk.deadline) == (Phase.DETECTING, NOW + timedelta(seconds=7))
    heard, _ = transition(uk, Detected(LEG, "person", "HUMAN"), NOW + timedelta(seconds=6))
    assert heard.deadline == NOW + timedelta(seconds=7)
    unsure, _ = transition(uk, TimeUp(LEG), NOW + timedelta(seconds=7))
    told, orders = transition(unsure, TimeUp(LEG), NOW + timedelta(seconds=7))
    assert told.phase is Phase.MESSAGE
    assert isinstance(orders[0], Play)
