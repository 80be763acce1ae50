"""The migrated schema agrees with the code."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

import pytest

from goodterms.accounts.model import (
    AccountStatus,
    DebtKind,
    HoldKind,
    OurRole,
    PointStatus,
    Purpose,
    Relation,
)
from goodterms.arrangements.model import PromiseState
from goodterms.calls.model import AttemptState, Outcome, Phase
from goodterms.campaigns.model import CampaignState
from goodterms.compliance.model import Decision
from goodterms.dialing.model import DueState, Mode
from goodterms.kit.sql import Pool, Queries
from goodterms.ledger.model import Book, EntryKind
from goodterms.payments.model import PaymentChannel, PaymentState, RefundState
from goodterms.routing.model import AgentState

pytestmark = pytest.mark.postgres

CHECKED: list[tuple[str, str, type[StrEnum]]] = [
    ("accounts.account", "status", AccountStatus),
    ("accounts.hold", "kind", HoldKind),
    ("accounts.contact_point", "status", PointStatus),
    ("accounts.contact_point", "relation", Relation),
    ("accounts.consent", "purpose", Purpose),
    ("accounts.creditor", "our_role", OurRole),
    ("accounts.account", "debt_kind", DebtKind),
    ("arrangements.promise", "state", PromiseState),
    ("calls.attempt", "state", AttemptState),
    ("calls.attempt", "phase", Phase),
    ("calls.attempt", "outcome", Outcome),
    ("campaigns.campaign", "state", CampaignState),
    ("compliance.verdict", "decision", Decision),
    ("dialing.due_attempt", "state", DueState),
    ("dialing.policy", "mode", Mode),
    ("ledger.posting", "book", Book),
    ("ledger.entry", "kind", EntryKind),
    ("payments.payment", "state", PaymentState),
    ("payments.payment", "channel", PaymentChannel),
    ("payments.refund", "state", RefundState),
    ("routing.agent", "state", AgentState),
]
UTILITY = re.compile(r"(CREATE TEMP TABLE|TRUNCATE|COPY|ANALYZE|SET LOCAL|LOCK)\b")


@pytest.mark.parametrize(("table", "column", "enum"), CHECKED)
async def test_check_constraint_lists_the_enum(
    pool: Pool, table: str, column: str, enum: type[StrEnum]
) -> None:
    """A column holds exactly the states its life cycle knows."""
    async with pool.connection() as conn:
        rows = await (
            await conn.execute(
                "SELECT pg_get_constraintdef(c.oid) AS definition FROM pg_constraint c"
                " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
                " WHERE c.conrelid = %s::regclass AND c.contype = 'c' AND a.attname = %s",
                (table, column),
            )
        ).fetchall()
    listed = {v for row in rows for v in re.findall(r"'([a-z0-9_]+)'::text", row["definition"])}
    assert listed == {member.value for member in enum}


def _query_files() -> list[Path]:
    return sorted((Path(__file__).parents[2] / "src").rglob("queries.sql"))


@pytest.mark.parametrize("path", _query_files(), ids=lambda p: p.parent.name)
async def test_every_named_query_prepares(pool: Pool, path: Path) -> None:
    """Each named query is valid against the migrated schema."""
    texts = Queries(path)
    async with pool.connection() as conn:
        await conn.execute("CREATE TEMP TABLE staged (LIKE accounts.staged)")  # as a load does
        for name in texts:
            numbers: dict[str, int] = {}

            def place(match: re.Match[str], numbers: dict[str, int] = numbers) -> str:
                return f"${numbers.setdefault(match.group(1), len(numbers) + 1)}"

            text = re.sub(r"%\((\w+)\)s", place, texts[name]).replace("%%", "%")
            if UTILITY.match(re.sub(r"(?m)^--.*\n", "", text)):
                continue  # PostgreSQL prepares queries only
            await conn.execute(f"PREPARE {name} AS {text}")
            await conn.execute(f"DEALLOCATE {name}")
