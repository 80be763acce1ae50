"""The chain of decisions, and history judged again, on a real database."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.contacts import US
from tests.fakes.denver import NOON, OURS, add_person, again

from goodterms.compliance.decide.rows import make_rulebook
from goodterms.compliance.evidence import EvidenceService
from goodterms.compliance.model import Moment, ProposedContact, ProposedPayment, Verdict
from goodterms.compliance.service import ComplianceService
from goodterms.kit.places import shipped
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres


@pytest.fixture
def gatekeeper() -> ComplianceService:
    """Give the service with the rulebook that ships."""
    return ComplianceService(US)


async def decided(pool: Pool, gatekeeper: ComplianceService, people: int) -> list[Verdict]:
    """Judge one call to each of so many people."""
    async with transaction(pool) as conn:
        contacts = [await add_person(conn, number) for number in range(1, people + 1)]
        await gatekeeper.store_rulebook(conn, now=NOON)
        return await gatekeeper.judge(conn, contacts, now=NOON)


async def seal(pool: Pool) -> int:
    """Seal twice: what was committed before the first time is sealed at the second."""
    sealed = 0
    for _ in range(2):
        async with transaction(pool) as conn:
            sealed += await EvidenceService().seal(conn, now=NOON)
    return sealed


async def breaks(pool: Pool) -> tuple[str, ...]:
    """Say what does not fit."""
    async with pool.connection() as conn:
        return (await EvidenceService().verify(conn)).breaks


async def execute(pool: Pool, text: str) -> None:
    """Tamper with the tables."""
    async with pool.connection() as conn:
        await conn.execute(text.encode())


async def test_decisions_are_sealed_in_order(pool: Pool, gatekeeper: ComplianceService) -> None:
    """Sealed decisions are counted once, and the chain goes on where it ended."""
    await decided(pool, gatekeeper, 3)
    assert await seal(pool) == 3
    assert await seal(pool) == 0
    async with pool.connection() as conn:
        report = await EvidenceService().verify(conn)
    assert (report.decisions, report.unsealed, report.breaks) == (3, 0, ())
    assert report.seals >= 1
    assert len(report.heads["verdict"]) == 64


async def test_the_first_decision_is_sealed_although_it_was_looked_for_before(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """Sealing begins on an empty product; what is decided first afterwards is in the chain."""
    assert await seal(pool) == 0
    await decided(pool, gatekeeper, 1)
    assert await seal(pool) == 1
    async with pool.connection() as conn:
        report = await EvidenceService().verify(conn)
    assert (report.decisions, report.unsealed, report.breaks) == (1, 0, ())


async def test_a_decision_still_being_written_is_not_skipped(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """While an older decision is not committed, no later one is sealed; then both are."""
    async with transaction(pool) as conn:
        first, second = [await add_person(conn, number) for number in (1, 2)]
    async with pool.connection() as slow, slow.transaction():
        await gatekeeper.judge(slow, [first], now=NOON)
        async with transaction(pool) as quick:
            await gatekeeper.judge(quick, [second], now=NOON)
        assert await seal(pool) == 0
    assert await seal(pool) == 2
    assert await breaks(pool) == ()


@pytest.mark.parametrize(
    ("tampering", "says"),
    [
        ("UPDATE compliance.verdict SET reason_code = 'DAY_CAP' WHERE id = {id}", "was changed"),
        ("UPDATE compliance.verdict SET facts = '{{}}'::json WHERE id = {id}", "was changed"),
        ("DELETE FROM compliance.verdict WHERE id = {id}", "there are 2"),
        ("UPDATE compliance.seal SET digest = 'x'", "does not fit"),
        ("UPDATE compliance.seal SET number = 3", "does not follow"),
    ],
)
async def test_tampering_is_found(
    pool: Pool, gatekeeper: ComplianceService, tampering: str, says: str
) -> None:
    """A decision that was changed or taken out, or a seal that was, does not go unnoticed."""
    verdicts = await decided(pool, gatekeeper, 3)
    await seal(pool)
    await execute(pool, tampering.format(id=verdicts[1].id))
    assert any(says in text for text in await breaks(pool))


async def test_a_changed_decision_with_a_new_digest_breaks_its_seal(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """Who changes a decision and its digest still does not get past the seal."""
    verdicts = await decided(pool, gatekeeper, 2)
    await seal(pool)
    await execute(
        pool,
        f"UPDATE compliance.verdict SET digest = repeat('0', 64) WHERE id = {verdicts[0].id}",
    )
    assert any("does not fit" in text for text in await breaks(pool))


async def test_history_replays_to_the_same_bytes(pool: Pool, gatekeeper: ComplianceService) -> None:
    """Allowed and refused alike come out the same by the rulebook of their time."""
    await decided(pool, gatekeeper, 2)
    async with transaction(pool) as conn:
        refused = again(await add_person(conn, 3), "att_late")
        night = NOON + timedelta(hours=12)
        await gatekeeper.judge(conn, [refused], now=night)
    async with pool.connection() as conn:
        report = await EvidenceService().replay(conn)
        assert (report.judged, report.same, report.unreadable) == (3, 3, 0)
        later = await EvidenceService().replay(conn, since=NOON + timedelta(hours=1))
        assert later.judged == 1


async def test_another_rulebook_shows_what_it_would_have_refused(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """Tighter hours refuse the calls at eleven; the money that followed them is named."""
    [first, *_] = await decided(pool, gatekeeper, 3)
    tighter = make_rulebook(
        replace(rule, params={**rule.params, "from": "12:00"}) if rule.id == "HOUSE-HOURS" else rule
        for rule in US.rules
    )
    await pay(pool, first.contact, "7.50")
    async with pool.connection() as conn:
        report = await EvidenceService().replay(conn, rulebook=tighter)
        assert report.changes == {("allow ALLOWED", "defer TIME_OUTSIDE"): 3}
        assert len(report.examples) == 3
        found = await EvidenceService().compare(conn, US, tighter, since=NOON)
    assert (found.judged, found.before_allowed, found.after_allowed) == (3, 3, 0)
    [reason] = found.reasons
    assert (reason.reason_code, reason.newly, reason.no_longer) == ("TIME_OUTSIDE", 3, 0)
    assert {code: str(amount) for code, amount in reason.money.items()} == {"USD": "7.5000"}


async def pay(pool: Pool, contact: ProposedContact, amount: str) -> None:
    """Post a payment on the contact's first account an hour later, as the ledger would."""
    async with transaction(pool) as conn:
        row = await (
            await conn.execute(
                "INSERT INTO ledger.entry (account_id, kind, effective_on, posted_at, cause,"
                " actor) VALUES (%s, 'payment', '2026-11-24', %s, 'payment:x', 'test')"
                " RETURNING id",
                (contact.account_ids[0], NOON + timedelta(hours=1)),
            )
        ).fetchone()
        assert row
        await conn.execute(
            "INSERT INTO ledger.posting (entry_id, account_id, book, amount)"
            " VALUES (%(id)s, %(account)s, 'cash', %(amount)s::numeric),"
            " (%(id)s, %(account)s, 'principal', -%(amount)s::numeric)",
            {"id": row["id"], "account": contact.account_ids[0], "amount": amount},
        )


async def goodterms(*arguments: str, url: str, home: Path) -> tuple[int, str]:
    """Run the program as a person would; return its exit code and all it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GOODTERMS_")}
    environment |= {
        "GOODTERMS_HOME": str(home), "GOODTERMS_DATABASE_URL": url, "COLUMNS": "200",
    }  # fmt: skip
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "goodterms", *arguments, cwd=home, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await running.communicate()
    text = output.decode()
    assert "Traceback" not in text, text
    assert running.returncode is not None
    return running.returncode, text


@pytest.mark.timeout(600)  # ten programs are started, one after another
async def test_the_auditors_commands(
    pool: Pool, database_url: str, gatekeeper: ComplianceService, tmp_path: Path
) -> None:
    """Verify, replay, list and export answer by exit code and in words."""
    await decided(pool, gatekeeper, 2)
    await seal(pool)
    code, said = await goodterms("audit", "verify", url=database_url, home=tmp_path)
    assert (code, "2 decisions are as they were made" in said) == (0, True), said
    head = said.split("Head of the chain of decisions: ")[1].split()[0]
    code, said = await goodterms(
        "audit", "verify", "--expect", head, url=database_url, home=tmp_path
    )
    assert code == 0, said
    code, said = await goodterms(
        "audit", "verify", "--expect", "0", url=database_url, home=tmp_path
    )
    assert (code, "No seal has the digest 0" in said) == (1, True)
    code, said = await goodterms("audit", "replay", "--json", url=database_url, home=tmp_path)
    assert code == 0, said
    assert json.loads(said[said.index("{") :])["same"] == 2
    code, said = await goodterms("audit", "rulebooks", url=database_url, home=tmp_path)
    assert US.hash in said
    code, said = await goodterms("audit", "pack", "K1", url=database_url, home=tmp_path)
    assert code == 0, said
    folder = tmp_path / "audit-K1"
    index = (folder / "index.html").read_text()
    assert "Ann Example" in index
    assert OURS not in index or "Shown" in index
    assert len(list((folder / "decisions").glob("*.html"))) == 1
    assert "index.html" in (folder / "SHA256SUMS").read_text()
    code, said = await goodterms("audit", "pack", "K1", url=database_url, home=tmp_path)
    assert (code, "is not empty" in said) == (2, True)
    code, said = await goodterms("audit", "pack", "nobody", url=database_url, home=tmp_path)
    assert (code, "There is no consumer nobody" in said) == (2, True)
    await execute(pool, "UPDATE compliance.verdict SET decision = 'deny'")
    code, said = await goodterms("audit", "verify", url=database_url, home=tmp_path)
    assert (code, "was changed after it was made" in said) == (1, True)
    code, said = await goodterms("audit", "replay", url=database_url, home=tmp_path)
    assert code == 1


@pytest.mark.timeout(300)  # it starts programs
async def test_why_answers_for_an_account_at_any_time(
    pool: Pool, database_url: str, gatekeeper: ComplianceService, tmp_path: Path
) -> None:
    """In the past the last decision by then, before that nothing, later what would be."""
    await decided(pool, gatekeeper, 1)

    async def why(*arguments: str) -> tuple[int, str]:
        return await goodterms("why", *arguments, url=database_url, home=tmp_path)

    code, said = await why("A1-0", "--at", "2026-11-24T19:00")
    assert (code, "Allowed: every rule" in said) == (0, True), said
    code, said = await why("A1-0", "--at", "2026-11-24T17:00")
    assert (code, "nothing had been decided about A1-0" in said) == (0, True), said
    code, said = await why("A1-0", "--at", "2036-11-24 07:00")
    assert (code, "You can't call" in said) == (0, True), said
    code, said = await why("att_1")
    assert (code, "Allowed: every rule" in said) == (0, True), said


@pytest.mark.timeout(300)  # it starts programs
async def test_why_answers_for_a_campaign(
    pool: Pool, database_url: str, gatekeeper: ComplianceService, tmp_path: Path
) -> None:
    """Why nobody was called is a table of reasons; without any, it says so."""
    await decided(pool, gatekeeper, 2)
    await execute(
        pool,
        "INSERT INTO campaigns.campaign (name, state, settings, created_by, created_at)"
        " VALUES ('Autumn', 'paused', '{}', 'test', now())",
    )
    code, said = await goodterms(
        "why", "Autumn", "--at", "2026-11-24T20:00", url=database_url, home=tmp_path
    )
    assert code == 0, said
    assert "Autumn is paused." in said
    assert "ALLOWED: Every rule" in said
    code, said = await goodterms(
        "why", "Autumn", "--at", "2026-11-20T20:00", url=database_url, home=tmp_path
    )
    assert (code, "The gate was not asked" in said) == (0, True), said


async def test_answers_at_other_moments_are_chained_too(
    pool: Pool, gatekeeper: ComplianceService
) -> None:
    """What the rules said of a payment is sealed like a contact, and cannot be changed either."""
    payment = ProposedPayment(1, 1000, "USD", "debit", "agent")
    async with transaction(pool) as conn:
        contact = await add_person(conn, 1)
        await gatekeeper.ask(
            conn, Moment.PAY, payment, consumer_id=contact.consumer_id,
            account_ids=contact.account_ids, subject_id="pay_1", now=NOON,
        )  # fmt: skip
    await execute(pool, "UPDATE compliance.answer SET reason_code = reason_code || '!'")
    changed = "Answer 1 (PAY pay_1) was changed after it was made."
    assert await breaks(pool) == (changed,)  # found although it is not sealed yet
    await execute(pool, "UPDATE compliance.answer SET reason_code = rtrim(reason_code, '!')")
    assert await seal(pool) == 1
    assert await breaks(pool) == ()
    await execute(pool, "UPDATE compliance.answer SET reason_code = 'OTHER'")
    assert await breaks(pool) == (changed,)


@pytest.mark.timeout(300)  # it starts programs
async def test_two_rulebooks_are_compared_on_the_terminal(
    pool: Pool, database_url: str, gatekeeper: ComplianceService, tmp_path: Path
) -> None:
    """A folder of rows against a kept rulebook, by reason; a wrong name is one sentence."""
    await decided(pool, gatekeeper, 2)
    folder = tmp_path / "tighter"
    shutil.copytree(shipped("rulebook"), folder, ignore=shutil.ignore_patterns("policy"))
    hours = folder / "house" / "hours.yaml"
    hours.write_text(hours.read_text().replace('{from: "08:00"', '{from: "12:00"'))
    code, said = await goodterms(
        "rulebook", "diff", US.hash[:16], str(folder), "--since", "2026-11-01",
        url=database_url, home=tmp_path,
    )  # fmt: skip
    assert code == 0, said
    assert "2 contacts: 2 allowed before, 0 after." in said
    assert "TIME_OUTSIDE" in said
    code, said = await goodterms(
        "rulebook", "diff", "nothing", str(folder), "--since", "2026-11-01",
        url=database_url, home=tmp_path,
    )  # fmt: skip
    assert (code, "'nothing' is no folder of rules" in said) == (2, True), said
