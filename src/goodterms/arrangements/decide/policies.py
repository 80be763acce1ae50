"""A policy and its evaluation: a value, a reason code, and the step that explains both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from goodterms.arrangements.decide import tables
from goodterms.arrangements.decide.exact import CENTS, ZERO, Rounding
from goodterms.arrangements.decide.expressions import Expression
from goodterms.arrangements.decide.kinds import Unit
from goodterms.arrangements.decide.sharing import Sharing
from goodterms.arrangements.decide.tables import Table
from goodterms.arrangements.decide.waterfall import Waterfall


class PolicyKind(StrEnum):
    """What a policy is for."""

    FEE = "fee"
    INTEREST = "interest"
    DISCOUNT = "discount"
    PLAN = "plan"
    LIMIT = "limit"
    CHECK = "check"
    MEASURE = "measure"
    ALLOCATION = "allocation"
    ADJUSTMENT = "adjustment"
    REMITTANCE = "remittance"


class PolicyError(ValueError):
    """A policy cannot be evaluated; names the policy, what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A parameter whose value depends on the day: rows without gaps or overlaps."""

    unit: Unit
    rows: tuple[tuple[date, date | None, Any, str], ...]

    def on(self, day: date) -> Any:
        """Return the value in force on a day; None if there is none."""
        for start, end, value, _ in self.rows:
            if start <= day and (end is None or day < end):
                return value
        return None


@dataclass(frozen=True, slots=True)
class Words:
    """The two explanations of one outcome, with placeholders for values."""

    agent: str
    consumer: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """A labelled exception: it overrides the base case by somebody's authority."""

    id: str
    when: Expression
    value: Expression
    authority: str
    reason_code: str
    words: Words


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """An example inside a policy: inputs and what must come out."""

    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    line: int


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy as it was read and checked; ``hash`` is of its content."""

    name: str
    row: int
    kind: PolicyKind
    component: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    citation: str
    evidence: str
    reason_code: str
    else_code: str
    inputs: Mapping[str, Unit]
    constants: Mapping[str, Any]
    dated: Mapping[str, Dated]
    units: Mapping[str, Unit]
    explain: Words
    absent: Words | None
    when: Expression | None = None
    table: Table | None = None
    steps: tuple[tuple[str, Expression], ...] = ()
    formula: Expression | None = None
    unit: Unit = Unit.MONEY
    waterfall: Waterfall | None = None
    sharing: Sharing | None = None
    limits: tuple[str, ...] = ()
    rounding: Rounding = CENTS
    exemptions: tuple[Exemption, ...] = ()
    tests: tuple[PolicyTest, ...] = field(default=(), compare=False)
    permission: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy says of its inputs; one node of the trace.

    ``rule`` names the row, exception or base case that decided. ``values`` holds everything the
    explanation may name. ``because`` are the steps this one rests on.
    """

    policy: Policy
    rule: str
    reason_code: str
    applies: bool
    value: Any
    values: Mapping[str, Any]
    citation: str
    authority: str = ""
    because: tuple[Outcome, ...] = ()
    words: Words | None = None


def evaluate(
    policy: Policy,
    given: Mapping[str, Any],
    *,
    on: date,
    limits: Mapping[str, Policy] | None = None,
) -> Outcome:
    """Evaluate a policy on a day: exceptions, condition, table, formula, limits, one rounding.

    ``limits`` are the policies it may be limited by, by reason code.

    Raises:
        PolicyError: an input is missing, a table has no answer, or the arithmetic fails.
    """
    env = _env(policy, given, on)
    try:
        return _evaluated(policy, env, on, limits or {})
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, PolicyError):
            raise
        reason = str(error) if isinstance(error, ValueError) else "the arithmetic has no result"
        raise PolicyError(f"Policy '{policy.name}': {reason}.") from error


def _env(policy: Policy, given: Mapping[str, Any], on: date) -> dict[str, Any]:
    env = {**policy.constants, **given}
    for name in policy.inputs:
        if name not in env:
            raise PolicyError(f"Policy '{policy.name}' needs '{name}' and was not given it.")
    for name, series in policy.dated.items():
        if name in given:
            continue
        value = series.on(on)
        if value is None:
            raise PolicyError(
                f"Policy '{policy.name}': parameter '{name}' has no value on {on}; add a row."
            )
        env[name] = value
    env.setdefault("holds", frozenset())
    return env


def _evaluated(
    policy: Policy, env: dict[str, Any], on: date, limits: Mapping[str, Policy]
) -> Outcome:
    for exemption in policy.exemptions:
        if exemption.when.run(env):
            env["value"] = value = _rounded(policy, exemption.value.run(env))
            return Outcome(
                policy, f"exception {exemption.id}", exemption.reason_code, True, value, env,
                policy.citation, exemption.authority, words=exemption.words,
            )  # fmt: skip
    if policy.when is not None and not policy.when.run(env):
        env["value"] = nothing = False if policy.unit is Unit.FLAG else ZERO
        return Outcome(policy, "condition", policy.else_code, False, nothing, env, policy.citation)
    rule, citation, code = "formula", policy.citation, ""
    if policy.table is not None:
        rows, sets = tables.decide(policy.table, env)
        env.update(sets)
        rule = "row " + ", ".join(row.id for row in rows)
        citation = "; ".join(row.citation for row in rows if row.citation) or citation
        code = rows[0].reason_code
    for name, expression in policy.steps:
        env[name] = expression.run(env)
    value = env["value"] if policy.formula is None else policy.formula.run(env)
    env["value"] = value
    return _limited(policy, env, (rule, citation, code), on, limits)


def _limited(
    policy: Policy,
    env: dict[str, Any],
    told: tuple[str, str, str],
    on: date,
    limits: Mapping[str, Policy],
) -> Outcome:
    """Apply the limits in order, round once, and tell what was decided."""
    rule, citation, code = told
    because = []
    code = code or (policy.else_code if env["value"] is False else policy.reason_code)
    for name in policy.limits:
        limit = limits.get(name)
        if limit is None:
            raise PolicyError(f"Policy '{policy.name}' is limited by '{name}', which is not there.")
        found = evaluate(limit, {**env, "fee": env["value"]}, on=on)
        because.append(found)
        if found.value != env["value"]:
            env["value"], code = found.value, limit.reason_code
    env["value"] = value = _rounded(policy, env["value"])
    applies = value is not False
    return Outcome(policy, rule, code, applies, value, env, citation, because=tuple(because))


def _rounded(policy: Policy, value: Any) -> Any:
    if policy.unit is Unit.MONEY and isinstance(value, Decimal):
        return policy.rounding(value)
    return value
