"""What the law makes due about accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from goodterms.access.model import Actor, Scope
from goodterms.compliance.model import Task, TaskKind
from goodterms.web.api.bodies import Before, Limit
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Tasks due"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.DECISIONS_READ))]
Services = Annotated[Web, Depends(web_of)]
_LARGEST_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Tasks by their day; ``next`` is handed back as ``after``."""

    tasks: list[Task]
    next: int | None


@router.get("/tasks")
async def tasks(
    web: Services,
    _: Reading,
    *,
    kind: TaskKind | None = None,
    consumer_id: Annotated[int | None, Query(ge=1, le=_LARGEST_ID)] = None,
    due_until: Annotated[date | None, Query(description="Due on this day or before.")] = None,
    done: bool = False,
    after: Before = None,
    limit: Limit = 50,
) -> TaskPage:
    """List what is due by its day: notices, answers to disputes, reports, erasure.

    A task is done when the facts say so: record the notice, the verification or whatever it asks
    for as a circumstance, and it closes by itself.
    """
    async with web.pool.connection() as conn:
        found = await web.due.tasks(
            conn,
            kind=kind,
            consumer_id=consumer_id,
            due_until=due_until,
            done=done,
            after=after,
            limit=limit,
        )
    return TaskPage(found, found[-1].id if len(found) == limit else None)
