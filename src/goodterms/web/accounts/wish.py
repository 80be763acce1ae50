"""Who wants what done about whom, and what was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from goodterms.kit.money import Money
from goodterms.web.context import Signed, Web
from goodterms.web.forms import Form


@dataclass(frozen=True, slots=True)
class Said:
    """What was done, for the notice above the page; ``link`` is shown this once only."""

    code: str
    amount: Money | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants what about which account; ``attempt_id`` when asked during a call."""

    web: Web
    signed: Signed
    account_id: int
    form: Form
    attempt_id: str | None = None

    @property
    def actor(self) -> str:
        """Who asks, as records name them."""
        return self.signed.actor.name

    @property
    def source(self) -> str:
        """Where what was said comes from."""
        return f"attempt:{self.attempt_id}" if self.attempt_id else self.actor


Act = Callable[[Wish], Awaitable[Said]]
