"""A campaign's lines in flight by age, and what its past lets expect of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import zip_longest

from goodterms.dialing.decide.budget import aim, surely_coming
from goodterms.dialing.decide.estimate import OLDEST, scaled, surprise
from goodterms.dialing.learning import DeskRecord, LineRecord, RecentRecord, RiskRecord, look_ahead
from goodterms.dialing.model import Outlook, Snapshot

REFRESH_YOUNG, REFRESH = 3.0, 20.0
"""Every so many seconds the estimates are made anew: in the first minutes, and later."""
YOUNG = 600.0
AHEAD_SECONDS = 3600.0
"""Where the end of calling is not known, the answers of so many seconds count as to come."""
NEVER_BY_CHANCE = 14.0
"""Lines in a row without an answer, times the chance of one: beyond this it is one in a million."""


class Foresight:
    """What predictive pacing knows of one campaign. Instants are seconds of one clock."""

    def __init__(self, desk: DeskRecord) -> None:
        self._desk = desk
        self._lines = LineRecord()
        self._recent = RecentRecord()
        self._risks = RiskRecord()
        self._placed: dict[str, int] = {}
        self._by_second: dict[int, int] = {}
        self._outlook: Outlook | None = None
        self._made_at = self._born_at = 0.0
        self._risk = 0.0
        self._silent = 0

    def placed(self, line: str, at: float) -> None:
        """Note that a line was placed."""
        second = int(at)
        self._placed[line] = second
        self._by_second[second] = self._by_second.get(second, 0) + 1

    def over(self, line: str, at: float, *, answered: bool) -> None:
        """Learn that a person answered a line, or that it ended otherwise."""
        second = self._placed.pop(line, None)
        if second is None:
            return
        self._forget(second)
        self._silent = 0 if answered else self._silent + 1
        if self._down():
            return
        age = at - second - 0.5
        self._lines.add(age, answered=answered)
        if self._outlook is not None:
            known = self._outlook.answers_by
            expected = known[min(len(known) - 1, max(0, int(age)))]
            self._recent.add(expected, answered=answered)

    def _down(self) -> bool:
        """Tell whether so many lines in a row were not answered that it cannot be chance.

        A carrier fails, not the people: nothing is learned from it, and no risk is taken.
        """
        chance = 0.0 if self._outlook is None else self._outlook.answers[0]
        return self._silent * chance > NEVER_BY_CHANCE

    def drop(self, line: str) -> None:
        """Forget a line that was never dialed, or that we ended ourselves: it tells nothing."""
        second = self._placed.pop(line, None)
        if second is not None:
            self._forget(second)

    def _forget(self, second: int) -> None:
        left = self._by_second[second] - 1
        if left:
            self._by_second[second] = left
        else:
            del self._by_second[second]

    def learn(self, age: float, *, answered: bool) -> None:
        """Take in a line of the past: answered at an age in seconds, or ended otherwise."""
        self._lines.add(age, answered=answered)

    def met(self, *, abandoned: bool) -> None:
        """Learn that a person who answered got an agent, or none."""
        self._risks.add(self._risk, abandoned=abandoned)

    def ages(self, at: float) -> tuple[int, ...]:
        """Count the lines in flight by whole seconds since they were placed."""
        if not self._by_second:
            return ()
        now = int(at)
        oldest = min(OLDEST, max(0, now - min(self._by_second)))
        found = [0] * (oldest + 1)
        for second, count in self._by_second.items():
            found[min(oldest, max(0, now - second))] += count
        return tuple(found)

    def outlook(self, at: float) -> Outlook:
        """Return the present outlook; it is made anew every few seconds.

        Where more people answer of late than was expected, it follows at once.
        """
        if self._outlook is None:
            self._born_at = at
        every = REFRESH_YOUNG if at - self._born_at < YOUNG else REFRESH
        if self._outlook is None or at - self._made_at >= every:
            self._outlook = look_ahead(self._lines, self._desk, self.ages(at)[:OLDEST])
            self._made_at = at
        more = surprise(self._recent.answered, self._recent.expected)
        return self._outlook if more == 1.0 else scaled(self._outlook, more)

    def seen(
        self,
        snapshot: Snapshot,
        at: float,
        *,
        seconds: float | None,
        due: int,
        others: Iterable[tuple[int, ...]] = (),
    ) -> Snapshot:
        """Add to a snapshot what predictive pacing looks at.

        ``seconds`` is how long calling goes on in this window, None if it is not known; ``due``
        how many people are due now; ``others`` the ages of lines of other campaigns that are
        meant for the same agents.
        """
        outlook = self.outlook(at)
        left = AHEAD_SECONDS if seconds is None else seconds
        known = replace(
            snapshot,
            line_ages=tuple(map(sum, zip_longest(self.ages(at), *others, fillvalue=0))),
            ahead=surely_coming(outlook, snapshot.agents, left, due),
        )
        self._risk = 0.0 if self._down() else self._risks.bearable(aim(known))
        return replace(known, risk=self._risk)
