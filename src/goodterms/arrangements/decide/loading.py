"""From a policy's text to a policy: schema, types, units, tables, explanations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from string import Formatter
from typing import Any

from goodterms.access.model import Role
from goodterms.arrangements.decide.exact import MODES, Rounding
from goodterms.arrangements.decide.expressions import Expression, ExpressionError, compiled
from goodterms.arrangements.decide.kinds import KIND_OF, Kind, Unit, read
from goodterms.arrangements.decide.loading_tables import build_table
from goodterms.arrangements.decide.loading_values import Params, build_flow, build_params
from goodterms.arrangements.decide.policies import (
    Exemption,
    Policy,
    PolicyKind,
    PolicyTest,
    Words,
)
from goodterms.arrangements.decide.reading import Document
from goodterms.kit.plainjson import canonical

_NEEDED = ("policy", "kind", "component", "valid_from", "citation", "evidence", "reason_code",
           "explain", "tests")  # fmt: skip
_ALLOWED = (
    "row", "jurisdiction", "valid_to", "else_code", "inputs", "params", "when", "table",
    "steps", "formula", "unit", "waterfall", "limits", "rounding", "exceptions", "permission",
)  # fmt: skip
_EXEMPTION = ("id", "when", "value", "authority", "reason_code", "explain")
_EVIDENCE = ("verified", "secondary", "unverified", "design")
_AUTHORITIES = (*(role.value for role in Role), "law")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_RESERVED = ("value", "holds")


def build(doc: Document) -> Policy | None:
    """Build a policy from a document; None if a fault leaves nothing to build."""
    raw = doc.content
    if not doc.keys((), raw, _ALLOWED, _NEEDED):
        return None
    before = len(doc.faults)
    inputs = _inputs(doc, raw.get("inputs"))
    params = build_params(doc, raw.get("params"))
    units: dict[str, Unit] = {**inputs, **params.units}
    for name in set(inputs) & set(params.units):
        doc.fault(("params", name), "is an input, too", "rename one of them")
    policy = _head(doc, raw, inputs, params)
    if policy is None or len(doc.faults) > before:
        return None
    policy = _body(doc, raw, policy, units)
    policy = replace(policy, explain=_explained(doc, policy, ("explain",)))
    policy = replace(policy, exemptions=tuple(
        replace(exemption, words=_explained(doc, policy, ("exceptions", n, "explain")))
        for n, exemption in enumerate(policy.exemptions)
    ))  # fmt: skip
    absent = raw["explain"].get("absent")
    if absent is not None:
        policy = replace(policy, absent=_explained(doc, policy, ("explain", "absent")))
    elif policy.when is not None or policy.unit is Unit.FLAG:
        doc.fault(("explain", "absent"), "is missing", "say why the line is zero or refused")
    policy = replace(policy, tests=_tests(doc, raw["tests"], policy))
    return None if len(doc.faults) > before else policy


def _inputs(doc: Document, raw: Any) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for name, unit in raw.items() if isinstance(raw, dict) else ():
        if unit not in tuple(Unit) or name in _RESERVED or not name.isidentifier():
            doc.fault(
                ("inputs", name), f"'{name}: {unit}' is no input",
                f"write a name and one of {', '.join(Unit)}",
            )  # fmt: skip
            continue
        found[name] = Unit(unit)
    if raw is not None and not isinstance(raw, dict):
        doc.fault(("inputs",), "is no mapping", "write 'name: unit' lines")
    return found


def _head(
    doc: Document, raw: dict[str, Any], inputs: dict[str, Unit], params: Params
) -> Policy | None:
    start = doc.day(("valid_from",), raw["valid_from"])
    end = None if raw.get("valid_to") is None else doc.day(("valid_to",), raw["valid_to"])
    if start and end and end <= start:
        doc.fault(("valid_to",), "is not after valid_from", "give the day after its last")
    for key, pattern in (("policy", _NAME), ("reason_code", _CODE), ("else_code", _CODE)):
        text = raw.get(key)
        if text is not None and not pattern.fullmatch(str(text)):
            doc.fault((key,), f"'{text}' is not written like a {key}", "see the reference")
    for key, options in (("evidence", _EVIDENCE), ("kind", tuple(PolicyKind)),
                         ("unit", tuple(Unit))):  # fmt: skip
        if raw.get(key, options[0]) not in options:
            doc.fault((key,), f"'{raw[key]}' is not known", f"use one of {', '.join(options)}")
    if doc.faults or start is None:
        return None
    return Policy(
        name=raw["policy"], row=int(raw.get("row", 0)), kind=PolicyKind(raw["kind"]),
        component=doc.text(("component",), raw["component"]),
        jurisdiction=raw.get("jurisdiction", "*"), valid_from=start, valid_to=end,
        citation=doc.text(("citation",), raw["citation"]), evidence=raw["evidence"],
        reason_code=raw["reason_code"], else_code=raw.get("else_code", raw["reason_code"]),
        inputs=inputs, constants=params.constants, dated=params.dated,
        units={**inputs, **params.units}, explain=Words("", ""), absent=None,
        unit=Unit(raw.get("unit", "money")), rounding=_rounding(doc, raw.get("rounding")),
        limits=tuple(raw.get("limits") or ()), permission=raw.get("permission", ""),
        hash=hashlib.sha256(canonical(raw)).hexdigest(),
    )  # fmt: skip


def _rounding(doc: Document, raw: Any) -> Rounding:
    if raw is None:
        return Rounding()
    if not doc.keys(("rounding",), raw, ("scale", "mode", "multiple"), ()):
        return Rounding()
    multiple = raw.get("multiple")
    mode, scale = raw.get("mode", "HALF_UP"), raw.get("scale", 2)
    if mode not in MODES or not isinstance(scale, int):
        doc.fault(("rounding",), f"'{mode}' to {scale}", f"use one of {', '.join(MODES)}")
        return Rounding()
    try:
        step = None if multiple is None else read(multiple, Unit.MONEY)
    except ValueError as error:
        doc.fault(("rounding", "multiple"), str(error), "write a quoted amount")
        return Rounding()
    if step is not None and step <= 0:
        doc.fault(("rounding", "multiple"), "is not positive", "write for example '0.05'")
        return Rounding()
    return Rounding(scale, mode, step)


def _body(doc: Document, raw: dict[str, Any], policy: Policy, units: dict[str, Unit]) -> Policy:
    """Add what computes: condition, table, steps, formula, waterfall, exceptions."""
    kinds = {name: KIND_OF[unit] for name, unit in units.items()}
    policy = replace(policy, when=_expression(doc, raw, "when", kinds, Kind.FLAG))
    if raw.get("table") is not None:
        table = build_table(doc, raw["table"], units)
        if table is not None:
            units |= table.sets
            kinds |= {name: KIND_OF[unit] for name, unit in table.sets.items()}
            policy = replace(policy, table=table)
    policy = replace(policy, steps=_steps(doc, raw.get("steps"), units, kinds))
    formula = _expression(doc, raw, "formula", kinds, KIND_OF[policy.unit])
    exemptions = _exemptions(doc, raw.get("exceptions"), kinds, KIND_OF[policy.unit])
    waterfall, sharing = build_flow(doc, raw.get("waterfall"))
    given = policy.table is not None and units.get("value") is policy.unit
    yields = (
        given
        or formula
        or waterfall
        or sharing
        or (raw.get("table") is not None and policy.table is None)
    )
    if not yields:
        doc.fault(("formula",), "nothing yields the value", "add a formula, table or waterfall")
    units["value"] = policy.unit
    return replace(policy, formula=formula, exemptions=exemptions, waterfall=waterfall,
                   sharing=sharing, units=dict(units))  # fmt: skip


def _expression(
    doc: Document, raw: Mapping[str, Any], key: str, kinds: Mapping[str, Kind], wanted: Kind,
    *path: str | int,
) -> Expression | None:  # fmt: skip
    text = raw.get(key)
    if text is None:
        return None
    place = (*path, key)
    try:
        found = compiled(str(text).lower() if isinstance(text, bool) else str(text), kinds)
    except ExpressionError as error:
        doc.fault(place, str(error), "mend the expression")
        return None
    fits = found.kind is wanted or (found.kind is Kind.ZERO and wanted in (Kind.MONEY, Kind.NUMBER))
    if not fits:
        doc.fault(place, f"'{text}' yields a {found.kind}", f"let it yield a {wanted}")
    return found


def _steps(
    doc: Document, raw: Any, units: dict[str, Unit], kinds: dict[str, Kind]
) -> tuple[tuple[str, Expression], ...]:
    """Read named results that are computed before the formula, each with its unit."""
    found = []
    for name, step in (raw or {}).items():
        path = ("steps", name)
        if not doc.keys(path, step, (), ("formula", "unit")):
            continue
        if step["unit"] not in tuple(Unit) or name in units:
            doc.fault(path, f"'{name}' as {step['unit']}", "use a new name and a known unit")
            continue
        unit = Unit(step["unit"])
        expression = _expression(doc, step, "formula", kinds, KIND_OF[unit], *path)
        if expression is not None:
            units[name], kinds[name] = unit, KIND_OF[unit]
            found.append((name, expression))
    return tuple(found)


def _exemptions(
    doc: Document, raw: Any, kinds: Mapping[str, Kind], wanted: Kind
) -> tuple[Exemption, ...]:
    found = []
    for n, item in enumerate(raw or []):
        path = ("exceptions", n)
        if not doc.keys(path, item, (), _EXEMPTION):
            continue
        if item["authority"] not in _AUTHORITIES:
            doc.fault((*path, "authority"), f"'{item['authority']}' is nobody",
                      f"name one of {', '.join(_AUTHORITIES)}")  # fmt: skip
        when = _expression(doc, item, "when", kinds, Kind.FLAG, *path)
        value = _amount_or_expression(doc, item, kinds, wanted, path)
        if when is not None and value is not None:
            found.append(
                Exemption(
                    item["id"], when, value, item["authority"], item["reason_code"], Words("", "")
                )
            )
    return tuple(found)


def _amount_or_expression(
    doc: Document, item: Mapping[str, Any], kinds: Mapping[str, Kind], wanted: Kind,
    path: tuple[str | int, ...],
) -> Expression | None:  # fmt: skip
    """Read a quoted amount, or else an expression."""
    text = item["value"]
    if wanted in (Kind.MONEY, Kind.NUMBER):
        try:
            amount = read(text, Unit.MONEY)
        except ValueError:
            return _expression(doc, item, "value", kinds, wanted, *path)
        return Expression(str(text), wanted, frozenset(), lambda _: amount)
    return _expression(doc, item, "value", kinds, wanted, *path)


def _explained(doc: Document, policy: Policy, path: tuple[str | int, ...]) -> Words:
    raw: Any = doc.content
    for key in path:
        raw = raw[key]
    allowed = ("absent",) if path == ("explain",) else ()
    if not doc.keys(path, raw, allowed, ("agent", "consumer")):
        return Words("", "")
    for key in ("agent", "consumer"):
        try:
            names = [name for _, name, _, _ in Formatter().parse(raw[key]) if name is not None]
        except ValueError as error:
            doc.fault((*path, key), str(error), "write placeholders as {name}")
            continue
        for name in names:
            if name not in policy.units:
                doc.fault((*path, key), f"{{{name}}} names no value",
                          f"use one of {', '.join(sorted(policy.units))}")  # fmt: skip
    return Words(raw["agent"], raw["consumer"])


def _tests(doc: Document, raw: Any, policy: Policy) -> tuple[PolicyTest, ...]:
    found = []
    if not isinstance(raw, list) or not raw:
        doc.fault(("tests",), "has no examples", "add at least one {given, expect}")
        return ()
    for n, item in enumerate(raw):
        path = ("tests", n)
        if not doc.keys(path, item, (), ("given", "expect")):
            continue
        given = _given(doc, (*path, "given"), item["given"], policy)
        expect = item["expect"] if isinstance(item["expect"], dict) else {"value": item["expect"]}
        found.append(PolicyTest(given, expect, doc.line(path)))
    return tuple(found)


def _given(doc: Document, path: tuple[str | int, ...], raw: Any, policy: Policy) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, text in raw.items() if isinstance(raw, dict) else ():
        flow = policy.waterfall is not None or policy.sharing is not None
        if flow or name in ("holds", "on"):
            given[name] = frozenset(text) if name == "holds" else text
            continue
        unit = policy.units.get(name)
        if unit is None:
            doc.fault((*path, name), "is neither input nor parameter", "declare or remove it")
            continue
        try:
            given[name] = read(text, unit)
        except ValueError as error:
            doc.fault((*path, name), str(error), "give each input as its unit is written")
    return given


def example_day(given: Mapping[str, Any], policy: Policy) -> date:
    """Return the day an example is evaluated on: its own, or the policy's first."""
    day = given.get("on")
    return day if isinstance(day, date) else policy.valid_from
