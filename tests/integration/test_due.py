"""Tasks on real PostgreSQL: recorded by contacts, derived by the job, closed by facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.fakes.centre import MONDAY, Centre
from tests.fakes.web import browser, make_web, program, sign_in

from goodterms.access.model import Role, Scope
from goodterms.calls.model import Disposition, Outcome
from goodterms.compliance.jobs import renew_tasks
from goodterms.compliance.model import Task, TaskKind
from goodterms.kit.clock import SetClock
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres


async def talked(centre: Centre) -> tuple[int, int]:
    """Let one call lead to a conversation; return consumer and account."""
    campaign = await centre.open(1)
    await centre.agent("zoe", MONDAY)
    policy = await centre.policy(campaign)
    async with transaction(centre.pool) as conn:
        await centre.dialing.decide_next(conn, policy, 1, node="sim", now=MONDAY)
    [attempt] = await centre.rows("SELECT id, consumer_id, account_ids FROM calls.attempt")
    async with transaction(centre.pool) as conn:
        await centre.calls.place(conn, attempt["id"], now=MONDAY)
        await centre.calls.end(conn, attempt["id"], Outcome.CONVERSATION, now=MONDAY)
        await centre.calls.dispose(
            conn, attempt["id"], Disposition.CALL_BACK, actor="person:1", now=MONDAY
        )
    return attempt["consumer_id"], attempt["account_ids"][0]


async def listed(centre: Centre, *, done: bool = False) -> list[Task]:
    """Give the tasks that are open, or done."""
    async with centre.pool.connection() as conn:
        return await centre.due.tasks(conn, done=done)


async def renew(centre: Centre, now: datetime) -> int:
    """Run the job at an instant."""
    return await renew_tasks(centre.pool, centre.due, SetClock(now))


async def record(
    centre: Centre, kind: str, about: tuple[int, int], on: date, now: datetime, **data: object
) -> None:
    """Record a fact about an account."""
    async with transaction(centre.pool) as conn:
        await centre.accounts.record_circumstance(
            conn, about[0], kind, account_id=about[1], on=on, data=data, source="test",
            actor="person:1", now=now,
        )  # fmt: skip


async def test_conversation_makes_the_notice_due_until_it_is_sent(pool: Pool) -> None:
    """A closed conversation is on record; the notice is due in five days, and done once sent."""
    centre = Centre(pool)
    consumer, account = await talked(centre)
    kinds = await centre.rows(
        "SELECT kind, account_id, source, held_on FROM accounts.circumstance ORDER BY id"
    )
    assert [row["kind"] for row in kinds] == [
        "first_contact", "initial_communication", "first_conversation",
    ]  # fmt: skip
    assert kinds[1]["source"].startswith("attempt:")
    [task] = await listed(centre)  # at once, in the transaction of the disposition
    assert await renew(centre, MONDAY) == 1
    assert [one.id for one in await listed(centre)] == [task.id]
    assert (task.kind, task.account_id, task.due_on) == (
        TaskKind.VALIDATION_NOTICE, account, kinds[1]["held_on"] + timedelta(days=5),
    )  # fmt: skip
    later = MONDAY + timedelta(hours=1)
    await record(centre, "notice", (consumer, account), MONDAY.date(), later, notice="validation")
    assert await renew(centre, later + timedelta(seconds=5)) == 1
    assert await listed(centre) == []
    [closed] = await listed(centre, done=True)
    assert (closed.id, closed.done_at) == (task.id, later + timedelta(seconds=5))


async def test_second_conversation_changes_nothing(pool: Pool) -> None:
    """The first communication stays the first: the next contact does not move its date."""
    centre = Centre(pool)
    consumer, account = await talked(centre)
    now = MONDAY + timedelta(days=10)
    await record(
        centre, "initial_communication", (consumer, account), now.date(), now, medium="sms"
    )
    await renew(centre, now)
    [task] = await listed(centre)
    assert task.due_on == MONDAY.date() + timedelta(days=5)


async def test_accrual_dates_the_limitation(pool: Pool) -> None:
    """A claim's accrual becomes the day from which on nobody may sue, by the state's row."""
    centre = Centre(pool)
    consumer, account = await talked(centre)
    await centre.rows("UPDATE accounts.consumer SET region = 'CA' RETURNING id")
    await record(
        centre, "claim_accrued", (consumer, account), date(2022, 5, 10), MONDAY, contract="oral"
    )
    await renew(centre, MONDAY)
    barred = "SELECT held_on, data FROM accounts.circumstance WHERE kind = 'time_barred_on'"
    [row] = await centre.rows(barred + " AND ended_at IS NULL")
    assert row["held_on"] == date(2024, 5, 11)
    await renew(centre, MONDAY + timedelta(minutes=1))
    assert len(await centre.rows(barred)) == 1
    await record(
        centre, "claim_accrued", (consumer, account), date(2023, 5, 10), MONDAY, contract="oral"
    )
    await renew(centre, MONDAY + timedelta(minutes=2))
    [row] = await centre.rows(barred + " AND ended_at IS NULL")
    assert row["held_on"] == date(2025, 5, 11)


async def test_records_of_an_ended_account_may_be_erased_after_three_years(pool: Pool) -> None:
    """Once a day everybody is looked at; three years after the last activity erasure is due."""
    centre = Centre(pool)
    await talked(centre)
    await centre.rows(
        "UPDATE accounts.account SET status = 'closed', updated_at = %s RETURNING id", MONDAY
    )
    await renew(centre, MONDAY + timedelta(days=30))
    assert await listed(centre) == []
    await renew(centre, datetime(2030, 1, 1, tzinfo=UTC))
    [task] = await listed(centre)
    assert (task.kind, task.rule_id) == (TaskKind.ERASE, "REGF-RET-1")


async def test_tasks_are_read_by_page_and_program(pool: Pool) -> None:
    """The list stands under Audit, with filters and CSV, and the API gives the same."""
    centre = Centre(pool)
    consumer, account = await talked(centre)
    await renew(centre, MONDAY)
    web = make_web(pool, clock=SetClock(MONDAY + timedelta(days=9)))
    async with browser(web) as client:
        await sign_in(web, client, Role.COMPLIANCE, username="cora")
        shown = await client.get("/audit/tasks")
        assert shown.status_code == 200
        assert "Validation notice" in shown.text
        assert "Overdue" in shown.text
        assert f'href="/accounts/{account}"' in shown.text
        none = await client.get("/audit/tasks?kind=report")
        assert "No task matches" in none.text
        assert "Nothing is due" not in none.text
        table = await client.get("/audit/tasks?format=csv")
        assert table.text.splitlines()[1].split(",")[2] == "validation_notice"
        assert (await client.get("/audit/tasks?after=x&kind=no")).status_code == 200
    async with pool.connection() as conn:
        [task] = await web.due.tasks(conn, kind=TaskKind.VALIDATION_NOTICE, consumer_id=consumer)
        assert await web.due.tasks(conn, after=task.id) == []
        early = task.due_on - timedelta(days=1)
        assert await web.due.tasks(conn, due_until=early) == []


async def test_program_asks_whether_to_report_and_to_erase(pool: Pool) -> None:
    """Reporting and erasure are answered by the rules, with reasons and the earliest instant."""
    centre = Centre(pool)
    consumer, account = await talked(centre)
    web = make_web(pool, clock=SetClock(MONDAY + timedelta(days=1)))
    async with await program(web, Scope.DECISIONS_READ) as client:
        report = f"/accounts/{account}/reporting"
        refused = (await client.get(report)).json()
        assert (refused["decision"], refused["reason_code"]) == ("deny", "REPORT_TOO_OLD")
        await record(centre, "first_delinquency", (consumer, account), date(2026, 1, 5), MONDAY)
        allowed = (await client.get(report)).json()
        assert (allowed["decision"], allowed["obligations"]) == ("allow", [])
        kept = (await client.get(f"/consumers/{consumer}/erasure")).json()
        assert (kept["decision"], kept["reason_code"]) == ("defer", "RETENTION")
        assert kept["earliest_allowed_at"] == "2029-11-25T07:00:00Z"
        found = (await client.get("/tasks")).json()
        assert [task["kind"] for task in found["tasks"]] == ["validation_notice"]
        assert found["next"] is None
        notice = f"/accounts/{account}/validation-notice"
        shown = (await client.get(notice, params={"sent_on": "2026-11-25"})).json()
        assert shown["dates"] == {
            "sent_on": "2026-11-25", "due_on": "2026-11-28", "assumed_receipt": "2026-12-03",
            "dispute_until": "2027-01-02",
        }  # fmt: skip
        assert shown["total"] == {"amount": "100.00", "currency": "USD"}
        assert shown["amount"] == shown["total"]
        assert (await client.get("/accounts/999/reporting")).status_code == 404
