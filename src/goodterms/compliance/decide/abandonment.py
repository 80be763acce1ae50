"""How many of those who answered found nobody there: the measures of the law, in integers.

Pacing, the PACE moment and the reports read this page and nothing else. Shares are two whole
numbers and are compared as such, never after rounding; a cap is in hundredths of a percent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import exp, lgamma, log

CAP = 300
"""Three percent, in hundredths of a percent."""

WHOLE = 10_000
_CONFIDENCE = 0.95
_HALVINGS = 60
_STEPS, _SMALL, _CLOSE = 10_000, 1e-300, 1e-15
_PLACES = Decimal("0.000001")
# Before anything was checked, one machine in twenty is taken to have been a person.
_PRIOR_WRONG, _PRIOR_CHECKED = 1, 20


class Measure(StrEnum):
    """Which formula counts: that of the United States, or Ofcom's without or with detection."""

    US = "us"
    UK = "uk"
    UK_AMD = "uk_amd"

    @classmethod
    def of(cls, place: str, *, amd: bool) -> Measure:
        """Choose by the place whose law asks (``us`` or ``uk``) and the use of detection."""
        if place == "us":
            return cls.US
        return cls.UK_AMD if amd else cls.UK


@dataclass(frozen=True, slots=True)
class Tally:
    """People who answered in one campaign over the window in force.

    ``abandoned`` found no agent in time, ``live`` were passed to one. ``machines`` were passed to
    an agent who coded them as a machine. ``false_positives`` is the estimate of people whom
    detection took for a machine.
    """

    abandoned: int
    live: int
    machines: int = 0
    false_positives: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.abandoned + other.abandoned,
            self.live + other.live,
            self.machines + other.machines,
            self.false_positives + other.false_positives,
        )


@dataclass(frozen=True, slots=True)
class Share:
    """A rate as it was counted: ``part`` of ``whole``, which is not zero."""

    part: int
    whole: int

    def within(self, cap: int = CAP) -> bool:
        """Tell whether the share is at most the cap, in hundredths of a percent; exact."""
        return WHOLE * self.part <= cap * self.whole

    @property
    def percent(self) -> Decimal:
        """Give it in percent with two decimals, for people to read and never to compare."""
        exact = Decimal(100 * self.part) / Decimal(self.whole)
        return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)

    @property
    def ratio(self) -> Decimal:
        """Give it as a number from 0 to 1, for charts."""
        return Decimal(self.part) / Decimal(self.whole)


def on_machines(tally: Tally) -> Fraction:
    """Estimate how many abandoned calls met a machine: e = A · m / (L + m), exact.

    Without any call passed to an agent there is nothing to estimate from: zero.

    Reference: Ofcom, revised statement of policy on persistent misuse, for use without detection.
    """
    passed = tally.live + tally.machines
    return Fraction(tally.abandoned * tally.machines, passed) if passed else Fraction(0)


def rate(tally: Tally, measure: Measure = Measure.US) -> Share | None:
    """Return the abandonment rate of a window; None where nobody answered: there is no rate.

    US: A / (A + L). UK without detection: (A - e) / ((A - e) + L) with ``on_machines`` for e,
    which is A / (A + L + m) in whole numbers. UK with detection: the estimate of people taken
    for machines is added to A, and nothing is taken off.

    Reference: 47 CFR 64.1200(a)(7); Ofcom, revised statement of policy on persistent misuse.
    """
    part, whole = _counted(tally, measure)
    return Share(part, whole) if whole else None


def _counted(tally: Tally, measure: Measure) -> tuple[int, int]:
    abandoned, live = tally.abandoned, tally.live
    if measure is Measure.UK_AMD:
        abandoned += tally.false_positives
        return abandoned, abandoned + live
    if measure is Measure.UK and tally.machines:
        # Without live calls every abandoned one may have met a machine: nothing over nothing.
        return (abandoned, abandoned + live + tally.machines) if live else (0, 0)
    return abandoned, abandoned + live


def spare(tally: Tally, measure: Measure = Measure.US, cap: int = CAP) -> int:
    """Return how many more people could find no agent, and the cap would still hold.

    The largest e for which the rate of a window with e more abandoned calls is within the cap.
    Zero without a rate to stand on: then there is one line per agent. ``cap`` is below 100 %.
    """
    part, whole = _counted(tally, measure)
    return max(0, (cap * whole - WHOLE * part) // (WHOLE - cap))


def false_positives(taken: int, checked: int = 0, wrong: int = 0) -> int:
    """Estimate how many of the calls ``taken`` for machines were answered by people.

    ``wrong`` of ``checked`` such calls turned out to be people when somebody listened. One wrong
    in twenty is added to what was checked, so that a small sample never shows a perfect detector;
    the estimate is rounded up.

    Reference: Ofcom, revised statement of policy on persistent misuse: a reasoned estimate.
    """
    return -(-taken * (wrong + _PRIOR_WRONG) // (checked + _PRIOR_CHECKED))


@lru_cache(maxsize=4096)
def upper_bound(share: Share, confidence: float = _CONFIDENCE) -> Decimal:
    """Return the rate that is not exceeded with this confidence, from 0 to 1, rounded up.

    One-sided Clopper-Pearson bound, the share read as that many successes of that many tries:
    where few people answered, a low rate proves little.
    """
    if share.part >= share.whole:
        return Decimal(1)
    low, high = share.part / share.whole, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        # The chance of so few or fewer falls as the rate rises.
        if _at_most(share.part, share.whole, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return Decimal(high).quantize(_PLACES, ROUND_CEILING)


def _at_most(part: int, whole: int, chance: float) -> float:
    """Return the probability of at most ``part`` successes in ``whole`` tries."""
    return _incomplete_beta(whole - part, part + 1, 1 - chance)


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function by Lentz's method."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            result *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL
