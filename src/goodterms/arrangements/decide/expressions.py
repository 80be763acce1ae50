"""Expressions of a policy: a small, typed language over exact values.

The text is parsed to a syntax tree of which only a whitelist is accepted; it is turned into
plain functions whose kinds were checked beforehand. There are no floats, no attributes and no
calls beyond the fixed list in ``functions``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from goodterms.arrangements.decide.exact import MODES
from goodterms.arrangements.decide.functions import FUNCTIONS
from goodterms.arrangements.decide.kinds import Kind

Env = Mapping[str, Any]
Run = Callable[[Env], Any]
_M, _N, _D, _U = Kind.MONEY, Kind.NUMBER, Kind.DATE, Kind.DURATION
_LONGEST = 1000

_RESULTS: dict[type[ast.operator], dict[tuple[Kind, Kind], Kind]] = {
    ast.Add: {(_M, _M): _M, (_N, _N): _N, (_D, _U): _D, (_U, _U): _U},
    ast.Sub: {(_M, _M): _M, (_N, _N): _N, (_D, _U): _D, (_U, _U): _U, (_D, _D): _U},
    ast.Mult: {(_M, _N): _M, (_N, _M): _M, (_N, _N): _N},
    ast.Div: {(_M, _N): _M, (_M, _M): _N, (_N, _N): _N},
    ast.Pow: {(_N, _N): _N},
}
_DO: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ORDERED = (_M, _N, _D, _U)


class ExpressionError(ValueError):
    """A text that is no expression of ours; says what was found and what to write."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its text, what it yields, the names it needs."""

    text: str
    kind: Kind
    names: frozenset[str]
    run: Run = field(compare=False, repr=False)


def compiled(text: str, kinds: Mapping[str, Kind]) -> Expression:
    """Check an expression against the kinds of its names and make it runnable.

    Raises:
        ExpressionError: it is not of the language, names what is unknown, or mixes kinds.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"the expression is longer than {_LONGEST} characters: split it")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"'{text}' cannot be read: {error}") from error
    builder = _Builder(kinds)
    kind, run = builder.build(tree.body)
    return Expression(text, kind, frozenset(builder.names), run)


class _Builder:
    """Turns whitelisted nodes into functions, with the kind of what each yields."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds
        self.names: set[str] = set()

    def build(self, node: ast.AST) -> tuple[Kind, Run]:
        builders: dict[type[ast.AST], Callable[[Any], tuple[Kind, Run]]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BinOp: self._arithmetic,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._logic,
            ast.Compare: self._comparison,
            ast.IfExp: self._choice,
            ast.Call: self._call,
        }
        build = builders.get(type(node))
        if build is None:
            raise ExpressionError(
                f"'{ast.unparse(node)}' is not part of the language: only names, whole numbers,"
                " texts, + - * / **, comparisons, and/or/not, if/else and the listed functions are"
            )
        return build(node)

    def _constant(self, node: ast.Constant) -> tuple[Kind, Run]:
        value = node.value
        if isinstance(value, bool):
            return Kind.FLAG, lambda _: value
        if isinstance(value, int):
            number = Decimal(value)
            return (Kind.NUMBER if value else Kind.ZERO), lambda _: number
        if isinstance(value, str):
            return Kind.TEXT, lambda _: value
        raise ExpressionError(
            f"{value!r} is a float or unknown: make it a quoted parameter and use its name"
        )

    def _name(self, node: ast.Name) -> tuple[Kind, Run]:
        name = node.id
        if name in MODES:
            return Kind.TEXT, lambda _: name
        kind = self.kinds.get(name)
        if kind is None:
            near = get_close_matches(name, self.kinds, 1)
            hint = f"did you mean '{near[0]}'?" if near else "declare it in inputs or params"
            raise ExpressionError(f"'{name}' is not known: {hint}")
        self.names.add(name)
        return kind, operator.itemgetter(name)

    def _arithmetic(self, node: ast.BinOp) -> tuple[Kind, Run]:
        (left, first), (right, second) = self.build(node.left), self.build(node.right)
        do, results = _DO.get(type(node.op)), _RESULTS.get(type(node.op), {})
        for pair in _readings(left, right):
            if do is not None and pair in results:
                return results[pair], lambda env: do(first(env), second(env))
        raise ExpressionError(f"'{ast.unparse(node)}' combines a {left} with a {right}")

    def _unary(self, node: ast.UnaryOp) -> tuple[Kind, Run]:
        kind, run = self.build(node.operand)
        if isinstance(node.op, ast.Not) and kind is Kind.FLAG:
            return kind, lambda env: not run(env)
        if isinstance(node.op, ast.USub) and kind in (_M, _N, Kind.ZERO):
            return kind, lambda env: -run(env)
        raise ExpressionError(f"'{ast.unparse(node)}' does not apply to a {kind}")

    def _logic(self, node: ast.BoolOp) -> tuple[Kind, Run]:
        runs = []
        for value in node.values:
            kind, run = self.build(value)
            if kind is not Kind.FLAG:
                raise ExpressionError(f"'{ast.unparse(value)}' is a {kind}, not a yes or no")
            runs.append(run)
        if isinstance(node.op, ast.And):
            return Kind.FLAG, lambda env: all(run(env) for run in runs)
        return Kind.FLAG, lambda env: any(run(env) for run in runs)

    def _comparison(self, node: ast.Compare) -> tuple[Kind, Run]:
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
            return self._membership(node, wanted=isinstance(node.ops[0], ast.In))
        operands = [self.build(value) for value in (node.left, *node.comparators)]
        steps = []
        for op, (left, first), (right, second) in zip(
            node.ops, operands, operands[1:], strict=False
        ):
            test = _COMPARE.get(type(op))
            same = [a for a, b in _readings(left, right) if a is b]
            equality = isinstance(op, ast.Eq | ast.NotEq)
            if test is None or not same or not (equality or same[0] in _ORDERED):
                raise ExpressionError(f"'{ast.unparse(node)}' compares a {left} with a {right}")
            steps.append((test, first, second))
        if len(steps) == 1:
            [(only, a, b)] = steps
            return Kind.FLAG, lambda env: only(a(env), b(env))
        return Kind.FLAG, lambda env: all(test(a(env), b(env)) for test, a, b in steps)

    def _membership(self, node: ast.Compare, *, wanted: bool) -> tuple[Kind, Run]:
        kind, run = self.build(node.left)
        [options] = node.comparators
        texts = options.elts if isinstance(options, ast.Tuple | ast.List) else []
        values = frozenset(
            item.value
            for item in texts
            if isinstance(item, ast.Constant) and isinstance(item.value, str)
        )
        if kind is not Kind.TEXT or not texts or len(values) != len(texts):
            raise ExpressionError(f"'{ast.unparse(node)}': write name in ('a', 'b') with texts")
        return Kind.FLAG, lambda env: (run(env) in values) is wanted

    def _choice(self, node: ast.IfExp) -> tuple[Kind, Run]:
        condition, test = self.build(node.test)
        (left, first), (right, second) = self.build(node.body), self.build(node.orelse)
        same = [a for a, b in _readings(left, right) if a is b]
        if condition is not Kind.FLAG or not same:
            raise ExpressionError(
                f"'{ast.unparse(node)}' chooses between a {left} and a {right} by a {condition}"
            )
        return same[0], lambda env: first(env) if test(env) else second(env)

    def _call(self, node: ast.Call) -> tuple[Kind, Run]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function = FUNCTIONS.get(name)
        if function is None or node.keywords:
            known = ", ".join(sorted(FUNCTIONS))
            raise ExpressionError(f"'{ast.unparse(node)}' calls no function of ours: {known}")
        built = [self.build(argument) for argument in node.args]
        kinds = tuple(kind for kind, _ in built)
        result = function.result(kinds)
        if result is None:
            told = ", ".join(kinds)
            raise ExpressionError(
                f"'{ast.unparse(node)}' was given ({told}): write {function.usage}"
            )
        runs, do = [run for _, run in built], function.run
        if function.needs:
            self.names.add(function.needs)
            given = function.needs
            return result, lambda env: do(env[given], *[run(env) for run in runs])
        if len(runs) == 1:
            [only] = runs
            return result, lambda env: do(only(env))
        return result, lambda env: do(*[run(env) for run in runs])


def _readings(left: Kind, right: Kind) -> list[tuple[Kind, Kind]]:
    """Give the pairs of kinds two operands may be read as: the literal 0 is either."""
    if left is right is Kind.ZERO:
        return [(_N, _N)]
    if left is Kind.ZERO:
        return [(right, right), (_N, right)]
    return [(left, left), (left, _N)] if right is Kind.ZERO else [(left, right)]
