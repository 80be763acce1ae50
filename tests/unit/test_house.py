"""Rules of the house that a reviewer can miss."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
SQL_ALLOWED = ("kit/sql.py", "kit/wake.py", "adapters/postgres/")
SQL = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER)\s+\S+", re.DOTALL)
LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_source_keeps_the_house_rules(path: Path) -> None:
    """Files and functions stay short; SQL lives in SQL files; only the gate makes permits."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    place = str(path.relative_to(ROOT / "src" / "goodterms"))
    assert text.count("\n") <= LONGEST_FILE, "split this file"
    for function in _functions(tree):
        size = (function.end_lineno or 0) - function.lineno + 1
        assert size <= LONGEST_FUNCTION, f"{function.name} is {size} lines long"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if "Permit" in (name, attribute):
                assert place.startswith("compliance/decide"), "only the gate makes permits"
            if attribute == "execute" and node.args and isinstance(node.args[0], ast.JoinedStr):
                pytest.fail("SQL is never built from strings")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            allowed = any(place.startswith(p) for p in SQL_ALLOWED)
            assert allowed or not SQL.match(node.value), f"SQL at line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_stores_are_private(path: Path) -> None:
    """Only a domain itself imports its store; everybody else goes through its service."""
    domain = path.relative_to(ROOT / "src" / "goodterms").parts[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found = re.fullmatch(r"goodterms\.(\w+)\.store(\..*)?", node.module)
            assert not found or found.group(1) == domain, f"{node.module} is private"
            named = re.fullmatch(r"goodterms\.(\w+)", node.module)
            if named and named.group(1) != domain:
                assert "store" not in {alias.name for alias in node.names}, "stores are private"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "src")))
def test_names_say_what_they_hold(path: Path) -> None:
    """No module is a bin for leftovers."""
    assert path.stem not in {"utils", "util", "helpers", "helper", "manager", "base", "common"}


@pytest.mark.parametrize("path", TESTS, ids=lambda p: str(p.relative_to(ROOT / "tests")))
def test_each_test_states_its_behaviour(path: Path) -> None:
    """A test has a docstring of one sentence, and nothing is patched."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"mock\.patch[(]|monkeypatch\.setattr[(]|MagicMock[(]", text)
    for function in _functions(ast.parse(text)):
        if function.name.startswith("test_"):
            assert ast.get_docstring(function), f"{function.name} does not say what it shows"
