"""The switchboard: what Asterisk's events mean, whatever order they come in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from goodterms.adapters.asterisk.ari import Request
from goodterms.adapters.asterisk.switchboard import Switchboard
from goodterms.calls.model import (
    Answered,
    Detected,
    Digit,
    Joined,
    LegEnded,
    PromptEnded,
    Resynced,
    Ringing,
    StopAsked,
)

LEG, LINE = "att_1", "line-7"


def _board(*legs: str, tone: str = "beep") -> Switchboard:
    board = Switchboard(tone, "sound:{}".format)
    for leg in legs:
        board.expect(leg)
    return board


def _event(kind: str, leg: str = LEG, state: str = "Up", **more: Any) -> dict[str, Any]:
    return {"type": kind, "channel": {"id": leg, "state": state}, **more}


def _entered(leg: str = LEG, *args: str) -> dict[str, Any]:
    return _event("StasisStart", leg, args=list(args) or ["consumer"])


def _bridged(*channels: str) -> dict[str, Any]:
    bridge = {"id": f"call-{LEG}", "channels": list(channels)}
    return _event("ChannelEnteredBridge", bridge=bridge)


def _finished(playback: str, target: str) -> dict[str, Any]:
    return {
        "type": "PlaybackFinished",
        "playback": {"id": playback, "target_uri": f"channel:{target}", "state": "done"},
    }


def _channel(leg: str, state: str = "Up", role: str = "consumer") -> dict[str, Any]:
    return {"id": leg, "state": state, "channelvars": {"GT_ROLE": role}}


def _asked(requests: Iterable[Request]) -> list[str]:
    return [f"{request.method} {request.path}" for request in requests]


def _talking() -> Switchboard:
    board = _board(LEG, LINE, tone="")
    board.hear(_entered())
    board.hear(_entered(LINE))
    board.join(LEG, LINE)
    board.hear(_bridged(LEG, LINE))
    return board


def test_ringing_is_told_once_however_it_is_said() -> None:
    """State change, dial event and early media all mean ringing; it is told once."""
    board = _board(LEG)
    progress = {"type": "Dial", "peer": {"id": LEG}, "dialstatus": "PROGRESS"}
    assert board.hear(progress).news == (Ringing(LEG),)
    assert board.hear(_event("ChannelStateChange", state="Ringing")).news == ()


def test_ringing_after_the_answer_is_nothing() -> None:
    """A late ringing event does not take an answered call back."""
    board = _board(LEG)
    assert board.hear(_entered()).news == (Answered(LEG),)
    assert board.hear(_event("ChannelStateChange", state="Ringing")).news == ()
    assert board.hear(_event("ChannelStateChange", state="Up")).news == ()
    assert board.hear({"type": "Dial", "peer": {"id": LEG}, "dialstatus": ""}).news == ()


def test_the_answer_is_told_once() -> None:
    """A second entry into the application is no second answer."""
    board = _board(LEG)
    assert board.hear(_entered()).news == (Answered(LEG),)
    assert board.hear(_entered()).news == ()


def test_an_idle_line_sends_silence() -> None:
    """A line that answered sends silence, so that nothing between here and there drops it."""
    heard = _board(LINE).hear(_entered(LINE, "line"))
    assert heard.news == (Answered(LINE),)
    assert _asked(heard.requests) == [f"POST channels/{LINE}/silence"]


def test_detection_comes_back_as_a_verdict() -> None:
    """AMD's words become person, machine or unsure, with their cause."""
    board = _board(LEG)
    board.hear(_entered())
    person = board.hear(_entered(LEG, "amd", "HUMAN", "SHORT")).news
    assert person == (Detected(LEG, "person", "SHORT"),)
    assert board.hear(_entered(LEG, "amd", "MACHINE", "X")).news[0] == Detected(LEG, "machine", "X")
    assert board.hear(_entered(LEG, "amd", "NOTSURE", "X")).news[0] == Detected(LEG, "unsure", "X")
    assert board.hear(_entered(LEG, "amd")).news == (Detected(LEG, "unsure", ""),)


def test_a_call_nobody_here_made_is_ended() -> None:
    """A caller whom nothing serves does not hear endless silence."""
    heard = _board().hear(_entered("stranger"))
    assert heard.news == ()
    assert _asked(heard.requests) == ["DELETE channels/stranger"]


def test_a_rejection_names_cause_code_and_side() -> None:
    """A hang-up request from the far end before the end says who ended it."""
    board = _board(LEG)
    board.hear(_event("ChannelHangupRequest", cause=17, tech_cause=486))
    heard = board.hear(_event("ChannelDestroyed", cause=17, tech_cause=486))
    assert heard.news == (LegEnded(LEG, 17, 486, by_far_end=True),)
    assert board.hear(_event("ChannelDestroyed", cause=17)).news == ()


def test_an_end_we_asked_for_is_ours() -> None:
    """Our own hang-up, and Asterisk's soft ones, are not the far end's doing."""
    board = _board(LEG, "att_2")
    board.hang_up(LEG)
    board.hear(_event("ChannelHangupRequest", cause=16))
    assert board.hear(_event("ChannelDestroyed", cause=0)).news == (
        LegEnded(LEG, None, None, by_far_end=False),
    )
    board.hear(_event("ChannelHangupRequest", "att_2", soft=True))
    assert board.hear(_event("ChannelDestroyed", "att_2", cause=16)).news == (
        LegEnded("att_2", 16, None, by_far_end=False),
    )


def test_a_timeout_of_the_ring_is_ours_though_it_looks_like_480() -> None:
    """Without a hang-up request, 19/480 is our own timer."""
    heard = _board(LEG).hear(_event("ChannelDestroyed", cause=19, tech_cause=480))
    assert heard.news == (LegEnded(LEG, 19, 480, by_far_end=False),)


def test_a_refused_leg_ends_once() -> None:
    """What Asterisk would not even call has ended; saying so twice changes nothing."""
    board = _board(LEG)
    assert board.refuse(LEG).news == (LegEnded(LEG, None, None, by_far_end=False),)
    assert board.refuse(LEG).news == ()


def test_the_agent_hears_the_tone_before_the_consumer() -> None:
    """The line enters the bridge only when its tone has ended; then both are joined, told once."""
    board = _board(LEG, LINE)
    assert _asked(board.join(LEG, LINE)) == [
        f"POST bridges/call-{LEG}",
        f"POST bridges/call-{LEG}/addChannel",
        f"POST channels/{LINE}/play/tone-{LEG}-1",
    ]
    assert board.hear(_bridged(LEG)).news == ()
    [enter] = board.hear(_finished(f"tone-{LEG}-1", LINE)).requests
    assert enter.query == {"channel": LINE}
    assert board.hear(_finished(f"tone-{LEG}-1", LINE)).requests == ()
    assert board.hear(_bridged(LEG, LINE)).news == (Joined(LEG, LINE),)
    assert board.hear(_bridged(LEG, LINE)).news == ()


def test_without_a_tone_both_enter_at_once() -> None:
    """A tone of nothing costs no time."""
    [_, enter] = _board(LEG, LINE, tone="").join(LEG, LINE)
    assert enter.query == {"channel": f"{LEG},{LINE}"}


def test_a_consumer_who_leaves_during_the_tone_is_not_joined() -> None:
    """The tone's end does nothing when the call has ended, or we have ended it."""
    board = _board(LEG, LINE)
    board.join(LEG, LINE)
    gone = board.hear(_event("ChannelDestroyed", cause=16))
    assert _asked(gone.requests) == [f"DELETE bridges/call-{LEG}", f"POST channels/{LINE}/silence"]
    assert board.hear(_finished(f"tone-{LEG}-1", LINE)).requests == ()

    board = _board(LEG, LINE)
    board.join(LEG, LINE)
    board.hang_up(LEG)
    assert board.hear(_finished(f"tone-{LEG}-1", LINE)).requests == ()


def test_a_second_join_makes_the_first_tone_stale() -> None:
    """Only the last agent asked for is joined."""
    board = _board(LEG, LINE, "line-8")
    board.join(LEG, LINE)
    board.join(LEG, "line-8")
    assert board.hear(_finished(f"tone-{LEG}-1", LINE)).requests == ()
    [enter] = board.hear(_finished(f"tone-{LEG}-2", "line-8")).requests
    assert enter.query == {"channel": "line-8"}


def test_joining_what_is_gone_asks_for_nothing() -> None:
    """A leg or line that has ended cannot be joined, played to or parted."""
    assert _board(LINE).join(LEG, LINE) == []
    assert _board(LEG).join(LEG, LINE) == []
    assert _board().play(LEG, "hello") == []
    assert [r.method for r in _board().part(LEG)] == ["DELETE"]


def test_a_running_prompt_is_stopped_before_joining() -> None:
    """The conversation does not wait for a prompt's end."""
    board = _board(LEG, LINE)
    board.play(LEG, "please-hold")
    stop, *_ = board.join(LEG, LINE)
    assert (stop.method, stop.path) == ("DELETE", f"playbacks/prompt-{LEG}-1")


def test_the_end_of_a_prompt_is_told_by_name_once() -> None:
    """The engine hears the prompt's own name."""
    board = _board(LEG)
    [asked] = board.play(LEG, "abandoned")
    assert asked.query == {"media": "sound:abandoned"}
    assert board.hear(_finished(f"prompt-{LEG}-1", LEG)).news == (PromptEnded(LEG, "abandoned"),)
    assert board.hear(_finished(f"prompt-{LEG}-1", LEG)).news == ()
    assert board.hear(_finished("prompt-x-1", "x")).news == ()


def test_digits_of_ours_are_told() -> None:
    """A key pressed by a leg is told; one of a stranger is not."""
    board = _board(LEG)
    assert board.hear(_event("ChannelDtmfReceived", digit="5")).news == (Digit(LEG, "5"),)
    assert board.hear(_event("ChannelDtmfReceived", "x", digit="5")).news == ()


def test_the_end_of_either_side_ends_the_bridge() -> None:
    """No bridge is left behind, whoever leaves first; the other leg stays on the board."""
    silence = f"POST channels/{LINE}/silence"
    for first, other, more in ((LEG, LINE, [silence]), (LINE, LEG, [])):
        board = _talking()
        heard = board.hear(_event("ChannelDestroyed", first, cause=16))
        assert _asked(heard.requests) == [f"DELETE bridges/call-{LEG}", *more]
        assert other in board
        assert not board.hear(_event("ChannelDestroyed", other, cause=16)).requests


def test_parting_lets_them_be_joined_again() -> None:
    """After a part the next join is told again."""
    board = _talking()
    parted = [f"DELETE bridges/call-{LEG}", f"POST channels/{LINE}/silence"]
    assert _asked(board.part(LEG)) == parted
    board.join(LEG, LINE)
    assert board.hear(_bridged(LEG, LINE)).news == (Joined(LEG, LINE),)


def test_what_is_unknown_or_meaningless_changes_nothing() -> None:
    """Events of strangers, of other bridges and of other kinds are nothing."""
    board = _board(LEG)
    other = {"id": "elsewhere", "channels": [LEG]}
    for event in (
        {"type": "ChannelVarset"},
        _event("ChannelStateChange", "x", state="Ringing"),
        _event("ChannelHangupRequest", "x"),
        _event("ChannelDestroyed", "x"),
        _event("ChannelEnteredBridge", bridge=other),
    ):
        heard = board.hear(event)
        assert heard.news == ()
        assert heard.requests == ()


def test_resync_knows_legs_answers_and_pairs() -> None:
    """After a reconnect our channels are on the board, others are not, half pairs are undone."""
    board = _board("gone")
    channels = [
        _channel(LEG),
        _channel(LINE, role="line"),
        _channel("att_2", state="Ringing"),
        _channel("att_3"),
        _channel("stranger", role=""),
    ]
    bridges = [
        {"id": f"call-{LEG}", "channels": [LEG, LINE]},
        {"id": "call-att_3", "channels": ["att_3"]},
        {"id": "call-gone", "channels": []},
        {"id": "elsewhere", "channels": []},
    ]
    heard = board.resync(channels, bridges)
    answered = frozenset({LEG, LINE, "att_3"})
    legs = answered | {"att_2"}
    assert heard.news == (Resynced(legs, answered, frozenset({(LEG, LINE)})),)
    assert [r.path for r in heard.requests] == ["bridges/call-att_3", "bridges/call-gone"]
    assert "gone" not in board


def test_a_consumer_on_hold_is_still_a_pair_after_a_resync() -> None:
    """The line waiting alone in the call's bridge keeps its consumer."""
    board = _board()
    bridges = [{"id": f"call-{LEG}", "channels": [LINE]}]
    [resynced] = board.resync([_channel(LEG), _channel(LINE, role="line")], bridges).news
    assert isinstance(resynced, Resynced)
    assert resynced.pairs == {(LEG, LINE)}


def test_an_answer_seen_in_the_resync_is_not_told_again() -> None:
    """An event heard while listing does not repeat what the listing said."""
    board = _board()
    board.resync([_channel(LEG)], [])
    assert board.hear(_entered()).news == ()


def _called_in(leg: str, *args: str, number: str = "+13035550123") -> dict[str, Any]:
    channel = {"id": leg, "state": "Ring", "caller": {"number": number}}
    return {"type": "StasisStart", "channel": channel, "args": list(args)}


def test_who_calls_a_number_of_ours_is_greeted() -> None:
    """The number's greeting is played, then the call ends; others are not left in silence."""
    board = _board()
    board.greetings = {"+12025550190": "call-back"}
    heard = board.hear(_called_in("in-1", "inbound", "+12025550190"))
    assert _asked(heard.requests) == [
        "POST channels/in-1/answer", "POST channels/in-1/play/greeting-1",
    ]  # fmt: skip
    assert heard.news == ()
    over = board.hear(_finished("greeting-1", "in-1"))
    assert _asked(over.requests) == ["DELETE channels/in-1"]
    for args in (("inbound", "+19995550100"), ("inbound",), ("agent", "+12025550190")):
        assert _asked(board.hear(_called_in("in-2", *args)).requests) == ["DELETE channels/in-2"]


def test_a_caller_stops_calls_by_the_key() -> None:
    """Nine stops calls to the caller once, is confirmed, and ends the call after that."""
    board = _board()
    board.greetings = {"+12025550190": "call-back"}
    board.hear(_called_in("in-1", "inbound", "+12025550190"))
    assert board.hear(_event("ChannelDtmfReceived", "in-1", digit="1")).news == ()
    pressed = board.hear(_event("ChannelDtmfReceived", "in-1", digit="9"))
    assert pressed.news == (StopAsked("+13035550123", "+12025550190"),)
    assert _asked(pressed.requests) == [
        "DELETE playbacks/greeting-1", "POST channels/in-1/play/greeting-2",
    ]  # fmt: skip
    assert board.hear(_finished("greeting-1", "in-1")).requests == ()
    assert board.hear(_event("ChannelDtmfReceived", "in-1", digit="9")).news == ()
    over = board.hear(_finished("greeting-2", "in-1"))
    assert _asked(over.requests) == ["DELETE channels/in-1"]
    board.hear(_event("ChannelDestroyed", "in-1", cause=16))
    assert _asked(board.hear(_finished("greeting-9", "in-1")).requests) == ["DELETE channels/in-1"]
