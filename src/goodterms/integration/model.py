"""Host systems that own accounts, and programs that want to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from goodterms.kit.money import Money


@dataclass(frozen=True, slots=True)
class Host:
    """A host ledger: its base URL, the shared secret that signs both ways, its time limit."""

    id: int
    name: str
    url: str
    secret: str
    timeout_ms: int


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
