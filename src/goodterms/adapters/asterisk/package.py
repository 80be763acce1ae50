"""The Asterisk program: the one on the PATH, or a private copy of Debian's, fetched once.

Debian 12 and 13 have no Asterisk; a later suite has. Its packages run from an unpacked folder with
their own loader and C library, so nothing on the host changes and nobody needs root.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from goodterms.adapters.asterisk.debian import Fetched, PackageError, PrivateRoot, Say, describe
from goodterms.kit import places

OLDEST = 20
"""The oldest major version of a host's own Asterisk that goodterms works with."""
OLDEST_FETCHED = 22
"""The oldest major version we accept from the suite."""

_SUITE = "forky"
_SPEECH = ("espeak-ng", "sox")
_ASTERISK = ("asterisk", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm", *_SPEECH)
_LAYOUT = 3
_RECORD = "goodterms-package.json"
_LOCK = "packages.lock"
_HOST_MODULES = ("/usr/lib/{triplet}/asterisk/modules", "/usr/lib/asterisk/modules")
_HOST_MODULES_ELSEWHERE = ("/usr/lib64/asterisk/modules", "/usr/local/lib/asterisk/modules")
_HOST_DATA = ("/usr/share/asterisk", "/var/lib/asterisk", "/usr/local/share/asterisk")


@dataclass(frozen=True)
class AsteriskProgram:
    """An Asterisk that can be started here, with the folders its configuration must name.

    Attributes:
        version: as the program says it, such as "22.10.1".
        modules: folder of its loadable modules.
        data: folder with `documentation`, `moh`, `sounds`, `static-http` and so on.
        root: the private root it lives in; None for the host's own.
        speech: the private root of the speech programs where the host has Asterisk but not those.
    """

    version: str
    modules: Path
    data: Path
    root: Path | None = None
    speech: Path | None = None

    def command(self, conf: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
        """How to run Asterisk with the configuration file `conf`: argv and environment."""
        argv, environment = self.tool("asterisk") or (["asterisk"], dict(os.environ))
        return [*argv, "-C", str(conf), *arguments], environment

    def tool(self, name: str) -> tuple[list[str], dict[str, str]] | None:
        """How to run the program `name` of a private root, else the host's; None if neither."""
        for root in filter(None, (self.root, self.speech)):
            for folder in ("usr/sbin", "usr/bin"):
                if (root / folder / name).exists():
                    return _under_own_loader(root, root / folder / name)
        found = shutil.which(name)
        return ([found], dict(os.environ)) if found else None

    def sounds(self) -> Path | None:
        """Folder of the English core sounds; None where they are not installed."""
        for name in ("en_US_f_Allison", "en"):
            if (self.data / "sounds" / name).is_dir():
                return self.data / "sounds" / name
        return None


def find(cache: Path) -> AsteriskProgram | None:
    """The Asterisk that is here already: on the PATH (20 or newer), else fetched below `cache`."""
    return _on_path(cache) or _fetched(cache / _folder_name(_ASTERISK))


def provide(cache: Path, say: Say) -> AsteriskProgram:
    """The Asterisk of `find`, fetched first where there is none, and the programs for speech.

    Args:
        cache: the user's cache folder for goodterms; the copy lands in `asterisk-<id>` below it.
        say: is told one line per step.

    Raises:
        PackageError: it can neither be found nor fetched; the text names the remedy.
    """
    found = find(cache)
    if found is None:
        _provide_tree(cache, _ASTERISK, say)
    elif not all(map(found.tool, _SPEECH)):
        _provide_tree(cache, _SPEECH, say)
    else:
        return found
    found = find(cache)
    if found is None or not all(map(found.tool, _SPEECH)):
        raise PackageError(
            f"The Asterisk fetched into {cache} does not start on this machine: install Asterisk "
            "20 or newer so that 'asterisk' is on the PATH, with espeak-ng and sox."
        )
    return found


def _provide_tree(cache: Path, wanted: tuple[str, ...], say: Say) -> None:
    """Fetch and unpack the packages `wanted` into their folder below `cache`, all or nothing."""
    cache.mkdir(parents=True, exist_ok=True)
    target = cache / _folder_name(wanted)
    # Same file system as the target, so that the last step is one atomic rename.
    with tempfile.TemporaryDirectory(dir=cache, prefix="asterisk-new-") as work:
        apt = PrivateRoot(Path(work) / "apt", _SUITE, say)
        packages = apt.fetch(wanted)
        fetched = sorted(describe(package) for package in packages)
        _check(fetched, say)
        apt.unpack(packages, Path(work) / "root")
        _finish(Path(work) / "root", fetched)
        if target.exists():
            shutil.rmtree(target)  # unfinished or of an older layout: find() refused it
        (Path(work) / "root").rename(target)


def _check(fetched: list[Fetched], say: Say) -> None:
    asterisk = next((item for item in fetched if item.name == "asterisk"), None)
    if asterisk is not None and major(asterisk.version) < OLDEST_FETCHED:
        raise PackageError(
            f"Debian {_SUITE} no longer offers Asterisk {OLDEST_FETCHED} or newer: install it so "
            "that 'asterisk' is on the PATH."
        )
    compare(fetched, read_lock(places.shipped("asterisk") / _LOCK), say)


def major(version: str) -> int:
    """The major number of an Asterisk version, Debian's epoch and the program's words allowed.

    Raises:
        ValueError: there is no number in it.
    """
    found = re.search(r"(?:^|\s|:)(\d+)\.\d", version)
    if found is None:
        raise ValueError(f"'{version}' is not a version of Asterisk")
    return int(found.group(1))


def compare(fetched: list[Fetched], lock: list[Fetched], say: Say) -> None:
    """Compare what came with the versions goodterms was tried with.

    A suite moves on, and its archive drops what it replaced: a newer version is accepted and told.

    Raises:
        PackageError: the same version has other contents.
    """
    locked = {item.name: item for item in lock}
    for item in fetched:
        known = locked.get(item.name)
        if known and known.version == item.version and known.sha256 != item.sha256:
            raise PackageError(
                f"Package {item.name} {item.version} differs from the one goodterms was tried "
                "with though it has the same version: do not trust this package source."
            )
    moved = [item.name for item in fetched if locked.get(item.name) != item]
    if moved and locked:
        say(f"{len(moved)} of {len(fetched)} packages are not the locked versions: {_some(moved)}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")  # noqa: PLR2004 - a short line


def read_lock(file: Path) -> list[Fetched]:
    """The packages of this machine's architecture in the lock `file`; none if it has none."""
    machine = platform.machine()
    if not file.exists():
        return []
    lines = (line.split() for line in file.read_text().splitlines() if not line.startswith("#"))
    return [Fetched(*line[1:]) for line in lines if len(line) == 4 and line[0] == machine]  # noqa: PLR2004 - machine, name, version, sha256


def write_lock(file: Path, fetched: list[Fetched]) -> None:
    """Record `fetched` for this machine's architecture in `file`, keeping the others' lines."""
    machine = platform.machine()
    kept = file.read_text().splitlines() if file.exists() else [_LOCK_HEAD]
    kept = [line for line in kept if not line.startswith(f"{machine} ")]
    added = [f"{machine} {item.name} {item.version} {item.sha256}" for item in sorted(fetched)]
    file.write_text("\n".join([*kept, *added]) + "\n")


_LOCK_HEAD = "# machine, package, version, SHA-256: what goodterms was tried with"


def _finish(root: Path, fetched: list[Fetched]) -> None:
    record = {
        "suite": _SUITE,
        "packages": [[item.name, item.version, item.sha256] for item in fetched],
    }
    (root / _RECORD).write_text(json.dumps(record, indent=0))


def _folder_name(wanted: tuple[str, ...]) -> str:
    """Changes with all that decides what is in the folder, so an upgrade fetches anew."""
    facts = json.dumps([_LAYOUT, _SUITE, wanted, platform.machine()])
    return "asterisk-" + hashlib.sha256(facts.encode()).hexdigest()[:10]


def _fetched(root: Path) -> AsteriskProgram | None:
    if not (root / _RECORD).exists():
        return None
    modules = root / "usr" / "lib" / triplet() / "asterisk" / "modules"
    program = AsteriskProgram("", modules, root / "usr" / "share" / "asterisk", root)
    version = _version(program)
    return None if version is None else AsteriskProgram(version, modules, program.data, root)


def _on_path(cache: Path) -> AsteriskProgram | None:
    if shutil.which("asterisk") is None:
        return None
    tree = cache / _folder_name(_SPEECH)
    speech = tree if (tree / _RECORD).exists() else None
    folders = [*(name.format(triplet=triplet()) for name in _HOST_MODULES)]
    modules = _first([*folders, *_HOST_MODULES_ELSEWHERE])
    data = _first(list(_HOST_DATA))
    if modules is None or data is None:
        return None
    version = _version(AsteriskProgram("", modules, data))
    if version is None or major(version) < OLDEST:
        return None
    return AsteriskProgram(version, modules, data, None, speech)


def _first(folders: list[str]) -> Path | None:
    return next((Path(folder) for folder in folders if Path(folder).is_dir()), None)


def _version(program: AsteriskProgram) -> str | None:
    argv, environment = program.tool("asterisk") or ([], {})
    if not argv:
        return None
    done = subprocess.run(  # noqa: S603 - Asterisk itself, asked for its version
        [*argv, "-V"], env=environment, capture_output=True, text=True, check=False
    )
    found = re.search(r"Asterisk (?:certified/)?(\d+\.\S*?)(?:~|\+|\s|$)", done.stdout)
    return found.group(1) if done.returncode == 0 and found else None


def _under_own_loader(root: Path, program: Path) -> tuple[list[str], dict[str, str]]:
    libraries = root / "usr" / "lib" / triplet()
    loader = next(iter(sorted(libraries.glob("ld-linux*.so.*"))))
    path = f"{libraries}:{libraries / 'pulseaudio'}"
    environment = {
        **os.environ,
        "OPENSSL_MODULES": str(libraries / "ossl-modules"),
        "GCONV_PATH": str(libraries / "gconv"),
        "ESPEAK_DATA_PATH": str(libraries),
    }
    argv = [str(loader), "--argv0", program.name, "--library-path", path, str(program)]
    return argv, environment


def triplet() -> str:
    """Debian's name for this machine's library folder, such as "x86_64-linux-gnu"."""
    return f"{platform.machine()}-linux-gnu"


def main() -> int:
    """Provide Asterisk for the set-up, telling each step; 1 with one line if that fails."""
    say = _say
    try:
        program = provide(places.cache(), say)
        if "--lock" in sys.argv[1:] and program.root is not None:
            packages = json.loads((program.root / _RECORD).read_text())["packages"]
            write_lock(places.shipped("asterisk") / _LOCK, [Fetched(*line) for line in packages])
    except PackageError as refused:
        say(str(refused))
        return 1
    say(f"Asterisk {program.version} in {program.root or shutil.which('asterisk')}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
