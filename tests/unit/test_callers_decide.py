"""Which number is shown: what the rules refuse, and what each strategy chooses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.callers import Line, Person, choose, hidden, runs
from goodterms.compliance.decide.gate import ask, gate
from goodterms.compliance.decide.rows import make_rulebook
from goodterms.compliance.model import (
    CHOICES,
    STRATEGIES,
    AccountFacts,
    Activation,
    CallerFacts,
    Circumstance,
    Decision,
    Facts,
    Moment,
    PointFacts,
    ProposedContact,
    Rulebook,
)
from goodterms.compliance.service import load_rulebook

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
OURS, OTHER, THIRD = "+12025550190", "+13125550191", "+14155550192"
_CALLERS = {"caller_shown", "caller_id_owned", "caller_answers", "caller_kept"}


def _only(*predicates: str) -> Rulebook:
    """Give the shipped rows of some predicates alone."""
    rows = [rule for rule in load_rulebook().rules if rule.predicate in predicates]
    return make_rulebook(rows, partial=True)


CALLERS = _only(*_CALLERS)
PUBLISH = _only("caller_shown", "caller_true", "rotation_bounded")


def _facts(caller: CallerFacts, *circumstances: Circumstance) -> Facts:
    return Facts(
        1, "US", "CO", ("America/Denver",), PointFacts(), (AccountFacts(11, "active", 1000),),
        caller=caller, circumstances=circumstances,
    )  # fmt: skip


def _good(**changes: Any) -> CallerFacts:
    return CallerFacts(**{"tested_at": NOW - timedelta(hours=5), **changes})


def _codes(caller: CallerFacts, *known: Circumstance, now: datetime = NOW,
           shown: str | None = OURS) -> dict[str, datetime | None]:  # fmt: skip
    """Judge a call that shows a number; give the codes of what fails with its instant."""
    contact = ProposedContact("att_1", 1, (11,), 5, "+13035550123", Channel.CALL, shown)
    verdict = gate(contact, _facts(caller, *known), CALLERS, now)
    return {f.reason_code: f.earliest_allowed_at for f in verdict.findings if not f.passed}


def _blocked(**data: str) -> Circumstance:
    return Circumstance("blocked_us", NOW.date(), NOW - timedelta(days=1), data=data)


def test_a_tested_number_of_ours_may_be_shown() -> None:
    """A number that is ours and was called back five hours ago passes every rule."""
    assert _codes(_good()) == {}


@pytest.mark.parametrize("shown", [None, "", "anonymous", "Restricted", "+0000000", "12", "sip:x"])
def test_a_hidden_number_is_refused(shown: str | None) -> None:
    """A call without a telephone number to show is refused, whatever hides it."""
    assert "CID_HIDDEN" in _codes(_good(), shown=shown)


def test_an_e_mail_shows_no_number() -> None:
    """Rules about caller IDs say nothing about an e-mail."""
    mail = ProposedContact("att_1", 1, (11,), 5, "ann@example.org", Channel.EMAIL)
    verdict = gate(mail, _facts(_good()), CALLERS, NOW, moment=Moment.PRESEND)
    assert [f for f in verdict.findings if not f.passed] == []


@pytest.mark.parametrize(
    ("caller", "says"),
    [
        (_good(tested_at=None), "never called back"),
        (_good(answers=False), "failed its last test"),
        (_good(tested_at=NOW - timedelta(hours=30, seconds=1)), "was last found to answer"),
    ],
)
def test_a_number_that_does_not_answer_is_refused(caller: CallerFacts, says: str) -> None:
    """A number never tested, failed or tested too long ago is refused until it is tested."""
    contact = ProposedContact("att_1", 1, (11,), 5, "+13035550123", Channel.CALL, OURS)
    verdict = gate(contact, _facts(caller), CALLERS, NOW)
    assert verdict.decision is Decision.DENY
    assert verdict.reason_code == "CID_UNANSWERABLE"
    assert any(says in f.words for f in verdict.findings)
    assert _codes(_good(tested_at=NOW - timedelta(hours=30))) == {}


def test_a_number_stays_with_a_person_to_the_second() -> None:
    """Another number is refused until thirty days after the first began to be shown."""
    began = NOW - timedelta(days=10)
    caller = _good(shown_before=((OTHER, began),))
    free = began + timedelta(days=30)
    assert _codes(caller) == {"CID_EVASION": free}
    assert _codes(_good(shown_before=((OURS, began),))) == {}
    later = _good(tested_at=free, shown_before=((OTHER, began),))
    assert "CID_EVASION" in _codes(later, now=free - timedelta(seconds=1))
    assert _codes(later, now=free) == {}


def test_a_number_that_can_be_shown_no_longer_is_replaced() -> None:
    """If the number shown before was retired or fails, another of its pool takes its place."""
    shown = ((OTHER, NOW - timedelta(days=1)),)
    assert _codes(_good(shown_before=shown, replaceable=(OTHER,))) == {}


def test_after_a_block_no_other_number_is_offered() -> None:
    """A blocked number may not be followed by another; which one was blocked may be unknown."""
    assert _codes(_good(), _blocked(number=OTHER)) == {"CID_EVASION": None}
    assert _codes(_good(), _blocked()) == {"CID_EVASION": None}
    assert _codes(_good(), _blocked(number=OURS)) == {}
    gone = _good(shown_before=((OTHER, NOW),), replaceable=(OTHER,))
    assert _codes(gone, _blocked(number=OTHER)) == {"CID_EVASION": None}


def test_the_verdict_says_what_was_shown_before() -> None:
    """What passes is told in words: which number they know, and since when."""
    contact = ProposedContact("att_1", 1, (11,), 5, "+13035550123", Channel.CALL, OURS)
    shown = _good(shown_before=((OURS, NOW - timedelta(days=3)),))
    words = [f.words for f in gate(contact, _facts(shown), CALLERS, NOW).findings]
    assert f"They were shown {OURS} since 21 Nov 2026; now the same one." in words
    words = [f.words for f in gate(contact, _facts(_good()), CALLERS, NOW).findings]
    assert "No number of ours was shown to them lately." in words


def _publish(**changes: Any) -> tuple[Decision, set[str]]:
    given = {"kind": "campaign", "name": "November", "caller_ids": (OURS, OTHER), **changes}
    plan = Activation(**given)
    answer = ask(Moment.PUBLISH, plan, _facts(CallerFacts()), PUBLISH, NOW)
    return answer.decision, {f.reason_code for f in answer.findings if not f.passed}


@pytest.mark.parametrize(
    ("changes", "decision", "code"),
    [
        ({"strategy": "local", "presence": False}, Decision.REFER, "CID_MISLEADING"),
        ({"strategy": "carousel", "sticky_days": 29}, Decision.DENY, "CID_EVASION"),
        ({"strategy": "carousel"}, Decision.DENY, "CID_EVASION"),
        ({"strategy": "each_call"}, Decision.DENY, "CID_EVASION"),
        ({"pools": ("east", "west")}, Decision.DENY, "CID_EVASION"),
        ({"caller_ids": ()}, Decision.DENY, "CID_HIDDEN"),
        ({"caller_ids": (OURS, "anonymous")}, Decision.DENY, "CID_HIDDEN"),
    ],
)
def test_a_campaign_that_would_evade_or_mislead_is_not_published(
    changes: dict[str, Any], decision: Decision, code: str
) -> None:
    """Publishing refuses hidden numbers and quick rotation, and refers a false presence."""
    assert _publish(**changes) == (decision, {code})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_may_be_published_within_its_bounds(strategy: str) -> None:
    """With presence, one pool and thirty days each strategy passes."""
    plan = {"strategy": strategy, "sticky_days": 30, "pools": ("main",)}
    assert _publish(**plan) == (Decision.ALLOW, set())


def test_other_publications_are_not_asked_about_numbers() -> None:
    """A wording, or a campaign of e-mails, is not asked about caller IDs."""
    assert _publish(kind="wording", caller_ids=()) == (Decision.ALLOW, set())
    assert _publish(channel="email", caller_ids=()) == (Decision.ALLOW, set())


def test_runs_begin_where_a_number_was_first_shown_again_and_again() -> None:
    """A run of one number counts from its first show; another number ends it."""
    at = [NOW - timedelta(days=n) for n in range(5)]
    shows = [(OURS, at[0]), (OURS, at[1]), (OTHER, at[2]), (OURS, at[3]), (OURS, at[4])]
    assert runs(shows) == ((OURS, at[1]), (OTHER, at[2]), (OURS, at[4]))
    assert runs([]) == ()


LINES = (
    Line(OURS, region="US-DC", area="1202"),
    Line(OTHER, region="US-IL", area="1312"),
    Line(THIRD, region="US-CA", area="1415"),
)


def _pick(strategy: str, person: Person, lines: tuple[Line, ...] = LINES) -> tuple[str | None, str]:
    return choose(strategy, lines, person, 30, NOW)


def test_sticky_keeps_the_number_shown_before() -> None:
    """Who saw a number before sees it again; who saw none is drawn one that never changes."""
    shown = Person(7, (THIRD, NOW - timedelta(days=300)))
    assert _pick("sticky", shown) == (THIRD, "kept")
    first = _pick("sticky", Person(7))
    assert first == _pick("sticky", Person(7), tuple(reversed(LINES)))
    assert first[1] == "assigned"
    drawn = {_pick("sticky", Person(number))[0] for number in range(50)}
    assert drawn == {OURS, OTHER, THIRD}


def test_few_people_change_when_a_number_comes() -> None:
    """A new number takes its share of the people; nobody else changes."""
    more = (*LINES, Line("+17205550193"))
    for number in range(60):
        before, after = (_pick("sticky", Person(number), lines)[0] for lines in (LINES, more))
        assert after in {before, "+17205550193"}


def test_a_number_that_fails_is_passed_over() -> None:
    """A number that cannot be shown is replaced; if none can, one is proposed for the gate."""
    broken = (Line(OURS, usable=False), Line(OTHER))
    assert _pick("sticky", Person(1, (OURS, NOW)), broken) == (OTHER, "replaced")
    assert _pick("fixed", Person(1), broken) == (OTHER, "fixed")
    assert _pick("fixed", Person(1), broken[:1]) == (OURS, "fixed")
    assert _pick("sticky", Person(1), ()) == (None, "")


def test_local_looks_at_area_code_then_region() -> None:
    """Local presence prefers the area code, then the region, then says there is none near."""
    near = Person(3, region="US-CA", dialed="+13125550123")
    assert _pick("local", near) == (OTHER, "local")
    assert _pick("local", Person(3, region="US-CA", dialed="+12135550123")) == (THIRD, "local")
    assert _pick("local", Person(3, region="US-CO", dialed="+13035550123"))[1] == "no_local"
    assert _pick("local", Person(3, (OURS, NOW), "US-CA", "+13125550123")) == (OURS, "kept")


def test_carousel_turns_after_its_days_and_not_before() -> None:
    """The next number follows to the second, round the pool, never during the days."""
    began = NOW - timedelta(days=30)
    assert _pick("carousel", Person(3, (OURS, began))) == (OTHER, "turn")
    assert _pick("carousel", Person(3, (THIRD, began))) == (OURS, "turn")
    assert _pick("carousel", Person(3, (OURS, began + timedelta(seconds=1)))) == (OURS, "kept")
    assert _pick("carousel", Person(3))[1] == "assigned"


def test_each_choice_has_its_words() -> None:
    """Every reason for a choice can be told to people."""
    assert set(CHOICES) == {"kept", "assigned", "replaced", "fixed", "local", "no_local", "turn"}
    assert hidden("unavailable")
    assert not hidden(OURS)
