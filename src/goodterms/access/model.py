"""Who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a person's work is; a person may have several."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    COMPLIANCE = "compliance"
    INTEGRATOR = "integrator"
    OPERATOR = "operator"


class Scope(StrEnum):
    """What a program's key may do; each covers one family of API calls."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    HOLDS_WRITE = "holds:write"
    DECISIONS_READ = "decisions:read"
    RULEBOOK_WRITE = "rulebook:write"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    EVENTS_READ = "events:read"
    INTEGRATION_WRITE = "integration:write"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    id: int
    username: str
    display_name: str
    roles: frozenset[Role]
    language: str
    active: bool
    automatic: bool


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person, a program's key, or the system itself; written into every record.

    ``name`` reads ``person:12``, ``key:gt_ab12`` or ``system:worker``.
    """

    name: str
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Scope] = frozenset()
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    person: Person
    csrf_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key as it is listed; the key itself is shown once, when it is made."""

    id: int
    prefix: str
    name: str
    scopes: frozenset[Scope]
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what to which record, when, and from which address."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: dict[str, Any]
    address: str | None
