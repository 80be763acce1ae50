"""When to try again, what an answer means, which addresses may be told, and cursors."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from urllib.parse import urlsplit

from goodterms.kit.errors import Refusal

GIVE_UP_AFTER = timedelta(days=5)
_PAUSES = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800)
_SUCCESS = range(200, 300)
_GONE = 410
_KIND = re.compile(r"^(\*|[a-z_]+\.(\*|[a-z_]+))$")
_CURSOR = re.compile(r"^(\d{1,19})\.(\d{1,18})$")
_START = (0, 0)


def pause(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries in a row (1 or more)."""
    return timedelta(seconds=_PAUSES[min(tries, len(_PAUSES)) - 1])


def delivered(answer: int | str) -> bool:
    """Tell whether a receiver took a message: any 2xx status."""
    return isinstance(answer, int) and answer in _SUCCESS


def gone(answer: int | str) -> bool:
    """Tell whether a receiver asked not to be told any more (410)."""
    return answer == _GONE


def check_url(url: str) -> str:
    """Return the address of a receiver if it may be told.

    Raises:
        Refusal: not https, and not http inside the own network.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    inside = parts.scheme == "http" and _inside(host)
    plain = url.isprintable() and " " not in url and parts.username is None
    if not host or not plain or not (parts.scheme == "https" or inside):
        raise Refusal(
            "RECEIVER_URL",
            "The address has to begin with https:// (http:// only inside the own network).",
            field="url",
        )
    return url


def check_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds a receiver wants, sorted and each once.

    Raises:
        Refusal: none, or one that is not ``family.thing``, ``family.*`` or ``*``.
    """
    for kind in kinds:
        if not _KIND.match(kind):
            raise Refusal(
                "RECEIVER_KINDS",
                f"{kind!r} is no kind of event: write e.g. payment.succeeded, hold.* or *.",
                field="kinds",
            )
    if not kinds:
        raise Refusal("RECEIVER_KINDS", "Name at least one kind, or *.", field="kinds")
    return tuple(sorted(set(kinds)))


def read_cursor(text: str | None) -> tuple[int, int]:
    """Read a place in the stream: transaction and event id; None is the beginning.

    Raises:
        Refusal: the text was not made by this stream.
    """
    if not text:
        return _START
    found = _CURSOR.match(text)
    if not found:
        raise Refusal(
            "CURSOR", "This is no place in the stream: use 'next' of a page.", field="after"
        )
    return int(found[1]), int(found[2])


def write_cursor(tx: int | str, event_id: int) -> str:
    """Write a place in the stream."""
    return f"{tx}.{event_id}"


def _inside(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host
