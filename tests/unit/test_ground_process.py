"""Children are started, stopped and never left behind."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from goodterms.kit.process import Child


async def test_what_a_child_says_goes_to_its_log(tmp_path: Path) -> None:
    """Its output is kept in the file it was given, and its status is told."""
    log = tmp_path / "log"
    argv = [sys.executable, "-c", "print('here'); raise SystemExit(3)"]
    child = await Child.start(argv, name="speaker", log=log)
    assert await child.wait() == 3
    assert log.read_text() == "here\n"


async def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    """One that ignores the polite signal is gone when its grace is over."""
    ready = tmp_path / "ready"
    code = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    child = await Child.start([sys.executable, "-c", code, str(ready)], name="stubborn")
    while not ready.exists():
        pass
    assert await child.stop(grace=0.05) == -signal.SIGKILL
    assert await child.stop() == -signal.SIGKILL
