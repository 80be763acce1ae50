"""Host systems that own accounts, and programs that want to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from goodterms.accounts.model import Host
from goodterms.kit.money import Money

__all__ = [
    "Claimed",
    "Delivery",
    "DeliveryState",
    "Event",
    "Host",
    "HostAccount",
    "HostSilent",
    "Receiver",
    "Remembered",
    "Told",
]


@dataclass(frozen=True, slots=True)
class HostAccount:
    """What a host said of one account just now. ``components`` maps ledger books to amounts."""

    host_reference: str
    contactable: bool
    reason: str
    components: dict[str, Money]
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class HostSilent:
    """The host gave no usable answer: the account is not called (fail closed)."""

    host_reference: str
    detail: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, at its place in the stream; ``cursor`` continues after it."""

    id: int
    cursor: str
    kind: str
    at: datetime
    consumer_id: int | None
    account_id: int | None
    attempt_id: str | None
    campaign_id: int | None
    actor: str
    data: dict[str, Any]


class DeliveryState(StrEnum):
    """Where a delivery stands; a given-up one can be sent again by hand."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told: a webhook of an integrator, or a host ledger (``host_name``).

    ``kinds`` are event kinds, ``family.*`` or ``*``. ``failing_since`` is set while it does not
    take what it is sent; ``waiting`` and ``given_up`` count its deliveries.
    """

    id: int
    host_name: str | None
    url: str
    kinds: tuple[str, ...]
    active: bool
    tries: int
    failing_since: datetime | None
    next_try_at: datetime | None
    waiting: int
    given_up: int
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A receiver this worker tells now, with what its messages are signed with."""

    id: int
    url: str
    secret: str
    tries: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one receiver."""

    id: int
    receiver_id: int
    event_id: int
    state: DeliveryState
    tries: int
    created_at: datetime
    last_status: int | None
    last_error: str
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """What one round of deliveries did."""

    delivered: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer a request with this idempotency key got before."""

    status: int
    body: Any
