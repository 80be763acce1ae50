"""The gate on real PostgreSQL: facts, records, permits and the lock."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.denver import NOON, OURS, add_person, again, hold, set_balance

from goodterms.compliance.decide import worded
from goodterms.compliance.model import CallerId, Decision, ProposedContact, Reach, Verdict
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres


@pytest.fixture
def gatekeeper() -> ComplianceService:
    """Give the service with the rulebook that ships."""
    return ComplianceService(load_rulebook())


async def judge(
    pool: Pool, service: ComplianceService, *contacts: ProposedContact, now: datetime = NOON
) -> list[Verdict]:
    """Judge in a transaction of its own."""
    async with transaction(pool) as conn:
        return await service.judge(conn, contacts, now=now)


async def one(pool: Pool, text: str, *values: Any) -> dict[str, Any]:
    """Read one row."""
    async with pool.connection() as conn:
        row = await (await conn.execute(text.encode(), values)).fetchone()
    assert row is not None
    return row


async def test_allowed_contact_reserves_everything(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """An allowed contact leaves its verdict, its permit and an open row in the contact log."""
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)
    [verdict] = await judge(pool, gatekeeper, contact)
    assert verdict.decision is Decision.ALLOW, verdict.findings
    assert verdict.permit
    assert verdict.permit.account_ids == contact.account_ids
    assert verdict.id
    logged = await one(pool, "SELECT * FROM compliance.contact WHERE attempt_id = 'att_1'")
    assert (logged["closed_at"], logged["reach"], logged["medium"]) == (None, 5, "call")
    assert [str(day) for day in logged["local_dates"]] == ["2026-11-24"]
    permit = await one(pool, "SELECT * FROM compliance.permit WHERE attempt_id = 'att_1'")
    assert permit["used_at"] is None


async def test_stored_verdict_replays_to_the_same_bytes(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """Allowed, deferred and denied verdicts are judged again to the same digest."""
    async with transaction(pool) as conn:
        await gatekeeper.store_rulebook(conn, now=NOON)
        contacts = [await add_person(conn, number) for number in range(3)]
        await hold(conn, contacts[1], "cease", None)
        await hold(conn, contacts[2], "disputed", contacts[2].account_ids[0])
        await conn.execute(
            "INSERT INTO compliance.contact (attempt_id, consumer_id, account_ids, value, medium,"
            " direction, placed_at, local_dates, closed_at) VALUES ('old', %s, %s, 'x', 'call',"
            " 'out', %s, '{2026-11-24}', now())",
            (contacts[2].consumer_id, list(contacts[2].account_ids), NOON - timedelta(hours=1)),
        )
    verdicts = await judge(pool, gatekeeper, *contacts)
    assert [v.decision.value for v in verdicts] == ["allow", "deny", "defer"]
    async with pool.connection() as conn:
        for verdict in verdicts:
            assert verdict.id
            assert await gatekeeper.verify(conn, verdict.id)
            stored = await gatekeeper.verdict(conn, verdict.id)
            assert stored.findings == worded(verdict, gatekeeper.rulebook).findings
            assert stored.facts == verdict.facts
            assert stored.digest == verdict.digest
            assert stored.account_ids == verdict.account_ids


async def test_altered_verdict_is_noticed(pool: Pool, gatekeeper: ComplianceService) -> None:
    """A verdict changed in the table no longer verifies."""
    async with transaction(pool) as conn:
        await gatekeeper.store_rulebook(conn, now=NOON)
        contact = await add_person(conn, 1)
    [verdict] = await judge(pool, gatekeeper, contact)
    assert verdict.id
    async with pool.connection() as conn:
        await conn.execute("UPDATE compliance.verdict SET reason_code = 'MIN_GAP'")
        assert not await gatekeeper.verify(conn, verdict.id)


async def test_facts_are_seen(pool: Pool, gatekeeper: ComplianceService) -> None:
    """Holds, opt-outs, paid debts, wrong numbers and strange caller IDs are all found."""
    async with transaction(pool) as conn:
        contacts = [await add_person(conn, number) for number in range(6)]
        await hold(conn, contacts[0], "bankruptcy", contacts[0].account_ids[0])
        await conn.execute(
            "INSERT INTO accounts.consent (consumer_id, channel, state, source, actor,"
            " recorded_at) VALUES (%s, 'all', 'revoked', 'call', 'person:1', now())",
            (contacts[1].consumer_id,),
        )
        for account in contacts[2].account_ids:
            await set_balance(conn, account, "0.00")
        await conn.execute(
            "UPDATE accounts.contact_point SET status = 'wrong' WHERE id = %s",
            (contacts[3].contact_point_id,),
        )
        await conn.execute(
            "UPDATE accounts.account SET status = 'recalled' WHERE consumer_id = %s",
            (contacts[4].consumer_id,),
        )
        await conn.execute(
            "INSERT INTO accounts.host (name, url, secret, created_at)"
            " VALUES ('h', 'http://127.0.0.1', 's', now())"
        )
        await conn.execute(
            "UPDATE accounts.account SET host_id = (SELECT id FROM accounts.host)"
            " WHERE consumer_id = %s",
            (contacts[5].consumer_id,),
        )
    verdicts = await judge(pool, gatekeeper, *contacts)
    assert [v.reason_code for v in verdicts] == [
        "BANKRUPTCY", "MEDIUM_OPTOUT", "BALANCE_ZERO", "POINT_WRONG", "ACCOUNT_CLOSED",
        "HOST_SILENT",
    ]  # fmt: skip


async def test_answering_host_allows(pool: Pool, gatekeeper: ComplianceService) -> None:
    """An account that lives in a host is called while the host's agreement is fresh."""
    async with transaction(pool) as conn:
        contact = await add_person(conn, 1)
        await conn.execute(
            "INSERT INTO accounts.host (name, url, secret, created_at)"
            " VALUES ('h', 'http://127.0.0.1', 's', now())"
        )
        await conn.execute(
            "UPDATE accounts.account SET host_id = (SELECT id FROM accounts.host),"
            " host_answer = 'contactable', host_checked_at = %s",
            (NOON - timedelta(seconds=2),),
        )
    [fresh] = await judge(pool, gatekeeper, contact)
    assert fresh.decision is Decision.ALLOW
    later = again(contact, "att_2")
    [stale] = await judge(pool, gatekeeper, later, now=NOON + timedelta(minutes=1))
    assert "HOST_SILENT" in {f.reason_code for f in stale.findings}


async def test_paid_debt_drops_out(pool: Pool, gatekeeper: ComplianceService) -> None:
    """A contact about two debts goes ahead about the one that is still owed."""
    async with transaction(pool) as conn:
        contact = await add_person(conn, 1)
        await set_balance(conn, contact.account_ids[0], "0.00")
    [verdict] = await judge(pool, gatekeeper, contact)
    assert verdict.decision is Decision.ALLOW
    assert verdict.account_ids == contact.account_ids[1:]
    logged = await one(pool, "SELECT account_ids FROM compliance.contact")
    assert tuple(logged["account_ids"]) == contact.account_ids[1:]


async def test_live_attempt_until_closed(pool: Pool, gatekeeper: ComplianceService) -> None:
    """A person with an open attempt is not called; a closed, uncounted one leaves no trace."""
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)
    await judge(pool, gatekeeper, contact)
    [second] = await judge(pool, gatekeeper, again(contact, "att_2"))
    assert second.reason_code == "ATTEMPT_LIVE"
    async with pool.connection() as conn:
        await gatekeeper.close_contact(
            conn, "att_1", outcome="busy", reach=Reach.DIALED,
            now=NOON,
        )  # fmt: skip
    [third] = await judge(pool, gatekeeper, again(contact, "att_3"))
    assert third.decision is Decision.ALLOW


async def test_one_batch_never_calls_a_person_twice(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """Two proposals for one person in the same batch give one permit."""
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)
    first, second = await judge(pool, gatekeeper, contact, again(contact, "att_2"))
    assert first.decision is Decision.ALLOW
    assert second.reason_code == "ATTEMPT_LIVE"


async def test_conversation_starts_the_wait(pool: Pool, gatekeeper: ComplianceService) -> None:
    """After a conversation the debt waits until the seventh day after it, at local midnight."""
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)
    await judge(pool, gatekeeper, contact)
    async with pool.connection() as conn:
        await gatekeeper.close_contact(
            conn, "att_1", outcome="conversation", reach=Reach.CONVERSATION, now=NOON,
        )  # fmt: skip
    tomorrow = NOON + timedelta(days=1)
    [verdict] = await judge(pool, gatekeeper, again(contact, "att_2"), now=tomorrow)
    assert verdict.reason_code == "REGF_7DAY_WAIT"
    assert verdict.earliest_allowed_at == datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


async def test_permit_is_used_once_and_in_time(pool: Pool, gatekeeper: ComplianceService) -> None:
    """A permit cannot be used twice, late, or without having been granted."""
    async with pool.connection() as conn:
        contacts = [await add_person(conn, number) for number in (1, 2)]
    await judge(pool, gatekeeper, *contacts)
    async with pool.connection() as conn:
        await gatekeeper.use_permit(conn, "att_1", now=NOON)
        with pytest.raises(Conflict, match="used before"):
            await gatekeeper.use_permit(conn, "att_1", now=NOON)
        with pytest.raises(Conflict, match="expired"):
            await gatekeeper.use_permit(conn, "att_2", now=NOON + timedelta(minutes=1))
        with pytest.raises(NotFound, match="no permit"):
            await gatekeeper.use_permit(conn, "att_9", now=NOON)


async def test_closing_twice_keeps_the_first(pool: Pool, gatekeeper: ComplianceService) -> None:
    """What came of a contact is written once; an unknown attempt is an error."""
    async with pool.connection() as conn:
        await judge(pool, gatekeeper, await add_person(conn, 1))
        for outcome in ("busy", "machine"):
            await gatekeeper.close_contact(
                conn, "att_1", outcome=outcome, reach=Reach.DIALED, now=NOON,
            )  # fmt: skip
        with pytest.raises(NotFound):
            await gatekeeper.close_contact(
                conn, "att_9", outcome="busy", reach=Reach.DIALED, now=NOON,
            )  # fmt: skip
    logged = await one(pool, "SELECT outcome FROM compliance.contact")
    assert logged["outcome"] == "busy"


async def test_concurrent_dialers_grant_one_permit(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """Of many at once who lock the person and ask, exactly one is let through."""
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)

    async def ask(number: int) -> Decision:
        async with transaction(pool) as conn:
            await conn.execute(
                "SELECT id FROM accounts.consumer WHERE id = %s FOR NO KEY UPDATE",
                (contact.consumer_id,),
            )
            [verdict] = await gatekeeper.judge(conn, [again(contact, f"att_{number}")], now=NOON)
        return verdict.decision

    decisions = await asyncio.gather(*(ask(number) for number in range(10, 20)))
    assert decisions.count(Decision.ALLOW) == 1


async def test_payment_before_the_lock_is_seen(pool: Pool, gatekeeper: ComplianceService) -> None:
    """A dialer that waited for the lock while a payment was posted sees the payment."""
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)

    async def ask() -> Verdict:
        async with transaction(pool) as conn:
            await conn.execute(
                "SELECT id FROM accounts.consumer WHERE id = %s FOR NO KEY UPDATE",
                (contact.consumer_id,),
            )
            return (await gatekeeper.judge(conn, [contact], now=NOON))[0]

    async with transaction(pool) as paying:
        await paying.execute(
            "SELECT id FROM accounts.consumer WHERE id = %s FOR NO KEY UPDATE",
            (contact.consumer_id,),
        )
        waiting = asyncio.create_task(ask())
        for account in contact.account_ids:
            await set_balance(paying, account, "0.00")
    assert (await waiting).reason_code == "BALANCE_ZERO"


async def test_preview_leaves_no_trace(pool: Pool, gatekeeper: ComplianceService) -> None:
    """Looking whether a call would be allowed records nothing and permits nothing."""
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)
        verdict = await gatekeeper.preview(conn, contact, now=NOON)
    assert verdict.decision is Decision.ALLOW
    assert verdict.permit is None
    counted = await one(pool, "SELECT count(*) AS rows FROM compliance.verdict")
    assert counted["rows"] == 0


async def test_why_tells_the_rules(pool: Pool, gatekeeper: ComplianceService) -> None:
    """The explanation of an attempt names what failed, in words, with its source."""
    async with transaction(pool) as conn:
        await gatekeeper.store_rulebook(conn, now=NOON)
        contact = await add_person(conn, 1)
    await judge(pool, gatekeeper, contact, now=NOON - timedelta(hours=4))
    async with pool.connection() as conn:
        why = await gatekeeper.why(conn, "att_1")
        with pytest.raises(NotFound):
            await gatekeeper.why(conn, "att_9")
    assert why.headline.startswith("Not now: You can't call before 8:00 in Denver (now 7:00).")
    assert "12 CFR 1006.6(b)(1) (verified)" in why.text()


async def test_verdicts_are_listed_newest_first(pool: Pool, gatekeeper: ComplianceService) -> None:
    """Verdicts can be paged through and filtered."""
    async with pool.connection() as conn:
        contacts = [await add_person(conn, number) for number in range(4)]
        await hold(conn, contacts[3], "cease", None)
    await judge(pool, gatekeeper, *contacts)
    async with pool.connection() as conn:
        page = await gatekeeper.verdicts(conn, limit=2)
        rest = await gatekeeper.verdicts(conn, limit=5, after=page[-1].id)
        denied = await gatekeeper.verdicts(conn, decision=Decision.DENY)
        theirs = await gatekeeper.verdicts(conn, consumer_id=contacts[0].consumer_id)
        assert await gatekeeper.verdicts(conn, campaign_id=99) == []
    assert [v.contact.attempt_id for v in page + rest] == ["att_3", "att_2", "att_1", "att_0"]
    assert [v.contact.attempt_id for v in denied] == ["att_3"]
    assert [v.contact.attempt_id for v in theirs] == ["att_0"]


async def test_caller_ids_are_registered(pool: Pool, gatekeeper: ComplianceService) -> None:
    """A caller ID needs a real number, a proof and an attestation; only A is shown."""
    fine = CallerId("(202) 555-0123", "Desk", "carrier letter", "carrier", "B", True)
    async with pool.connection() as conn:
        contact = await add_person(conn, 1)
        await gatekeeper.callers.add(conn, fine, actor="person:1", now=NOON)
        listed = await gatekeeper.callers.all(conn)
        shown = ProposedContact(
            "att_7", contact.consumer_id, contact.account_ids, contact.contact_point_id,
            contact.number, contact.channel, "+12025550123",
        )  # fmt: skip
        verdict = await gatekeeper.preview(conn, shown, now=NOON)
        for number, proof, attestation in (
            ("123", "letter", "A"), ("+12025550124", " ", "A"), ("+12025550124", "letter", "D"),
        ):  # fmt: skip
            bad = CallerId(number, "x", proof, "carrier", attestation, True)
            with pytest.raises(Refusal):
                await gatekeeper.callers.add(conn, bad, actor="person:1", now=NOON)
    assert [c.number for c in listed] == [OURS, "+12025550123"]
    assert verdict.reason_code == "CID_NOT_OWNED"


async def test_loans_of_one_group_are_found_though_not_named(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """Accounts serviced under one number are one debt, also when a contact names one of them."""
    async with transaction(pool) as conn:
        contact = await add_person(conn, 1)
        first, second = contact.account_ids
        await conn.execute("UPDATE accounts.account SET servicing_group = 'edu'")
        only = replace(contact, account_ids=(first,))
        for day in range(7):
            at = NOON - timedelta(days=day, hours=5)
            await conn.execute(
                "INSERT INTO compliance.contact (attempt_id, consumer_id, account_ids, value,"
                " medium, direction, placed_at, local_dates, closed_at, reach) VALUES (%s, %s, %s,"
                " 'x', 'call', 'out', %s, %s, now(), 2)",
                (f"old_{day}", contact.consumer_id, [second], at, [at.date()]),
            )
    [verdict] = await judge(pool, gatekeeper, only)
    assert [a.siblings for a in verdict.facts.accounts] == [(second,)]
    assert "REGF_7IN7" in {f.reason_code for f in verdict.findings if not f.passed}
