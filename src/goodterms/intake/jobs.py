"""Background entry points of intake."""

from __future__ import annotations

from pathlib import Path

from goodterms.intake.service import IntakeService

IMPORT = "intake.import"


async def import_file(intake: IntakeService, run_id: int, path: str) -> None:
    """Import an uploaded file (job ``intake.import``); run again, it goes on where it was."""
    await intake.run_announced(run_id, Path(path))
