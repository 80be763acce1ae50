"""The REST API under /api/v1: everything a page can do, a program with a key can do."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from goodterms.web.api import (
    accounts,
    backtests,
    callers,
    campaigns,
    circumstances,
    decisions,
    events,
    messages,
    money,
    overlays,
    placing,
    processors,
    receivers,
    restrictions,
    rulebook,
    standing,
    tasks,
)

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_WORDS = {
    401: "No key.",
    403: "The key is not in force or lacks the scope.",
    404: "There is no such record.",
    409: "The record's state does not allow it.",
    422: "A field is wrong; `field` names it.",
    429: "Too many requests in a minute.",
    503: "Busy; nothing was changed.",
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": _PROBLEM} for status, words in _WORDS.items()
}

router = APIRouter(prefix="/api/v1", responses=_ANSWERS)
for part in (
    accounts, placing, money, restrictions, circumstances, standing, messages, decisions, tasks,
    rulebook, backtests, overlays, campaigns, callers, events, receivers,
):  # fmt: skip
    router.include_router(part.router)

notices = processors.router
