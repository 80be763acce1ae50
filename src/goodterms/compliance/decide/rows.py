"""Rows of law as text: read strictly, refused with file, line, field and remedy, hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, NoReturn

import yaml

from goodterms.accounts.model import HoldKind
from goodterms.compliance.decide.case import CONTACT_MOMENTS
from goodterms.compliance.decide.places import is_jurisdiction
from goodterms.compliance.decide.predicates import PREDICATES, REQUIRED
from goodterms.compliance.decide.readers import flag, some_of
from goodterms.compliance.decide.windows import UnreadableTimeError, read_span
from goodterms.compliance.model import (
    EVERYWHERE,
    DebtKind,
    Moment,
    ReasonCode,
    Role,
    Rule,
    Rulebook,
)
from goodterms.kit import plainjson

_MOMENTS = frozenset(Moment)
_EVIDENCE = ("verified", "secondary", "unverified", "design")
_SPARE_DAYS = 2
_NAMES = tuple(field.name for field in fields(Rule))
# These stop contact for a kind of hold as ``no_hold`` does, and know of its exceptions.
_STOPS = {"cease": HoldKind.CEASE, "represented": HoldKind.ATTORNEY}
# The reader in C is ten times faster; wheels have it, a build without libyaml may not.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RulebookError(ValueError):
    """A rulebook that cannot be used; says where, what is wrong and what to write instead."""


class Row:
    """One mapping of a YAML file, with the line of each field."""

    def __init__(self, file: str, node: yaml.Node, loader: Any) -> None:
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


def read_rules(
    file: str, text: str, *, also: Callable[[Row, Rule], None] = lambda _row, _rule: None
) -> list[Rule]:
    """Read the rules of one YAML file, which is a list of rows.

    ``also`` looks at each row and its rule, and may refuse it.

    Raises:
        RulebookError: a row is not usable; the text names file, line, field and remedy.
    """
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise RulebookError(f"{file}, line 1: write a list of rules, each beginning with '-'.")
        rows = [Row(file, item, loader) for item in node.value]
        rules = [_rule(row) for row in rows]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulebookError(f"{file}, line {line}: this is no YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise RulebookError(f"{file}, line 1: this is no YAML: {error}.") from error
    finally:
        loader.dispose()
    for row, rule in zip(rows, rules, strict=True):
        also(row, rule)
    return rules


def _rule(row: Row) -> Rule:
    needed = {field: row.read(field, reader) for field, reader in _FIELDS.items()}
    given = {f: row.read(f, reader) for f, reader in _OPTIONAL.items() if f in row.values}
    known = (*_FIELDS, *_OPTIONAL)
    for field in row.values:
        if field not in known:
            row.refuse(field, "is not known", f"remove it, or use one of: {', '.join(known)}")
    rule = Rule(**needed, **given)
    if rule.valid_to is not None and rule.valid_to <= rule.valid_from:
        row.refuse("valid_to", "is not after valid_from", "write a later date, or null")
    able = PREDICATES[rule.predicate].moments
    wrong = sorted(rule.moments - able)
    if wrong:
        could = ", ".join(sorted(able))
        row.refuse("moments", f"has {wrong[0]}, where '{rule.predicate}' cannot be asked",
                   f"use some of: {could}")  # fmt: skip
    _check_params(row, rule)
    return rule


def _check_params(row: Row, rule: Rule) -> None:
    predicate = PREDICATES[rule.predicate]
    readers = predicate.params
    for name in rule.params:
        if name not in readers:
            known = ", ".join(readers) or "none"
            row.refuse("params", f"has an unknown parameter '{name}'", f"known are: {known}")
    for name, reader in readers.items():
        if name not in rule.params:
            if name not in predicate.optional:
                row.refuse("params", f"lacks the parameter '{name}'", "add it")
            continue
        try:
            reader(rule.params[name])
        except ValueError as error:
            row.refuse("params", f"has an unusable '{name}'", str(error).rstrip("."))
    _check_window(row, rule, readers)
    try:
        predicate.make(rule)
    except (KeyError, ValueError) as error:
        row.refuse("params", "do not fit together", f"add or mend {error}")


def _check_window(row: Row, rule: Rule, readers: Mapping[str, Any]) -> None:
    if "from" not in readers:
        return
    params = rule.params
    if ("days" in params) == ("from" in params):
        row.refuse("params", "has no usable window", "write either from and until, or days")
    if "days" in params:
        if ("holiday" in params["days"]) != ("calendar" in params):
            row.refuse("params", "has no usable window", "write holiday and calendar, or neither")
        return
    try:
        read_span(params["from"], params.get("until"))
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


def _jurisdiction(value: Any) -> str:
    if value != EVERYWHERE and not is_jurisdiction(_text(value)):
        raise ValueError('write "*" or a place such as US, US-MA, US-NYC, GB, EU, CA-ON')
    return str(value)


def _purposes(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        raise ValueError("write a list of purposes such as [collection]")
    return frozenset(value)


def _signature(value: Any) -> str | None:
    return None if value is None else _text(value)


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "id": _name,
    "version": _version,
    "jurisdiction": _jurisdiction,
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
_OPTIONAL: dict[str, Callable[[Any], Any]] = {
    "title": _text,
    "binds": lambda value: frozenset(some_of(Role)(value)),
    "debts": lambda value: frozenset(some_of(DebtKind)(value)),
    "purposes": _purposes,
    "enabled": flag,
    "tightens": _name,
}


def make_rulebook(rules: Iterable[Rule], *, partial: bool = False) -> Rulebook:
    """Put rules together and take the hash of their content, whatever their order was.

    A ``partial`` rulebook need not be whole: it is a selection that is judged as it stands.

    Raises:
        RulebookError: a version is there twice, two versions overlap, a mandatory rule is
            missing, or a kind of hold would stop nothing.
    """
    ordered = tuple(sorted(rules, key=lambda rule: (rule.id, rule.version)))
    for before, after in pairwise(ordered):
        if before.id == after.id:
            _check_versions(before, after)
    if not partial:
        _check_whole(ordered)
    digest = hashlib.sha256(plainjson.canonical(content_of(ordered))).hexdigest()
    return Rulebook(ordered, digest, partial)


def merged(*rulebooks: Rulebook) -> Rulebook:
    """Put rulebooks together: every row of each, a row that several hold once.

    Whole if one of them is. The order does not matter, and merging with itself changes nothing.

    Raises:
        RulebookError: they hold different rows under the same id and version.
    """
    rules: dict[tuple[str, int], Rule] = {}
    for rule in (rule for book in rulebooks for rule in book.rules):
        known = rules.setdefault((rule.id, rule.version), rule)
        if known != rule:
            raise RulebookError(
                f"Rule {rule.id} has two different rows for version {rule.version}: raise one."
            )
    return make_rulebook(rules.values(), partial=all(book.partial for book in rulebooks))


def _check_versions(before: Rule, after: Rule) -> None:
    """Refuse two versions for one date, unless the later one corrects the whole of the other."""
    if before.version == after.version:
        raise RulebookError(f"Rule {after.id} has its version {after.version} twice: raise it.")
    if before.jurisdiction != after.jurisdiction or before.predicate != after.predicate:
        raise RulebookError(
            f"Rule {after.id} changes its jurisdiction or predicate with version {after.version}:"
            " give the other rule an id of its own."
        )
    ends = before.valid_to or date.max
    corrects = after.valid_from <= before.valid_from and after.recorded_at > before.recorded_at
    if after.valid_from < ends and not corrects:
        raise RulebookError(
            f"Rule {after.id}: versions {before.version} and {after.version} overlap from"
            f" {after.valid_from}: end version {before.version} there with valid_to."
        )


def _check_whole(rules: Sequence[Rule]) -> None:
    predicates = {rule.predicate for rule in rules if rule.enabled}
    for name in dict.fromkeys(name for names in REQUIRED.values() for name in names):
        if name not in predicates:
            raise RulebookError(f"No rule uses the predicate '{name}': add one, it is mandatory.")
    held = {rule.params["kind"] for rule in rules if rule.predicate == "no_hold"}
    held |= {_STOPS[rule.predicate].value for rule in rules if rule.predicate in _STOPS}
    for kind in HoldKind:
        if kind.value not in held:
            raise RulebookError(f"No rule stops contact for a hold '{kind.value}': add one.")


def content_of(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Give rules as the plain mappings that are hashed and stored."""
    return [{name: getattr(rule, name) for name in _NAMES} for rule in rules]


def content(rulebook: Rulebook) -> list[dict[str, Any]]:
    """Give a rulebook as the plain mappings that are hashed and stored."""
    return content_of(rulebook.rules)


def from_content(stored: Iterable[Mapping[str, Any]], *, partial: bool = False) -> Rulebook:
    """Read a rulebook back from its stored content; its hash comes out the same."""
    rules = (
        Rule(
            **{
                **row,
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                "recorded_at": datetime.fromisoformat(row["recorded_at"]),
                **{
                    name: frozenset(row[name]) for name in ("moments", "binds", "debts", "purposes")
                },
            }
        )
        for row in stored
    )
    return make_rulebook(rules, partial=partial)


def lookback_days(rulebook: Rulebook) -> int:
    """Return how many days of the contact log the rules look at, with two to spare for zones."""
    longest = 1
    for rule in rulebook.rules:
        if rule.moments.isdisjoint(CONTACT_MOMENTS):
            continue
        days = rule.params.get("window_days") or 0
        if "media" in rule.params and isinstance(rule.params.get("days"), int):
            days = max(days, rule.params["days"])  # else windows by weekday, or no contacts
        minutes = rule.params.get("minutes") or 60 * (
            rule.params.get("hours") or rule.params.get("window_hours") or 0
        )
        longest = max(longest, days, -(-minutes // 1440))
    return longest + _SPARE_DAYS
