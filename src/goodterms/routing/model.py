"""An agent's day as a life cycle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from goodterms.kit.lifecycle import Lifecycle


class AgentState(StrEnum):
    """What an agent is doing."""

    SIGNED_OUT = "signed_out"
    PAUSED = "paused"
    READY = "ready"
    RESERVED = "reserved"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class AgentEvent(StrEnum):
    """What moves an agent."""

    SIGN_IN = "sign_in"
    READY = "ready"
    PAUSE = "pause"
    RESERVE = "reserve"
    RELEASE = "release"
    CONNECT = "connect"
    CALL_ENDED = "call_ended"
    DISPOSE = "dispose"
    DISPOSE_AND_PAUSE = "dispose_and_pause"
    LINE_LOST = "line_lost"
    SIGN_OUT = "sign_out"


_S, _E = AgentState, AgentEvent
AGENT = Lifecycle(
    "agent",
    _S.SIGNED_OUT,
    {
        (_S.SIGNED_OUT, _E.SIGN_IN): _S.PAUSED,
        (_S.PAUSED, _E.SIGN_IN): _S.PAUSED,
        (_S.PAUSED, _E.READY): _S.READY,
        (_S.PAUSED, _E.PAUSE): _S.PAUSED,
        (_S.READY, _E.READY): _S.READY,
        (_S.READY, _E.PAUSE): _S.PAUSED,
        (_S.READY, _E.RESERVE): _S.RESERVED,
        (_S.RESERVED, _E.RELEASE): _S.READY,
        (_S.RESERVED, _E.CONNECT): _S.TALKING,
        (_S.READY, _E.CONNECT): _S.TALKING,
        # The pause came while the two were being joined: the conversation is a fact.
        (_S.PAUSED, _E.CONNECT): _S.TALKING,
        (_S.TALKING, _E.CALL_ENDED): _S.WRAP_UP,
        (_S.WRAP_UP, _E.DISPOSE): _S.READY,
        (_S.WRAP_UP, _E.DISPOSE_AND_PAUSE): _S.PAUSED,
        (_S.PAUSED, _E.LINE_LOST): _S.PAUSED,
        (_S.READY, _E.LINE_LOST): _S.PAUSED,
        (_S.RESERVED, _E.LINE_LOST): _S.PAUSED,
        (_S.TALKING, _E.LINE_LOST): _S.WRAP_UP,
        (_S.WRAP_UP, _E.LINE_LOST): _S.WRAP_UP,
        (_S.PAUSED, _E.SIGN_OUT): _S.SIGNED_OUT,
        (_S.READY, _E.SIGN_OUT): _S.SIGNED_OUT,
        (_S.WRAP_UP, _E.SIGN_OUT): _S.SIGNED_OUT,
    },
)


def line_of(person_id: int) -> str:
    """Return the leg id of a person's open line.

    All have the same length: Asterisk takes an id for used when another one begins with it.
    """
    return f"line-{person_id:010}"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent now. ``endpoint`` is what the node dials, e.g. ``PJSIP/agent-12``.

    ``campaign_ids`` empty: any campaign. ``pause_after``: pause as soon as this call is done.
    ``version`` rises with every change of the row.
    """

    person_id: int
    name: str
    automatic: bool
    endpoint: str
    state: AgentState
    reason: str
    since: datetime
    line_open: bool
    pause_after: bool
    attempt_id: str | None
    campaign_ids: tuple[int, ...]
    version: int = 1

    @property
    def line(self) -> str:
        """The leg id of this agent's open line."""
        return line_of(self.person_id)


@dataclass(frozen=True, slots=True)
class Phone:
    """An agent's browser telephone; ``provided``: the node lets it register.

    Its name is also the user part of its SIP address.
    """

    person_id: int
    password: str = field(repr=False)
    provided: bool

    @property
    def name(self) -> str:
        """The telephone's name on the node, e.g. ``agent-12``."""
        return f"agent-{self.person_id}"
