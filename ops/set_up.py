"""The steps of the set-up, in the standard library alone: it runs before anything is installed.

Each step keeps a stamp, the hash of what it was made from, and is skipped while that is unchanged.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "var" / "setup"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = KEPT / "uv" / "bin" / "uv"
BUNDLE = ROOT / "src" / "goodterms" / "web" / "static" / "build"
TERMINAL = sys.stdout.isatty()
SHORT = 150

# Programs and the Debian packages that bring them.
FRONT_END: dict[tuple[str, ...], str] = {("node",): "nodejs", ("npm",): "npm"}
TESTING: dict[tuple[str, ...], str] = {
    ("chromium", "chromium-browser", "google-chrome"): "chromium",
    ("sipp",): "sip-tester",
    ("setpriv",): "util-linux",
}


class Stop(Exception):  # noqa: N818 - it ends the set-up with one line
    """A step failed; the text says what to do."""


@dataclass(frozen=True)
class Step:
    """One step: what it is called, what it is made from, and how it is done.

    `needed` says whether anything is missing although the stamp is current.
    """

    name: str
    made_from: Callable[[], str]
    needed: Callable[[], bool]
    do: Callable[[Line], None]


class Line:
    """One line of progress, rewritten while the step runs where the terminal allows it."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._began = time.monotonic()
        self._told = ""
        if not TERMINAL:
            print(f"{label} …", flush=True)

    def tell(self, text: str) -> None:
        """What the step is doing now."""
        if TERMINAL:
            width = shutil.get_terminal_size().columns - 1
            line = f"{self._label} … {text}"[:width]
            print(f"\r{line:<{width}}", end="", flush=True)
        elif text != self._told:
            self._told = text
            print(f"    {text}", flush=True)

    def wait(self) -> None:
        """Show that time passes."""
        if TERMINAL:
            self.tell(f"{time.monotonic() - self._began:.0f} s")

    def end(self, text: str) -> None:
        """How it ended, and the time it took."""
        took = f"{text} ({time.monotonic() - self._began:.1f} s)"
        if TERMINAL:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{f'{self._label} … {took}':<{width}}", flush=True)
        else:
            print(f"    {took}", flush=True)


def main() -> int:
    """Do every step of the stage that is asked for; 1 with one line if one fails."""
    parser = argparse.ArgumentParser(description="Get this machine ready for goodterms.")
    parser.add_argument("stage", nargs="?", choices=["demo", "test", "bench"], default="demo")
    stage = parser.parse_args().stage
    began = time.monotonic()
    KEPT.mkdir(parents=True, exist_ok=True)
    try:
        with (KEPT / "lock").open("w") as lock:
            _alone(lock)
            steps = list(_steps(stage))
            done = [
                _run(step, f"[{number}/{len(steps)}] {step.name}") for number, step in _count(steps)
            ]
    except Stop as stop:
        print(f"\nThe set-up stopped. {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe set-up was interrupted; run it again to go on.", file=sys.stderr)
        return 130
    if any(done):
        print(f"Ready for {stage} after {time.monotonic() - began:.0f} s.")
    return 0


def _alone(lock: TextIO) -> None:
    """Wait until no other set-up of this source tree runs."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another set-up runs here already; waiting for it.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _count(steps: list[Step]) -> Iterator[tuple[int, Step]]:
    yield from enumerate(steps, start=1)


def _steps(stage: str) -> Iterator[Step]:
    yield Step("system packages", str, lambda: bool(_missing(stage)), _packages(stage))
    yield Step("uv", _hash_of("ops/requirements-uv.lock"), lambda: not UV.exists(), _get_uv)
    yield _python_packages(stage)
    yield Step("Asterisk", _asterisk_source, lambda: _asterisk() is None, _get_asterisk)
    if (ROOT / "ui" / "package.json").exists():
        yield Step("front-end bundle", _front_end_source, _no_bundle, _build_front_end)


def _run(step: Step, label: str) -> bool:
    """Do `step` unless its stamp is current and nothing is missing; whether it was done."""
    stamp = KEPT / f"{re.sub(r'[^a-z]+', '-', step.name.lower())}.stamp"
    made_from = step.made_from()
    if stamp.exists() and stamp.read_text() == made_from and not step.needed():
        return False
    stamp.unlink(missing_ok=True)
    line = Line(label)
    try:
        step.do(line)
    except BaseException:
        if TERMINAL:
            print(flush=True)
        raise
    line.end("done")
    # What a step makes may change what it says it is made from (a lock file read anew).
    stamp.write_text(step.made_from())
    return True


def _missing(stage: str) -> list[str]:
    """Debian packages whose programs are not on the PATH."""
    wanted = {} if BUNDLE.exists() and _bundle_is_current() else dict(FRONT_END)
    wanted |= TESTING if stage == "test" else {}
    return [name for programs, name in wanted.items() if not any(map(shutil.which, programs))]


def _packages(stage: str) -> Callable[[Line], None]:
    def do(line: Line) -> None:
        names = _missing(stage)
        if not names:
            return
        command = f"apt-get install -y --no-install-recommends {' '.join(names)}"
        remedy = f"Run as root: apt-get update && {command}"
        if shutil.which("apt-get") is None:
            raise Stop(f"These programs are missing: {', '.join(names)}. Install them.")
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        if root and not _sudo():
            raise Stop(f"These packages are missing and need root: {', '.join(names)}. {remedy}")
        line.tell(f"installing {', '.join(names)}")
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        _call(line, [*root, "apt-get", "update", "-qq"], remedy, environment)
        _call(line, [*root, *command.split(), "-qq"], remedy, environment)

    return do


def _sudo() -> bool:
    """Whether sudo works now; where somebody sits at the terminal it may ask for the password."""
    if shutil.which("sudo") is None:
        return False
    quiet = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    if quiet.returncode == 0:
        return True
    return sys.stdin.isatty() and subprocess.run(["sudo", "-v"], check=False).returncode == 0


def _get_uv(line: Line) -> None:
    remedy = "Check that pip can reach its package index, then run this again."
    shutil.rmtree(KEPT / "uv", ignore_errors=True)
    _call(line, [sys.executable, "-m", "venv", str(KEPT / "uv")], remedy)
    pip = [str(KEPT / "uv" / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    lock = str(ROOT / "ops" / "requirements-uv.lock")
    _call(line, [*pip, "--require-hashes", "--only-binary=:all:", "-r", lock], remedy)


def _python_packages(stage: str) -> Step:
    """The locked packages; the demo is content with those of the tests, which include its own."""
    whole, own = "requirements-dev.lock", "requirements.lock"
    stamp = KEPT / "python-packages.stamp"
    current = stamp.read_text() if stamp.exists() else ""
    lock = whole if stage != "demo" or current == _venv_source(whole) else own

    def do(line: Line) -> None:
        if not PYTHON.exists() or not _starts(PYTHON):
            shutil.rmtree(VENV, ignore_errors=True)
            base = str(Path(getattr(sys, "_base_executable", sys.executable)))
            _uv(line, ["venv", "--quiet", "--no-project", "--python", base, str(VENV)])
        _uv(line, ["pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", lock])
        _install_ourselves()

    return Step("Python packages", lambda: _venv_source(lock), lambda: not _installed(), do)


def _venv_source(lock: str) -> str:
    return f"{_hash([lock])} {ROOT} {sys.version.split()[0]}"


def _installed() -> bool:
    return PYTHON.exists() and (VENV / "bin" / "goodterms").exists()


def _install_ourselves() -> None:
    """Make the source tree importable and `goodterms` a command, without building anything."""
    packages = next((VENV / "lib").glob("python3*/site-packages"))
    (packages / "goodterms.pth").write_text(f"{ROOT / 'src'}\n")
    script = VENV / "bin" / "goodterms"
    script.write_text(
        f"#!{PYTHON}\nimport sys\n\nfrom goodterms.app.cli import main\n\nsys.exit(main())\n"
    )
    script.chmod(0o755)


def _starts(python: Path) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def _uv(line: Line, arguments: list[str]) -> None:
    """Run uv plainly; if that fails, with the places pip is configured to look at."""
    remedy = "Check that the Python package index can be reached, then run this again."
    try:
        _call(line, [str(UV), *arguments], remedy)
    except Stop:
        options, environment = _as_pip_does()
        if arguments[0] == "venv" or not (options or environment):
            raise
        _call(line, [str(UV), *arguments, *options], remedy, environment)


def _as_pip_does() -> tuple[list[str], dict[str, str]]:
    """Options and environment for uv from pip's own configuration, which uv does not read."""
    pip = [str(KEPT / "uv" / "bin" / "python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    options: list[str] = []
    environment: dict[str, str] = {}
    for name, value in re.findall(r"^\S+?\.([a-z-]+)='(.*)'$", listed, re.MULTILINE):
        if name in {"find-links", "extra-index-url", "index-url"}:
            options += [part for place in value.split() for part in (f"--{name}", place)]
        elif name == "cert":
            environment["SSL_CERT_FILE"] = value
    return options, environment


def _asterisk_source() -> str:
    sources = sorted((ROOT / "src/goodterms/adapters/asterisk").glob("[dp]*.py"))
    return _hash([str(path.relative_to(ROOT)) for path in sources])


def _asterisk() -> Path | None:
    """Where Asterisk was at the last set-up, if it is still there."""
    kept = KEPT / "asterisk.path"
    found = Path(kept.read_text()) if kept.exists() else None
    return found if found and found.exists() else None


def _get_asterisk(line: Line) -> None:
    said = _call(line, [str(PYTHON), "-m", "goodterms.adapters.asterisk.package"], follow=True)
    (KEPT / "asterisk.path").write_text(said.strip().rpartition(" in ")[2])


def _front_end_source() -> str:
    names = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "ui").rglob("*"))
        if path.is_file() and "node_modules" not in path.parts
    ]
    return _hash(names)


def _no_bundle() -> bool:
    return not (BUNDLE.is_dir() and any(BUNDLE.iterdir()))


def _bundle_is_current() -> bool:
    stamp = KEPT / "front-end-bundle.stamp"
    return stamp.exists() and stamp.read_text() == _front_end_source() and not _no_bundle()


def _build_front_end(line: Line) -> None:
    remedy = "Check that the npm registry can be reached, then run this again."
    npm = ["npm", "--prefix", "ui", "--no-fund", "--no-audit", "--loglevel=error"]
    line.tell("npm ci")
    _call(line, [*npm, "ci"], remedy)
    line.tell("npm run build")
    _call(line, [*npm, "run", "build"], "See the log for what is wrong in ui/.")


def _hash_of(*names: str) -> Callable[[], str]:
    return lambda: _hash(list(names))


def _hash(names: list[str]) -> str:
    """One hash of the files `names` (relative to the source tree) and what is in them."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def _call(
    line: Line,
    command: list[str],
    remedy: str = "",
    environment: dict[str, str] | None = None,
    *,
    follow: bool = False,
) -> str:
    """Run `command`, its output kept in a log and, with `follow`, shown; the output.

    Raises:
        Stop: it failed; the text has its last line, the remedy and the log.
    """
    log = KEPT / "log.txt"
    with log.open("a+") as kept:
        kept.write(f"$ {' '.join(command)}\n")
        kept.flush()
        begins = kept.tell()
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=kept,
            stderr=subprocess.STDOUT,
        )
        try:
            while running.poll() is None:
                time.sleep(0.05)
                _show(line, _output(log, begins), follow=follow)
        finally:
            if running.poll() is None:
                running.terminate()
                running.wait()
    output = _output(log, begins)
    _show(line, output, follow=follow)
    if running.returncode:
        raise Stop(
            f"{_last(output) or 'It gave no reason.'} {remedy} (Log: {log.relative_to(ROOT)})"
        )
    return output


def _show(line: Line, output: str, *, follow: bool) -> None:
    if follow and output.strip():
        line.tell(output.strip().splitlines()[-1].strip())
    elif not follow:
        line.wait()


def _output(log: Path, begins: int) -> str:
    with log.open() as kept:
        kept.seek(begins)
        return kept.read()


def _last(output: str) -> str:
    lines = [text.strip() for text in output.splitlines() if text.strip()]
    wrong = [text for text in lines if re.match(r"(E:|error|ERROR|npm error)", text)]
    return (wrong or lines or [""])[-1][:SHORT]


if __name__ == "__main__":
    raise SystemExit(main())
