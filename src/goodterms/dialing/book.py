"""The live calls of a node with their counts: kept up to date with each change, never recounted."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from goodterms.calls.live import LiveCall
from goodterms.calls.model import Phase

BEFORE_PERSON = frozenset(
    (Phase.WAITING, Phase.DIALING, Phase.RINGING, Phase.ANSWERED, Phase.DETECTING)
)
WITH_AGENT = frozenset((Phase.TALKING, Phase.HELD))
_STALE = 64


class Book(dict[str, LiveCall]):
    """Live calls by attempt id.

    ``in_flight``, ``queued`` and ``talking`` count by campaign, ``on_trunk`` by trunk.
    ``waiting`` are the people who wait for an agent. ``version`` rises with every count that
    changes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.in_flight: Counter[int | None] = Counter()
        self.queued: Counter[int | None] = Counter()
        self.talking: Counter[int | None] = Counter()
        self.on_trunk: Counter[str] = Counter()
        self.waiting: dict[str, LiveCall] = {}
        self.version = 0
        self._deadlines: list[tuple[datetime, str]] = []

    def __setitem__(self, attempt_id: str, call: LiveCall) -> None:
        before = self.get(attempt_id)
        super().__setitem__(attempt_id, call)
        if before is None:
            self.on_trunk[call.trunk] += 1
            self._count(call, 1)
        elif before.phase is not call.phase:
            self._count(before, -1)
            self._count(call, 1)
        if call.phase is Phase.QUEUED and not call.joining:
            self.waiting[attempt_id] = call
        else:
            self.waiting.pop(attempt_id, None)
        if call.deadline is not None and (before is None or before.deadline != call.deadline):
            heapq.heappush(self._deadlines, (call.deadline, attempt_id))

    def __delitem__(self, attempt_id: str) -> None:
        call = self[attempt_id]
        super().__delitem__(attempt_id)
        self.on_trunk[call.trunk] -= 1
        self._count(call, -1)
        self.waiting.pop(attempt_id, None)

    def clear(self) -> None:
        """Forget every call."""
        for attempt_id in list(self):
            del self[attempt_id]

    def _count(self, call: LiveCall, step: int) -> None:
        self.version += 1
        if call.phase in BEFORE_PERSON:
            self.in_flight[call.campaign_id] += step
        elif call.phase is Phase.QUEUED:
            self.queued[call.campaign_id] += step
        elif call.phase in WITH_AGENT:
            self.talking[call.campaign_id] += step

    def overdue(self, now: datetime) -> Iterator[str]:
        """Yield the calls whose deadline has passed, each once, earliest first."""
        while self._deadlines and self._deadlines[0][0] <= now:
            at, attempt_id = heapq.heappop(self._deadlines)
            if self._stands(at, attempt_id):
                yield attempt_id

    def next_deadline(self) -> datetime | None:
        """Return the earliest deadline of a call."""
        while self._deadlines and not self._stands(*self._deadlines[0]):
            heapq.heappop(self._deadlines)
        if len(self._deadlines) > 2 * len(self) + _STALE:
            self._deadlines = [(c.deadline, name) for name, c in self.items() if c.deadline]
            heapq.heapify(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def _stands(self, at: datetime, attempt_id: str) -> bool:
        call = self.get(attempt_id)
        return call is not None and call.deadline == at
