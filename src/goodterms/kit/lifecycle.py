"""Life cycles as tables: state x event -> state, with their diagram."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from goodterms.kit.errors import IllegalTransition

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class Lifecycle(Generic[S, E]):
    """A named transition table; what it does not list is illegal and changes nothing."""

    def __init__(self, name: str, start: S, table: Mapping[tuple[S, E], S]) -> None:
        self.name = name
        self.start = start
        self.table = dict(table)

    def step(self, state: S, event: E) -> S:
        """Return the state after the event.

        Raises:
            IllegalTransition: the table has no such step.
        """
        try:
            return self.table[state, event]
        except KeyError:
            raise IllegalTransition(self.name, state.value, event.value) from None

    def allows(self, state: S, event: E) -> bool:
        """Tell whether the event is legal in the state."""
        return (state, event) in self.table

    def diagram(self) -> str:
        """Draw the table as a Mermaid state diagram, rows in the table's order."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start.value}"]
        for (state, event), target in self.table.items():
            lines.append(f"    {state.value} --> {target.value}: {event.value}")
        leaving = {state for state, _ in self.table}
        finals = dict.fromkeys(t for t in self.table.values() if t not in leaving)
        lines += [f"    {state.value} --> [*]" for state in finals]
        return "\n".join(lines)
