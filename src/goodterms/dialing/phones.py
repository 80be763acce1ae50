"""The node's browser telephones: everybody at work may register with the password of their day."""

from __future__ import annotations

from datetime import datetime

import structlog

from goodterms.calls.ports import Telephony
from goodterms.kit.sql import Connection
from goodterms.routing.model import Phone
from goodterms.routing.service import RoutingService

log = structlog.get_logger(__name__)


class Phones:
    """Makes the telephones that agents were issued, each once until the node forgets them."""

    def __init__(self, telephony: Telephony, routing: RoutingService) -> None:
        self._telephony = telephony
        self._routing = routing
        self._made: set[Phone] = set()

    def forget(self) -> None:
        """The node may have been restarted: make every telephone anew."""
        self._made.clear()

    async def provide(self, conn: Connection, *, now: datetime) -> None:
        """Make the telephones the node does not have yet, and tell the desks that wait."""
        for phone in await self._routing.phones(conn):
            if phone in self._made:
                continue
            try:
                await self._telephony.provide_phone(phone.name, phone.password)
            except (ConnectionError, RuntimeError) as error:
                log.warning("engine.no_phone", phone=phone.name, error=str(error))
                continue
            self._made.add(phone)
            if not phone.provided:
                await self._routing.phone_provided(conn, phone, now=now)
                self._made.add(Phone(phone.person_id, phone.password, provided=True))
