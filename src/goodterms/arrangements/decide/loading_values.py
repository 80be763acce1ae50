"""Parameters of a policy: constants, dated rows, rate series, bands; and its waterfall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from goodterms.arrangements.decide.interest import Band, RateRow
from goodterms.arrangements.decide.kinds import Unit, read
from goodterms.arrangements.decide.policies import Dated
from goodterms.arrangements.decide.reading import Document, Path
from goodterms.arrangements.decide.sharing import Sharing
from goodterms.arrangements.decide.waterfall import (
    CELLS,
    Cell,
    Direction,
    Future,
    Part,
    Timing,
    Waterfall,
)

_DATED = ("from", "value", "citation")
_MAY = ("to", "evidence")


@dataclass(slots=True)
class Params:
    """A policy's parameters: constants by name, dated ones, and the unit of each."""

    constants: dict[str, Any] = field(default_factory=dict)
    dated: dict[str, Dated] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)


def build_params(doc: Document, raw: Any) -> Params:
    """Read the parameters: ``{grace: 10, minimum: {money: "25.00"}, p: {rate: "0.05"}}``."""
    found = Params()
    if raw is None:
        return found
    if not isinstance(raw, dict):
        doc.fault(("params",), "is no mapping", "write 'name: {unit: value}' lines")
        return found
    for name, item in raw.items():
        path: Path = ("params", name)
        if not isinstance(item, dict):
            _constant(doc, found, path, Unit.NUMBER, item)
            continue
        unit = next(iter(item), "")
        if len(item) != 1 or unit not in tuple(Unit):
            doc.fault(path, "is no parameter", f"write {{unit: value}}, unit of {', '.join(Unit)}")
            continue
        _param(doc, found, (*path, unit), Unit(unit), item[unit])
    return found


def _param(doc: Document, found: Params, path: Path, unit: Unit, value: Any) -> None:
    name = str(path[1])
    if unit is Unit.BANDS:
        found.units[name], found.constants[name] = unit, _bands(doc, path, value)
    elif unit is Unit.SERIES:
        rows = _dated(doc, path, Unit.RATE, value)
        found.units[name] = unit
        found.constants[name] = tuple(RateRow(a, b, v, c) for a, b, v, c in rows)
    elif isinstance(value, list):
        found.units[name], found.dated[name] = unit, Dated(unit, _dated(doc, path, unit, value))
    else:
        _constant(doc, found, path, unit, value)


def _constant(doc: Document, found: Params, path: Path, unit: Unit, value: Any) -> None:
    name = str(path[1])
    found.units[name] = unit
    try:
        found.constants[name] = read(value, unit)
    except ValueError as error:
        doc.fault(path, str(error), "write it as its unit is written, amounts in quotes")


def _dated(
    doc: Document, path: Path, unit: Unit, rows: Any
) -> tuple[tuple[date, date | None, Any, str], ...]:
    """Read dated rows in order; each begins where the one before ends and cites its source."""
    found: list[tuple[date, date | None, Any, str]] = []
    for n, row in enumerate(rows if isinstance(rows, list) else []):
        place = (*path, n)
        if not doc.keys(place, row, _MAY, _DATED):
            continue
        start = doc.day((*place, "from"), row["from"])
        end = None if row.get("to") is None else doc.day((*place, "to"), row["to"])
        try:
            value = read(row["value"], unit)
        except ValueError as error:
            doc.fault((*place, "value"), str(error), "write it as its unit is written")
            continue
        if start is not None:
            _adjoins(doc, place, found, start)
            if end is not None and end <= start:
                doc.fault((*place, "to"), "is not after 'from'", "give the day after its last")
            found.append((start, end, value, row["citation"]))
    if not found:
        doc.fault(path, "has no rows", "add {from, to, value, citation}")
    return tuple(found)


def _adjoins(
    doc: Document, path: Path, before: list[tuple[date, date | None, Any, str]], start: date
) -> None:
    if not before:
        return
    end = before[-1][1]
    if end is None or end > start:
        doc.fault(
            (*path, "from"), f"overlap: the row before runs to {end or 'for ever'}",
            f"end the row before with 'to: {start}'",
        )  # fmt: skip
    elif end < start:
        last = start - timedelta(days=1)
        doc.fault((*path, "from"), f"gap: nothing is in force from {end} to {last}",
                  "add the row that was in force then")  # fmt: skip


def _bands(doc: Document, path: Path, raw: Any) -> tuple[Band, ...]:
    found: list[Band] = []
    for n, row in enumerate(raw if isinstance(raw, list) else []):
        place = (*path, n)
        if not doc.keys(place, row, ("up_to",), ("rate",)):
            continue
        try:
            top = None if row.get("up_to") is None else read(row["up_to"], Unit.MONEY)
            rate = read(row["rate"], Unit.RATE)
        except ValueError as error:
            doc.fault(place, str(error), "write both in quotes")
            continue
        if found and (found[-1].up_to is None or (top is not None and top <= _top(found))):
            doc.fault(place, "overlap: the band before reaches as far", "order bands upwards")
        found.append(Band(top, rate))
    if not found or found[-1].up_to is not None:
        doc.fault(path, "gap: no band holds the highest amounts", "leave out the last up_to")
    return tuple(found)


def _top(found: list[Band]) -> Decimal:
    return found[-1].up_to or Decimal(0)


def build_flow(doc: Document, raw: Any) -> tuple[Waterfall | None, Sharing | None]:
    """Read a waterfall within a debt, or a rule across debts; neither if there is none."""
    path: Path = ("waterfall",)
    if raw is None:
        return None, None
    if not doc.keys(path, raw, ("order", "direction", "future", "across"), ()):
        return None, None
    if raw.get("across") is not None:
        if raw["across"] not in tuple(Sharing):
            doc.fault((*path, "across"), "is no rule", f"use one of {', '.join(Sharing)}")
            return None, None
        return None, Sharing(raw["across"])
    order = _order(doc, (*path, "order"), raw.get("order"))
    return _flow(doc, path, raw, order), None


def _flow(
    doc: Document, path: Path, raw: Mapping[str, Any], order: tuple[Cell, ...]
) -> Waterfall | None:
    direction, future = raw.get("direction", "horizontal"), raw.get("future", "next")
    if direction not in tuple(Direction):
        doc.fault((*path, "direction"), "is not known", f"use one of {', '.join(Direction)}")
        return None
    if future not in tuple(Future):
        doc.fault((*path, "future"), "is not known", f"use one of {', '.join(Future)}")
        return None
    return Waterfall(order, Direction(direction), Future(future))


def _order(doc: Document, path: Path, raw: Any) -> tuple[Cell, ...]:
    names = {f"{timing}.{part}": (timing, part) for timing, part in CELLS}
    found = [names[text] for text in raw or [] if text in names]
    if len(found) != len(raw or []) or sorted(set(found)) != sorted(CELLS):
        example = f"{Timing.PAST_DUE}.{Part.PENALTY}"
        doc.fault(path, "does not name each of the twelve cells once", f"write such as {example}")
    return tuple(found)
