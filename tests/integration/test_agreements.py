"""Plans and settlements on a real PostgreSQL: agreed, paid, missed, paused, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from tests.fakes.debts import NOW, usd
from tests.fakes.policies import shipped_book
from tests.fakes.till import Till

from goodterms.accounts.model import AccountStatus
from goodterms.arrangements import decide
from goodterms.arrangements.decide.book import build
from goodterms.arrangements.jobs import sweep_arrangements
from goodterms.arrangements.model import (
    Arrangement,
    ArrangementEvent,
    ArrangementPolicy,
    ArrangementState,
    OptionKind,
    ReversalKind,
)
from goodterms.arrangements.service import ArrangementService
from goodterms.arrangements.service.portfolio import live_portfolio
from goodterms.kit.clock import SetClock
from goodterms.kit.errors import Conflict, IllegalTransition, NotFound, Refusal
from goodterms.kit.sql import Pool, transaction
from goodterms.ledger.model import Balance, Book, EntryKind, PostedEntry
from goodterms.payments.model import PaymentChannel

pytestmark = pytest.mark.postgres


PERMITTED = """
permissions:
  - {id: interest, fee: interest, jurisdiction: US, actor: debt_collector, permitted: true,
     basis: "clause 8", citation: "agreement", valid_from: 2024-01-01, evidence: verified,
     signed_by: counsel}
"""


async def agree(
    till: Till, account: int, kind: OptionKind, count: int | None = None, now: datetime = NOW
) -> Arrangement:
    async with transaction(till.pool) as conn:
        quote = await till.arrangements.quote(conn, account, actor="a", now=now)
        return await till.arrangements.agree(
            conn, quote.id, kind, instalments=count, actor="person:1", now=now
        )


async def pay(till: Till, account: int, amount: str, at: datetime) -> PostedEntry:
    async with transaction(till.pool) as conn:
        return await till.payments.record_external(
            conn, account, usd(amount), reference=f"bank-{at}", effective_on=at.date(),
            channel=PaymentChannel.API, actor="bank", now=at,
        )  # fmt: skip


async def stands(till: Till, made: Arrangement) -> Arrangement:
    async with transaction(till.pool) as conn:
        return await till.arrangements.arrangement(conn, made.id)


async def account_of(till: Till, account: int) -> tuple[Balance, AccountStatus]:
    async with transaction(till.pool) as conn:
        found = await till.accounts.account(conn, account)
        return await till.ledger.balance(conn, account), found.status


async def old_debt(till: Till, amount: str) -> int:
    account = await till.account({Book.PRINCIPAL: usd(amount)})
    async with transaction(till.pool) as conn:
        await conn.execute("UPDATE accounts.account SET due_on = %s", (date(2025, 1, 1),))
    return account


async def test_the_portfolio_is_quoted_as_each_account_is(pool: Pool) -> None:
    """What a comparison sees of the live portfolio gives the very quotes of the accounts."""
    till = Till(pool)
    charging = ArrangementService(
        till.ledger, till.accounts,
        policies=build({**shipped_book().files, "ours.yaml": PERMITTED}),
    )  # fmt: skip
    later = NOW + timedelta(days=40)
    accounts = [await till.account({Book.PRINCIPAL: usd(f"{n}00")}) for n in (1, 2, 3)]
    await till.account({})
    async with transaction(pool) as conn:
        quote = await charging.quote(conn, accounts[0], actor="a", now=NOW + timedelta(days=9))
        await charging.honour(conn, quote, actor="a", now=NOW + timedelta(days=9))
        seen = [stands async for stands in live_portfolio(conn)]
        for account, stands in zip(accounts, seen, strict=True):
            under = decide.terms(charging.policies, stands, later.date(), ArrangementPolicy())
            ours = decide.quote("q", stands, under, now=later)
            real = await charging.quote(conn, account, actor="a", now=later)
            assert replace(real, id="q") == ours


async def test_a_plan_is_agreed_and_kept(pool: Pool) -> None:
    """The instalments sum to the debt; paid in time the plan is kept and the account paid."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("100")})
    made = await agree(till, account, OptionKind.PLAN, 3)
    assert [i.amount for i in made.instalments] == [usd("33.33"), usd("33.33"), usd("33.34")]
    assert (await stands(till, made)) == made
    assert (await account_of(till, account))[1] is AccountStatus.ARRANGED
    for number, amount in enumerate(("33.33", "33.33", "33.34"), 1):
        await pay(till, account, amount, NOW + timedelta(days=29 * number))
    balance, status = await account_of(till, account)
    assert (balance.total, status) == (usd("0"), AccountStatus.PAID)
    assert (await stands(till, made)).state is ArrangementState.KEPT
    assert [len(await till.events(f"arrangement.{k}")) for k in ("made", "kept")] == [1, 1]


async def test_a_plan_is_broken_by_its_second_miss(pool: Pool) -> None:
    """One missed instalment lets it run, the second ends it; the account is worked again."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("100")})
    made = await agree(till, account, OptionKind.PLAN, 3)
    clock = SetClock(NOW + timedelta(days=40))
    assert await sweep_arrangements(till.arrangements, pool, clock) == 1
    assert await sweep_arrangements(till.arrangements, pool, clock) == 0
    assert (await stands(till, made)).state is ArrangementState.OPEN
    clock.advance(40 * 86_400)
    assert await sweep_arrangements(till.arrangements, pool, clock) == 1
    assert (await stands(till, made)).state is ArrangementState.BROKEN
    assert (await account_of(till, account))[1] is AccountStatus.ACTIVE
    assert len(await till.events("arrangement.broken")) == 1


async def test_a_settlement_forgives_only_once_it_is_paid(pool: Pool) -> None:
    """Before the payment all is owed; after it the rest is written off, and reported as such."""
    till = Till(pool)
    account = await old_debt(till, "4321.09")
    made = await agree(till, account, OptionKind.SETTLEMENT)
    assert (made.total, made.forgiven) == (usd("2592.66"), usd("1728.43"))
    assert (await account_of(till, account))[0].total == usd("4321.09")
    await pay(till, account, "2592.66", NOW + timedelta(days=5))
    balance, status = await account_of(till, account)
    assert (balance.total, status) == (usd("0"), AccountStatus.PAID)
    async with transaction(pool) as conn:
        last = (await till.ledger.entries(conn, account))[-1].entry
        assert await till.ledger.check(conn) == []
    assert last.kind is EntryKind.WRITE_OFF
    assert last.postings[Book.WRITTEN_OFF] == usd("1728.43")
    assert last.policy_version == shipped_book().policies["settlement"].hash
    [told] = await till.events("arrangement.kept")
    assert told["data"]["form_1099c"] is True


async def test_a_settlement_whose_payment_returns_is_owed_in_full(pool: Pool) -> None:
    """The forgiven part is restored with the payment, and the settlement is open again."""
    till = Till(pool)
    account = await old_debt(till, "1000")
    made = await agree(till, account, OptionKind.SETTLEMENT)
    paid = await pay(till, account, "600", NOW + timedelta(days=1))
    async with transaction(pool) as conn:
        await till.payments.take_back(
            conn, account, paid.id, ReversalKind.NSF, reference="R01", actor="bank",
            now=NOW + timedelta(days=3),
        )  # fmt: skip
        assert await till.ledger.check(conn) == []
    assert (await account_of(till, account))[0].total == usd("1000")
    assert (await stands(till, made)).state is ArrangementState.OPEN
    assert len(await till.events("arrangement.reopened")) == 1


async def test_a_late_settlement_is_broken_and_nothing_is_forgiven(pool: Pool) -> None:
    """After its day and grace the settlement ends and the whole debt stays owed."""
    till = Till(pool)
    account = await old_debt(till, "1000")
    made = await agree(till, account, OptionKind.SETTLEMENT)
    clock = SetClock(NOW + timedelta(days=30))
    await sweep_arrangements(till.arrangements, pool, clock)
    assert (await stands(till, made)).state is ArrangementState.BROKEN
    assert (await account_of(till, account))[0].total == usd("1000")


async def test_a_pause_moves_what_is_due(pool: Pool) -> None:
    """Nothing is missed while paused; going on moves the due dates by the days it waited."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("100")})
    made = await agree(till, account, OptionKind.PLAN, 3)
    later = NOW + timedelta(days=100)
    async with transaction(pool) as conn:
        await till.arrangements.change(
            conn, made.id, ArrangementEvent.PAUSED, reason="hardship", actor="a", now=NOW
        )
        assert await till.arrangements.sweep_arrangements(conn, now=later) == 0
        on = await till.arrangements.change(
            conn, made.id, ArrangementEvent.RESUMED, reason="new job", actor="a", now=later
        )
        with pytest.raises(IllegalTransition):
            await till.arrangements.change(
                conn, made.id, ArrangementEvent.RESUMED, reason="again", actor="a", now=later
            )
    waited = timedelta(days=100)
    assert [i.due_on for i in on.instalments] == [i.due_on + waited for i in made.instalments]
    assert (await stands(till, made)) == on


async def test_an_end_by_hand_returns_the_account_to_work(pool: Pool) -> None:
    """A cancelled plan leaves the account active, free for another arrangement."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("100")})
    made = await agree(till, account, OptionKind.PLAN, 3)
    async with transaction(pool) as conn:
        await till.arrangements.change(
            conn, made.id, ArrangementEvent.CANCELLED, reason="asked", actor="a", now=NOW
        )
    assert (await account_of(till, account))[1] is AccountStatus.ACTIVE
    again = await agree(till, account, OptionKind.PLAN, 3)
    assert again.state is ArrangementState.OPEN


async def test_only_what_the_quote_offers_is_agreed(pool: Pool) -> None:
    """Options policy removed, outdated quotes, second agreements and promises are refused."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("100")})
    with pytest.raises(Refusal, match="Outside the limits"):
        await agree(till, account, OptionKind.PLAN, 12)
    with pytest.raises(Refusal, match="offers no such promise"):
        await agree(till, account, OptionKind.PROMISE)
    async with transaction(pool) as conn:
        quote = await till.arrangements.quote(conn, account, actor="a", now=NOW)
    await pay(till, account, "1", NOW)
    async with transaction(pool) as conn:
        with pytest.raises(Conflict, match="no longer holds"):
            await till.arrangements.agree(
                conn, quote.id, OptionKind.PLAN, instalments=3, actor="a", now=NOW
            )
        with pytest.raises(NotFound):
            await till.arrangements.arrangement(conn, "arr_none")
    await agree(till, account, OptionKind.PLAN, 3)
    with pytest.raises(Conflict, match="A plan is agreed"):
        await agree(till, account, OptionKind.PLAN, 3)
    async with transaction(pool) as conn:
        with pytest.raises(Conflict, match="A plan is agreed"):
            await till.arrangements.promise(conn, account, usd("5"), NOW.date(), actor="a", now=NOW)


async def test_a_plan_waits_for_the_promise(pool: Pool) -> None:
    """While a promise is open nothing else is agreed."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("100")})
    async with transaction(pool) as conn:
        await till.arrangements.promise(conn, account, usd("5"), NOW.date(), actor="a", now=NOW)
    with pytest.raises(Conflict, match="A promise is open"):
        await agree(till, account, OptionKind.PLAN, 3)


async def test_a_plan_with_interest_posts_it_as_it_falls_due(pool: Pool) -> None:
    """Each instalment's interest is posted on its day under the policy; the plan ends at zero."""
    till = Till(pool)
    files = dict(shipped_book().files)
    files["sets/house.yaml"] = files["sets/house.yaml"].replace(
        "plan: plan\n", "plan: plan-interest\n"
    )
    refused = ArrangementService(till.ledger, till.accounts, policies=build(files))
    async with transaction(pool) as conn:
        quote = await refused.quote(conn, await till.account(), actor="a", now=NOW)
    assert {g.reason_code for g in quote.removed if g.kind is OptionKind.PLAN} == {
        "FEE_NOT_AUTHORISED"
    }
    files["ours.yaml"] = PERMITTED
    till.arrangements = ArrangementService(till.ledger, till.accounts, policies=build(files))
    account = await till.account({Book.PRINCIPAL: usd("1000")})
    made = await agree(till, account, OptionKind.PLAN, 3)
    assert made.total == usd("1020.07")
    later = NOW + timedelta(days=31)
    await sweep_arrangements(till.arrangements, pool, SetClock(later))
    balance, _ = await account_of(till, account)
    assert balance.components[Book.INTEREST] == made.instalments[0].interest == usd("10")
