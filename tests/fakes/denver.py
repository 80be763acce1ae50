"""People with debts and a telephone, written straight into the tables."""

from __future__ import annotations

from datetime import UTC, datetime

from goodterms.accounts.model import Channel
from goodterms.compliance.model import ProposedContact
from goodterms.kit.sql import Connection

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # 11:00 in Denver
OURS = "+12025550100"


async def add_person(conn: Connection, number: int) -> ProposedContact:
    """Write a consumer in Denver with two debts of 10.00 and one telephone; propose a call."""
    await conn.execute(
        "INSERT INTO accounts.creditor (reference, name, spoken_name, created_at)"
        " VALUES ('C', 'Creditor', 'Creditor', now()) ON CONFLICT DO NOTHING"
    )
    await conn.execute(
        "INSERT INTO accounts.placement (creditor_id, reference, placed_on, created_at)"
        " SELECT id, 'P', '2026-01-01', now() FROM accounts.creditor ON CONFLICT DO NOTHING"
    )
    await conn.execute(
        "INSERT INTO compliance.caller_id (number, name, proof, trunk, created_at,"
        " answered_ok_at, last_ok) VALUES (%s, 'Main', 'contract', 'carrier', now(), '2100-01-01',"
        " true) ON CONFLICT DO NOTHING",
        (OURS,),
    )
    row = await (
        await conn.execute(
            "INSERT INTO accounts.consumer (reference, given_name, family_name, region,"
            " address_zones, created_at, updated_at)"
            " VALUES (%s, 'Ann', 'Example', 'CO', '{America/Denver}', now(), now()) RETURNING id",
            (f"K{number}",),
        )
    ).fetchone()
    assert row
    consumer = row["id"]
    accounts = []
    for debt in range(2):
        found = await (
            await conn.execute(
                "INSERT INTO accounts.account (reference, creditor_id, placement_id, consumer_id,"
                " due_on, created_at, updated_at) SELECT %s, p.creditor_id, p.id, %s,"
                " '2026-01-01', now(), now() FROM accounts.placement p RETURNING id",
                (f"A{number}-{debt}", consumer),
            )
        ).fetchone()
        assert found
        accounts.append(found["id"])
        await set_balance(conn, found["id"], "10.00")
    phone = f"+1303555{number:04d}"
    point = await (
        await conn.execute(
            "INSERT INTO accounts.contact_point (consumer_id, kind, value, zones, source,"
            " created_at, updated_at)"
            " VALUES (%s, 'phone', %s, '{America/Denver}', 'test', now(), now()) RETURNING id",
            (consumer, phone),
        )
    ).fetchone()
    assert point
    return ProposedContact(
        f"att_{number}", consumer, tuple(accounts), point["id"], phone, Channel.CALL, OURS, 1
    )


async def set_balance(conn: Connection, account_id: int, total: str) -> None:
    """Write what is owed, as the ledger would."""
    await conn.execute(
        "INSERT INTO ledger.balance (account_id, currency, total, components, updated_at)"
        " VALUES (%s, 'USD', %s, '{}', now())"
        " ON CONFLICT (account_id) DO UPDATE SET total = excluded.total",
        (account_id, total),
    )


async def hold(conn: Connection, contact: ProposedContact, kind: str, account: int | None) -> None:
    """Write a hold in force."""
    await conn.execute(
        "INSERT INTO accounts.hold (consumer_id, account_id, kind, source, release_rule,"
        " placed_by, placed_at) VALUES (%s, %s, %s, 'letter', 'by hand', 'person:1', now())",
        (contact.consumer_id, account, kind),
    )


def again(contact: ProposedContact, attempt_id: str) -> ProposedContact:
    """Propose the same contact once more."""
    return ProposedContact(
        attempt_id, contact.consumer_id, contact.account_ids, contact.contact_point_id,
        contact.number, contact.channel, contact.caller_id, contact.campaign_id,
    )  # fmt: skip
