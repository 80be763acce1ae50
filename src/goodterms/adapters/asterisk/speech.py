"""Speech and tones as sound files Asterisk can play: made once, kept by what they say."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from goodterms.adapters.asterisk import package
from goodterms.kit import places

_RATE = 8000
_MADE_BY = 1


class SpeechError(Exception):
    """A text could not be spoken; the text says which and what to do."""


@dataclass(frozen=True)
class Voice:
    """How something is said: espeak-ng's language and variant, pitch 0 to 99, words a minute."""

    language: str
    variant: str = "f3"
    pitch: int = 50
    speed: int = 160


@dataclass(frozen=True)
class Line:
    """A text in a voice."""

    text: str
    voice: Voice


@dataclass(frozen=True)
class Tone:
    """One or more tones after another (in hertz), each as long as `seconds` says."""

    hertz: tuple[float, ...]
    seconds: float


SIT = Tone((950.0, 1400.0, 1800.0), 0.33)
"""Special information tones: what a network plays before it says that a number is wrong."""


class Speech:
    """Makes sound files below `folder`: 8 kHz, mono, 16 bit, one for each different thing said."""

    def __init__(self, program: package.AsteriskProgram, folder: Path) -> None:
        self._program = program
        self.folder = folder

    def file(self, said: Line | Tone) -> Path:
        """The sound file of `said`, made when it is not there yet.

        Raises:
            SpeechError: espeak-ng or sox is missing or refused.
        """
        facts = json.dumps([_MADE_BY, type(said).__name__, asdict(said)], sort_keys=True)
        target = self.folder / f"{hashlib.sha256(facts.encode()).hexdigest()[:24]}.wav"
        if target.exists():
            return target
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            made = Path(work) / "made.wav"
            if isinstance(said, Line):
                speak(self._program, said, made)
            else:
                _sound(self._program, said, made)
            made.replace(target)
        return target

    def files(self, said: Iterable[Line | Tone]) -> dict[Line | Tone, Path]:
        """The sound files of all that is `said`, made two at a time."""
        wanted = list(dict.fromkeys(said))
        with ThreadPoolExecutor(max_workers=2) as pool:
            return dict(zip(wanted, pool.map(self.file, wanted), strict=True))

    def prompts(self, target: Path, words: Mapping[str, str]) -> list[str]:
        """Put every prompt of `prompts.yaml` into the folder `target`; their names.

        Args:
            target: such as an instance's `prompts` folder; files there are replaced.
            words: what the texts name: organisation, contact, number.

        Raises:
            SpeechError: a prompt names a word that `words` lacks.
        """
        shipped = yaml.safe_load((places.shipped("asterisk") / "prompts.yaml").read_text())
        voice = Voice(**shipped["voice"])
        said = {
            name: _prompt(name, prompt, voice, words) for name, prompt in shipped["prompts"].items()
        }
        files = self.files(said.values())
        target.mkdir(parents=True, exist_ok=True)
        for name, what in said.items():
            copy = target / f".{name}.wav"
            shutil.copyfile(files[what], copy)
            copy.replace(target / f"{name}.wav")
        return sorted(said)


def speak(program: package.AsteriskProgram, line: Line, out: Path) -> None:
    """Write `line` spoken to the file `out`: 8 kHz, mono, 16 bit WAV.

    Raises:
        SpeechError: espeak-ng or sox is missing or refused.
    """
    voice = line.voice
    full = out.with_suffix(".full.wav")
    how = ["-v", f"{voice.language}+{voice.variant}", "-p", str(voice.pitch), "-s"]
    # The text goes in by standard input: it may begin with a dash.
    _run(program, "espeak-ng", [*how, str(voice.speed), "-w", str(full), "--stdin"], line.text)
    # Half a line of dead air at either end would make the turns drag.
    trim = ["silence", "1", "0.02", "0.5%", "reverse", "silence", "1", "0.02", "0.5%", "reverse"]
    level = ["gain", "-n", "-4", "pad", "0.05", "0.15"]
    _run(program, "sox", [str(full), *_format(), str(out), *trim, *level])
    full.unlink()


def spoken_number(number: str) -> str:
    """A telephone number as it is read out: "+15205550123" gives "5 2 0, 5 5 5, 0 1 2 3"."""
    digits = re.sub(r"\D", "", number)
    national = re.fullmatch(r"1?(\d{3})(\d{3})(\d{4})", digits)
    groups = national.groups() if national else (digits,)
    return ", ".join(" ".join(group) for group in groups)


def voices(given: Iterable[Mapping[str, Any]]) -> list[Voice]:
    """Voices as a configuration file lists them."""
    return [Voice(**voice) for voice in given]


def tone(given: Any) -> Tone:
    """A tone as a configuration file names it: "sit", or hertz and seconds."""
    if given == "sit":
        return SIT
    return Tone((float(given["hertz"]),), float(given["seconds"]))


def _prompt(
    name: str, prompt: Mapping[str, Any], voice: Voice, words: Mapping[str, str]
) -> Line | Tone:
    if "tone" in prompt:
        return tone(prompt["tone"])
    known = {**words, "number": spoken_number(words.get("number", ""))}
    try:
        return Line(prompt["say"].format(**known), voice)
    except KeyError as missing:
        raise SpeechError(
            f"The prompt '{name}' names {missing}, which the settings do not give: set it, or take "
            "it out of asterisk/prompts.yaml."
        ) from missing


def _sound(program: package.AsteriskProgram, said: Tone, out: Path) -> None:
    chain: list[str] = []
    for hertz in said.hertz:
        # A colon ends one chain of effects; the next one's sound follows in the same file.
        chain += [":"] if chain else []
        chain += ["synth", str(said.seconds), "sine", str(hertz), "gain", "-9"]
    _run(program, "sox", ["-n", *_format(), str(out), *chain])


def _format() -> list[str]:
    return ["-r", str(_RATE), "-c", "1", "-b", "16", "-e", "signed-integer"]


def _run(program: package.AsteriskProgram, name: str, arguments: list[str], text: str = "") -> None:
    found = program.tool(name)
    if found is None:
        raise SpeechError(f"'{name}' is missing: install the package {name}, then try again.")
    argv, environment = found
    done = subprocess.run(  # noqa: S603 - espeak-ng and sox on texts of our own
        [*argv, *arguments],
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SpeechError(f"'{name}' failed: {done.stderr.strip() or done.stdout.strip()}")
