"""A list as a page shows it: columns, filter, sort, keyset paging and export, as addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``label`` is a text to translate; ``essential`` columns cannot be hidden."""

    key: str
    label: str
    sortable: bool = False
    end: bool = False
    essential: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list shows now.

    ``query`` holds the filters in force (never the paging key); ``after`` is the key of the
    next page, None on the last; ``later`` is True when this is not the first page.
    """

    name: str
    path: str
    columns: tuple[Column, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    after: str | None = None
    later: bool = False

    def _address(self, **more: str) -> str:
        order = f"-{self.sort}" if self.descending else self.sort
        query = {**self.query, **({"sort": order} if order else {}), **more}
        chosen = {key: value for key, value in query.items() if value}
        return f"{self.path}?{urlencode(chosen)}" if chosen else self.path

    @property
    def first(self) -> str:
        """The address of the first page."""
        return self._address()

    @property
    def next(self) -> str | None:
        """The address of the next page, None on the last."""
        return None if self.after is None else self._address(after=self.after)

    @property
    def csv(self) -> str:
        """The address that gives the whole filtered list as CSV."""
        return self._address(format="csv")

    def sorted_by(self, key: str) -> str:
        """The address of this list sorted by a column; a second choice turns the direction."""
        order = f"-{key}" if key == self.sort and not self.descending else key
        return self._address(sort=order)

    def direction(self, key: str) -> str:
        """Say for ``aria-sort`` how the list is sorted by a column."""
        if key != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"
