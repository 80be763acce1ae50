"""Payments on a real PostgreSQL: once, or not at all, and never forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.fakes.debts import NOW, usd
from tests.fakes.till import Till

from goodterms.accounts.model import ContactRestricted, Restriction
from goodterms.kit import plainjson
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Connection, Pool, connect, transaction
from goodterms.ledger.model import Book
from goodterms.payments.jobs import check_unsettled
from goodterms.payments.model import PaymentChannel, PaymentState, Succeeded

pytestmark = pytest.mark.postgres

SIGNED = {"signature": "right"}


def webhook(kind: str = "succeeded", event: str = "evt_1", **more: str) -> bytes:
    return plainjson.dumps(
        {"id": event, "kind": kind, "payment": "pay_one_1", "reference": "ch_1", **more}
    ).encode()


async def test_a_payment_goes_from_consent_to_ledger(pool: Pool) -> None:
    """Taken, it is recorded and queued; worked off, it is in the ledger and contact is stopped."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("90"), Book.LATE_FEE: usd("10")})
    taken = await till.take(account)
    assert taken.state is PaymentState.INITIATED
    assert (await till.balance(account)).total == usd("100")
    assert till.told == []
    await till.work()
    paid = await till.read()
    assert (paid.state, paid.processor_reference) == (PaymentState.SUCCEEDED, "ch_pay_one_1")
    assert (await till.balance(account)).components == {Book.PRINCIPAL: usd("60")}
    assert [told.restriction for told in till.told] == [Restriction.PAYMENT]
    assert len(await till.events("payment.initiated")) == 1
    [told] = await till.events("payment.succeeded")
    assert told["data"]["amount"] == "40.00"
    assert await till.faults() == []


async def test_contact_is_restricted_inside_the_payments_transaction(pool: Pool) -> None:
    """Whoever withdraws contact sees the payment; if that fails, the money is not posted yet."""
    till = Till(pool)
    account = await till.account()
    seen: list[Any] = []

    async def withdraw(conn: Connection, event: ContactRestricted) -> None:
        seen.append((await till.ledger.balance(conn, account)).total)
        if len(seen) == 1:
            raise RuntimeError("the first try breaks")

    till.bus.subscribe(ContactRestricted, withdraw)
    await till.take(account)
    with pytest.raises(RuntimeError, match="the first try breaks"):
        await till.work()
    assert (await till.read()).state is PaymentState.SUBMITTED
    assert (await till.balance(account)).total == usd("100")
    till.clock.advance(61)
    assert await check_unsettled(till.payments, till.clock) == 1
    assert seen == [usd("60"), usd("60")]
    assert till.bank.taken == usd("40")
    assert (await till.balance(account)).total == usd("60")


async def test_no_transaction_is_open_while_the_processor_is_asked(
    pool: Pool, database_url: str
) -> None:
    """During the processor's call no connection of ours sits in a transaction."""
    till = Till(pool)
    account = await till.account()
    await till.take(account)
    async with await connect(database_url) as watch:
        till.bank.watch = watch
        await till.work()
    assert till.bank.idle_in_transaction == [False]


async def test_the_same_id_is_one_payment(pool: Pool) -> None:
    """Ten concurrent takes with one id record one payment and queue one charge."""
    till = Till(pool)
    account = await till.account()
    taken = await asyncio.gather(*(till.take(account) for _ in range(10)))
    assert len({payment.id for payment in taken}) == 1
    assert len(await till.jobs()) == 1
    with pytest.raises(Conflict, match="used for another payment"):
        await till.take(account, "41")
    with pytest.raises(Conflict, match="used for another payment"):
        await till.take(await till.account())


async def test_concurrent_charges_take_the_money_once(pool: Pool) -> None:
    """A job delivered five times at once charges and posts once."""
    till = Till(pool)
    account = await till.account()
    await till.take(account)
    await asyncio.gather(*(till.payments.charge("pay_one_1") for _ in range(5)))
    assert till.bank.taken == usd("40")
    assert (await till.balance(account)).total == usd("60")
    assert len(await till.events("payment.succeeded")) == 1


async def test_two_payments_cannot_take_more_than_is_owed(pool: Pool) -> None:
    """While one payment is being made, another may only be for the rest."""
    till = Till(pool)
    account = await till.account()
    await till.take(account, "70")
    with pytest.raises(Conflict, match=r"70\.00 USD is already being paid"):
        await till.take(account, "40", "pay_two_2")
    await till.take(account, "30", "pay_two_2")
    await till.work()
    assert (await till.balance(account)).total == usd("0")
    with pytest.raises(Conflict, match="Nothing is owed"):
        await till.take(account, "1", "pay_three_3")


async def test_a_decline_posts_nothing(pool: Pool) -> None:
    """A declined charge is recorded with words for the consumer; the debt is as before."""
    till = Till(pool)
    account = await till.account()
    till.bank.mood = "declined"
    await till.take(account)
    await till.work()
    declined = await till.read()
    assert declined.state is PaymentState.DECLINED
    assert (declined.decline_code, declined.message) == ("insufficient_funds", "Not enough money.")
    assert (await till.balance(account)).total == usd("100")
    assert till.told == []
    [told] = await till.events("payment.declined")
    assert told["data"]["code"] == "insufficient_funds"


async def test_a_silent_processor_is_asked_again(pool: Pool) -> None:
    """When the answer to a charge is lost the janitor asks by key and posts it once."""
    till = Till(pool)
    account = await till.account()
    till.bank.mood = "silent"
    await till.take(account)
    await till.work()
    assert (await till.read()).state is PaymentState.UNKNOWN
    assert await check_unsettled(till.payments, till.clock) == 0
    till.clock.advance(61)
    await check_unsettled(till.payments, till.clock)
    assert (await till.read()).state is PaymentState.UNKNOWN
    till.bank.mood = "well"
    till.clock.advance(300)
    await check_unsettled(till.payments, till.clock)
    assert (await till.read()).state is PaymentState.SUCCEEDED
    assert till.bank.taken == usd("40")
    assert (await till.balance(account)).total == usd("60")


async def test_a_charge_that_never_arrived_is_sent_again_while_fresh(pool: Pool) -> None:
    """Within minutes of the consent the same key is sent again; the money is taken once."""
    till = Till(pool)
    account = await till.account()
    till.bank.mood = "lost"
    await till.take(account)
    await till.work()
    till.bank.mood = "well"
    till.clock.advance(61)
    await check_unsettled(till.payments, till.clock)
    assert (await till.read()).state is PaymentState.SUCCEEDED
    assert till.bank.calls.count("charge pay_one_1") == 2
    assert till.bank.taken == usd("40")


async def test_a_charge_that_never_arrived_is_given_up_when_stale(pool: Pool) -> None:
    """Hours later nobody expects the charge: it is given up; money that turns up still counts."""
    till = Till(pool)
    account = await till.account()
    till.bank.mood = "lost"
    await till.take(account)
    await till.work()
    till.bank.mood = "well"
    till.clock.advance(3600)
    await check_unsettled(till.payments, till.clock)
    gone = await till.read()
    assert (gone.state, gone.decline_code) == (PaymentState.ABANDONED, "abandoned")
    assert till.bank.taken == usd("0")
    assert await till.payments.notice("fake", webhook(), SIGNED)
    assert (await till.read()).state is PaymentState.SUCCEEDED
    assert (await till.balance(account)).total == usd("60")


async def test_a_job_that_runs_too_late_takes_nothing(pool: Pool) -> None:
    """A charge whose job waited an hour in the queue is given up instead of sent."""
    till = Till(pool)
    account = await till.account()
    await till.take(account)
    till.clock.advance(3600)
    await till.work()
    assert (await till.read()).state is PaymentState.ABANDONED
    assert till.bank.calls == []


@pytest.mark.parametrize("reached", [True, False])
async def test_a_worker_killed_during_the_charge_loses_nothing(pool: Pool, reached: bool) -> None:
    """After a kill between charge and settle the payment is settled once, or charged once."""
    till = Till(pool)
    account = await till.account()
    till.bank.mood = "silent" if reached else "well"
    await till.take(account)
    if reached:
        killed = asyncio.create_task(till.payments.charge("pay_one_1"))
        await till.bank.charged.wait()
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        assert (await till.read()).state is PaymentState.SUBMITTED
    till.bank.mood = "well"
    till.clock.advance(61)
    await check_unsettled(till.payments, till.clock)
    assert (await till.read()).state is PaymentState.SUCCEEDED
    assert till.bank.taken == usd("40")
    assert (await till.balance(account)).total == usd("60")
    assert len(await till.events("payment.succeeded")) == 1


async def test_a_webhook_counts_once(pool: Pool) -> None:
    """Duplicates and replays of a webhook, and the charge's own answer, post the money once."""
    till = Till(pool)
    account = await till.account()
    await till.take(account)
    answers = await asyncio.gather(
        *(till.payments.notice("fake", webhook(), SIGNED) for _ in range(6)),
        till.payments.notice("fake", webhook(event="evt_2"), SIGNED),
    )
    assert sorted(answers) == [False] * 5 + [True] * 2
    await till.work()
    assert till.bank.calls == []
    assert (await till.balance(account)).total == usd("60")
    await till.payments.notice("fake", webhook("declined", "evt_3"), SIGNED)
    assert (await till.read()).state is PaymentState.SUCCEEDED
    assert len(await till.events("payment.succeeded")) == 1


async def test_a_forged_or_foreign_webhook_changes_nothing(pool: Pool) -> None:
    """A wrong signature is refused; news and payments of others are passed over."""
    till = Till(pool)
    account = await till.account()
    await till.take(account)
    with pytest.raises(Refusal, match="signature is wrong"):
        await till.payments.notice("fake", webhook(), {})
    with pytest.raises(NotFound, match="no processor 'other'"):
        await till.payments.notice("other", webhook(), SIGNED)
    assert not await till.payments.notice("fake", webhook("news"), SIGNED)
    foreign = webhook().replace(b"pay_one_1", b"pay_not_ours")
    assert not await till.payments.notice("fake", foreign, SIGNED)
    assert (await till.read()).state is PaymentState.INITIATED


async def test_a_refund_is_owed_again(pool: Pool) -> None:
    """A refund goes to the processor once and makes the amount owed again, last paid first."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("30"), Book.LATE_FEE: usd("10")})
    await till.take(account)
    await till.work()
    for _ in range(2):
        await till.payments.refund(
            "pay_one_1", usd("35"), "paid twice", actor="person:1", refund_id="ref_one_1"
        )
    await till.work()
    assert (await till.balance(account)).components == {
        Book.PRINCIPAL: usd("30"),
        Book.LATE_FEE: usd("5"),
    }
    assert (await till.read()).refunded == usd("35")
    assert till.bank.taken == usd("5")
    with pytest.raises(Refusal, match=r"5\.00 USD of payment pay_one_1 is left"):
        await till.payments.refund("pay_one_1", usd("6"), "more", actor="person:1")
    with pytest.raises(Conflict, match="used for another refund"):
        await till.payments.refund(
            "pay_one_1", usd("1"), "x", actor="person:1", refund_id="ref_one_1"
        )
    [told] = await till.events("payment.refunded")
    assert (told["data"]["amount"], told["data"]["refund"]) == ("35.00", "ref_one_1")
    assert await till.faults() == []


@pytest.mark.parametrize("mood", ["silent", "lost"])
async def test_a_refund_without_an_answer_is_asked_about(pool: Pool, mood: str) -> None:
    """Whether the refund arrived or not, after the janitor it was given back once."""
    till = Till(pool)
    account = await till.account()
    await till.take(account)
    await till.work()
    till.bank.mood = mood
    await till.payments.refund("pay_one_1", usd("40"), "mistake", actor="person:1")
    await till.work()
    assert [refund.state.value for refund in await till.refunds()] == ["unknown"]
    till.bank.mood = "well"
    till.clock.advance(120)
    await check_unsettled(till.payments, till.clock)
    assert [refund.state.value for refund in await till.refunds()] == ["succeeded"]
    assert till.bank.taken == usd("0")
    assert (await till.balance(account)).total == usd("100")


async def test_a_returned_payment_is_not_refunded(pool: Pool) -> None:
    """What the bank has taken back already cannot be given back as well."""
    till = Till(pool)
    account = await till.account()
    await till.take(account)
    await till.work()
    with pytest.raises(NotFound, match="no payment 'pay_none'"):
        await till.payments.refund("pay_none", usd("1"), "x", actor="person:1")
    async with transaction(pool) as conn:
        entry = (await till.ledger.entries(conn, account))[-1]
        await till.ledger.reverse(conn, entry.id, cause="nsf:1", actor="system:bank", now=NOW)
    with pytest.raises(Conflict, match="was returned"):
        await till.payments.refund("pay_one_1", usd("40"), "x", actor="person:1")


async def test_money_taken_elsewhere_counts_once_per_reference(pool: Pool) -> None:
    """A host that tells of a payment twice has it posted once; too much becomes credit."""
    till = Till(pool)
    account = await till.account()
    for _ in range(2):
        async with transaction(pool) as conn:
            posted = await till.payments.record_external(
                conn, account, usd("130"), reference="R-1", effective_on=NOW.date(),
                channel=PaymentChannel.HOST, actor="host:h", now=NOW,
            )  # fmt: skip
    assert posted.repeated
    assert (await till.balance(account)).components == {Book.CREDIT: usd("-30")}
    assert len(await till.events("payment.succeeded")) == 1
    assert [told.restriction for told in till.told] == [Restriction.CLOSED]


async def test_a_quote_binds_the_payment(pool: Pool) -> None:
    """A payment under a quote is refused when the quote is old, outdated or another's."""
    till = Till(pool)
    account, other = await till.account(), await till.account()
    async with transaction(pool) as conn:
        quote = await till.arrangements.quote(conn, account, actor="person:1", now=NOW)
        foreign = await till.arrangements.quote(conn, other, actor="person:1", now=NOW)
    with pytest.raises(Refusal, match="for another account"):
        await till.take(account, quote_id=foreign.id)
    await till.take(account, quote_id=quote.id)
    await till.work()
    with pytest.raises(Conflict, match="no longer holds"):
        await till.take(account, "10", "pay_two_2", quote_id=quote.id)
    till.clock.advance(1800)
    with pytest.raises(Conflict, match="no longer holds"):
        await till.take(other, "10", "pay_two_3", quote_id=foreign.id)


async def test_a_pay_link_opens_a_quote_and_a_hosted_page(pool: Pool) -> None:
    """A link shows what is owed; the card is entered at the processor; the outcome is asked."""
    till = Till(pool)
    account = await till.account()
    async with transaction(pool) as conn:
        token = await till.payments.create_link(conn, account, usd("25"), actor="person:1", now=NOW)
        view = await till.payments.open_link(conn, token, now=NOW)
        kept = await (await conn.execute("SELECT * FROM payments.link")).fetchone()
    assert (view.suggested, view.quote.total) == (usd("25"), usd("100"))
    assert token not in str(kept)
    await till.take(account, "25", token=None, quote_id=view.quote.id)
    assert await till.jobs() == []
    page = await till.payments.hosted_page("pay_one_1", "https://us.example/pay/done")
    assert page == await till.payments.hosted_page("pay_one_1", "https://us.example/pay/done")
    assert (await till.payments.check("pay_one_1")).state is PaymentState.SUBMITTED
    till.bank.charges["pay_one_1"] = Succeeded("ch_9")
    assert (await till.payments.check("pay_one_1")).state is PaymentState.SUCCEEDED
    assert (await till.balance(account)).total == usd("75")
    with pytest.raises(Conflict, match="needs no page"):
        await till.payments.hosted_page("pay_one_1", "https://us.example/pay/done")


async def test_a_page_nobody_finishes_is_given_up(pool: Pool) -> None:
    """An open page keeps nobody from starting over, and ends by itself."""
    till = Till(pool)
    account = await till.account()
    await till.take(account, "100", token=None)
    till.bank.mood = "lost"
    with pytest.raises(Conflict, match="Nothing was taken"):
        await till.payments.hosted_page("pay_one_1", "https://us.example/done")
    till.bank.mood = "well"
    await till.payments.hosted_page("pay_one_1", "https://us.example/done")
    await till.take(account, "100", "pay_two_2")
    till.clock.advance(timedelta(minutes=91).total_seconds())
    await check_unsettled(till.payments, till.clock)
    assert (await till.read()).state is PaymentState.ABANDONED


async def test_a_link_ends(pool: Pool) -> None:
    """An unknown link is not found, an old one says so, and none is made for nothing."""
    till = Till(pool)
    account = await till.account()
    async with transaction(pool) as conn:
        token = await till.payments.create_link(conn, account, actor="person:1", now=NOW)
        with pytest.raises(NotFound, match="does not exist"):
            await till.payments.open_link(conn, "guess", now=NOW)
        with pytest.raises(Conflict, match="has expired"):
            await till.payments.open_link(conn, token, now=NOW + timedelta(days=7))
        with pytest.raises(Refusal, match="more than zero USD"):
            await till.payments.create_link(conn, account, usd("0"), actor="person:1", now=NOW)


async def test_a_processor_that_is_gone_holds_up_nobody(pool: Pool) -> None:
    """Payments of a processor no longer configured stay unsettled; the others are settled."""
    till = Till(pool)
    account = await till.account()
    till.bank.mood = "silent"
    await till.take(account, "10")
    await till.take(account, "10", "pay_two_2")
    await till.work()
    async with pool.connection() as conn:
        await conn.execute("UPDATE payments.payment SET processor = 'gone' WHERE id = 'pay_one_1'")
    till.bank.mood = "well"
    till.clock.advance(61)
    assert await check_unsettled(till.payments, till.clock) == 2
    assert (await till.read("pay_one_1")).state is PaymentState.UNKNOWN
    assert (await till.read("pay_two_2")).state is PaymentState.SUCCEEDED
