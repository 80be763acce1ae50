"""JSON that keeps money exact: decimals as text, instants as ISO 8601, keys in order."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any


def plain(value: Any) -> Any:
    """Turn a domain value into what JSON can hold, without losing a cent or a second.

    Raises:
        TypeError: the value has no exact JSON form (floats from money code, sockets, ...).
    """
    names = _names(value.__class__)
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, date):  # a datetime, too
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no exact JSON form")


@cache
def _names(kind: type[Any]) -> tuple[str, ...] | None:
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else None


_COMPACT = json.JSONEncoder(default=plain, separators=(",", ":"), ensure_ascii=False)
_CANONICAL = json.JSONEncoder(
    default=plain, separators=(",", ":"), ensure_ascii=False, sort_keys=True
)


def dumps(value: Any) -> str:
    """Write a value as compact JSON."""
    return _COMPACT.encode(value)


def canonical(value: Any) -> bytes:
    """Write a value as the one JSON text that its hash is taken of (sorted keys, UTF-8)."""
    return _CANONICAL.encode(value).encode()


def loads(text: str | bytes) -> Any:
    """Read JSON."""
    return json.loads(text)
