"""When to ask for more calls: what pacing looks at, gathered from the floor."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from goodterms.calls.live import LiveCall
from goodterms.calls.model import Phase
from goodterms.dialing.book import BEFORE_PERSON, Book
from goodterms.dialing.decide import pace, rate_window
from goodterms.dialing.foresight import Foresight
from goodterms.dialing.learning import DeskRecord
from goodterms.dialing.model import DialPolicy, Mode, Pace, Past, Rates, Snapshot, Trunk
from goodterms.dialing.orders import Dialable, Place, PoliciesSeen, ShowPace
from goodterms.dialing.seats import Seats
from goodterms.routing.model import AgentState

LOOK_AGAIN = timedelta(seconds=1)
"""How long a campaign with nothing due is left alone, unless something wakes it."""
SHOW_EVERY = timedelta(seconds=1)
PREDICT_EVERY = timedelta(seconds=1)
"""Predictive pacing looks again after so long even if nothing happens: ages tell something, too."""
PREDICT_GAP = timedelta(milliseconds=100)
"""It looks no more often than this: a line is out for seconds, and events come by the thousand."""

_PERSON = (Phase.QUEUED, Phase.TALKING, Phase.HELD)


class Pacing:
    """Keeps the counts of each campaign and trunk, and asks for calls when agents are free."""

    def __init__(self) -> None:
        self.policies: dict[int, DialPolicy] = {}
        self.trunks: dict[str, Trunk] = {}
        self.rates: dict[int, Rates] = {}
        self.due: dict[int, int] = {}
        self.held: dict[int, str] = {}
        self._desk = DeskRecord()
        self._foresights: dict[int, Foresight] = {}
        self._asked: dict[int, int] = {}
        self._rest_until: dict[int, datetime] = {}
        self._placed: dict[str | int, deque[datetime]] = {}
        self._shown: dict[int, tuple[datetime, Pace]] = {}
        self._again_at: datetime | None = None
        self._predicted_at: dict[int, datetime] = {}
        self._stands: tuple[int, int, int] | None = None
        self._news = 0

    def learn(self, seen: PoliciesSeen) -> None:
        """Take in what campaigns ask; counts of those already known stay ours."""
        self.policies = {policy.campaign_id: policy for policy in seen.policies}
        self.trunks = {trunk.name: trunk for trunk in seen.trunks}
        for campaign_id, rates in seen.rates.items():
            self.rates.setdefault(campaign_id, rates)
        self.due |= seen.due
        self.held = dict(seen.held)
        for campaign_id, past in seen.past.items():
            # What was dialed from here is known already.
            if campaign_id not in self._foresights:
                self._remember(campaign_id, past)
        self.look_again()

    def _remember(self, campaign_id: int, past: Past) -> None:
        for age, answered in past.lines:
            self.foresight(campaign_id).learn(age, answered=answered)
        for seconds in past.talks:
            self._desk.talk.add(seconds)

    def foresight(self, campaign_id: int) -> Foresight:
        """Return what is known of a campaign's lines."""
        found = self._foresights.get(campaign_id)
        if found is None:
            found = self._foresights[campaign_id] = Foresight(self._desk)
        return found

    def look_again(self) -> None:
        """Ask at once, even where nothing was due a moment ago."""
        self._rest_until.clear()
        self._news += 1

    def answered(self, event: Dialable, now: datetime) -> bool:
        """Take in the answer to Place; tell whether each line needs its own agent."""
        campaign_id = event.campaign_id
        self._news += 1
        self._asked.pop(campaign_id, None)
        if event.looked_at == 0:
            self._rest_until[campaign_id] = now + LOOK_AGAIN
        policy = self.policies.get(campaign_id)
        for one in event.permitted:
            self.foresight(campaign_id).placed(one.call.attempt_id, now.timestamp())
            for key in (campaign_id, one.call.trunk):
                self._placed.setdefault(key, deque()).append(now)
        return policy is None or policy.mode is Mode.PROGRESSIVE

    def moved(self, before: LiveCall, after: LiveCall, now: datetime) -> None:
        """Learn what became of a line: a person answered, or not."""
        left = before.phase in BEFORE_PERSON and after.phase not in BEFORE_PERSON
        if after.campaign_id is None or not left:
            return
        foresight = self.foresight(after.campaign_id)
        answered = after.phase in _PERSON or after.abandoned
        if not answered and (after.placed_at is None or after.cancelled or after.interrupted):
            foresight.drop(after.attempt_id)
        else:
            foresight.over(after.attempt_id, now.timestamp(), answered=answered)

    def lasted(self, state: AgentState, time: timedelta, following: AgentState) -> None:
        """Learn how long agents talk and wrap up."""
        if state is AgentState.TALKING:
            self._desk.talk.add(time.total_seconds())
        elif state is AgentState.WRAP_UP:
            self._desk.wrapped(time.total_seconds(), back=following is AgentState.READY)

    def ended(self, call: LiveCall) -> None:
        """Count what an ended call says about abandonment."""
        if call.campaign_id is None or not (call.abandoned or call.bridged_at):
            return
        self.foresight(call.campaign_id).met(abandoned=call.abandoned)
        rates = self.rates.get(call.campaign_id, Rates(0, 0))
        self.rates[call.campaign_id] = replace(
            rates, answered=rates.answered + 1, abandoned=rates.abandoned + call.abandoned
        )

    def orders(self, calls: Book, seats: Seats, now: datetime) -> list[Place | ShowPace]:
        """Ask for as many calls as may be placed now, for each running campaign.

        Where no count has changed since the last time, and nothing was waited for, nothing is
        computed anew.
        """
        stands = (calls.version, seats.version, self._news)
        due = self.next_deadline()
        if stands == self._stands and (due is None or due > now):
            return []
        self._stands = stands
        self._again_at = None
        self._rest_until = {c: at for c, at in self._rest_until.items() if at > now}
        orders: list[Place | ShowPace] = []
        for policy in self.policies.values():
            if policy.running and policy.campaign_id not in self._asked:
                orders += self._ordered(policy, calls, seats, now)
        return orders

    def _ordered(
        self, policy: DialPolicy, calls: Book, seats: Seats, now: datetime
    ) -> list[Place | ShowPace]:
        trunk = self.trunks.get(policy.trunk)
        if trunk is None or self._too_soon(policy, now):
            return []
        seen = self._snapshot(policy, trunk, calls, seats, now)
        decided = self._decide(seen, policy, trunk, now)
        orders: list[Place | ShowPace] = [*self._show(seen, decided, now)]
        if decided.place == 0:
            self._wait_for_rate(policy, trunk, seen)
        elif policy.campaign_id not in self._rest_until:
            self._asked[policy.campaign_id] = decided.place
            orders.append(Place(policy, decided.place))
        return orders

    def _too_soon(self, policy: DialPolicy, now: datetime) -> bool:
        if not policy.predicts:
            return False
        last = self._predicted_at.get(policy.campaign_id)
        if last is not None and last <= now < last + PREDICT_GAP:
            self._look_at(last + PREDICT_GAP)
            return True
        self._predicted_at[policy.campaign_id] = now
        return False

    def _look_at(self, at: datetime) -> None:
        self._again_at = at if self._again_at is None else min(self._again_at, at)

    def _decide(self, seen: Snapshot, policy: DialPolicy, trunk: Trunk, now: datetime) -> Pace:
        if because := self.held.get(policy.campaign_id):
            steady = pace(seen, replace(policy, mode=Mode.PROGRESSIVE), trunk)
            return replace(steady, because=f"{because} {steady.because}")
        if not policy.predicts:
            return pace(seen, policy, trunk)
        if seen.agents:
            self._look_at(now + PREDICT_EVERY)
        outlook = self.foresight(policy.campaign_id).outlook(now.timestamp())
        return pace(seen, policy, trunk, outlook)

    def next_deadline(self) -> datetime | None:
        """Return when a campaign that rests, or a full second, is over."""
        times = [
            at for c, at in self._rest_until.items() if c in self.policies and c not in self._asked
        ]
        return min([*times, *([self._again_at] if self._again_at else [])], default=None)

    def _wait_for_rate(self, policy: DialPolicy, trunk: Trunk, seen: Snapshot) -> None:
        """Remember when a limit of calls a second may let the next one through."""
        if seen.ready == 0:
            return
        limits = ((policy.campaign_id, policy.max_per_second), (trunk.name, trunk.max_per_second))
        for key, limit in limits:
            starts = self._placed.get(key)
            if starts:
                self._look_at(starts[0] + rate_window(limit))

    def _show(self, seen: Snapshot, decided: Pace, now: datetime) -> list[ShowPace]:
        before = self._shown.get(seen.campaign_id)
        if before and (before[1] == decided or now - before[0] < SHOW_EVERY):
            return []
        self._shown[seen.campaign_id] = (now, decided)
        return [ShowPace(seen, decided)]

    def _recent(self, key: str | int, window: timedelta, now: datetime) -> int:
        starts = self._placed.setdefault(key, deque())
        while starts and starts[0] <= now - window:
            starts.popleft()
        return len(starts)

    def _snapshot(
        self, policy: DialPolicy, trunk: Trunk, calls: Book, seats: Seats, now: datetime
    ) -> Snapshot:
        campaign_id = policy.campaign_id
        rates = self.rates.get(campaign_id, Rates(0, 0))
        asked = sum(self._asked.values())
        seen = Snapshot(
            campaign_id=campaign_id,
            # Agents for whom another campaign's calls are being decided are not free for this one.
            ready=max(0, seats.free_count(campaign_id) - asked),
            reserved=self._reserved(campaign_id, calls, seats),
            talking=calls.talking[campaign_id],
            wrap_up=seats.count(AgentState.WRAP_UP, campaign_id),
            in_flight=calls.in_flight[campaign_id],
            queued=calls.queued[campaign_id],
            answered=rates.answered,
            abandoned=rates.abandoned,
            trunk_in_use=asked + calls.on_trunk[trunk.name],
            placed_last_second=self._recent(campaign_id, rate_window(policy.max_per_second), now),
            trunk_placed_last_second=self._recent(
                trunk.name, rate_window(trunk.max_per_second), now
            ),
        )
        return self._foreseen(seen, calls, seats, now) if policy.predicts else seen

    @staticmethod
    def _reserved(campaign_id: int, calls: Book, seats: Seats) -> int:
        if not seats.count(AgentState.RESERVED, campaign_id):
            return 0
        found = 0
        for seat in seats:
            if seat.state is AgentState.RESERVED:
                call = calls.get(seat.attempt_id or "")
                found += call is not None and call.campaign_id == campaign_id
        return found

    def _foreseen(self, seen: Snapshot, calls: Book, seats: Seats, now: datetime) -> Snapshot:
        campaign_id, at = seen.campaign_id, now.timestamp()
        rivals = self._rivals(campaign_id, seats)
        lines = [self.foresight(rival).ages(at) for rival in rivals]
        talked, wrapped = seats.busy(campaign_id, now)
        return self.foresight(campaign_id).seen(
            replace(
                seen,
                ready=max(0, seen.ready - sum(calls.queued[rival] for rival in rivals)),
                talked=talked,
                wrapped=wrapped,
            ),
            at,
            seconds=None,
            due=self.due.get(campaign_id, 0),
            others=lines,
        )

    def _rivals(self, campaign_id: int, seats: Seats) -> list[int]:
        """Other campaigns whose lines are meant for the same agents and reserve none."""
        return [
            other.campaign_id
            for other in self.policies.values()
            if other.running
            and other.campaign_id != campaign_id
            and other.mode is not Mode.PROGRESSIVE
            and seats.share(campaign_id, other.campaign_id)
        ]
