"""The itemisation of a debt, as the validation notice shows it: exact, from the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from goodterms.kit.money import Money
from goodterms.ledger.model import COMPONENTS, Entry, EntryKind


@dataclass(frozen=True, slots=True)
class Itemisation:
    """What was owed on a date and what came to it since; payments and credits are negative."""

    on: date
    amount: Money
    interest: Money
    fees: Money
    payments: Money
    credits: Money

    @property
    def total(self) -> Money:
        """What is owed now: the sum of the parts, to the cent."""
        return self.amount + self.interest + self.fees + self.payments + self.credits


def itemise(entries: Iterable[Entry], on: date, currency: str) -> Itemisation:
    """Divide an account's entries at the itemisation date: the amount then, and what came since.

    What we were entrusted with belongs to the amount even if it was placed later.

    Reference: 12 CFR 1006.34(b)(3), (c)(2)(vii), (viii).
    """
    sums = dict.fromkeys(
        ("amount", "interest", "fees", "payments", "credits"), Money.zero(currency)
    )
    for entry in entries:
        part = _PARTS.get(entry.kind, "credits") if entry.effective_on > on else "amount"
        for book, posted in entry.postings.items():
            if book in COMPONENTS:
                sums[part] += posted
    return Itemisation(on, **sums)


_PARTS = {
    EntryKind.PLACEMENT: "amount",
    EntryKind.INTEREST: "interest",
    EntryKind.FEE: "fees",
    EntryKind.PAYMENT: "payments",
    EntryKind.REFUND: "payments",
}
