"""Recorded facts that bear on contact: preferences, disputes, notices, checks of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from goodterms.access.model import Actor, Scope
from goodterms.accounts.model import CIRCUMSTANCES, RecordedCircumstance
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Body, Day, Id, Reference, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Preferences and facts"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.HOLDS_WRITE))]
Services = Annotated[Web, Depends(web_of)]
_EARLIEST = datetime.fromisoformat("1900-01-01T00:00:00+00:00")
_LATEST = datetime.fromisoformat("2200-01-01T00:00:00+00:00")

Value = str | int | bool | list[str] | list[int] | None


@dataclass(frozen=True, slots=True)
class KindOut:
    """A kind of fact: what it means, what it is about, its fields, and the rule that ends it.

    ``fields`` map each name to the sort of its value: text, date, day_list (0 is Monday), time,
    flag, amount, zones, or the choices divided by bars.
    """

    kind: str
    meaning: str
    about: list[str]
    fields: dict[str, str]
    needed: list[str]
    release_rule: str


class CircumstanceBody(Body):
    """A fact with its source. `data` holds the fields of its kind, see `GET /circumstance-kinds`.

    `on` is the date it holds for where the consumer is, `at` the instant; both default to now.
    """

    kind: Short = Field(examples=["inconvenient_time"])
    account_id: Reference | None = None
    contact_point_id: Reference | None = None
    on: Day | None = None
    at: Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)] | None = None
    data: dict[str, Value] = Field(
        default_factory=dict, max_length=20, examples=[{"from": "12:00", "until": "14:00"}]
    )
    source: Short = Field(examples=["said on the telephone"])
    release_rule: Short | None = Field(default=None, description="Else the one of its kind.")


class EndBody(Body):
    """Why a fact no longer holds."""

    reason: Short


@router.get("/circumstance-kinds")
async def kinds(_: Reading) -> list[KindOut]:
    """List what can be recorded; nothing else can be."""
    return [
        KindOut(
            kind, known.meaning, sorted(known.about), dict(known.fields), sorted(known.needed),
            known.release_rule,
        )
        for kind, known in CIRCUMSTANCES.items()
    ]  # fmt: skip


@router.get("/consumers/{consumer_id}/circumstances")
async def circumstances(
    web: Services,
    _: Reading,
    consumer_id: Id,
    kind: Annotated[str | None, Query(max_length=100, pattern=r"^[a-z_]*$")] = None,
    in_force: Annotated[bool, Query(description="Leave out what has ended.")] = False,
) -> list[RecordedCircumstance]:
    """List what is recorded of a consumer, newest first, ended facts included."""
    async with web.pool.connection() as conn:
        await web.accounts.consumer(conn, consumer_id)
        return await web.accounts.circumstances(
            conn, consumer_id, kind=kind or None, ended=not in_force
        )


@router.post("/consumers/{consumer_id}/circumstances", status_code=201)
async def record(
    web: Services, actor: Writing, consumer_id: Id, body: CircumstanceBody
) -> RecordedCircumstance:
    """Record a fact; what may forbid contact withdraws planned attempts at once."""
    async with transaction(web.pool) as conn:
        return await web.accounts.record_circumstance(
            conn,
            consumer_id,
            body.kind,
            account_id=body.account_id,
            contact_point_id=body.contact_point_id,
            on=body.on,
            at=body.at,
            data=body.data,
            source=body.source,
            release_rule=body.release_rule,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/circumstances/{circumstance_id}/end")
async def end(
    web: Services, actor: Writing, circumstance_id: Id, body: EndBody
) -> RecordedCircumstance:
    """End a fact, with the reason on record."""
    async with transaction(web.pool) as conn:
        return await web.accounts.end_circumstance(
            conn, circumstance_id, reason=body.reason, actor=actor.name, now=web.clock.now()
        )
