"""The abandonment formulas: exact in whole numbers, with a bound for small counts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodterms.compliance.decide.abandonment import (
    CAP,
    Measure,
    Share,
    Tally,
    false_positives,
    on_machines,
    rate,
    spare,
    upper_bound,
)

counts = st.integers(0, 5000)
tallies = st.builds(Tally, counts, counts, counts, counts)
measures = st.sampled_from(Measure)


def test_example_i1() -> None:
    """40 drops, 900 live, 300 agent-coded machines: e is 10 and the rate 30/930, 3.23 %."""
    tally = Tally(40, 900, 300)
    assert on_machines(tally) == 10
    found = rate(tally, Measure.UK)
    assert found
    assert Fraction(found.part, found.whole) == Fraction(30, 930)
    assert found.percent == Decimal("3.23")
    naive = rate(tally, Measure.US)
    assert naive
    assert naive.percent == Decimal("4.26")
    assert Share(40, 900).percent == Decimal("4.44")


@pytest.mark.parametrize(
    ("abandoned", "percent", "within"), [(30, "3.00", True), (31, "3.10", False)]
)
def test_example_i2(abandoned: int, percent: str, within: bool) -> None:
    """30 of 1,000 are within three percent, 31 are not."""
    found = rate(Tally(abandoned, 1000 - abandoned))
    assert found == Share(abandoned, 1000)
    assert found.percent == Decimal(percent)
    assert found.within() is within


def test_rounding_never_hides_a_breach() -> None:
    """A share that is shown as 3.00 % and is above it is a breach."""
    share = Share(300_001, 10_000_000)
    assert share.percent == Decimal("3.00")
    assert not share.within()


def test_nobody_answered_gives_no_rate() -> None:
    """Without people who answered there is no rate and no spare line."""
    for measure in Measure:
        assert rate(Tally(0, 0), measure) is None
        assert spare(Tally(0, 0), measure) == 0
    assert rate(Tally(5, 0, 9), Measure.UK) is None
    assert spare(Tally(5, 0, 900), Measure.UK) == 0
    assert on_machines(Tally(5, 0)) == 0


def test_detection_adds_the_people_it_took_for_machines() -> None:
    """With detection the estimate is added to the abandoned, and machines take nothing off."""
    assert rate(Tally(20, 975, 300, 5), Measure.UK_AMD) == Share(25, 1000)
    assert rate(Tally(20, 980, 300, 5), Measure.US) == Share(20, 1000)


def test_measure_follows_place_and_detection() -> None:
    """Detection matters in the United Kingdom only."""
    assert Measure.of("us", amd=True) is Measure.US
    assert Measure.of("uk", amd=True) is Measure.UK_AMD
    assert Measure.of("uk", amd=False) is Measure.UK


def test_estimate_of_false_positives_is_reasoned() -> None:
    """Unchecked, one in twenty; a clean sample lowers it, never to nothing; rounded up."""
    assert false_positives(0) == 0
    assert false_positives(100) == 5
    assert false_positives(101) == 6
    assert false_positives(100, checked=980) == 1
    assert false_positives(1000, checked=80, wrong=9) == 100


def test_windows_add_up() -> None:
    """Two tallies together are the tally of both."""
    assert Tally(1, 2, 3, 4) + Tally(10, 20, 30, 40) == Tally(11, 22, 33, 44)


@given(tallies, measures, st.integers(0, 9_999))
def test_spare_is_exact(tally: Tally, measure: Measure, cap: int) -> None:
    """So many more are within the cap and one more is not; without a rate there is none."""
    more = spare(tally, measure, cap)
    now = rate(tally, measure)
    if now is None or not now.within(cap):
        assert more == 0
        return
    after = rate(tally + Tally(more, 0), measure)
    beyond = rate(tally + Tally(more + 1, 0), measure)
    assert after
    assert beyond
    assert after.within(cap)
    assert not beyond.within(cap)


@given(tallies)
def test_whole_numbers_say_what_the_formula_says(tally: Tally) -> None:
    """A / (A + L + m) is Ofcom's (A - e) / ((A - e) + L)."""
    found = rate(tally, Measure.UK)
    people = tally.abandoned - on_machines(tally)
    if not people + tally.live:
        assert found is None
        return
    assert found
    assert Fraction(found.part, found.whole) == people / (people + tally.live)


@given(tallies)
def test_detection_and_naive_counting_never_look_better(tally: Tally) -> None:
    """Adding false positives raises the rate, taking machines off lowers it."""
    naive, uk, amd = (rate(tally, m) for m in (Measure.US, Measure.UK, Measure.UK_AMD))
    if naive and uk and amd:
        assert uk.ratio <= naive.ratio <= amd.ratio


def _at_most(part: int, whole: int, chance: Fraction) -> Fraction:
    return sum(
        (comb(whole, k) * chance**k * (1 - chance) ** (whole - k) for k in range(part + 1)),
        Fraction(0),
    )


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_upper_bound_is_that_of_clopper_and_pearson(counted: tuple[int, int]) -> None:
    """At the bound so few or fewer have a chance of five percent, by exact sums."""
    part, whole = counted
    bound = Fraction(upper_bound(Share(part, whole)))
    assert _at_most(part, whole, bound) <= Fraction(1, 20)
    assert _at_most(part, whole, bound - Fraction(2, 1_000_000)) > Fraction(1, 20)


def test_upper_bound_of_known_figures() -> None:
    """Nobody of 100 proves less than 3 %; large counts come close to the rate; all is all."""
    assert upper_bound(Share(0, 100)) == Decimal("0.029514")
    assert Decimal("0.0385") < upper_bound(Share(30, 1000)) < Decimal("0.0412")
    assert upper_bound(Share(30_000, 1_000_000)) == Decimal("0.030283")
    assert upper_bound(Share(5, 5)) == 1
    assert upper_bound(Share(0, 1), 0.5) == Decimal("0.5")


def test_cap_is_three_percent() -> None:
    """The cap that ships is that of the reference."""
    assert CAP == 300
    assert Share(3, 100).ratio == Decimal("0.03")
