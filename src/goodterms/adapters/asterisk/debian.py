"""A private apt root: packages of one Debian suite, fetched and unpacked without root.

The host's own Debian source says where to fetch, its archive keyring says whom to trust, and its
`Acquire` options (a proxy, a site's clock rules) say how. The host's package database is never
touched.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

Say = Callable[[str], None]

_ETC_APT = Path("/etc/apt")
_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
# What a site says about reaching its archive. Hooks and index targets stay the host's own affair.
_SITE_OPTION = re.compile(
    r"^Acquire::(Check-|http|https|Retries|ForceIPv|Proxy|Languages|Max-FutureTime|GzipIndexes)"
)
_PROGRESS_SECONDS = 2.0


class PackageError(Exception):
    """Packages could not be provided; the text says what happened and what to do."""


@dataclass(frozen=True)
class Source:
    """One enabled line of apt's source list."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


@dataclass(frozen=True, order=True)
class Fetched:
    """One package as it came: the lock file has a line for each."""

    name: str
    version: str
    sha256: str


def parse_one_line(text: str) -> list[Source]:
    """Enabled binary sources of a `.list` file."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match:
            uri, suite, components = match.groups()
            found.append(Source(uri, (suite,), tuple(components.split())))
    return found


def parse_deb822(text: str) -> list[Source]:
    """Enabled binary sources of a `.sources` file."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", "").split():
            continue
        if fields.get("enabled", "yes").strip().lower() in {"no", "false", "0"}:
            continue
        suites = tuple(fields.get("suites", "").split())
        components = tuple(fields.get("components", "").split())
        found += [Source(uri, suites, components) for uri in fields.get("uris", "").split()]
    return found


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and last:
            fields[last] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            last = name.strip().lower()
            fields[last] = value.strip()
    return fields


def host_sources(etc: Path = _ETC_APT) -> list[Source]:
    """Every enabled source of this host, in apt's own order of files."""
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    found: list[Source] = []
    for file in files:
        if file.suffix == ".list" and file.is_file():
            found += parse_one_line(file.read_text(errors="replace"))
        elif file.suffix == ".sources" and file.is_file():
            found += parse_deb822(file.read_text(errors="replace"))
    return found


def archive_uri(sources: Iterable[Source], codename: str) -> str | None:
    """The URI of the archive this Debian release (`codename`) is itself installed from."""
    for source in sources:
        if codename in source.suites and "main" in source.components:
            return source.uri
    return None


def release(text: str) -> dict[str, str]:
    """The fields of an os-release file."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


class PrivateRoot:
    """An apt of our own below `folder`, for one `suite` of the host's Debian archive."""

    def __init__(self, folder: Path, suite: str, say: Say) -> None:
        self.folder = folder
        self._suite = suite
        self._say = say
        self._environment = {"APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C.UTF-8"}

    def fetch(self, wanted: Iterable[str]) -> list[Path]:
        """Download `wanted` and all they depend on; the `.deb` files, verified by apt."""
        names = list(wanted)
        self._configure()
        self._say(f"Reading the package lists of Debian {self._suite}")
        self._apt("update", "-qq")
        plan = self._apt("install", "--print-uris", "-y", "-qq", *names)
        parts = [line.split() for line in plan.splitlines() if line.startswith("'")]
        size = sum(int(part[2]) for part in parts) // 1_000_000
        self._say(f"Downloading {len(parts)} packages ({size} MB)")
        self._download(names, len(parts))
        return sorted((self.folder / "cache" / "archives").glob("*.deb"))

    def unpack(self, packages: list[Path], target: Path) -> None:
        """Unpack each of `packages` below `target`, without running any of their scripts."""
        self._say(f"Unpacking {len(packages)} packages")
        target.mkdir(parents=True)
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda package: _unpack(package, target), packages))

    def _configure(self) -> None:
        folder = self.folder
        for name in ("etc/preferences.d", "etc/apt.conf.d", "etc/sources.list.d"):
            (folder / name).mkdir(parents=True)
        (folder / "state/lists/partial").mkdir(parents=True)
        (folder / "cache/archives/partial").mkdir(parents=True)
        (folder / "status").touch()
        (folder / "etc/sources.list").write_text(_source_line(self._suite))
        options = [
            f'Dir::Etc "{folder}/etc";',
            f'Dir::Etc::netrc "{_ETC_APT}/auth.conf";',
            f'Dir::Etc::netrcparts "{_ETC_APT}/auth.conf.d";',
            f'Dir::State "{folder}/state";',
            f'Dir::State::status "{folder}/status";',
            f'Dir::Cache "{folder}/cache";',
            f'Dir::Log "{folder}/log";',
            'APT::Sandbox::User "";',
            'APT::Install-Recommends "false";',
            'Debug::NoLocking "true";',
            *_site_options(),
        ]
        (folder / "apt.conf").write_text("\n".join(options) + "\n")

    def _apt(self, *arguments: str) -> str:
        command = [_program("apt-get"), *arguments]
        done = _run(command, self._environment)
        if done.returncode:
            raise PackageError(_refused(arguments[0], done.stderr))
        return done.stdout

    def _download(self, names: list[str], total: int) -> None:
        archives = self.folder / "cache" / "archives"
        with (self.folder / "download.log").open("w") as log:
            running = subprocess.Popen(  # noqa: S603 - apt-get with names of our own
                [_program("apt-get"), "install", "--download-only", "-y", "-qq", *names],
                env=_environ(self._environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
            told = time.monotonic()
            while running.poll() is None:
                time.sleep(0.1)
                if time.monotonic() - told >= _PROGRESS_SECONDS:
                    told = time.monotonic()
                    self._say(f"  {len(list(archives.glob('*.deb')))} of {total} packages")
        if running.returncode:
            raise PackageError(_refused("download", (self.folder / "download.log").read_text()))


def describe(package: Path) -> Fetched:
    """Name, version and SHA-256 of a downloaded `.deb`."""
    name, version, _ = unquote(package.name).split("_", 2)
    return Fetched(name, version, hashlib.sha256(package.read_bytes()).hexdigest())


def _source_line(suite: str) -> str:
    facts = release(Path("/etc/os-release").read_text()) if Path("/etc/os-release").exists() else {}
    codename = facts.get("VERSION_CODENAME", "")
    uri = archive_uri(host_sources(), codename) if facts.get("ID") == "debian" else None
    keyring = next((key for key in _KEYRINGS if key.exists()), None)
    if uri is None or keyring is None:
        raise PackageError(
            "Asterisk cannot be fetched here: this host has no Debian package source with Debian's "
            "archive keyring. Install Asterisk 20 or newer so that 'asterisk' is on the PATH."
        )
    return f"deb [signed-by={keyring}] {uri} {suite} main\n"


def _site_options() -> list[str]:
    dump = _run([_program("apt-config"), "dump"], {"LC_ALL": "C.UTF-8"}).stdout
    return [line for line in dump.splitlines() if _SITE_OPTION.match(line)]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise PackageError(
            f"'{name}' is missing, so Asterisk cannot be fetched: install Asterisk 20 or newer so "
            "that 'asterisk' is on the PATH."
        )
    return found


def _environ(extra: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **extra}


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - programs and arguments of our own
        command,
        env=_environ(environment),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _unpack(package: Path, target: Path) -> None:
    done = _run([_program("dpkg-deb"), "-x", str(package), str(target)], {})
    if done.returncode:
        raise PackageError(f"{package.name} could not be unpacked: {done.stderr.strip()}")


def _refused(step: str, text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith(("E:", "Err:", "W:"))]
    why = (lines or text.strip().splitlines() or ["no reason given"])[0]
    return (
        f"apt-get {step} failed: {why}. Check the network and the host's apt configuration, "
        "then run the set-up again."
    )
