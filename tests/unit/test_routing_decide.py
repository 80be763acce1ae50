"""Who takes the call, and how a day moves on."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.floor import agent

from goodterms.routing.decide import pick_agent, serves, steps, waits_with_pause
from goodterms.routing.model import AgentEvent, AgentState


def test_whoever_waits_longest_is_picked() -> None:
    """The order of waiting decides among free agents."""
    picked = pick_agent([agent(2), agent(1), agent(3)], campaign_id=1, guardian_id=None)
    assert picked is not None
    assert picked.person_id == 1


def test_the_guardian_goes_first_if_free() -> None:
    """The account's own agent comes before whoever waits longest."""
    picked = pick_agent([agent(1), agent(3)], campaign_id=1, guardian_id=3)
    other = pick_agent([agent(1)], campaign_id=1, guardian_id=3)
    assert picked is not None
    assert other is not None
    assert (picked.person_id, other.person_id) == (3, 1)


def test_agents_serve_their_campaigns_only() -> None:
    """A list of campaigns narrows; no list means all."""
    one = replace(agent(1), campaign_ids=(2,))
    assert not serves(one, 1)
    assert serves(one, 2)
    assert serves(one, None)
    assert serves(agent(1), 1)
    assert pick_agent([one], campaign_id=1, guardian_id=1) is None


def test_a_pause_asked_for_in_a_call_follows_it() -> None:
    """Busy: the pause waits; then the disposition or the release pauses."""
    busy = replace(agent(1, AgentState.TALKING), pause_after=True)
    assert waits_with_pause(busy)
    assert not waits_with_pause(agent(1))
    assert steps(busy, AgentEvent.DISPOSE) == (AgentEvent.DISPOSE_AND_PAUSE,)
    assert steps(busy, AgentEvent.RELEASE) == (AgentEvent.RELEASE, AgentEvent.PAUSE)
    assert steps(busy, AgentEvent.CALL_ENDED) == (AgentEvent.CALL_ENDED,)
    assert steps(agent(1), AgentEvent.DISPOSE) == (AgentEvent.DISPOSE,)
