"""How many lines to place now, and why in one sentence."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from goodterms.compliance.decide.abandonment import Tally, spare
from goodterms.dialing.decide.estimate import releases
from goodterms.dialing.decide.predict import guarded, lines_ahead
from goodterms.dialing.model import DialPolicy, Mode, Outlook, Pace, Snapshot, Trunk

LINES_EACH = 15
"""Predictive pacing has no more lines out than so many for each agent at work: where a carrier
fails every call, nobody seems to answer any more, and the list must not be burnt for that."""


def rate_window(limit: Decimal) -> timedelta:
    """Return the time over which lines are counted against a limit in calls per second."""
    return timedelta(seconds=1) if limit >= 1 else timedelta(seconds=float(1 / limit))


def per_window(limit: Decimal) -> int:
    """Return how many lines may start within ``rate_window``: never more than the limit."""
    return max(1, int(limit))


def pace(
    snapshot: Snapshot, policy: DialPolicy, trunk: Trunk, outlook: Outlook | None = None
) -> Pace:
    """Say how many lines to place now.

    Progressive places one line per idle agent. A ratio places more, but never so many that,
    should all of them be answered at once, the abandonment cap could break. Predictive places as
    many as the ``outlook`` lets expect agents for, within the abandonment budget; without an
    outlook it places one line per idle agent.
    """
    if not policy.running:
        return Pace(0, "The campaign is not running.")
    idle = snapshot.ready + snapshot.reserved - snapshot.queued
    if policy.mode is Mode.PREDICTIVE and outlook is not None:
        if idle <= 0 and not snapshot.talked and not snapshot.wrapped:
            return Pace(0, "No agent is at work.")
        lines, because = _predicted(snapshot, outlook, idle)
    elif idle <= 0:
        return Pace(0, "No agent is free.")
    else:
        lines, because = _level(snapshot, policy, idle)
    return _limited(snapshot, policy, trunk, lines, because)


def _limited(
    snapshot: Snapshot, policy: DialPolicy, trunk: Trunk, lines: int, because: str
) -> Pace:
    live = snapshot.in_flight + snapshot.queued + snapshot.talking
    limits = (
        (lines - snapshot.in_flight, because),
        (policy.max_concurrent - live, "The campaign's limit of concurrent calls is reached."),
        (trunk.max_concurrent - snapshot.trunk_in_use, f"Trunk {trunk.name} is full."),
        (
            per_window(policy.max_per_second) - snapshot.placed_last_second,
            f"The campaign places at most {policy.max_per_second} calls a second.",
        ),
        (
            per_window(trunk.max_per_second) - snapshot.trunk_placed_last_second,
            f"Trunk {trunk.name} takes at most {trunk.max_per_second} calls a second.",
        ),
    )
    place, why = min(limits, key=lambda limit: limit[0])
    return Pace(max(0, place), why)


def _free(idle: int) -> str:
    return f"{idle} agent{' is' if idle == 1 else 's are'} free"


def _level(snapshot: Snapshot, policy: DialPolicy, idle: int) -> tuple[int, str]:
    agents = _free(idle)
    if policy.mode is not Mode.RATIO:
        return idle, f"{agents}: one line each."
    wanted = max(idle, int(policy.ratio * idle))
    if wanted == idle:
        return idle, f"{agents}: one line each."
    left = spare(Tally(snapshot.abandoned, snapshot.answered - snapshot.abandoned))
    if left == 0 and snapshot.abandoned == 0:
        return idle, f"{agents}: one line each until more calls have been answered."
    if left == 0:
        return idle, f"{agents}: one line each, no abandoned call is left in the budget."
    if idle + left < wanted:
        return idle + left, f"{agents}: {left} lines more, the abandonment budget allows no more."
    return wanted, f"{agents}: {policy.ratio} lines each."


def _predicted(snapshot: Snapshot, outlook: Outlook, idle: int) -> tuple[int, str]:
    agents = _free(max(0, idle))
    if guarded(snapshot):
        return max(0, idle), f"{agents}: one line each, no abandoned call is left in the budget."
    more = lines_ahead(snapshot, outlook)
    lines = max(min(snapshot.in_flight + more, LINES_EACH * snapshot.agents), idle)
    soon = sum(releases(outlook, snapshot))
    return lines, (
        f"{agents} and {soon:.1f} more soon, {lines} lines: the next person to answer finds nobody "
        f"with a chance of {100 * snapshot.risk:.1f} % at most."
    )
