"""What Stripe says, reduced to outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stripe

from goodterms.kit import plainjson
from goodterms.kit.errors import Refusal
from goodterms.payments.model import (
    Declined,
    NeverReceived,
    Outcome,
    ProcessorNotice,
    Succeeded,
    Unknown,
)

PAYMENT = "goodterms_payment"
REFUND = "goodterms_refund"
HOSTED = "goodterms_hosted"

_MORE_NEEDED = Declined(
    "authentication_required",
    "The bank asks the cardholder to confirm. Please use a payment link instead.",
)
_EXPIRED = Declined("page_expired", "The payment page has expired. Nothing was taken.")


def is_session(reference: str | None) -> bool:
    """Tell whether a reference names a Checkout session."""
    return bool(reference) and str(reference).startswith("cs_")


def tag(thing: Any, name: str) -> str | None:
    """Return one of the marks we put on a thing of Stripe's."""
    metadata = thing.metadata
    return str(metadata[name]) if metadata is not None and name in metadata else None


def of_intent(intent: Any) -> Outcome:
    """Read a payment intent."""
    if intent.status == "succeeded":
        return Succeeded(intent.id)
    if intent.status == "canceled":
        return Declined("canceled", "The payment was cancelled. Nothing was taken.", intent.id)
    if intent.status in ("requires_action", "requires_confirmation"):
        return Declined(_MORE_NEEDED.code, _MORE_NEEDED.message, intent.id)
    error = intent.last_payment_error
    if intent.status == "requires_payment_method" and error is not None:
        return Declined(_code(error), _words(error), intent.id)
    return Unknown(f"Stripe says: {intent.status}.")


def of_session(session: Any) -> Outcome | NeverReceived:
    """Read a Checkout session; an open one was not paid yet."""
    if session.payment_status == "paid":
        return Succeeded(str(session.payment_intent))
    if session.status == "expired":
        return _EXPIRED
    if session.status == "open":
        return NeverReceived()
    return Unknown("Stripe is still waiting for the bank.")


def of_refund(refund: Any) -> Outcome:
    """Read a refund; cards are refunded at once, other methods later."""
    if refund.status == "succeeded":
        return Succeeded(refund.id)
    if refund.status in ("failed", "canceled"):
        return Declined(refund.status, "The refund did not go through.", refund.id)
    return Unknown(f"Stripe says: {refund.status}.")


def of_card_error(error: stripe.CardError) -> Declined:
    """Read a refused card; Stripe's words are meant for the cardholder."""
    body: dict[str, Any] = {}
    if isinstance(error.json_body, dict):
        body = error.json_body.get("error", {})
    intent = body.get("payment_intent") or {}
    code = body.get("decline_code") or error.code or "card_declined"
    words = error.user_message or "The card was declined."
    return Declined(str(code), str(words), intent.get("id"))


def of_webhook(body: bytes, headers: Mapping[str, str], secret: str) -> ProcessorNotice | None:
    """Verify a webhook and reduce it to what it settles; None if that is nothing of ours.

    Raises:
        Refusal: the signature is wrong, missing or older than five minutes, or no secret is
            configured that could tell.
    """
    if not secret:
        raise Refusal("NO_WEBHOOK_SECRET", "Set GOODTERMS_STRIPE_WEBHOOK_SECRET to hear Stripe.")
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        text = body.decode()
        stripe.WebhookSignature.verify_header(
            text, lowered.get("stripe-signature", ""), secret, stripe.Webhook.DEFAULT_TOLERANCE
        )
        event: dict[str, Any] = plainjson.loads(text)
    except (stripe.SignatureVerificationError, ValueError) as error:
        raise Refusal("BAD_SIGNATURE", "The webhook is not Stripe's, or too old.") from error
    subject = event["data"]["object"]
    metadata = subject.get("metadata") or {}
    payment_id = metadata.get(PAYMENT)
    outcome = _settled(event["type"], subject, metadata)
    if payment_id is None or outcome is None:
        return None
    return ProcessorNotice(event["id"], event["type"], payment_id, outcome, metadata.get(REFUND))


def _settled(kind: str, subject: dict[str, Any], metadata: Mapping[str, str]) -> Outcome | None:
    """Read what an event settles; None for what it only announces."""
    if kind == "payment_intent.succeeded":
        return Succeeded(subject["id"])
    if kind == "payment_intent.payment_failed":
        if HOSTED in metadata:
            # On the hosted page another card can be tried; the page's end settles it.
            return None
        error = subject.get("last_payment_error") or {}
        words = error.get("message") or "The card was declined."
        code = error.get("decline_code") or error.get("code") or "card_declined"
        return Declined(code, words, subject["id"])
    if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
        paid = subject.get("payment_status") == "paid"
        return Succeeded(subject["payment_intent"]) if paid else None
    if kind == "checkout.session.expired":
        return _EXPIRED
    return _refund_told(kind, subject, metadata)


def _refund_told(kind: str, subject: dict[str, Any], metadata: Mapping[str, str]) -> Outcome | None:
    if not kind.startswith(("refund.", "charge.refund.")) or REFUND not in metadata:
        return None
    if subject["status"] == "succeeded":
        return Succeeded(subject["id"])
    if subject["status"] in ("failed", "canceled"):
        return Declined(subject["status"], "The refund did not go through.", subject["id"])
    return None


def _code(error: Any) -> str:
    return str(getattr(error, "decline_code", None) or error.code or "card_declined")


def _words(error: Any) -> str:
    return str(error.message or "The card was declined.")
