"""What people ask for who call one of our numbers."""

from __future__ import annotations

from datetime import datetime

import structlog

from goodterms.accounts.model import Channel, ConsentState
from goodterms.accounts.service import AccountService
from goodterms.kit.phone import PhoneError, parse_phone
from goodterms.kit.sql import Connection

log = structlog.get_logger(__name__)


async def stop_calls(
    accounts: AccountService, conn: Connection, caller: str, number: str, *, now: datetime
) -> list[int]:
    """Stop calls to whoever pressed the key after calling our ``number``; return who that is.

    At the number they called from, for everybody who has it. A number nobody here has, or one
    that was withheld, changes nothing.
    """
    try:
        value = parse_phone(caller).e164
    except PhoneError:
        log.info("dialing.stop_without_number", number=number)
        return []
    people = await accounts.people_at(conn, "phone", value)
    for consumer_id in people:
        for point in await accounts.contact_points(conn, consumer_id):
            if point.value == value:
                await accounts.record_consent(
                    conn, consumer_id, point.id, Channel.CALL, ConsentState.REVOKED,
                    source=f"pressed the key when calling {number}", actor="system:engine",
                    now=now,
                )  # fmt: skip
    return people
