"""The sandbox as a processor: our side of its small API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money
from goodterms.payments.model import (
    Declined,
    HostedPage,
    NeverReceived,
    Outcome,
    Payment,
    ProcessorNotice,
    Succeeded,
    Unknown,
)

_NOT_FOUND = 404


class SandboxProcessor:
    """Charges test cards at the sandbox service; implements ``payments.ports.Processor``."""

    name = "sandbox"

    def __init__(self, url: str, secret: str, *, timeout_seconds: float = 5) -> None:
        self.page_origin = url.rstrip("/")
        self._webhooks = Webhook(secret)
        self._http = httpx.AsyncClient(
            base_url=self.page_origin,
            headers={"Authorization": f"Bearer {secret}"},
            timeout=timeout_seconds,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def charge(self, payment: Payment) -> Outcome:
        """Charge the payment's test card."""
        asked = {
            "key": payment.id,
            "minor": payment.amount.minor,
            "currency": payment.amount.currency,
            "token": payment.method_token,
        }
        return _known(await self._ask("POST", "/v1/charges", asked))

    async def hosted_page(self, payment: Payment, return_url: str) -> HostedPage | None:
        """Open the sandbox's page for this payment."""
        asked = {
            "key": payment.id,
            "minor": payment.amount.minor,
            "currency": payment.amount.currency,
            "return_url": return_url,
        }
        answer = await self._ask("POST", "/v1/pages", asked)
        if not isinstance(answer, dict):
            return None
        return HostedPage(answer["url"], answer["reference"])

    async def look_up(self, payment: Payment) -> Outcome | NeverReceived:
        """Ask what became of a charge."""
        return _outcome(await self._ask("GET", f"/v1/charges/{payment.id}"))

    async def refund(self, payment: Payment, refund_id: str, amount: Money) -> Outcome:
        """Give back part of a charge."""
        asked = {"key": refund_id, "charge_key": payment.id, "minor": amount.minor}
        return _known(await self._ask("POST", "/v1/refunds", asked))

    async def look_up_refund(
        self,
        payment: Payment,  # noqa: ARG002 - the port names it; the sandbox knows refunds by key
        refund_id: str,
    ) -> Outcome | NeverReceived:
        """Ask what became of a refund."""
        return _outcome(await self._ask("GET", f"/v1/refunds/{refund_id}"))

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> ProcessorNotice | None:
        """Verify a webhook of the sandbox."""
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            told = self._webhooks.verify(body, lowered)
        except WebhookVerificationError as error:
            raise Refusal("BAD_SIGNATURE", f"The webhook is not the sandbox's: {error}.") from error
        kind, row = told["type"], told["data"]
        outcome = _outcome(row)
        if isinstance(outcome, NeverReceived):
            return None
        if kind.startswith("refund."):
            return ProcessorNotice(told["id"], kind, row["charge_key"], outcome, row["key"])
        return ProcessorNotice(told["id"], kind, row["key"], outcome)

    async def _ask(
        self, method: str, path: str, asked: dict[str, Any] | None = None
    ) -> dict[str, Any] | NeverReceived | Unknown:
        try:
            answer = await self._http.request(method, path, json=asked)
            if answer.status_code == _NOT_FOUND:
                return NeverReceived()
            if not answer.is_success:
                return Unknown(f"The sandbox answered {answer.status_code}.")
            row: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            return Unknown(f"The sandbox gave no answer ({type(error).__name__}).")
        return row


def _outcome(answer: dict[str, Any] | NeverReceived | Unknown) -> Outcome | NeverReceived:
    if not isinstance(answer, dict):
        return answer
    if answer["state"] == "succeeded":
        return Succeeded(answer["reference"])
    return Declined(answer.get("code") or "declined", answer["words"], answer["reference"])


def _known(answer: dict[str, Any] | NeverReceived | Unknown) -> Outcome:
    outcome = _outcome(answer)
    if isinstance(outcome, NeverReceived):
        return Unknown("The sandbox does not know this address.")
    return outcome
