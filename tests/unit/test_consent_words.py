"""What counts as agreed when a consumer said several things about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes.contacts import NOON, contact, facts

from goodterms.compliance.decide.case import Case
from goodterms.compliance.model import ConsentFact, Moment

DAY = timedelta(days=1)


def _word(
    day: int, *, granted: bool, channel: str = "call", point: int | None = None
) -> ConsentFact:
    return ConsentFact(channel, "automated", granted, NOON + day * DAY, point)


@pytest.mark.parametrize(
    ("said", "agreed"),
    [
        ((), False),
        ((_word(1, granted=True),), True),
        ((_word(1, granted=False),), False),
        ((_word(1, granted=True), _word(2, granted=False)), False),
        ((_word(1, granted=False), _word(2, granted=True)), True),
        # A later no about everything ends an earlier yes about this number.
        ((_word(1, granted=True, point=5), _word(2, granted=False, channel="all")), False),
        # A later yes about everything does not undo a no about this number.
        ((_word(1, granted=False, point=5), _word(2, granted=True)), False),
        # A yes about this very number, said after a no about all, holds for it.
        ((_word(1, granted=False), _word(2, granted=True, point=5)), True),
        # What was said about another number, or another channel, is not about this one.
        ((_word(1, granted=True, point=6),), False),
        ((_word(1, granted=True, channel="sms"),), False),
    ],
)
def test_a_no_stands_until_a_later_word_as_particular(
    said: tuple[ConsentFact, ...], agreed: bool
) -> None:
    """The newest word counts, except that a no is only undone by a word as particular."""
    case = Case.of(Moment.PREDIAL, contact(), facts(consents=said), NOON)
    assert case.consent("automated", "call", 5) is agreed
