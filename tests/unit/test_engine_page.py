"""The engine's page shows the life cycles that the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

from goodterms.calls.model import ATTEMPT, CALL
from goodterms.routing.model import AGENT

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "engine.md"


@pytest.mark.parametrize("diagram", [CALL.diagram(), ATTEMPT.diagram(), AGENT.diagram()])
def test_diagrams_are_drawn_from_the_tables(diagram: str) -> None:
    """A changed table needs its diagram drawn anew."""
    assert f"```mermaid\n{diagram}\n```" in PAGE.read_text(encoding="utf-8")
