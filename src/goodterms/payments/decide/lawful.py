"""A payment as the rules are asked about it, and their no as it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from goodterms.compliance.model import Answer, Decision, ProposedPayment
from goodterms.kit.errors import Refusal
from goodterms.payments.model import PaymentChannel, PaymentRequest

# Whoever pays by themselves is online; an integrator's program counts as such.
_CHANNELS = {
    PaymentChannel.AGENT: "agent",
    PaymentChannel.IVR: "ivr",
    PaymentChannel.LINK: "link",
    PaymentChannel.PORTAL: "web",
    PaymentChannel.API: "web",
    PaymentChannel.HOST: "agent",
    PaymentChannel.DEMO: "agent",
}
_NETWORKS = ("visa", "mastercard", "american express", "amex", "discover")


def proposed(request: PaymentRequest, tried_at: Sequence[datetime]) -> ProposedPayment:
    """Say what the rules are asked about: ``tried_at`` is when the same method was declined.

    Which kind of card a token stands for is not known here, so it counts as any; its network is
    known where the label names it.
    """
    label = request.method_label.strip().lower()
    return ProposedPayment(
        account_id=request.account_id,
        amount_minor=request.amount.minor,
        currency=request.amount.currency,
        instrument="",
        channel=_CHANNELS[request.channel],
        network=next((name for name in _NETWORKS if label.startswith(name)), ""),
        tried_at=tuple(tried_at),
    )


def check(answer: Answer) -> Refusal | None:
    """Return the refusal of a payment that the rules do not let through, with every reason."""
    if answer.decision is Decision.ALLOW:
        return None
    reasons = " ".join(finding.words for finding in answer.findings if not finding.passed)
    return Refusal(answer.reason_code, f"This payment may not be taken. {reasons}")
