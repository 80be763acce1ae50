"""The money kernel: exact decimals, and one rounding whose mode, scale and multiple are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

MODES = {
    "HALF_UP": ROUND_HALF_UP,
    "HALF_EVEN": ROUND_HALF_EVEN,
    "HALF_DOWN": ROUND_HALF_DOWN,
    "UP": ROUND_UP,
    "DOWN": ROUND_DOWN,
    "CEILING": ROUND_CEILING,
    "FLOOR": ROUND_FLOOR,
}
ZERO = Decimal(0)
ONE = Decimal(1)
_QUANTA = {scale: ONE.scaleb(-scale) for scale in range(7)}


@dataclass(frozen=True, slots=True)
class Rounding:
    """How a posted amount is rounded: decimals, mode, and perhaps to a multiple (0.05, 10)."""

    scale: int = 2
    mode: str = "HALF_UP"
    multiple: Decimal | None = None

    def __call__(self, value: Decimal) -> Decimal:
        """Return the value rounded."""
        return rounded(value, self.scale, self.mode, self.multiple)


CENTS = Rounding()


def rounded(
    value: Decimal, scale: int = 2, mode: str = "HALF_UP", multiple: Decimal | None = None
) -> Decimal:
    """Round once: to a multiple first if there is one, then to so many decimals.

    A negative scale rounds to tens, hundreds and so on. Modes are those of ``MODES``.
    """
    rule = MODES[mode]
    if multiple is not None:
        value = (value / multiple).to_integral_value(rounding=rule) * multiple
    done = value.quantize(_QUANTA.get(scale) or ONE.scaleb(-scale), rounding=rule)
    return done if scale >= 0 else done.quantize(ONE)


def largest_remainder(
    total: Decimal, weights: Sequence[Decimal], *, scale: int = 2
) -> tuple[Decimal, ...]:
    """Share an amount in proportion to weights so that the shares sum to exactly the amount.

    Each share is floored to the minor unit; the units missing go to the largest fractions, ties
    to whoever stands first. Weights are not negative and not all zero; the total is rounded.
    """
    whole = sum(weights, ZERO)
    exact = [total * weight / whole for weight in weights]
    shares = [rounded(share, scale, "DOWN") for share in exact]
    unit = ONE.scaleb(-scale)
    missing = int((total - sum(shares, ZERO)) / unit)
    order = sorted(range(len(exact)), key=lambda n: (shares[n] - exact[n], n))
    for n in order[:missing]:
        shares[n] += unit
    return tuple(shares)
