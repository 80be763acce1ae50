"""Caller IDs that answer whenever they are asked about."""

from __future__ import annotations

from datetime import UTC, datetime

from goodterms.compliance.model import CallerFacts, CallerTest
from goodterms.compliance.registry import CallerRegistry
from goodterms.kit.sql import Connection

ALWAYS = datetime(2100, 1, 1, tzinfo=UTC)
"""An instant later than any test's, so that a number's last good test is never old."""
TESTED = CallerFacts(tested_at=ALWAYS)


async def answers(registry: CallerRegistry, conn: Connection, number: str) -> None:
    """Let a registered number have been called back, answered and greeted."""
    test = CallerTest(number, ALWAYS, answered=True, greeted=True, seconds=1.0, words="It greets.")
    await registry.record_test(conn, test)
