"""Scenarios of money: what is asked of the policies, and the values that come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from goodterms.arrangements.decide import apr as rates
from goodterms.arrangements.decide import daycount, interest, kinds, waterfall
from goodterms.arrangements.decide.book import PolicyBook
from goodterms.arrangements.decide.daycount import Coupon, DayCount, Ends
from goodterms.arrangements.decide.exact import MODES, Rounding
from goodterms.arrangements.decide.explaining import told
from goodterms.arrangements.decide.instalments import Every, Shift, due_dates
from goodterms.arrangements.decide.kinds import Unit
from goodterms.arrangements.decide.policies import PolicyError, evaluate
from goodterms.arrangements.decide.sharing import Debt, Sharing, share
from goodterms.arrangements.decide.waterfall import (
    CELLS,
    Direction,
    Future,
    Owed,
    Part,
    Timing,
    Waterfall,
)
from goodterms.kit.errors import Refusal
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.model import Reply

Priced = Callable[[PolicyBook], Reply]
_FIRST = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Pricing:
    """A question of money by its reader, and the value that a single word means."""

    read: Callable[[Node, Fields], Priced]
    main: str


def day(node: Node) -> date:
    """Read a date."""
    try:
        return date.fromisoformat(node.text())
    except ValueError:
        node.refuse(f"is {node.text()!r}", "write a date such as 2026-01-31")


def answered(values: Mapping[str, Any], trace: Sequence[str] = ()) -> Reply:
    """Give the values with the lines that show how they came about."""
    lines = trace or [f"  {name}: {value}" for name, value in values.items()]
    return Reply(values=values, trace=tuple(lines))


def _policy(node: Node, fields: Fields) -> Priced:
    """Ask a policy for its value: ``{policy: late-fee-flat, overdue: 100.00, …}``."""
    on = fields.get(day, None, "on", "at")
    given = fields.rest()

    def asking(book: PolicyBook) -> Reply:
        policy = book.policies.get(node.text())
        if policy is None:
            node.refuse("names no policy in force", f"write one of: {', '.join(book.policies)}")
        values = {name: _given(one, policy.units.get(name)) for name, one in given.items()}
        try:
            found = evaluate(policy, values, on=on or policy.valid_from, limits=book.limits)
        except PolicyError as error:
            node.refuse("cannot be evaluated", str(error))
        words = told(found)
        lines = [f"  {policy.name}, {found.rule}: {words.agent}"]
        lines += [f"    {step.policy}: {step.agent}" for step in words.because]
        own = {"value": found.value, "reason": found.reason_code, "rule": found.rule,
               "authority": found.authority, "agent": words.agent,
               "consumer": words.consumer}  # fmt: skip
        return answered({**found.values, **own}, lines)

    return asking


def _given(node: Node, unit: Unit | None) -> Any:
    if node.name == "holds":
        return frozenset(text.upper() for text in node.texts())
    if unit is None:
        node.refuse("is neither input nor parameter of the policy", "name one of them")
    if unit is Unit.FLAG:
        return node.flag()
    if unit is Unit.DURATION:
        return timedelta(days=node.whole())
    try:
        return kinds.read(node.text(), unit)
    except ValueError as error:
        node.refuse(f"is no {unit.value}", str(error))


def _day_count(node: Node, fields: Fields) -> Priced:
    """Ask how long a period is: ``{day_count: "30/360", from: …, to: …}``."""
    names = {count.value: count for count in DayCount}
    if node.text() not in names:
        node.refuse("names no convention", f"write one of: {', '.join(names)}")
    convention = names[node.text()]
    first, last = day(fields.need("from")), day(fields.need("to"))
    ends = Ends(fields.get(lambda n: n.choice(Ends), "last", "counts"))
    coupon = fields.get(_coupon, None, "coupon")
    try:
        fraction = daycount.year_fraction(convention, first, last, coupon=coupon)
    except ValueError as error:
        node.refuse("has no answer", str(error))
    days = daycount.days(convention, first, last, ends)
    return lambda _book: answered({"fraction": fraction, "days": days})


def _coupon(node: Node) -> Coupon:
    fields = node.fields()
    found = Coupon(
        day(fields.need("from")), day(fields.need("to")), fields.need("per_year").whole(1)
    )
    fields.done()
    return found


def _interest(node: Node, fields: Fields) -> Priced:
    """Ask for simple or compound interest, unrounded and as posted."""
    principal, rate = node.number(), read_rate(fields.need("rate"))
    rounding = read_rounding(fields)
    per_year = fields.get(Node.whole, 0, "compounded")
    if per_year:
        exact = interest.compound(principal, rate, per_year, fields.need("periods").whole())
    else:
        exact = interest.simple(
            principal, rate, fields.need("days").whole(), fields.get(Node.whole, 365, "basis"),
            round_at=interest.RoundAt(
                fields.get(lambda n: n.choice(interest.RoundAt), "posting", "round_at")
            ),
            rounding=rounding,
        )  # fmt: skip
    return lambda _book: answered({"interest": rounding(exact), "exact": exact})


def read_rate(node: Node) -> Decimal:
    """Read a rate: ``8.5 %`` or ``0.085``."""
    text = node.text()
    if not text.endswith("%"):
        return node.number()
    try:
        return Decimal(text[:-1].strip()) / 100
    except ArithmeticError:
        node.refuse(f"is {text!r}", "write a rate such as 8.5 %")


def read_rounding(fields: Fields) -> Rounding:
    """Take how amounts are rounded: ``rounding: HALF_EVEN`` with ``scale`` and ``multiple``."""
    modes = {mode.lower(): mode for mode in MODES}
    mode = fields.get(lambda n: n.choice(modes), "half_up", "rounding")
    scale = fields.get(lambda n: n.whole(-9), 2, "scale")
    return Rounding(scale, modes[mode], fields.get(Node.number, None, "multiple"))


def _dates(node: Node, fields: Fields) -> Priced:
    """Ask for due dates: ``{dates: 4, first: 2024-01-31, every: month}``."""
    found = due_dates(
        day(fields.need("first")), node.whole(1),
        Every(fields.get(lambda n: n.choice(Every), "month", "every")),
        anchor=fields.get(lambda n: n.whole(1), None, "anchor"),
        shift=Shift(fields.get(lambda n: n.choice(Shift), "keep", "shift")),
        holidays=frozenset(fields.get(_days, list[date](), "holidays")),
    )  # fmt: skip
    return lambda _book: answered({"dates": found})


def _days(node: Node) -> list[date]:
    return [day(item) for item in node.items()]


def _after(node: Node, fields: Fields) -> Priced:
    """Ask which days lie so many days after one: ``{days_after: 2012-05-31, days: [30, 40]}``."""
    start = day(node)
    found = [start + timedelta(days=n.whole()) for n in fields.need("days").items()]
    return lambda _book: answered({"dates": found})


def _apr(node: Node, fields: Fields) -> Priced:
    """Ask for the annual percentage rate of advances and regular payments (Appendix J)."""
    per_year = fields.get(Node.whole, 0, "per_year")
    every = Every(node.choice(("month", "week")))
    start = day(fields.need("advanced_on")) if "advanced_on" in fields else _FIRST
    payment, count = fields.need("payment").number(), fields.need("count").whole(1)
    first = fields.take("first")
    units, odd = (1, Decimal(0)) if first is None else rates.since(start, day(first), every)
    flows = [rates.Flow(payment, units + n, odd) for n in range(count)]
    advance = rates.Flow(fields.need("advance").number(), 0)
    rate = rates.apr([advance], flows, per_year or {Every.MONTH: 12, Every.WEEK: 52}[every])
    return lambda _book: answered({"apr": rate, "units": units, "odd": odd})


def read_waterfall(fields: Fields) -> Waterfall | None:
    """Take an order: all twelve cells, or the four parts (the same for each timing)."""
    direction = Direction(fields.get(lambda n: n.choice(Direction), "horizontal", "direction"))
    future = Future(fields.get(lambda n: n.choice(Future), "next", "future"))
    node = fields.take("order")
    if node is None:
        return None
    cells = {f"{moment}.{part}": (moment, part) for moment, part in CELLS}
    words = node.texts()
    if sorted(words) == sorted(Part):
        order = tuple((moment, Part(word)) for moment in Timing for word in words)
    elif sorted(words) == sorted(cells):
        order = tuple(cells[word] for word in words)
    else:
        node.refuse("is no order", "write penalty, fee, interest, principal, or all twelve cells")
    return Waterfall(order, direction, future)


def house_order(book: PolicyBook) -> Waterfall:
    """Return the waterfall of the most general set in force."""
    policies = [s.slot("allocation") for s in book.sets]
    return next((p.waterfall for p in policies if p and p.waterfall), Waterfall())


def _allocate(node: Node, fields: Fields) -> Priced:
    """Ask how a payment runs through instalments: ``{allocate: 500, on: …, owed: [...]}``."""
    amount, on = node.number(), day(fields.need("on"))
    order = read_waterfall(fields)
    owed = [_owed(item) for item in fields.need("owed").items()]

    def asking(book: PolicyBook) -> Reply:
        try:
            shares, rest = waterfall.run(order or house_order(book), owed, amount, on)
        except ValueError as error:
            node.refuse("cannot be allocated", str(error))
        values: dict[str, Any] = {"credit": rest}
        for one in shares:
            for name in (one.owed.part.value, f"{one.owed.part.value} {one.owed.instalment}"):
                values[name] = values.get(name, Decimal(0)) + one.amount
        total = sum((item.amount for item in owed), Decimal(0))
        values["outstanding"] = total - (amount - rest)
        lines = [f"  {s.owed.instalment} {s.owed.part}: {s.amount}" for s in shares]
        return answered(values, lines)

    return asking


def _owed(node: Node) -> Owed:
    fields = node.fields()
    found = Owed(
        fields.get(Node.whole, 1, "instalment"), Part(fields.need("part").choice(Part)),
        day(fields.need("due")), fields.need("amount").number(),
    )  # fmt: skip
    fields.done()
    return found


def _share(node: Node, fields: Fields) -> Priced:
    """Ask how a payment is shared between debts: ``{share: 99.99, rule: pro_rata, debts: …}``."""
    rule = Sharing(fields.get(lambda n: n.choice(Sharing), "pro_rata", "rule"))
    names, debts = [], []
    for number, (name, one) in enumerate(fields.need("debts").fields().rest().items()):
        names.append(name)
        debts.append(_debt(number, one))
    wanted = fields.get(lambda n: n.fields().rest(), dict[str, Node](), "direction")
    direction = {_position(one, names): one.number() for one in wanted.values()}

    def asking(_book: PolicyBook) -> Reply:
        try:
            found = share(debts, node.number(), rule, direction)
        except Refusal as refused:
            return answered({"refused": refused.code}, [f"  {refused.message}"])
        got = {name: found.amounts.get(n, Decimal(0)) for n, name in enumerate(names)}
        return answered({**got, "credit": found.rest})

    return asking


def _position(node: Node, names: list[str]) -> int:
    return names.index(node.name) if node.name in names else len(names)


def _debt(number: int, node: Node) -> Debt:
    if node.is_text:
        return Debt(number, node.number(), _FIRST + timedelta(days=number))
    fields = node.fields()
    found = Debt(
        number, fields.need("owed").number(),
        fields.get(day, _FIRST + timedelta(days=number), "since"),
        fields.get(read_rate, Decimal(0), "rate"), fields.flag("disputed"),
    )  # fmt: skip
    fields.done()
    return found


PRICES: dict[str, Pricing] = {
    "policy": Pricing(_policy, "value"),
    "day_count": Pricing(_day_count, "fraction"),
    "interest_on": Pricing(_interest, "interest"),
    "dates": Pricing(_dates, "dates"),
    "days_after": Pricing(_after, "dates"),
    "apr": Pricing(_apr, "apr"),
    "allocate": Pricing(_allocate, "credit"),
    "share": Pricing(_share, "credit"),
}
"""The questions of money that need no schedule, ledger or quote, by the name they begin with."""
