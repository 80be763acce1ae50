"""The sandbox processor as a service of its own, with payments on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from tests.fakes.debts import NOW, usd
from tests.fakes.servers import serve
from tests.fakes.till import Till

from goodterms.adapters.sandbox.bank import Bank
from goodterms.adapters.sandbox.cards import CARDS, by_token
from goodterms.adapters.sandbox.processor import SandboxProcessor
from goodterms.adapters.sandbox.server import SandboxSettings, make_app
from goodterms.kit.errors import Refusal
from goodterms.kit.sql import Pool
from goodterms.payments.jobs import check_unsettled
from goodterms.payments.model import NeverReceived, PaymentPolicy, PaymentState, Unknown

pytestmark = pytest.mark.postgres

SECRET = "c2FuZGJveC1zYW5kYm94LXNhbmRib3gh"


class Street:
    """The sandbox's server, which can be killed and started again, and who it tells."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.told: list[tuple[bytes, dict[str, str]]] = []

    def hears(self) -> FastAPI:
        app = FastAPI()

        @app.post("/webhooks/sandbox")
        async def hear(request: Request) -> None:
            self.told.append((await request.body(), dict(request.headers)))

        return app

    @contextmanager
    def open(self, webhook_url: str | None = None) -> Iterator[str]:
        settings = SandboxSettings(
            self.file, SECRET, webhook_url, slow_seconds=0.1, silent_seconds=2, poll_seconds=0.02
        )
        with serve(make_app(settings), lifespan="on") as url:
            yield url

    def taken(self) -> int:
        bank = Bank(self.file)
        try:
            return bank.taken()
        finally:
            bank.close()


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path / "sandbox" / "bank.sqlite")


Open = Callable[[str], SandboxProcessor]


@pytest.fixture
async def at() -> AsyncIterator[Open]:
    """Give processors for addresses, closed at the end."""
    made: list[SandboxProcessor] = []

    def make(url: str) -> SandboxProcessor:
        made.append(SandboxProcessor(url, SECRET, timeout_seconds=0.5))
        return made[-1]

    yield make
    for processor in made:
        await processor.close()


async def until(condition: Callable[[], Awaitable[bool] | bool]) -> None:
    """Wait up to five seconds for a condition."""
    async with asyncio.timeout(5):
        while True:
            answer = condition()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("token", "state", "code", "taken"),
    [
        ("tok_succeeds", PaymentState.SUCCEEDED, None, 4000),
        ("tok_slow", PaymentState.SUCCEEDED, None, 4000),
        ("tok_no_funds", PaymentState.DECLINED, "insufficient_funds", 0),
        ("tok_expired", PaymentState.DECLINED, "expired_card", 0),
        ("tok_no_such", PaymentState.DECLINED, "invalid_card", 0),
        ("tok_answer_lost", PaymentState.UNKNOWN, None, 4000),
        ("tok_never_arrives", PaymentState.UNKNOWN, None, 0),
    ],
)
async def test_each_card_behaves_as_it_says(
    pool: Pool,
    street: Street,
    at: Open,
    *,
    token: str,
    state: PaymentState,
    code: str | None,
    taken: int,
) -> None:
    """A charge ends as the card's words say, and the bank holds what it took."""
    with street.open() as url:
        till = Till(pool, at(url), PaymentPolicy())
        account = await till.account()
        await till.take(account, token=token)
        await till.work()
        paid = await till.read()
    assert (paid.state, paid.decline_code) == (state, code)
    assert street.taken() == taken


@pytest.mark.parametrize("token", ["tok_answer_lost", "tok_never_arrives"])
async def test_the_truth_comes_out_by_key(pool: Pool, street: Street, at: Open, token: str) -> None:
    """After a lost answer, also over a restart of the bank, the janitor learns what happened."""
    with street.open() as url:
        till = Till(pool, at(url), PaymentPolicy())
        account = await till.account()
        await till.take(account, token=token)
        await till.work()
    till.clock.advance(3600)
    assert await check_unsettled(till.payments, till.clock) == 1
    assert (await till.read()).state is PaymentState.UNKNOWN
    till.clock.advance(3600)
    with street.open() as url:
        again = Till(pool, at(url), PaymentPolicy())
        again.clock.set(till.clock.now())
        await check_unsettled(again.payments, again.clock)
    charged = token == "tok_answer_lost"
    expected = PaymentState.SUCCEEDED if charged else PaymentState.ABANDONED
    assert (await till.read()).state is expected
    assert street.taken() == (4000 if charged else 0)
    assert (await till.balance(account)).total == (usd("60") if charged else usd("100"))


async def test_a_bank_that_answers_three_times_is_heard_once(
    pool: Pool, street: Street, at: Open
) -> None:
    """The charge's answer and its duplicate webhooks post the money once."""
    with (
        serve(street.hears()) as ears,
        street.open(f"{ears}/webhooks/sandbox") as url,
    ):
        till = Till(pool, at(url), PaymentPolicy())
        account = await till.account()
        await till.take(account, token="tok_answers_twice")
        await till.work()
        await until(lambda: len(street.told) == 3)
        told = [await till.payments.notice("sandbox", *one) for one in street.told]
    assert told == [True, False, False]
    assert (await till.balance(account)).total == usd("60")
    assert len(await till.events("payment.succeeded")) == 1


async def test_a_lost_answer_is_not_told_by_webhook_either(street: Street) -> None:
    """Of a charge whose answer gets lost nothing is heard until somebody asks."""
    bank = Bank(street.file)
    for token, messages in (("tok_answer_lost", 0), ("tok_succeeds", 1), ("tok_answers_twice", 4)):
        bank.charge(f"pay_{token}", 4000, "USD", by_token(token), now=NOW)
        assert len(bank.due_messages(now=NOW)) == messages
    bank.close()


async def test_a_webhook_is_only_believed_when_signed(street: Street, at: Open) -> None:
    """A body that was changed, or carries no signature, is refused."""
    processor = at("http://127.0.0.1:9")
    with pytest.raises(Refusal, match="not the sandbox's"):
        processor.read_webhook(b"{}", {})


async def test_webhooks_wait_for_who_is_down(pool: Pool, street: Street, at: Open) -> None:
    """A webhook that could not be delivered is sent again until it arrives."""
    with serve(street.hears()) as ears:
        port = int(ears.rsplit(":", 1)[1])
    with street.open(f"http://127.0.0.1:{port}/webhooks/sandbox") as url:
        till = Till(pool, at(url), PaymentPolicy())
        account = await till.account()
        await till.take(account)
        await till.take(account, payment_id="pay_two_2", token="tok_succeeds")
        await till.work()
        await asyncio.sleep(0.1)
        assert street.told == []
        with serve(street.hears(), port=port):
            await until(lambda: len(street.told) >= 1)


async def test_a_card_is_entered_on_the_banks_page(
    pool: Pool, street: Street, at: Open, database_url: str
) -> None:
    """Without JavaScript: page, refused card, good card, back; its number is kept nowhere."""
    with street.open() as url:
        till = Till(pool, at(url), PaymentPolicy())
        account = await till.account()
        await till.take(account, token=None)
        page = await till.payments.hosted_page("pay_one_1", "https://us.example/pay/done?p=1")
        assert page == await till.payments.hosted_page(
            "pay_one_1", "https://us.example/pay/done?p=1"
        )
        assert "pay_one_1" not in page.url
        assert (await till.payments.check("pay_one_1")).state is PaymentState.SUBMITTED
        async with httpx.AsyncClient() as browser:
            shown = await browser.get(page.url)
            assert "40.00 USD" in shown.text
            assert "<script" not in shown.text
            refused = await browser.post(page.url, data={"number": "4000 0000 0000 9995"})
            assert refused.status_code == 422
            assert "Try another card" in refused.text
            unknown = await browser.post(page.url, data={"number": "1234"})
            assert "Enter one of the test cards" in unknown.text
            for _ in range(2):
                paid = await browser.post(page.url, data={"number": "4242 4242 4242 4242"})
                assert paid.status_code == 303
                assert paid.headers["location"] == "https://us.example/pay/done?p=1"
            assert (await browser.get(page.url)).status_code == 303
            assert (await browser.get(f"{url}/pay/guess")).status_code == 404
        assert (await till.payments.check("pay_one_1")).state is PaymentState.SUCCEEDED
    assert (await till.balance(account)).total == usd("60")
    assert street.taken() == 4000
    rows = "".join(sqlite3.connect(street.file).iterdump())
    numbers = {card.number for card in CARDS}
    assert not any(number in rows for number in numbers)
    assert not re.search(r"[0-9]{16}", rows)


async def test_refunds_are_given_once_and_never_too_much(
    pool: Pool, street: Street, at: Open
) -> None:
    """A refund by key happens once; the bank itself refuses more than it took."""
    with street.open() as url:
        processor = at(url)
        till = Till(pool, processor, PaymentPolicy())
        account = await till.account()
        await till.take(account, token="tok_succeeds")
        await till.work()
        paid = await till.read()
        refund = await till.payments.refund("pay_one_1", usd("15"), "half", actor="person:1")
        await till.work()
        await till.payments.pay_back(refund.id)
        assert street.taken() == 2500
        too_much = await processor.refund(paid, "ref_more_1", usd("25.01"))
        assert too_much == await processor.look_up_refund(paid, "ref_more_1")
        assert "More than is left" in str(too_much)
        assert await processor.look_up_refund(paid, "ref_none_1") == NeverReceived()
    assert (await till.balance(account)).total == usd("75")


async def test_who_has_not_the_secret_gets_nothing(pool: Pool, street: Street, at: Open) -> None:
    """Another secret is refused, which for us is no answer at all."""
    with street.open() as url:
        till = Till(pool)
        account = await till.account()
        payment = await till.take(account)
        other = SandboxProcessor(url, "b3RoZXItb3RoZXItb3RoZXItb3RoZXIh")
        answer = await other.charge(payment)
        assert answer == Unknown("The sandbox answered 401.")
        assert await other.hosted_page(payment, "https://us.example/") is None
        await other.close()
