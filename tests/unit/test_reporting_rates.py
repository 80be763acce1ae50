"""The rates that reports show are those that pacing and the rules go by."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from goodterms.compliance.decide.abandonment import Share
from goodterms.reporting.model import Figures


def figures(abandoned: int, connected: int) -> Figures:
    """Give the floor's figures with these people who answered."""
    counts = dict.fromkeys(
        ("placed", "answered", "machines", "refused", "deferred", "cancelled", "promises",
         "payments"), 0,
    )  # fmt: skip
    since = datetime(2026, 11, 25, tzinfo=UTC)
    return Figures(
        since=since, agents={}, phases={}, money={}, abandoned=abandoned, connected=connected,
        **counts,
    )  # fmt: skip


def test_abandonment_is_shown_with_its_bound() -> None:
    """30 of 1,000 are 3 %, within the cap, and at most about 4 % with 95 % certainty."""
    shown = figures(30, 970)
    assert shown.abandonment == Share(30, 1000)
    assert shown.abandonment.within()
    assert shown.abandonment_rate == Decimal("0.03")
    assert shown.abandonment_bound
    assert Decimal("0.0385") < shown.abandonment_bound < Decimal("0.0412")


def test_nobody_answered_shows_no_rate() -> None:
    """Without people who answered there is neither a rate nor a bound."""
    shown = figures(0, 0)
    assert (shown.abandonment, shown.abandonment_rate, shown.abandonment_bound) == (None,) * 3
