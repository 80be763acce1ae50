"""What every telephone network does for the engine: one set of tests for all adapters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Protocol, TypeVar

import pytest

from goodterms.accounts.model import Channel
from goodterms.calls.model import (
    Answered,
    CallOrder,
    Detected,
    Digit,
    Joined,
    LegEnded,
    NetworkEvent,
    NetworkLost,
    PromptEnded,
    Resynced,
    Ringing,
)
from goodterms.calls.ports import Telephony
from goodterms.compliance.model import Permit
from goodterms.kit.clock import Clock

E = TypeVar("E")

ANSWERS = "+15205550196"
RINGS_ON = "+15205550197"
SILENT = "+15205550198"
PRESSES_DIGITS = "+15205550132"
HANGS_UP = "+15205550129"
REFUSALS = {
    "busy": ("+15205550162", 17, 486),
    "rejects": ("+15205550187", 21, 403),
    "unallocated": ("+15205550189", 1, 404),
    "unavailable": ("+15205550192", 19, 480),
    "congestion": ("+15205550194", 34, 503),
}
PHONE, OTHER_PHONE, NO_PHONE = (
    "PJSIP/demo-agent-01@agents",
    "PJSIP/demo-agent-02@agents",
    "PJSIP/demo-agent-01@nowhere",
)
_names = count(1)


class Network(Protocol):
    """A telephone network under test, and the power to break it."""

    @property
    def telephony(self) -> Telephony:
        """The adapter under test."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock it lives by."""
        ...

    @property
    def seen(self) -> list[NetworkEvent]:
        """All events of this test so far."""
        ...

    async def until(self, wanted: Callable[[NetworkEvent], bool], within: float) -> NetworkEvent:
        """Let time pass until an event not yet waited for is the wanted one."""
        ...

    async def rest(self, seconds: float) -> None:
        """Let time pass, and remember what happens."""
        ...

    async def cut(self) -> None:
        """Break the connection to the node; its calls live on."""
        ...

    async def mend(self) -> None:
        """Make the connection possible again."""
        ...

    async def crash(self) -> None:
        """Kill the node with its calls, at once."""
        ...

    async def restart(self) -> None:
        """Start the node again."""
        ...


async def _see(network: Network, kind: type[E], leg: str | None = None, within: float = 10.0) -> E:
    def wanted(event: NetworkEvent) -> bool:
        return isinstance(event, kind) and (leg is None or getattr(event, "leg", None) == leg)

    event = await network.until(wanted, within)
    assert isinstance(event, kind)
    return event


def _permit(network: Network, number: str, *, seconds: float = 20.0) -> Permit:
    now = network.clock.now()
    return Permit(
        attempt_id=f"att_{next(_names)}",
        consumer_id=1,
        account_ids=(1,),
        contact_point_id=1,
        number=number,
        channel=Channel.CALL,
        caller_id="+15205550100",
        rulebook_hash="hash",
        granted_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )


def _order(permit: Permit, ring_seconds: int = 20) -> CallOrder:
    return CallOrder(permit.attempt_id, "PJSIP/{number}@carrier", ring_seconds, amd=False)


async def _call(network: Network, number: str, ring_seconds: int = 20) -> str:
    permit = _permit(network, number)
    await network.telephony.originate(permit, _order(permit, ring_seconds))
    return permit.attempt_id


async def _answered(network: Network, number: str = ANSWERS) -> str:
    leg = await _call(network, number)
    await _see(network, Answered, leg)
    return leg


async def _line(network: Network, phone: str = PHONE) -> str:
    line = f"line-{next(_names)}"
    await network.telephony.open_line(line, phone)
    await _see(network, Answered, line)
    return line


async def _talking(network: Network) -> tuple[str, str]:
    line = await _line(network)
    leg = await _answered(network)
    await network.telephony.join(leg, line)
    assert await _see(network, Joined, leg) == Joined(leg, line)
    return leg, line


async def _end(network: Network, *legs: str) -> None:
    for leg in legs:
        await network.telephony.hang_up(leg)
        await _see(network, LegEnded, leg)


class TelephonyContract:
    """Each adapter's test class inherits these and gives the fixture ``network``."""

    async def test_an_answered_call_we_end(self, network: Network) -> None:
        """An answer is told once; an end we asked for is ours, cause 16, no SIP code."""
        leg = await _answered(network)
        await network.telephony.hang_up(leg)
        assert await _see(network, LegEnded, leg) == LegEnded(leg, 16, None, by_far_end=False)
        await network.rest(0.3)
        assert network.seen.count(Answered(leg)) == 1
        assert len([e for e in network.seen if isinstance(e, LegEnded) and e.leg == leg]) == 1

    @pytest.mark.parametrize("how", REFUSALS)
    async def test_a_refused_call_carries_its_cause(self, network: Network, how: str) -> None:
        """Cause and code of a refusal arrive, as the far end's doing."""
        number, q850, sip_code = REFUSALS[how]
        leg = await _call(network, number)
        ended = await _see(network, LegEnded, leg)
        assert ended == LegEnded(leg, q850, sip_code, by_far_end=True)
        assert Answered(leg) not in network.seen

    async def test_a_ringing_call_is_cancelled(self, network: Network) -> None:
        """Ringing is told once; hanging up cancels it and nobody answers."""
        leg = await _call(network, RINGS_ON)
        await _see(network, Ringing, leg)
        await network.telephony.hang_up(leg)
        assert await _see(network, LegEnded, leg) == LegEnded(leg, 16, None, by_far_end=False)
        assert network.seen.count(Ringing(leg)) == 1
        assert Answered(leg) not in network.seen

    async def test_an_end_before_any_ringing(self, network: Network) -> None:
        """A call can be ended in the instant it is placed."""
        leg = await _call(network, RINGS_ON)
        await network.telephony.hang_up(leg)
        assert not (await _see(network, LegEnded, leg)).by_far_end

    async def test_ringing_that_nobody_stops_ends_by_itself(self, network: Network) -> None:
        """Should the engine die, the network gives up a little after the ring time."""
        leg = await _call(network, RINGS_ON, ring_seconds=1)
        ended = await _see(network, LegEnded, leg, within=12)
        assert ended == LegEnded(leg, 19, 480, by_far_end=False)

    async def test_the_far_end_hangs_up(self, network: Network) -> None:
        """An end by the consumer is the far end's doing."""
        leg = await _call(network, HANGS_UP)
        await _see(network, Answered, leg)
        ended = await _see(network, LegEnded, leg, within=20)
        assert ended in (
            LegEnded(leg, 16, None, by_far_end=True),
            LegEnded(leg, None, None, by_far_end=True),  # a BYE need not say why
        )

    async def test_asking_twice_dials_once(self, network: Network) -> None:
        """A second order for a live attempt changes nothing."""
        permit = _permit(network, ANSWERS)
        await network.telephony.originate(permit, _order(permit))
        await network.telephony.originate(permit, _order(permit))
        await _see(network, Answered, permit.attempt_id)
        await network.telephony.originate(permit, _order(permit))
        await network.rest(0.3)
        assert network.seen.count(Answered(permit.attempt_id)) == 1
        assert not [e for e in network.seen if isinstance(e, LegEnded)]
        await _end(network, permit.attempt_id)

    async def test_without_a_fitting_permit_nobody_is_called(self, network: Network) -> None:
        """An expired permit, or one for another number or attempt, dials nothing."""
        expired = _permit(network, ANSWERS, seconds=-1)
        other = _permit(network, ANSWERS)
        elsewhere = CallOrder(other.attempt_id, f"PJSIP/{SILENT}@carrier", 20, amd=False)
        for permit, order in (
            (expired, _order(expired)),
            (other, elsewhere),
            (other, _order(_permit(network, ANSWERS))),
        ):
            with pytest.raises(PermissionError):
                await network.telephony.originate(permit, order)
        await network.rest(0.5)
        assert network.seen == []

    async def test_a_line_is_held_open(self, network: Network) -> None:
        """An agent's telephone answers, and stays when nothing happens on it."""
        line = await _line(network)
        await network.telephony.open_line(line, PHONE)
        await network.rest(1.0)
        assert network.seen.count(Answered(line)) == 1
        await _end(network, line)

    async def test_a_telephone_that_is_not_there(self, network: Network) -> None:
        """A line that cannot be called has ended."""
        line = f"line-{next(_names)}"
        await network.telephony.open_line(line, NO_PHONE)
        assert await _see(network, LegEnded, line) == LegEnded(line, None, None, by_far_end=False)

    async def test_a_line_takes_one_call_after_the_other(self, network: Network) -> None:
        """When a conversation ends the line stays up for the next."""
        leg, line = await _talking(network)
        await _end(network, leg)
        second = await _answered(network)
        await network.telephony.join(second, line)
        await _see(network, Joined, second)
        await _end(network, second, line)

    async def test_parting_keeps_both_legs(self, network: Network) -> None:
        """After a part both legs are up and can be joined again."""
        leg, line = await _talking(network)
        await network.telephony.part(leg, line)
        await network.rest(0.2)
        await network.telephony.join(leg, line)
        await _see(network, Joined, leg)
        assert network.seen.count(Joined(leg, line)) == 2
        await _end(network, leg, line)

    async def test_an_agent_who_drops_out_leaves_the_consumer(self, network: Network) -> None:
        """The end of a line ends no consumer's leg; another agent can take over."""
        leg, line = await _talking(network)
        await _end(network, line)
        other = await _line(network, OTHER_PHONE)
        await network.telephony.join(leg, other)
        assert await _see(network, Joined, leg) == Joined(leg, other)
        await _end(network, leg, other)

    async def test_holding_and_resuming(self, network: Network) -> None:
        """A held consumer stays, and is not joined anew when resumed."""
        leg, line = await _talking(network)
        await network.telephony.hold(leg, line)
        await network.rest(0.3)
        await network.telephony.resume(leg, line)
        await network.rest(0.3)
        assert network.seen.count(Joined(leg, line)) == 1
        assert not [e for e in network.seen if isinstance(e, LegEnded)]
        await _end(network, leg, line)

    async def test_a_prompt_is_played_to_its_end(self, network: Network) -> None:
        """The end of a prompt is told by its name."""
        leg = await _answered(network)
        await network.telephony.play(leg, "please-hold")
        ended = await _see(network, PromptEnded, leg, within=15)
        assert ended == PromptEnded(leg, "please-hold")
        await _end(network, leg)

    async def test_joining_does_not_wait_for_a_prompt(self, network: Network) -> None:
        """A prompt that still plays is cut off by the conversation."""
        line = await _line(network)
        leg = await _answered(network)
        await network.telephony.play(leg, "abandoned")
        await network.rest(0.2)
        await network.telephony.join(leg, line)
        await _see(network, Joined, leg, within=1.5)
        await network.rest(0.2)
        assert PromptEnded(leg, "abandoned") not in network.seen
        await _end(network, leg, line)

    async def test_a_person_is_detected_and_presses_keys(self, network: Network) -> None:
        """Listening gives a verdict, after which the call goes on; keys arrive in order."""
        leg = await _call(network, PRESSES_DIGITS)
        await _see(network, Answered, leg)
        await network.telephony.detect(leg)
        found = await _see(network, Detected, leg)
        assert found.verdict in {"person", "unsure"}
        assert found.cause
        pressed = [(await _see(network, Digit, leg)).digit for _ in range(5)]
        assert "".join(pressed) == "1234#"
        await _end(network, leg)

    async def test_what_is_gone_is_no_error(self, network: Network) -> None:
        """Requests about legs that are gone, or never were, change nothing."""
        leg = await _answered(network)
        await _end(network, leg)
        line = await _line(network)
        seen = list(network.seen)
        for gone in (leg, "att_never"):
            await network.telephony.hang_up(gone)
            await network.telephony.detect(gone)
            await network.telephony.join(gone, line)
            await network.telephony.hold(gone, line)
            await network.telephony.resume(gone, line)
            await network.telephony.part(gone, line)
            await network.telephony.play(gone, "abandoned")
        await network.rest(0.3)
        assert network.seen == seen
        await _end(network, line)

    async def test_a_browser_telephone_may_register(self, network: Network) -> None:
        """Providing a telephone twice is no error."""
        await network.telephony.provide_phone("phone-1", "one password")
        await network.telephony.provide_phone("phone-1", "another password")

    async def test_calls_survive_a_lost_connection(self, network: Network) -> None:
        """After the loss every living leg, answer and pair is told; what came of others is not."""
        leg, line = await _talking(network)
        ringing = await _call(network, RINGS_ON)
        await _see(network, Ringing, ringing)
        await network.cut()
        await _see(network, NetworkLost)
        for request in (network.telephony.hang_up(leg), network.telephony.join(leg, line)):
            with pytest.raises(ConnectionError):
                await request
        permit = _permit(network, ANSWERS)
        with pytest.raises(ConnectionError):
            await network.telephony.originate(permit, _order(permit))
        await network.mend()
        resynced = await _see(network, Resynced)
        assert resynced.legs == {leg, line, ringing}
        assert resynced.answered == {leg, line}
        assert resynced.pairs == {(leg, line)}
        await _end(network, ringing, leg, line)

    async def test_a_killed_node_comes_back_empty(self, network: Network) -> None:
        """After a crash no leg lives, and calls can be placed again."""
        leg, line = await _talking(network)
        await network.crash()
        await _see(network, NetworkLost)
        await network.restart()
        assert await _see(network, Resynced) == Resynced(frozenset(), frozenset(), frozenset())
        await network.telephony.hang_up(leg)
        await network.telephony.open_line(line, PHONE)
        await _see(network, Answered, line)
        await _end(network, line)
