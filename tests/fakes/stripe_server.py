"""As much of Stripe's protocol as we use and localstripe lacks: keys, lists by time, Checkout.

Written from Stripe's API reference: a POST repeated with its Idempotency-Key gets the first
answer again, another body under the same key is an ``idempotency_error``; a card error is 402
with the payment intent inside; lists filter by ``created`` and page by ``starting_after``.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

Thing = dict[str, Any]

REFUSED = {
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
}


class StripeServer:
    """Payment intents, refunds and Checkout sessions in memory."""

    def __init__(self) -> None:
        self.now = 0
        self.intents: dict[str, Thing] = {}
        self.refunds: dict[str, Thing] = {}
        self.sessions: dict[str, Thing] = {}
        self.answers: dict[str, tuple[bytes, int, Thing]] = {}
        self.requests: list[str] = []
        self.mood = "well"

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/v1/payment_intents", self.post, methods=["POST"])
        app.add_api_route("/v1/refunds", self.post, methods=["POST"])
        app.add_api_route("/v1/checkout/sessions", self.post, methods=["POST"])
        app.add_api_route("/v1/payment_intents/{key}/cancel", self.cancel, methods=["POST"])
        app.add_api_route("/v1/payment_intents", self.list_intents)
        app.add_api_route("/v1/refunds", self.list_refunds)
        app.add_api_route("/v1/payment_intents/{key}", self.get_intent)
        app.add_api_route("/v1/checkout/sessions/{key}", self.get_session)
        return app

    @property
    def taken(self) -> int:
        paid = sum(i["amount"] for i in self.intents.values() if i["status"] == "succeeded")
        return int(paid - sum(r["amount"] for r in self.refunds.values()))

    async def post(self, request: Request) -> JSONResponse:
        body = await request.body()
        key = request.headers["idempotency-key"]
        self.requests.append(f"{request.url.path} {key}")
        if self.mood == "down":
            return JSONResponse({"error": {"type": "api_error", "message": "down"}}, 503)
        if key not in self.answers:
            form = {str(name): str(value) for name, value in (await request.form()).items()}
            make = {
                "/v1/payment_intents": self._intent,
                "/v1/refunds": self._refund,
                "/v1/checkout/sessions": self._session,
            }[request.url.path]
            status, answer = make(form)
            self.answers[key] = (body, status, answer)
        first, status, answer = self.answers[key]
        if first != body:
            words = "Keys for idempotent requests can only be used with the same parameters."
            return JSONResponse({"error": {"type": "idempotency_error", "message": words}}, 400)
        if self.mood == "silent":
            await asyncio.sleep(2)
        return JSONResponse(answer, status)

    def _made(self, kind: str, prefix: str, things: dict[str, Thing], **more: Any) -> Thing:
        self.now += 1
        key = f"{prefix}_{len(things) + 1:04}"
        things[key] = {"id": key, "object": kind, "created": self.now, **more}
        return things[key]

    def _intent(self, form: dict[str, str]) -> tuple[int, Thing]:
        method = form["payment_method"]
        if method not in ("pm_card_visa", "pm_card_authenticationRequired", *REFUSED):
            words = f"No such PaymentMethod: '{method}'"
            error = {
                "type": "invalid_request_error",
                "code": "resource_missing",
                "param": "payment_method",
                "message": words,
            }
            return 400, {"error": error}
        intent = self._made(
            "payment_intent",
            "pi",
            self.intents,
            amount=int(form["amount"]),
            currency=form["currency"],
            metadata=_metadata(form),
            last_payment_error=None,
            status="succeeded",
        )
        if method == "pm_card_authenticationRequired":
            intent["status"] = "requires_action"
        if method in REFUSED:
            code, decline = REFUSED[method]
            error = {
                "type": "card_error",
                "code": code,
                "decline_code": decline,
                "message": "Your card was declined.",
            }
            intent["status"] = "requires_payment_method"
            intent["last_payment_error"] = error
            return 402, {"error": {**error, "payment_intent": intent}}
        return 200, intent

    def _refund(self, form: dict[str, str]) -> tuple[int, Thing]:
        intent = self.intents[form["payment_intent"]]
        given = [r for r in self.refunds.values() if r["payment_intent"] == intent["id"]]
        amount = int(form["amount"])
        if sum(r["amount"] for r in given) + amount > intent["amount"]:
            error = {"type": "invalid_request_error", "message": "Refund amount is too much."}
            return 400, {"error": error}
        refund = self._made(
            "refund",
            "re",
            self.refunds,
            amount=amount,
            payment_intent=intent["id"],
            metadata=_metadata(form),
            status="succeeded",
        )
        return 200, refund

    def _session(self, form: dict[str, str]) -> tuple[int, Thing]:
        prefix = "payment_intent_data[metadata]["
        session = self._made(
            "checkout.session",
            "cs",
            self.sessions,
            amount_total=int(form["line_items[0][price_data][unit_amount]"]),
            metadata=_metadata(form),
            intent_metadata={k[len(prefix) : -1]: v for k, v in form.items() if prefix in k},
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            success_url=form["success_url"],
        )
        session["url"] = f"https://checkout.example/{session['id']}"
        return 200, session

    def pay(self, session_id: str) -> Thing:
        """Act as the consumer who pays on the Checkout page."""
        session = self.sessions[session_id]
        intent = self._made(
            "payment_intent",
            "pi",
            self.intents,
            amount=session["amount_total"],
            metadata=session["intent_metadata"],
            last_payment_error=None,
            status="succeeded",
        )
        session.update(
            status="complete", payment_status="paid", payment_intent=intent["id"], url=None
        )
        return session

    async def cancel(self, key: str) -> Thing:
        self.intents[key]["status"] = "canceled"
        return self.intents[key]

    async def get_intent(self, key: str) -> Thing:
        return _found(self.intents, key)

    async def get_session(self, key: str) -> Thing:
        return _found(self.sessions, key)

    async def list_intents(self, request: Request) -> Thing:
        low, high = (int(request.query_params[f"created[{end}]"]) for end in ("gte", "lte"))
        fits = [i for i in self.intents.values() if low <= i["created"] <= high]
        return _page(request, fits, "/v1/payment_intents")

    async def list_refunds(self, request: Request) -> Thing:
        wanted = request.query_params["payment_intent"]
        fits = [r for r in self.refunds.values() if r["payment_intent"] == wanted]
        return _page(request, fits, "/v1/refunds")


def _page(request: Request, things: list[Thing], url: str) -> Thing:
    """Answer newest first, two at a time, so that paging is really done."""
    newest = sorted(things, key=lambda thing: -thing["created"])
    after = request.query_params.get("starting_after")
    if after is not None:
        newest = newest[[thing["id"] for thing in newest].index(after) + 1 :]
    return {"object": "list", "url": url, "data": newest[:2], "has_more": len(newest) > 2}


def _found(things: dict[str, Thing], key: str) -> Thing:
    if key not in things:
        raise HTTPException(404, {"error": {"type": "invalid_request_error"}})
    return things[key]


def _metadata(form: dict[str, str]) -> dict[str, str]:
    return {k[len("metadata[") : -1]: v for k, v in form.items() if k.startswith("metadata[")}


def signed(event: Thing, secret: str, at: int) -> tuple[bytes, dict[str, str]]:
    """Sign an event as Stripe does; give body and headers."""
    body = json.dumps(event)
    made = hmac.new(secret.encode(), f"{at}.{body}".encode(), "sha256").hexdigest()
    return body.encode(), {"Stripe-Signature": f"t={at},v1={made}"}
