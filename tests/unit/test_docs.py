"""The documentation says what the code is: nothing left out, nothing made up."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from ops.docs import DOCS, LIFECYCLES, PAGES, renewed

import goodterms
from goodterms.accounts.model import EVENT_KINDS, ConsentState, PointStatus
from goodterms.app.work import SWEEPS
from goodterms.kit.lifecycle import Lifecycle

ROOT = DOCS.parent
SOURCE = Path(goodterms.__file__).parent
PAGES_OF_TEXT = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("examples/**/*.md")])
PYTHON = sorted(SOURCE.rglob("*.py"))
QUERIES = sorted(SOURCE.rglob("*.sql"))
PACKAGES = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
TABLES = {
    name
    for path in (ROOT / "migrations").glob("*.sql")
    for name in re.findall(r"CREATE TABLE (\w+\.\w+)", path.read_text(encoding="utf-8"))
}
FAMILIES = {kind.split(".")[0] for kind in EVENT_KINDS}
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(?:\S+/)?goodterms ([a-z][a-z-]+)(?![\w/.])", re.MULTILINE)
FILE = re.compile(r"\.(py|sql|yaml|md|csv|lock|conf|txt)$")
KIND = re.compile(rf"(?:{'|'.join(sorted(FAMILIES))})\.[a-z_]+")
NAMES = {name for name, _, _ in SWEEPS}
PARTS = {"status": tuple(PointStatus), "state": tuple(ConsentState)}
"""What the placeholders in kinds such as ``consent.{state}`` stand for."""


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _prose(path: Path) -> str:
    """Return a page without its blocks of code."""
    return BLOCK.sub("", path.read_text(encoding="utf-8"))


def _code_words(path: Path) -> Iterator[str]:
    yield from re.findall(r"`([^`\n]+)`", _prose(path))


def _code(path: Path) -> str:
    """Return all code of a page: its blocks, and its words in backticks, one a line."""
    blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
    return "\n".join([*blocks, *_code_words(path)])


def _anchors(path: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", _prose(path), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in found)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES)
def test_page_is_what_the_code_says(page: str) -> None:
    """Life cycles, settings, commands and events are as written by ``make docs``, all and only."""
    text = (DOCS / page).read_text(encoding="utf-8")
    assert text.count("<!-- from the code -->") == text.count("<!-- end -->") == 1
    assert text == renewed(page, text), "run 'make docs'"


def test_every_life_cycle_is_drawn() -> None:
    """No transition table is left out, and each is of something the glossary knows."""
    tables = {
        node.args[0].value
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == Lifecycle.__name__
        and isinstance(node.args[0], ast.Constant)
    }
    drawn = {cycle.name for cycle, _ in LIFECYCLES}
    assert tables == drawn
    words = {word.split(" ")[0] for word in _glossary()}
    assert drawn <= words


def _kinds_in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if KIND.fullmatch(node.value):
                yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield from _expanded(ast.unparse(node)[2:-1])


def _expanded(template: str) -> Iterator[str]:
    """Give the kinds an f-string stands for; nothing if it is no kind."""
    family, _, rest = template.partition(".")
    names = re.findall(r"\{(\w+)\}", rest)
    if family not in FAMILIES or not names or not re.fullmatch(r"(\{\w+\}|[a-z_])+", rest):
        return
    for values in product(*(PARTS[name] for name in names)):
        yield template.format(**dict(zip(names, values, strict=True)))


def test_every_event_kind_is_known() -> None:
    """Each kind of event that the code writes is in the registry, and no other."""
    written = {
        kind for path in PYTHON if path.name != "model.py" for kind in _kinds_in_python(path)
    }
    for path in QUERIES:
        written |= set(re.findall(rf"'({KIND.pattern})'", path.read_text(encoding="utf-8")))
    assert written == set(EVENT_KINDS)


def test_every_sweep_is_described() -> None:
    """The page of processes lists what a worker does by itself, with how often."""
    page = (DOCS / "reference" / "ports-and-processes.md").read_text(encoding="utf-8")
    written = set(re.findall(r"^\| `([\w.]+)` \| (\d+) s \|", page, re.MULTILINE))
    assert written == {(name, f"{every:.0f}") for name, every, _ in SWEEPS}


def test_every_domain_is_described() -> None:
    """The architecture says what question each domain answers."""
    page = (DOCS / "explanation" / "architecture.md").read_text(encoding="utf-8")
    section = page.split("| domain | answers |")[1].split("\n\n")[0]
    written = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert written == PACKAGES - {"kit", "web", "adapters", "app"}


def _glossary() -> dict[str, tuple[str, str]]:
    """Read the glossary: word -> meaning and the names it has in the code."""
    rows = re.findall(
        r"^\| ([^|`]+) \| ([^|]+) \| ([^|]+) \|$",
        (DOCS / "glossary.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return {word: (meaning, code) for word, meaning, code in rows if word != "word"}


def test_glossary_is_in_order() -> None:
    """Words stand in alphabetical order, each once, each with its name in the code or 'later'."""
    words = list(_glossary())
    assert len(words) > 30
    assert words == sorted(words, key=str.lower)
    for word, (_, code) in _glossary().items():
        assert code == "later" or "`" in code, word


def test_refused_words_are_not_used() -> None:
    """What the glossary says we never call a thing, no page, template or code calls it."""
    refused = re.compile(r"\b(debtors?|hopper|sales leads?)\b", re.IGNORECASE)
    allowed = {DOCS / "glossary.md"}
    texts = [*PAGES_OF_TEXT, *PYTHON, *QUERIES, *SOURCE.rglob("*.html")]
    found = {
        _name(path)
        for path in texts
        if path not in allowed and refused.search(path.read_text(encoding="utf-8"))
    }
    assert not found


@pytest.mark.parametrize("path", PAGES_OF_TEXT, ids=_name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link, picture and anchor exists."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        there = (path.parent / place).resolve() if place else path
        assert there.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in _anchors(there), f"{target} has no such heading"


def _resolves(name: str) -> bool:
    """Tell whether a dotted name is a module, or something in one, or a table."""
    if ".".join(name.split(".")[:2]) in TABLES:
        return True
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(["goodterms", *parts[:size]]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[size:]:
            fields = getattr(found, "__dataclass_fields__", {})
            if attribute not in fields and not hasattr(found, attribute):
                return False
            found = getattr(found, attribute, None)
        return True
    return False


@pytest.mark.parametrize("path", PAGES_OF_TEXT, ids=_name)
def test_names_of_code_exist(path: Path) -> None:
    """A name such as ``dialing.decide.pace`` or ``dialing/decide.py`` is in the code."""
    for word in _code_words(path):
        dotted = re.fullmatch(r"(?:goodterms\.)?((\w+)(?:\.\w+)+)(?:\(.*\))?", word)
        if dotted and dotted[2] in PACKAGES and not FILE.search(word) and word not in NAMES:
            assert _resolves(dotted[1]), f"{word} is not in the code"
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+", word) and FILE.search(word):
            places = (ROOT, SOURCE, path.parent)
            made = word.startswith(("var/", "~"))
            assert made or any((place / word).exists() for place in places), f"{word} is no file"


@pytest.mark.parametrize("path", PAGES_OF_TEXT, ids=_name)
def test_commands_and_settings_in_prose_exist(path: Path) -> None:
    """Every setting and command that a page mentions is one."""
    text, code = path.read_text(encoding="utf-8"), _code(path)
    settings = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    commands = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    for name in set(re.findall(r"\bGOODTERMS_[A-Z_]+[A-Z]\b", text)):
        assert f"| `{name}` |" in settings or "_TEST_" in name, f"{name} is no setting"
    for command in set(COMMAND.findall(code)):
        assert f"### {command}\n" in commands, f"'goodterms {command}' is no command"
    for target in set(re.findall(r"^make ([a-z]+)", code, re.MULTILINE)):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


@pytest.mark.parametrize("path", PAGES_OF_TEXT, ids=_name)
def test_pages_speak_of_the_project_alone(path: Path) -> None:
    """No page names a path of somebody's machine or a package registry."""
    assert not re.search(r"(?<![\w.])/(root|home|work)/|pypi\.|registry\.", path.read_text())


def test_every_page_is_in_the_index() -> None:
    """A page that nobody finds does not exist."""
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for path in DOCS.rglob("*.md"):
        page = str(path.relative_to(DOCS))
        assert page == "README.md" or f"({page})" in index, page
