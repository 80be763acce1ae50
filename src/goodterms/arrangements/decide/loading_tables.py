"""Decision tables of a policy: columns, rows, and the proof that nothing falls through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goodterms.arrangements.decide import cells, tables
from goodterms.arrangements.decide.kinds import Unit, read
from goodterms.arrangements.decide.reading import Document, Path
from goodterms.arrangements.decide.tables import Collect, Column, Hit, Row, Table

_ROW = ("citation", "reason_code", "when")


def build_table(doc: Document, raw: Any, units: Mapping[str, Unit]) -> Table | None:
    """Read a table and note its gaps, overlaps and unreachable rows."""
    path: Path = ("table",)
    if not doc.keys(path, raw, ("collect",), ("hit", "columns", "sets", "rows")):
        return None
    before = len(doc.faults)
    columns = _columns(doc, (*path, "columns"), raw["columns"], units)
    sets = _sets(doc, (*path, "sets"), raw["sets"], units)
    if raw["hit"] not in tuple(Hit):
        doc.fault((*path, "hit"), f"'{raw['hit']}'", f"use one of {', '.join(Hit)}")
    collect = raw.get("collect")
    if collect is not None and collect not in tuple(Collect):
        doc.fault((*path, "collect"), f"'{collect}'", f"use one of {', '.join(Collect)}")
    rows = _rows(doc, (*path, "rows"), raw["rows"], columns, sets)
    if len(doc.faults) > before or not rows:
        return None
    table = Table(Hit(raw["hit"]), columns, sets, rows, Collect(collect) if collect else None)
    if table.hit is Hit.COLLECT and not tables.numeric(sets):
        doc.fault((*path, "sets"), "cannot be collected", "let a COLLECT table set numbers only")
    for flaw in tables.flaws(table):
        place = path if flaw.row is None else (*path, "rows", rows.index(flaw.row))
        doc.fault(place, flaw.problem, flaw.remedy)
    return table


def _columns(doc: Document, path: Path, raw: Any, units: Mapping[str, Unit]) -> tuple[Column, ...]:
    """Read ``{debt: "[0, )", region: [a, b]}``: inputs with the values they can have."""
    found = []
    for name, domain in raw.items() if isinstance(raw, dict) else ():
        unit = units.get(name)
        if unit is None:
            doc.fault((*path, name), "is neither input nor parameter", "declare it in inputs")
            continue
        try:
            found.append(Column(name, unit, cells.parse(domain, unit)))
        except ValueError as error:
            doc.fault((*path, name), str(error), "write its range, its texts, or '-'")
    if not found:
        doc.fault(path, "has no columns", "write {input: '-'} for each input it looks at")
    return tuple(found)


def _sets(doc: Document, path: Path, raw: Any, units: Mapping[str, Unit]) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for name, unit in raw.items() if isinstance(raw, dict) else ():
        if unit not in tuple(Unit) or name in units:
            doc.fault((*path, name), f"as '{unit}'", "use a new name and a known unit")
        else:
            found[name] = Unit(unit)
    if not found:
        doc.fault(path, "sets nothing", "write {value: money} or other outputs")
    return found


def _rows(
    doc: Document,
    path: Path,
    raw: Any,
    columns: tuple[Column, ...],
    sets: Mapping[str, Unit],
) -> tuple[Row, ...]:
    found: list[Row] = []
    for n, item in enumerate(raw if isinstance(raw, list) else []):
        place = (*path, n)
        if not doc.keys(place, item, (*_ROW, *sets), ("id", *sets)):
            continue
        if item["id"] in {row.id for row in found}:
            doc.fault((*place, "id"), "stands twice", "give each row its own id")
        conditions = item.get("when") or {}
        for name in set(conditions) - {column.name for column in columns}:
            doc.fault((*place, "when", name), "is no column", "name it in the table's columns")
        accepts = tuple(
            _cell(doc, (*place, "when", c.name), conditions.get(c.name, cells.ANY), c)
            for c in columns
        )
        values = _values(doc, place, item, sets)
        found.append(
            Row(str(item["id"]), accepts, values, item.get("citation", ""),
                item.get("reason_code", ""), doc.line(place))
        )  # fmt: skip
    if not found:
        doc.fault(path, "has no rows", "add at least one {id, when, …}")
    return tuple(found)


def _cell(doc: Document, path: Path, raw: Any, column: Column) -> cells.Cell:
    try:
        return cells.parse(raw, column.unit)
    except ValueError as error:
        doc.fault(path, str(error), "write a range, a text, a list of texts, or '-'")
        return None


def _values(
    doc: Document, path: Path, item: Mapping[str, Any], sets: Mapping[str, Unit]
) -> dict[str, Any]:
    values = {}
    for name, unit in sets.items():
        try:
            values[name] = read(item[name], unit)
        except ValueError as error:
            doc.fault((*path, name), str(error), "write it as its unit is written")
    return values
