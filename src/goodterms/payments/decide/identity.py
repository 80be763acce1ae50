"""Whether the one who opens a pay link is the consumer, so that nobody else learns of a debt."""

from __future__ import annotations

from datetime import datetime

from goodterms.accounts.model import Consumer
from goodterms.payments.model import PaymentPolicy, Question

_ZIP_DIGITS = 5


def question(consumer: Consumer) -> Question | None:
    """Choose what to ask: the postal code, else the year of birth; None if neither is known.

    The postal code first: a stranger guesses one of a hundred years sooner than one of 40,000
    codes.
    """
    if _code(consumer.postal_code, consumer.country):
        return Question.POSTAL_CODE
    return None if consumer.birth_date is None else Question.BIRTH_YEAR


def is_right(answer: str, consumer: Consumer) -> bool:
    """Tell whether an answer is what is on record; spaces, hyphens and case do not matter."""
    asked = question(consumer)
    if asked is Question.POSTAL_CODE:
        known = _code(consumer.postal_code, consumer.country)
        return _code(answer, consumer.country) == known
    if asked is Question.BIRTH_YEAR and consumer.birth_date is not None:
        return answer.strip() == f"{consumer.birth_date.year:04}"
    return False


def closed_until(
    wrong: int, expires_at: datetime, policy: PaymentPolicy, now: datetime
) -> datetime | None:
    """Tell until when a link is closed after so many wrong answers in all; None while it is not.

    Each ``policy.answers`` wrong ones close it for ``policy.closed_for``; after
    ``policy.answers_in_all`` it stays closed.
    """
    if wrong >= policy.answers_in_all:
        return expires_at
    return None if wrong % policy.answers else now + policy.closed_for


def _code(text: str, country: str) -> str:
    plain = "".join(sign for sign in text.upper() if sign.isalnum())
    return plain[:_ZIP_DIGITS] if country == "US" else plain
