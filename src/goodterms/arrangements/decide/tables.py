"""Decision tables: rows of cells, a hit policy, and proof that no value falls through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import product
from typing import Any

from goodterms.arrangements.decide.cells import Cell, samples
from goodterms.arrangements.decide.kinds import Unit, worded

_MOST_COMBINATIONS = 20_000


class Hit(StrEnum):
    """Which rows count when several match."""

    FIRST = "FIRST"
    UNIQUE = "UNIQUE"
    COLLECT = "COLLECT"


class Collect(StrEnum):
    """How the rows of a COLLECT table become one."""

    SUM = "sum"
    LEAST = "least"
    MOST = "most"


@dataclass(frozen=True, slots=True)
class Column:
    """An input of a table with the values it can have (None: all of its unit)."""

    name: str
    unit: Unit
    domain: Cell = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row: what it accepts per column, what it sets, and where it comes from."""

    id: str
    cells: tuple[Cell, ...]
    sets: Mapping[str, Any]
    citation: str = ""
    reason_code: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table; ``sets`` names its outputs with their units."""

    hit: Hit
    columns: tuple[Column, ...]
    sets: Mapping[str, Unit]
    rows: tuple[Row, ...]
    collect: Collect | None = None


class NoRowError(ValueError):
    """A decision table has no single answer for its inputs."""


def matching(table: Table, env: Mapping[str, Any]) -> list[Row]:
    """Return the rows that accept the inputs, in order."""
    values = [env[column.name] for column in table.columns]
    return [row for row in table.rows if _accepts(row, values)]


def _accepts(row: Row, values: list[Any]) -> bool:
    return all(
        cell is None or cell.holds(value) for cell, value in zip(row.cells, values, strict=True)
    )


def decide(table: Table, env: Mapping[str, Any]) -> tuple[tuple[Row, ...], Mapping[str, Any]]:
    """Return the rows that count and the values they set.

    Raises:
        NoRowError: no row accepts the inputs, or more than one of a UNIQUE table.
    """
    if table.hit is Hit.FIRST:
        values = [env[column.name] for column in table.columns]
        found = [row for row in table.rows if _accepts(row, values)][:1]
    else:
        found = matching(table, env)
    if not found:
        told = ", ".join(
            f"{column.name} {worded(env[column.name], column.unit)}" for column in table.columns
        )
        raise NoRowError(f"no row of the table accepts {told}")
    if table.hit is Hit.UNIQUE and len(found) > 1:
        raise NoRowError(f"rows {', '.join(row.id for row in found)} accept the same inputs")
    if table.hit is not Hit.COLLECT:
        return (found[0],), found[0].sets
    return tuple(found), _collected(table, found)


def _collected(table: Table, found: list[Row]) -> Mapping[str, Any]:
    how = table.collect or Collect.SUM
    return {name: _together([row.sets[name] for row in found], how) for name in table.sets}


def _together(values: list[Decimal], how: Collect) -> Decimal:
    if how is Collect.SUM:
        return sum(values, Decimal(0))
    return min(values) if how is Collect.LEAST else max(values)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a table, at a row (None: the table itself), and how to mend it."""

    row: Row | None
    problem: str
    remedy: str


def flaws(table: Table) -> Iterator[Flaw]:
    """Find gaps, overlaps and unreachable rows, by trying a value of every stretch."""
    axes = [
        samples([row.cells[n] for row in table.rows], column.unit, column.domain)
        for n, column in enumerate(table.columns)
    ]
    size = 1
    for axis in axes:
        size *= len(axis)
    if size > _MOST_COMBINATIONS:
        yield Flaw(None, f"the table has {size} combinations to check", "split it into two tables")
        return
    reached: set[str] = set()
    gaps: list[str] = []
    overlaps: dict[tuple[str, str], str] = {}
    for values in product(*axes):
        hits = [row for row in table.rows if _accepts(row, list(values))]
        told = _told(table, values)
        if not hits:
            gaps.append(told)
        elif table.hit is Hit.FIRST:
            reached.add(hits[0].id)
        else:
            reached.update(row.id for row in hits)
        if table.hit is Hit.UNIQUE and len(hits) > 1:
            overlaps.setdefault((hits[0].id, hits[1].id), told)
    yield from _reported(table, reached, gaps, overlaps)


def _reported(
    table: Table, reached: set[str], gaps: list[str], overlaps: Mapping[tuple[str, str], str]
) -> Iterator[Flaw]:
    if gaps:
        more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
        yield Flaw(
            None, f"gap: no row accepts {gaps[0]}{more}", "add a row for it, or a last row of '-'"
        )
    rows = {row.id: row for row in table.rows}
    for (first, second), told in overlaps.items():
        yield Flaw(
            rows[second],
            f"overlap: rows '{first}' and '{second}' both accept {told}",
            "narrow one of them, or use hit FIRST",
        )
    for row in table.rows:
        if row.id not in reached:
            yield Flaw(
                row,
                f"row '{row.id}' is unreachable: rows above it accept all it accepts",
                "move it up, narrow a row above, or remove it",
            )


def _told(table: Table, values: tuple[Any, ...]) -> str:
    return ", ".join(
        f"{column.name} {worded(value, column.unit)}"
        for column, value in zip(table.columns, values, strict=True)
    )


def numeric(units: Mapping[str, Unit]) -> bool:
    """Tell whether a table's outputs can be collected."""
    return all(unit not in (Unit.TEXT, Unit.FLAG, Unit.DATE) for unit in units.values())
