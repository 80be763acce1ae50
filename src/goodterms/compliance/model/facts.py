"""What the gate knows of a person at the instant of deciding, under the account lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import Any, NamedTuple

from goodterms.compliance.model.rules import DebtKind, Role


class Reach(IntEnum):
    """How far a contact got; each rule says from which reach on it counts.

    DIALED never connected to the dialed number (busy, not in service). RANG rang out. MACHINE
    met a mailbox and left nothing; MESSAGE left something there, or was sent. PERSON was taken by
    somebody, whoever it was and however short. CONVERSATION was one with the consumer.
    """

    NOT_PLACED = 0
    DIALED = 1
    RANG = 2
    MACHINE = 3
    MESSAGE = 4
    PERSON = 5
    CONVERSATION = 6


class LoggedContact(NamedTuple):
    """One row of the contact log: a try on any channel, in either direction.

    A named tuple, for a person has many: they are read from lists, and copied by ``_replace``.

    ``day`` is the latest local date it may have had where the consumer may be. ``place`` is the
    label of the number or address (home, mobile, work, other). ``to`` says who was contacted: the
    consumer, or an attorney, a third_party, a creditor, a bureau. ``message`` is the class of the
    message, if it had one. An open contact is counted as if a person had taken it.
    """

    at: datetime
    day: date
    medium: str
    account_ids: tuple[int, ...]
    reach: Reach = Reach.PERSON
    number: str = ""
    outcome: str = ""
    place: str = "mobile"
    direction: str = "out"
    purpose: str = "collection"
    to: str = "consumer"
    voice: str = "live"
    message: str = ""


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """The newest word of a consumer on a channel and purpose, for one contact point or for all.

    ``direct``: given to us, not to the creditor. ``purpose`` is ``contact`` for the channel as
    such, else what was agreed to: automated, hours, work, esign, recording, debit, call.
    """

    channel: str
    purpose: str
    granted: bool
    at: datetime
    contact_point_id: int | None = None
    direct: bool = True


@dataclass(frozen=True, slots=True)
class Circumstance:
    """A recorded fact that bears on contact and is in force: a preference, a notice, a dispute.

    ``kind`` and the names in ``data`` are those of ``CIRCUMSTANCES``; about one account, one
    contact point, or the person. ``on`` is its date, ``at`` the instant it was recorded for.
    """

    kind: str
    on: date
    at: datetime
    account_id: int | None = None
    contact_point_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PointFacts:
    """The number or address that would be used. ``relation`` says whose it is."""

    status: str = "active"
    belongs: bool = True
    line_type: str = "unknown"
    place: str = "mobile"
    relation: str = "consumer"
    number_class: str = ""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the gate knows of one account at the instant of deciding.

    ``balance_minor`` is in minor units, None if unknown. ``holds`` are the kinds in force on it.
    ``role`` is ours towards this debt; ``in_default`` whether it was when we obtained it.
    ``group`` joins debts that are serviced as one; ``siblings`` are the others of the group.
    ``host_age_seconds`` is None for our own.
    """

    account_id: int
    status: str
    balance_minor: int | None
    holds: tuple[str, ...] = ()
    role: str = Role.COLLECTOR
    kind: str = DebtKind.CONSUMER
    in_default: bool = True
    group: str = ""
    lives_in_host: bool = False
    host_age_seconds: float | None = None
    host_answer: str | None = None
    reference: str = ""
    currency: str = "USD"
    siblings: tuple[int, ...] = ()

    @property
    def bound_as(self) -> str:
        """As what the law binds us: a debt not in default when obtained is not collected.

        Reference: 15 USC 1692a(6)(F)(iii).
        """
        return self.role if self.in_default else Role.CREDITOR


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """The caller ID that would be shown, and those shown to this person before.

    ``tested_at`` is the last time it was called back and greeted as it should, ``answers`` whether
    the last test went well. ``shown_before`` are the numbers shown to the person, the latest
    first, each with the instant at which it began to be shown without another in between;
    ``replaceable`` are those of them that can be shown no longer, so that another number of the
    same pool may take their place.
    """

    owned: bool = True
    pool: str = ""
    tested_at: datetime | None = None
    answers: bool = True
    shown_before: tuple[tuple[str, datetime], ...] = ()
    replaceable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate knows of the person, under the account lock.

    ``zones`` is the union over address, all active numbers and stated locations. ``holds`` are
    those on the person; ``holds_anywhere`` adds those on any account. ``revoked`` lists channels
    opted out for this contact point or altogether; ``consents`` the newest word on each other
    purpose. ``log`` is the contact log as far back as the rulebook looks, newest first;
    ``live_attempts`` are those still open in it. ``licences`` are the places we hold one for.
    """

    consumer_id: int
    country: str
    region: str
    zones: tuple[str, ...]
    point: PointFacts
    accounts: tuple[AccountFacts, ...]
    city: str = ""
    postal_code: str = ""
    language: str = "en"
    holds: tuple[str, ...] = ()
    holds_anywhere: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    consents: tuple[ConsentFact, ...] = ()
    circumstances: tuple[Circumstance, ...] = ()
    log: tuple[LoggedContact, ...] = ()
    live_attempts: tuple[str, ...] = ()
    caller: CallerFacts = CallerFacts()
    licences: tuple[str, ...] = ()
