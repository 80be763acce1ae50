"""The floor: every live call and agent of one node, without any I/O.

It takes what happens (network events, agents' rows, permitted calls, time) and returns what to do:
orders to the network first, and orders to write behind them. The tables are the truth between
processes; while this engine holds the node, the floor is ahead of them and never waits for them.
"""

from __future__ import annotations

from datetime import datetime

from goodterms.calls.decide import hung_up_by, outcome_of, transition
from goodterms.calls.live import (
    Asked,
    CallHappening,
    Cancelled,
    HangUp,
    Hold,
    Join,
    Joining,
    LiveCall,
    NotStarted,
    Resume,
    Started,
    TimeUp,
)
from goodterms.calls.model import (
    Answered,
    Detected,
    Digit,
    Ending,
    Joined,
    LegEnded,
    NetworkLost,
    Outcome,
    Phase,
    Progress,
    PromptEnded,
    Request,
    RequestKind,
    Resynced,
    Ringing,
    StopAsked,
)
from goodterms.dialing.book import Book
from goodterms.dialing.orders import (
    AgentSaved,
    AgentsSeen,
    CallsFound,
    CancelsSeen,
    CloseRequest,
    Command,
    Dialable,
    End,
    FloorEvent,
    Mark,
    MoreDue,
    OptOut,
    PoliciesSeen,
    RequestsSeen,
    Start,
    Tick,
)
from goodterms.dialing.pacing import Pacing
from goodterms.dialing.resync import legs_gone, restored, restored_talk, takeover
from goodterms.dialing.seats import Line, Seat, Seats, person_of
from goodterms.routing.decide import pick_agent
from goodterms.routing.model import AgentEvent, AgentState

_SHOWN = (
    Phase.RINGING,
    Phase.DETECTING,
    Phase.QUEUED,
    Phase.TALKING,
    Phase.HELD,
    Phase.MESSAGE,
)
_WITH_AGENT = (Phase.TALKING, Phase.HELD)
_OVER = (Phase.MESSAGE, Phase.ENDING, Phase.ENDED)


class Floor:
    """All calls and agents of a node; ``handle`` is the only door."""

    def __init__(self) -> None:
        self.calls = Book()
        self.pacing = Pacing()
        self.seats = Seats(self.pacing.lasted)
        self.up = False
        self._taken_over: set[str] = set()
        self._wishes: set[int] = set()
        self._out: list[Command] = []

    def handle(self, event: FloorEvent, now: datetime) -> list[Command]:
        """Take one event in and return the orders that follow, in order."""
        self._take(event, now)
        if self.up:
            self._time_ups(now)
            self._serve(now)
            self._tidy(now)
            self._out += self.pacing.orders(self.calls, self.seats, now)
        out, self._out = self._out, []
        return out

    def next_deadline(self) -> datetime | None:
        """Return when time itself will be an event, None if nothing waits for it."""
        parts = (self.calls, self.seats, self.pacing)
        return min((at for part in parts if (at := part.next_deadline())), default=None)

    def _take(self, event: FloorEvent, now: datetime) -> None:
        match event:
            case Resynced():
                self._resynced(event, now)
            case NetworkLost() | Tick() | StopAsked():
                self.up = self.up and not isinstance(event, NetworkLost)
            case Started() | NotStarted():
                self._happen(event, now)
            case AgentsSeen() | AgentSaved() | PoliciesSeen() | CallsFound() | MoreDue():
                self._learn(event)
            case Dialable():
                self._dialable(event, now)
            case CancelsSeen() | RequestsSeen():
                self._wished(event, now)
            case _:
                self._heard(event, now)

    def _wished(self, event: CancelsSeen | RequestsSeen, now: datetime) -> None:
        if isinstance(event, CancelsSeen):
            for attempt_id in event.attempt_ids:
                self._happen(Cancelled(attempt_id), now)
            return
        for request in event.requests:
            self._asked(request, now)

    def _learn(self, event: AgentsSeen | AgentSaved | PoliciesSeen | CallsFound | MoreDue) -> None:
        match event:
            case AgentsSeen(agents=agents):
                for agent in agents:
                    self.seats.see(agent)
            case AgentSaved(agent=agent):
                self.seats.saved(agent)
            case PoliciesSeen():
                self.pacing.learn(event)
            case CallsFound(attempts=attempts):
                for attempt in attempts:
                    self.calls[attempt.id] = restored(attempt, self.seats)
                    self._taken_over.add(attempt.id)
            case MoreDue():
                self.pacing.look_again()

    def _heard(
        self,
        event: Ringing | Answered | Detected | Joined | PromptEnded | Digit | LegEnded,
        now: datetime,
    ) -> None:
        if person_of(event.leg) is not None:
            self._line_heard(event, now)
        elif event.leg in self.calls:
            self._happen(event, now)
        elif not isinstance(event, LegEnded):
            self._out.append(HangUp(event.leg))  # a leg nobody here answers for

    def _happen(self, event: CallHappening, now: datetime) -> None:
        before = self.calls.get(event.leg)
        if before is None:
            return
        after, orders = transition(before, event, now)
        self._out += orders
        if after != before:
            self.calls[event.leg] = after
            self.seats.touch(event.leg)
            self.pacing.moved(before, after, now)
            self._follow(before, after, now)

    def _follow(self, before: LiveCall, after: LiveCall, now: datetime) -> None:
        """Do what a call's change asks of agents and the record."""
        seat = self._seat_of(after)
        if after.opted_out and not before.opted_out:
            self._out.append(OptOut(after.attempt_id))
        if after.phase is Phase.ENDED:
            self._ended(after, seat, now)
            return
        if seat is not None and after.phase in _OVER and after.bridged_at is None:
            self._out.append(self.seats.move(seat, AgentEvent.RELEASE, now))
        if after.phase is Phase.TALKING and before.phase is Phase.QUEUED and seat is not None:
            self._out.append(
                self.seats.move(seat, AgentEvent.CONNECT, now, attempt_id=after.attempt_id)
            )
        if seat is not None and before.phase is not after.phase:
            if after.phase is Phase.HELD:
                self._out.append(Hold(after.attempt_id, seat.agent.line))
            if before.phase is Phase.HELD and after.phase is Phase.TALKING:
                self._out.append(Resume(after.attempt_id, seat.agent.line))
        if after.phase is not before.phase and after.phase in _SHOWN:
            self._out.append(Mark(after.attempt_id, after.phase, _progress(after)))

    def _ended(self, call: LiveCall, seat: Seat | None, now: datetime) -> None:
        step = None
        if seat is not None:
            talked = seat.state is AgentState.TALKING
            event = AgentEvent.CALL_ENDED if talked else AgentEvent.RELEASE
            step = self.seats.move(seat, event, now, attempt_id=call.attempt_id)
        ending: Ending = {
            **_progress(call),
            "q850": call.q850,
            "sip_code": call.sip_code,
            "hung_up_by": hung_up_by(call),
        }
        outcome = outcome_of(call)
        if call.placed_at is None and outcome is not Outcome.CANCELLED:
            outcome = Outcome.INTERRUPTED
        self._out.append(End(call.attempt_id, outcome, ending, step))
        del self.calls[call.attempt_id]
        self.seats.touch(call.attempt_id)
        self._taken_over.discard(call.attempt_id)
        self.pacing.ended(call)

    def _seat_of(self, call: LiveCall) -> Seat | None:
        seat = self.seats.get(call.agent_id)
        if seat is not None and seat.attempt_id == call.attempt_id:
            return seat
        return self.seats.with_call(call.attempt_id)

    def _dialable(self, event: Dialable, now: datetime) -> None:
        reserve = self.pacing.answered(event, now)
        for one in event.permitted:
            call = one.call
            self.calls[call.attempt_id] = call
            if not self.up:  # not dialed, due again
                self._happen(NotStarted(call.attempt_id), now)
                continue
            if reserve:
                agent = pick_agent(
                    self.seats.free(call.campaign_id),
                    campaign_id=call.campaign_id,
                    guardian_id=call.guardian_id,
                )
                if agent is None:  # taken meanwhile: not dialed either
                    self._happen(NotStarted(call.attempt_id), now)
                    continue
                self._reserve(agent.person_id, call.attempt_id, now)
            self._out.append(Start(one.permit, one.order))

    def _reserve(self, person_id: int, attempt_id: str, now: datetime) -> Seat:
        seat = self.seats.get(person_id)
        assert seat is not None  # chosen among our seats
        self._out.append(self.seats.move(seat, AgentEvent.RESERVE, now, attempt_id=attempt_id))
        return seat

    def _serve(self, now: datetime) -> None:
        """Give people who wait to agents: their own, the guardian, or who waits longest."""
        waiting = list(self.calls.waiting.values())
        for call in sorted(waiting, key=lambda c: (c.greeting_ended_at or now, c.attempt_id)):
            seat = self.seats.with_call(call.attempt_id)
            if seat is None or seat.state is not AgentState.RESERVED or seat.line is not Line.OPEN:
                agent = pick_agent(
                    self.seats.free(call.campaign_id),
                    campaign_id=call.campaign_id,
                    guardian_id=call.guardian_id,
                )
                if agent is None:
                    continue
                if seat is not None:
                    self._out.append(self.seats.move(seat, AgentEvent.RELEASE, now))
                seat = self._reserve(agent.person_id, call.attempt_id, now)
            self._happen(Joining(call.attempt_id, seat.agent.person_id), now)
            # The order to join goes out before anything is written about it.
            self._out.insert(0, Join(call.attempt_id, seat.agent.line))

    def _asked(self, request: Request, now: datetime) -> None:
        if request.id in self._wishes:
            return
        self._wishes.add(request.id)
        before = self.calls.get(request.attempt_id)
        self._happen(Asked(request.attempt_id, request.kind), now)
        changed = before is not None and self.calls.get(request.attempt_id) != before
        hang_up = request.kind is RequestKind.HANG_UP
        result = "done" if changed or hang_up else "not possible now"
        self._out.append(CloseRequest(request.id, result))

    def _line_heard(
        self,
        event: Ringing | Answered | Detected | Joined | PromptEnded | Digit | LegEnded,
        now: datetime,
    ) -> None:
        seat = self.seats.get(person_of(event.leg))
        if isinstance(event, LegEnded):
            if seat is not None:
                self._line_gone(seat, now)
        elif isinstance(event, Answered):
            if seat is None or seat.line in (Line.CLOSED, Line.CLOSING):
                self._out.append(HangUp(event.leg))
            elif seat.line is Line.OPENING:
                self._out.append(self.seats.set_line(seat, line_open=True))

    def _line_gone(self, seat: Seat, now: datetime, *, pause: bool = True) -> None:
        """A line ended: who was available is not any more, who talked wraps up."""
        wanted = seat.line in (Line.OPENING, Line.OPEN)
        reason = "telephone did not answer" if seat.line is Line.OPENING else "telephone lost"
        call = self.calls.get(seat.attempt_id or "")
        if seat.line is not Line.CLOSED or seat.agent.line_open:
            self._out.append(self.seats.set_line(seat, line_open=False))
        if wanted and pause and seat.state in (AgentState.READY, AgentState.RESERVED):
            self._out.append(self.seats.move(seat, AgentEvent.LINE_LOST, now, reason=reason))
        if call is not None and (call.phase in _WITH_AGENT or call.joining):
            self._happen(Asked(call.attempt_id, RequestKind.HANG_UP), now)

    def _time_ups(self, now: datetime) -> None:
        for attempt_id in list(self.calls.overdue(now)):
            self._happen(TimeUp(attempt_id), now)
        for seat in self.seats.overdue(now):
            self._out.append(HangUp(seat.agent.line))
            self._line_gone(seat, now)

    def _tidy(self, now: datetime) -> None:
        """See to the agents who changed: nobody waits for a call that is gone, lines are right."""
        while self.seats.changed:
            changed, self.seats.changed = self.seats.changed, set()
            for person_id in sorted(changed):
                self._release(person_id, now)
            self._out += self.seats.lines(now, self.calls, changed)

    def _release(self, person_id: int, now: datetime) -> None:
        """Free an agent whose row says that they are busy with a call that is not here."""
        seat = self.seats.get(person_id)
        assert seat is not None  # it changed
        if seat.unsaved or seat.state not in (AgentState.RESERVED, AgentState.TALKING):
            return
        call = self.calls.get(seat.attempt_id or "")
        if call is not None and (call.bridged_at is not None or call.phase not in _OVER):
            return
        talked = seat.state is AgentState.TALKING
        event = AgentEvent.CALL_ENDED if talked else AgentEvent.RELEASE
        self._out.append(self.seats.move(seat, event, now, attempt_id=seat.attempt_id))

    def _resynced(self, event: Resynced, now: datetime) -> None:
        """Match what we hold with what the network has; it is right about what lives."""
        self.up = True
        self._lines_resynced(event, now)
        partners = {leg: line for pair in event.pairs for leg, line in (pair, pair[::-1])}
        for call in list(self.calls.values()):
            starting = call.phase is Phase.WAITING and call.attempt_id not in self._taken_over
            seat = self.seats.get(person_of(partners.get(call.attempt_id, "")))
            for happening in () if starting else takeover(call, event, paired=seat is not None):
                self._happen(happening, now)
            if seat is not None and call.attempt_id in event.legs:
                self._adopt(call, seat, now)
        self._out += [HangUp(leg) for leg in legs_gone(event, self.calls, self.seats)]

    def _adopt(self, call: LiveCall, seat: Seat, now: datetime) -> None:
        """Two who hear each other go on talking."""
        talking = restored_talk(call, seat.agent.person_id, now)
        self.calls[call.attempt_id] = talking
        self.pacing.moved(call, talking, now)
        if seat.state is not AgentState.TALKING:
            order = self.seats.move(seat, AgentEvent.CONNECT, now, attempt_id=call.attempt_id)
            self._out.append(order)
        self.seats.adopt(seat, call.attempt_id)
        if talking != call:
            self._out.append(Mark(call.attempt_id, talking.phase, _progress(talking)))

    def _lines_resynced(self, event: Resynced, now: datetime) -> None:
        for seat in self.seats:
            line = seat.agent.line
            if line in event.answered and seat.line is not Line.CLOSING:
                if seat.line is not Line.OPEN or not seat.agent.line_open:
                    self._out.append(self.seats.set_line(seat, line_open=True))
            elif line not in event.legs:  # the node was restarted, not the telephone: call it again
                self._line_gone(seat, now, pause=False)


def _progress(call: LiveCall) -> Progress:
    talked = call.bridged_at is not None
    progress: Progress = {
        "ringing_at": call.ringing_at,
        "answered_at": call.answered_at,
        "greeting_ended_at": call.greeting_ended_at,
        "amd_verdict": call.amd_verdict,
        "bridged_at": call.bridged_at,
        "abandoned": call.abandoned,
        "agent_id": call.agent_id if talked else None,
    }
    return progress
