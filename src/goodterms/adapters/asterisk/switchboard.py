"""What this node's legs are doing and what its events mean, without any I/O.

A leg is a channel whose id we chose: an attempt's id, or ``line-<person id>``. Each conversation
has a mixing bridge ``call-<leg>``. Events may come twice, late or in another order; a leg that is
not on the board is none of our business any more, so what is said of it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from goodterms.adapters.asterisk import requests
from goodterms.adapters.asterisk.ari import Event, Request
from goodterms.calls.model import (
    Answered,
    Detected,
    Digit,
    Joined,
    LegEnded,
    NetworkEvent,
    PromptEnded,
    Resynced,
    Ringing,
    StopAsked,
)

_PERSON_OR_MACHINE = {"HUMAN": "person", "MACHINE": "machine"}
UNWANTED = (
    "BridgeCreated",
    "BridgeDestroyed",
    "BridgeMerged",
    "ChannelCallerId",
    "ChannelConnectedLine",
    "ChannelCreated",
    "ChannelDialplan",
    "ChannelHold",
    "ChannelLeftBridge",
    "ChannelUnhold",
    "ChannelVarset",
    "PlaybackStarted",
    "StasisEnd",
)
"""Events that mean nothing here. Naming the wanted ones instead would keep replies from us too."""

_GREETING = "greeting-"
_STOPPED = "calls-stopped"
STOP_KEY = "9"
"""The key by which a caller asks that we stop calling; the greetings name it."""
_HEARD_RINGING = ("RINGING", "PROGRESS")


@dataclass(slots=True)
class Leg:
    """One leg on the board.

    Attributes:
        ringing: its ringing was told.
        answered: its answer was told.
        told_to_end: we asked for its end.
        ended_there: the far end asked for its end.
        prompts: playbacks on it by id, with the prompt's name.
        line: the line it is, or is about to be, joined with.
        tone: id of the tone its agent hears before they are joined.
        joined: the two hear each other, or did until the consumer was put on hold.
    """

    ringing: bool = False
    answered: bool = False
    told_to_end: bool = False
    ended_there: bool = False
    prompts: dict[str, str] = field(default_factory=dict)
    line: str | None = None
    tone: str | None = None
    joined: bool = False


@dataclass(slots=True)
class _Caller:
    """Whoever called a number of ours and hears a prompt: the one under ``playback``."""

    number: str
    called: str
    playback: str
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event means: news for the engine, and requests that follow from it."""

    news: tuple[NetworkEvent, ...] = ()
    requests: tuple[Request, ...] = ()


_NOTHING = Heard()


class Switchboard:
    """The legs of one node.

    Args:
        tone: prompt the agent hears before a call is connected; "" for none.
        media: gives the media of a prompt by its name.

    ``greetings`` are the prompts that callers to our numbers hear, by number.
    """

    def __init__(self, tone: str, media: Callable[[str], str]) -> None:
        self._tone = tone
        self._media = media
        self._numbers = count(1)
        self.greetings: Mapping[str, str] = {}
        self._callers: dict[str, _Caller] = {}
        self._legs: dict[str, Leg] = {}
        self._hear: Mapping[str, Callable[[Event], Heard]] = {
            "ChannelStateChange": self._state,
            "Dial": self._dial,
            "StasisStart": self._entered,
            "ChannelHangupRequest": self._hangup_request,
            "ChannelDestroyed": self._destroyed,
            "ChannelDtmfReceived": self._digit,
            "PlaybackFinished": self._playback_finished,
            "ChannelEnteredBridge": self._entered_bridge,
        }

    def __contains__(self, leg: str) -> bool:
        return leg in self._legs

    def expect(self, leg: str) -> None:
        """Put a leg on the board that is about to be called."""
        self._legs.setdefault(leg, Leg())

    def refuse(self, leg: str) -> Heard:
        """Take a leg off the board that Asterisk would not even call."""
        if self._legs.pop(leg, None) is None:
            return _NOTHING
        return Heard((LegEnded(leg, None, None, by_far_end=False),))

    def hang_up(self, leg: str) -> list[Request]:
        """Requests that end a leg."""
        if leg in self._legs:
            self._legs[leg].told_to_end = True
            self._legs[leg].tone = None
        return [requests.hang_up(leg)]

    def join(self, leg: str, line: str) -> list[Request]:
        """Requests that begin to join a leg with an agent's line; the tone's end continues it."""
        state = self._legs.get(leg)
        if state is None or line not in self._legs:
            return []
        # A channel takes one order after the other: while a prompt plays on it, every further
        # request on the connection would wait for the prompt's end.
        stop = [requests.stop_playback(playback) for playback in state.prompts]
        state.prompts.clear()
        state.line, state.joined = line, False
        state.tone = f"tone-{leg}-{next(self._numbers)}" if self._tone else None
        if state.tone is None:
            return [*stop, requests.make_bridge(leg), requests.enter_bridge(leg, leg, line)]
        return [
            *stop,
            requests.make_bridge(leg),
            requests.enter_bridge(leg, leg),
            requests.play(line, state.tone, self._media(self._tone)),
        ]

    def part(self, leg: str) -> list[Request]:
        """Requests that end the conversation of a leg; it and the line stay up."""
        return [requests.drop_bridge(leg), *self._idle(self._forget_pair(leg))]

    def play(self, leg: str, prompt: str) -> list[Request]:
        """Requests that play a prompt to a leg."""
        state = self._legs.get(leg)
        if state is None:
            return []
        playback = f"prompt-{leg}-{next(self._numbers)}"
        state.prompts[playback] = prompt
        return [requests.play(leg, playback, self._media(prompt))]

    def hear(self, event: Event) -> Heard:
        """Take an event."""
        meaning = self._hear.get(event["type"])
        return meaning(event) if meaning else _NOTHING

    def resync(self, channels: Iterable[Event], bridges: Iterable[Event]) -> Heard:
        """Begin anew with the channels and bridges Asterisk has now; half-made pairs are undone."""
        before, self._legs = self._legs, {}
        for channel in channels:
            if channel.get("channelvars", {}).get(requests.ROLE):
                leg = self._legs[channel["id"]] = before.get(channel["id"], Leg())
                leg.answered = channel["state"] == "Up"
                leg.line, leg.tone, leg.joined = None, None, False
        undo = []
        for bridge in bridges:
            leg_id = requests.leg_of_bridge(bridge["id"])
            # The line in a call's bridge makes the pair: a consumer on hold is out of it.
            lines = [c for c in bridge["channels"] if c != leg_id and c in self._legs]
            if leg_id in self._legs and lines:
                self._legs[leg_id].line, self._legs[leg_id].joined = lines[0], True
            elif leg_id is not None:
                undo.append(requests.drop_bridge(leg_id))
        answered = frozenset(leg for leg, state in self._legs.items() if state.answered)
        pairs = frozenset((leg, state.line) for leg, state in self._legs.items() if state.line)
        return Heard((Resynced(frozenset(self._legs), answered, pairs),), tuple(undo))

    def _state(self, event: Event) -> Heard:
        ringing = event["channel"]["state"] == "Ringing"
        return self._rings(event["channel"]["id"]) if ringing else _NOTHING

    def _dial(self, event: Event) -> Heard:
        ringing = event.get("dialstatus") in _HEARD_RINGING
        return self._rings(event["peer"]["id"]) if ringing else _NOTHING

    def _rings(self, leg: str) -> Heard:
        state = self._legs.get(leg)
        if state is None or state.ringing or state.answered:
            return _NOTHING
        state.ringing = True
        return Heard((Ringing(leg),))

    def _entered(self, event: Event) -> Heard:
        leg, args = event["channel"]["id"], event.get("args", [])
        state = self._legs.get(leg)
        if state is None:
            return self._came_in(event["channel"], args)
        news: list[NetworkEvent] = []
        if not state.answered:
            state.answered = True
            news.append(Answered(leg))
        if args[:1] == ["amd"]:
            status, cause = (*args[1:3], "", "")[:2]
            news.append(Detected(leg, _PERSON_OR_MACHINE.get(status, "unsure"), cause))
        return Heard(tuple(news), tuple(self._idle(leg)) if args[:1] == ["line"] else ())

    def _came_in(self, channel: Event, args: list[str]) -> Heard:
        """Greet whoever calls a number of ours; anything else must not hear endless silence."""
        leg = channel["id"]
        prompt = self.greetings.get(args[1]) if args[:1] == ["inbound"] and args[1:] else None
        if prompt is None:
            return Heard(requests=(requests.hang_up(leg),))
        number = str(channel.get("caller", {}).get("number", ""))
        caller = self._callers[leg] = _Caller(number, args[1], self._greeting_id())
        greet = requests.play(leg, caller.playback, self._media(prompt))
        return Heard(requests=(requests.answer(leg), greet))

    def _greeting_id(self) -> str:
        return f"{_GREETING}{next(self._numbers)}"

    def _hangup_request(self, event: Event) -> Heard:
        state = self._legs.get(event["channel"]["id"])
        if state is not None and not event.get("soft"):
            state.ended_there = True
        return _NOTHING

    def _destroyed(self, event: Event) -> Heard:
        leg = event["channel"]["id"]
        self._callers.pop(leg, None)
        state = self._legs.pop(leg, None)
        if state is None:
            return _NOTHING
        ended = LegEnded(
            leg,
            q850=event.get("cause") or None,
            sip_code=event.get("tech_cause") or None,
            by_far_end=state.ended_there and not state.told_to_end,
        )
        left = [other for other, its in self._legs.items() if its.line == leg]
        for other in left:
            self._forget_pair(other)
        over = [leg, *left] if state.line else left
        dropped = [requests.drop_bridge(each) for each in over]
        return Heard((ended,), (*dropped, *self._idle(state.line)))

    def _digit(self, event: Event) -> Heard:
        leg, caller = event["channel"]["id"], self._callers.get(event["channel"]["id"])
        if caller is not None:
            return self._caller_pressed(leg, caller, event["digit"])
        return Heard((Digit(leg, event["digit"]),)) if leg in self._legs else _NOTHING

    def _caller_pressed(self, leg: str, caller: _Caller, digit: str) -> Heard:
        """Stop calls to a caller who asks for it by the key that the greeting names."""
        if digit != STOP_KEY or caller.stopped:
            return _NOTHING
        before, caller.playback, caller.stopped = caller.playback, self._greeting_id(), True
        say = requests.play(leg, caller.playback, self._media(_STOPPED))
        news = StopAsked(caller.number, caller.called)
        return Heard((news,), (requests.stop_playback(before), say))

    def _playback_finished(self, event: Event) -> Heard:
        playback: Mapping[str, Any] = event["playback"]
        target = str(playback.get("target_uri", "")).removeprefix("channel:")
        if playback["id"].startswith(_GREETING):
            caller = self._callers.get(target)
            over = caller is None or caller.playback == playback["id"]
            return Heard(requests=(requests.hang_up(target),)) if over else _NOTHING
        if playback["id"].startswith("tone-"):
            return self._tone_ended(playback["id"], target)
        state = self._legs.get(target)
        prompt = state.prompts.pop(playback["id"], None) if state else None
        return Heard((PromptEnded(target, prompt),)) if prompt else _NOTHING

    def _tone_ended(self, tone: str, line: str) -> Heard:
        for leg, state in self._legs.items():
            if state.tone == tone and line in self._legs:
                state.tone = None
                return Heard(requests=(requests.enter_bridge(leg, line),))
        return _NOTHING

    def _entered_bridge(self, event: Event) -> Heard:
        leg = requests.leg_of_bridge(event["bridge"]["id"])
        state = self._legs.get(leg) if leg else None
        if leg is None or state is None or state.joined or state.line is None:
            return _NOTHING
        if not {leg, state.line} <= set(event["bridge"]["channels"]):
            return _NOTHING
        state.joined = True
        return Heard((Joined(leg, state.line),))

    def _idle(self, line: str | None) -> list[Request]:
        return [requests.send_silence(line)] if line in self._legs and line else []

    def _forget_pair(self, leg: str) -> str | None:
        state = self._legs.get(leg, Leg())
        line, state.line, state.tone, state.joined = state.line, None, None, False
        return line
