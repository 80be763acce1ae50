"""Who takes the call, and how an agent's day moves on."""

from __future__ import annotations

from collections.abc import Iterable

from goodterms.routing.model import AGENT, Agent, AgentEvent, AgentState

BUSY = (AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP)


def serves(agent: Agent, campaign_id: int | None) -> bool:
    """Tell whether the agent takes calls of a campaign; no list means all of them."""
    return campaign_id is None or not agent.campaign_ids or campaign_id in agent.campaign_ids


def pick_agent(
    agents: Iterable[Agent], *, campaign_id: int | None, guardian_id: int | None
) -> Agent | None:
    """Choose among free agents: the account's own if free, else who has waited longest."""
    free = [agent for agent in agents if serves(agent, campaign_id)]
    for agent in free:
        if agent.person_id == guardian_id:
            return agent
    return min(free, key=lambda agent: (agent.since, agent.person_id), default=None)


def steps(agent: Agent, event: AgentEvent) -> tuple[AgentEvent, ...]:
    """Return the events that an event stands for, given that the agent may wish to pause.

    A pause asked for while busy waits until the call is done; the disposition that ends the
    wrap-up then pauses instead of making ready.
    """
    if agent.pause_after and event is AgentEvent.DISPOSE:
        return (AgentEvent.DISPOSE_AND_PAUSE,)
    if agent.pause_after and event is AgentEvent.RELEASE:
        return (AgentEvent.RELEASE, AgentEvent.PAUSE)
    return (event,)


def waits_with_pause(agent: Agent) -> bool:
    """Tell whether a pause asked for now must wait for the end of a call."""
    return agent.state in BUSY


def fits(agent: Agent, event: AgentEvent) -> bool:
    """Tell whether the event is legal for the agent now."""
    return AGENT.allows(agent.state, event)
