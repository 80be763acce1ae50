"""The law as values: dated, cited rules, the moments they are asked at, and whom they bind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from goodterms.accounts.model import DebtKind as DebtKind  # noqa: PLC0414 - part of what a rule binds
from goodterms.accounts.model import OurRole

EVERYWHERE = "*"
"""The jurisdiction of house rules: they bind wherever the consumer is."""


class Moment(StrEnum):
    """When a rule is asked. Only PREDIAL and PRESEND give permits."""

    LOAD = "LOAD"
    PACE = "PACE"
    PREDIAL = "PREDIAL"
    RING = "RING"
    ANSWER = "ANSWER"
    INCALL = "INCALL"
    PRESEND = "PRESEND"
    PAY = "PAY"
    POST = "POST"
    PUBLISH = "PUBLISH"
    PERIODIC = "PERIODIC"


Role = OurRole


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated, cited rule: a predicate's name with its parameters.

    ``binds`` are the roles it is law for, ``debts`` the kinds of debt, ``purposes`` the purposes
    of contact (empty: all). A rule that is not ``enabled`` is shown and never asked.
    ``tightens`` names the rule of law that an overlay row makes stricter.
    """

    id: str
    version: int
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    moments: frozenset[str]
    predicate: str
    params: Mapping[str, Any]
    reason_code: str
    citation: str
    evidence: str
    signed_by: str | None = None
    title: str = ""
    binds: frozenset[str] = frozenset(Role)
    debts: frozenset[str] = frozenset(DebtKind)
    purposes: frozenset[str] = frozenset()
    enabled: bool = True
    tightens: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """All rules in force or dated, with the hash of their content; each one is itself only.

    ``partial``: a selection of packs that is judged as it stands; a whole rulebook refuses what
    no mandatory rule decides.
    """

    rules: tuple[Rule, ...]
    hash: str
    partial: bool = False
