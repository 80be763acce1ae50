"""Policy files as text: YAML with the line of every value, and faults that say how to mend them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

import yaml

Path = tuple[str | int, ...]
"""Where a value stands in its file: keys and positions from the top."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a policy file: where it is, what it is, and what to write instead."""

    file: str
    line: int
    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.field}: {self.problem} — {self.remedy}."


@dataclass(slots=True)
class Document:
    """A file read with the lines of its values; faults gather while it is checked."""

    file: str
    content: dict[str, Any]
    lines: Mapping[Path, int]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, problem: str, remedy: str) -> None:
        """Note a fault at a value, or at the nearest thing above it that exists."""
        self.faults.append(
            Fault(self.file, self.line(path), ".".join(map(str, path)) or "file", problem, remedy)
        )

    def line(self, path: Path) -> int:
        """Return the line a value starts on."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def keys(self, path: Path, found: Any, allowed: Iterable[str], needed: Iterable[str]) -> bool:
        """Check that a value is a mapping of allowed keys with the needed ones; note faults."""
        if not isinstance(found, dict):
            self.fault(path, "is no mapping of names to values", "write 'name: value' lines")
            return False
        known = set(allowed) | set(needed)
        for key in found:
            if key not in known:
                near = get_close_matches(str(key), known, 1)
                hint = f"write '{near[0]}'" if near else f"use one of {', '.join(sorted(known))}"
                self.fault((*path, key), "is not known here", hint)
        missing = [key for key in needed if found.get(key) in (None, "")]
        for key in missing:
            self.fault((*path, key), "is missing", f"add '{key}:'")
        return not missing

    def text(self, path: Path, value: Any) -> str:
        """Return a text; note a fault if it is none."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.fault(path, f"{value!r} is no text", "write a text, in quotes if it looks like more")
        return ""

    def day(self, path: Path, value: Any) -> date | None:
        """Return a date; note a fault if it is none."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.fault(path, f"{value!r} is no date", "write it as 2026-01-31, without quotes")
        return None


class _Faulty(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def read(file: str, text: str) -> Document:
    """Read a file; what cannot be read becomes its first fault."""
    lines: dict[Path, int] = {}
    faults: list[Fault] = []
    content: Any = {}
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        if "&" in text and any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text)):
            faults.append(Fault(file, 1, "file", "repeats a part by '*name'", "write it out"))
        elif tree is not None:
            content = _value(tree, (), file, lines, faults)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        faults.append(Fault(file, line, "file", f"is no YAML: {problem}", "mend the line"))
    except _Faulty as error:
        faults.append(error.fault)
    if not isinstance(content, dict):
        faults.append(Fault(file, 1, "file", "holds no mapping", "start with 'policy: name'"))
        content = {}
    return Document(file, content, lines, faults)


def _value(
    node: yaml.Node, path: Path, file: str, lines: dict[Path, int], faults: list[Fault]
) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    name = ".".join(map(str, path)) or "file"
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in found:
                faults.append(
                    Fault(file, key_node.start_mark.line + 1, name, f"'{key}' stands twice",
                          "remove one")
                )  # fmt: skip
            found[key] = _value(value_node, (*path, key), file, lines, faults)
            lines[(*path, key)] = key_node.start_mark.line + 1
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, n), file, lines, faults) for n, item in enumerate(node.value)]
    return _scalar(node, name, Fault(file, line, name, "", ""), faults)


def _scalar(node: yaml.Node, name: str, where: Fault, faults: list[Fault]) -> Any:
    kind = str(node.tag).rpartition(":")[2]
    if kind == "float":
        faults.append(
            Fault(where.file, where.line, name, f"{node.value} is a float",
                  f'write it in quotes: "{node.value}"')
        )  # fmt: skip
        return str(node.value)
    if kind not in ("str", "int", "bool", "null", "timestamp"):
        raise _Faulty(
            Fault(where.file, where.line, name, f"'{kind}' is not allowed", "write plain values")
        )
    return yaml.SafeLoader("").construct_object(node)
