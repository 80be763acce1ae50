"""The Stripe adapter against servers that speak Stripe's protocol."""

from __future__ import annotations

import asyncio
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from tests.fakes.debts import NOW, usd
from tests.fakes.servers import serve
from tests.fakes.stripe_server import StripeServer, signed
from tests.fakes.till import Till

from goodterms.adapters.stripe.processor import StripeProcessor
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import Pool
from goodterms.payments.jobs import check_unsettled
from goodterms.payments.model import (
    Declined,
    NeverReceived,
    PaymentPolicy,
    PaymentState,
    Succeeded,
    Unknown,
)

pytestmark = [
    pytest.mark.postgres,
    # The SDK hands its forms to httpx in the old way.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]

SECRET = "whsec_" + secrets.token_hex(8)


@pytest.fixture
def bank() -> StripeServer:
    server = StripeServer()
    server.now = int(NOW.timestamp())
    return server


@pytest.fixture
async def stripe(bank: StripeServer) -> AsyncIterator[StripeProcessor]:
    with serve(bank.app()) as url:
        processor = StripeProcessor("sk_test_12345", SECRET, api=url, timeout_seconds=0.5)
        yield processor
        await processor.close()


async def pay(till: Till, token: str | None) -> int:
    account = await till.account()
    await till.take(account, token=token)
    await till.work()
    return account


@pytest.mark.parametrize(
    ("token", "state", "code"),
    [
        ("pm_card_visa", PaymentState.SUCCEEDED, None),
        ("pm_card_visa_chargeDeclined", PaymentState.DECLINED, "generic_decline"),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            PaymentState.DECLINED,
            "insufficient_funds",
        ),
        ("pm_card_authenticationRequired", PaymentState.DECLINED, "authentication_required"),
        ("pm_no_such", PaymentState.DECLINED, "invalid_request"),
    ],
)
async def test_a_charge_ends_as_stripe_says(
    pool: Pool,
    bank: StripeServer,
    stripe: StripeProcessor,
    *,
    token: str,
    state: PaymentState,
    code: str | None,
) -> None:
    """Success, decline, a bank that wants more, an unknown method: each is told apart."""
    till = Till(pool, stripe, PaymentPolicy())
    await pay(till, token)
    paid = await till.read()
    assert (paid.state, paid.decline_code) == (state, code)
    assert bank.taken == (4000 if state is PaymentState.SUCCEEDED else 0)
    assert bank.requests == ["/v1/payment_intents pay_one_1"]
    assert all(i["status"] != "requires_action" for i in bank.intents.values())


async def test_the_key_makes_a_charge_happen_once(
    pool: Pool, bank: StripeServer, stripe: StripeProcessor
) -> None:
    """Sent again under the same key, Stripe answers as before and charges nothing more."""
    till = Till(pool, stripe, PaymentPolicy())
    await pay(till, "pm_card_visa")
    paid = await till.read()
    assert await stripe.charge(paid) == Succeeded("pi_0001")
    assert bank.taken == 4000


async def test_a_lost_answer_is_found_among_the_intents(
    pool: Pool, bank: StripeServer, stripe: StripeProcessor
) -> None:
    """Without Stripe's reference the attempt is found by our mark, page after page."""
    till = Till(pool, stripe, PaymentPolicy())
    bank.mood = "silent"
    account = await pay(till, "pm_card_visa")
    assert (await till.read()).state is PaymentState.UNKNOWN
    bank.mood = "well"
    other = await till.account()
    for number in range(5):
        await till.take(other, "1", f"pay_other_{number}", token="pm_card_visa")
    await till.work()
    till.clock.advance(61)
    assert await check_unsettled(till.payments, till.clock) == 1
    assert (await till.read()).processor_reference == "pi_0001"
    assert (await till.balance(account)).total == usd("60")
    assert bank.taken == 4500


async def test_a_charge_that_never_arrived_is_known_as_such(
    pool: Pool, bank: StripeServer, stripe: StripeProcessor
) -> None:
    """A server that is down leaves the outcome unknown; later Stripe has never seen it."""
    till = Till(pool, stripe, PaymentPolicy())
    bank.mood = "down"
    await pay(till, "pm_card_visa")
    lost = await till.read()
    assert lost.state is PaymentState.UNKNOWN
    bank.mood = "well"
    assert await stripe.look_up(lost) == NeverReceived()
    till.clock.advance(61)
    await check_unsettled(till.payments, till.clock)
    assert (await till.read()).state is PaymentState.SUCCEEDED
    assert bank.taken == 4000


async def test_nobody_at_home_proves_nothing(pool: Pool) -> None:
    """When Stripe cannot be reached every answer is unknown, and no page opens."""
    till = Till(pool)
    nobody = StripeProcessor("sk_test_12345", SECRET, api="http://127.0.0.1:9", timeout_seconds=1)
    payment = await till.take(await till.account())
    for answer in (
        await nobody.charge(payment),
        await nobody.look_up(payment),
        await nobody.refund(payment, "ref_1", usd("1")),
        await nobody.look_up_refund(payment, "ref_1"),
    ):
        assert answer == Unknown("Stripe gave no usable answer (APIConnectionError).")
    assert await nobody.hosted_page(payment, "https://us.example/") is None
    await nobody.close()


async def test_refunds_are_given_once(
    pool: Pool, bank: StripeServer, stripe: StripeProcessor
) -> None:
    """A refund goes by its own key, is found again by our mark, and never exceeds the charge."""
    till = Till(pool, stripe, PaymentPolicy())
    account = await pay(till, "pm_card_visa")
    refund = await till.payments.refund("pay_one_1", usd("15"), "half", actor="person:1")
    await till.work()
    paid = await till.read()
    assert await stripe.look_up_refund(paid, refund.id) == Succeeded("re_0001")
    assert await stripe.look_up_refund(paid, "ref_none_1") == NeverReceived()
    assert isinstance(await stripe.refund(paid, "ref_more_1", usd("25.01")), Declined)
    assert bank.taken == 2500
    assert (await till.balance(account)).total == usd("75")


async def test_a_consumer_pays_on_checkout(
    pool: Pool, bank: StripeServer, stripe: StripeProcessor
) -> None:
    """The page is opened once per payment; open, paid and expired sessions are told apart."""
    till = Till(pool, stripe, PaymentPolicy())
    account = await pay(till, None)
    page = await till.payments.hosted_page("pay_one_1", "https://us.example/done")
    assert page.url == "https://checkout.example/cs_0001"
    assert page == await till.payments.hosted_page("pay_one_1", "https://us.example/elsewhere")
    assert (await till.payments.check("pay_one_1")).state is PaymentState.SUBMITTED
    bank.pay("cs_0001")
    assert (await till.payments.check("pay_one_1")).state is PaymentState.SUCCEEDED
    assert (await till.read()).processor_reference == "pi_0001"
    assert (await till.balance(account)).total == usd("60")
    await till.take(account, "10", "pay_two_2", token=None)
    await till.payments.hosted_page("pay_two_2", "https://us.example/done")
    bank.sessions["cs_0002"]["status"] = "expired"
    assert (await till.payments.check("pay_two_2")).decline_code == "page_expired"


def event(kind: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"evt_{kind}", "object": "event", "type": kind, "data": {"object": subject}}


MARK = {"goodterms_payment": "pay_one_1"}


@pytest.mark.parametrize(
    ("kind", "subject", "outcome"),
    [
        ("payment_intent.succeeded", {"id": "pi_1", "metadata": MARK}, Succeeded("pi_1")),
        (
            "payment_intent.payment_failed",
            {
                "id": "pi_1",
                "metadata": MARK,
                "last_payment_error": {"code": "expired_card", "message": "Expired."},
            },
            Declined("expired_card", "Expired.", "pi_1"),
        ),
        (
            "payment_intent.payment_failed",
            {"id": "pi_1", "metadata": {**MARK, "goodterms_hosted": "yes"}},
            None,
        ),
        (
            "checkout.session.completed",
            {"id": "cs_1", "metadata": MARK, "payment_status": "paid", "payment_intent": "pi_1"},
            Succeeded("pi_1"),
        ),
        (
            "checkout.session.completed",
            {"id": "cs_1", "metadata": MARK, "payment_status": "unpaid"},
            None,
        ),
        (
            "checkout.session.expired",
            {"id": "cs_1", "metadata": MARK},
            Declined("page_expired", "The payment page has expired. Nothing was taken."),
        ),
        (
            "refund.updated",
            {
                "id": "re_1",
                "metadata": {**MARK, "goodterms_refund": "ref_1"},
                "status": "succeeded",
            },
            Succeeded("re_1"),
        ),
        (
            "refund.failed",
            {"id": "re_1", "metadata": {**MARK, "goodterms_refund": "ref_1"}, "status": "failed"},
            Declined("failed", "The refund did not go through.", "re_1"),
        ),
        (
            "refund.created",
            {"id": "re_1", "metadata": {**MARK, "goodterms_refund": "ref_1"}, "status": "pending"},
            None,
        ),
        ("payment_intent.succeeded", {"id": "pi_1", "metadata": {}}, None),
        ("customer.created", {"id": "cus_1"}, None),
    ],
)
def test_a_webhook_is_read(kind: str, subject: dict[str, Any], outcome: object) -> None:
    """What an event settles is read from it; what only announces, or is not ours, is not."""
    processor = StripeProcessor("sk_test_12345", SECRET)
    body, headers = signed(event(kind, subject), SECRET, int(datetime.now(UTC).timestamp()))  # noqa: TID251 - Stripe checks against the real clock
    notice = processor.read_webhook(body, headers)
    assert (None if notice is None else notice.outcome) == outcome
    if notice is not None and kind.startswith("refund"):
        assert notice.refund_id == "ref_1"


@pytest.mark.parametrize("flaw", ["old", "other secret", "changed", "unsigned"])
def test_a_webhook_must_be_signed_and_fresh(flaw: str) -> None:
    """An old, foreign, changed or unsigned webhook is refused."""
    processor = StripeProcessor("sk_test_12345", SECRET)
    at = int(datetime.now(UTC).timestamp()) - (301 if flaw == "old" else 0)  # noqa: TID251 - Stripe checks against the real clock
    secret = "whsec_other" if flaw == "other secret" else SECRET
    body, headers = signed(event("payment_intent.succeeded", {"id": "pi_1"}), secret, at)
    if flaw == "changed":
        body = body.replace(b"pi_1", b"pi_2")
    with pytest.raises(Refusal, match="not Stripe's, or too old"):
        processor.read_webhook(body, {} if flaw == "unsigned" else headers)


def test_without_a_secret_no_webhook_is_believed() -> None:
    """An empty secret would let anybody sign: nothing is read, and the remedy is named."""
    body, headers = signed(event("payment_intent.succeeded", {"id": "pi_1"}), "", 0)
    with pytest.raises(Refusal, match="Set GOODTERMS_STRIPE_WEBHOOK_SECRET"):
        StripeProcessor("sk_test_12345", "").read_webhook(body, headers)


class LocalStripe:
    """localstripe as a process of its own, behind a door that drops what it does not know yet."""

    def __init__(self, port: int) -> None:
        self.inner = f"http://127.0.0.1:{port}"
        self.told: list[tuple[bytes, dict[str, str]]] = []

    def door(self) -> FastAPI:
        app = FastAPI()

        @app.post("/hear")
        async def hear(request: Request) -> None:
            self.told.append((await request.body(), dict(request.headers)))

        @app.api_route("/v1/{path:path}", methods=["GET", "POST"])
        async def forward(path: str, request: Request) -> Response:
            form = {str(name): str(value) for name, value in (await request.form()).items()}
            form = {k: v for k, v in form.items() if not k.startswith("allowed_payment")}
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.request(
                    request.method,
                    f"{self.inner}/v1/{path}",
                    data=form or None,
                    params=dict(request.query_params),
                    headers={"Authorization": request.headers["authorization"]},
                )
            return Response(answer.content, answer.status_code, media_type="application/json")

        return app

    def tell(self, url: str) -> None:
        """Have it send its webhooks to an address."""
        httpx.post(
            f"{self.inner}/_config/webhooks/us",
            json={"url": url, "secret": SECRET},
            trust_env=False,
        )

    def card(self, number: str) -> str:
        """Make a payment method, as the card field in a browser would."""
        answer = httpx.post(
            f"{self.inner}/v1/payment_methods",
            headers={"Authorization": "Bearer sk_test_12345"},
            data={
                "type": "card",
                "card[number]": number,
                "card[exp_month]": "12",
                "card[exp_year]": "2034",
                "card[cvc]": "123",
            },
            trust_env=False,
        )
        return str(answer.json()["id"])


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalStripe]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "localstripe", "--from-scratch", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, "localstripe ended at once"
                time.sleep(0.05)
            yield LocalStripe(port)
        finally:
            process.terminate()


async def test_a_payment_through_localstripe(pool: Pool, local: LocalStripe) -> None:
    """Charge, decline, look-up, refund and a signed webhook against an independent server."""
    with serve(local.door()) as url:
        local.tell(f"{url}/hear")
        stripe = StripeProcessor("sk_test_12345", SECRET, api=url, timeout_seconds=5)
        till = Till(pool, stripe, PaymentPolicy())
        account = await pay(till, local.card("4242424242424242"))
        paid = await till.read()
        assert paid.state is PaymentState.SUCCEEDED
        assert await stripe.look_up(paid) == Succeeded(paid.processor_reference or "")
        await till.take(account, "10", "pay_two_2", token=local.card("4000000000000341"))
        await till.work()
        assert (await till.read("pay_two_2")).decline_code == "card_declined"
        refund = await till.payments.refund("pay_one_1", usd("15"), "half", actor="person:1")
        await till.work()
        assert isinstance(await stripe.look_up_refund(paid, refund.id), Succeeded)
        assert (await till.balance(account)).total == usd("75")
        await _heard(local, 2)
        told = [await till.payments.notice("stripe", *one) for one in local.told]
        assert True in told
        assert (await till.balance(account)).total == usd("75")
        await stripe.close()
    assert await till.faults() == []


async def _heard(local: LocalStripe, least: int) -> None:
    async with asyncio.timeout(10):
        while len(local.told) < least:  # noqa: ASYNC110 - another process tells, by HTTP
            await asyncio.sleep(0.05)
