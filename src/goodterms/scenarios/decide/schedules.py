"""Scenarios of money over time: schedules, ledgers with returns, and quotes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from goodterms.accounts.model import Account, AccountStatus
from goodterms.arrangements import decide
from goodterms.arrangements.decide import replaying
from goodterms.arrangements.decide.book import PolicyBook
from goodterms.arrangements.decide.instalments import (
    Every,
    Part,
    annuity,
    due_dates,
    equal,
    equal_principal,
    flat,
)
from goodterms.arrangements.decide.permissions import ANY, Permission, Situation
from goodterms.arrangements.decide.standing import Standing
from goodterms.arrangements.decide.waterfall import Waterfall
from goodterms.arrangements.model import ArrangementPolicy, OptionKind, Quote
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger_of
from goodterms.ledger.model import COMPONENTS, Balance, Book, Entry, EntryKind, PostedEntry
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.decide.pricing import (
    PRICES,
    Priced,
    Pricing,
    answered,
    day,
    house_order,
    read_rate,
    read_rounding,
    read_waterfall,
)
from goodterms.scenarios.model import Reply

_METHODS = ("equal", "annuity", "flat", "equal_principal")
_ALIASES = {"fee": Book.SERVICE_FEE, "penalty": Book.NSF_FEE}
_NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
_BACK = ("nsf", "chargeback", "undo")


def _schedule(node: Node, fields: Fields) -> Priced:
    """Ask for a schedule: ``{schedule: annuity, principal: …, rate: …, count: …}``."""
    method = node.choice(_METHODS)
    principal, count = fields.need("principal").number(), fields.need("count").whole(1)
    rate = fields.get(read_rate, Decimal(0), "rate")
    per_year = fields.get(Node.whole, 12, "per_year")
    rounding = read_rounding(fields)
    stub = fields.get(_fraction, Decimal(1), "first_period")
    factors = [rate / per_year * stub, *[rate / per_year] * (count - 1)]
    first = fields.get(day, None, "first")
    every = Every(fields.get(lambda n: n.choice(Every), "month", "every"))
    try:
        parts = {
            "equal": lambda: equal(principal, count, rounding),
            "annuity": lambda: annuity(principal, factors, rounding),
            "flat": lambda: flat(principal, rate, Decimal(count) / per_year, count, rounding),
            "equal_principal": lambda: equal_principal(principal, factors, rounding),
        }[method]()
    except ValueError as error:
        node.refuse("has no schedule", str(error))
    dates = due_dates(first, count, every) if first else (None,) * count
    return lambda _book: _scheduled(parts, dates)


def _fraction(node: Node) -> Decimal:
    """Read a part of a period, such as ``17/31``."""
    over, slash, under = node.text().partition("/")
    try:
        return Decimal(over) / Decimal(under if slash else 1)
    except ArithmeticError:
        node.refuse(f"is {node.text()!r}", "write a part such as 17/31")


def _scheduled(parts: tuple[Part, ...], dates: tuple[date | None, ...]) -> Reply:
    rows = [
        {"principal": p.principal, "interest": p.interest, "due": p.due, "left": p.left, "on": on}
        for p, on in zip(parts, dates, strict=True)
    ]
    total = sum((p.due for p in parts), Decimal(0))
    values = {"instalment": parts[0].due, "last": parts[-1].due, "total": total, "rows": rows,
              "interest": sum((p.interest for p in parts), Decimal(0))}  # fmt: skip
    lines = [f"  {p.number}: {p.principal} + {p.interest} = {p.due}, {p.left} left" for p in parts]
    return answered(values, lines)


class _Ledger:
    """The ledger of one account as its transactions come."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.entries: list[PostedEntry] = []
        self.names: dict[str, PostedEntry] = {}

    @property
    def balance(self) -> Balance:
        return ledger_of.fold(1, self.currency, [posted.entry for posted in self.entries])

    def money(self, node: Node) -> Money:
        return Money.of(str(node.number()), self.currency)

    def add(self, entry: Entry, name: str = "") -> None:
        ledger_of.check_entry(entry, self.currency)
        posted = PostedEntry(len(self.entries) + 1, entry, _NOW)
        self.entries.append(posted)
        if name:
            self.names[name] = posted

    def cause(self) -> str:
        return f"entry:{len(self.entries) + 1}"


def _ledger(node: Node, fields: Fields) -> Priced:
    """Ask how an account stands after transactions in order: ``{ledger: [...], order: …}``."""
    order = read_waterfall(fields)
    currency = fields.text("currency", otherwise="USD")
    steps = node.items()

    def asking(book: PolicyBook) -> Reply:
        account = _Ledger(currency)
        flow = order or house_order(book)
        for step in steps:
            one = step.fields()
            on = one.get(day, date(2024, 1, 1), "on")
            name = one.text("name")
            kind = next((n for n in one.names if n in _STEPS), "")
            if not kind:
                step.refuse("is no transaction", f"begin with one of: {', '.join(_STEPS)}")
            _STEPS[kind](one.need(kind), _Step(account, one, on, name, flow))
            one.done()
        return _stands(account)

    return asking


def _book(node: Node) -> Book:
    names = {book.value: book for book in COMPONENTS} | _ALIASES
    return names[node.choice(names)]


@dataclass(frozen=True, slots=True)
class _Step:
    """One transaction: whose ledger, its fields, its day, its name, and the order of payment."""

    account: _Ledger
    fields: Fields
    on: date
    name: str
    flow: Waterfall


def _charge(node: Node, step: _Step) -> None:
    account = step.account
    amount = account.money(step.fields.need("amount"))
    entry = ledger_of.charge(
        1, _book(node), amount, kind=EntryKind.FEE, effective_on=step.on, cause=account.cause(),
        actor="scenario", policy_version="scenario",
    )  # fmt: skip
    account.add(entry, step.name)


def _waive(node: Node, step: _Step) -> None:
    account = step.account
    amount = account.money(step.fields.need("amount"))
    postings = {_book(node): -amount, Book.ADJUSTED: amount}
    cause = account.cause()
    account.add(Entry(1, EntryKind.ADJUSTMENT, step.on, cause, postings, "scenario"), step.name)


def _pay(node: Node, step: _Step) -> None:
    account = step.account
    spread = decide.allocate(account.balance, account.money(node), step.flow)
    cause = account.cause()
    entry = ledger_of.payment(1, spread, effective_on=step.on, cause=cause, actor="scenario")
    account.add(entry, step.name)


def _back(node: Node, step: _Step) -> None:
    """Take a named payment back by its negation and replay; a chargeback may restore principal."""
    account = step.account
    posted = account.names.get(node.text())
    if posted is None:
        node.refuse("names no transaction before it", "give that one a 'name'")
    cause = f"{node.name}:{posted.id}"
    account.add(ledger_of.reversal(posted, cause=cause, actor="scenario"), step.name)
    words = ("as_allocated", "principal")
    if step.fields.get(lambda n: n.choice(words), "", "restores") == "principal":
        moved = replaying.restored_to_principal(
            posted, effective_on=step.on, cause=cause, actor="scenario"
        )
        if moved is not None:
            account.add(moved)
    for entry in replaying.differences(
        1, account.currency, account.entries, step.flow, cause=cause, actor="scenario"
    ):
        account.add(entry)


_STEPS = {
    "charge": _charge,
    "waive": _waive,
    "payment": _pay,
    **dict.fromkeys(_BACK, _back),
}


def _stands(account: _Ledger) -> Reply:
    balance = account.balance
    owed = {book.value: money.amount for book, money in balance.components.items()}
    paid = {
        name: {
            book.value: -money.amount
            for book, money in posted.entry.postings.items()
            if book in COMPONENTS
        }
        for name, posted in account.names.items()
    }
    lines = [
        f"  {p.id} {p.entry.kind.value}: "
        + ", ".join(f"{book.value} {money.amount}" for book, money in p.entry.postings.items())
        for p in account.entries
    ]
    values = {"outstanding": balance.total.amount, "balance": owed, "allocation": paid,
              "entries": len(account.entries)}  # fmt: skip
    return answered(values, lines)


def _quote(node: Node, fields: Fields) -> Priced:
    """Ask for a quote: ``{quote: {principal: 1000.00}, due: …, on: …, permit: [late_fee]}``."""
    currency = fields.text("currency", otherwise="USD")
    owed = {
        Book(name): Money.of(str(one.number()), currency)
        for name, one in node.fields().rest().items()
    }
    on, due = day(fields.need("on")), day(fields.need("due"))
    where = Situation(
        fields.text("jurisdiction", otherwise="US"), fields.text("client"),
        fields.text("product"), fields.text("actor", otherwise="debt_collector"),
    )  # fmt: skip
    holds = frozenset(h.upper() for h in fields.get(Node.texts, list[str](), "holds"))
    permitted = fields.get(Node.texts, list[str](), "permit")
    placed = fields.get(day, due, "interest_from")

    def asking(book: PolicyBook) -> Reply:
        account = Account(1, "A", 1, 1, 1, currency, "", AccountStatus.ACTIVE, None, due, None,
                          None, None)  # fmt: skip
        balance = Balance(1, ledger_of.total(owed.values(), currency), owed, 1)
        entry = Entry(1, EntryKind.PLACEMENT, placed, "placement", {}, "scenario")
        stands = Standing(
            account, "the creditor", balance, (PostedEntry(1, entry, _NOW),), where, holds
        )
        try:
            under = decide.terms(_allowing(book, permitted), stands, on, ArrangementPolicy())
        except Refusal as error:
            node.refuse("has no quote", str(error))
        now = datetime.combine(on, time(12), UTC)
        return _quoted(decide.quote("quo_scenario", stands, under, now=now))

    return asking


def _allowing(book: PolicyBook, fees: list[str]) -> PolicyBook:
    rows = tuple(
        Permission(f"scenario-{fee}", fee, ANY, ANY, ANY, ANY, ANY, ANY, True, None, "scenario",
                   "scenario", "design", "scenario", date.min, None)
        for fee in fees
    )  # fmt: skip
    return PolicyBook(book.policies, book.sets, (*book.permissions, *rows), book.hash)


def _quoted(quote: Quote) -> Reply:
    options: dict[str, Any] = {}
    for option in quote.options:
        name = option.kind.value
        if option.kind is OptionKind.PLAN:
            name = f"plan {len(option.instalments)}"
        options[name] = option.maximum.amount
    gone = {r.kind.value: r.reason_code for r in quote.removed}
    lines = [f"  {line.component} {line.amount}: {line.agent_words}"
             for line in (*quote.lines, *quote.absent)]  # fmt: skip
    lines += [f"  {o.kind.value}: {o.words}" for o in quote.options]
    lines += [f"  not {r.kind.value} ({r.reason_code}): {r.words}" for r in quote.removed]
    values: Mapping[str, Any] = {
        "total": quote.total.amount,
        "lines": {line.component: line.amount.amount for line in quote.lines},
        "reasons": {line.component: line.reason_code for line in (*quote.lines, *quote.absent)},
        "options": options,
        "removed": gone,
        "forgiven": next((o.forgiven.amount for o in quote.options if o.forgiven), None),
    }
    return answered(values, lines)


ALL_PRICES: dict[str, Pricing] = {
    **PRICES,
    "schedule": Pricing(_schedule, "instalment"),
    "ledger": Pricing(_ledger, "outstanding"),
    "quote": Pricing(_quote, "total"),
}
"""Every question of money by the name it begins with."""
