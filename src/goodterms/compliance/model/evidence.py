"""What is found when the evidence is looked through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class StoredVerdict(NamedTuple):
    """A verdict as it was stored: ``findings`` and ``facts`` are the very text that was hashed."""

    id: int
    attempt_id: str
    account_ids: Sequence[int]
    decision: str
    reason_code: str
    findings: str
    facts: str
    rulebook_hash: str
    decided_at: datetime
    earliest_allowed_at: datetime | None
    digest: str
    obligations: Sequence[str]


@dataclass(frozen=True, slots=True)
class Seal:
    """A link of the chain: over the decisions with numbers in (after_id, until_id]."""

    number: int
    after_id: int
    until_id: int
    decisions: int
    digest: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How the chains stand. ``heads`` are their last seals' digests: keep them elsewhere, too.

    ``unsealed`` decisions are younger than the last seal; their own digests were checked.
    ``breaks`` says in words what does not fit; empty: everything does.
    """

    decisions: int
    seals: int
    unsealed: int
    heads: Mapping[str, str]
    breaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A verdict that comes out another way when it is judged again."""

    verdict_id: int
    attempt_id: str
    decided_at: datetime
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """History judged again. ``changes`` counts by what was and what is; ``examples`` come first.

    ``unreadable`` verdicts could not be judged: their rulebook or facts are not readable.
    """

    judged: int
    same: int
    unreadable: int
    changes: Mapping[tuple[str, str], int]
    examples: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many contacts a reason refuses under either rulebook.

    ``newly`` are allowed under the first and refused for this reason under the second,
    ``no_longer`` the other way round; ``money`` is what was paid after the contacts that would
    be ``newly`` refused, by currency.
    """

    reason_code: str
    before: int
    after: int
    newly: int
    no_longer: int
    money: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Comparison:
    """History under two rulebooks, by reason, the most affected first."""

    judged: int
    unreadable: int
    before_allowed: int
    after_allowed: int
    reasons: tuple[ReasonCount, ...]
    examples: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Backtest:
    """A comparison that somebody asked for: ``state`` waiting, running, done or failed."""

    id: int
    since: datetime
    before_hash: str
    after_hash: str
    state: str
    judged: int
    total: int
    result: Comparison | None
    failure: str
    asked_by: str
    asked_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class KeptRulebook:
    """A rulebook that was in force at some time; a ``candidate`` was only tried out."""

    hash: str
    loaded_at: datetime
    rules: int
    candidate: bool
