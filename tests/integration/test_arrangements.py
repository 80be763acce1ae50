"""Quotes and promises on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes.debts import NOW, Debts, usd
from tests.fakes.policies import shipped_book

from goodterms.accounts.model import AccountStatus
from goodterms.arrangements.decide.book import build
from goodterms.arrangements.jobs import sweep_promises
from goodterms.arrangements.model import Promise, PromiseState
from goodterms.arrangements.service import ArrangementService
from goodterms.kit.clock import SetClock
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Pool, transaction
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Book

pytestmark = pytest.mark.postgres

TEN_DAYS = NOW.date() + timedelta(days=10)


class Desk(Debts):
    """Debts, and somebody to make arrangements with."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.arrangements = ArrangementService(self.ledger, self.accounts)

    async def promise(self, account_id: int, amount: str) -> Promise:
        async with transaction(self.pool) as conn:
            return await self.arrangements.promise(
                conn, account_id, usd(amount), TEN_DAYS, actor="person:1", now=NOW
            )

    async def pay(self, account_id: int, amount: str, cause: str) -> list[Promise]:
        async with transaction(self.pool) as conn:
            entry = ledger.payment(
                account_id, {Book.PRINCIPAL: usd(amount)}, effective_on=NOW.date(), cause=cause,
                actor="a",
            )  # fmt: skip
            await self.ledger.post(conn, [entry], now=NOW)
            return await self.arrangements.after_payment(conn, account_id, actor="a", now=NOW)

    async def status(self, account_id: int) -> AccountStatus:
        async with transaction(self.pool) as conn:
            return (await self.accounts.account(conn, account_id)).status


async def test_a_quote_is_kept_as_it_was_given(pool: Pool) -> None:
    """A quote read back equals the quote that was given, to the cent and the second."""
    desk = Desk(pool)
    account = await desk.account({Book.PRINCIPAL: usd("100"), Book.INTEREST: usd("3.21")})
    async with transaction(pool) as conn:
        quote = await desk.arrangements.quote(conn, account, actor="person:1", now=NOW)
        assert await desk.arrangements.get_quote(conn, quote.id) == quote
        with pytest.raises(NotFound, match="ask for a new one"):
            await desk.arrangements.get_quote(conn, "quo_none")
    assert quote.total == usd("103.21")
    assert quote.balance_version == 1


async def test_a_quote_as_of_a_day_knows_only_what_was_known_then(pool: Pool) -> None:
    """Entries and holds recorded after the day are not in the quote; those before are."""
    desk = Desk(pool)
    account = await desk.account({Book.PRINCIPAL: usd("100")})
    later = NOW + timedelta(days=3)
    async with transaction(pool) as conn:
        entry = ledger.payment(
            account, {Book.PRINCIPAL: usd("40")}, effective_on=NOW.date(), cause="payment:late",
            actor="a",
        )  # fmt: skip
        await desk.ledger.post(conn, [entry], now=later)
        then = await desk.arrangements.quote_as_of(conn, account, NOW.date(), now=later)
        today = await desk.arrangements.quote_as_of(conn, account, later.date(), now=later)
        before = await desk.arrangements.quote_as_of(
            conn, account, NOW.date() - timedelta(days=1), now=later
        )
        with pytest.raises(Refusal, match="too far ahead"):
            await desk.arrangements.quote_as_of(
                conn, account, later.date() + timedelta(days=731), now=later
            )
    assert (then.total, today.total, before.total) == (usd("100"), usd("60"), usd("0"))
    assert then.as_of == NOW.date()
    assert then.known_at is not None
    assert then.known_at.date() == NOW.date()


async def test_a_quote_as_of_a_day_uses_the_policies_known_then(pool: Pool) -> None:
    """Policies recorded later do not change what would have been quoted before."""
    desk = Desk(pool)
    account = await desk.account({Book.PRINCIPAL: usd("100")})
    async with transaction(pool) as conn:
        first = await desk.arrangements.quote(conn, account, actor="a", now=NOW)
    files = dict(shipped_book().files)
    files["sets/house.yaml"] = files["sets/house.yaml"].replace("[3, 6, 12]", "[2]")
    newer = ArrangementService(desk.ledger, desk.accounts, policies=build(files))
    later = NOW + timedelta(days=3)
    async with transaction(pool) as conn:
        second = await newer.quote(conn, account, actor="a", now=later)
        assert second.policy_hash != first.policy_hash
        then = await newer.quote_as_of(conn, account, NOW.date(), now=later)
        now = await newer.quote_as_of(conn, account, later.date(), now=later)
        tried = await newer.quote_as_of(
            conn, account, later.date(), now=later, policies=shipped_book()
        )
    assert then.policy_hash == first.policy_hash == tried.policy_hash
    assert now.policy_hash == second.policy_hash
    assert [o.words for o in then.options] == [o.words for o in first.options]


PERMITTED = """
permissions:
  - {id: interest, fee: interest, jurisdiction: US, actor: debt_collector, permitted: true,
     basis: "clause 8", citation: "agreement", valid_from: 2024-01-01, evidence: verified,
     signed_by: counsel}
"""


async def test_a_quote_is_honoured_to_the_cent(pool: Pool) -> None:
    """Taking a quote posts what it added, once, under its policy's hash."""
    desk = Desk(pool)
    book = build({**shipped_book().files, "ours.yaml": PERMITTED})
    charging = ArrangementService(desk.ledger, desk.accounts, policies=book)
    account = await desk.account({Book.PRINCIPAL: usd("1000")})
    later = NOW + timedelta(days=50)
    async with transaction(pool) as conn:
        quote = await charging.quote(conn, account, actor="a", now=later)
        assert quote.total == usd("1011.64")
        kept = await charging.honour(conn, quote, actor="a", now=later)
        assert (await desk.ledger.balance(conn, account)).total == quote.total
        assert kept.balance_version == quote.balance_version + 1
        again = await charging.honour(conn, quote, actor="a", now=later)
        assert again == quote
        [_, interest] = await desk.ledger.entries(conn, account)
        assert interest.entry.policy_version == book.policies["simple-interest"].hash
        fresh = await charging.quote(conn, account, actor="a", now=later)
    assert fresh.total == quote.total
    assert all(line.posted for line in fresh.lines)


async def test_a_promise_arranges_the_account_until_it_is_kept(pool: Pool) -> None:
    """A promise marks the account arranged; the payments that keep it make it active again."""
    desk = Desk(pool)
    account = await desk.account()
    made = await desk.promise(account, "50")
    assert await desk.status(account) is AccountStatus.ARRANGED
    assert await desk.pay(account, "20", "payment:1") == []
    [kept] = await desk.pay(account, "30", "payment:2")
    assert (kept.id, kept.state) == (made.id, PromiseState.KEPT)
    assert await desk.status(account) is AccountStatus.ACTIVE
    [told] = await desk.events("promise.kept")
    assert told["data"] == {
        "promise": made.id,
        "amount": "50.00",
        "currency": "USD",
        "due_on": "2026-12-03",
    }


async def test_no_more_is_promised_than_is_owed(pool: Pool) -> None:
    """A second promise may only be for what the first has left."""
    desk = Desk(pool)
    account = await desk.account()
    await desk.promise(account, "70")
    with pytest.raises(Refusal, match=r"70\.00 USD of it is promised already"):
        await desk.promise(account, "40")
    await desk.promise(account, "30")
    async with transaction(pool) as conn:
        promises = await desk.arrangements.promises(conn, await desk.consumer_of(account))
    assert {promise.amount for promise in promises} == {usd("70"), usd("30")}


async def test_a_promise_not_kept_is_broken_after_its_grace(pool: Pool) -> None:
    """Nothing happens within the grace; after it the promise is broken and the account active."""
    desk = Desk(pool)
    account = await desk.account()
    await desk.promise(account, "50")
    clock = SetClock(NOW + timedelta(days=13))
    assert await sweep_promises(desk.arrangements, pool, clock) == 0
    clock.advance(86_400)
    assert await sweep_promises(desk.arrangements, pool, clock) == 1
    assert await sweep_promises(desk.arrangements, pool, clock) == 0
    assert await desk.status(account) is AccountStatus.ACTIVE
    assert len(await desk.events("promise.broken")) == 1


async def test_a_promise_ends_when_nothing_is_owed(pool: Pool) -> None:
    """When the creditor took the debt back to zero, the promise is cancelled, not broken."""
    desk = Desk(pool)
    account = await desk.account()
    await desk.promise(account, "50")
    async with transaction(pool) as conn:
        await desk.ledger.set_components(conn, account, {}, cause="host:1", actor="host:h", now=NOW)
        [closed] = await desk.arrangements.after_payment(conn, account, actor="a", now=NOW)
    assert closed.state is PromiseState.CANCELLED
    assert await desk.status(account) is AccountStatus.PAID
    assert await desk.events("promise.broken") == []
