"""Payments for several debts, and payments taken back, on a real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.fakes.debts import NOW, usd
from tests.fakes.policies import shipped_book
from tests.fakes.till import Till

from goodterms.accounts.model import HoldKind
from goodterms.arrangements.decide.book import build
from goodterms.arrangements.model import PromiseState, ReversalKind
from goodterms.arrangements.service import ArrangementService
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Pool, transaction
from goodterms.ledger.model import Balance, Book, EntryKind, PostedEntry
from goodterms.payments.model import PaymentChannel

pytestmark = pytest.mark.postgres


async def shared(
    till: Till, consumer: int, amount: str, direction: dict[int, Decimal] | None = None
) -> list[PostedEntry]:
    async with transaction(till.pool) as conn:
        return await till.payments.record_shared(
            conn, consumer, usd(amount), reference="bank-1", effective_on=NOW.date(),
            channel=PaymentChannel.API, direction=direction, actor="bank", now=NOW,
        )  # fmt: skip


async def external(till: Till, account: int, amount: str, reference: str) -> PostedEntry:
    async with transaction(till.pool) as conn:
        return await till.payments.record_external(
            conn, account, usd(amount), reference=reference, effective_on=NOW.date(),
            channel=PaymentChannel.API, actor="bank", now=NOW,
        )  # fmt: skip


async def take_back(
    till: Till, account: int, entry: int, reference: str = "R01"
) -> list[PostedEntry]:
    async with transaction(till.pool) as conn:
        return await till.payments.take_back(
            conn, account, entry, ReversalKind.NSF, reference=reference, actor="bank", now=NOW
        )


async def balance(till: Till, account: int) -> Balance:
    async with transaction(till.pool) as conn:
        return await till.ledger.balance(conn, account)


async def test_a_payment_is_shared_as_directed_then_by_policy(pool: Pool) -> None:
    """The direction first, the rest pro rata over undisputed debts; asked again, the same."""
    till = Till(pool)
    first = await till.account({Book.PRINCIPAL: usd("500")})
    consumer = await till.consumer_of(first)
    second = await till.account({Book.PRINCIPAL: usd("300")}, consumer_id=consumer)
    third = await till.account({Book.PRINCIPAL: usd("200")}, consumer_id=consumer)
    async with transaction(pool) as conn:
        await till.accounts.place_hold(
            conn, consumer, third, HoldKind.DISPUTED, source="letter", release_rule="verified",
            actor="a", now=NOW,
        )  # fmt: skip
    posted = await shared(till, consumer, "120", {third: Decimal(20), second: Decimal(20)})
    totals = {p.entry.account_id: p.entry.postings[Book.CASH] for p in posted}
    assert totals == {first: usd("51.28"), second: usd("48.72"), third: usd("20")}
    again = await shared(till, consumer, "120")
    assert [p.id for p in again] == [p.id for p in posted]
    assert all(p.repeated for p in again)
    with pytest.raises(Conflict, match="already posted as"):
        await shared(till, consumer, "121")


async def test_what_no_debt_may_have_is_the_consumers_credit(pool: Pool) -> None:
    """An overpayment of all debts is credit on the one that got most."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("30")})
    [posted] = await shared(till, await till.consumer_of(account), "50")
    assert posted.entry.postings[Book.CREDIT] == usd("-20")


async def test_impossible_shares_are_refused(pool: Pool) -> None:
    """A direction to a stranger's account, or to a consumer without debts, posts nothing."""
    till = Till(pool)
    account = await till.account()
    stranger = await till.account()
    consumer = await till.consumer_of(account)
    with pytest.raises(Refusal, match="none of the debts"):
        await shared(till, consumer, "50", {stranger: Decimal(5)})
    assert (await balance(till, account)).total == usd("100")
    with pytest.raises(NotFound):
        await shared(till, 4711, "50")
    with pytest.raises(Refusal, match="more than zero"):
        await shared(till, consumer, "0")


async def test_a_returned_payment_leaves_the_account_as_without_it(pool: Pool) -> None:
    """The negation and the replay restore each component; asked again, nothing happens."""
    till = Till(pool)
    account = await till.account({Book.PRINCIPAL: usd("100"), Book.LATE_FEE: usd("10")})
    other = await till.account({Book.PRINCIPAL: usd("100"), Book.LATE_FEE: usd("10")})
    first = await external(till, account, "30", "one")
    await external(till, account, "20", "two")
    await external(till, other, "20", "two")
    done = await take_back(till, account, first.id)
    assert [p.entry.kind for p in done] == [EntryKind.REVERSAL, EntryKind.ADJUSTMENT]
    assert done[0].entry.effective_on == first.entry.effective_on
    assert (await balance(till, account)).components == (await balance(till, other)).components
    [again] = await take_back(till, account, first.id)
    assert again.repeated
    assert len(await till.events("payment.returned")) == 1
    async with transaction(pool) as conn:
        assert await till.ledger.check(conn) == []


async def test_a_promise_is_open_again_when_its_payment_returns(pool: Pool) -> None:
    """A promise kept by a payment that came back waits again, or is broken if its day is past."""
    till = Till(pool)
    account = await till.account()
    due = NOW.date() + timedelta(days=10)
    async with transaction(pool) as conn:
        made = await till.arrangements.promise(conn, account, usd("50"), due, actor="a", now=NOW)
    paid = await external(till, account, "50", "one")
    await take_back(till, account, paid.id)
    async with transaction(pool) as conn:
        [promise] = await till.arrangements.promises(conn, await till.consumer_of(account))
    assert (promise.id, promise.state) == (made.id, PromiseState.OPEN)
    assert len(await till.events("promise.reopened")) == 1


async def test_an_entry_of_another_account_is_not_taken_back(pool: Pool) -> None:
    """The account named must be the entry's."""
    till = Till(pool)
    account, other = await till.account(), await till.account()
    paid = await external(till, account, "50", "one")
    with pytest.raises(Conflict, match="another account"):
        await take_back(till, other, paid.id)


PERMITTED = """
permissions:
  - {id: nsf, fee: nsf_fee, jurisdiction: US, actor: debt_collector, permitted: true, cap: "15.00",
     basis: "clause 8", citation: "agreement", valid_from: 2024-01-01, evidence: verified,
     signed_by: counsel}
"""


async def test_a_lawful_returned_payment_fee_follows(pool: Pool) -> None:
    """With permission the fee is charged up to its cap, under the policy's hash; without, none."""
    till = Till(pool)
    book = build({**shipped_book().files, "ours.yaml": PERMITTED})
    charging = ArrangementService(till.ledger, till.accounts, policies=book)
    account = await till.account()
    paid = await external(till, account, "50", "one")
    async with transaction(pool) as conn:
        done = await charging.reverse(
            conn, paid.id, ReversalKind.NSF, reference="R01", actor="bank", now=NOW
        )
    assert done[-1].entry.postings[Book.NSF_FEE] == usd("15")
    assert done[-1].entry.policy_version == book.policies["returned-payment"].hash
    assert (await balance(till, account)).total == usd("115")


async def test_a_chargeback_may_be_restored_as_principal(pool: Pool) -> None:
    """Where the reversal policy says so, all that is charged back is owed as principal."""
    till = Till(pool)
    files = dict(shipped_book().files)
    files["sets/house.yaml"] += "change: {reversal: {restores: principal}}\n"
    restoring = ArrangementService(till.ledger, till.accounts, policies=build(files))
    account = await till.account({Book.PRINCIPAL: usd("1000"), Book.SERVICE_FEE: usd("10")})
    paid = await external(till, account, "500", "one")
    async with transaction(pool) as conn:
        await restoring.reverse(
            conn, paid.id, ReversalKind.CHARGEBACK, reference="c", actor="bank", now=NOW
        )
    assert (await balance(till, account)).components == {Book.PRINCIPAL: usd("1010")}
