"""Changed copies of frozen values with slots, where thousands are made every second."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")
Setter = Callable[[Any, Any], None]
_Parts = tuple[Callable[[Any], Any], tuple[Setter, ...], dict[str, Setter]]
_KNOWN: dict[type, _Parts] = {}


def _parts(kind: Any) -> _Parts:
    names: tuple[str, ...] = kind.__slots__
    setters = tuple(kind.__dict__[name].__set__ for name in names)
    parts = attrgetter(*names), setters, dict(zip(names, setters, strict=True))
    _KNOWN[kind] = parts
    return parts


def changed(value: T, **changes: Any) -> T:
    """Return a copy of a frozen dataclass with slots in which these fields are changed.

    As ``dataclasses.replace``, in half the time: fields are copied, not initialised, so it is for
    classes without ``__post_init__``.

    Raises:
        TypeError: a field is not known.
    """
    kind = type(value)
    read, setters, by_name = _KNOWN.get(kind) or _parts(kind)
    copy = object.__new__(kind)
    for write, kept in zip(setters, read(value), strict=True):
        write(copy, kept)
    for name, new in changes.items():
        if name not in by_name:
            raise TypeError(f"{kind.__name__} has no field {name!r}.")
        by_name[name](copy, new)
    return copy
