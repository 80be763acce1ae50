"""The organisation's licences to collect: recorded with their number, ended with a reason."""

from __future__ import annotations

from datetime import date, datetime

from goodterms.compliance import store
from goodterms.compliance.decide.places import read_code
from goodterms.compliance.model.licences import Licence
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Connection

_LONGEST = 200


class LicenceKeeper:
    """Keeps the licences that facts are loaded with; an ended one stays on record."""

    async def licences(self, conn: Connection) -> list[Licence]:
        """List all licences, those in force first, by place."""
        return await store.list_licences(conn)

    async def add_licence(
        self,
        conn: Connection,
        place: str,
        number: str,
        valid_until: date | None,
        *,
        actor: str,
        now: datetime,
    ) -> Licence:
        """Record a licence; it takes the place of the one in force there.

        Raises:
            Refusal: the place is none, the number is missing, or its last day is over.
        """
        found = read_code(place)
        number = " ".join(number.split())
        if not found or not _readable(found[-1]):
            words = f"{place!r} is no place: write a code such as US, US-MA, US-NYC or PL."
            raise Refusal("LICENCE_PLACE", words, field="place")
        if not 0 < len(number) <= _LONGEST:
            raise Refusal("LICENCE_NUMBER", "Enter the licence's number.", field="number")
        if valid_until is not None and valid_until < now.date():
            words = f"{valid_until.isoformat()} is over: give the last day of the licence in force."
            raise Refusal("LICENCE_OVER", words, field="valid_until")
        values = {
            "place": found[-1], "number": number, "valid_until": valid_until, "actor": actor,
            "now": now,
        }  # fmt: skip
        return await store.add_licence(conn, values)

    async def end_licence(
        self, conn: Connection, licence_id: int, *, reason: str, actor: str, now: datetime
    ) -> Licence:
        """End a licence, with the reason why.

        Raises:
            NotFound: there is none with this number in force.
            Refusal: the reason is empty.
        """
        reason = " ".join(reason.split())
        if not 0 < len(reason) <= _LONGEST:
            raise Refusal("REASON_MISSING", "Say why the licence ends.", field="reason")
        values = {"id": licence_id, "reason": reason, "actor": actor, "now": now}
        ended = await store.end_licence(conn, values)
        if ended is None:
            words = f"There is no licence {licence_id} in force."
            raise NotFound("LICENCE_UNKNOWN", words)
        return ended


def _readable(code: str) -> bool:
    land, _, area = code.partition("-")
    return land.isalpha() and len(land) == 2 and (not area or area.isalnum())  # noqa: PLR2004 - ISO
