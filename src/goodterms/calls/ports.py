"""The telephone network, as the engine needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from goodterms.accounts.model import Channel
from goodterms.calls.model import CallOrder, NetworkEvent
from goodterms.compliance.model import Permit


class Telephony(Protocol):
    """Places and moves calls on one node. Methods return when the node accepted the request.

    What becomes of a request arrives by ``events``; a request about a leg that is gone is
    no error. Implementations never dial without a permit that has not expired.

    Raises (from every method):
        ConnectionError: the node cannot be reached; nothing is known of the request.
    """

    node: str

    def events(self) -> AsyncIterator[NetworkEvent]:
        """Yield what happens, in order; the first event is ``Resynced``."""
        ...

    async def originate(self, permit: Permit, order: CallOrder) -> None:
        """Dial the permit's number; the leg's id is the attempt id.

        While the leg lives a second request for it changes nothing.

        Raises:
            PermissionError: the permit does not cover the order; see `permitted_endpoint`.
        """
        ...

    async def open_line(self, line: str, endpoint: str) -> None:
        """Call an agent's telephone and hold the line open; ``Answered(line)`` when it is."""
        ...

    async def hang_up(self, leg: str) -> None:
        """End a leg (CANCEL while it rings)."""
        ...

    async def detect(self, leg: str) -> None:
        """Listen whether a person or a machine answered; ``Detected`` follows."""
        ...

    async def join(self, leg: str, line: str) -> None:
        """Let consumer and agent hear each other, after a short tone for the agent."""
        ...

    async def part(self, leg: str, line: str) -> None:
        """Take the consumer off the agent's line; both legs stay up."""
        ...

    async def hold(self, leg: str, line: str) -> None:
        """Let the consumer wait with music."""
        ...

    async def resume(self, leg: str, line: str) -> None:
        """End the hold."""
        ...

    async def play(self, leg: str, prompt: str) -> None:
        """Play a prompt by name; ``PromptEnded`` follows."""
        ...

    async def provide_phone(self, name: str, password: str) -> None:
        """Make sure a browser telephone of this name may register with this password."""
        ...

    async def greet(self, greetings: Mapping[str, str]) -> None:
        """Let whoever calls one of these numbers (E.164) hear its prompt, then end the call."""
        ...


def permitted_endpoint(permit: Permit, order: CallOrder, now: datetime) -> str:
    """Return the endpoint an order dials, once it is sure that the permit covers it.

    ``{number}`` in the order's endpoint stands for the permit's number.

    Raises:
        PermissionError: the permit has expired, names no caller ID, is for another channel or
            attempt, or the endpoint would dial another number.
    """
    endpoint = order.endpoint.replace("{number}", permit.number)
    wrong = {
        "is for another channel": permit.channel is not Channel.CALL,
        "is for another attempt": permit.attempt_id != order.attempt_id,
        "is for another number": permit.number.removeprefix("+") not in endpoint,
        "names no caller ID": permit.caller_id is None,
        "has expired": permit.expires_at <= now,
    }
    for reason, applies in wrong.items():
        if applies:
            raise PermissionError(f"attempt {order.attempt_id}: its permit {reason}; ask anew.")
    return endpoint
