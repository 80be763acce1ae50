"""Twelve-cell waterfalls: how a payment runs through what is past due, due and in advance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from goodterms.arrangements.decide.exact import ZERO, largest_remainder


class Timing(StrEnum):
    """When something is due, seen from the day of the payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Part(StrEnum):
    """What something is, of the four a waterfall tells apart."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class Direction(StrEnum):
    """Whether an instalment is finished before the next, or a component across them."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


class Future(StrEnum):
    """Where money beyond what is due goes among later instalments."""

    NEXT = "next"
    LAST = "last"
    REAMORTISE = "reamortise"


Cell = tuple[Timing, Part]
CELLS = tuple((timing, part) for timing in Timing for part in Part)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """An order over the twelve cells, with its direction and where overpayments go."""

    order: tuple[Cell, ...] = CELLS
    direction: Direction = Direction.HORIZONTAL
    future: Future = Future.NEXT


@dataclass(frozen=True, slots=True)
class Owed:
    """An amount that is owed: of which instalment, what it is, and when it is due."""

    instalment: int
    part: Part
    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """What one owed amount gets of a payment."""

    owed: Owed
    amount: Decimal


def timing(due_on: date, on: date) -> Timing:
    """Tell whether a date is past due, due or in advance on a day."""
    if due_on < on:
        return Timing.PAST_DUE
    return Timing.DUE if due_on == on else Timing.IN_ADVANCE


def run(
    waterfall: Waterfall, owed: Sequence[Owed], amount: Decimal, on: date
) -> tuple[tuple[Share, ...], Decimal]:
    """Run a payment through what is owed; return the shares and what is left as credit.

    Shares are positive and sum, with the rest, to exactly the payment.

    Raises:
        ValueError: the payment is not positive.
    """
    if amount <= ZERO:
        raise ValueError(f"{amount} cannot be allocated: it is not positive")
    shares: list[Share] = []
    rest = amount
    for group in _queue(waterfall, owed, on):
        for item, most in _portions(group, rest):
            share = min(rest, most)
            if share > ZERO:
                shares.append(Share(item, share))
                rest -= share
    return tuple(shares), rest


def _queue(waterfall: Waterfall, owed: Sequence[Owed], on: date) -> Iterator[list[Owed]]:
    """Give what is owed in the order it is paid, in groups that are paid together.

    Cells of one timing that stand side by side in the order form a stretch: horizontally each
    instalment is finished within it before the next, vertically each cell before the next.
    """
    for moment, stretch in groupby(waterfall.order, key=lambda cell: cell[0]):
        parts = [part for _, part in stretch]
        there = [o for o in owed if o.part in parts and timing(o.due_on, on) is moment]
        there.sort(key=lambda o: (o.due_on, o.instalment))
        if moment is Timing.IN_ADVANCE and waterfall.future is Future.LAST:
            there.reverse()
        if moment is Timing.IN_ADVANCE and waterfall.future is Future.REAMORTISE:
            yield from ([o for o in there if o.part is part] for part in parts)
        elif waterfall.direction is Direction.VERTICAL:
            there.sort(key=lambda o: parts.index(o.part))
            yield from ([o] for o in there)
        else:
            for _, instalment in groupby(there, key=lambda o: (o.due_on, o.instalment)):
                yield from ([o] for o in sorted(instalment, key=lambda o: parts.index(o.part)))


def _portions(group: list[Owed], rest: Decimal) -> list[tuple[Owed, Decimal]]:
    """Tell what each of a group may get: all it is owed, or its part of a spread payment."""
    total = sum((o.amount for o in group), ZERO)
    if len(group) == 1 or rest >= total or total == ZERO:
        return [(o, o.amount) for o in group]
    return list(zip(group, largest_remainder(rest, [o.amount for o in group]), strict=True))
