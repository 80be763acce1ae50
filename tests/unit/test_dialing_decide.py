"""How many lines, and what becomes of a due attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.fakes.floor import START, TRUNK, policy

from goodterms.accounts.model import Channel
from goodterms.calls.model import Disposition, Outcome
from goodterms.compliance.decide.callers import Line, Person
from goodterms.compliance.model import (
    Decision,
    Facts,
    Finding,
    PointFacts,
    ProposedContact,
    ReasonCode,
    Verdict,
)
from goodterms.dialing.decide import (
    after_disposition,
    after_end,
    after_verdict,
    caller_id,
    later_point,
    pace,
    per_window,
    point_to_dial,
    rate_window,
    standing_refusal,
    without_number,
)
from goodterms.dialing.model import (
    Claimed,
    DueAttempt,
    DueState,
    Mode,
    Retry,
    Snapshot,
    Trunk,
)

NOTHING = Snapshot(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
RATIO = policy(mode=Mode.RATIO, ratio=Decimal(3))
DUE = DueAttempt(9, 1, 5, (7,), 21, "+12125550101", DueState.WAITING, START, 0, 0)
CLAIMED = Claimed(DUE, ((21, "+12125550101"), (22, "+12125550102")))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, 0),
        ({"ready": 4}, 4),
        ({"ready": 4, "in_flight": 1}, 3),
        ({"ready": 2, "reserved": 2, "in_flight": 2}, 2),
        ({"ready": 4, "queued": 1}, 3),
        ({"ready": 1, "in_flight": 5}, 0),
    ],
)
def test_progressive_is_one_line_per_idle_agent(changes: dict[str, int], place: int) -> None:
    """Lines in flight and people waiting are taken off."""
    assert pace(replace(NOTHING, **changes), policy(), TRUNK).place == place  # type: ignore[arg-type]


def test_nothing_is_placed_while_the_campaign_is_not_running() -> None:
    """A paused campaign places nothing and says so."""
    paced = pace(replace(NOTHING, ready=4), policy(running=False), TRUNK)
    assert (paced.place, paced.because) == (0, "The campaign is not running.")


@pytest.mark.parametrize(
    ("answered", "abandoned", "place", "because"),
    [
        (0, 0, 4, "until more calls have been answered"),
        (100, 3, 4, "no abandoned call is left"),
        (100, 0, 7, "allows no more"),
        (1000, 0, 12, "3 lines each"),
    ],
)
def test_ratio_stays_within_the_abandonment_budget(
    answered: int, abandoned: int, place: int, because: str
) -> None:
    """A ratio of three for four agents is given only as far as 3 % can bear."""
    seen = replace(NOTHING, ready=4, answered=answered, abandoned=abandoned)
    paced = pace(seen, RATIO, TRUNK)
    assert paced.place == place
    assert because in paced.because


def test_ratio_of_one_is_progressive() -> None:
    """Nothing more than an agent each, so no budget is asked."""
    one = policy(mode=Mode.RATIO, ratio=Decimal(1))
    assert pace(replace(NOTHING, ready=1), one, TRUNK).place == 1


@pytest.mark.parametrize(
    ("changes", "dial", "trunk", "because"),
    [
        ({"talking": 9}, policy(max_concurrent=10), TRUNK, "concurrent"),
        ({"trunk_in_use": 9}, policy(), replace(TRUNK, max_concurrent=10), "full"),
        ({"placed_last_second": 1}, policy(max_per_second=Decimal(2)), TRUNK, "campaign places"),
        (
            {"trunk_placed_last_second": 1},
            policy(),
            replace(TRUNK, max_per_second=Decimal(2)),
            "takes at most",
        ),
    ],
)
def test_each_limit_holds(
    changes: dict[str, int], dial: object, trunk: Trunk, because: str
) -> None:
    """Concurrent calls and calls a second, of the campaign and of the trunk."""
    paced = pace(replace(NOTHING, ready=4, **changes), dial, trunk)  # type: ignore[arg-type]
    assert paced.place == 1
    assert because in paced.because


def test_less_than_one_call_a_second_is_one_in_several() -> None:
    """Half a call a second is one in two seconds; two and a half are two in one."""
    assert (rate_window(Decimal("0.5")), per_window(Decimal("0.5"))) == (timedelta(seconds=2), 1)
    assert (rate_window(Decimal("2.5")), per_window(Decimal("2.5"))) == (timedelta(seconds=1), 2)


def test_the_same_person_always_sees_the_same_number() -> None:
    """The caller ID sticks to the person by the policy's strategy; without any there is none."""
    lines = [Line(number) for number in ("+1", "+2", "+3")]
    many, fixed = policy(), policy(caller_strategy="fixed")
    assert len({caller_id(many, lines, Person(5), START) for _ in range(9)}) == 1
    assert len({caller_id(many, lines, Person(n), START) for n in range(50)}) == 3
    assert caller_id(many, [], Person(5), START) == (None, "")
    assert {caller_id(fixed, lines, Person(n), START) for n in range(50)} == {("+1", "fixed")}


def test_the_planned_number_is_dialed_while_it_is_good() -> None:
    """Else the first good one; else none."""
    assert point_to_dial(CLAIMED) == (21, "+12125550101")
    assert point_to_dial(Claimed(DUE, CLAIMED.points[1:])) == (22, "+12125550102")
    assert point_to_dial(Claimed(DUE, ())) is None
    assert without_number(DUE, START).state is DueState.WITHDRAWN


def test_numbers_are_tried_in_order() -> None:
    """The one after the present, none after the last, the first if the present is gone."""
    assert later_point([1, 2], 1) == 2
    assert later_point([1, 2], 2) is None
    assert later_point([1, 2], 3) == 1
    assert later_point([], 3) is None


def verdict(decision: Decision, code: ReasonCode, point: int = 21) -> Verdict:
    facts = Facts(5, "US", "CO", (), PointFacts(), ())
    contact = ProposedContact("att_9", 5, (7,), point, "+12125550101", Channel.CALL)
    later = START + timedelta(hours=1) if decision is Decision.DEFER else None
    return Verdict(contact, decision, code, (), facts, "hash", START, (7,), later)


@pytest.mark.parametrize(
    ("decision", "code", "state", "due_in", "point"),
    [
        (Decision.ALLOW, ReasonCode.ALLOWED, DueState.PLACED, 0, 21),
        (Decision.DEFER, ReasonCode.TIME_OUTSIDE, DueState.WAITING, 3600, 21),
        (Decision.DENY, ReasonCode.MEDIUM_OPTOUT, DueState.WAITING, 0, 22),
        (Decision.DENY, ReasonCode.HOST_SILENT, DueState.WAITING, 60, 21),
        (Decision.DENY, ReasonCode.BALANCE_ZERO, DueState.WITHDRAWN, 0, 21),
    ],
)
def test_each_verdict_has_its_consequence(
    decision: Decision, code: ReasonCode, state: DueState, due_in: int, point: int
) -> None:
    """Placed, later, next number, soon again, or withdrawn with the reason."""
    told = after_verdict(CLAIMED, verdict(decision, code), START)
    assert (told.state, told.contact_point_id) == (state, point)
    assert told.due_at == START + timedelta(seconds=due_in)


def test_the_last_numbers_opt_out_withdraws() -> None:
    """No number after the last one."""
    last = verdict(Decision.DENY, ReasonCode.MEDIUM_OPTOUT, 22)
    assert after_verdict(CLAIMED, last, START).state is DueState.WITHDRAWN


def against(code: str, *, account_id: int | None = None, refers: bool = False) -> Finding:
    """Give a finding that speaks against a contact until a fact changes."""
    return Finding("R", 1, False, code, "", None, account_id, refers)


BANKRUPT, STRANGE = against("BANKRUPTCY"), against("RND_REASSIGNED")
SILENT, DROPPED = against("HOST_SILENT"), against("DISPUTE_OPEN", account_id=8)
LATER = replace(against("MIN_GAP"), earliest_allowed_at=START)
REFERRED = against("AGGREGATE_REVIEW", refers=True)


@pytest.mark.parametrize(
    ("decision", "findings", "expected"),
    [
        (Decision.ALLOW, (), None),
        (Decision.DEFER, (LATER,), None),
        (Decision.DENY, (BANKRUPT,), ("BANKRUPTCY", False)),
        (Decision.DENY, (STRANGE, LATER, BANKRUPT), ("BANKRUPTCY", False)),
        (Decision.DENY, (STRANGE,), ("RND_REASSIGNED", True)),
        (Decision.DENY, (SILENT,), None),
        (Decision.DENY, (SILENT, DROPPED), None),
        (Decision.DENY, (SILENT, REFERRED), None),
        (Decision.REFER, (REFERRED,), ("AGGREGATE_REVIEW", False)),
    ],
)
def test_lists_leave_out_who_may_never_be_called(
    decision: Decision, findings: tuple[Finding, ...], expected: tuple[str, bool] | None
) -> None:
    """What time or the host may mend keeps people on the list; a number's fault tries the next."""
    judged = replace(verdict(decision, ReasonCode.ALLOWED), findings=findings)
    assert standing_refusal(judged) == expected


def test_dropped_debts_count_once_none_is_left() -> None:
    """If every debt dropped out, why it did is why the person is left out."""
    judged = replace(
        verdict(Decision.DENY, ReasonCode.ALLOWED), findings=(DROPPED,), account_ids=()
    )
    assert standing_refusal(judged) == ("DISPUTE_OPEN", False)


@pytest.mark.parametrize(
    ("outcome", "same", "points", "state", "point"),
    [
        (Outcome.CONVERSATION, 1, [21, 22], DueState.DONE, 21),
        (Outcome.CANCELLED, 1, [21, 22], DueState.WITHDRAWN, 21),
        (Outcome.INTERRUPTED, -1, [21, 22], DueState.WAITING, 21),
        (Outcome.NO_ANSWER, 1, [21, 22], DueState.WAITING, 22),
        (Outcome.NO_ANSWER, 9, [21, 22], DueState.DONE, 21),
        (Outcome.NO_ANSWER, 1, [20, 21], DueState.WAITING, 20),
        (Outcome.BUSY, 1, [21, 22], DueState.WAITING, 21),
        (Outcome.UNALLOCATED, 1, [], DueState.WITHDRAWN, 21),
    ],
)
def test_each_outcome_has_its_retry(
    outcome: Outcome, same: int, points: list[int], state: DueState, point: int
) -> None:
    """Done, withdrawn or due again, by the same number or the next (-1: it was never dialed)."""
    told = after_end(
        DUE, policy(), outcome, placed=same > 0, same_outcome=same, points=points, now=START
    )
    assert (told.state, told.contact_point_id) == (state, point)


def test_the_campaigns_own_rule_comes_first() -> None:
    """A rule of the campaign replaces the house's; the most attempts end it all."""
    own = policy(retry={"busy": Retry(600, 1)}, max_attempts=2)
    kept = {"placed": True, "same_outcome": 1, "points": [21], "now": START}
    told = after_end(DUE, own, Outcome.BUSY, **kept)  # type: ignore[arg-type]
    assert told.due_at == START + timedelta(minutes=10)
    tried = replace(DUE, tries=1)
    assert after_end(tried, own, Outcome.BUSY, **kept).state is DueState.DONE  # type: ignore[arg-type]


def test_who_was_not_reached_after_all_is_tried_again() -> None:
    """Spoken with: done. The agent heard a machine: the machine's rule."""
    done = after_disposition(DUE, policy(), Disposition.PROMISE, points=[21, 22], now=START)
    again = after_disposition(DUE, policy(), Disposition.MACHINE, points=[21, 22], now=START)
    assert done.state is DueState.DONE
    assert (again.state, again.contact_point_id) == (DueState.WAITING, 22)
