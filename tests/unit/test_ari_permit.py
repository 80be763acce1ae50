"""What a permit covers, and the simulated consumers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goodterms.accounts.model import Channel
from goodterms.adapters.sim.consumers import AUTO_ANSWER, Population, SeededConsumers
from goodterms.adapters.sim.telephony import SimTelephony
from goodterms.calls.model import CallOrder, Resynced
from goodterms.calls.ports import permitted_endpoint
from goodterms.compliance.model import Permit
from goodterms.kit.clock import SetClock

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
PERMIT = Permit(
    attempt_id="att_1",
    consumer_id=1,
    account_ids=(1,),
    contact_point_id=1,
    number="+15205550101",
    channel=Channel.CALL,
    caller_id="+15205550100",
    rulebook_hash="hash",
    granted_at=NOW,
    expires_at=NOW + timedelta(seconds=10),
)
ORDER = CallOrder("att_1", "PJSIP/{number}@carrier", 20, amd=False)


def test_the_permits_number_is_dialed() -> None:
    """The order's endpoint gets the permit's number."""
    assert permitted_endpoint(PERMIT, ORDER, NOW) == "PJSIP/+15205550101@carrier"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires_at": NOW}, "has expired"),
        ({"channel": Channel.SMS}, "another channel"),
        ({"attempt_id": "att_2"}, "another attempt"),
        ({"caller_id": None}, "no caller ID"),
    ],
)
def test_a_permit_that_does_not_fit(change: dict[str, Any], words: str) -> None:
    """Each way a permit can fail to cover an order is named, without the number."""
    with pytest.raises(PermissionError, match=words) as raised:
        permitted_endpoint(replace(PERMIT, **change), ORDER, NOW)
    assert "5550101" not in str(raised.value)


def test_an_endpoint_for_another_number() -> None:
    """An order cannot smuggle in a number the permit does not name."""
    with pytest.raises(PermissionError, match="another number"):
        permitted_endpoint(PERMIT, replace(ORDER, endpoint="PJSIP/+15205550102@carrier"), NOW)


def test_the_same_seed_meets_the_same_consumers() -> None:
    """A population repeats itself for a seed, and differs between seeds."""
    permits = [replace(PERMIT, attempt_id=f"att_{n}") for n in range(200)]

    def met(seed: int) -> list[object]:
        behaviour = SeededConsumers(seed)
        return [behaviour.consumer(permit, ORDER) for permit in permits]

    assert met(1) == met(1)
    assert met(1) != met(2)
    assert SeededConsumers(1).telephone("line-1", "PJSIP/x") == AUTO_ANSWER


def test_a_population_is_as_it_is_asked_to_be() -> None:
    """Shares of nought are never met."""
    machines = Population(0, 100, 0, 0, 0, 0, 0, 0)
    behaviour = SeededConsumers(7, machines)
    assert behaviour.consumer(PERMIT, ORDER).speaks == "machine"


async def test_virtual_time_moves_only_when_told() -> None:
    """The agenda says when the next thing happens; until the clock is moved nothing does."""
    clock = SetClock(NOW)
    network = SimTelephony(clock, SeededConsumers(3))
    assert network.take() == [Resynced(frozenset(), frozenset(), frozenset())]
    await network.open_line("line-1", "PJSIP/x")
    assert network.take() == []
    due = network.next_at
    assert due is not None
    network.advance_to(due)
    assert len(network.take()) == 1
    assert clock.now() == NOW + timedelta(seconds=0.05)
