"""A call's life: phases, what moves it, and what the engine is told to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from goodterms.kit.lifecycle import Lifecycle


class AttemptState(StrEnum):
    """The record of one try: written, placed with the network, ended, closed by a disposition."""

    PERMITTED = "permitted"
    PLACED = "placed"
    ENDED = "ended"
    CLOSED = "closed"


class AttemptEvent(StrEnum):
    """What moves an attempt's record."""

    PLACE = "place"
    END = "end"
    CLOSE = "close"


_A, _AE = AttemptState, AttemptEvent
ATTEMPT = Lifecycle(
    "attempt",
    _A.PERMITTED,
    {
        (_A.PERMITTED, _AE.PLACE): _A.PLACED,
        (_A.PERMITTED, _AE.END): _A.ENDED,
        (_A.PLACED, _AE.END): _A.ENDED,
        (_A.ENDED, _AE.CLOSE): _A.CLOSED,
    },
)


class Phase(StrEnum):
    """Where a live call is."""

    WAITING = "waiting"
    DIALING = "dialing"
    RINGING = "ringing"
    ANSWERED = "answered"
    DETECTING = "detecting"
    QUEUED = "queued"
    TALKING = "talking"
    HELD = "held"
    MESSAGE = "message"
    ENDING = "ending"
    ENDED = "ended"


class CallEvent(StrEnum):
    """What moves a live call."""

    ORIGINATED = "originated"
    RANG = "rang"
    ANSWERED = "answered"
    DETECT = "detect"
    PERSON = "person"
    MACHINE = "machine"
    CONNECTED = "connected"
    HOLD = "hold"
    RESUME = "resume"
    ABANDONED = "abandoned"
    HANG_UP = "hang_up"
    ENDED = "ended"


_P, _C = Phase, CallEvent
_LIVE = (
    _P.DIALING,
    _P.RINGING,
    _P.ANSWERED,
    _P.DETECTING,
    _P.QUEUED,
    _P.TALKING,
    _P.HELD,
    _P.MESSAGE,
)
CALL = Lifecycle(
    "call",
    _P.WAITING,
    {
        (_P.WAITING, _C.ORIGINATED): _P.DIALING,
        (_P.WAITING, _C.ENDED): _P.ENDED,
        (_P.WAITING, _C.HANG_UP): _P.ENDING,
        (_P.DIALING, _C.RANG): _P.RINGING,
        (_P.RINGING, _C.RANG): _P.RINGING,
        (_P.DIALING, _C.ANSWERED): _P.ANSWERED,
        (_P.RINGING, _C.ANSWERED): _P.ANSWERED,
        (_P.ANSWERED, _C.DETECT): _P.DETECTING,
        (_P.ANSWERED, _C.PERSON): _P.QUEUED,
        (_P.DETECTING, _C.PERSON): _P.QUEUED,
        (_P.DETECTING, _C.MACHINE): _P.ENDING,
        (_P.QUEUED, _C.CONNECTED): _P.TALKING,
        (_P.QUEUED, _C.ABANDONED): _P.MESSAGE,
        (_P.TALKING, _C.HOLD): _P.HELD,
        (_P.HELD, _C.RESUME): _P.TALKING,
        **{(phase, _C.HANG_UP): _P.ENDING for phase in _LIVE},
        (_P.ENDING, _C.HANG_UP): _P.ENDING,
        **{(phase, _C.ENDED): _P.ENDED for phase in (*_LIVE, _P.ENDING)},
    },
)


class Outcome(StrEnum):
    """What came of an attempt, as the network and the agent saw it.

    ``hung_up``: the consumer answered and left before an agent within the two seconds.
    ``interrupted``: a crash lost sight of it; what is known is in the record.
    """

    CONVERSATION = "conversation"
    ABANDONED = "abandoned"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    UNALLOCATED = "unallocated"
    UNAVAILABLE = "unavailable"
    CONGESTED = "congested"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HUNG_UP = "hung_up"
    INTERRUPTED = "interrupted"


class Disposition(StrEnum):
    """What the agent, or the system for unanswered calls, says came of the contact."""

    PAID = "paid"
    PROMISE = "promise"
    REFUSED_TO_PAY = "refused_to_pay"
    DISPUTE = "dispute"
    CALL_BACK = "call_back"
    WRONG_NUMBER = "wrong_number"
    THIRD_PARTY = "third_party"
    CEASE = "cease"
    ATTORNEY = "attorney"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    OPT_OUT = "opt_out"
    HUNG_UP = "hung_up"
    MACHINE = "machine"
    NO_CONTACT = "no_contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Particulars:
    """What goes with a disposition. ``written``: on paper or by message, not by word of mouth.

    ``amount`` is the disputed part in major units, empty for all of it; ``name`` and ``address``
    are of the attorney.
    """

    written: bool = False
    amount: str = ""
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class CallOrder:
    """How a permitted call is to be placed."""

    attempt_id: str
    endpoint: str
    ring_seconds: int
    amd: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as recorded; see the migration for each column's meaning."""

    id: str
    campaign_id: int | None
    due_attempt_id: int | None
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    number: str
    caller_id: str
    trunk: str
    node: str
    verdict_id: int
    ring_seconds: int
    amd: bool
    state: AttemptState
    phase: Phase
    agent_id: int | None
    created_at: datetime
    placed_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    greeting_ended_at: datetime | None
    amd_verdict: str | None
    bridged_at: datetime | None
    ended_at: datetime | None
    q850: int | None
    sip_code: int | None
    hung_up_by: str | None
    outcome: Outcome | None
    abandoned: bool
    cancel_requested_at: datetime | None
    cancel_reason: str | None
    notice: str | None
    disposition: Disposition | None
    disposition_note: str
    disposed_by: str | None


class RequestKind(StrEnum):
    """What a person may ask of a live call."""

    HANG_UP = "hang_up"
    HOLD = "hold"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody's wish about a live call, until the engine has carried it out."""

    id: int
    attempt_id: str
    kind: RequestKind
    actor: str


class Progress(TypedDict, total=False):
    """What is known of a live call besides its phase; what is left out stays as recorded."""

    agent_id: int | None
    ringing_at: datetime | None
    answered_at: datetime | None
    greeting_ended_at: datetime | None
    amd_verdict: str | None
    bridged_at: datetime | None
    abandoned: bool


class Ending(Progress, total=False):
    """What is known of a call's end: causes, and the side that ended it."""

    q850: int | None
    sip_code: int | None
    hung_up_by: str | None


@dataclass(frozen=True, slots=True)
class Opening:
    """An attempt to be written: what the gate allowed and how it is to be placed."""

    attempt_id: str
    campaign_id: int | None
    due_attempt_id: int | None
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    number: str
    caller_id: str
    trunk: str
    node: str
    verdict_id: int
    ring_seconds: int
    amd: bool


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """Told inside the transaction that recorded an attempt's end. ``placed``: it was dialed."""

    attempt: Attempt
    outcome: Outcome
    placed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptDisposed:
    """Told inside the transaction in which an agent said what came of a conversation."""

    attempt: Attempt
    disposition: Disposition
    actor: str
    at: datetime


# What the network tells us. ``leg`` is an attempt id for consumers, ``line-<person id>`` for an
# agent's line.


@dataclass(frozen=True, slots=True)
class Ringing:
    """The far end rings."""

    leg: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The far end picked up."""

    leg: str


@dataclass(frozen=True, slots=True)
class Detected:
    """AMD's verdict: ``person``, ``machine`` or ``unsure``, with its cause."""

    leg: str
    verdict: str
    cause: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The two legs hear each other."""

    leg: str
    line: str


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """A prompt was played to its end."""

    leg: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Digit:
    """The far end pressed a key."""

    leg: str
    digit: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """A leg is gone: Q.850 cause, SIP code if the network gave one, and which side ended it."""

    leg: str
    q850: int | None
    sip_code: int | None
    by_far_end: bool


@dataclass(frozen=True, slots=True)
class Resynced:
    """The connection to the network was (re)made; ``legs`` are those that live now."""

    legs: frozenset[str]
    answered: frozenset[str]
    pairs: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NetworkLost:
    """The connection to the telephone network is down; nothing is known until ``Resynced``."""


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody who called one of our numbers pressed the key that stops calls.

    ``caller`` is the number they called from, as the network gave it, ``number`` ours.
    """

    caller: str
    number: str


NetworkEvent = (
    Ringing
    | Answered
    | Detected
    | Joined
    | PromptEnded
    | Digit
    | LegEnded
    | Resynced
    | NetworkLost
    | StopAsked
)
