"""Campaigns as people set them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from goodterms.kit.lifecycle import Lifecycle


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class CampaignEvent(StrEnum):
    """What moves a campaign."""

    START = "start"
    PAUSE = "pause"
    FINISH = "finish"


_S, _E = CampaignState, CampaignEvent
CAMPAIGN = Lifecycle(
    "campaign",
    _S.DRAFT,
    {
        (_S.DRAFT, _E.START): _S.RUNNING,
        (_S.RUNNING, _E.PAUSE): _S.PAUSED,
        (_S.PAUSED, _E.START): _S.RUNNING,
        (_S.DRAFT, _E.FINISH): _S.FINISHED,
        (_S.RUNNING, _E.FINISH): _S.FINISHED,
        (_S.PAUSED, _E.FINISH): _S.FINISHED,
    },
)


@dataclass(frozen=True, slots=True)
class Members:
    """Whom a campaign is for; an empty field does not narrow. Amounts in minor units."""

    creditor_ids: tuple[int, ...] = ()
    placement_ids: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    min_balance_minor: int | None = None
    max_balance_minor: int | None = None
    min_days_past_due: int | None = None
    max_days_past_due: int | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; ``settings`` are the fields of its ``DialPolicy``."""

    id: int
    name: str
    state: CampaignState
    members: Members
    settings: Mapping[str, Any]
    script: str
    created_by: str
    created_at: datetime
    started_at: datetime | None
    refreshed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom a filter would reach now."""

    people: int
    accounts: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Launch:
    """What starting a campaign now would meet, judged by the gate on a sample of its people.

    ``refused`` counts the sampled people by reason code and decision, most frequent first.
    """

    reach: Preview
    sampled: int
    allowed: int
    refused: tuple[tuple[str, str, int], ...]
