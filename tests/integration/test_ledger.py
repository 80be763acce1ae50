"""The ledger on a real PostgreSQL."""

from __future__ import annotations

import asyncio

import psycopg
import pytest
from tests.fakes.debts import NOW, Debts, usd

from goodterms.accounts.model import AccountStatus, ContactRestricted, Restriction
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.ledger import decide
from goodterms.ledger.model import Book, Entry, PostedEntry

pytestmark = pytest.mark.postgres


def paid(account_id: int, amount: str, cause: str = "payment:1") -> Entry:
    return decide.payment(
        account_id,
        {Book.PRINCIPAL: usd(amount)},
        effective_on=NOW.date(),
        cause=cause,
        actor="system:test",
    )


async def post(debts: Debts, *entries: Entry) -> list[PostedEntry]:
    async with transaction(debts.pool) as conn:
        return await debts.ledger.post(conn, entries, now=NOW)


async def test_a_payment_lowers_the_balance_and_withdraws_contact(pool: Pool) -> None:
    """A posted payment is in the balance and is told to whoever dials, in words."""
    debts = Debts(pool)
    account = await debts.account()
    await post(debts, paid(account, "40"))
    balance = await debts.balance(account)
    assert (balance.total, balance.version) == (usd("60"), 2)
    [told] = debts.told
    assert told.restriction is Restriction.PAYMENT
    assert told.account_id == account
    assert told.message == (
        "A payment of 40.00 USD was just posted on account A1: 60.00 USD remains."
    )
    assert await debts.faults() == []


async def test_paying_everything_closes_the_account(pool: Pool) -> None:
    """An account with nothing left is paid, and contact about it is over; a fee opens it again."""
    debts = Debts(pool)
    account = await debts.account()
    [posted] = await post(debts, paid(account, "100"))
    assert [told.restriction for told in debts.told] == [Restriction.CLOSED]
    async with transaction(pool) as conn:
        assert (await debts.accounts.account(conn, account)).status is AccountStatus.PAID
        await debts.ledger.reverse(conn, posted.id, cause="nsf:1", actor="system:bank", now=NOW)
    async with transaction(pool) as conn:
        assert (await debts.accounts.account(conn, account)).status is AccountStatus.ACTIVE
    assert (await debts.balance(account)).total == usd("100")


async def test_withdrawing_contact_shares_the_fate_of_the_posting(pool: Pool) -> None:
    """When what follows from a payment fails, the payment is not posted either."""
    debts = Debts(pool)
    account = await debts.account()

    async def fail(conn: Connection, event: ContactRestricted) -> None:
        raise RuntimeError("the handler broke")

    debts.bus.subscribe(ContactRestricted, fail)
    with pytest.raises(RuntimeError, match="the handler broke"):
        await post(debts, paid(account, "40"))
    assert (await debts.balance(account)).total == usd("100")


async def test_a_cause_posts_once(pool: Pool) -> None:
    """Twenty concurrent postings of one cause lower the balance once; the rest are repetitions."""
    debts = Debts(pool)
    account = await debts.account()
    answers = await asyncio.gather(*(post(debts, paid(account, "10")) for _ in range(20)))
    assert sum(not posted.repeated for [posted] in answers) == 1
    assert len({posted.id for [posted] in answers}) == 1
    assert (await debts.balance(account)).total == usd("90")
    assert len(debts.told) == 1


async def test_concurrent_causes_all_count(pool: Pool) -> None:
    """Postings of different causes wait for each other under the account lock; none is lost."""
    debts = Debts(pool)
    one = await debts.account()
    other = await debts.account()
    await asyncio.gather(
        *(post(debts, paid(one, "1", f"a:{n}"), paid(other, "2", f"a:{n}")) for n in range(15)),
        *(post(debts, paid(other, "2", f"b:{n}"), paid(one, "1", f"b:{n}")) for n in range(15)),
    )
    assert (await debts.balance(one)).total == usd("70")
    assert (await debts.balance(other)).total == usd("40")
    assert await debts.faults() == []


async def test_a_cause_is_not_used_for_another_amount(pool: Pool) -> None:
    """Posting a cause again with another amount is refused, naming both amounts."""
    debts = Debts(pool)
    account = await debts.account()
    await post(debts, paid(account, "10"))
    with pytest.raises(Conflict, match=r"already posted as -10\.00 USD"):
        await post(debts, paid(account, "11"))


async def test_a_debt_keeps_its_currency(pool: Pool) -> None:
    """An entry in another currency than the account's is refused."""
    debts = Debts(pool)
    account = await debts.account(currency="EUR")
    with pytest.raises(Refusal, match="kept in EUR"):
        await post(debts, paid(account, "10"))
    assert (await debts.balance(account)).total == Money.of("100", "EUR")


async def test_an_unknown_account_is_named(pool: Pool) -> None:
    """Posting to, or asking about, an account that does not exist says which one."""
    debts = Debts(pool)
    with pytest.raises(NotFound, match="account 4711"):
        await post(debts, paid(4711, "1"))
    with pytest.raises(NotFound, match="account 4711"):
        await debts.balance(4711)


async def test_components_are_set_once_per_difference(pool: Pool) -> None:
    """Setting the components again posts nothing; a change posts the difference."""
    debts = Debts(pool)
    account = await debts.account()
    wanted = {Book.PRINCIPAL: usd("80"), Book.LATE_FEE: usd("5")}
    async with transaction(pool) as conn:
        first = await debts.ledger.set_components(
            conn, account, wanted, cause="host:1", actor="host:h", now=NOW
        )
        second = await debts.ledger.set_components(
            conn, account, wanted, cause="host:2", actor="host:h", now=NOW
        )
    assert first is not None
    assert second is None
    assert (await debts.balance(account)).components == wanted
    assert [told.restriction for told in debts.told] == [Restriction.PAYMENT]


async def test_an_entry_is_reversed_once(pool: Pool) -> None:
    """The same reversal repeated is the same entry; another one of the same entry is refused."""
    debts = Debts(pool)
    account = await debts.account()
    [posted] = await post(debts, paid(account, "40"))
    async with transaction(pool) as conn:
        one = await debts.ledger.reverse(conn, posted.id, cause="nsf:1", actor="a", now=NOW)
        two = await debts.ledger.reverse(conn, posted.id, cause="nsf:1", actor="a", now=NOW)
        assert (one.id, one.repeated, two.repeated) == (two.id, False, True)
        with pytest.raises(Conflict, match="already reversed"):
            await debts.ledger.reverse(conn, posted.id, cause="nsf:2", actor="a", now=NOW)
        with pytest.raises(NotFound, match="no ledger entry 4711"):
            await debts.ledger.reverse(conn, 4711, cause="x", actor="a", now=NOW)
        entries = await debts.ledger.entries(conn, account)
    assert decide.fold(account, "USD", [e.entry for e in entries]) == await debts.balance(account)


async def test_the_database_itself_refuses_what_the_ledger_would(pool: Pool) -> None:
    """An unbalanced posting, or a change to a posted one, fails in PostgreSQL."""
    debts = Debts(pool)
    account = await debts.account()
    async with pool.connection() as conn:
        with pytest.raises(psycopg.errors.CheckViolation, match="does not sum to zero"):
            await conn.execute(
                "INSERT INTO ledger.posting SELECT max(id), %s, 'interest', 5 FROM ledger.entry",
                (account,),
            )
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="append-only"):
            await conn.execute("UPDATE ledger.posting SET amount = amount * 2")


async def test_nothing_is_posted_to_an_account_that_is_not_there(pool: Pool) -> None:
    """Rows whose parents do not exist fail in PostgreSQL, though no foreign key checks them."""
    debts = Debts(pool)
    await debts.account()
    async with pool.connection() as conn:
        for statement in (
            (
                "INSERT INTO ledger.entry (account_id, kind, effective_on, posted_at, cause, actor)"
                " VALUES (4711, 'fee', now(), now(), 'x', 'a')"
            ),
            "INSERT INTO ledger.posting VALUES (4711, 1, 'interest', 0)",
            "INSERT INTO ledger.balance VALUES (4711, 'USD', 0, '{}', 1, now())",
            (
                "INSERT INTO accounts.contact_point (consumer_id, kind, value, source, created_at,"
                " updated_at) VALUES (4711, 'email', 'a@b.example', 'x', now(), now())"
            ),
            (
                "INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id,"
                " due_on, created_at, updated_at) SELECT 'x', creditor_id, placement_id, 4711,"
                " now(), now(), now() FROM accounts.account"
            ),
        ):
            with pytest.raises(psycopg.errors.ForeignKeyViolation, match="4711"):
                await conn.execute(statement)


async def test_the_check_finds_a_balance_that_lies(pool: Pool) -> None:
    """A balance that is not the fold of its postings is reported with both figures."""
    debts = Debts(pool)
    account = await debts.account()
    async with transaction(pool) as conn:
        await conn.execute("UPDATE ledger.balance SET total = 1")
    [fault] = await debts.faults()
    assert fault == (
        f"Account {account}: the stored balance is 1.0000, its postings fold to 100.0000."
    )
