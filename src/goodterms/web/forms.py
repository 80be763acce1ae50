"""Forms that were sent: what was entered, what is wrong with it, nothing lost on an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from fastapi import Request

from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money, MoneyError

_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a page as it was sent, or an empty one.

    Its fields are named ``KEY_field`` so that several forms may share a page.
    """

    key: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, otherwise: object = "") -> str:
        """What was entered, else what to suggest."""
        return self.values.get(name, str(otherwise))

    def problem(self, name: str) -> str:
        """What is wrong with a field, if anything."""
        return self.problems.get(name, "")

    def summary(self, key: str) -> list[tuple[str, str]]:
        """What is wrong with the form named, for the summary above it."""
        return list(self.problems.items()) if key == self.key else []

    def text(self, name: str) -> str:
        """A field's text without blanks around it; empty if it was not sent."""
        return self.values.get(f"{self.key}_{name}", "").strip()

    def number(self, name: str) -> int | None:
        """A field's whole number; None if it was left empty.

        Raises:
            Refusal: it is none.
        """
        text = self.text(name)
        if not text:
            return None
        if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 - what a bigint holds
            raise Refusal("NOT_A_NUMBER", "Enter a whole number.", field=name)
        return int(text)

    def money(self, name: str, currency: str) -> Money:
        """A field's amount, as people write it: ``120``, ``1,240.50``, ``$120`` or ``120,50``.

        Raises:
            Refusal: it is no amount.
        """
        text = self.text(name)
        if not text:
            raise Refusal("AMOUNT_MISSING", "Enter an amount, e.g. 120.00.", field=name)
        try:
            return Money.written(text, currency)
        except MoneyError as error:
            raise Refusal("BAD_AMOUNT", str(error), field=name) from error

    def day(self, name: str) -> date:
        """A field's date.

        Raises:
            Refusal: it is none.
        """
        try:
            return date.fromisoformat(self.text(name))
        except ValueError as error:
            raise Refusal("BAD_DATE", "Choose a date.", field=name) from error

    def local_time(self, name: str) -> datetime:
        """A field's local date and time, without a zone.

        Raises:
            Refusal: it is none.
        """
        try:
            return datetime.fromisoformat(self.text(name)).replace(tzinfo=None)
        except ValueError as error:
            raise Refusal("BAD_TIME", "Choose a date and a time.", field=name) from error

    def refused(self, refusal: Refusal) -> Form:
        """Return the form with what was wrong, at the field the refusal names."""
        name = f"{self.key}_{refusal.field}" if refusal.field else f"{self.key}_form"
        return replace(self, problems={**self.problems, name: refusal.message})


async def sent(request: Request, key: str) -> Form:
    """Read the form that was sent; files and fields of other forms are left out."""
    found = await request.form()
    values = {
        name: text[:_LONGEST].replace("\0", "")
        for name, text in found.items()
        if isinstance(text, str) and name.startswith(f"{key}_")
    }
    return Form(key, values)
