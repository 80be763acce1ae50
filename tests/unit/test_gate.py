"""The gate, rule by rule, at its edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.fakes.contacts import (
    NOON,
    NOT_OURS,
    POINT,
    STRANGER,
    US,
    account,
    called_before,
    calls_on,
    contact,
    facts,
    failing,
    judge,
    logged,
    talks_on,
)

from goodterms.accounts.model import Channel, HoldKind
from goodterms.compliance.decide import explain, gate, headline, make_rulebook, record, replay
from goodterms.compliance.decide.record import findings_from, worded
from goodterms.compliance.decide.rows import RulebookError
from goodterms.compliance.model import PERMIT_LIFE, Decision, Reach, ReasonCode, Rule
from goodterms.kit import plainjson

DENVER_8 = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DENVER_21 = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_plain_contact_is_permitted() -> None:
    """When nothing stands in the way, the permit names everything it is good for."""
    verdict = judge(facts())
    assert verdict.decision is Decision.ALLOW
    assert verdict.reason_code == ReasonCode.ALLOWED
    permit = verdict.permit
    assert permit
    assert (permit.attempt_id, permit.account_ids, permit.number) == (
        "att_1",
        (11,),
        "+13035550123",
    )
    assert (permit.caller_id, permit.rulebook_hash) == ("+12025550100", US.hash)
    assert permit.expires_at == NOON + PERMIT_LIFE
    assert headline(verdict).startswith("Allowed")


@pytest.mark.parametrize(
    ("at", "allowed"),
    [(DENVER_8 - SECOND, False), (DENVER_8, True), (DENVER_21 - SECOND, True), (DENVER_21, False)],
)
def test_hours_are_half_open(at: datetime, allowed: bool) -> None:
    """A call may start at 8:00:00 sharp and no longer at 21:00:00."""
    assert ("TIME_OUTSIDE" not in failing(judge(facts(), now=at))) is allowed


def test_early_call_is_told_in_plain_words() -> None:
    """Too early says where, what time it is there, and how long to wait."""
    verdict = judge(facts(), now=DENVER_8 - timedelta(minutes=18))
    assert verdict.decision is Decision.DEFER
    assert verdict.earliest_allowed_at == DENVER_8
    assert failing(verdict)["TIME_OUTSIDE"].words == (
        "You can't call before 8:00 in Denver (now 7:42). Next possible: 8:00, in 18 minutes."
    )


def test_late_call_waits_for_the_morning() -> None:
    """Too late is deferred to the next morning at the consumer's place."""
    verdict = judge(facts(), now=DENVER_21 + timedelta(minutes=5))
    assert failing(verdict)["TIME_OUTSIDE"].words == (
        "You can't call from 21:00 on in Denver (now 21:05)."
        " Next possible: Wed 25 Nov 8:00, in 10 hours 55 minutes."
    )


def test_two_zones_leave_their_common_hours() -> None:
    """Eastern and Pacific together leave 11:00 to 21:00 Eastern."""
    both = facts(zones=("America/Los_Angeles", "America/New_York"))
    opens = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    closes = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    assert judge(both, now=opens).decision is Decision.ALLOW
    assert judge(both, now=closes - SECOND).decision is Decision.ALLOW
    early = judge(both, now=opens - SECOND)
    assert early.earliest_allowed_at == opens
    assert "Los Angeles" in early.findings[-1].words or "Los Angeles" in headline(early)
    assert judge(both, now=closes).earliest_allowed_at == opens + timedelta(days=1)


def test_zones_without_common_hours_are_ambiguous() -> None:
    """Where no hour is allowed everywhere, the answer is no until a fact changes."""
    apart = facts(zones=("America/New_York", "Asia/Kolkata", "Pacific/Honolulu"))
    verdict = judge(apart)
    assert verdict.decision is Decision.DENY
    assert {"TIME_AMBIGUOUS", "TIME_OUTSIDE"} <= failing(verdict).keys()
    assert "Not possible until something changes." in failing(verdict)["TIME_OUTSIDE"].words


@pytest.mark.parametrize("zones", [(), ("Mars/Olympus",), ("America/Denver", "")])
def test_unknown_place_is_a_no(zones: tuple[str, ...]) -> None:
    """Without a readable zone nothing that depends on the place is guessed."""
    verdict = judge(facts(zones=zones))
    assert verdict.decision is Decision.DENY
    codes = {"TZ_UNKNOWN", "TIME_OUTSIDE", "TIME_AMBIGUOUS", "REGF_7IN7", "REGF_7DAY_WAIT"}
    assert codes <= failing(verdict).keys()


def test_campaign_hours_narrow() -> None:
    """A campaign's hours close what the law leaves open, by weekday."""
    proposed = contact(hours={"1": ("12:00", "13:00"), "3": ("09:00", "24:00")})
    verdict = judge(facts(), proposed=proposed)
    assert verdict.reason_code == ReasonCode.CAMPAIGN_HOURS
    assert verdict.earliest_allowed_at == NOON + timedelta(hours=1)
    assert judge(facts(), proposed=proposed, now=NOON + timedelta(hours=1)).permit
    late = judge(facts(), proposed=proposed, now=NOON + timedelta(hours=2))
    assert late.earliest_allowed_at == datetime(2026, 11, 26, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "hours",
    [{"1": ("12:00", "11:00")}, {"1": ("9", "11:00")}, {"1": ("09:00",)}, {"9": ("a", "b")}],
)
def test_unreadable_campaign_hours_are_a_no(hours: dict[str, tuple[str, str]]) -> None:
    """Campaign hours that cannot be read, or that never open, close the campaign."""
    verdict = judge(facts(), proposed=contact(hours=hours))
    assert verdict.decision is Decision.DENY
    assert verdict.reason_code == ReasonCode.CAMPAIGN_HOURS


def test_campaign_hours_need_a_place() -> None:
    """Campaign hours at an unknown place are a no."""
    verdict = judge(facts(zones=()), proposed=contact(hours={"1": ("09:00", "10:00")}))
    assert "CAMPAIGN_HOURS" in failing(verdict)


@pytest.mark.parametrize(("calls", "allowed"), [(6, True), (7, False), (9, False)])
def test_seven_calls_in_seven_days(calls: int, allowed: bool) -> None:
    """The seventh call within seven days is allowed, the eighth is not."""
    days = tuple(date(2026, 11, 23) - timedelta(days=n % 6) for n in range(calls))
    verdict = judge(facts(log=calls_on(days)))
    assert ("REGF_7IN7" not in failing(verdict)) is allowed


def test_seven_in_seven_frees_at_local_midnight() -> None:
    """The wait ends when the oldest of the seven leaves the window, at the consumer's midnight."""
    days = tuple(date(2026, 11, 18) for _ in range(7))
    verdict = judge(facts(log=calls_on(days)))
    assert verdict.earliest_allowed_at == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    outside = tuple(date(2026, 11, 17) for _ in range(7))
    assert judge(facts(log=calls_on(outside))).permit


def test_each_debt_has_its_own_seven() -> None:
    """Calls about one debt do not count on another; a full one fails the whole contact."""
    full = calls_on((date(2026, 11, 23),) * 7, 11)
    assert judge(facts(account(12), log=full), proposed=contact(12)).permit
    both = judge(facts(account(11), account(12), log=full))
    assert both.decision is Decision.DEFER
    assert failing(both)["REGF_7IN7"].account_id == 11
    assert judge(facts(account(11), account(12), log=full), proposed=contact(12)).permit


@pytest.mark.parametrize(("talked", "allowed"), [(18, False), (17, True), (24, False)])
def test_seven_days_wait_after_a_conversation(talked: int, allowed: bool) -> None:
    """The day of the conversation is day one; the eighth day is free again."""
    verdict = judge(facts(log=talks_on((date(2026, 11, talked),))))
    assert ("REGF_7DAY_WAIT" not in failing(verdict)) is allowed
    if not allowed:
        free = datetime(2026, 11, talked + 7 if talked < 24 else 1, 7, 0, tzinfo=UTC)
        expected = free if talked < 24 else free.replace(month=12)
        assert verdict.earliest_allowed_at == expected


def test_minimum_gap_is_exact() -> None:
    """Four hours after the last call, to the second."""
    last = NOON - timedelta(hours=4)
    assert judge(facts(log=(logged(last, 99),))).permit
    near = judge(facts(log=(logged(last + SECOND, 99),)))
    assert near.reason_code == ReasonCode.MIN_GAP
    assert near.earliest_allowed_at == NOON + SECOND
    assert "4 hours must lie between two" in failing(near)["MIN_GAP"].words


def test_two_calls_a_day() -> None:
    """The third call of a local day is refused; yesterday's do not count."""
    today = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    late = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    verdict = judge(
        facts(log=(logged(today + timedelta(hours=1), 99), logged(today, 99))), now=late
    )
    assert verdict.reason_code == ReasonCode.DAY_CAP
    assert verdict.earliest_allowed_at == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    yesterday = datetime(2026, 11, 24, 6, 59, tzinfo=UTC)
    assert judge(facts(log=(logged(today, 99), *(logged(yesterday, 99),) * 2)), now=late).permit


@pytest.mark.parametrize("kind", [kind.value for kind in HoldKind])
def test_every_hold_stops_the_person(kind: str) -> None:
    """A hold of any kind on the person denies the contact until it is lifted."""
    verdict = judge(facts(holds=(kind,), holds_anywhere=(kind,)))
    assert verdict.decision is Decision.DENY
    assert verdict.earliest_allowed_at is None


def test_held_debt_drops_out() -> None:
    """A dispute on one debt leaves the other; on all debts, nothing is left."""
    held = account(11, holds=("disputed",))
    verdict = judge(facts(held, account(12), holds_anywhere=("disputed",)))
    assert verdict.decision is Decision.ALLOW
    assert verdict.account_ids == (12,)
    assert failing(verdict)["DISPUTE_OPEN"].account_id == 11
    alone = judge(facts(held, holds_anywhere=("disputed",)))
    assert (alone.decision, alone.reason_code) == (Decision.DENY, ReasonCode.DISPUTE_OPEN)


def test_bankruptcy_reaches_the_person() -> None:
    """A bankruptcy recorded on a debt that is not talked about stops the contact too."""
    verdict = judge(facts(holds_anywhere=("bankruptcy",)))
    assert verdict.reason_code == ReasonCode.BANKRUPTCY


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"point": STRANGER}, "POINT_NOT_THEIRS"),
        ({"point": replace(POINT, status="mystery")}, "POINT_NOT_THEIRS"),
        ({"point": replace(POINT, status="wrong")}, "POINT_WRONG"),
        ({"point": replace(POINT, status="disconnected")}, "POINT_DEAD"),
        ({"point": replace(POINT, status="retired")}, "POINT_RETIRED"),
        ({"revoked": ("call",)}, "MEDIUM_OPTOUT"),
        ({"revoked": ("all",)}, "MEDIUM_OPTOUT"),
        ({"caller": NOT_OURS}, "CID_NOT_OWNED"),
        ({"live_attempts": ("att_0",)}, "ATTEMPT_LIVE"),
        ({"country": "FR"}, "RULE_MISSING"),
        ({"country": ""}, "RULE_MISSING"),
    ],
)
def test_fact_about_the_person_denies(changes: dict[str, object], code: str) -> None:
    """Each of these facts denies the contact until it changes."""
    verdict = judge(facts(**changes))
    assert (verdict.decision, verdict.reason_code) == (Decision.DENY, code)
    assert verdict.permit is None
    assert headline(verdict).startswith("Not allowed: ")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"balance_minor": 0}, "BALANCE_ZERO"),
        ({"balance_minor": -5}, "BALANCE_ZERO"),
        ({"balance_minor": None}, "BALANCE_ZERO"),
        ({"status": "paid"}, "ACCOUNT_CLOSED"),
        ({"status": "unheard of"}, "ACCOUNT_CLOSED"),
        ({"lives_in_host": True}, "HOST_SILENT"),
        ({"lives_in_host": True, "host_answer": "contactable"}, "HOST_SILENT"),
        (
            {"lives_in_host": True, "host_answer": "contactable", "host_age_seconds": 31.0},
            "HOST_SILENT",
        ),
        ({"lives_in_host": True, "host_answer": "silent: timeout", "host_age_seconds": 1.0},
         "HOST_SILENT"),
        ({"lives_in_host": True, "host_answer": "paid today", "host_age_seconds": 1.0},
         "HOST_REFUSED"),
    ],
)  # fmt: skip
def test_fact_about_the_debt_drops_it(changes: dict[str, object], code: str) -> None:
    """Each of these facts takes the debt out of the contact and leaves the other one."""
    spoilt = account(11, **changes)
    alone = judge(facts(spoilt))
    assert (alone.decision, alone.reason_code) == (Decision.DENY, code)
    both = judge(facts(spoilt, account(12)))
    assert both.account_ids == (12,)


def test_fresh_agreement_of_the_host_is_enough() -> None:
    """A host that agreed half a minute ago lets the contact through."""
    hosted = account(lives_in_host=True, host_answer="contactable", host_age_seconds=30.0)
    assert judge(facts(hosted)).permit


def test_debts_under_different_law_are_one_contact() -> None:
    """A debt we collect and one of our own are judged each by its law, and named together."""
    ours, theirs = account(11, role="creditor"), account(12)
    verdict = judge(facts(ours, theirs))
    assert verdict.decision is Decision.ALLOW, failing(verdict)
    assert verdict.account_ids == (11, 12)
    strange = judge(facts(ours, theirs), proposed=contact(11, 12, 99))
    assert strange.account_ids == (11, 12)


def test_strange_debt_drops_out() -> None:
    """A debt that is not the person's is not talked about; naming none is a no."""
    assert judge(facts(), proposed=contact(11, 99)).account_ids == (11,)
    only = judge(facts(), proposed=contact(99))
    assert only.reason_code == ReasonCode.DEBT_UNKNOWN
    none = judge(facts(), proposed=replace(contact(), account_ids=()))
    assert none.reason_code == ReasonCode.DEBT_UNKNOWN


def test_contact_about_nothing_is_a_no() -> None:
    """Even if no rule fails, a contact about no debt is not allowed, and words are found."""
    nothing = make_rulebook([], partial=True)
    verdict = judge(facts(), proposed=replace(contact(), account_ids=()), rulebook=nothing)
    assert (verdict.decision, verdict.reason_code) == (Decision.DENY, ReasonCode.DEBT_UNKNOWN)
    assert verdict.permit is None
    bare = replace(judge(facts()), decision=Decision.DENY, reason_code="DEBT_UNKNOWN")
    assert headline(bare) == "Not allowed."


def test_own_attempt_is_not_another() -> None:
    """Asking again about the very attempt that is open does not see itself."""
    assert judge(facts(live_attempts=("att_1",))).permit


def test_call_without_caller_id_is_told_what_to_do() -> None:
    """A missing caller ID is refused with the remedy."""
    verdict = judge(facts(caller=NOT_OURS), proposed=contact(caller_id=None))
    assert "choose one that is registered" in headline(verdict)


def test_messages_are_judged_by_the_same_hours() -> None:
    """A message at night is deferred like a call: the time of sending counts."""
    verdict = judge(facts(), proposed=contact(channel=Channel.SMS), now=DENVER_8 - SECOND)
    assert "TIME_OUTSIDE" in failing(verdict)


def test_all_failing_rules_are_reported_and_the_latest_instant_wins() -> None:
    """Every failing rule is among the findings; the deferral is until the last of them."""
    log = (logged(DENVER_8 - timedelta(hours=2), 99), *calls_on((date(2026, 11, 23),) * 7))
    verdict = judge(
        facts(log=log),
        now=DENVER_8 - timedelta(hours=1),
    )
    assert failing(verdict).keys() == {"TIME_OUTSIDE", "MIN_GAP", "REGF_7IN7"}
    assert verdict.reason_code == ReasonCode.REGF_7IN7
    assert verdict.earliest_allowed_at == datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


def test_earlier_instant_does_not_win() -> None:
    """A rule that frees the contact sooner does not shorten the wait for another."""
    calls = calls_on((date(2026, 11, 23),) * 7)
    today = (logged(NOON - timedelta(hours=5), reach=Reach.CONVERSATION), *calls)
    before = (*calls, *talks_on((date(2026, 11, 18),)))
    assert judge(facts(log=today)).reason_code == ReasonCode.REGF_7DAY_WAIT
    assert judge(facts(log=before)).reason_code == ReasonCode.REGF_7IN7


def test_findings_are_read_back() -> None:
    """Stored findings are read back as they were, the passing ones with their words again."""
    verdict = judge(
        facts(account(11), account(12), holds=("cease",)), now=DENVER_8 - timedelta(hours=1)
    )
    stored = findings_from(plainjson.loads(record(verdict).findings))
    assert {f.words for f in stored if f.passed} == {""}
    assert worded(replace(verdict, findings=stored), US) == verdict


def test_denial_beats_deferral() -> None:
    """If one failing rule cannot say when, the answer is a denial without an instant."""
    verdict = judge(facts(holds=("cease",)), now=DENVER_8 - timedelta(hours=1))
    assert verdict.decision is Decision.DENY
    assert verdict.earliest_allowed_at is None


def test_rule_is_asked_between_its_dates_only() -> None:
    """A rule is in force from its first day to the day before its last, newest version first."""
    gap = next(r for r in US.rules if r.id == "HOUSE-GAP")
    others = [r for r in US.rules if r.id != "HOUSE-GAP"]

    def until(day: int) -> Rule:
        return replace(gap, valid_to=date(2026, 11, day))

    ended = make_rulebook([*others, until(24)])
    tighter = replace(gap, version=2, params={**gap.params, "minutes": 600})
    newer = make_rulebook([*others, until(24), replace(tighter, valid_from=date(2026, 11, 24))])
    later = make_rulebook([*others, until(25), replace(tighter, valid_from=date(2026, 11, 25))])
    recent = facts(log=called_before(timedelta(hours=1)))
    before = facts(log=called_before(timedelta(hours=5)))
    assert "MIN_GAP" not in failing(judge(recent, rulebook=ended))
    assert "MIN_GAP" in failing(judge(before, rulebook=newer))
    assert "MIN_GAP" not in failing(judge(before, rulebook=later))


def test_rulebook_without_a_mandatory_rule_denies() -> None:
    """When a mandatory rule is not in force any more, nothing is allowed."""
    old = tuple(replace(r, valid_to=date(2026, 1, 1)) if r.predicate == "local_hours" else r
                for r in US.rules)  # fmt: skip
    verdict = judge(facts(), rulebook=make_rulebook(old))
    assert verdict.reason_code == ReasonCode.RULE_MISSING


def test_replay_gives_the_same_bytes() -> None:
    """A verdict judged again from its stored text is the same, byte for byte."""
    known = facts(
        log=(
            *called_before(timedelta(hours=2)),
            *calls_on((date(2026, 11, 23),)),
            *talks_on((date(2026, 11, 1),)),
        ),
        holds_anywhere=("disputed",),
    )
    verdict = judge(known, proposed=contact(hours={"1": ("09:00", "20:00")}))
    first = record(verdict)
    assert replay(first.facts, US, NOON) == first


def test_explanation_names_its_sources() -> None:
    """The explanation puts refusals first and names rule, citation and evidence."""
    verdict = judge(facts(country="FR"))
    text = explain(verdict, US).text()
    assert "The rulebook holds nothing of the law of FR" in text
    assert "the gate itself" in text
    allowed = explain(judge(facts()), US)
    assert {reason.citation for reason in allowed.reasons} >= {"12 CFR 1006.6(b)(1)"}


def test_every_reason_code_has_a_meaning() -> None:
    """Each reason code says in one sentence what it means."""
    for code in ReasonCode:
        assert code.meaning.endswith("."), code


def test_make_rulebook_refuses_what_is_missing() -> None:
    """A rulebook without a mandatory rule, or with a version twice, is refused."""
    with pytest.raises(RulebookError, match="mandatory"):
        make_rulebook([r for r in US.rules if r.predicate != "local_hours"])
    with pytest.raises(RulebookError, match="twice"):
        make_rulebook([*US.rules, US.rules[0]])
    with pytest.raises(RulebookError, match="hold 'fraud'"):
        make_rulebook([r for r in US.rules if r.params.get("kind") != "fraud"])


def test_gate_normalises_the_instant() -> None:
    """The same instant written in another zone gives the same verdict."""
    local = NOON.astimezone(judge(facts()).decided_at.tzinfo)
    assert record(gate(contact(), facts(), US, local)) == record(judge(facts()))
