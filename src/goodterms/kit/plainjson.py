"""JSON that keeps money exact: decimals as text, instants as ISO 8601, keys in order."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """Turn a domain value into what JSON can hold, without losing a cent or a second.

    Raises:
        TypeError: the value has no exact JSON form (floats from money code, sockets, ...).
    """
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset | set):
        return sorted(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    raise TypeError(f"{type(value).__name__} has no exact JSON form")


def dumps(value: Any) -> str:
    """Write a value as compact JSON."""
    return json.dumps(value, default=plain, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> bytes:
    """Write a value as the one JSON text that its hash is taken of (sorted keys, UTF-8)."""
    text = json.dumps(
        value, default=plain, separators=(",", ":"), ensure_ascii=False, sort_keys=True
    )
    return text.encode()


def loads(text: str | bytes) -> Any:
    """Read JSON."""
    return json.loads(text)
