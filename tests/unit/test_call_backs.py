"""Calling our own numbers back: what is heard becomes a test's result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from goodterms.calls.model import (
    Answered,
    Detected,
    LegEnded,
    NetworkEvent,
    NetworkLost,
    Ringing,
)
from goodterms.dialing.health import CallBacks
from goodterms.kit.clock import SetClock

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
OURS = "+12025550190"


class Wire:
    """A network that answers each request with the events it was given, in turn."""

    def __init__(
        self, opened: Sequence[str], listened: Sequence[str] = (), ring_seconds: float = 25
    ) -> None:
        self.opened, self.listened = opened, listened
        self.endpoints: list[str] = []
        self.hung_up: list[str] = []
        self.away = False
        self.back = CallBacks(self, SetClock(NOW), ring_seconds=ring_seconds)

    def _tell(self, leg: str, names: Sequence[str]) -> None:
        events: dict[str, NetworkEvent] = {
            "rings": Ringing(leg),
            "answers": Answered(leg),
            "greets": Detected(leg, "machine", "LONGGREETING-3000-800"),
            "hello": Detected(leg, "person", "HUMAN-800-800"),
            "silence": Detected(leg, "machine", "INITIALSILENCE-2500-2500"),
            "noise": Detected(leg, "unsure", "TOOLONG-5000"),
            "ends": LegEnded(leg, 16, None, by_far_end=True),
            "busy": LegEnded(leg, 17, 486, by_far_end=True),
            "away": NetworkLost(),
        }
        for name in names:
            self.back.hears(events[name])

    async def open_line(self, line: str, endpoint: str) -> None:
        if self.away:
            raise ConnectionError("node n1 is not connected")
        self.endpoints.append(endpoint)
        self._tell(line, self.opened)

    async def detect(self, leg: str) -> None:
        self._tell(leg, self.listened)

    async def hang_up(self, leg: str) -> None:
        self.hung_up.append(leg)


@pytest.mark.parametrize(
    ("opened", "listened", "answered", "greeted", "says"),
    [
        (["rings", "answers"], ["greets"], True, True, "and greeted"),
        (["answers"], ["hello"], True, True, "and greeted"),
        (["answers"], ["silence"], True, False, "was heard (INITIALSILENCE-2500-2500)."),
        (["answers"], ["noise"], True, False, "no greeting was heard"),
        (["answers"], ["ends"], True, False, "no greeting was heard."),
        (["busy"], [], False, False, "did not connect the call (486)"),
        (["ends"], [], False, False, "did not connect the call."),
    ],
)
async def test_what_is_heard_becomes_the_result(
    *, opened: list[str], listened: list[str], answered: bool, greeted: bool, says: str
) -> None:
    """Answered and greeted passes; silence, noise, a hang-up or a refusal does not."""
    wire = Wire(opened, listened)
    test = await wire.back.call_back(OURS, "PJSIP/{number}@carrier")
    assert test is not None
    assert (test.number, test.answered, test.greeted) == (OURS, answered, greeted)
    assert test.passed is (answered and greeted)
    assert says in test.words
    assert wire.endpoints == [f"PJSIP/{OURS}@carrier"]
    assert len(wire.hung_up) == 1


async def test_a_number_that_rings_on_is_not_answered() -> None:
    """A call nobody takes ends after its time, and says so."""
    test = await Wire(["rings"], ring_seconds=0.01).back.call_back(OURS, "PJSIP/{number}@carrier")
    assert test is not None
    assert not test.answered
    assert "was not answered" in test.words


@pytest.mark.parametrize(("opened", "listened"), [(["away"], []), (["answers"], ["away"])])
async def test_a_network_that_goes_away_proves_nothing(
    opened: list[str], listened: list[str]
) -> None:
    """A test that the network broke off has no result: the number is tested again."""
    assert await Wire(opened, listened).back.call_back(OURS, "PJSIP/{number}@carrier") is None
    wire = Wire([])
    wire.away = True
    assert await wire.back.call_back(OURS, "PJSIP/{number}@carrier") is None


def test_calls_of_others_are_left_to_the_floor() -> None:
    """Only events about a test call are kept from the floor; a lost network is told to both."""
    wire = Wire([])
    assert not wire.back.hears(Answered("att_1"))
    assert wire.back.hears(Answered("callback_old"))
    assert not wire.back.hears(NetworkLost())
