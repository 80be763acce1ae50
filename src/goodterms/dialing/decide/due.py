"""What becomes of a due attempt, by which number and caller ID."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from goodterms.calls.model import Disposition, Outcome
from goodterms.compliance.decide.callers import Line, Person, choose
from goodterms.compliance.model import Decision, ReasonCode, Verdict
from goodterms.dialing.model import (
    Claimed,
    DialPolicy,
    DueAttempt,
    DueState,
    Next,
    Retry,
)

_HOUR = 3600
DEFAULT_RETRY: Mapping[Outcome, Retry] = {
    Outcome.NO_ANSWER: Retry(4 * _HOUR, 5),
    Outcome.MACHINE: Retry(4 * _HOUR, 5),
    Outcome.UNAVAILABLE: Retry(4 * _HOUR, 4),
    Outcome.BUSY: Retry(_HOUR, 5),
    Outcome.CONGESTED: Retry(_HOUR // 4, 4),
    Outcome.FAILED: Retry(_HOUR, 2),
    Outcome.INTERRUPTED: Retry(4 * _HOUR, 2),
    Outcome.HUNG_UP: Retry(24 * _HOUR, 2),
    Outcome.REFUSED: Retry(24 * _HOUR, 2),
    Outcome.UNALLOCATED: Retry(60, 3),
    Outcome.ABANDONED: Retry(72 * _HOUR, 1),
}
_NEVER = Retry(0, 0)
# After these the person's next number is tried; after the others the same one again.
_NEXT_NUMBER = (
    Outcome.NO_ANSWER,
    Outcome.MACHINE,
    Outcome.UNAVAILABLE,
    Outcome.HUNG_UP,
    Outcome.REFUSED,
    Outcome.UNALLOCATED,
)
# What an agent says that means: the consumer was not spoken with, so the rule of this outcome.
_NOT_REACHED: Mapping[Disposition, Outcome] = {
    Disposition.WRONG_NUMBER: Outcome.UNALLOCATED,
    Disposition.MACHINE: Outcome.MACHINE,
    Disposition.NO_CONTACT: Outcome.NO_ANSWER,
    Disposition.THIRD_PARTY: Outcome.NO_ANSWER,
    Disposition.HUNG_UP: Outcome.HUNG_UP,
    Disposition.CALL_BACK: Outcome.BUSY,
}
# These speak against the number, not against the person: another one may do.
_POINT_REASONS = frozenset(
    {
        ReasonCode.POINT_WRONG,
        ReasonCode.POINT_DEAD,
        ReasonCode.POINT_RETIRED,
        ReasonCode.POINT_NOT_THEIRS,
        ReasonCode.MEDIUM_OPTOUT,
        ReasonCode.RND_REASSIGNED,
        ReasonCode.WORK_PROHIBITED,
        ReasonCode.PLACE_PREF,
        ReasonCode.NO_PEC,
        ReasonCode.LINE_TYPE_UNKNOWN,
        ReasonCode.THIRD_PARTY_REPEAT,
    }
)
_PASSING_REASONS = (
    ReasonCode.HOST_SILENT,
    ReasonCode.ATTEMPT_LIVE,
    ReasonCode.CID_UNANSWERABLE,
)
_PASSING = timedelta(seconds=60)


def caller_id(
    policy: DialPolicy, lines: Sequence[Line], person: Person, now: datetime
) -> tuple[str | None, str]:
    """Choose the number to show by the campaign's strategy, and say why (see ``CHOICES``).

    ``lines`` are the policy's numbers in its order. The choice is a proposal: the gate decides,
    and no count depends on it.
    """
    return choose(policy.caller_strategy, lines, person, policy.sticky_days, now)


def point_to_dial(claimed: Claimed) -> tuple[int, str] | None:
    """Return the number to dial: the one planned if it is still good, else the first that is."""
    for point in claimed.points:
        if point[0] == claimed.due.contact_point_id:
            return point
    return claimed.points[0] if claimed.points else None


def later_point(points: Sequence[int], current: int) -> int | None:
    """Return the number after the current one in the person's order, None after the last."""
    if current not in points:
        return points[0] if points else None
    rest = points[points.index(current) + 1 :]
    return rest[0] if rest else None


def after_verdict(claimed: Claimed, verdict: Verdict, now: datetime) -> Next:
    """Say what becomes of a due attempt that was judged.

    Allowed: placed. Allowed later: due then. Refused because of the number: the next number,
    if there is one. Refused for a reason that passes by itself: soon again. Else withdrawn, until
    its campaign finds it due again.
    """
    due = claimed.due
    point = verdict.contact.contact_point_id
    if verdict.decision is Decision.ALLOW:
        attempt_id = verdict.contact.attempt_id
        return Next(due.id, DueState.PLACED, now, point, due.tries, "", attempt_id)
    told = Next(due.id, DueState.WAITING, now, point, due.tries, verdict.reason_code)
    if verdict.decision is Decision.DEFER and verdict.earliest_allowed_at is not None:
        return replace(told, due_at=verdict.earliest_allowed_at)
    if verdict.reason_code in _POINT_REASONS:
        other = later_point([p for p, _ in claimed.points], point)
        if other is not None:
            return replace(told, contact_point_id=other)
    if verdict.reason_code in _PASSING_REASONS:
        return replace(told, due_at=now + _PASSING)
    return replace(told, state=DueState.WITHDRAWN)


def standing_refusal(verdict: Verdict) -> tuple[str, bool] | None:
    """Say why somebody may not be contacted whatever the hour, and whether another number may do.

    None where time alone or a look by the host may still allow it: a list keeps these people.
    """
    if verdict.decision in (Decision.ALLOW, Decision.DEFER):
        return None
    left = verdict.account_ids
    against = [
        finding
        for finding in verdict.findings
        if not finding.passed
        and finding.earliest_allowed_at is None
        and finding.reason_code not in _PASSING_REASONS
        and (not left or finding.account_id is None or finding.account_id in left)
    ]
    if verdict.decision is Decision.DENY:
        against = [finding for finding in against if not finding.refers]
    if not against:
        return None
    person = [f for f in against if f.reason_code not in _POINT_REASONS]
    return (person or against)[0].reason_code, not person


def without_number(due: DueAttempt, now: datetime) -> Next:
    """Say what becomes of a due attempt whose person has no good number left."""
    return Next(
        due.id,
        DueState.WITHDRAWN,
        now,
        due.contact_point_id,
        due.tries,
        ReasonCode.POINT_DEAD,
    )


def retry_rule(policy: DialPolicy, outcome: Outcome) -> Retry:
    """Return the campaign's rule for an outcome, or the house's."""
    return policy.retry.get(outcome.value) or DEFAULT_RETRY.get(outcome, _NEVER)


def after_end(
    due: DueAttempt,
    policy: DialPolicy,
    outcome: Outcome,
    *,
    placed: bool,
    same_outcome: int,
    points: Sequence[int],
    now: datetime,
) -> Next:
    """Say what becomes of a due attempt whose attempt ended.

    ``same_outcome`` is how often this due attempt ended like this, the present one included.
    The times are wishes: the gate allows nothing before every rule does.
    """
    told = Next(due.id, DueState.DONE, now, due.contact_point_id, due.tries, outcome.value)
    if outcome is Outcome.CANCELLED:
        return replace(told, state=DueState.WITHDRAWN, tries=due.tries + placed)
    if not placed:
        return replace(told, state=DueState.WAITING)
    told = replace(told, tries=due.tries + 1)
    if outcome is Outcome.CONVERSATION:
        return told
    return _again(told, policy, outcome, same_outcome=same_outcome, points=points, now=now)


def after_disposition(
    due: DueAttempt,
    policy: DialPolicy,
    disposition: Disposition,
    *,
    points: Sequence[int],
    now: datetime,
) -> Next:
    """Say what becomes of a due attempt once the agent told who was on the line."""
    told = Next(
        due.id, DueState.DONE, now, due.contact_point_id, due.tries, f"agent:{disposition.value}"
    )
    outcome = _NOT_REACHED.get(disposition)
    if outcome is None:
        return told
    return _again(told, policy, outcome, same_outcome=1, points=points, now=now)


def _again(
    told: Next,
    policy: DialPolicy,
    outcome: Outcome,
    *,
    same_outcome: int,
    points: Sequence[int],
    now: datetime,
) -> Next:
    rule = retry_rule(policy, outcome)
    if told.tries >= policy.max_attempts or same_outcome > rule.at_most:
        return told
    point = told.contact_point_id
    if outcome in _NEXT_NUMBER or point not in points:
        following = later_point(points, point) or (points[0] if points else None)
        if following is None:
            return replace(told, state=DueState.WITHDRAWN, reason=ReasonCode.POINT_DEAD)
        point = following
    return replace(
        told,
        state=DueState.WAITING,
        due_at=now + timedelta(seconds=rule.after_seconds),
        contact_point_id=point,
    )
