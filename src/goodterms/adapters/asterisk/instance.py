"""One running Asterisk: its own folder, ports, password and process."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import httpx
import jinja2

from goodterms.adapters.asterisk.package import AsteriskProgram
from goodterms.adapters.asterisk.speech import Speech
from goodterms.kit import places
from goodterms.kit.process import Child

APP = "goodterms"
"""Name of the Stasis application every call enters."""
ARI_USER = "goodterms"
LOOPBACK = "127.0.0.1"

EXAMPLE_WORDS = MappingProxyType(
    {"organisation": "Northgate Services", "contact": "Robin", "number": "+18005550142"}
)
"""Words for the prompts of the demo and of tests; the number is fictional."""

_BOOT_SECONDS = 30.0
_POLL_SECONDS = 0.05
# The control socket's path must fit into sockaddr_un (108 bytes with the closing zero).
_LONGEST_SOCKET_PATH = 100
_RTP_RANGES = {"platform": (18_000, 22_999), "carrier": (23_000, 27_999)}


class AsteriskError(Exception):
    """An Asterisk did not do what was asked; the text says which, what and where to look."""


@dataclass(frozen=True)
class Peer:
    """A SIP peer's address."""

    host: str
    port: int


@dataclass(frozen=True)
class Ports:
    """The ports of one instance: SIP (UDP), HTTP (ARI and browser phones), RTP (UDP, inclusive)."""

    sip: int
    http: int
    rtp_first: int
    rtp_last: int

    @classmethod
    def pick(cls, kind: str, bind: str = "127.0.0.1") -> Self:
        """Ports that are free now, SIP at `bind`, for an instance of `kind` (platform or carrier).

        RTP ranges are wide and may be shared: Asterisk takes the next port when one is taken.
        """
        first, last = _RTP_RANGES[kind]
        sip = _free_port(bind, socket.SOCK_DGRAM)
        return cls(sip, _free_port(LOOPBACK, socket.SOCK_STREAM), first, last)


@dataclass
class AsteriskInstance:
    """An Asterisk that lives in `folder` and dies with this process.

    Attributes:
        program: the Asterisk to run.
        folder: its own folder, made when it starts; its configuration is written anew each time.
        kind: which of the shipped configurations it gets: "platform" or "carrier".
        ports: where it listens.
        bind: the address it takes SIP and sound at; ARI stays on this machine's loopback.
        values: what else its configuration's templates name.
        words: what the prompts name (see asterisk/prompts.yaml); None for an instance that has
            no prompts.
        ari_password: made for this instance alone; kept in files only we can read.
    """

    program: AsteriskProgram
    folder: Path
    kind: str
    ports: Ports
    bind: str = "127.0.0.1"
    values: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] | None = None
    ari_user: str = ARI_USER
    ari_password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _child: Child | None = field(default=None, init=False, repr=False)
    _run: Path | None = field(default=None, init=False, repr=False)

    @property
    def ari_url(self) -> str:
        """Root of its ARI, such as "http://127.0.0.1:8088/ari"."""
        return f"http://{LOOPBACK}:{self.ports.http}/ari"

    @property
    def sip(self) -> Peer:
        """Where it takes SIP."""
        return Peer(self.bind, self.ports.sip)

    @property
    def phone_url(self) -> str:
        """Where browser phones connect, such as "ws://127.0.0.1:8088/ws"."""
        return f"ws://{LOOPBACK}:{self.ports.http}/ws"

    @property
    def prompts(self) -> Path:
        """Folder of its own prompts: `<name>.wav` here is played as `sound:<name>`."""
        return self.folder / "data" / "sounds"

    @property
    def pid(self) -> int | None:
        """Its process number while it runs."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def start(self) -> None:
        """Start it and wait until it answers; again after it has ended, with the same ports.

        Raises:
            AsteriskError: it ended or did not answer within half a minute.
            SpeechError: its prompts cannot be spoken.
        """
        if self.pid is not None:
            return
        self._render()
        if self.words is not None:
            speech = Speech(self.program, places.cache() / "speech")
            await asyncio.to_thread(speech.prompts, self.prompts, self.words)
        argv, environment = self.program.command(self._conf, "-f", "-n", "-q")
        self._child = await Child.start(
            argv,
            name=f"Asterisk ({self.kind})",
            environment=environment,
            folder=self.folder,
            log=self.folder / "log" / "console.log",
        )
        try:
            await self._until_it_answers(self._child)
        except BaseException:
            await self.stop()
            raise

    async def stop(self, grace: float = 3.0) -> None:
        """End it within `grace` seconds, its calls with it, and leave nothing running."""
        if self._child is not None:
            await self._child.stop(ask=signal.SIGTERM, grace=grace)
        if self._run is not None and self._run != self.folder / "run":
            shutil.rmtree(self._run, ignore_errors=True)
        self._run = None

    async def wait(self) -> int:
        """Wait until it has ended by itself; its exit status, negative for a signal."""
        if self._child is None:
            raise AsteriskError(f"Asterisk ({self.kind}) was never started: start it first.")
        return await self._child.wait()

    async def rx(self, command: str) -> str:
        """Run a command of Asterisk's own command line, such as "core show channels".

        Raises:
            AsteriskError: it does not run or refused the connection.
        """
        argv, environment = self.program.command(self._conf, "-rx", command)
        running = await asyncio.create_subprocess_exec(
            *argv,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await running.communicate()
        text = output.decode(errors="replace").strip()
        if running.returncode:
            raise AsteriskError(f"Asterisk ({self.kind}) refused '{command}': {text}")
        return text

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def _conf(self) -> Path:
        return self.folder / "etc" / "asterisk.conf"

    def _render(self) -> None:
        folder = self.folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        for name in ("etc", "var/keys", "agi", "log", "spool/recording", "spool/monitor"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._run = self._run or _run_folder(folder)
        _link_data(self.program, folder / "data")
        values = {
            "folder": folder,
            "run": self._run,
            "name": self.kind,
            "modules": self.program.modules,
            "data": self.program.data,
            "present": {module.stem for module in self.program.modules.glob("*.so")},
            "bind": self.bind,
            "ports": self.ports,
            "app": APP,
            "ari_user": self.ari_user,
            "ari_password": self.ari_password,
            **self.values,
        }
        for source in ("common", self.kind):
            render(places.shipped("asterisk") / source, folder / "etc", values)

    async def _until_it_answers(self, child: Child) -> None:
        auth = (self.ari_user, self.ari_password)
        try:
            async with (
                asyncio.timeout(_BOOT_SECONDS),
                httpx.AsyncClient(auth=auth, trust_env=False, timeout=2.0) as client,
            ):
                while not await _answers(client, f"{self.ari_url}/asterisk/ping"):
                    if child.returncode is not None:
                        raise AsteriskError(self._failed(f"ended with status {child.returncode}"))
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise AsteriskError(
                self._failed(f"did not answer within {_BOOT_SECONDS:.0f} s")
            ) from None

    def _failed(self, how: str) -> str:
        log = self.folder / "log" / "messages.log"
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        last = next((line for line in reversed(lines) if "ERROR" in line), "no error was logged")
        return f"Asterisk ({self.kind}) {how}: {last}. Its log is {log}."


def platform(
    program: AsteriskProgram,
    folder: Path,
    *,
    carrier: Peer,
    agents: Peer | None = None,
    ports: Ports | None = None,
    bind: str = "127.0.0.1",
    words: Mapping[str, str] = EXAMPLE_WORDS,
) -> AsteriskInstance:
    """The Asterisk that serves agents and consumers, with its trunk to `carrier`.

    It dials consumers as `PJSIP/<number>@carrier` and demo agents' phones, which are at `agents`
    (the carrier itself when None), as `PJSIP/demo-agent-<nn>@agents`. `words` are what its prompts
    say: whoever calls real people gives the organisation's own.
    """
    values = {"carrier": carrier, "agents": agents or carrier}
    chosen = ports or Ports.pick("platform", bind)
    return AsteriskInstance(program, folder, "platform", chosen, bind, values, words)


def render(templates: Path, target: Path, values: Mapping[str, Any]) -> None:
    """Write each `*.conf` of the folder `templates` into `target`, readable by us alone.

    Raises:
        jinja2.UndefinedError: a template names what `values` lacks.
    """
    environment = jinja2.Environment(  # noqa: S701 - Asterisk's configuration is not HTML
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    for template in sorted(templates.glob("*.conf")):
        file = target / template.name
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(environment.get_template(template.name).render(values))


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    # HTTP is up before ARI is, which answers 404 until then.
    with contextlib.suppress(httpx.TransportError):
        return (await client.get(url)).status_code == httpx.codes.OK
    return False


def _link_data(program: AsteriskProgram, data: Path) -> None:
    """A data folder of the instance's own: the program's, with its English sounds where we look."""
    data.mkdir(exist_ok=True)
    for name in ("documentation", "moh", "static-http", "rest-api"):
        _link(data / name, program.data / name)
    (data / "sounds").mkdir(exist_ok=True)
    sounds = program.sounds()
    if sounds is not None:
        _link(data / "sounds" / "en", sounds)


def _link(link: Path, target: Path) -> None:
    link.unlink(missing_ok=True)
    if target.exists():
        link.symlink_to(target)


def _run_folder(folder: Path) -> Path:
    if len(str(folder / "run" / "asterisk.ctl")) > _LONGEST_SOCKET_PATH:
        return Path(tempfile.mkdtemp(prefix="gt-asterisk-"))
    (folder / "run").mkdir(exist_ok=True)
    return folder / "run"


def _free_port(bind: str, kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((bind, 0))
        port: int = probe.getsockname()[1]
        return port
