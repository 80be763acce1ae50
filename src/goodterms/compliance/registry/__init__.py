"""The registry of caller IDs: owned with proof, tested, offered to campaigns, retired."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from goodterms.compliance.decide.callers import Line, Person, Shown, choose
from goodterms.compliance.decide.places import is_jurisdiction
from goodterms.compliance.model import CallerId, CallerTest
from goodterms.compliance.registry import store
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.phone import PhoneError, parse_phone
from goodterms.kit.sql import Connection

TEST_EVERY = timedelta(hours=20)
"""A number is tested again so long after its last good test, so that a day never passes without."""
TEST_AGAIN = timedelta(minutes=15)
"""After a test that failed, the next try."""
_LEASE = timedelta(minutes=3)
_ATTESTATIONS = ("A", "B", "C")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a choice looks at: the numbers by name, and what each person was shown last."""

    lines: dict[str, Line]
    shown: dict[int, Shown]

    def chosen(self, numbers: Sequence[str]) -> list[Line]:
        """Return the lines of numbers; one that is not registered is not usable."""
        return [self.lines.get(number) or Line(number, usable=False) for number in numbers]


class CallerRegistry:
    """The numbers we own. ``days`` is how far back the rules look at what people were shown."""

    def __init__(self, days: int) -> None:
        self._looks_back = timedelta(days=days)

    async def all(self, conn: Connection) -> list[CallerId]:
        """List the registered numbers, those in use first, by pool."""
        return await store.callers(conn)

    async def add(
        self, conn: Connection, caller: CallerId, *, actor: str, now: datetime
    ) -> CallerId:
        """Register a number we own, or replace what is known of it; its test is due at once.

        Raises:
            Refusal: the number is none, no proof is given, or a field cannot be read.
        """
        try:
            number = parse_phone(caller.number).e164
        except PhoneError as error:
            raise Refusal("CALLER_ID_NUMBER", str(error), field="number") from error
        checked = replace(caller, number=number, region=caller.region.strip().upper())
        _check(checked)
        await store.put(conn, checked, actor, now)
        return checked

    async def retire(self, conn: Connection, number: str, *, actor: str) -> None:
        """Take a number out of use: it is shown to nobody from now on, and kept on record.

        Raises:
            NotFound: it is not registered.
        """
        if not await store.retire(conn, number, actor):
            raise _unknown(number)

    async def ask_test(self, conn: Connection, number: str, *, now: datetime) -> None:
        """Ask that a number is called back as soon as a node can.

        Raises:
            NotFound: no number in use is registered so.
        """
        if not await store.ask_test(conn, number, now):
            raise _unknown(number)

    async def tests(self, conn: Connection, number: str, *, limit: int = 20) -> list[CallerTest]:
        """List what came of a number's tests, the latest first."""
        return await store.tests(conn, number, limit)

    async def take_tests(
        self, conn: Connection, *, now: datetime, limit: int = 5
    ) -> list[tuple[str, str]]:
        """Take numbers that are due for their test, each with its trunk; nobody else takes them.

        Due is what was asked for, was never found to answer, failed, or answered last 20 hours
        ago.
        """
        return await store.claim_tests(
            conn, now=now, old=now - TEST_EVERY, lease_until=now + _LEASE, limit=limit
        )

    async def record_test(self, conn: Connection, test: CallerTest) -> None:
        """Keep what came of a test; from now on the gate goes by it.

        Raises:
            NotFound: the number is not registered.
        """
        if not await store.record_test(conn, test, test.at + TEST_AGAIN):
            raise _unknown(test.number)

    async def greetings(self, conn: Connection) -> dict[str, str]:
        """Give the prompt that callers to each number in use hear."""
        return await store.greetings(conn)

    async def offer(
        self,
        conn: Connection,
        numbers: Sequence[str],
        consumer_ids: Sequence[int],
        *,
        now: datetime,
    ) -> Offer:
        """Give what a choice among numbers for people looks at, in one trip to the database."""
        found = await store.offered(conn, numbers, consumer_ids, now - self._looks_back)
        return Offer(*found)

    async def number_for(
        self, conn: Connection, consumer_id: int, *, now: datetime
    ) -> tuple[str | None, str]:
        """Choose the number for a call by hand, and say why: the person's own among all in use."""
        ours = [caller.number for caller in await self.all(conn) if caller.active]
        offer = await self.offer(conn, ours, [consumer_id], now=now)
        person = Person(consumer_id, offer.shown.get(consumer_id))
        return choose("sticky", offer.chosen(ours), person, 0, now)


def _unknown(number: str) -> NotFound:
    return NotFound("CALLER_ID_UNKNOWN", f"{number} is not a registered number of ours in use.")


def _check(caller: CallerId) -> None:
    if not caller.proof.strip():
        raise Refusal(
            "CALLER_ID_PROOF", f"Say how {caller.number} is known to be ours.", field="proof"
        )
    if caller.attestation not in _ATTESTATIONS:
        raise Refusal(
            "CALLER_ID_ATTESTATION", "Write the attestation A, B or C.", field="attestation"
        )
    if caller.region and not is_jurisdiction(caller.region):
        raise Refusal(
            "CALLER_ID_REGION", "Write where it seems to be as US-NY or GB.", field="region"
        )
    for field in ("pool", "greeting"):
        if not _NAME.fullmatch(getattr(caller, field)):
            raise Refusal(
                f"CALLER_ID_{field.upper()}",
                f"The {field} is a name: a-z, 0-9, - and _, at most 40.",
                field=field,
            )
