"""What must hold of all money: nothing is lost, sums are exact, anchors return."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from goodterms.arrangements.decide.daycount import DayCount, year_fraction
from goodterms.arrangements.decide.exact import (
    MODES,
    Rounding,
    largest_remainder,
    rounded,
)
from goodterms.arrangements.decide.instalments import (
    Every,
    annuity,
    due_dates,
    equal,
    equal_principal,
    flat,
)
from goodterms.arrangements.decide.sharing import Debt, Sharing, share
from goodterms.arrangements.decide.waterfall import (
    CELLS,
    Direction,
    Future,
    Owed,
    Part,
    Waterfall,
    run,
)

ZERO = Decimal(0)
amounts = st.integers(1, 10_000_000).map(lambda n: Decimal(n).scaleb(-2))
rates = st.integers(0, 4000).map(lambda n: Decimal(n).scaleb(-4))
days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
waterfalls = st.builds(
    Waterfall,
    st.permutations(CELLS).map(tuple),
    st.sampled_from(Direction),
    st.sampled_from(Future),
)
dues = st.lists(
    st.builds(
        Owed, st.integers(1, 5), st.sampled_from(Part),
        st.dates(date(2024, 1, 1), date(2024, 1, 9)), amounts,
    ),
    max_size=12,
    unique_by=lambda o: (o.instalment, o.part),
)  # fmt: skip
debts = st.lists(
    st.builds(Debt, st.integers(1, 99), amounts, days, rates, st.booleans()),
    max_size=8,
    unique_by=lambda d: d.account_id,
)


@given(waterfalls, dues, amounts)
def test_waterfalls_conserve_every_cent(order: Waterfall, owed: list[Owed], paid: Decimal) -> None:
    """Shares are positive, exceed nothing that is owed, and sum with the rest to the payment."""
    shares, rest = run(order, owed, paid, date(2024, 1, 5))
    assert sum((s.amount for s in shares), rest) == paid
    for item in owed:
        got = sum((s.amount for s in shares if s.owed is item), ZERO)
        assert got <= item.amount
    assert rest == max(ZERO, paid - sum((o.amount for o in owed), ZERO))


@given(debts, amounts, st.sampled_from(Sharing), st.data())
def test_shares_sum_to_the_payment(
    there: list[Debt], paid: Decimal, rule: Sharing, data: st.DataObject
) -> None:
    """Directed or not, shares sum with the credit to the payment and no debt is overpaid."""
    direction = {}
    if there and paid > 1:
        chosen = data.draw(st.sampled_from(there))
        direction = {chosen.account_id: min(paid, chosen.owed)}
    found = share(there, paid, rule, direction)
    assert sum(found.amounts.values(), found.rest) == paid
    for debt in there:
        got = found.amounts.get(debt.account_id, ZERO)
        assert direction.get(debt.account_id, ZERO) <= got <= debt.owed
        if debt.disputed:
            assert got == direction.get(debt.account_id, ZERO)


@given(amounts, st.lists(amounts, min_size=1, max_size=20))
def test_largest_remainder_is_exact_and_close(total: Decimal, weights: list[Decimal]) -> None:
    """Shares sum to the total, and none is a cent or more from its exact part."""
    shares = largest_remainder(total, weights)
    assert sum(shares, ZERO) == total
    whole = sum(weights, ZERO)
    for got, weight in zip(shares, weights, strict=True):
        assert abs(got - total * weight / whole) < Decimal("0.01")


@given(amounts, st.integers(1, 60))
def test_equal_plans_sum_exactly(total: Decimal, count: int) -> None:
    """The instalments of a plan without interest sum to the cent."""
    assume(total >= count)
    parts = equal(total, count)
    assert sum((p.due for p in parts), ZERO) == total
    assert len({p.due for p in parts[:-1]}) <= 1


@given(amounts, rates, st.integers(1, 60), st.sampled_from(sorted(MODES)))
def test_schedules_repay_the_principal(
    principal: Decimal, rate: Decimal, count: int, mode: str
) -> None:
    """Annuity, flat and equal principal repay exactly what was lent."""
    assume(principal >= count)
    factors = [rate / 12] * count
    rounding = Rounding(2, mode)
    for parts in (
        annuity(principal, factors, rounding),
        equal_principal(principal, factors, rounding),
        flat(principal, rate, Decimal(count) / 12, count, rounding),
    ):
        assert sum((p.principal for p in parts), ZERO) == principal
        assert parts[-1].left == 0


@given(days, st.integers(1, 40), st.sampled_from([Every.MONTH, Every.QUARTER, Every.YEAR]))
def test_anchors_return(first: date, count: int, every: Every) -> None:
    """Each due date is the anchor day or the last day of a month too short for it."""
    for day in due_dates(first, count, every):
        assert day.day == min(first.day, monthrange(day.year, day.month)[1])


@given(amounts, st.sampled_from(sorted(MODES)), st.integers(-2, 4))
def test_rounding_is_idempotent(value: Decimal, mode: str, scale: int) -> None:
    """What is rounded stays as it is."""
    once = rounded(value / 7, scale, mode)
    assert rounded(once, scale, mode) == once


@given(days, st.integers(0, 3000), st.sampled_from([d for d in DayCount if "ICMA" not in d]))
def test_year_fractions_grow_with_time(start: date, length: int, convention: DayCount) -> None:
    """A longer period is never shorter in years, and about a year in a year."""
    end = start + timedelta(days=length)
    fraction = year_fraction(convention, start, end)
    assert fraction >= 0
    assert abs(fraction - Decimal(length) / 365) < Decimal("0.15")
