"""What the demo shows in the terminal: live while it runs, and in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from goodterms.reporting.model import CampaignRow, DecisionRow, Figures

PHASES = ("dialing", "ringing", "detecting", "queued", "talking", "held", "message")
STATES = ("ready", "reserved", "talking", "wrap_up", "paused")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the demo looks at once a second."""

    figures: Figures
    campaigns: Sequence[CampaignRow]
    refusals: Sequence[dict[str, Any]]
    decisions: Sequence[DecisionRow]
    address: str
    remaining: float | None
    now: datetime


def percent(rate: Decimal | None) -> str:
    """Write a rate as per cent, or that there is no data."""
    return "no data" if rate is None else f"{rate * 100:.1f} %"


def money(amounts: dict[str, Decimal] | Any) -> str:
    """Write amounts by currency."""
    return ", ".join(f"{value:,.2f} {code}" for code, value in sorted(amounts.items())) or "0.00"


def _counts(counts: Any, names: Sequence[str]) -> str:
    return "  ".join(f"{name.replace('_', ' ')} {counts.get(name, 0)}" for name in names)


def live(seen: Seen) -> RenderableType:
    """Draw the live summary."""
    figures = seen.figures
    table = Table.grid(padding=(0, 2))
    table.add_row("agents", _counts(figures.agents, STATES))
    table.add_row("calls", _counts(figures.phases, PHASES))
    table.add_row(
        "so far",
        f"placed {figures.placed}  answered {figures.answered}  conversations "
        f"{figures.connected}  abandoned {figures.abandoned} "
        f"({percent(figures.abandonment_rate)} of 3 %)",
    )
    table.add_row("money", f"{figures.payments} payments, {money(figures.money)}; "
                  f"{figures.promises} promises")  # fmt: skip
    table.add_row("gate", f"refused {figures.refused}  put off {figures.deferred}  "
                  f"cancelled {figures.cancelled}")  # fmt: skip
    for row in seen.campaigns:
        table.add_row("pace", f"{row.name}: {row.because or 'starting'} ({row.waiting} waiting)")
    for reason in list(seen.refusals)[:4]:
        table.add_row("", Text(f"{reason['contacts']:>5} x {reason['reason_code']}", style="dim"))
    for decision in list(seen.decisions)[:3]:
        said = decision.words or "allowed: every rule passes"
        table.add_row("", Text(f"{decision.consumer_name}: {said}", style="dim", overflow="fold"))
    title = f"goodterms demo — open {seen.address}"
    ends = "Ctrl-C stops everything" if seen.remaining is None else (
        f"ends by itself in {max(0, round(seen.remaining))} s"
    )  # fmt: skip
    return Panel(Group(table), title=title, subtitle=ends)


def final(seen: Seen, breaches: Sequence[str], shortfalls: Sequence[str]) -> RenderableType:
    """Draw the summary printed at the end."""
    figures = seen.figures
    table = Table(title="The demo in figures", show_header=False)
    table.add_row("calls placed", str(figures.placed))
    table.add_row("answered", f"{figures.answered} ({percent(figures.answer_rate)})")
    table.add_row("conversations with an agent", str(figures.connected))
    table.add_row("abandoned", f"{figures.abandoned} ({percent(figures.abandonment_rate)})")
    table.add_row("machines", str(figures.machines))
    table.add_row("payments", f"{figures.payments}: {money(figures.money)}")
    table.add_row("promises", str(figures.promises))
    table.add_row("contacts refused", str(figures.refused))
    table.add_row("contacts put off", str(figures.deferred))
    table.add_row("calls cancelled by a payment, hold or opt-out", str(figures.cancelled))
    for reason in seen.refusals:
        table.add_row(f"  {reason['reason_code']}", f"{reason['contacts']} {reason['decision']}")
    verdict = Text("every invariant holds", style="green")
    if breaches:
        verdict = Text("\n".join(["Broken invariants:", *breaches[:20]]), style="red")
    notes = [Text(f"Not shown: {text}", style="yellow") for text in shortfalls]
    return Group(table, verdict, *notes)


def shortfalls(figures: Figures) -> list[str]:
    """Say what a demo that proves the whole line must have shown and did not."""
    missing = []
    if not figures.answered:
        missing.append("no call was answered")
    if not figures.connected:
        missing.append("no call was joined to an agent")
    if not figures.payments:
        missing.append("no payment was posted")
    return missing
