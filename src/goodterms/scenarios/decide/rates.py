"""Rates as exact fractions, compared with what people write to the digits they write."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from goodterms.scenarios.decide.nodes import Node

_REMEDY = "write a rate such as 3.23 %, 0.0323 or 30/930"


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a whole, which is not zero."""

    part: int
    whole: int

    def matches(self, node: Node) -> bool:
        """Tell whether it is what is written: a fraction exactly, a decimal to its digits."""
        text = node.text().replace(" ", "")
        if "/" in text:
            part, _, whole = text.partition("/")
            if not (part.isdecimal() and whole.isdecimal() and int(whole)):
                node.refuse(f"is {node.text()!r}", _REMEDY)
            return int(part) * self.whole == self.part * int(whole)
        wanted = percentage(node)
        exact = Decimal(100 * self.part) / Decimal(self.whole)
        if not text.endswith("%"):
            wanted, exact = wanted / 100, exact / 100
        return exact.quantize(wanted, ROUND_HALF_UP) == wanted

    def __str__(self) -> str:
        percent = (Decimal(100 * self.part) / Decimal(self.whole)).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
        return f"{percent} % ({self.part}/{self.whole})"


def percentage(node: Node) -> Decimal:
    """Read a rate in percent: ``3 %`` as 3, ``0.03`` as 3."""
    text = node.text().replace(" ", "")
    try:
        number = Decimal(text.rstrip("%"))
    except InvalidOperation:
        node.refuse(f"is {node.text()!r}", _REMEDY)
    return number if text.endswith("%") else number * 100
