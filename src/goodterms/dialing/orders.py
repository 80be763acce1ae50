"""What the floor is told besides network events, and what it orders. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field

from goodterms.calls.live import LiveCall, NetworkCommand, NotStarted, Started
from goodterms.calls.model import (
    Attempt,
    CallOrder,
    Ending,
    NetworkEvent,
    Outcome,
    Phase,
    Progress,
    Request,
)
from goodterms.compliance.model import Permit
from goodterms.dialing.model import DialPolicy, Pace, Past, Rates, Snapshot, Trunk
from goodterms.routing.model import Agent, AgentEvent


@dataclass(frozen=True, slots=True)
class AgentsSeen:
    """Agents' rows as the table has them now; an older version than known is ignored."""

    agents: tuple[Agent, ...]


@dataclass(frozen=True, slots=True)
class AgentSaved:
    """One of our orders about an agent was written; this is the row after it."""

    agent: Agent


@dataclass(frozen=True, slots=True)
class PoliciesSeen:
    """What all campaigns ask; ``rates`` and ``past`` are those of campaigns not known before.

    ``due``: by campaign, how many people are due now, counted no further than needed. ``held``:
    why the rules hold a campaign to one line per agent.
    """

    policies: tuple[DialPolicy, ...]
    trunks: tuple[Trunk, ...]
    rates: dict[int, Rates] = field(default_factory=dict)
    due: dict[int, int] = field(default_factory=dict)
    past: dict[int, Past] = field(default_factory=dict)
    held: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallsFound:
    """Attempts that had not ended when this engine took the node over."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Permitted:
    """A call that may be placed now."""

    call: LiveCall
    permit: Permit
    order: CallOrder


@dataclass(frozen=True, slots=True)
class Dialable:
    """The answer to Place: the calls allowed, and how many due attempts were looked at."""

    campaign_id: int
    permitted: tuple[Permitted, ...]
    looked_at: int


@dataclass(frozen=True, slots=True)
class CancelsSeen:
    """Calls that must stop if they are no conversation yet."""

    attempt_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestsSeen:
    """People's wishes about live calls."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class MoreDue:
    """Something may have become due."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


FloorEvent = (
    NetworkEvent
    | AgentsSeen
    | AgentSaved
    | PoliciesSeen
    | CallsFound
    | Dialable
    | CancelsSeen
    | RequestsSeen
    | MoreDue
    | Tick
    | Started
    | NotStarted
)


@dataclass(frozen=True, slots=True)
class Place:
    """Decide about so many due attempts; Dialable answers."""

    policy: DialPolicy
    lines: int


@dataclass(frozen=True, slots=True)
class Start:
    """Give the order to dial; Started or NotStarted answers."""

    permit: Permit
    order: CallOrder


@dataclass(frozen=True, slots=True)
class Mark:
    """Write how far a call is."""

    attempt_id: str
    phase: Phase
    progress: Progress


@dataclass(frozen=True, slots=True)
class MoveAgent:
    """Write an agent's step; AgentSaved answers."""

    person_id: int
    event: AgentEvent
    attempt_id: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """Write a call's end, and in the same transaction its agent's step; AgentSaved answers."""

    attempt_id: str
    outcome: Outcome
    ending: Ending
    agent: MoveAgent | None = None


@dataclass(frozen=True, slots=True)
class SetLine:
    """Write whether an agent's line is open; AgentSaved answers."""

    person_id: int
    line_open: bool


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """Write what became of a wish."""

    request_id: int
    result: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """Write that the consumer pressed the key that ends our calls."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class ShowPace:
    """Write a campaign's pace for the floor page."""

    snapshot: Snapshot
    pace: Pace


WriteCommand = Mark | End | OptOut | MoveAgent | SetLine | CloseRequest | ShowPace
Command = NetworkCommand | Place | Start | WriteCommand
