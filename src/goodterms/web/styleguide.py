"""The style guide: every component once, with realistic invented data, in any language."""

from __future__ import annotations

from datetime import datetime, timedelta

from goodterms.access.model import Role
from goodterms.kit.money import Money
from goodterms.web.listing import Column, Listing
from goodterms.web.shell import ENTRIES, AgentView, Page, Shell, rail

COLUMNS = (
    Column("name", "Name", sortable=True, essential=True),
    Column("creditor", "Creditor"),
    Column("balance", "Balance", sortable=True, end=True),
    Column("age", "Days overdue", sortable=True, end=True),
    Column("last", "Last contact", sortable=True),
    Column("status", "Status"),
)


def render(shell: Shell, *, now: datetime, language: str = "en", nonce: str = "styleguide") -> str:
    """Return the style guide as a page for a reader in New York; ``now`` is aware."""
    page = Page(
        path="/accounts",
        now=now,
        csrf_token="styleguide",  # noqa: S106 - a page of samples has no session
        csp_nonce=nonce,
        language=language,
        zone="America/New_York",
        person_name="Maya Okafor",
        entries=rail(set(Role), {entry.key for entry in ENTRIES}),
        agent=AgentView("ready", now - timedelta(seconds=83)),
    )
    return shell.render(
        "styleguide.html",
        page,
        people=_people(now),
        listing=Listing(
            "styleguide", "/accounts", COLUMNS, {"status": "open"}, "balance", True, "k1", True
        ),
        nothing=Listing("nothing", "/accounts", COLUMNS),
        amount=Money.of("1240.50"),
        ago=lambda seconds: now - timedelta(seconds=seconds),
    )


def _people(now: datetime) -> list[dict[str, object]]:
    rows = (
        ("Dana Whitfield", "Cedar Valley Hospital", "1240.50", 47, 3, "go", "Plan kept"),
        ("Luis Ortega", "Northline Energy", "86.00", 12, 1, "wait", "Promise due Nov 24"),
        (
            "Wilhelmina Featherstonehaugh-Cholmondeley",
            "First Consolidated Savings and Loan of the Upper Peninsula",
            "1284930.75",
            611,
            19,
            "stop",
            "Disputed",
        ),
        ("Aiko Tan", "Brightside Dental", "310.20", 33, 0, "act", "Call-back 2:30 PM"),
    )
    return [
        {
            "name": name,
            "creditor": creditor,
            "balance": Money.of(balance),
            "age": age,
            "last": now - timedelta(days=days, hours=3),
            "tone": tone,
            "status": status,
        }
        for name, creditor, balance, age, days, tone, status in rows
    ]
