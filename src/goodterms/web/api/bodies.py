"""What the API takes and gives where it differs from the domains' own values."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money

_PLAIN = r"^[^\x00]*$"
_LARGEST_ID = (1 << 63) - 1

Id = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
Reference = Annotated[int, Field(ge=1, le=_LARGEST_ID)]
Name = Annotated[str, Path(max_length=100, pattern=_PLAIN)]
Short = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=_PLAIN, strip_whitespace=True)
]
Word = Annotated[str, StringConstraints(max_length=200, pattern=_PLAIN)]
Long = Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=_PLAIN)]
Amount = Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,4})?$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
Before = Annotated[
    int | None, Query(ge=1, le=_LARGEST_ID, description="Older than this id ('next' of a page).")
]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 1, 1))]
SearchText = Annotated[str, Query(max_length=200, pattern=_PLAIN)]
CursorText = Annotated[
    str | None, Query(max_length=500, pattern=_PLAIN, description="'next' of the page before.")
]


class Body(BaseModel):
    """A request's body: what it does not know is refused, so that a typing error is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MoneyBody(Body):
    """An exact amount in major units as text, with its ISO 4217 currency."""

    amount: Amount = Field(examples=["12.50"])
    currency: Currency = "USD"

    def money(self) -> Money:
        """Return the amount; MoneyError if the currency has no such small unit."""
        return Money.of(self.amount, self.currency)


class MoneyOut(BaseModel):
    """An exact amount in major units as text, with its currency."""

    amount: str = Field(examples=["12.50"])
    currency: str = Field(examples=["USD"])

    @classmethod
    def of(cls, money: Money) -> MoneyOut:
        """Write an amount."""
        return cls(amount=plain(money.amount), currency=money.currency)


def plain(amount: Decimal) -> str:
    """Write a decimal without an exponent."""
    return f"{amount:f}"


def write_place(**place: Any) -> str:
    """Write where a list continues, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_place(text: str | None) -> dict[str, Any]:
    """Read where a list continues; None is its beginning.

    Raises:
        Refusal: the text was not made by ``write_place``.
    """
    if not text:
        return {}
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        place = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error) as error:
        raise _lost() from error
    if not isinstance(place, dict):
        raise _lost()
    return place


def _lost() -> Refusal:
    return Refusal("CURSOR", "This is no place in the list: use 'next' of a page.", field="after")
