"""The processor: charges by token, answers by key, tells by webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from goodterms.kit.money import Money
from goodterms.payments.model import HostedPage, NeverReceived, Outcome, Payment, ProcessorNotice


class Processor(Protocol):
    """Takes money by token. Every call is idempotent by the key it is given.

    No method raises for the processor's own failures: they are ``Unknown``.
    """

    name: str
    page_origin: str
    """Scheme, host and port of the hosted pages, for the form-action of our own pages."""

    async def charge(self, payment: Payment) -> Outcome:
        """Charge the payment's method; ``payment.id`` is the idempotency key."""
        ...

    async def hosted_page(self, payment: Payment, return_url: str) -> HostedPage | None:
        """Open the processor's page for this payment; None if it cannot be reached now.

        The same payment gets the same page. When the consumer is done or gives up, the page
        leads back to ``return_url``, which proves nothing: the outcome is asked by key.
        """
        ...

    async def look_up(self, payment: Payment) -> Outcome | NeverReceived:
        """Ask what became of an attempt, by its id."""
        ...

    async def refund(self, payment: Payment, refund_id: str, amount: Money) -> Outcome:
        """Give back part or all of a succeeded payment; ``refund_id`` is the key."""
        ...

    async def look_up_refund(self, payment: Payment, refund_id: str) -> Outcome | NeverReceived:
        """Ask what became of a refund, by its id."""
        ...

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> ProcessorNotice | None:
        """Verify a webhook and reduce it; None if it concerns no payment of ours.

        Raises:
            Refusal: the signature is wrong, missing or too old.
        """
        ...
