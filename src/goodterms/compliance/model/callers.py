"""The numbers we own and may show, their tests, and how a campaign chooses among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

POOL = "main"
"""The pool of a number that was put into none."""

GREETING = "call-back"
"""The prompt that whoever calls a number back hears, unless another is named."""

STICKY_DAYS = 30
"""How long a number stays with a person at least, unless a campaign says longer."""

STRATEGIES: Final[Mapping[str, str]] = {
    "sticky": (
        "Each person always sees the same number: the one they saw last or, on the first call, one"
        " drawn for them among those chosen."
    ),
    "fixed": (
        "Everybody sees the first number. Who saw another number of ours lately is called once"
        " that one's days are over."
    ),
    "local": (
        "On the first call a number near the consumer, by area code and then by region; after that"
        " the same one. Where we have neither office nor people somebody must decide first whether"
        " that misleads."
    ),
    "carousel": (
        "The numbers of the pool take turns: each stays with a person for the days you set, then"
        " the next one follows. Counts and waits go on as if nothing had changed, and after a block"
        " or a request that a number stops calling no other follows."
    ),
}
"""How a campaign may choose the number shown, in words. There is no way to hide it."""

CHOICES: Final[Mapping[str, str]] = {
    "kept": "It is the number this person saw before.",
    "assigned": "It was drawn for this person, who will go on seeing it.",
    "replaced": "The number they saw before can be shown no longer; this one took its place.",
    "fixed": "The campaign shows this number to everybody.",
    "local": "It is the campaign's number nearest to the consumer.",
    "no_local": "The campaign has no number near the consumer; this one was drawn for them.",
    "turn": "The number before had its days; it is this one's turn.",
}
"""Why a caller ID was chosen; a contact that was proposed by hand says nothing."""


@dataclass(frozen=True, slots=True)
class CallerId:
    """A number the organisation owns and may show.

    ``region`` is where it seems to be (``US-NY``), ``presence`` whether we have an office or
    people there. ``greeting`` is the prompt that whoever calls it back hears. ``tested_at`` is the
    last time it was called back, answered and greeted; ``answers`` how the last test went, None
    before the first; ``test_words`` say what was heard, and ``test_asked`` that somebody waits for
    the next. ``shown_at`` is when it was shown last.
    """

    number: str
    name: str
    proof: str
    trunk: str
    attestation: str
    active: bool
    region: str = ""
    pool: str = POOL
    greeting: str = GREETING
    presence: bool = False
    tested_at: datetime | None = None
    answers: bool | None = None
    test_words: str = ""
    test_asked: bool = False
    shown_at: datetime | None = None

    @property
    def usable(self) -> bool:
        """Whether it may be shown at all, the age of its last test aside."""
        return self.active and self.attestation == "A" and self.answers is True


@dataclass(frozen=True, slots=True)
class CallerTest:
    """What came of calling one of our numbers back.

    ``seconds`` until it was answered, None if it was not.
    """

    number: str
    at: datetime
    answered: bool
    greeted: bool
    seconds: float | None
    words: str

    @property
    def passed(self) -> bool:
        """Whether a caller is answered and greeted."""
        return self.answered and self.greeted
