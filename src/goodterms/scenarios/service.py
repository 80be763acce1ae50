"""Running scenarios from files: finds them, reads the packs they name, and asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from goodterms.arrangements.decide.book import PolicyBook, PolicyBookError
from goodterms.arrangements.service import load_policies
from goodterms.compliance.decide import RulebookError, make_rulebook, read_rules
from goodterms.compliance.decide.tighten import read_overlay, with_overlay
from goodterms.compliance.model import EVERYWHERE, Rule, Rulebook
from goodterms.compliance.service import load_rulebook
from goodterms.scenarios.decide import read_scenarios, run_check, run_priced
from goodterms.scenarios.model import Result, Scenario, ScenarioError

_SUFFIXES = (".yaml", ".yml")
_WORDS = {"house": EVERYWHERE, "UK": "GB"}


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Find the files of scenarios: those named, and all below the folders named.

    Raises:
        ScenarioError: a path does not exist, or there is nothing to run.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
        elif path.exists():
            found.append(path)
        else:
            raise ScenarioError(f"{path} does not exist: name a file or folder of scenarios.")
    if not found:
        named = ", ".join(map(str, paths))
        raise ScenarioError(f"There is no scenario in {named}: write *.yaml files there.")
    return list(dict.fromkeys(found))


def read_file(path: Path) -> list[Scenario]:
    """Read the scenarios of one file.

    Raises:
        ScenarioError: it cannot be read; says file, line, field and remedy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}, line 1: this is no UTF-8 text: save it as UTF-8.") from error
    return read_scenarios(str(path), text)


@dataclass
class Runner:
    """Asks the questions of scenarios; keeps the rulebooks it has put together."""

    _whole: Rulebook | None = None
    _books: dict[str, PolicyBook] = field(default_factory=dict)
    _made: dict[tuple[str, ...], Rulebook] = field(default_factory=dict)

    def run(self, scenario: Scenario) -> Iterator[Result]:
        """Ask each question of a scenario.

        Raises:
            ScenarioError: a pack it names does not exist or cannot be read.
        """
        if scenario.kind == "money":
            book = self._policies(scenario)
            for check in scenario.checks:
                yield run_priced(scenario, check, book)
            return
        rulebook = self._rulebook(scenario)
        for check in scenario.checks:
            yield run_check(scenario, check, rulebook)

    @property
    def whole(self) -> Rulebook:
        """All packs that ship."""
        if self._whole is None:
            self._whole = load_rulebook()
        return self._whole

    def _policies(self, scenario: Scenario) -> PolicyBook:
        """Give the policies that ship, or those of the folder a scenario names."""
        if not scenario.policies:
            return load_policies()
        place = Path(scenario.file).parent / scenario.policies
        if not place.is_dir():
            raise ScenarioError(
                f"{scenario.file}, line {scenario.line}: the field 'policies' names"
                f" {scenario.policies!r}, which is no folder: write one beside this file."
            )
        if str(place) not in self._books:
            try:
                self._books[str(place)] = load_policies(place)
            except PolicyBookError as error:
                raise ScenarioError(f"{scenario.file}, line {scenario.line}: {error}") from error
        return self._books[str(place)]

    def _rulebook(self, scenario: Scenario) -> Rulebook:
        if not scenario.packs and not scenario.overlay:
            return self.whole
        folder = str(Path(scenario.file).parent)
        key = (folder, scenario.overlay, *scenario.packs)
        if key not in self._made:
            self._made[key] = self._put_together(scenario)
        return self._made[key]

    def _put_together(self, scenario: Scenario) -> Rulebook:
        rules: dict[tuple[str, int], Rule] = {}
        for name in scenario.packs or ("all",):
            for rule in self._pack(name, scenario):
                rules[rule.id, rule.version] = rule
        try:
            partial = bool(scenario.packs) and "all" not in scenario.packs
            law = make_rulebook(rules.values(), partial=partial)
            overlay = read_overlay(f"{scenario.file} (overlay)", scenario.overlay, law)
            return with_overlay(law, overlay)
        except RulebookError as error:
            raise ScenarioError(f"{scenario.file}, line {scenario.line}: {error}") from error

    def _pack(self, name: str, scenario: Scenario) -> Sequence[Rule]:
        """Give the rows of a pack: a folder or file of rows, a jurisdiction, or one rule."""
        if name.lower() == "all":
            return self.whole.rules
        place = Path(scenario.file).parent / name
        if "/" in name or name.endswith(_SUFFIXES) or place.is_dir():
            return _rows(place, name, scenario)
        wanted = _WORDS.get(name, name)
        found = [r for r in self.whole.rules if wanted in (r.jurisdiction, r.id)]
        if not found:
            known = ", ".join(sorted({r.jurisdiction for r in self.whole.rules} - {EVERYWHERE}))
            raise ScenarioError(
                f"{scenario.file}, line {scenario.line}: the field 'packs' names {name!r}, which"
                f" there is not: write house, a place ({known}), a rule's id, or a folder of rows"
                " such as ./my-rules."
            )
        return found


def _rows(place: Path, name: str, scenario: Scenario) -> Sequence[Rule]:
    try:
        if place.is_dir():
            return load_rulebook(place, partial=True).rules
        return read_rules(str(place), place.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(
            f"{scenario.file}, line {scenario.line}: the field 'packs' names {name!r}, which"
            " cannot be read: write a folder or file beside this one."
        ) from error
    except RulebookError as error:
        raise ScenarioError(f"{scenario.file}, line {scenario.line}: {error}") from error
