"""What the law makes due, and what a closed contact leaves on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from goodterms.compliance.model.facts import Reach


class TaskKind(StrEnum):
    """What is to be done about an account."""

    VALIDATION_NOTICE = "validation_notice"
    DISPUTE_ANSWER = "dispute_answer"
    BUREAU_ANSWER = "bureau_answer"
    REPORT = "report"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Due:
    """Something a rule makes due about an account, from the facts alone.

    ``on`` is the last day to do it, or for what is merely allowed the first one.
    """

    kind: TaskKind
    account_id: int
    on: date
    words: str
    rule_id: str
    rule_version: int


@dataclass(frozen=True, slots=True)
class Task:
    """Something due, as it is listed. It is done when the facts say so: nobody ticks it off."""

    id: int
    kind: TaskKind
    consumer_id: int
    consumer_name: str
    account_id: int
    account_reference: str
    due_on: date
    words: str
    rule_id: str
    rule_version: int
    made_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class NoticeDates:
    """The dates of a validation notice. ``due_on`` is None before any communication."""

    sent_on: date
    due_on: date | None
    assumed_receipt: date
    dispute_until: date


@dataclass(frozen=True, slots=True)
class ContactClosed:
    """Told inside the transaction that wrote what came of a contact.

    ``recipient`` says who was contacted: the consumer, or somebody else by relation.
    """

    attempt_id: str
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int | None
    medium: str
    direction: str
    reach: Reach
    recipient: str
    message: str
    placed_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Posted:
    """A circumstance that follows from a closed contact."""

    kind: str
    account_id: int | None = None
    contact_point_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
