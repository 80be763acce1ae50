"""The numbers that the engine takes from the rows: ringing, the two seconds, windows of a pace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.fakes.contacts import NOON, US, facts

from goodterms.compliance.decide import make_rulebook
from goodterms.compliance.decide.terms import CallTerms, call_terms, pace_since

BRITISH = facts(country="GB", region="", zones=("Europe/London",))


def test_terms_follow_the_law_of_the_place() -> None:
    """From the end of the greeting in the United States, from its start in the United Kingdom."""
    assert call_terms(US, facts(), "collection", NOON) == CallTerms(15, 2, from_salutation=False)
    assert call_terms(US, BRITISH, "collection", NOON) == CallTerms(15, 2, from_salutation=True)


def test_strictest_row_counts_and_without_rows_the_strictest_terms() -> None:
    """A tighter row shortens the seconds and lengthens the ring; no row leaves no freedom."""
    ring = next(r for r in US.rules if r.id == "US-ABN-1-RING")
    agent = next(r for r in US.rules if r.id == "US-ABN-1-AGENT")
    tighter = make_rulebook(
        [
            *US.rules,
            replace(ring, id="OURS-1", params={"seconds": 20}),
            replace(agent, id="OURS-2", params={"seconds": 1, "since": "greeting_end"}),
        ]
    )
    assert call_terms(tighter, facts(), "collection", NOON) == CallTerms(20, 1, False)
    nothing = make_rulebook([], partial=True)
    assert call_terms(nothing, facts(), "collection", NOON) == CallTerms()
    ended = make_rulebook([replace(ring, valid_to=NOON.date(), params={"seconds": 90})],
                          partial=True)  # fmt: skip
    assert call_terms(ended, facts(), "collection", NOON).ring_seconds == 15
    off = make_rulebook([replace(ring, enabled=False, params={"seconds": 90})], partial=True)
    assert call_terms(off, facts(), "collection", NOON).ring_seconds == 15


def test_terms_of_a_call_about_nothing() -> None:
    """Where no debt is named, rows bind whatever our role."""
    nobody = replace(facts(), accounts=())
    assert call_terms(US, nobody, "collection", NOON) == CallTerms(15, 2, from_salutation=False)


@pytest.mark.parametrize(
    ("country", "now", "since"),
    [
        ("US", NOON, NOON - timedelta(days=30)),
        ("PL", NOON, NOON - timedelta(days=30)),
        ("", NOON, NOON - timedelta(days=30)),
        ("GB", datetime(2026, 11, 24, 18, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)),
        ("GB", datetime(2026, 7, 1, 22, 59, tzinfo=UTC), datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("GB", datetime(2026, 7, 1, 23, 0, tzinfo=UTC), datetime(2026, 7, 1, 23, tzinfo=UTC)),
    ],
)
def test_window_of_a_pace(country: str, now: datetime, since: datetime) -> None:
    """Thirty days, or since midnight in London whatever the clock does."""
    assert pace_since(US, country, now) == since


def test_window_without_rows_is_thirty_days() -> None:
    """Without a row the usual window counts."""
    assert pace_since(make_rulebook([], partial=True), "US", NOON) == NOON - timedelta(days=30)
