"""A full quote against the same amounts in plain Python: ``python -m bench.quote``.

Ours explains every line and option of ten debts with 200 ledger entries, charges permitted, three
plans each, and evaluates all policies of the catalogue that yield a value besides. The peer is a
handwritten function that works out the late fee, the interest, the settlement and the three plans
of the same debts with ``Decimal``, and explains nothing. The aim is the time itself: under 5 ms.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from bench.report import Result, report

from goodterms.accounts.model import Account, AccountStatus
from goodterms.arrangements import decide
from goodterms.arrangements.decide.book import PolicyBook
from goodterms.arrangements.decide.permissions import Permission, Situation
from goodterms.arrangements.decide.policies import Policy, evaluate
from goodterms.arrangements.decide.standing import Standing
from goodterms.arrangements.model import ArrangementPolicy, Quote
from goodterms.arrangements.service import load_policies
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Book, Entry, EntryKind, PostedEntry

AIM = 5.0
DEBTS, ENTRIES, ROUNDS = 10, 20, 200
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CENT = Decimal("0.01")


def debt(number: int) -> Standing:
    """Make a debt over a year old, with a placement and nineteen small payments."""
    principal = Money.of(f"{900 + 137 * number}.37")
    due = date(2025, 9, 1)
    entries = [
        Entry(number, EntryKind.PLACEMENT, due, "p",
              {Book.PRINCIPAL: principal, Book.PLACED: -principal}, "a")
    ]  # fmt: skip
    for month in range(1, ENTRIES):
        day = due + timedelta(days=20 * month)
        entries.append(
            ledger.payment(number, {Book.PRINCIPAL: Money.of("5.00")}, effective_on=day,
                           cause=f"payment:{month}", actor="a")
        )  # fmt: skip
    account = Account(
        number, f"A{number}", 1, 1, 1, "USD", "", AccountStatus.ACTIVE, None, due, None, None, None
    )
    posted = tuple(PostedEntry(n, entry, NOW) for n, entry in enumerate(entries, 1))
    balance = ledger.fold(number, "USD", entries)
    return Standing(account, "Hill Hospital", balance, posted, Situation("US-TX", "HILL"))


def permitted(book: PolicyBook) -> PolicyBook:
    """Permit late fees and interest, so that every quote has charges."""
    rows = tuple(
        Permission(fee, fee, "US", "*", "*", "*", "*", "*", True, None, "clause 9", "agreement",
                   "design", "counsel", date(2020, 1, 1), None)
        for fee in ("late_fee", "interest")
    )  # fmt: skip
    return replace(book, permissions=(*book.permissions, *rows))


def quotes(book: PolicyBook, debts: list[Standing]) -> list[Quote]:
    """Quote every debt."""
    house = ArrangementPolicy()
    return [
        decide.quote(f"q{n}", one, decide.terms(book, one, NOW.date(), house), now=NOW)
        for n, one in enumerate(debts)
    ]


def whole(book: PolicyBook, debts: list[Standing], rest: list[Policy]) -> None:
    """Quote every debt and evaluate every policy of the catalogue for each."""
    quotes(book, debts)
    limits = book.limits
    for _ in debts:
        for policy in rest:
            given = {k: v for k, v in policy.tests[0].given.items() if k != "on"}
            evaluate(policy, given, on=NOW.date(), limits=limits)


def plain(debts: list[Standing]) -> list[tuple[Decimal, ...]]:
    """Work out the same amounts without policies or words."""
    found = []
    for one in debts:
        principal = one.balance.components[Book.PRINCIPAL].amount
        days = (NOW.date() - one.account.due_on).days
        fee = min(max((principal * Decimal("0.05")).quantize(CENT, ROUND_HALF_UP), Decimal(5)),
                  Decimal(50), principal)  # fmt: skip
        interest = (principal * Decimal("0.085") * days / 365).quantize(CENT, ROUND_HALF_UP)
        total = principal + fee + interest
        amounts = [total, (total * Decimal("0.60")).quantize(CENT, ROUND_UP)]
        for count in (3, 6, 12):
            each = (total / count).quantize(CENT, ROUND_HALF_UP)
            amounts += [each] * (count - 1)
            amounts.append(total - each * (count - 1))
        found.append(tuple(amounts))
    return found


def timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return the median time of one run in milliseconds."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = clock()
        work()
        times.append((clock() - start) * 1000)
    return statistics.median(times)


def main() -> None:
    """Measure quotes alone and with the whole catalogue, by the wall and by the processor."""
    book = permitted(load_policies())
    debts = [debt(number) for number in range(1, DEBTS + 1)]
    rest = [p for p in book.policies.values() if p.waterfall is None and p.sharing is None]
    made, simple = quotes(book, debts), plain(debts)
    assert [quote.total.amount for quote in made] == [amounts[0] for amounts in simple]
    assert all(len([o for o in quote.options if o.instalments]) == 3 for quote in made)
    results = []
    for name, clock in (("wall clock", time.perf_counter), ("processor", time.process_time)):
        peer = timed(lambda: plain(debts), clock)
        for case, work in (
            ("10 debts quoted", lambda: quotes(book, debts)),
            ("10 debts quoted, all policies", lambda: whole(book, debts, rest)),
        ):
            ours = timed(work, clock)
            results.append(
                Result("quote", f"{case}, {name}", "ms", ours, "plain Decimal code", peer,
                       ours / peer, f"under {AIM:.0f} ms", ours < AIM)
            )  # fmt: skip
    report(results)


if __name__ == "__main__":
    main()
