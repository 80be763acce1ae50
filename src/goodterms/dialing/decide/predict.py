"""Predictive pacing: the most lines such that the next answer is likely to find an agent.

With S agents free (people waiting taken off), A the people who will answer among the lines in
flight and R the agents who become free meanwhile, one more line is placed while the chance that
its own answer would find nobody, P(A - R ≥ S), is at most the risk that the budget bears.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt

from goodterms.compliance.decide.abandonment import Tally, spare
from goodterms.dialing.decide.budget import borrowed
from goodterms.dialing.decide.estimate import releases
from goodterms.dialing.model import Outlook, Snapshot

EXACT = 10
"""Up to so many agents the chances are computed exactly, beyond them by the normal law."""
MOST = 400
"""No decision places more lines than this; the next one may."""


def guarded(snapshot: Snapshot) -> bool:
    """Tell whether one more abandoned call could break the cap: then one line per idle agent.

    Some of the answers that surely still come in the window count as come (``borrowed``).
    """
    answered = snapshot.answered + borrowed(snapshot)
    return spare(Tally(snapshot.abandoned, max(0, answered - snapshot.abandoned))) == 0


def lines_ahead(snapshot: Snapshot, outlook: Outlook) -> int:
    """Return how many more lines may be placed at the snapshot's risk."""
    free = snapshot.ready + snapshot.reserved - snapshot.queued
    answers, freed = outlook.answers, releases(outlook, snapshot)
    aged = [
        (answers[min(age, len(answers) - 1)], count)
        for age, count in enumerate(snapshot.line_ages)
        if count
    ]
    if snapshot.agents <= EXACT:
        return _exactly(free, aged, freed, answers[0], snapshot.risk)
    return _nearly(free, aged, freed, outlook, snapshot.risk)


def spread(chances: Sequence[float], size: int) -> list[float]:
    """Return the chances of 0, 1, … successes in independent tries; the last: of so many or more.

    The Poisson-binomial distribution, exact, cut off at ``size`` successes.
    """
    found = [1.0] + [0.0] * size
    for chance in chances:
        _one_more(found, chance)
    return found


def _one_more(found: list[float], chance: float) -> None:
    found[-1] += found[-2] * chance
    for number in range(len(found) - 2, 0, -1):
        found[number] += (found[number - 1] - found[number]) * chance
    found[0] -= found[0] * chance


def _exactly(
    free: int,
    aged: list[tuple[float, int]],
    freed: list[float],
    fresh: float,
    risk: float,
) -> int:
    ways = max(1, len(freed))
    most = max(1, free + ways)
    answered = spread([chance for chance, count in aged for _ in range(count)], most)
    released = spread(freed, ways)
    for lines in range(MOST):
        if _nobody(free, answered, released) > risk:
            return lines
        _one_more(answered, fresh)
        if fresh <= 0:
            break
    return MOST


def _nobody(free: int, answered: list[float], released: list[float]) -> float:
    """Return P(A - R ≥ S)."""
    tails, rest = [1.0] * len(answered), 0.0
    for number in range(len(answered) - 1, -1, -1):
        rest += answered[number]
        tails[number] = rest
    return sum(chance * tails[max(0, free + r)] for r, chance in enumerate(released))


def _nearly(
    free: int,
    aged: list[tuple[float, int]],
    freed: list[float],
    outlook: Outlook,
    risk: float,
) -> int:
    fresh = outlook.answers[0]
    mean = sum([chance * count for chance, count in aged])
    noise = sum([chance * (1 - chance) * count for chance, count in aged])
    soon = sum(freed)
    noise += soon - sum([chance * chance for chance in freed])

    def chance(lines: int) -> float:
        answered = mean + lines * fresh
        # How often people answer is itself only estimated.
        variance = noise + lines * fresh * (1 - fresh) + outlook.doubt * answered * answered
        return 0.5 * erfc((free - 0.5 - answered + soon) / sqrt(2 * variance + 1e-9))

    if chance(0) > risk:
        return 0
    low, high = 0, 1
    while high < MOST and chance(high) <= risk:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if chance(middle) <= risk else (low, middle)
    return min(MOST, low + 1)
