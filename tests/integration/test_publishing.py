"""Overlays on real PostgreSQL: one writes, another decides, every process takes it up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.fakes.denver import NOON, add_person

from goodterms.compliance.model import Decision
from goodterms.compliance.publishing import content_hash
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres

LAW = load_rulebook()
OVERLAY = """\
- id: OWN-HOURS
  version: 1
  title: "We call from noon on"
  jurisdiction: US
  valid_from: 2026-01-01
  valid_to: null
  recorded_at: 2026-11-22T00:00:00Z
  moments: [LOAD, PREDIAL]
  predicate: local_hours
  params: {from: "12:00", until: "20:00"}
  reason_code: TIME_OUTSIDE
  citation: "house policy"
  evidence: design
  tightens: REGF-TIME-1
  signed_by: null
"""


async def _judged(pool: Pool, service: ComplianceService, contact_of: int) -> tuple[Decision, str]:
    async with transaction(pool) as conn:
        contact = await add_person(conn, contact_of)
        await service.store_rulebook(conn, now=NOON)
        [verdict] = await service.judge(conn, [contact], now=NOON)
        assert await service.verify(conn, verdict.id or 0)
        return verdict.decision, verdict.rulebook_hash


async def test_overlay_is_taken_up_by_running_processes(pool: Pool) -> None:
    """What another person published decides in every process at once, without a restart."""
    writer, engine = ComplianceService(LAW), ComplianceService(LAW)
    decision, law_hash = await _judged(pool, engine, 1)
    assert (decision, law_hash) == (Decision.ALLOW, LAW.hash)
    async with transaction(pool) as conn:
        made = await writer.publishing.propose(conn, OVERLAY, note="calm", author="ann", now=NOON)
    assert (await _judged(pool, engine, 2))[0] is Decision.ALLOW, "proposed is not published"
    async with transaction(pool) as conn:
        await writer.publishing.publish(conn, made.id, digest=made.hash, by="bob", now=NOON)
    decision, strict_hash = await _judged(pool, engine, 3)
    assert decision is Decision.DEFER
    assert strict_hash not in {LAW.hash, ""}

    async with transaction(pool) as conn:
        back = await writer.publishing.propose_again(conn, content_hash(()), author="bob", now=NOON)
        later = NOON + timedelta(minutes=1)
        await writer.publishing.publish(conn, back.id, digest=back.hash, by="ann", now=later)
    assert await _judged(pool, engine, 4) == (Decision.ALLOW, LAW.hash)
    async with transaction(pool) as conn:
        again = await writer.publishing.propose_again(conn, made.hash, author="ann", now=later)
        later += timedelta(minutes=1)
        await writer.publishing.publish(conn, again.id, digest=made.hash, by="bob", now=later)
    assert await _judged(pool, engine, 5) == (Decision.DEFER, strict_hash)
    async with pool.connection() as conn:
        history = await writer.publishing.history(conn)
    assert [(one.state, one.author) for one in history] == [
        ("published", "ann"), ("published", "bob"), ("published", "ann"),
    ]  # fmt: skip


async def test_author_does_not_decide(pool: Pool) -> None:
    """Whoever wrote an overlay can neither publish nor reject it; somebody else can."""
    service = ComplianceService(LAW).publishing
    async with transaction(pool) as conn:
        made = await service.propose(conn, OVERLAY, note="", author="ann", now=NOON)
        with pytest.raises(Refusal, match="does not decide"):
            await service.publish(conn, made.id, digest=made.hash, by="ann", now=NOON)
        with pytest.raises(Refusal, match="does not decide"):
            await service.reject(conn, made.id, reason="no", by="ann", now=NOON)
        with pytest.raises(Refusal, match="Say why"):
            await service.reject(conn, made.id, reason=" ", by="bob", now=NOON)
        with pytest.raises(Conflict, match="has the hash"):
            await service.publish(conn, made.id, digest="other", by="bob", now=NOON)
        done = await service.reject(conn, made.id, reason="too strict", by="bob", now=NOON)
        assert (done.state, done.decided_by, done.reason) == ("rejected", "bob", "too strict")
        with pytest.raises(Conflict, match="is rejected"):
            await service.publish(conn, made.id, digest=made.hash, by="bob", now=NOON)
        assert await service.in_force(conn) is None


async def test_only_what_tightens_is_proposed(pool: Pool) -> None:
    """A looser row, the same rows twice and what is in force already are refused with words."""
    service = ComplianceService(LAW).publishing
    async with transaction(pool) as conn:
        with pytest.raises(Refusal, match="loosens REGF-TIME-1"):
            await service.propose(
                conn, OVERLAY.replace("20:00", "22:00"), note="", author="ann", now=NOON
            )
        with pytest.raises(Conflict, match="in force already"):
            await service.propose(conn, "# nothing\n", note="", author="ann", now=NOON)
        await service.propose(conn, OVERLAY, note="", author="ann", now=NOON)
        with pytest.raises(Conflict, match="proposed already"):
            await service.propose(conn, f"# again\n{OVERLAY}", note="", author="bob", now=NOON)
        with pytest.raises(NotFound):
            await service.propose_again(conn, "no-hash", author="ann", now=NOON)
        with pytest.raises(NotFound):
            await service.publish(conn, 999, digest="", by="bob", now=NOON)
