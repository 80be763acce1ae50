"""Asterisk's events in any order, lost or repeated, never confuse the switchboard."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from goodterms.adapters.asterisk.switchboard import Switchboard
from goodterms.calls.model import Answered, Joined, LegEnded, Ringing

LEGS = ("att_1", "att_2", "line-1", "line-2")


def _channel_event(kind: str, leg: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "channel": {"id": leg, "state": "Ringing"}, **more}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one event about one of a few legs."""
    leg = draw(st.sampled_from(LEGS))
    other = draw(st.sampled_from(LEGS))
    inside = draw(st.lists(st.sampled_from(LEGS), unique=True))
    tone = f"tone-{leg}-{draw(st.integers(1, 6))}"
    return draw(
        st.sampled_from(
            [
                _channel_event("ChannelStateChange", leg),
                {"type": "Dial", "peer": {"id": leg}, "dialstatus": "RINGING"},
                _channel_event("StasisStart", leg, args=["consumer"]),
                _channel_event("StasisStart", leg, args=["line"]),
                _channel_event("StasisStart", leg, args=["amd", "HUMAN", "X"]),
                _channel_event("ChannelHangupRequest", leg, soft=leg == other),
                _channel_event("ChannelDestroyed", leg, cause=16),
                _channel_event("ChannelDtmfReceived", leg, digit="1"),
                {"type": "PlaybackFinished", "playback": {"id": tone, "target_uri": other}},
                _channel_event(
                    "ChannelEnteredBridge", leg, bridge={"id": f"call-{leg}", "channels": inside}
                ),
            ]
        )
    )


orders = st.tuples(
    st.sampled_from(["expect", "join", "part", "hang_up", "play", "refuse"]),
    st.sampled_from(LEGS[:2]),
    st.sampled_from(LEGS[2:]),
)


def _order(board: Switchboard, what: str, leg: str, line: str) -> list[Any]:
    if what == "join":
        board.join(leg, line)
    elif what == "play":
        board.play(leg, "prompt")
    elif what == "refuse":
        return list(board.refuse(leg).news)
    elif what == "part":
        board.part(leg)
    elif what == "hang_up":
        board.hang_up(leg)
    else:
        board.expect(leg)
        board.expect(line)
    return []


@given(st.lists(st.one_of(events(), orders), max_size=60))
def test_each_leg_has_one_life(steps: list[Any]) -> None:
    """While a leg lives it rings and answers at most once; after its end nothing is told of it."""
    board = Switchboard("tone", "sound:{}".format)
    told: dict[str, Counter[type]] = {}
    for step in steps:
        before = {leg for leg in LEGS if leg in board}
        said = _order(board, *step) if isinstance(step, tuple) else board.hear(step).news
        news: list[Any] = list(said)
        for fresh in (leg for leg in LEGS if leg in board and leg not in before):
            told[fresh] = Counter()
        for item in news:
            assert item.leg in before, "news of a leg that is not on the board"
            told[item.leg][type(item)] += 1
            once = (Ringing, Answered, LegEnded)
            assert all(told[item.leg][kind] <= 1 for kind in once)
            if isinstance(item, LegEnded):
                assert item.leg not in board
            if isinstance(item, Joined):
                assert item.line in board


@given(st.lists(events(), max_size=40))
def test_strangers_are_only_ever_hung_up(steps: list[dict[str, Any]]) -> None:
    """Nothing is told of legs nobody expected, and nothing is asked but their end."""
    board = Switchboard("tone", "sound:{}".format)
    for step in steps:
        heard = board.hear(step)
        assert heard.news == ()
        assert all(request.method == "DELETE" for request in heard.requests)
