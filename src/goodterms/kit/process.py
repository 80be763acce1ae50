"""Child processes that never outlive us: each in its own group, each dying with its parent.

The kernel is asked (PR_SET_PDEATHSIG, by way of `setpriv`) to signal the child when the thread that
started it is gone, so not even a `kill -9` of ours leaves an orphan. Start children from a thread
that lives as long as the process: the event loop's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Self


class ProgramMissingError(Exception):
    """A program needed to start a child is not installed; the text names it."""


@dataclass(frozen=True)
class Account:
    """The operating system's user and group a child runs as.

    `capability` is the one right of ours (such as "dac_read_search") it keeps; None for none.
    """

    uid: int
    gid: int
    capability: str | None = None


class Child:
    """One running child process.

    Attributes:
        pid: its process number, which is also that of its group.
    """

    def __init__(self, running: asyncio.subprocess.Process, name: str) -> None:
        self._running = running
        self.name = name
        self.pid = running.pid

    @classmethod
    async def start(
        cls,
        argv: list[str],
        *,
        name: str,
        environment: dict[str, str] | None = None,
        folder: Path | None = None,
        log: Path | None = None,
        account: Account | None = None,
        when_parent_dies: signal.Signals = signal.SIGKILL,
    ) -> Self:
        """Start `argv` as a child named `name`.

        Args:
            argv: the program and its arguments.
            name: what to call it in messages.
            environment: its whole environment; ours when None.
            folder: its working folder.
            log: file its output is appended to; discarded when None.
            account: user and group to run as; needs root; ours when None.
            when_parent_dies: the signal it gets when we are gone.

        Raises:
            ProgramMissingError: `setpriv` is not installed.
            OSError: the program cannot be started.
        """
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else asyncio.subprocess.DEVNULL
            running = await asyncio.create_subprocess_exec(
                *_tied(argv, account, when_parent_dies),
                env=environment,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return cls(running, name)

    @property
    def returncode(self) -> int | None:
        """Its exit status; negative for the signal that ended it; None while it runs."""
        return self._running.returncode

    async def wait(self) -> int:
        """Wait until it has ended; its exit status."""
        return await self._running.wait()

    def send(self, number: signal.Signals) -> None:
        """Send `number` to the child alone; nothing happens when it has ended."""
        if self._running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._running.send_signal(number)

    async def stop(self, *, ask: signal.Signals = signal.SIGTERM, grace: float = 5.0) -> int:
        """Ask it to end, wait up to `grace` seconds, then kill its whole group; its exit status."""
        self.send(ask)
        try:
            async with asyncio.timeout(grace):
                await self._running.wait()
        except TimeoutError:
            pass
        finally:
            # Also after a graceful end: what it started itself must not stay behind.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        return await self._running.wait()


def _tied(argv: list[str], account: Account | None, sent: signal.Signals) -> list[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ProgramMissingError(
            "'setpriv' is missing: install the package util-linux, then start again."
        )
    command = [setpriv, "--pdeathsig", sent.name.removeprefix("SIG")]
    if account is not None:
        # setpriv sets the death signal after the change of user, which would otherwise clear it.
        command += [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
        if account.capability is not None:
            kept = f"+{account.capability}"
            # access(2) forgets a right kept by a non-root user unless this bit is set.
            command += ["--securebits=+no_setuid_fixup"]
            command += [f"--inh-caps={kept}", f"--ambient-caps={kept}"]
    return [*command, "--", *argv]
