"""YAML with the line of every field, read strictly: each problem names its place and remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import NoReturn, TypeVar

import yaml

from goodterms.scenarios.model import ScenarioError

T = TypeVar("T")
_YES = frozenset({"yes", "true", "on"})
_NO = frozenset({"no", "false", "off"})
_NULL = "tag:yaml.org,2002:null"
_STEPS = 50  # deeper than any scenario; only an anchor that holds itself gets there


def documents(file: str, text: str) -> list[Node]:
    """Read the documents of a YAML text, empty ones left out.

    Raises:
        ScenarioError: the text is no YAML.
    """
    try:
        found = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ScenarioError(
            f"{file}, line {line}: this is no YAML ({error.problem}): mend it there; texts with"
            " ': ' or '#' in them, and numbers that begin with '+', are safest in quotes."
        ) from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}, line 1: this is no YAML: {error}.") from error
    return [Node(file, "", node) for node in found if node is not None and node.tag != _NULL]


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place: a text, a list or fields by name."""

    file: str
    name: str
    raw: yaml.Node

    @property
    def line(self) -> int:
        """The line on which the value begins, from 1 on."""
        return int(self.raw.start_mark.line) + 1

    def refuse(self, problem: str, remedy: str) -> NoReturn:
        """Raise the error that names this place."""
        what = f"the field '{self.name}'" if self.name else "this"
        raise ScenarioError(f"{self.file}, line {self.line}: {what} {problem}: {remedy}.")

    @property
    def is_text(self) -> bool:
        """Tell whether it is one value."""
        return isinstance(self.raw, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """Tell whether it is a list."""
        return isinstance(self.raw, yaml.SequenceNode)

    @property
    def is_null(self) -> bool:
        """Tell whether nothing is written, or null."""
        return self.raw.tag == _NULL

    @property
    def is_plain(self) -> bool:
        """Tell whether it is yes or no."""
        return self.is_text and str(self.raw.value).lower() in _YES | _NO

    def text(self) -> str:
        """Read one value as it is written."""
        if not self.is_text or self.is_null:
            self.refuse("is no single value", "write one text, date or number")
        return str(self.raw.value).strip()

    def flag(self) -> bool:
        """Read yes or no."""
        word = self.text().lower()
        if word not in _YES | _NO:
            self.refuse(f"is {word!r}", "write yes or no")
        return word in _YES

    def whole(self, least: int = 0) -> int:
        """Read a whole number."""
        text = self.text().replace("_", "")
        if not text.lstrip("-").isdecimal() or int(text) < least:
            self.refuse(f"is {text!r}", f"write a whole number from {least} on")
        return int(text)

    def number(self) -> Decimal:
        """Read an exact number; thousands may be set off by commas."""
        text = self.text().replace("_", "").replace(",", "")
        try:
            return Decimal(text)
        except InvalidOperation:
            self.refuse(f"is {text!r}", "write a number such as 1200.50")

    def choice(self, choices: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
        """Read one of some words; spaces and hyphens are as good as underscores."""
        known = tuple(choices)
        word = self.text().lower().replace(" ", "_").replace("-", "_")
        word = (aliases or {}).get(word, word)
        if word not in known:
            near = _near(word, (*known, *(aliases or {})))
            self.refuse(f"is {self.text()!r}", f"write {near}one of: {', '.join(known)}")
        return word

    def items(self) -> list[Node]:
        """Read a list; a single value is a list of one, nothing an empty one."""
        if self.is_null:
            return []
        if isinstance(self.raw, yaml.SequenceNode):
            return [Node(self.file, self.name, item) for item in self.raw.value]
        return [self]

    def texts(self) -> list[str]:
        """Read a list of texts; a single text may hold several, divided by commas."""
        if self.is_text and not self.is_null:
            return [part.strip() for part in self.text().split(",") if part.strip()]
        return [item.text() for item in self.items()]

    def fields(self) -> Fields:
        """Read fields by name."""
        if not isinstance(self.raw, yaml.MappingNode):
            self.refuse("has no fields", "write a list of 'name: value'")
        return Fields(self, dict(self._entries(self.raw, 0)))

    def _entries(self, raw: yaml.MappingNode, depth: int) -> Iterator[tuple[str, Node]]:
        """Give the fields, those merged in by ``<<`` first so that the others win."""
        if depth > _STEPS:
            self.refuse("holds itself", "take the anchor out")
        seen: dict[str, Node] = {}
        for key, value in raw.value:
            name = str(key.value)
            if name == "<<":
                for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    if isinstance(one, yaml.MappingNode):
                        yield from self._entries(one, depth + 1)
                continue
            node = Node(self.file, name, value)
            if name in seen:
                Node(self.file, name, key).refuse("is written twice", "keep one of them")
            seen[name] = node
        yield from seen.items()


def _near(word: str, known: Sequence[str]) -> str:
    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"'{found[0]}'? Or " if found else ""


class Fields:
    """The fields of a mapping; what nobody takes is refused in the end."""

    def __init__(self, node: Node, entries: dict[str, Node]) -> None:
        self.node = node
        self._entries = entries
        self._left = dict(entries)
        self._known: dict[str, None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    @property
    def first(self) -> str:
        """The name that is written first."""
        return next(iter(self._entries), "")

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are written."""
        return tuple(self._entries)

    def take(self, *names: str) -> Node | None:
        """Take a field by the first of its names that is written; None if there is none."""
        self._known.update(dict.fromkeys(names))
        found = [self._left.pop(name) for name in names if name in self._left]
        if len(found) > 1:
            found[1].refuse(f"says the same as '{found[0].name}'", "keep one of them")
        return found[0] if found else None

    def peek(self, name: str) -> Node | None:
        """Look at a field without taking it."""
        return self._left.get(name)

    def need(self, *names: str) -> Node:
        """Take a field that must be there."""
        found = self.take(*names)
        if found is None:
            self.node.refuse(f"lacks '{names[0]}'", "add it")
        return found

    def get(self, read: Callable[[Node], T], otherwise: T, *names: str) -> T:
        """Take and read a field, or give what holds without it."""
        found = self.take(*names)
        return otherwise if found is None or found.is_null else read(found)

    def flag(self, name: str, *aliases: str, otherwise: bool = False) -> bool:
        """Take a yes or no."""
        return self.get(Node.flag, otherwise, name, *aliases)

    def text(self, name: str, *aliases: str, otherwise: str = "") -> str:
        """Take a text."""
        return self.get(Node.text, otherwise, name, *aliases)

    def rest(self) -> dict[str, Node]:
        """Take all that is left."""
        left, self._left = self._left, {}
        return left

    def done(self, hint: str = "") -> None:
        """Refuse the first field that nobody took, with the nearest name that is known."""
        for name, node in self._left.items():
            known = [one for one in self._known if one not in self._entries]
            near = get_close_matches(name, known or list(self._known), n=1, cutoff=0.5)
            remedy = f"did you mean '{near[0]}'? " if near else "remove it. "
            node.refuse(
                "is not known here",
                f"{remedy}Known are: {', '.join(self._known)}{hint}",
            )
