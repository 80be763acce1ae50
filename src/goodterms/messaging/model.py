"""A message that came in, and what followed from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.keywords import Asked

CHANNELS = (Channel.SMS, Channel.EMAIL)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A text or e-mail from a consumer. ``id`` is the provider's own, unique on its channel."""

    id: str
    channel: Channel
    sender: str
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What a message asked, and what was done about it, for everybody it may be from.

    ``stopped`` are the channels closed by it now or before, ``ceased`` that all contact stops.
    ``confirmation_due``: one message may confirm the opt-out. ``reply_due``: the channel was
    closed before, and one reply in it is allowed. ``review``: a person must read it.
    ``repeated``: it was handed in before, and nothing was done again.
    """

    consumer_ids: tuple[int, ...]
    asked: Asked
    word: str
    stopped: tuple[Channel, ...]
    ceased: bool
    confirmation_due: bool
    reply_due: bool
    review: bool
    repeated: bool
