"""What whoever opens a pay link is asked, and which answers are right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from goodterms.accounts.model import Consumer
from goodterms.payments.decide import identity
from goodterms.payments.model import PaymentPolicy, Question

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = Consumer(
    id=1,
    reference="C1",
    given_name="Ada",
    family_name="Quill",
    birth_date=date(1980, 2, 3),
    language="en",
    street="",
    city="",
    region="",
    postal_code="10001-2345",
    country="US",
    address_zones=(),
    guardian_id=None,
)
YEAR_ONLY = replace(ADA, postal_code=" ")
NOTHING = replace(YEAR_ONLY, birth_date=None)


def test_the_postal_code_is_asked_before_the_year_of_birth() -> None:
    """The harder guess is asked; without anything on record nothing is."""
    assert identity.question(ADA) is Question.POSTAL_CODE
    assert identity.question(YEAR_ONLY) is Question.BIRTH_YEAR
    assert identity.question(NOTHING) is None


@pytest.mark.parametrize(
    ("consumer", "answer", "right"),
    [
        (ADA, "10001", True),
        (ADA, " 10001 9999 ", True),
        (ADA, "1000", False),
        (ADA, "", False),
        (ADA, "1980", False),
        (replace(ADA, country="PL", postal_code="00-950"), "00950", True),
        (replace(ADA, country="GB", postal_code="SW1A 1AA"), "sw1a1aa", True),
        (replace(ADA, country="GB", postal_code="SW1A 1AA"), "sw1a1", False),
        (YEAR_ONLY, " 1980", True),
        (YEAR_ONLY, "80", False),
        (YEAR_ONLY, "", False),
        (NOTHING, "", False),
        (NOTHING, "1980", False),
    ],
)
def test_an_answer_is_what_is_on_record(consumer: Consumer, answer: str, right: bool) -> None:
    """Spaces, hyphens, case and the four further digits do not matter; anything else does."""
    assert identity.is_right(answer, consumer) is right


def test_wrong_answers_close_the_link() -> None:
    """Each fifth closes it for an hour, the fifteenth until it ends."""
    policy, ends = PaymentPolicy(), NOON + timedelta(days=7)
    until = [identity.closed_until(wrong, ends, policy, NOON) for wrong in range(1, 17)]
    hour = NOON + timedelta(hours=1)
    assert until == [*[None] * 4, hour, *[None] * 4, hour, *[None] * 4, ends, ends]
