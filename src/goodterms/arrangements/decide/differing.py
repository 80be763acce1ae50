"""What other policies would change: accounts affected, the sum of the change, the top movers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappush, heappushpop

from goodterms.arrangements.decide.book import PolicyBook
from goodterms.arrangements.decide.quoting import quote, terms
from goodterms.arrangements.decide.standing import Standing
from goodterms.arrangements.model import ArrangementPolicy, Quote
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money

_MOVERS = 10


@dataclass(frozen=True, slots=True, order=True)
class Mover:
    """An account whose total changes, by how much; larger changes are greater."""

    size: Money
    reference: str
    before: Money
    after: Money
    why: str

    @property
    def change(self) -> Money:
        """The total under the new policies less that under the old ones."""
        return self.after - self.before


@dataclass(slots=True)
class Diff:
    """What was found so far over a portfolio; its size does not grow with the portfolio."""

    accounts: int = 0
    affected: int = 0
    options: int = 0
    refused: int = 0
    sums: dict[str, Money] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    heaps: dict[str, list[Mover]] = field(default_factory=dict)

    def add(
        self,
        stands: Standing,
        before: PolicyBook,
        after: PolicyBook,
        house: ArrangementPolicy,
        now: datetime,
    ) -> None:
        """Quote an account under both books and count what differs."""
        self.accounts += 1
        try:
            one, two = (_quote(stands, book, house, now) for book in (before, after))
        except Refusal:
            self.refused += 1
            return
        offers = _offers(one) != _offers(two)
        self.options += offers
        if one.total == two.total:
            self.affected += offers
            return
        self.affected += 1
        change, currency = two.total - one.total, one.total.currency
        self.sums[currency] = self.sums.get(currency, Money.zero(currency)) + change
        why = _why(one, two)
        for code in why:
            self.codes[code] = self.codes.get(code, 0) + 1
        size = max(change, -change)
        mover = Mover(size, stands.account.reference, one.total, two.total, ", ".join(why))
        heap = self.heaps.setdefault(currency, [])
        if len(heap) < _MOVERS:
            heappush(heap, mover)
        else:
            heappushpop(heap, mover)

    @property
    def movers(self) -> list[Mover]:
        """The accounts that change most, by currency, the largest first."""
        return [mover for heap in self.heaps.values() for mover in sorted(heap, reverse=True)]


def _quote(stands: Standing, book: PolicyBook, house: ArrangementPolicy, now: datetime) -> Quote:
    return quote("diff", stands, terms(book, stands, now.date(), house), now=now)


def _offers(made: Quote) -> frozenset[tuple[str, Money, Money, int]]:
    return frozenset((o.kind.value, o.minimum, o.maximum, len(o.instalments)) for o in made.options)


def _why(one: Quote, two: Quote) -> list[str]:
    """Name the reason codes of the lines that differ."""
    before, after = _lines(one), _lines(two)
    return sorted(
        {code for key in before.keys() | after.keys() if before.get(key) != after.get(key)
         for code in (key[1],)}
    )  # fmt: skip


def _lines(made: Quote) -> Mapping[tuple[str, str], Money]:
    return {(line.component, line.reason_code or "LEDGER"): line.amount for line in made.lines}
