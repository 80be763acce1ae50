"""The kinds of events, and an event as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

EVENT_KINDS = {
    "account.placed": "An account was taken in.",
    "account.updated": "An account says something new, or stands elsewhere.",
    "account.closed": "An account was paid, recalled or closed.",
    "payment.initiated": "A payment attempt was recorded; nothing is charged yet.",
    "payment.succeeded": "Money was taken, by us or by somebody else, and posted.",
    "payment.declined": "The processor refused a payment, or it was given up.",
    "payment.refunded": "Money was given back; the amount is owed again.",
    "payment.returned": "A payment was taken back; what it had paid is owed again.",
    "promise.made": "The consumer promised an amount by a date.",
    "promise.kept": "The promised amount was paid in time.",
    "promise.broken": "The date passed without the promised amount.",
    "promise.reopened": "The payment that kept a promise was taken back.",
    "arrangement.made": "A plan or settlement was agreed.",
    "arrangement.kept": "A plan or settlement was paid as agreed.",
    "arrangement.broken": "So many instalments were missed that the arrangement ended.",
    "arrangement.paused": "An arrangement waits; nothing falls due meanwhile.",
    "arrangement.resumed": "An arrangement goes on, its due dates moved by the time it waited.",
    "arrangement.cancelled": "An arrangement was ended by somebody, with the reason.",
    "arrangement.reopened": "A payment that kept an arrangement was taken back.",
    "hold.placed": "Contact was stopped.",
    "hold.released": "A stop was ended, with the reason.",
    "consent.granted": "The consumer agreed to a channel.",
    "consent.revoked": "The consumer opted out of a channel.",
    "circumstance.recorded": "A fact that bears on contact was recorded, with its source.",
    "circumstance.ended": "A recorded fact no longer holds, with the reason.",
    "contact_point.active": "A number or address leads to the consumer again.",
    "contact_point.wrong": "A number or address leads to somebody else.",
    "contact_point.disconnected": "A number is not in service.",
    "contact_point.updated": "It was said whose number or address it is.",
    "contact_point.retired": "A number or address is no longer used.",
    "message.received": "The consumer wrote to us; what it asked to stop has stopped.",
    "note.added": "Somebody wrote a note.",
    "attempt.placed": "The order to dial was written; it is given next.",
    "attempt.answered": "A person answered and waits for an agent.",
    "attempt.bridged": "The consumer and an agent were joined.",
    "attempt.ended": "A call ended, with its outcome.",
    "attempt.cancelled": "A call was stopped because contact became stale, or by a person.",
    "attempt.disposed": "The agent said what came of the conversation.",
    "campaign.started": "A campaign was started or went on.",
    "campaign.updated": "A campaign's members or limits were changed.",
    "campaign.paused": "A campaign places no more calls for now.",
    "campaign.finished": "A campaign ended for good.",
}
"""Every kind of event with its meaning; timelines, event streams and webhooks carry no other."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, as told to timelines, event streams and webhooks.

    ``kind`` is one of ``EVENT_KINDS``.
    """

    kind: str
    at: datetime
    actor: str
    consumer_id: int | None = None
    account_id: int | None = None
    attempt_id: str | None = None
    campaign_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
