"""The functions an expression may call, with what each takes and yields. There are no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from goodterms.arrangements.decide import interest
from goodterms.arrangements.decide.daycount import Coupon, DayCount, year_fraction
from goodterms.arrangements.decide.exact import rounded
from goodterms.arrangements.decide.instalments import level_payment
from goodterms.arrangements.decide.kinds import Kind

_M, _N, _D, _U = Kind.MONEY, Kind.NUMBER, Kind.DATE, Kind.DURATION
_T, _F, _Z = Kind.TEXT, Kind.FLAG, Kind.ZERO
_QUANTITIES = (_M, _N)
Result = Callable[[tuple[Kind, ...]], Kind | None]
HOLDS = "holds"
"""The name under which an account's holds are given; ``hold("HARDSHIP")`` looks in it."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: how to call it, what it yields, what it needs beside."""

    usage: str
    result: Result = field(repr=False)
    run: Callable[..., Any] = field(repr=False)
    needs: str = ""


def _takes(kinds: tuple[Kind, ...], result: Kind) -> Result:
    """Accept exactly these kinds; a literal 0 is any quantity."""

    def check(given: tuple[Kind, ...]) -> Kind | None:
        fits = len(given) == len(kinds) and all(
            have is want or (have is _Z and want in _QUANTITIES)
            for have, want in zip(given, kinds, strict=True)
        )
        return result if fits else None

    return check


def _either(*checks: Result) -> Result:
    def check(given: tuple[Kind, ...]) -> Kind | None:
        return next((found for c in checks if (found := c(given)) is not None), None)

    return check


def _alike(least: int, most: int) -> Result:
    """Accept so many amounts, or so many numbers, or dates; yield the same."""

    def check(given: tuple[Kind, ...]) -> Kind | None:
        kinds = {kind for kind in given if kind is not _Z} or {_N}
        one = next(iter(kinds))
        fits = least <= len(given) <= most and len(kinds) == 1 and one in (_M, _N, _D)
        return one if fits else None

    return check


def _first_alike(rest: tuple[Kind, ...]) -> Result:
    """Accept a quantity and then exactly these kinds; yield the quantity's kind."""
    return _either(*(_takes((kind, *rest), kind) for kind in _QUANTITIES))


def _round(
    value: Decimal, scale: Decimal, mode: str = "HALF_UP", multiple: Decimal | None = None
) -> Decimal:
    return rounded(value, int(scale), mode, multiple)


def _clamp(value: Decimal, low: Decimal, high: Decimal) -> Decimal:
    return max(low, min(value, high))


def _year_fraction(convention: str, start: date, end: date) -> Decimal:
    return year_fraction(DayCount(convention), start, end)


def _coupon_fraction(start: date, end: date, first: date, last: date, per_year: Decimal) -> Decimal:
    coupon = Coupon(first, last, int(per_year))
    return year_fraction(DayCount.ACT_ACT_ICMA, start, end, coupon=coupon)


def _simple(
    principal: Decimal, rate: Decimal, days: Decimal, basis: Decimal, round_at: str = "posting"
) -> Decimal:
    return interest.simple(principal, rate, days, basis, round_at=interest.RoundAt(round_at))


def _compound(principal: Decimal, rate: Decimal, per_year: Decimal, periods: Decimal) -> Decimal:
    return interest.compound(principal, rate, int(per_year), int(periods))


def _level(principal: Decimal, rate: Decimal, count: Decimal) -> Decimal:
    return level_payment(principal, [rate] * int(count))


_ROUNDED = _either(
    _first_alike((_N,)), _first_alike((_Z,)), _first_alike((_N, _T)), _first_alike((_Z, _T)),
    _first_alike((_N, _T, _N)), _first_alike((_N, _T, _M)), _first_alike((_Z, _T, _N)),
)  # fmt: skip

FUNCTIONS = {
    "min": Function("min(a, b, …) of one kind", _alike(2, 9), min),
    "max": Function("max(a, b, …) of one kind", _alike(2, 9), max),
    "clamp": Function("clamp(value, low, high) of one kind", _alike(3, 3), _clamp),
    "abs": Function("abs(quantity)", _alike(1, 1), abs),
    "round": Function("round(quantity, decimals, MODE, multiple)", _ROUNDED, _round),
    "days": Function("days(number)", _takes((_N,), _U), lambda n: timedelta(days=int(n))),
    "days_between": Function(
        "days_between(first, last)",
        _takes((_D, _D), _N),
        lambda first, last: Decimal((last - first).days),
    ),
    "hold": Function("hold('NAME')", _takes((_T,), _F), lambda held, name: name in held, HOLDS),
    "year_fraction": Function(
        "year_fraction(convention, first, last)", _takes((_T, _D, _D), _N), _year_fraction
    ),
    "coupon_fraction": Function(
        "coupon_fraction(first, last, coupon_first, coupon_last, coupons_a_year)",
        _takes((_D, _D, _D, _D, _N), _N),
        _coupon_fraction,
    ),
    "simple": Function(
        "simple(principal, rate, days, basis, round_at)",
        _either(_takes((_M, _N, _N, _N), _M), _takes((_M, _N, _N, _N, _T), _M)),
        _simple,
    ),
    "compound": Function(
        "compound(principal, rate, periods_a_year, periods)",
        _takes((_M, _N, _N, _N), _M),
        _compound,
    ),
    "rate_on": Function("rate_on(series, day)", _takes((Kind.SERIES, _D), _N), interest.rate_on),
    "segments": Function(
        "segments(principal, series, first, last, basis)",
        _takes((_M, Kind.SERIES, _D, _D, _N), _M),
        interest.by_segments,
    ),
    "slab": Function("slab(balance, bands)", _takes((_M, Kind.BANDS), _M), interest.slab),
    "marginal": Function(
        "marginal(balance, bands)", _takes((_M, Kind.BANDS), _M), interest.marginal
    ),
    "level": Function("level(principal, rate_a_period, periods)", _takes((_M, _N, _N), _M), _level),
}
"""The fixed list."""
