"""Predictive pacing: chances, estimates, budget, and what they come to."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.floor import TRUNK, policy

from goodterms.compliance.decide.abandonment import Tally, rate
from goodterms.dialing.decide import pace
from goodterms.dialing.decide.budget import (
    BORROW,
    BORROW_LARGE,
    aim,
    bearable,
    borrowed,
    surely_coming,
)
from goodterms.dialing.decide.estimate import (
    EDGES,
    LONGEST,
    OLDEST,
    Lengths,
    lines,
    releases,
    scaled,
    step_of,
    surprise,
)
from goodterms.dialing.decide.pace import LINES_EACH
from goodterms.dialing.decide.predict import EXACT, MOST, guarded, lines_ahead, spread
from goodterms.dialing.foresight import AHEAD_SECONDS, REFRESH, Foresight
from goodterms.dialing.learning import DeskRecord, LengthRecord, LineRecord, RiskRecord
from goodterms.dialing.model import Mode, Outlook, Snapshot

DIAL = policy(mode=Mode.PREDICTIVE)
STEPS = len(EDGES)
# One new line in five is answered, none that is older than ten seconds; nobody becomes free.
PLAIN = Outlook(
    answers=(0.2,) * 10 + (0.0,) * 10,
    answers_by=(0.1,) * 10 + (0.2,) * 10,
    after_talk=(0.0,) * STEPS,
    after_wrap=(0.0,) * STEPS,
    horizon=12.0,
    doubt=0.0,
    line_seconds=17.0,
    handle_seconds=180.0,
)
SEEN = Snapshot(1, 2, 0, 0, 0, 0, 0, 1000, 10, 0, 0, 0, risk=0.05)


def test_the_spread_is_that_of_independent_tries() -> None:
    """All ways of succeeding are counted; the last entry gathers so many or more."""
    chances = (0.1, 0.5, 0.7)
    exact = [0.0] * 4
    for way in product((False, True), repeat=3):
        exact[sum(way)] += prod(c if won else 1 - c for c, won in zip(chances, way, strict=True))
    assert spread(chances, 4)[:4] == pytest.approx(exact)
    assert spread(chances, 1) == pytest.approx([exact[0], sum(exact[1:])])


def test_a_line_more_is_placed_while_the_next_answer_finds_somebody() -> None:
    """Two agents free: the chance that both are taken when the last line is answered decides."""
    assert lines_ahead(SEEN, PLAIN) == 3  # two others: 0.2 squared is 4 %
    assert lines_ahead(replace(SEEN, risk=0.039), PLAIN) == 2
    assert lines_ahead(replace(SEEN, line_ages=(1, 0, 1)), PLAIN) == 1
    assert lines_ahead(replace(SEEN, line_ages=(0,) * 12 + (5,)), PLAIN) == 3  # too old to answer


def test_people_who_wait_take_agents_first() -> None:
    """Nobody free and nobody expected: the next answer would find nobody."""
    assert lines_ahead(replace(SEEN, queued=2), PLAIN) == 0
    assert lines_ahead(replace(SEEN, queued=3), PLAIN) == 0


def test_agents_about_to_be_free_are_dialed_for() -> None:
    """An agent who almost surely ends the wrap-up in time is as good as free."""
    soon = replace(PLAIN, after_wrap=(0.99,) * STEPS)
    busy = replace(SEEN, ready=0, wrapped=(20, 25))
    assert lines_ahead(busy, soon) == 3  # as with two free agents
    assert lines_ahead(busy, PLAIN) == 0
    assert releases(soon, replace(busy, talked=(LONGEST + 5,))) == [0.0, 0.99, 0.99]


def test_large_teams_get_nearly_what_is_exact() -> None:
    """At the border of both methods they differ by a line or two."""
    team = replace(SEEN, ready=EXACT, risk=0.05)
    exact = lines_ahead(team, PLAIN)
    near = lines_ahead(replace(team, ready=EXACT, talked=(0,)), PLAIN)
    assert abs(exact - near) <= 2
    assert lines_ahead(replace(team, talked=(0,), queued=EXACT), PLAIN) == 0


def test_doubt_places_fewer_lines() -> None:
    """Where the answers are known from few calls only, the tail is wider."""
    team = replace(SEEN, ready=40)
    assert lines_ahead(team, replace(PLAIN, doubt=0.01)) < lines_ahead(team, PLAIN)


def test_one_decision_has_an_end() -> None:
    """Where nobody ever answers, no more than so many lines are placed at once."""
    never = replace(PLAIN, answers=(0.0,))
    assert lines_ahead(SEEN, never) == MOST
    assert lines_ahead(replace(SEEN, ready=100), never) == MOST


def test_the_guard_holds_where_one_more_could_break_the_cap() -> None:
    """One line per idle agent, and the reason says so; answers that surely come count."""
    tight = replace(SEEN, answered=100, abandoned=3)
    assert guarded(tight)
    assert not guarded(replace(tight, ahead=40))
    paced = pace(tight, DIAL, TRUNK, PLAIN)
    assert (paced.place, "no abandoned call is left" in paced.because) == (2, True)
    assert pace(replace(tight, in_flight=5), DIAL, TRUNK, PLAIN).place == 0


def test_a_pace_says_why() -> None:
    """Who is free, who soon, how many lines, which risk."""
    paced = pace(SEEN, DIAL, TRUNK, PLAIN)
    assert paced.place == 3
    assert paced.because == (
        "2 agents are free and 0.0 more soon, 3 lines: the next person to answer finds nobody with "
        "a chance of 5.0 % at most."
    )


def test_a_failing_carrier_does_not_burn_the_list() -> None:
    """Where nobody answers at all, lines are bounded by the agents at work."""
    never = replace(PLAIN, answers=(0.0,))
    assert pace(replace(SEEN, in_flight=10), DIAL, TRUNK, never).place == 2 * LINES_EACH - 10


def test_predictive_without_agents_or_outlook() -> None:
    """Nobody at work: nothing is placed. Nothing known yet: one line per idle agent."""
    assert pace(replace(SEEN, ready=0), DIAL, TRUNK, PLAIN).because == "No agent is at work."
    assert pace(SEEN, DIAL, TRUNK).place == 2
    # Even at no risk at all an idle agent has a line.
    assert pace(replace(SEEN, risk=0.0), DIAL, TRUNK, replace(PLAIN, answers=(1.0,))).place == 2


@given(
    answered=st.integers(0, 20_000),
    abandoned=st.integers(0, 700),
    ahead=st.integers(0, 400),
    agents=st.integers(1, 200),
)
def test_the_aim_never_grows_with_what_was_abandoned(
    answered: int, abandoned: int, ahead: int, agents: int
) -> None:
    """Each abandoned call lowers the share that may follow, down to its least."""
    seen = replace(SEEN, ready=agents, answered=answered, abandoned=abandoned, ahead=ahead)
    share = aim(seen)
    assert 0.0025 <= share <= 0.045
    assert aim(replace(seen, abandoned=abandoned + 1)) <= share


@given(answered=st.integers(0, 5000), abandoned=st.integers(0, 150), ahead=st.integers(0, 500))
def test_unguarded_means_that_one_more_is_within_the_cap(
    answered: int, abandoned: int, ahead: int
) -> None:
    """Once the answers counted as to come have come, one more abandoned call keeps 3 %."""
    abandoned = min(abandoned, answered)
    seen = replace(SEEN, answered=answered, abandoned=abandoned, ahead=ahead)
    later = answered + min(BORROW, ahead)
    share = rate(Tally(abandoned + 1, later - abandoned))
    assert guarded(seen) == (later == 0 or share is None or not share.within())


def test_larger_teams_borrow_more() -> None:
    """Ten answers for each agent, within bounds, and never more than surely come."""
    ahead = replace(SEEN, ahead=1000)
    assert borrowed(replace(ahead, ready=5)) == BORROW
    assert borrowed(replace(ahead, ready=15)) == 150
    assert borrowed(replace(ahead, ready=100)) == BORROW_LARGE
    assert borrowed(replace(ahead, ahead=30)) == 30


def test_the_bearable_risk_is_learned() -> None:
    """Where fewer are abandoned than expected at a risk, more is borne."""
    assert bearable(0.03, 0.0, 0.0) == pytest.approx(0.03 / 0.65)
    assert bearable(0.03, 1000.0, 300.0) > bearable(0.03, 1000.0, 600.0)
    record = RiskRecord()
    for _ in range(500):
        record.add(0.05, abandoned=False)
    assert record.bearable(0.03) > bearable(0.03, 0.0, 0.0)


def test_answers_surely_to_come_are_few() -> None:
    """No more than agents have time for, and than the people who are due would give."""
    assert surely_coming(PLAIN, 5, 3600.0, 100_000) == int(0.8 * 5 * 3600 / (180 + 85))
    assert surely_coming(PLAIN, 5, 3600.0, 50) == 8
    assert surely_coming(PLAIN, 0, 3600.0, 50) == 0
    assert surely_coming(PLAIN, 5, -1.0, 50) == 0
    assert surely_coming(replace(PLAIN, answers=(0.0,)), 5, 3600.0, 50) == 0


def test_lines_still_out_count_for_their_time() -> None:
    """Of lines of which only failures have ended, no fewer answers are expected for that."""
    answered, ended = [0.0] * OLDEST, [0.0] * OLDEST
    ended[3], answered[10], ended[27] = 10.0, 20.0, 70.0
    known = lines(answered, ended, ())
    assert known.answers[0] == pytest.approx(0.2)
    assert known.answers[5] == pytest.approx(20 / 90)
    assert known.answers[11] == 0.0
    assert known.mean_answer == pytest.approx(10.5)
    # 100 more were placed 5 s ago, of which 10 have failed: the estimate stays.
    early = list(ended)
    early[3] += 10.0
    out = (0,) * 5 + (90,)
    assert lines(answered, early, out).answers[0] == pytest.approx(0.2)
    assert lines([0.0] * 5, [0.0] * 5, ()).answers == (0.0,) * 5


def test_lengths_know_what_has_lasted() -> None:
    """An even hazard forgets the time elapsed; its mean is one over it."""
    even = Lengths([0.1] * STEPS, [10.0] * STEPS)
    assert even.ends_within(0.0, 100.0) == pytest.approx(even.ends_within(40.0, 100.0))
    assert even.mean == pytest.approx(100.0, rel=0.02)
    record = LengthRecord(30.0)
    for _ in range(400):
        record.add(20.0)
    learned = record.lengths()
    assert learned.ends_within(1.0, 10.0) < 0.1
    assert learned.ends_within(15.0, 10.0) > 0.9
    assert (step_of(0.0), step_of(5.5)) == (0, 5)


def test_breaks_are_learned() -> None:
    """An agent who often pauses after a call is expected back less often."""
    desk = DeskRecord()
    assert desk.back == 1.0
    for _ in range(100):
        desk.wrapped(30.0, back=False)
    assert desk.back < 0.3


def test_counts_forget() -> None:
    """What was long ago weighs less than what is now, and numbers stay small."""
    record = LineRecord()
    for _ in range(5000):
        record.add(10.0, answered=True)
    for _ in range(30_000):
        record.add(27.0, answered=False)
    answered, ended = record.counts()
    assert sum(answered) < 0.01
    assert 1000 < sum(ended) < 2000
    assert lines(answered, ended, ()).answers[0] < 0.001


def test_a_burst_of_answers_is_believed_at_once() -> None:
    """Twice as many as expected may be chance; four times as many are not, and count at once."""
    assert surprise(10.0, 5.0) == 1.0
    assert surprise(1.0, 5.0) == 1.0
    assert surprise(20.0, 5.0) == 3.5
    assert scaled(PLAIN, 3.0).answers[0] == pytest.approx(0.6)
    assert scaled(PLAIN, 9.0).answers[0] == 1.0


def test_a_carrier_that_fails_teaches_nothing() -> None:
    """After too many failures in a row no risk is taken until somebody answers again."""
    sight = Foresight(DeskRecord())
    for _ in range(1500):
        sight.learn(10.0, answered=True)
        sight.learn(20.0, answered=False)
    before = sight.outlook(0.0).answers[0]
    for number in range(300):
        sight.placed(str(number), 1.0)
        sight.over(str(number), 4.0, answered=False)
    assert sight.seen(SEEN, 5.0, seconds=None, due=0).risk == 0.0
    assert sight.outlook(1000.0).answers[0] > 0.9 * before
    sight.placed("back", 1000.0)
    sight.over("back", 1010.0, answered=True)
    assert sight.seen(SEEN, 1011.0, seconds=None, due=0).risk > 0.0


def test_foresight_follows_a_burst() -> None:
    """Few answered for long; then everybody does: the outlook follows before it is made anew."""
    sight = Foresight(DeskRecord())
    for _ in range(1500):
        sight.learn(20.0, answered=False)
    calm = sight.outlook(0.0).answers[0]
    for number in range(10):
        sight.placed(str(number), 1.0)
        sight.over(str(number), 1.5, answered=True)
    assert sight.outlook(1.5).answers[0] > 5 * calm


def test_foresight_keeps_the_ages_of_lines() -> None:
    """Placed, over and dropped lines: what is left is counted by whole seconds."""
    sight = Foresight(DeskRecord())
    for name, at in (("a", 0.2), ("b", 0.4), ("c", 2.1), ("d", 3.0)):
        sight.placed(name, at)
    assert sight.ages(5.5) == (0, 0, 1, 1, 0, 2)
    sight.over("a", 6.0, answered=True)
    sight.drop("d")
    sight.drop("d")
    sight.over("never placed", 6.0, answered=False)
    assert sight.ages(6.0) == (0, 0, 0, 0, 1, 0, 1)
    sight.over("b", 7.0, answered=False)
    sight.over("c", 7.0, answered=False)
    assert sight.ages(7.0) == ()
    sight.placed("stuck", 7.0)
    assert sight.ages(1e9) == (0,) * OLDEST + (1,)
    assert sight.ages(5.0) == (1,)  # the clock was set back


def test_foresight_makes_its_outlook_anew_in_time() -> None:
    """Between two refreshes the same outlook is used."""
    sight = Foresight(DeskRecord())
    first = sight.outlook(0.0)
    sight.learn(5.0, answered=True)
    assert sight.outlook(1.0) is first
    assert sight.outlook(5.0) is not first
    later = sight.outlook(700.0)
    assert sight.outlook(700.0 + REFRESH / 2) is later
    assert sight.outlook(701.0 + REFRESH) is not later


def test_foresight_completes_a_snapshot() -> None:
    """Ages, the answers to come and the risk are added; without an end of calling: an hour's."""
    sight = Foresight(DeskRecord())
    sight.placed("a", 1.0)
    open_end = sight.seen(SEEN, 3.0, seconds=None, due=10_000)
    assert open_end.line_ages == (0, 0, 1)
    assert open_end.ahead == sight.seen(SEEN, 3.0, seconds=AHEAD_SECONDS, due=10_000).ahead > 0
    before = open_end.risk
    for _ in range(200):
        sight.met(abandoned=True)
    assert sight.seen(SEEN, 3.0, seconds=None, due=10_000).risk < before
