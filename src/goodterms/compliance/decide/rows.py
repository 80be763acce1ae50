"""Rows of law as text: read strictly, refused with file, line, field and remedy, hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, NoReturn

import yaml

from goodterms.accounts.model import HoldKind
from goodterms.compliance.decide.predicates import PREDICATES, REQUIRED
from goodterms.compliance.decide.windows import UnreadableTimeError, read_span
from goodterms.compliance.model import ReasonCode, Rule, Rulebook
from goodterms.kit import plainjson

_MOMENTS = frozenset({"PREDIAL", "PRESEND"})
_EVIDENCE = ("verified", "secondary", "unverified", "design")
_SPARE_DAYS = 2


class RulebookError(ValueError):
    """A rulebook that cannot be used; says where, what is wrong and what to write instead."""


class _Row:
    """One mapping of a YAML file, with the line of each field."""

    def __init__(self, file: str, node: yaml.Node, loader: yaml.SafeLoader) -> None:
        self.file, self.line = file, node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise RulebookError(f"{file}, line {self.line}: a rule is a list of 'field: value'.")
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        for key, value in node.value:
            name = str(loader.construct_object(key))
            self.lines[name] = key.start_mark.line + 1
            if name in self.values:
                self.refuse(name, "is written twice", "keep one of them")
            self.values[name] = loader.construct_object(value, deep=True)

    def refuse(self, field: str, problem: str, remedy: str) -> NoReturn:
        """Raise the error that names this row's place."""
        line = self.lines.get(field, self.line)
        name = self.values.get("id", "without an id")
        raise RulebookError(
            f"{self.file}, line {line}: the field '{field}' of rule {name} {problem}: {remedy}."
        )

    def read(self, field: str, reader: Callable[[Any], Any]) -> Any:
        """Read one field, which must be there."""
        if field not in self.values:
            self.refuse(field, "is missing", "add it")
        try:
            return reader(self.values[field])
        except ValueError as error:
            self.refuse(field, "cannot be read", str(error).rstrip("."))


def read_rules(file: str, text: str) -> list[Rule]:
    """Read the rules of one YAML file, which is a list of rows.

    Raises:
        RulebookError: a row is not usable; the text names file, line, field and remedy.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise RulebookError(f"{file}, line 1: write a list of rules, each beginning with '-'.")
        return [_rule(_Row(file, item, loader)) for item in node.value]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulebookError(f"{file}, line {line}: this is no YAML: {error.problem}.") from error
    finally:
        loader.dispose()


def _rule(row: _Row) -> Rule:
    rule = Rule(**{field: row.read(field, reader) for field, reader in _FIELDS.items()},
                title=str(row.values.get("title", "")))  # fmt: skip
    for field in row.values:
        if field not in _FIELDS and field != "title":
            row.refuse(field, "is not known", f"remove it, or use one of: {', '.join(_FIELDS)}")
    if rule.valid_to is not None and rule.valid_to <= rule.valid_from:
        row.refuse("valid_to", "is not after valid_from", "write a later date, or null")
    _check_params(row, rule)
    return rule


def _check_params(row: _Row, rule: Rule) -> None:
    readers = PREDICATES[rule.predicate].params
    for name in rule.params:
        if name not in readers:
            known = ", ".join(readers) or "none"
            row.refuse("params", f"has an unknown parameter '{name}'", f"known are: {known}")
    for name, reader in readers.items():
        if name not in rule.params:
            row.refuse("params", f"lacks the parameter '{name}'", "add it")
        try:
            reader(rule.params[name])
        except ValueError as error:
            row.refuse("params", f"has an unusable '{name}'", str(error).rstrip("."))
    if "from" in readers:
        try:
            read_span(rule.params["from"], rule.params["until"])
        except UnreadableTimeError as error:
            row.refuse("params", "has no usable window", str(error).rstrip("."))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("write some text")
    return value


def _name(value: Any) -> str:
    if "/" in _text(value) or '"' in value:
        raise ValueError("write a name without slashes and quotes, e.g. REGF-FREQ-1")
    return str(value)


def _version(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("write a whole number from 1 on")
    return value


def _date(value: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("write a date such as 2021-11-30")  # noqa: TRY004 - one error for readers
    return value


def _date_or_none(value: Any) -> date | None:
    return None if value is None else _date(value)


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("write an instant in UTC such as 2026-11-22T00:00:00Z")
    return value.astimezone(UTC)


def _moments(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value or not set(value) <= _MOMENTS:
        raise ValueError(f"write a list of some of: {', '.join(sorted(_MOMENTS))}")
    return frozenset(value)


def _choice(choices: Iterable[str]) -> Callable[[Any], str]:
    known = tuple(choices)

    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"write one of: {', '.join(known)}")
        return str(value)

    return read


def _params(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("write {} or a list of 'name: value'")  # noqa: TRY004 - as above
    return value


def _signature(value: Any) -> str | None:
    return None if value is None else _text(value)


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "id": _name,
    "version": _version,
    "jurisdiction": _text,
    "valid_from": _date,
    "valid_to": _date_or_none,
    "recorded_at": _instant,
    "moments": _moments,
    "predicate": _choice(PREDICATES),
    "params": _params,
    "reason_code": _choice(code.value for code in ReasonCode if code is not ReasonCode.ALLOWED),
    "citation": _text,
    "evidence": _choice(_EVIDENCE),
    "signed_by": _signature,
}


def make_rulebook(rules: Iterable[Rule]) -> Rulebook:
    """Put rules together and take the hash of their content, whatever their order was.

    Raises:
        RulebookError: a version is there twice, a mandatory rule is missing, or a kind of hold
            would stop nothing.
    """
    ordered = tuple(sorted(rules, key=lambda rule: (rule.id, rule.version)))
    for before, after in pairwise(ordered):
        if (before.id, before.version) == (after.id, after.version):
            raise RulebookError(f"Rule {after.id} has its version {after.version} twice: raise it.")
    predicates = {rule.predicate for rule in ordered}
    for name in REQUIRED:
        if name not in predicates:
            raise RulebookError(f"No rule uses the predicate '{name}': add one, it is mandatory.")
    held = {rule.params["kind"] for rule in ordered if rule.predicate == "no_hold"}
    for kind in HoldKind:
        if kind.value not in held:
            raise RulebookError(f"No rule stops contact for a hold '{kind.value}': add one.")
    digest = hashlib.sha256(plainjson.canonical(content_of(ordered))).hexdigest()
    return Rulebook(ordered, digest)


def content_of(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Give rules as the plain mappings that are hashed and stored."""
    return [asdict(rule) for rule in rules]


def content(rulebook: Rulebook) -> list[dict[str, Any]]:
    """Give a rulebook as the plain mappings that are hashed and stored."""
    return content_of(rulebook.rules)


def from_content(stored: Iterable[Mapping[str, Any]]) -> Rulebook:
    """Read a rulebook back from its stored content; its hash comes out the same."""
    return make_rulebook(
        Rule(
            **{
                **row,
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                "recorded_at": datetime.fromisoformat(row["recorded_at"]),
                "moments": frozenset(row["moments"]),
            }
        )
        for row in stored
    )


def lookback_days(rulebook: Rulebook) -> int:
    """Return how many days of the contact log the rules look at, with two to spare for zones."""
    longest = 1
    for rule in rulebook.rules:
        days = rule.params.get("window_days") or rule.params.get("days") or 0
        minutes = rule.params.get("minutes") or 0
        longest = max(longest, days, -(-minutes // 1440))
    return longest + _SPARE_DAYS
