"""The sandbox's test cards: what is typed, what it is called, and how it behaves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Behaviour(StrEnum):
    """How the bank treats a card."""

    SUCCEEDS = "succeeds"
    NO_FUNDS = "no_funds"
    EXPIRED = "expired"
    ANSWER_LOST = "answer_lost"
    NEVER_ARRIVES = "never_arrives"
    ANSWERS_TWICE = "answers_twice"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class SandboxCard:
    """A card of the sandbox. ``number`` is no real card's; only ``token`` leaves the sandbox."""

    token: str
    number: str
    behaviour: Behaviour
    words: str

    @property
    def label(self) -> str:
        """How the card is shown: its last four digits."""
        return f"Test card •••• {self.number[-4:]}"


CARDS = (
    SandboxCard("tok_succeeds", "4242424242424242", Behaviour.SUCCEEDS, "is charged at once"),
    SandboxCard("tok_no_funds", "4000000000009995", Behaviour.NO_FUNDS, "has not enough money"),
    SandboxCard("tok_expired", "4000000000000069", Behaviour.EXPIRED, "has expired"),
    SandboxCard(
        "tok_answer_lost",
        "4000000000000259",
        Behaviour.ANSWER_LOST,
        "is charged, but the answer gets lost",
    ),
    SandboxCard(
        "tok_never_arrives",
        "4000000000000127",
        Behaviour.NEVER_ARRIVES,
        "is never reached; nothing is charged",
    ),
    SandboxCard(
        "tok_answers_twice",
        "4000000000000077",
        Behaviour.ANSWERS_TWICE,
        "is charged once and told of three times",
    ),
    SandboxCard("tok_slow", "4000000000003220", Behaviour.SLOW, "is charged after some seconds"),
)
_BY_TOKEN = {card.token: card for card in CARDS}
_BY_NUMBER = {card.number: card for card in CARDS}


def by_token(token: str) -> SandboxCard | None:
    """Find a card by its token."""
    return _BY_TOKEN.get(token)


def by_number(text: str) -> SandboxCard | None:
    """Find a card by its number as people type it, with spaces or hyphens."""
    return _BY_NUMBER.get(text.replace(" ", "").replace("-", ""))
