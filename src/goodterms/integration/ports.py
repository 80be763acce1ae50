"""Host ledgers and webhook receivers, over the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from goodterms.accounts.model import Host
from goodterms.integration.model import HostAccount, HostSilent


class HostLedger(Protocol):
    """Asks a host about its accounts at the moment of dialing."""

    async def ask(self, host: Host, references: Sequence[str]) -> list[HostAccount | HostSilent]:
        """Return one answer per reference within the host's time limit; never raises."""
        ...


class Deliverer(Protocol):
    """Hands a signed message to a receiver."""

    async def deliver(
        self, url: str, secret: str, message_id: str, body: Mapping[str, Any]
    ) -> int | str:
        """Return the HTTP status, or a short text saying why there is none; never raises."""
        ...
