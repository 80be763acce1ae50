"""Identifiers that sort by time and say what they name."""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# Two digits at a time: 26 digits of five bits each.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)


def new_id(prefix: str, now: datetime) -> str:
    """Return a fresh identifier such as ``att_01k2…``: prefix, milliseconds, 80 random bits.

    Identifiers made later sort later (to the millisecond). Safe in URLs, SIP and file names.
    """
    value = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    pairs = [_PAIRS[value >> shift & 1023] for shift in _SHIFTS]
    return f"{prefix}_{''.join(pairs)}"


def new_secret(size: int = 32) -> str:
    """Return an unguessable URL-safe token of ``size`` random bytes."""
    return secrets.token_urlsafe(size)
