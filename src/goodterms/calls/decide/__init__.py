"""What a live call does next, what came of it, and what follows from a disposition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

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
    NetworkCommand,
    NotStarted,
    Play,
    Started,
    TimeUp,
)
from goodterms.calls.model import (
    CALL,
    Answered,
    Attempt,
    AttemptState,
    CallEvent,
    Detected,
    Digit,
    Disposition,
    Joined,
    LegEnded,
    Opening,
    Outcome,
    Phase,
    PromptEnded,
    RequestKind,
    Ringing,
)
from goodterms.compliance.model import Reach
from goodterms.kit.change import changed

POST_DIAL = timedelta(seconds=10)
"""How long the network may take from the order to dial to the first ring."""
DETECT_WITHIN = timedelta(seconds=6)
"""After this long without a verdict a person is assumed: a machine is the lesser mistake."""
JOIN_WITHIN = timedelta(seconds=3)
MESSAGE_WITHIN = timedelta(seconds=30)
OPT_OUT_KEY = "9"
"""Pressed during our message it ends our calls, and this one at once.

Reference: 47 CFR 64.1200(b)(3): the request is recorded and the call terminated immediately.
"""
HANG_UP_AGAIN = timedelta(seconds=3)
HANG_UPS = 3

_BEFORE_PERSON = (Phase.DIALING, Phase.RINGING)
_PERSON_WAITS = (Phase.ANSWERED, Phase.DETECTING, Phase.QUEUED)

Step = tuple[LiveCall, tuple[NetworkCommand, ...]]


# What an attempt has before anything happened to it.
_BLANK: Mapping[str, Any] = {
    **dict.fromkeys(field.name for field in fields(Attempt)),
    "state": AttemptState.PERMITTED,
    "phase": Phase.WAITING,
    "abandoned": False,
    "disposition_note": "",
}
_OPENED = tuple(f.name for f in fields(Opening) if f.name != "attempt_id")


def opened(opening: Opening, now: datetime) -> Attempt:
    """Return the attempt as it is when it has been written and not yet dialed."""
    given = {name: getattr(opening, name) for name in _OPENED}
    return Attempt(**{**_BLANK, **given, "id": opening.attempt_id, "created_at": now})


def transition(call: LiveCall, event: CallHappening, now: datetime) -> Step:
    """Return the call after the event and what the network must be told.

    An event that comes twice, late or out of order changes nothing.
    """
    if call.phase is Phase.ENDED:
        return call, ()
    step: Step
    match event:
        case LegEnded() | Lost() | NotStarted():
            step = _ended(call, event, now), ()
        case Cancelled():
            step = _cancelled(call, now)
        case Started(known=known):
            step = _started(call, now, known=known)
        case TimeUp():
            step = _time_up(call, now)
        case Interrupted():
            waiting = call.phase in _PERSON_WAITS
            call = changed(call, interrupted=True, abandoned=call.abandoned or waiting)
            step = _hang_up(call, now)
        case Asked(kind=kind):
            step = _asked(call, kind, now)
        case Joining(agent_id=agent_id):
            step = changed(call, agent_id=agent_id, joining=True, deadline=now + JOIN_WITHIN), ()
        case _:
            step = _network(call, event, now)
    return step


def _network(
    call: LiveCall,
    event: Ringing | Answered | Detected | Joined | PromptEnded | Digit,
    now: datetime,
) -> Step:
    if call.phase is Phase.WAITING:  # the event overtook the answer to our order
        call, commands = _started(call, now, known=True)
        if commands:
            return call, commands
    step: Step = (call, ())
    match event:
        case Ringing() if CALL.allows(call.phase, CallEvent.RANG) and call.ringing_at is None:
            call = _to(call, CallEvent.RANG, now + timedelta(seconds=call.ring_seconds))
            step = changed(call, ringing_at=now), ()
        case Answered() if CALL.allows(call.phase, CallEvent.ANSWERED):
            step = _answered(changed(_to(call, CallEvent.ANSWERED, None), answered_at=now), now)
        case Detected(verdict=verdict) if call.phase is Phase.DETECTING:
            call = changed(call, amd_verdict=verdict)
            step = _machine(call, now) if verdict == "machine" else (_person(call, now), ())
        case Joined() if call.phase is Phase.QUEUED and call.joining:
            call = _to(call, CallEvent.CONNECTED, None)
            step = changed(call, bridged_at=now, joining=False), ()
        case Digit(digit=digit) if call.phase is Phase.MESSAGE and digit == OPT_OUT_KEY:
            step = _hang_up(changed(call, opted_out=True), now)
        case PromptEnded() if call.phase is Phase.MESSAGE:
            step = _hang_up(call, now)
    return step


def _to(call: LiveCall, event: CallEvent, deadline: datetime | None) -> LiveCall:
    return changed(call, phase=CALL.step(call.phase, event), deadline=deadline)


def _started(call: LiveCall, now: datetime, *, known: bool) -> Step:
    if call.phase is not Phase.WAITING:
        return call, ()
    patience = timedelta(seconds=call.ring_seconds) + POST_DIAL
    call = changed(_to(call, CallEvent.ORIGINATED, now + patience), placed_at=now)
    return (call, ()) if known and not call.cancelled else _hang_up(call, now)


def _answered(call: LiveCall, now: datetime) -> Step:
    if call.amd:
        patience = now + DETECT_WITHIN
        if call.from_salutation:  # the greeting counts, so detection may not outlast it
            patience = min(patience, _agent_by(call, now))
        return _to(call, CallEvent.DETECT, patience), (Detect(call.attempt_id),)
    return _person(call, now), ()


def _person(call: LiveCall, now: datetime) -> LiveCall:
    # Without detection the greeting's end is unknown: the two seconds run from the answer, which
    # is stricter than the rule. With it they run from the verdict, when the greeting has ended.
    return changed(_to(call, CallEvent.PERSON, _agent_by(call, now)), greeting_ended_at=now)


def _agent_by(call: LiveCall, now: datetime) -> datetime:
    """Return by when an agent must be there, or the message begins; nobody spoke before it rang."""
    begun = call.answered_at if call.from_salutation and call.answered_at else now
    return begun + timedelta(seconds=call.agent_seconds)


def _machine(call: LiveCall, now: datetime) -> Step:
    call = _to(call, CallEvent.MACHINE, now + HANG_UP_AGAIN)
    return changed(call, hang_ups=1), (HangUp(call.attempt_id),)


def _hang_up(call: LiveCall, now: datetime) -> Step:
    call = _to(call, CallEvent.HANG_UP, now + HANG_UP_AGAIN)
    return changed(call, hang_ups=call.hang_ups + 1, joining=False), (HangUp(call.attempt_id),)


def _cancelled(call: LiveCall, now: datetime) -> Step:
    if call.cancelled or call.phase in (Phase.TALKING, Phase.HELD, Phase.MESSAGE, Phase.ENDING):
        return call, ()
    # Somebody who has answered and is sent away is abandoned, whatever the reason.
    answered = call.phase in _PERSON_WAITS
    call = changed(call, cancelled=True, abandoned=call.abandoned or answered)
    return (call, ()) if call.phase is Phase.WAITING else _hang_up(call, now)


def _asked(call: LiveCall, kind: RequestKind, now: datetime) -> Step:
    event = {RequestKind.HOLD: CallEvent.HOLD, RequestKind.RESUME: CallEvent.RESUME}.get(kind)
    if event is not None:
        return (_to(call, event, None), ()) if CALL.allows(call.phase, event) else (call, ())
    if call.phase in (Phase.WAITING, Phase.ENDING):
        return changed(call, cancelled=call.cancelled or call.phase is Phase.WAITING), ()
    answered = call.phase in _PERSON_WAITS
    return _hang_up(changed(call, asked=True, abandoned=call.abandoned or answered), now)


def _time_up(call: LiveCall, now: datetime) -> Step:
    if call.deadline is None or now < call.deadline:
        return call, ()
    match call.phase:
        case Phase.DETECTING:
            step: Step = _person(changed(call, amd_verdict="unsure"), now), ()
        case Phase.QUEUED if not call.joining:
            call = _to(call, CallEvent.ABANDONED, now + MESSAGE_WITHIN)
            step = changed(call, abandoned=True), (Play(call.attempt_id, call.abandon_prompt),)
        case Phase.QUEUED:  # the node did not join the two: nobody waits twice
            step = _hang_up(changed(call, abandoned=True), now)
        case Phase.ENDING if call.hang_ups >= HANG_UPS:
            step = _ended(call, Lost(call.attempt_id), now), ()
        case phase:
            rung_out = call.rung_out or phase in _BEFORE_PERSON
            step = _hang_up(changed(call, rung_out=rung_out), now)
    return step


def _ended(call: LiveCall, event: LegEnded | Lost | NotStarted, now: datetime) -> LiveCall:
    call = changed(_to(call, CallEvent.ENDED, None), ended_at=now, joining=False)
    if isinstance(event, LegEnded):
        return changed(
            call,
            sighted=True,
            # A leg that ends before we heard that our order was taken was dialed all the same.
            placed_at=call.placed_at or now,
            q850=event.q850,
            sip_code=event.sip_code,
            by_far_end=event.by_far_end,
        )
    stale = isinstance(event, NotStarted) and event.stale
    return changed(call, cancelled=call.cancelled or stale)


def hung_up_by(call: LiveCall) -> str | None:
    """Name the side that ended the call, or None if nobody saw it."""
    if not call.sighted:
        return None
    if call.by_far_end and not call.hang_ups:
        return "consumer"
    return "agent" if call.asked else "platform"


def outcome_of(call: LiveCall) -> Outcome:
    """Say what came of an ended call: what we know ourselves first, then what the network says."""
    known = (
        (call.bridged_at is not None, Outcome.CONVERSATION),
        (call.abandoned and not call.cancelled, Outcome.ABANDONED),
        (call.amd_verdict == "machine", Outcome.MACHINE),
        (call.cancelled or call.asked, Outcome.CANCELLED),
        (call.rung_out, Outcome.NO_ANSWER),
        (call.interrupted or not call.sighted, Outcome.INTERRUPTED),
        (call.answered_at is not None, Outcome.HUNG_UP),
    )
    for holds, outcome in known:
        if holds:
            return outcome
    return outcome_of_causes(call.q850, call.sip_code, rang=call.ringing_at is not None)


_BY_SIP: Mapping[int, Outcome] = {
    486: Outcome.BUSY,
    600: Outcome.BUSY,
    404: Outcome.UNALLOCATED,
    410: Outcome.UNALLOCATED,
    484: Outcome.UNALLOCATED,
    604: Outcome.UNALLOCATED,
    403: Outcome.REFUSED,
    603: Outcome.REFUSED,
    607: Outcome.REFUSED,
    608: Outcome.REFUSED,
    408: Outcome.UNAVAILABLE,
    480: Outcome.UNAVAILABLE,
    487: Outcome.UNAVAILABLE,
    500: Outcome.CONGESTED,
    502: Outcome.CONGESTED,
    503: Outcome.CONGESTED,
    504: Outcome.CONGESTED,
}
_BY_Q850: Mapping[int, Outcome] = {
    1: Outcome.UNALLOCATED,
    16: Outcome.UNAVAILABLE,
    17: Outcome.BUSY,
    18: Outcome.UNAVAILABLE,
    19: Outcome.UNAVAILABLE,
    20: Outcome.UNAVAILABLE,
    21: Outcome.REFUSED,
    22: Outcome.UNALLOCATED,
    27: Outcome.CONGESTED,
    28: Outcome.UNALLOCATED,
    31: Outcome.UNAVAILABLE,
    34: Outcome.CONGESTED,
    38: Outcome.CONGESTED,
    41: Outcome.CONGESTED,
    42: Outcome.CONGESTED,
    44: Outcome.CONGESTED,
    47: Outcome.CONGESTED,
}


def outcome_of_causes(q850: int | None, sip_code: int | None, *, rang: bool) -> Outcome:
    """Read an unanswered call's outcome from the network's causes; SIP says more than Q.850.

    A telephone that rang and was then given up by the network was not answered.
    """
    outcome = _BY_SIP.get(sip_code or 0) or _BY_Q850.get(q850 or 0) or Outcome.FAILED
    return Outcome.NO_ANSWER if rang and outcome is Outcome.UNAVAILABLE else outcome


# These never reach the dialed number unless it rang. Reference: 12 CFR 1006.14(b)(3)(ii).
_NOT_CONNECTED = (
    Outcome.BUSY,
    Outcome.UNALLOCATED,
    Outcome.CONGESTED,
    Outcome.FAILED,
    Outcome.CANCELLED,
)


_REACHES = {
    Outcome.CONVERSATION: Reach.CONVERSATION,
    Outcome.MACHINE: Reach.MACHINE,
    Outcome.NO_ANSWER: Reach.RANG,
    Outcome.REFUSED: Reach.RANG,
    Outcome.UNAVAILABLE: Reach.RANG,
}


def reach_of(outcome: Outcome, *, placed: bool, rang: bool) -> Reach:
    """Say how far an attempt got for the contact log; in doubt a person took it.

    ``rang``: the far end is known to have rung or answered.
    Reference: 12 CFR 1006.14(b)(3)(ii).
    """
    if not placed:
        return Reach.NOT_PLACED
    if outcome in _NOT_CONNECTED:
        return Reach.RANG if rang else Reach.DIALED
    return _REACHES.get(outcome, Reach.PERSON)


def reach_disposed(disposition: Disposition) -> Reach:
    """Say how far a joined call got once the agent told who was on the line."""
    if disposition is Disposition.MACHINE:
        return Reach.MACHINE
    return Reach.PERSON if disposition in _NO_CONVERSATION else Reach.CONVERSATION


_NO_CONVERSATION = (
    Disposition.WRONG_NUMBER,
    Disposition.THIRD_PARTY,
    Disposition.NO_CONTACT,
)


def automatic_disposition(outcome: Outcome) -> Disposition | None:
    """Return the disposition of a call without a conversation; None asks the agent."""
    if outcome is Outcome.CONVERSATION:
        return None
    if outcome is Outcome.MACHINE:
        return Disposition.MACHINE
    return Disposition.HUNG_UP if outcome is Outcome.HUNG_UP else Disposition.NO_CONTACT
