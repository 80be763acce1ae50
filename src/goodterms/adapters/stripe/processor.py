"""Stripe as a processor: payment intents by token, Checkout as the hosted page."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import TypeVar

import stripe
import structlog

from goodterms.adapters.stripe import reading
from goodterms.kit.money import Money
from goodterms.payments.model import (
    Declined,
    HostedPage,
    NeverReceived,
    Outcome,
    Payment,
    ProcessorNotice,
    Unknown,
)

T = TypeVar("T")
log = structlog.get_logger(__name__)

_PAGE_OPEN = timedelta(hours=1)
# Where an attempt without a reference is looked for: from a little before it was recorded (two
# clocks) until long after anybody would have sent it.
_BEFORE, _AFTER = timedelta(minutes=5), timedelta(hours=2)


class StripeProcessor:
    """Implements ``payments.ports.Processor``; our payment id is the idempotency key."""

    name = "stripe"

    def __init__(
        self,
        api_key: str,
        webhook_secret: str,
        *,
        api: str | None = None,
        timeout_seconds: float = 20,
        page_origin: str = "https://checkout.stripe.com",
    ) -> None:
        self.page_origin = page_origin
        self._webhook_secret = webhook_secret
        self._http = stripe.HTTPXClient(timeout=timeout_seconds)
        addresses: stripe._base_address.BaseAddresses = {"api": api} if api else {}
        # No retries of the SDK's own: what is unknown is asked about by the janitor.
        self._stripe = stripe.StripeClient(
            api_key, http_client=self._http, max_network_retries=0, base_addresses=addresses
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call] # the SDK's lack

    async def charge(self, payment: Payment) -> Outcome:
        """Confirm a payment intent for the token; a bank that asks for more is a decline."""
        asked = self._stripe.v1.payment_intents.create_async(
            {
                "amount": payment.amount.minor,
                "currency": payment.amount.currency.lower(),
                "payment_method": payment.method_token or "",
                "allowed_payment_method_types": ["card"],
                "confirm": True,
                "metadata": {reading.PAYMENT: payment.id},
            },
            {"idempotency_key": payment.id},
        )
        intent = await _ask(asked)
        if isinstance(intent, Declined | Unknown):
            return intent
        if intent.status == "requires_action":
            await _ask(self._stripe.v1.payment_intents.cancel_async(intent.id))
        return reading.of_intent(intent)

    async def hosted_page(self, payment: Payment, return_url: str) -> HostedPage | None:
        """Open Stripe Checkout for this payment, for an hour."""
        sessions = self._stripe.v1.checkout.sessions
        if reading.is_session(payment.processor_reference):
            session = await _ask(sessions.retrieve_async(payment.processor_reference or ""))
        else:
            session = await _ask(
                sessions.create_async(
                    {
                        "mode": "payment",
                        "allowed_payment_method_types": ["card"],
                        "line_items": [
                            {
                                "quantity": 1,
                                "price_data": {
                                    "currency": payment.amount.currency.lower(),
                                    "unit_amount": payment.amount.minor,
                                    "product_data": {"name": "Payment"},
                                },
                            }
                        ],
                        "metadata": {reading.PAYMENT: payment.id},
                        "payment_intent_data": {
                            "metadata": {reading.PAYMENT: payment.id, reading.HOSTED: "yes"}
                        },
                        "success_url": return_url,
                        "cancel_url": return_url,
                        "expires_at": int((payment.created_at + _PAGE_OPEN).timestamp()),
                    },
                    {"idempotency_key": f"{payment.id}:page"},
                )
            )
        if isinstance(session, stripe.checkout.Session) and session.url:
            return HostedPage(session.url, session.id)
        return None

    async def look_up(self, payment: Payment) -> Outcome | NeverReceived:
        """Ask by our id: by Stripe's name if known, else among what was made in those hours."""
        reference = payment.processor_reference or ""
        if reading.is_session(reference):
            session = await _look(self._stripe.v1.checkout.sessions.retrieve_async(reference))
            return session if isinstance(session, Unknown) else reading.of_session(session)
        if reference:
            intent = await _look(self._stripe.v1.payment_intents.retrieve_async(reference))
            return intent if isinstance(intent, Unknown) else reading.of_intent(intent)
        if payment.hosted:
            return NeverReceived()
        return await _look(self._search(payment))

    async def _search(self, payment: Payment) -> Outcome | NeverReceived:
        # Listing is consistent at once; Stripe's search index lags behind by a minute or more.
        pages = await self._stripe.v1.payment_intents.list_async(
            {
                "created": {
                    "gte": int((payment.created_at - _BEFORE).timestamp()),
                    "lte": int((payment.created_at + _AFTER).timestamp()),
                },
                "limit": 100,
            }
        )
        async for intent in pages.auto_paging_iter():
            if reading.tag(intent, reading.PAYMENT) == payment.id:
                return reading.of_intent(intent)
        return NeverReceived()

    async def refund(self, payment: Payment, refund_id: str, amount: Money) -> Outcome:
        """Refund part of the payment intent."""
        asked = self._stripe.v1.refunds.create_async(
            {
                "payment_intent": payment.processor_reference or "",
                "amount": amount.minor,
                "metadata": {reading.PAYMENT: payment.id, reading.REFUND: refund_id},
            },
            {"idempotency_key": refund_id},
        )
        refund = await _ask(asked)
        return refund if isinstance(refund, Declined | Unknown) else reading.of_refund(refund)

    async def look_up_refund(self, payment: Payment, refund_id: str) -> Outcome | NeverReceived:
        """Find our refund among those of the payment intent."""
        return await _look(self._search_refund(payment, refund_id))

    async def _search_refund(self, payment: Payment, refund_id: str) -> Outcome | NeverReceived:
        pages = await self._stripe.v1.refunds.list_async(
            {"payment_intent": payment.processor_reference or "", "limit": 100}
        )
        async for refund in pages.auto_paging_iter():
            if reading.tag(refund, reading.REFUND) == refund_id:
                return reading.of_refund(refund)
        return NeverReceived()

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> ProcessorNotice | None:
        """Verify Stripe's signature and its age, and read what it settles."""
        return reading.of_webhook(body, headers, self._webhook_secret)


async def _ask(asked: Awaitable[T]) -> T | Declined | Unknown:
    """Await a request for money; the errors of the SDK become outcomes."""
    try:
        return await asked
    except stripe.CardError as error:
        return reading.of_card_error(error)
    except stripe.IdempotencyError:
        return Unknown("Stripe knows this key for another request.")
    except stripe.InvalidRequestError as error:
        log.warning("stripe.refused", code=error.code, param=error.param)
        return Declined("invalid_request", "Stripe cannot do this with this payment method.")
    except stripe.StripeError as error:
        return _silence(error)


async def _look(asked: Awaitable[T]) -> T | Unknown:
    """Await a question; one that was not answered, or refused, proves nothing."""
    try:
        return await asked
    except stripe.StripeError as error:
        return _silence(error)


def _silence(error: stripe.StripeError) -> Unknown:
    log.warning("stripe.failed", error=type(error).__name__, status=error.http_status)
    return Unknown(f"Stripe gave no usable answer ({type(error).__name__}).")
