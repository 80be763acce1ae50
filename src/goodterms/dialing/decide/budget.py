"""How much risk of an unanswered person the abandonment budget bears now."""

from __future__ import annotations

from math import sqrt

from goodterms.compliance.decide.abandonment import CAP, WHOLE
from goodterms.dialing.model import Outlook, Snapshot

BORROW, BORROW_LARGE, BORROW_EACH = 100, 200, 10
"""Of the answers that surely still come, so many at most are counted as if they had come: ten for
each agent, at least the first figure, at most the second."""

_SHARE = CAP / WHOLE
# Chosen by simulation (bench/pacing.py): at few abandoned calls left, one must hold back more
# than in proportion, since a budget that is used up costs more than a little caution does.
_HELD = 0.3
_CAUTION = 0.75
_TEAM, _STRETCH, _GROWTH = 5, 60, 0.8
_SHORTEST = 8
_LEAST, _MOST = 0.0025, 0.045
_RISKIEST = 0.5
_SURE = 0.8
# Before anything is known, of those who answer at a risk of 1 % so many are abandoned (0.65 %),
# and that is worth as much as ten abandoned calls.
_PRIOR, _RATIO = 10, 0.65


def _rate(left: float, answers: float) -> float:
    return max(0.0, left - _CAUTION * sqrt(left)) / answers if left > 0 else 0.0


def borrowed(snapshot: Snapshot) -> int:
    """Return how many answers that still come are counted as if they had come."""
    most = max(BORROW, min(BORROW_LARGE, BORROW_EACH * snapshot.agents))
    return min(most, snapshot.ahead)


def aim(snapshot: Snapshot) -> float:
    """Return which share of the people who answer next may be abandoned.

    What the window has left is spread over the answers to come, holding back the more the fewer
    abandoned calls are left; of the answers to come only those are counted that surely come.
    """
    agents = snapshot.agents
    earned = _SHARE * snapshot.answered - snapshot.abandoned - _HELD
    coming = max(_SHORTEST, 2 * snapshot.ahead)
    stretch = _STRETCH * (max(1, agents) / _TEAM) ** _GROWTH
    spread = (
        _rate(earned + _SHARE * 2 * snapshot.ahead, coming),
        _rate(earned + _SHARE * borrowed(snapshot), stretch),
    )
    return max(_LEAST, min(_MOST, *spread))


def bearable(share: float, risked: float, abandoned: float) -> float:
    """Return the risk at which this share of those who answer is abandoned.

    ``risked`` is the sum of the risks at which people answered so far and ``abandoned`` how many
    of them were: together they tell how many are abandoned at a given risk.
    """
    ratio = (_PRIOR + abandoned) / (_PRIOR / _RATIO + risked)
    return min(_RISKIEST, share / ratio)


def surely_coming(outlook: Outlook, agents: int, seconds: float, due: int) -> int:
    """Return how many answers still come at least, at one line per idle agent.

    So many as agents have time for in the seconds left, and no more than the people who are due
    would give; a fifth is taken off.
    """
    chance = outlook.answers[0]
    if chance <= 0 or agents <= 0:
        return 0
    each = outlook.handle_seconds + outlook.line_seconds / chance
    return int(_SURE * min(agents * max(0.0, seconds) / each, due * chance))
