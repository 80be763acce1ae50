"""What is expected of a reply of money, and whether it was met to the cent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from goodterms.arrangements.decide.exact import rounded
from goodterms.scenarios.decide.nodes import Node
from goodterms.scenarios.model import Mismatch, Reply

_EXACT_PLACES = 4
_YES, _NO = ("yes", "true", "on"), ("no", "false", "off")


def missed(node: Node, main: str, reply: Reply) -> Sequence[Mismatch]:
    """Compare a reply with what is expected: one word is its main value, else values by name."""
    if node.is_text or node.is_list:
        return list(_compare(main, node, reply.values.get(main)))
    return list(_compare("", node, reply.values))


def _compare(name: str, node: Node, given: Any) -> Iterator[Mismatch]:
    if node.is_list:
        items = node.items()
        rows = list(given) if isinstance(given, list | tuple) else []
        if len(rows) != len(items):
            yield Mismatch(name, f"{len(items)} rows", f"{len(rows)} rows")
            return
        for number, (item, row) in enumerate(zip(items, rows, strict=True), 1):
            yield from _compare(f"{name} {number}".strip(), item, row)
    elif node.is_text:
        if not _same(node.text(), given):
            yield Mismatch(name, node.text(), _shown(given))
    else:
        values = given if isinstance(given, Mapping) else {}
        for key, one in node.fields().rest().items():
            if key in ("note", "because"):
                continue
            place = f"{name}.{key}" if name else key
            if key not in values:
                known = ", ".join(map(str, values)) or "none"
                yield Mismatch(place, one.raw.value if one.is_text else "a value",
                               f"no such value; there are: {known}")  # fmt: skip
                continue
            yield from _compare(place, one, values[key])


def _same(text: str, given: Any) -> bool:
    if isinstance(given, bool):
        return text.lower() in (_YES if given else _NO)
    if given is None:
        return text.lower() in ("none", "null", "~")
    if isinstance(given, int | Decimal):
        return _number(text, Decimal(given))
    if isinstance(given, date):
        return text == given.isoformat()
    return text == str(given)


def _number(text: str, given: Decimal) -> bool:
    """Amounts are exact; a number with more decimals is met if it rounds to what is written."""
    share = text.endswith("%")
    try:
        wanted = Decimal(text.rstrip("% ").replace(",", "").replace("_", ""))
    except InvalidOperation:
        return False
    value = given * 100 if share else given
    places = -int(wanted.as_tuple().exponent)
    long = -int(value.normalize().as_tuple().exponent) > _EXACT_PLACES
    return wanted == (rounded(value, max(places, 0)) if share or long else value)


def _shown(given: Any) -> str:
    if isinstance(given, Mapping):
        return ", ".join(f"{key} {value}" for key, value in given.items()) or "none"
    if isinstance(given, list | tuple):
        return ", ".join(map(str, given))
    return str(given)
