"""Where the organisation may collect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Licence:
    """Our licence to collect in a place such as ``US-NYC``; ``valid_until`` is its last day."""

    id: int
    place: str
    number: str
    valid_until: date | None
    actor: str
    recorded_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None
