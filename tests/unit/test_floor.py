"""The floor in virtual time: calls, agents and the rules between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from tests.fakes.floor import CAMPAIGN, PERSON, House, agent, policy

from goodterms.adapters.sim.consumers import BUSY, NO_ANSWER, UNALLOCATED, Script
from goodterms.calls.live import Hold, Play, Resume
from goodterms.calls.model import Outcome, Phase, RequestKind
from goodterms.dialing.model import Mode, Past, Rates
from goodterms.dialing.orders import OptOut, Place, ShowPace, Start
from goodterms.routing.model import AgentEvent, AgentState, line_of


def starts(house: House) -> int:
    return sum(isinstance(order, Start) for _, order in house.orders)


async def test_person_who_answers_talks_with_the_reserved_agent() -> None:
    """Progressive: one line, answered, joined, talked, wrapped up; the record says so."""
    house = House([PERSON], due=1)
    await house.open(agent(1))
    await house.run(5)
    assert house.state(1) is AgentState.TALKING
    assert house.attempts["att_0000"].phase is Phase.TALKING
    assert house.attempts["att_0000"].agent_id == 1
    await house.run(30)
    assert house.state(1) is AgentState.WRAP_UP
    assert house.outcomes() == [Outcome.CONVERSATION]
    assert house.ended[0].ending["hung_up_by"] == "consumer"


async def test_the_order_to_join_leaves_before_anything_is_written() -> None:
    """Answer and join lie in the same instant, whether or not the database answers."""
    house = House([PERSON], due=1, delayed=True)
    await house.open(agent(1))
    await house.write()
    await house.run(3)
    assert house.joins == [("att_0000", line_of(1))]
    joined_at = next(at for at, order in house.orders if type(order).__name__ == "Join")
    answered_at = house.floor.calls["att_0000"].answered_at
    assert joined_at == answered_at


async def test_progressive_places_one_line_per_free_agent() -> None:
    """Three free agents, three lines, each with an agent reserved; no fourth."""
    house = House([NO_ANSWER] * 3)
    await house.open(agent(1), agent(2), agent(3))
    await house.run(2)
    assert starts(house) == 3
    assert {a.state for a in house.agents.values()} == {AgentState.RESERVED}


async def test_nobody_is_dialed_while_no_agent_is_ready() -> None:
    """A paused agent's campaign places nothing."""
    house = House([PERSON])
    await house.open(agent(1, AgentState.PAUSED))
    await house.run(5)
    assert starts(house) == 0


async def test_failed_calls_release_their_agent_for_the_next() -> None:
    """Busy, unallocated, then a person: the agent is free in between and gets the person."""
    house = House([BUSY, UNALLOCATED, PERSON], due=3)
    await house.open(agent(1))
    await house.run(6)
    assert house.outcomes() == [Outcome.BUSY, Outcome.UNALLOCATED]
    assert house.state(1) is AgentState.TALKING


async def test_our_ring_timer_ends_a_call_nobody_answers() -> None:
    """After ring_seconds of ringing the call is cancelled and counts as no answer."""
    house = House([NO_ANSWER], due=1)
    await house.open(agent(1))
    await house.run(19)
    assert house.outcomes() == []
    await house.run(4)
    assert house.outcomes() == [Outcome.NO_ANSWER]


async def test_two_seconds_without_an_agent_is_an_abandoned_call() -> None:
    """Two answer, one agent: the other hears the message after two seconds and is recorded."""
    ratio = policy(mode=Mode.RATIO, ratio=Decimal(2))
    house = House([PERSON, PERSON], due=2, dial=ratio, rates=Rates(1000, 0))
    await house.open(agent(1))
    await house.run(2)
    assert len(house.joins) == 1
    await house.run(1.5)
    plays = [(at, order) for at, order in house.orders if isinstance(order, Play)]
    assert [order.prompt for _, order in plays] == ["abandoned"]
    waiting = house.floor.calls[plays[0][1].leg]
    assert waiting.answered_at is not None
    waited = plays[0][0] - waiting.answered_at
    assert timedelta(seconds=2) <= waited <= timedelta(seconds=2.1)
    await house.run(10)
    assert house.outcomes() == [Outcome.ABANDONED]
    assert house.ended[0].ending["abandoned"] is True
    assert house.floor.pacing.rates[CAMPAIGN] == Rates(1001, 1)


async def test_campaign_that_the_rules_hold_dials_one_line_per_agent() -> None:
    """What would be two lines for one agent is one, and the pace says why."""
    ratio = policy(mode=Mode.RATIO, ratio=Decimal(2))
    free = House([PERSON] * 4, due=4, dial=ratio, rates=Rates(1000, 0))
    held = House([PERSON] * 4, due=4, dial=ratio, rates=Rates(1000, 0), held="Too many were lost.")
    for house, lines in ((free, 2), (held, 1)):
        await house.open(agent(1))
        await house.run(0.5)
        assert starts(house) == lines
    shown = [order.pace.because for _, order in held.orders if isinstance(order, ShowPace)]
    assert shown
    assert all(words.startswith("Too many were lost.") for words in shown)


async def test_a_key_during_the_message_ends_our_calls_at_once() -> None:
    """Nine, pressed while the message plays, is written and ends the call; other keys do not."""
    presses = replace(PERSON, digits=((2.5, "5"), (3.0, "9"), (3.1, "9")))
    ratio = policy(mode=Mode.RATIO, ratio=Decimal(2))
    house = House([presses, presses], due=2, dial=ratio, rates=Rates(1000, 0))
    await house.open(agent(1))
    await house.run(6)
    written = [order for _, order in house.orders if isinstance(order, OptOut)]
    assert len(written) == 1
    assert house.outcomes() == [Outcome.ABANDONED]
    assert house.ended[0].attempt_id == written[0].attempt_id


async def test_a_key_outside_the_message_does_nothing() -> None:
    """Keys pressed while somebody waits or talks are no opt-out."""
    house = House([replace(PERSON, digits=((0.2, "9"), (3.0, "9")))], due=1)
    await house.open(agent(1))
    await house.run(4)
    assert not [order for _, order in house.orders if isinstance(order, OptOut)]
    assert house.outcomes() == []


async def test_predictive_dials_for_more_than_the_free_agents() -> None:
    """Where few answer and the budget is full, one free agent is worth several lines."""
    dial = policy(mode=Mode.PREDICTIVE)
    past = Past(lines=tuple((25.0, False) if i % 20 else (12.0, True) for i in range(1500)))
    house = House(due=500, dial=dial, rates=Rates(5000, 0), past=past)
    await house.open(*(agent(number) for number in range(1, 6)))
    await house.run(1.5)
    assert 10 < len(house.network.dialed) < 100
    shown = [o for _, o in house.orders if isinstance(o, ShowPace)][-1]
    assert "the next person to answer finds nobody with a chance of" in shown.pace.because


async def test_predictive_falls_back_to_one_line_each_without_budget() -> None:
    """Three of a hundred were abandoned and nobody more is due soon: one line per free agent."""
    dial = policy(mode=Mode.PREDICTIVE)
    house = House(due=2, dial=dial, rates=Rates(100, 3))
    await house.open(agent(1), agent(2))
    await house.run(1.2)
    assert len(house.network.dialed) == 2
    shown = [o for _, o in house.orders if isinstance(o, ShowPace)][-1]
    assert shown.pace.because.endswith("one line each, no abandoned call is left in the budget.")


async def test_predictive_looks_again_while_nothing_happens() -> None:
    """Lines grow older without an event; a second later they are weighed anew."""
    house = House(due=1, dial=policy(mode=Mode.PREDICTIVE))
    await house.open(agent(1))
    await house.run(1.0)  # the list has run dry; its rest is over
    due = house.floor.next_deadline()
    assert due is not None
    assert due <= house.now + timedelta(seconds=1)


async def test_the_past_is_learned_once() -> None:
    """A past that is read again, which holds what was dialed from here, is not learned again."""
    house = House(due=1, dial=policy(mode=Mode.PREDICTIVE))
    await house.open(agent(1))
    await house.run(1)
    house.past = Past(lines=((25.0, False),) * 1000)
    await house.feed(house.policies())
    soon = house.now.timestamp() + 100
    assert house.floor.pacing.foresight(CAMPAIGN).outlook(soon).answers[0] > 0.3


async def test_the_mode_changes_while_calls_go_on() -> None:
    """From one line each to predictive and back: no call is lost, nobody is joined twice."""
    talk = replace(PERSON, hangs_up_after=8.0)
    house = House([talk, NO_ANSWER] * 20, due=40, rates=Rates(5000, 0))
    await house.open(*(agent(number) for number in range(1, 5)))
    for mode in (Mode.PREDICTIVE, Mode.RATIO, Mode.PROGRESSIVE):
        await house.run(2.0)
        before = set(house.floor.calls)
        await house.feed(house.policies(mode=mode, ratio=Decimal(2)))
        assert before <= set(house.floor.calls)
    await house.run(2.0)
    await house.feed(house.policies(running=False))
    await house.run(40)
    assert house.floor.calls == {}
    assert set(house.outcomes()) <= {Outcome.CONVERSATION, Outcome.NO_ANSWER, Outcome.ABANDONED}
    assert len(house.ended) == len(house.attempts) == len(house.network.dialed)
    assert len({leg for leg, _ in house.joins}) == len(house.joins)


async def test_an_agent_freed_within_two_seconds_takes_the_waiting_person() -> None:
    """Whoever waits gets the next agent who becomes free in time."""
    ratio = policy(mode=Mode.RATIO, ratio=Decimal(2))
    house = House([PERSON, PERSON], due=2, dial=ratio, rates=Rates(1000, 0))
    await house.open(agent(1), agent(2, AgentState.PAUSED))
    await house.run(2)
    await house.act(2, AgentEvent.READY)
    await house.run(0.5)
    assert sorted(line for _, line in house.joins) == [line_of(1), line_of(2)]


async def test_consumer_who_leaves_within_two_seconds_is_not_abandoned() -> None:
    """Hanging up before the two seconds are over is the consumer's own choice."""
    ratio = policy(mode=Mode.RATIO, ratio=Decimal(2))
    quick = replace(PERSON, hangs_up_after=1.0)
    house = House([PERSON, quick], due=2, dial=ratio, rates=Rates(1000, 0))
    await house.open(agent(1))
    await house.run(4)
    assert house.outcomes() == [Outcome.HUNG_UP]
    assert not house.ended[0].ending["abandoned"]


async def test_machine_is_released_and_the_unsure_are_people() -> None:
    """With detection a machine is hung up on; an unsure verdict goes to an agent."""
    machine = Script(0.2, 1.0, speaks="machine")
    unsure = Script(0.2, 1.0, speaks="unsure", hangs_up_after=30)
    house = House([machine, unsure], due=2, dial=policy(amd=True))
    await house.open(agent(1))
    await house.run(10)
    assert house.outcomes() == [Outcome.MACHINE]
    assert house.state(1) is AgentState.TALKING


async def test_cancel_ends_a_ringing_call_at_once() -> None:
    """A payment while it rings: the call is cancelled and the agent is free again."""
    house = House([NO_ANSWER], due=1)
    await house.open(agent(1))
    await house.run(1)
    await house.cancel("att_0000")
    await house.hear()
    await house.run(0.1)
    assert house.outcomes() == [Outcome.CANCELLED]
    assert house.state(1) is AgentState.READY


async def test_cancel_leaves_a_conversation_alone() -> None:
    """Who talks goes on talking; the agent is told by the notice."""
    house = House([PERSON], due=1)
    await house.open(agent(1))
    await house.run(4)
    await house.cancel("att_0000")
    await house.run(1)
    assert house.state(1) is AgentState.TALKING


async def test_stale_attempt_is_never_dialed() -> None:
    """A restriction between permit and order ends the attempt without dialing."""
    house = House([PERSON], due=1)
    house.stale.add("att_0000")
    await house.open(agent(1))
    await house.run(1)
    assert house.network.dialed == []
    assert house.outcomes() == [Outcome.CANCELLED]
    assert house.state(1) is AgentState.READY


async def test_hold_and_resume_follow_the_agents_wish() -> None:
    """Hold and resume reach the network once each; an impossible wish changes nothing."""
    house = House([PERSON], due=1)
    await house.open(agent(1))
    await house.run(4)
    await house.ask("att_0000", RequestKind.RESUME)
    await house.ask("att_0000", RequestKind.HOLD)
    await house.ask("att_0000", RequestKind.RESUME)
    done = [type(o) for _, o in house.orders if isinstance(o, Hold | Resume)]
    assert done == [Hold, Resume]
    assert house.attempts["att_0000"].phase is Phase.TALKING


async def test_agent_hangs_up() -> None:
    """An agent's hang-up ends the conversation and begins the wrap-up."""
    house = House([PERSON], due=1)
    await house.open(agent(1))
    await house.run(4)
    await house.ask("att_0000", RequestKind.HANG_UP)
    await house.run(1)
    assert house.outcomes() == [Outcome.CONVERSATION]
    assert house.ended[0].ending["hung_up_by"] == "agent"
    assert house.state(1) is AgentState.WRAP_UP


async def test_telephone_that_does_not_answer_pauses_its_agent() -> None:
    """Ready without a telephone is no use: the agent is paused with the reason."""
    house = House([PERSON])
    house.far_ends.missing.add("PJSIP/agent-1")
    await house.open(agent(1))
    await house.run(1)
    assert house.state(1) is AgentState.PAUSED
    assert starts(house) == 0


async def test_line_is_closed_when_its_agent_signs_out() -> None:
    """Nobody's telephone stays open after work."""
    house = House(due=0)
    await house.open(agent(1))
    await house.run(1)
    assert house.agents[1].line_open
    await house.act(1, AgentEvent.SIGN_OUT)
    await house.run(1)
    assert not house.agents[1].line_open


async def test_conversation_survives_the_death_of_the_engine() -> None:
    """A new engine adopts who hears each other, and their end is recorded by it."""
    house = House([PERSON], due=1)
    await house.open(agent(1))
    await house.run(5)
    await house.restart()
    assert house.state(1) is AgentState.TALKING
    await house.run(25)
    assert house.outcomes() == [Outcome.CONVERSATION]
    assert house.state(1) is AgentState.WRAP_UP


async def test_ringing_call_found_after_a_crash_is_ended_truthfully() -> None:
    """The two seconds cannot be kept for a call nobody watched: it is hung up, interrupted."""
    house = House([NO_ANSWER], due=1)
    await house.open(agent(1))
    await house.run(2)
    await house.restart()
    await house.run(1)
    assert house.outcomes() == [Outcome.INTERRUPTED]
    assert house.state(1) is AgentState.READY


async def test_node_that_crashes_ends_its_calls_and_is_used_again() -> None:
    """Asterisk dies and returns: the conversation is over, lines open again, dialing goes on."""
    house = House([PERSON, PERSON], due=2)
    await house.open(agent(1), agent(2, AgentState.PAUSED))
    await house.run(4)
    house.network.lose(calls_too=True)
    await house.hear()
    house.network.restore()
    await house.hear()
    await house.run(1)
    assert house.outcomes() == [Outcome.CONVERSATION]
    assert house.state(1) is AgentState.WRAP_UP
    await house.act(1, AgentEvent.DISPOSE)
    await house.run(5)
    assert house.state(1) is AgentState.TALKING


async def test_leg_nobody_answers_for_is_hung_up() -> None:
    """A leg on the node that no record knows is ended."""
    house = House([PERSON], due=1)
    await house.open(agent(1))
    await house.run(0.5)
    house.floor.calls.clear()
    await house.run(3)
    assert house.network.next_at is None or "att_0000" not in house.network._legs


async def test_campaign_with_nothing_due_is_asked_again_only_now_and_then() -> None:
    """An empty list costs one look a second, not a busy loop."""
    house = House(due=0)
    await house.open(agent(1))
    await house.run(10)
    asked = sum(isinstance(order, Place) for _, order in house.orders)
    assert 9 <= asked <= 12


async def test_rate_limit_spreads_lines_over_time() -> None:
    """Two a second for six agents: six lines need more than two seconds."""
    house = House([NO_ANSWER] * 6, dial=policy(max_per_second=Decimal(2)))
    await house.open(*(agent(n) for n in range(1, 7)))
    await house.run(1)
    assert starts(house) == 2
    await house.run(2.2)
    assert starts(house) == 6
