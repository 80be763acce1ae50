"""The rulebook in force, as rows with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from goodterms.access.model import Actor, Scope
from goodterms.compliance.decide.catalogue import Sought, found, state_of, versions_of
from goodterms.compliance.model import Moment, Rule
from goodterms.kit.errors import NotFound
from goodterms.web.api.bodies import Name, SearchText
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Rulebook"])

Reading = Annotated[Actor, Depends(key_for(Scope.DECISIONS_READ))]
Services = Annotated[Web, Depends(web_of)]


class Evidence(StrEnum):
    """How sure we are of a row; a design row is a rule of the house."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    DESIGN = "design"


class State(StrEnum):
    """How a row stands today."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    ENDED = "ended"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class RuleOut:
    """One row: a rule's version with its source; ``state`` is how it stands today."""

    id: str
    version: int
    title: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    moments: list[str]
    predicate: str
    params: dict[str, Any]
    reason_code: str
    citation: str
    evidence: Evidence
    signed_by: str | None
    binds: list[str]
    debts: list[str]
    purposes: list[str]
    enabled: bool
    tightens: str | None
    state: State


@dataclass(frozen=True, slots=True)
class RulebookOut:
    """The rows that match, by place, and the hash of the whole rulebook in force."""

    hash: str
    rules: list[RuleOut]


@router.get("/rulebook")
async def rows(
    web: Services,
    _: Reading,
    *,
    place: Annotated[str, Query(max_length=20, description="With those below it: US, CA-ON.")] = "",
    evidence: Evidence | None = None,
    moment: Moment | None = None,
    state: State | None = None,
    signed: bool | None = None,
    q: SearchText = "",
) -> RulebookOut:
    """List the rows of the rulebook in force, narrowed by place, evidence, moment and state."""
    today = web.clock.now().date()
    mark = "" if signed is None else "yes" if signed else "no"
    sought = Sought(place, evidence or "", moment or "", state or "", mark, q)
    book = web.compliance.rulebook
    return RulebookOut(book.hash, [_out(rule, today) for rule in found(book, sought, today)])


@router.get("/rulebook/{rule_id}")
async def row(web: Services, _: Reading, rule_id: Name) -> list[RuleOut]:
    """Read all versions of one rule, the newest first."""
    today = web.clock.now().date()
    versions = versions_of(web.compliance.rulebook, rule_id)
    if not versions:
        raise NotFound("RULE", f"There is no rule {rule_id} in the rulebook.")
    return [_out(rule, today) for rule in versions]


def _out(rule: Rule, today: date) -> RuleOut:
    return RuleOut(
        id=rule.id,
        version=rule.version,
        title=rule.title,
        jurisdiction=rule.jurisdiction,
        valid_from=rule.valid_from,
        valid_to=rule.valid_to,
        recorded_at=rule.recorded_at,
        moments=sorted(rule.moments),
        predicate=rule.predicate,
        params=dict(rule.params),
        reason_code=rule.reason_code,
        citation=rule.citation,
        evidence=Evidence(rule.evidence),
        signed_by=rule.signed_by,
        binds=sorted(rule.binds),
        debts=sorted(rule.debts),
        purposes=sorted(rule.purposes),
        enabled=rule.enabled,
        tightens=rule.tightens,
        state=State(state_of(rule, today)),
    )
