"""Who is bound when something is published: us, in the roles we have."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from goodterms.compliance.model import Activation, Answer, Decision, Moment
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.sql import Pool, transaction

pytestmark = pytest.mark.postgres
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PLAN = Activation("campaign", "November", caller_ids=("+48221234567",))


async def _asked(pool: Pool, *roles: str) -> list[Answer]:
    async with transaction(pool) as conn:
        for number, role in enumerate(roles):
            await conn.execute(
                "INSERT INTO accounts.creditor (reference, name, spoken_name, our_role, created_at)"
                " VALUES (%s, 'C', 'C', %s, now())",
                (f"C{number}", role),
            )
        service = ComplianceService(load_rulebook())
        return await service.ask_everywhere(conn, Moment.PUBLISH, [PLAN], [("PL", "")], now=NOW)


@pytest.mark.parametrize(
    ("roles", "refused"),
    [((), True), (("collector",), True), (("creditor",), False), (("creditor", "collector"), True)],
)
async def test_licence_is_asked_of_collectors(
    pool: Pool, roles: tuple[str, ...], refused: bool
) -> None:
    """A creditor needs no licence as a servicer; who collects for anybody, or nobody yet, does."""
    [answer] = await _asked(pool, *roles)
    assert (answer.decision is Decision.DENY) is refused, answer.findings
    assert (answer.reason_code == "LICENCE_MISSING") is refused
