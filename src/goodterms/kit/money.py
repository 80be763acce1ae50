"""Exact money: a decimal amount with a currency, rounded once, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_CODE_LENGTH = 3
_EXPONENTS = {"BHD": 3, "CLP": 0, "COP": 2, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3}

_WITH_POINT = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
_WITH_COMMA = re.compile(r"-?\d+,\d{2}", re.ASCII)


class MoneyError(ValueError):
    """An amount that is not exact money; says what was read and what is expected."""


def exponent(currency: str) -> int:
    """Return how many decimal places the currency's minor unit has (2 for USD, 0 for JPY)."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in major units with its ISO 4217 currency.

    Arithmetic needs equal currencies. Comparison too. Zero is falsy.
    """

    amount: Decimal
    currency: str = "USD"

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise MoneyError(f"{self.amount!r} is not a Decimal: money is never a float.")
        if not self.amount.is_finite():
            raise MoneyError(f"{self.amount} is not an amount.")
        if len(self.currency) != _CODE_LENGTH or not self.currency.isupper():
            raise MoneyError(f"{self.currency!r} is not an ISO 4217 currency code, e.g. USD.")

    @classmethod
    def of(cls, text: str | int | Decimal, currency: str = "USD") -> Money:
        """Read an amount in major units, such as "1234.50"; refuse floats and excess decimals.

        Raises:
            MoneyError: the text is no amount, or has more decimals than the currency.
        """
        if isinstance(text, float):
            raise MoneyError(f"{text!r} is a float: write the amount as text, e.g. '12.50'.")
        try:
            amount = Decimal(text)
        except (InvalidOperation, TypeError, ValueError) as error:
            raise MoneyError(f"{text!r} is not an amount, e.g. 1234.50.") from error
        money = cls(amount, currency)
        if money.rounded().amount != amount:
            places = exponent(currency)
            raise MoneyError(f"{text} has more than {places} decimals for {currency}.")
        return money.rounded()

    @classmethod
    def written(cls, text: str, currency: str = "USD") -> Money:
        """Read an amount as people write it: ``120``, ``$1,240.50`` or ``120,50``.

        Raises:
            MoneyError: the text is no amount, or could mean two.
        """
        bare = text.replace("$", "").replace(currency, "").strip()
        if _WITH_POINT.fullmatch(bare):
            return cls.of(bare.replace(",", ""), currency)
        if _WITH_COMMA.fullmatch(bare):
            return cls.of(bare.replace(",", "."), currency)
        raise MoneyError(f"{text!r} is not an amount: write it as 1240.50.")

    @classmethod
    def from_minor(cls, minor: int, currency: str = "USD") -> Money:
        """Read an amount in minor units (cents)."""
        return cls(Decimal(minor).scaleb(-exponent(currency)), currency)

    @classmethod
    def zero(cls, currency: str = "USD") -> Money:
        """Return nothing, in the currency."""
        return cls.from_minor(0, currency)

    @property
    def minor(self) -> int:
        """The amount in minor units (cents); the amount must already be rounded."""
        scaled = self.amount.scaleb(exponent(self.currency))
        if scaled != scaled.to_integral_value():
            raise MoneyError(f"{self} is not rounded to the minor unit.")
        return int(scaled)

    def rounded(self, rounding: str = ROUND_HALF_UP) -> Money:
        """Return the amount rounded to the currency's minor unit."""
        quantum = Decimal(1).scaleb(-exponent(self.currency))
        return Money(self.amount.quantize(quantum, rounding=rounding), self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyError(f"{self.currency} and {other.currency} cannot be combined.")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{self.amount:,.{exponent(self.currency)}f} {self.currency}"
