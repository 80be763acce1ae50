"""Those that events and questions can name, and the clock they are told by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goodterms.compliance.model import AccountFacts
from goodterms.scenarios.decide.clock import Clock
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.model import Caller, Person, Point


@dataclass(frozen=True, slots=True)
class Cast:
    """Those an event can name, and the clock it is told by."""

    person: Person
    debts: Mapping[str, AccountFacts]
    currency: Mapping[int, str]
    callers: Mapping[str, Caller]
    clock: Clock

    def point(self, node: Node) -> Point:
        """Find a number or address by its name or its value."""
        text = node.text()
        points = self.person.points
        if text in points:
            return points[text]
        plain = _digits(text)
        found = [
            point
            for point in points.values()
            if text == point.value or (plain and plain == _digits(point.value))
        ]
        if not found:
            node.refuse(f"names {text!r}", f"write one of: {', '.join(points) or 'none is given'}")
        return found[0]

    def accounts(self, fields: Fields) -> tuple[int, ...]:
        """Take the debts something is about; all if none is named."""
        named = self.about(fields)
        return named or tuple(debt.account_id for debt in self.debts.values())

    def about(self, fields: Fields) -> tuple[int, ...]:
        """Take the debts something is about; none if none is named."""
        node = fields.take("about", "debt", "debts", "account", "accounts")
        return () if node is None else self.accounts_of(node)

    def accounts_of(self, node: Node) -> tuple[int, ...]:
        """Read names of debts."""
        found = []
        for name in node.texts():
            if name not in self.debts:
                node.refuse(f"names the debt {name!r}", f"write one of: {', '.join(self.debts)}")
            found.append(self.debts[name].account_id)
        return tuple(found)

    def names_debts(self, fields: Fields) -> bool:
        """Tell whether ``about`` holds debts, where it could mean something else."""
        node = fields.peek("about")
        return node is not None and all(name in self.debts for name in node.texts())

    def one_account(self, fields: Fields) -> int:
        """Take the one debt something is about; the only one if there is one."""
        found = self.accounts(fields)
        if len(found) != 1:
            fields.node.refuse("could be about several debts", "add 'about' with one of them")
        return found[0]


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit()) if "@" not in text else ""
