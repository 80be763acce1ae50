"""Handing the floor's orders to the telephone network."""

from __future__ import annotations

from goodterms.calls.live import (
    Detect,
    HangUp,
    Hold,
    Join,
    NetworkCommand,
    OpenLine,
    Play,
    Resume,
)
from goodterms.calls.ports import Telephony


def leg_of(command: NetworkCommand) -> str:
    """Return the leg an order is about; orders about one leg are given in order."""
    return command.line if isinstance(command, OpenLine) else command.leg


async def carry_out(telephony: Telephony, command: NetworkCommand) -> None:
    """Give one order to the node.

    Raises:
        ConnectionError: the node cannot be reached.
    """
    match command:
        case HangUp(leg=leg):
            await telephony.hang_up(leg)
        case Detect(leg=leg):
            await telephony.detect(leg)
        case Join(leg=leg, line=line):
            await telephony.join(leg, line)
        case Hold(leg=leg, line=line):
            await telephony.hold(leg, line)
        case Resume(leg=leg, line=line):
            await telephony.resume(leg, line)
        case Play(leg=leg, prompt=prompt):
            await telephony.play(leg, prompt)
        case OpenLine(line=line, endpoint=endpoint):
            await telephony.open_line(line, endpoint)
