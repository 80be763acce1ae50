"""Due attempts, the policy of a campaign's dialing, and paces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from goodterms.calls.model import Attempt
from goodterms.compliance.model import STICKY_DAYS, Verdict


class Mode(StrEnum):
    """How lines are placed.

    PROGRESSIVE: one per idle agent. RATIO: a fixed number per idle agent. PREDICTIVE: as many as
    people and agents are expected to meet, within the abandonment budget.
    """

    PROGRESSIVE = "progressive"
    RATIO = "ratio"
    PREDICTIVE = "predictive"


class DueState(StrEnum):
    """Where a due attempt stands. WITHDRAWN ends it until its campaign finds it due again."""

    WAITING = "waiting"
    PLACED = "placed"
    WITHDRAWN = "withdrawn"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Retry:
    """After an outcome: try again after so many seconds, at most so many times (0: never)."""

    after_seconds: int
    at_most: int


@dataclass(frozen=True, slots=True)
class DialPolicy:
    """What a campaign asks of the dialer.

    ``hours`` narrow the law: weekday number (0 Monday) to ``(from, until)`` local "HH:MM" at the
    consumer's place; empty means the law alone. ``retry`` is keyed by outcome. The number shown is
    chosen among ``caller_ids`` by ``caller_strategy`` (see ``STRATEGIES``); with a carousel one
    stays with a person for ``sticky_days``. ``purpose`` is what the calls are for, which decides
    about the law that applies.
    """

    campaign_id: int
    running: bool
    mode: Mode
    ratio: Decimal
    max_concurrent: int
    max_per_second: Decimal
    trunk: str
    caller_ids: tuple[str, ...]
    ring_seconds: int
    amd: bool
    hours: Mapping[str, tuple[str, str]]
    retry: Mapping[str, Retry]
    max_attempts: int
    rest_days: int
    abandon_prompt: str
    version: int
    caller_strategy: str = "sticky"
    sticky_days: int = STICKY_DAYS
    purpose: str = "collection"

    @property
    def predicts(self) -> bool:
        """Whether its lines are placed by what is expected."""
        return self.mode is Mode.PREDICTIVE


@dataclass(frozen=True, slots=True)
class Trunk:
    """A way to the telephone network with its own limits; ``endpoint`` is the node's name."""

    name: str
    endpoint: str
    max_concurrent: int
    max_per_second: Decimal


@dataclass(frozen=True, slots=True)
class DueAttempt:
    """A person to be called in a campaign about some accounts, when the gate allows."""

    id: int
    campaign_id: int
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    number: str
    state: DueState
    due_at: datetime
    priority: int
    tries: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What pacing looks at: one campaign at one instant.

    ``in_flight``: lines asked for or placed that no person has answered yet; ``queued``: people
    waiting for an agent. ``answered`` and ``abandoned`` are over the window in force.
    ``placed_last_second`` covers ``rate_window`` where the limit is below one a second.

    For predictive pacing: ``line_ages`` counts the lines in flight by whole seconds since they
    were placed; ``talked`` and ``wrapped`` are the seconds that each busy agent has talked or
    wrapped up so far; ``ahead`` is how many answers surely still come in this window; ``risk`` is
    the chance of an unanswered person that is borne now.
    """

    campaign_id: int
    ready: int
    reserved: int
    talking: int
    wrap_up: int
    in_flight: int
    queued: int
    answered: int
    abandoned: int
    trunk_in_use: int
    placed_last_second: int
    trunk_placed_last_second: int
    line_ages: tuple[int, ...] = ()
    talked: tuple[int, ...] = ()
    wrapped: tuple[int, ...] = ()
    ahead: int = 0
    risk: float = 0.0

    @property
    def agents(self) -> int:
        """How many agents are at work."""
        return self.ready + self.reserved + len(self.talked) + len(self.wrapped)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the past lets expect of the next ``horizon`` seconds. Chances are from 0 to 1.

    ``answers``: by a line's age in whole seconds, the chance that a person still answers it;
    ``answers_by``: how many answers a line that lasted so long was expected to give.
    ``after_talk`` and ``after_wrap``: by steps of the time elapsed (``decide.estimate.step_of``),
    the chance that an agent is free by then. ``doubt``: the relative variance of the estimate of
    answers. ``line_seconds`` and ``handle_seconds``: how long a line is out, and how long a
    conversation with its wrap-up takes (means).
    """

    answers: tuple[float, ...]
    answers_by: tuple[float, ...]
    after_talk: tuple[float, ...]
    after_wrap: tuple[float, ...]
    horizon: float
    doubt: float
    line_seconds: float
    handle_seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How many lines to place now, and why in one sentence."""

    place: int
    because: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A due attempt in hand, with the person's numbers in order of use.

    ``points`` are the active ``(contact point id, E.164 number)`` pairs; ``region`` is where the
    person lives, such as ``US-CO``.
    """

    due: DueAttempt
    points: tuple[tuple[int, str], ...]
    guardian_id: int | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a due attempt: its state, when it is due, by which number, and why."""

    due_id: int
    state: DueState
    due_at: datetime
    contact_point_id: int
    tries: int
    reason: str
    last_attempt_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """One claimed due attempt with the gate's verdict; ``attempt`` is there if it was allowed."""

    claimed: Claimed
    verdict: Verdict
    attempt: Attempt | None


class StartResult(StrEnum):
    """What became of the order to dial.

    STALE: contact was restricted since it was allowed. REFUSED: the permit does not hold.
    UNKNOWN: the node broke the connection, so it may or may not have dialed.
    """

    ORIGINATED = "originated"
    STALE = "stale"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Member:
    """A person whom a campaign wants called: about which debts, first by which number."""

    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a refresh did to a campaign's due attempts.

    ``removed`` are people who may not be contacted whatever the hour, ``reasons`` why, by code.
    """

    added: int = 0
    returned: int = 0
    withdrawn: int = 0
    removed: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: LoadReport) -> LoadReport:
        return LoadReport(
            self.added + other.added,
            self.returned + other.returned,
            self.withdrawn + other.withdrawn,
            self.removed + other.removed,
            dict(Counter(self.reasons) + Counter(other.reasons)),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who would be put on the list, with the person's active numbers in order of use."""

    member: Member
    points: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """Over the abandonment window: people who got an agent or none, and those who got none."""

    answered: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class Past:
    """What became of a campaign's latest lines, oldest first: what pacing learns from at its start.

    ``lines``: at which age in seconds a line was answered by a person (True) or ended otherwise.
    ``talks``: how many seconds conversations lasted.
    """

    lines: tuple[tuple[float, bool], ...] = ()
    talks: tuple[float, ...] = ()
