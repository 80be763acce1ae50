"""A live call in the engine's memory: its facts, what it is told and what it tells the network.

Values only; what follows from them is decided in ``decide.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from goodterms.calls.model import (
    Answered,
    Detected,
    Digit,
    Joined,
    LegEnded,
    Phase,
    PromptEnded,
    RequestKind,
    Ringing,
)


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call as the engine holds it in memory while it lives.

    ``deadline`` is the instant at which the present phase has lasted too long. ``agent_id`` is
    the agent it is being joined with or talks to. ``abandoned``: a person answered and got no
    agent in time. ``rung_out``: our ring timer ended it. ``interrupted``: we lost sight of it for
    a while. ``sighted``: the network confirmed its end. ``opted_out``: the consumer pressed the key
    that ends our calls. A person waits ``agent_seconds`` for an agent, from the answer on where
    ``from_salutation`` says so, else from the greeting's end.
    """

    attempt_id: str
    consumer_id: int
    campaign_id: int | None
    trunk: str
    ring_seconds: int
    amd: bool
    abandon_prompt: str = "abandoned"
    agent_seconds: int = 2
    from_salutation: bool = False
    guardian_id: int | None = None
    phase: Phase = Phase.WAITING
    deadline: datetime | None = None
    placed_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    greeting_ended_at: datetime | None = None
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    agent_id: int | None = None
    joining: bool = False
    amd_verdict: str | None = None
    abandoned: bool = False
    cancelled: bool = False
    rung_out: bool = False
    interrupted: bool = False
    asked: bool = False
    sighted: bool = False
    opted_out: bool = False
    hang_ups: int = 0
    q850: int | None = None
    sip_code: int | None = None
    by_far_end: bool = False


# What our own side tells a live call.


@dataclass(frozen=True, slots=True)
class Started:
    """The node accepted the order to dial; ``known`` is False if the connection broke meanwhile."""

    leg: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The attempt was refused at the last moment and never dialed; ``stale``: contact was."""

    leg: str
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted:
    """We lost sight of a call that is no conversation: it cannot be kept within the rules."""

    leg: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Contact became stale: what has not become a conversation must stop."""

    leg: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asks to hang up, hold or resume."""

    leg: str
    kind: RequestKind


@dataclass(frozen=True, slots=True)
class Joining:
    """An agent was chosen for a waiting person."""

    leg: str
    agent_id: int


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The phase's deadline has passed."""

    leg: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The network no longer knows the leg, and its end was not seen."""

    leg: str


CallHappening = (
    Ringing
    | Answered
    | Detected
    | Joined
    | PromptEnded
    | Digit
    | LegEnded
    | Started
    | NotStarted
    | Cancelled
    | Asked
    | Joining
    | TimeUp
    | Lost
    | Interrupted
)


# What the network is told to do.


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a leg."""

    leg: str


@dataclass(frozen=True, slots=True)
class Detect:
    """Listen whether a person or a machine answered."""

    leg: str


@dataclass(frozen=True, slots=True)
class Join:
    """Let consumer and agent hear each other."""

    leg: str
    line: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Let the consumer wait with music."""

    leg: str
    line: str


@dataclass(frozen=True, slots=True)
class Resume:
    """End the hold."""

    leg: str
    line: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play a prompt by name."""

    leg: str
    prompt: str


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Call an agent's telephone and hold the line open."""

    line: str
    endpoint: str


NetworkCommand = HangUp | Detect | Join | Hold | Resume | Play | OpenLine
