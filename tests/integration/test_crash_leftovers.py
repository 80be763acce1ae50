"""However the product is ended, no process of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.fakes.stage import free_port

pytestmark = [pytest.mark.postgres, pytest.mark.asterisk, pytest.mark.timeout(180)]

PARTS = ("postgres", "asterisk", "sandbox", "web", "engine", "worker")
ENDED = {signal.SIGINT: (0, 130), signal.SIGTERM: (0, 130, 143), signal.SIGKILL: (-9,)}


def _parents() -> dict[int, tuple[int, str]]:
    """Return every process with its parent and its start time, which no later one shares."""
    found = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                found[int(entry.name)] = (int(fields[1]), fields[19])
    return found


def descendants(of: int) -> dict[int, str]:
    """Return all processes below one, with their start times."""
    every, found, level = _parents(), dict[int, str](), {of}
    while level:
        level = {pid for pid, (parent, _) in every.items() if parent in level}
        found |= {pid: every[pid][1] for pid in level}
    return found


def named(pids: dict[int, str]) -> str:
    """Return the command lines of processes, one a line."""
    lines = []
    for pid in pids:
        with suppress(OSError):
            lines.append(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "))
    return "\n".join(lines)


def mentioning(folder: Path) -> list[str]:
    """Return the command lines of processes that were started for a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal() and int(entry.name) != os.getpid():
                line = (entry / "cmdline").read_text().replace("\0", " ")
                about = line + (entry / "environ").read_bytes().decode(errors="replace")
                if str(folder) in about:
                    found.append(line)
    return found


def wait_for(true: Callable[[], bool], within: float, what: Callable[[], object]) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + within
    while not true():
        assert time.monotonic() < end, what()
        time.sleep(0.1)


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run goodterms with everything of its own below a folder."""
    environment = {
        **os.environ,
        "GOODTERMS_HOME": str(folder),
        "GOODTERMS_PORT": str(free_port()),
        "GOODTERMS_SANDBOX_PORT": str(free_port()),
    }
    with (folder / "told.txt").open("wb") as told:
        started = subprocess.Popen(
            [sys.executable, "-m", "goodterms", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
        )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@pytest.mark.parametrize("number", list(ENDED), ids=lambda number: number.name)
@pytest.mark.parametrize("command", [["up"], ["demo", "--agents", "2"]], ids=lambda c: c[0])
def test_nothing_stays_behind(command: list[str], number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C, SIGTERM and kill -9 end PostgreSQL, Asterisk and all processes of ours."""
    with running(command, tmp_path) as product:

        def told() -> str:
            return (tmp_path / "told.txt").read_text(errors="replace")

        def all_there() -> bool:
            assert product.poll() is None, told()
            lines = named(descendants(product.pid))
            return all(part in lines for part in PARTS)

        wait_for(all_there, 90, told)
        below = descendants(product.pid)
        product.send_signal(number)
        assert product.wait(15) in ENDED[number], told()

    def left() -> list[int]:
        now = _parents()
        return [pid for pid, began in below.items() if pid in now and now[pid][1] == began]

    wait_for(lambda: not left(), 15, lambda: named(dict.fromkeys(left(), "")))
    wait_for(lambda: not mentioning(tmp_path), 5, lambda: mentioning(tmp_path))
