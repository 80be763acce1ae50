"""Finding back after a crash or a lost connection: what the record says against what lives."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime

from goodterms.calls.live import CallHappening, Interrupted, LiveCall, Lost
from goodterms.calls.model import Attempt, Phase, Resynced
from goodterms.dialing.seats import Line, Seats, person_of
from goodterms.routing.model import AgentState, line_of

_CONVERSATION = (Phase.TALKING, Phase.HELD)


def restored(attempt: Attempt, seats: Seats) -> LiveCall:
    """Bring a recorded attempt back to life, as far as its row and its agent's tell."""
    talking = [s for s in seats if s.attempt_id == attempt.id and s.state is AgentState.TALKING]
    return LiveCall(
        attempt_id=attempt.id,
        consumer_id=attempt.consumer_id,
        campaign_id=attempt.campaign_id,
        trunk=attempt.trunk,
        ring_seconds=attempt.ring_seconds,
        amd=attempt.amd,
        phase=attempt.phase,
        placed_at=attempt.placed_at,
        ringing_at=attempt.ringing_at,
        answered_at=attempt.answered_at,
        greeting_ended_at=attempt.greeting_ended_at,
        bridged_at=attempt.bridged_at or (talking[0].since if talking else None),
        agent_id=attempt.agent_id or (talking[0].agent.person_id if talking else None),
        amd_verdict=attempt.amd_verdict,
        abandoned=attempt.abandoned,
        cancelled=attempt.cancel_requested_at is not None,
    )


def restored_talk(call: LiveCall, person_id: int, now: datetime) -> LiveCall:
    """Return the call as a conversation with this agent, whatever we had seen of it."""
    phase = Phase.HELD if call.phase is Phase.HELD else Phase.TALKING
    return replace(
        call,
        phase=phase,
        deadline=None,
        joining=False,
        agent_id=person_id,
        answered_at=call.answered_at or call.bridged_at or now,
        bridged_at=call.bridged_at or now,
    )


def takeover(call: LiveCall, event: Resynced, *, paired: bool) -> Iterable[CallHappening]:
    """Say what a call has gone through while nobody watched.

    Gone: lost. With its agent: nothing. Neither: it is ended, since the seconds within which an
    agent must answer cannot be known.
    """
    leg = call.attempt_id
    if leg not in event.legs:
        return (Lost(leg),)
    line = None if call.agent_id is None else line_of(call.agent_id)
    held = call.phase is Phase.HELD and line in event.legs
    return () if paired or held else (Interrupted(leg),)


def legs_gone(event: Resynced, calls: Container[str], seats: Seats) -> list[str]:
    """Return the legs that live on the node and that nobody here answers for."""
    ours = {seat.agent.line for seat in seats if seat.line is not Line.CLOSED}
    return sorted(
        leg
        for leg in event.legs
        if (leg not in ours if person_of(leg) is not None else leg not in calls)
    )
