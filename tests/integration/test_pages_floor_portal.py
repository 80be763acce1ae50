"""The consumer's pages by a pay link: pay, dispute, stop; no script, no session, no leak."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response
from structlog.testing import capture_logs
from tests.fakes.bank import FakeBank
from tests.fakes.debts import NOW, Debts
from tests.fakes.web import browser, make_web

from goodterms.accounts.model import Channel, ConsentState, HoldKind
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Pool, transaction
from goodterms.payments.model import Succeeded
from goodterms.web.context import Web

pytestmark = pytest.mark.postgres


@dataclass
class Portal:
    """A consumer's browser at the pay link of an account that owes 100.00."""

    web: Web
    bank: FakeBank
    client: AsyncClient
    account_id: int
    consumer_id: int
    path: str

    async def answer(self, words: str) -> Response:
        """Say who it is."""
        headers = {"origin": "null"}
        data = {"answer": words}
        return await self.client.post(f"{self.path}/who", data=data, headers=headers)

    async def pay(self, amount: str) -> Response:
        """Press a pay button as a browser under no-referrer does: with the origin ``null``."""
        shown = await self.client.get(self.path)
        payment = re.search(r'name="payment" value="([^"]+-f)"', shown.text)
        assert payment is not None, shown.text
        form = {"payment": payment[1], "amount": amount}
        return await self.client.post(self.path, data=form, headers={"origin": "null"})


async def _portal(pool: Pool, *, known: bool = True) -> Portal:
    bank = FakeBank()
    web = make_web(pool, clock=SetClock(NOW), bank=bank)
    account_id = await Debts(pool).account()
    async with transaction(pool) as conn:
        consumer_id = await web.accounts.lock_of_account(conn, account_id)
        token = await web.payments.create_link(conn, account_id, actor="person:1", now=NOW)
    portal = Portal(web, bank, browser(web), account_id, consumer_id, f"/pay/{token}")
    if known:
        assert (await portal.answer("10001")).status_code == 303
    return portal


async def test_link_shows_what_is_owed_to_whom_and_why(pool: Pool) -> None:
    """The page names creditor, amount and components, and nothing else about the person."""
    portal = await _portal(pool)
    shown = await portal.client.get(portal.path)
    assert shown.status_code == 200
    assert "Hill Hospital" in shown.text
    assert "$100.00" in shown.text
    assert "Quill" not in shown.text


async def test_page_without_script_leads_to_the_processor_and_back_to_a_receipt(
    pool: Pool,
) -> None:
    """Paying in full goes to the processor's own page; back from there is the receipt at once."""
    portal = await _portal(pool)
    onward = await portal.pay("100.00")
    assert onward.status_code == 303, onward.text
    address = onward.headers["location"]
    assert address.startswith("https://bank.example/pay/pay_")
    payment_id = address.rsplit("/", 1)[1]
    waiting = await portal.client.get(f"{portal.path}/paid/{payment_id}")
    assert "not finished" in waiting.text
    portal.bank.charges[payment_id] = Succeeded("ch_1")
    receipt = await portal.client.get(f"{portal.path}/paid/{payment_id}")
    assert "Your payment was received" in receipt.text
    assert payment_id in receipt.text
    assert "$0.00" in receipt.text
    again = await portal.client.get(portal.path)
    assert "Nothing is owed" in again.text


@pytest.mark.parametrize("amount", ["", "no", "0", "-5", "1000000"])
async def test_amount_that_cannot_be_paid_is_said_at_the_field(pool: Pool, amount: str) -> None:
    """A wrong amount shows the page again with a sentence; nothing is recorded."""
    portal = await _portal(pool)
    answer = await portal.pay(amount)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    async with pool.connection() as conn:
        assert await portal.web.payments.payments_of(conn, portal.consumer_id) == []


async def test_processor_out_of_reach_is_said(pool: Pool) -> None:
    """When the processor cannot be reached, the consumer reads that and keeps the page."""
    portal = await _portal(pool)
    portal.bank.mood = "lost"
    answer = await portal.pay("100.00")
    assert answer.status_code == 422
    assert "Pay $100.00" in answer.text


async def test_receipt_of_another_account_is_not_shown(pool: Pool) -> None:
    """A payment of somebody else is not found by this link."""
    portal = await _portal(pool)
    onward = await portal.pay("100.00")
    payment_id = onward.headers["location"].rsplit("/", 1)[1]
    debts = Debts(pool)
    debts.made = 10
    other = await debts.account()
    async with transaction(pool) as conn:
        token = await portal.web.payments.create_link(conn, other, actor="person:1", now=NOW)
    await portal.client.post(f"/pay/{token}/who", data={"answer": "10001"})
    answer = await portal.client.get(f"/pay/{token}/paid/{payment_id}")
    assert answer.status_code == 404


async def test_dispute_stops_contact_and_keeps_the_words(pool: Pool) -> None:
    """Disputing places a hold at once; what was written is a note."""
    portal = await _portal(pool)
    answer = await portal.client.post(f"{portal.path}/dispute", data={"words": "Not mine."})
    assert "recorded your dispute" in answer.text
    async with pool.connection() as conn:
        [hold] = await portal.web.accounts.holds(conn, portal.consumer_id)
        [note] = await portal.web.accounts.notes(conn, portal.consumer_id)
        [fact] = await portal.web.accounts.circumstances(conn, portal.consumer_id)
    assert (hold.kind, hold.account_id) == (HoldKind.DISPUTED, portal.account_id)
    assert (fact.kind, fact.account_id, fact.data["written"]) == (
        "dispute", portal.account_id, True,
    )  # fmt: skip
    assert "Not mine." in note.body


async def test_stop_is_one_press(pool: Pool) -> None:
    """Each way of contact is stopped by its button, everything by one, in force at once."""
    portal = await _portal(pool)
    await portal.client.post(f"{portal.path}/contact", data={"stop": "call"})
    shown = await portal.client.post(f"{portal.path}/contact", data={"stop": "all"})
    assert "You asked us to stop" in shown.text
    async with pool.connection() as conn:
        [consent] = await portal.web.accounts.consents(conn, portal.consumer_id)
        [hold] = await portal.web.accounts.holds(conn, portal.consumer_id)
    assert (consent.channel, consent.state) == (Channel.CALL, ConsentState.REVOKED)
    assert (hold.kind, hold.account_id) == (HoldKind.CEASE, None)


async def test_consumer_says_when_and_how_to_be_contacted(pool: Pool) -> None:
    """A wish is recorded from the consumer's own page, shown there, and taken back there."""
    portal = await _portal(pool)
    shown = await portal.client.get(f"{portal.path}/contact")
    assert "When and how" in shown.text
    body = {"wish_kind": "inconvenient_time", "wish_from": "12:00", "wish_until": "14:00",
            "wish_day0": "1"}  # fmt: skip
    told = await portal.client.post(f"{portal.path}/wish", data=body)
    assert told.status_code == 200
    assert "Not at this time:" in told.text
    async with pool.connection() as conn:
        [fact] = await portal.web.accounts.circumstances(conn, portal.consumer_id)
    assert fact.data == {"weekdays": [0], "from": "12:00", "until": "14:00"}
    assert (fact.source, fact.actor) == ("pay page", "consumer:link")
    gone = await portal.client.post(f"{portal.path}/wish/{fact.id}/end")
    assert "Not at this time:" not in gone.text


async def test_consumer_takes_back_only_their_own_wishes(pool: Pool) -> None:
    """What somebody else recorded, or what cannot be wished for, is refused calmly."""
    portal = await _portal(pool)
    async with transaction(pool) as conn:
        fact = await portal.web.accounts.record_circumstance(
            conn, portal.consumer_id, "attorney", source="letter", actor="person:1",
            now=portal.web.clock.now(),
        )  # fmt: skip
    assert (await portal.client.post(f"{portal.path}/wish/{fact.id}/end")).status_code == 404
    for body in ({"wish_kind": "attorney"}, {"wish_kind": "only_time"},
                 {"wish_kind": "only_channel", "wish_channel": "pigeon"}):  # fmt: skip
        refused = await portal.client.post(f"{portal.path}/wish", data=body)
        assert refused.status_code == 422


async def test_unknown_link_is_a_calm_page(pool: Pool) -> None:
    """A link that does not exist is answered by a sentence, in the consumer's frame."""
    portal = await _portal(pool)
    answer = await portal.client.get("/pay/nothing")
    assert answer.status_code == 404
    assert "This payment link does not exist" in answer.text


async def test_secret_address_is_told_to_nobody(pool: Pool) -> None:
    """Neither a referrer nor a log holds the token; nothing is cached."""
    portal = await _portal(pool)
    token = portal.path.removeprefix("/pay/")
    with capture_logs() as logs:
        pages = [
            await portal.client.get(portal.path + part)
            for part in ("", "/rights", "/contact", "/dispute")
        ]
        pages.append(await portal.client.get("/pay/nothing"))
    for answer in pages:
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert 'name="referrer" content="no-referrer"' in answer.text
    assert token not in repr(logs)


async def test_nothing_is_shown_before_the_question_is_answered(pool: Pool) -> None:
    """No page of a link names the creditor, an amount or a debt, and nothing can be done."""
    portal = await _portal(pool, known=False)
    for part in ("", "/rights", "/contact", "/dispute", "/paid/pay_1"):
        shown = await portal.client.get(portal.path + part)
        assert "Please confirm that it is you" in shown.text
        for word in ("Hill", "$", "owe", "debt", "collect", "Quill", "A1", "10001"):
            assert word not in shown.text, f"{part} says {word}"
    for part in ("", "/contact", "/dispute"):
        data = {"stop": "all", "amount": "100", "payment": "pay_1234567", "words": "x"}
        refused = await portal.client.post(portal.path + part, data=data)
        assert "Please confirm that it is you" in refused.text
    async with pool.connection() as conn:
        assert await portal.web.accounts.holds(conn, portal.consumer_id) == []
        assert await portal.web.payments.payments_of(conn, portal.consumer_id) == []


async def test_right_answer_is_remembered_for_this_link_and_browser(pool: Pool) -> None:
    """The answer leads on to the page; its cookie opens no other link, in no other browser."""
    portal = await _portal(pool, known=False)
    onward = await portal.answer(" 10001-1234 ")
    assert (onward.status_code, onward.headers["location"]) == (303, portal.path)
    cookie = onward.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert f"Path={portal.path};" in cookie
    assert "Hill Hospital" in (await portal.client.get(portal.path)).text
    assert "Please confirm" in (await browser(portal.web).get(portal.path)).text
    async with transaction(pool) as conn:
        token = await portal.web.payments.create_link(
            conn, portal.account_id, actor="person:1", now=NOW
        )
    secret = portal.client.cookies["gt_visit"]
    other = await browser(portal.web).get(f"/pay/{token}", headers={"cookie": f"gt_visit={secret}"})
    assert "Please confirm" in other.text
    assert isinstance(portal.web.clock, SetClock)
    portal.web.clock.set(NOW + timedelta(hours=2))
    assert "Please confirm" in (await portal.client.get(portal.path)).text


async def test_five_wrong_answers_close_the_link_for_an_hour_fifteen_for_good(pool: Pool) -> None:
    """A closed link hears no answer, not even the right one, until it opens again."""
    portal = await _portal(pool, known=False)
    assert isinstance(portal.web.clock, SetClock)
    for hour in range(3):
        portal.web.clock.set(NOW + timedelta(hours=hour))
        for _ in range(5):
            wrong = await portal.answer("99999")
            assert wrong.status_code == 422
        assert "too many wrong answers" in wrong.text
        assert (await portal.answer("10001")).status_code == 422
    portal.web.clock.set(NOW + timedelta(days=2))
    assert (await portal.answer("10001")).status_code == 422


async def test_known_visitor_stays_while_somebody_else_guesses(pool: Pool) -> None:
    """Wrong answers of one browser do not throw out another that answered rightly."""
    portal = await _portal(pool)
    stranger = browser(portal.web)
    for _ in range(5):
        await stranger.post(f"{portal.path}/who", data={"answer": "99999"})
    assert "Hill Hospital" in (await portal.client.get(portal.path)).text


async def test_nobody_is_let_in_when_nothing_is_on_record(pool: Pool) -> None:
    """Without postal code and year of birth there is our name and our number only."""
    portal = await _portal(pool, known=False)
    async with transaction(pool) as conn:
        await conn.execute("UPDATE accounts.consumer SET postal_code = ''")
    shown = await portal.client.get(portal.path)
    assert "Please call us" in shown.text
    assert "<form" not in shown.text
    assert (await portal.answer("")).status_code == 422
