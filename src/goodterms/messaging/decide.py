"""What follows from a message: pure."""

from __future__ import annotations

from collections.abc import Iterable

from goodterms.accounts.model import Channel, Consent, ConsentState, Purpose
from goodterms.compliance.decide.keywords import Asked, Reading

LONGEST_SHOWN = 1000
_WAYS = {Asked.CALL: Channel.CALL, Asked.SMS: Channel.SMS, Asked.EMAIL: Channel.EMAIL}


def stopped_by(reading: Reading, came_by: Channel) -> tuple[Channel, ...]:
    """Return the channels a message closes: the one named, else the one it came by."""
    if not reading.stops or reading.asked is Asked.EVERYTHING:
        return ()
    return (_WAYS.get(reading.asked, came_by),)


def closed(consents: Iterable[Consent]) -> frozenset[Channel]:
    """Return the channels whose newest word about all numbers and addresses is a no."""
    newest: dict[Channel, ConsentState] = {}
    for one in consents:  # oldest first
        if one.purpose is Purpose.CONTACT and one.contact_point_id is None:
            newest[one.channel] = one.state
    return frozenset(ch for ch, state in newest.items() if state is ConsentState.REVOKED)


def is_closed(channel: Channel, shut: frozenset[Channel]) -> bool:
    """Tell whether a channel is closed, by itself or with all others."""
    return channel in shut or Channel.ALL in shut
