"""The list of what the law makes due about accounts."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from goodterms.access.model import Role
from goodterms.compliance.model import Task, TaskKind
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.languages import later
from goodterms.web.listing import Column, Listing
from goodterms.web.pages import page
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
WebHere = Annotated[Web, Depends(web_of)]
Auditor = Annotated[Signed, Depends(signed_in(Role.COMPLIANCE, Role.SUPERVISOR, Role.MANAGER))]
PAGE = 50
_EXPORT = 10_000
_LONGEST_ID = 18

COLUMNS = (
    Column("due", later("Due"), essential=True),
    Column("what", later("What")),
    Column("person", later("Person")),
    Column("account", later("Account")),
    Column("rule", later("Rule")),
)

KINDS = {
    TaskKind.VALIDATION_NOTICE: later("Validation notice"),
    TaskKind.DISPUTE_ANSWER: later("Answer to a dispute"),
    TaskKind.BUREAU_ANSWER: later("Answer to an agency"),
    TaskKind.REPORT: later("Report possible"),
    TaskKind.ERASE: later("Erasure possible"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to, as the address says it; what cannot be read narrows nothing."""

    kind: str = ""
    done: str = ""
    after: str = ""
    format: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The filters in force, as they stand in addresses."""
        return {
            "kind": self.kind if self.kind in set(TaskKind) else "",
            "done": "yes" if self.done == "yes" else "",
        }


@router.get("/audit/tasks")
async def tasks(
    request: Request,
    web: WebHere,
    signed: Auditor,  # noqa: ARG001 - only for those who audit
    wanted: Annotated[Wanted, Depends()],
) -> Response:
    """Show what is due, the earliest first."""
    query = wanted.query
    readable = wanted.after.isascii() and wanted.after.isdecimal()
    after = int(wanted.after) if readable and len(wanted.after) <= _LONGEST_ID else None
    exporting = wanted.format == "csv"
    async with web.pool.connection() as conn:
        rows = await web.due.tasks(
            conn,
            kind=TaskKind(query["kind"]) if query["kind"] else None,
            done=bool(query["done"]),
            after=after,
            limit=_EXPORT if exporting else PAGE + 1,
        )
    if exporting:
        return _csv(rows)
    shown = rows[:PAGE]
    following = str(shown[-1].id) if len(rows) > PAGE else None
    listing = Listing(
        "tasks", "/audit/tasks", COLUMNS, query, after=following, later=after is not None
    )
    return page(
        request,
        "audit/tasks.html",
        listing=listing,
        rows=shown,
        query=query,
        kinds=KINDS,
        today=web.clock.now().date(),
    )


def _csv(rows: list[Task]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "due_on", "kind", "consumer_id", "account", "words", "rule", "done_at"])
    for row in rows:
        done = row.done_at.isoformat() if row.done_at else ""
        rule = f"{row.rule_id} v{row.rule_version}"
        writer.writerow(
            [row.id, row.due_on.isoformat(), row.kind.value, row.consumer_id,
             row.account_reference, row.words, rule, done]
        )  # fmt: skip
    head = {"Content-Disposition": 'attachment; filename="tasks.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=head)
