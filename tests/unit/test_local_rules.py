"""The law of single places: one channel a week, notices, moratoria, requests, duties, rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.fakes.contacts import POINT, US, account
from tests.fakes.packs import Person, pack

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import RulebookError, gate, make_rulebook, read_rules
from goodterms.compliance.decide.calendars import KNOWN, is_calendar, is_holiday
from goodterms.compliance.decide.duties import interest_rates
from goodterms.compliance.model import (
    Activation,
    Circumstance,
    ConsentFact,
    Decision,
    Moment,
    Obligation,
    ProposedPayment,
    Reach,
    ReasonCode,
)

SMS, EMAIL = Channel.SMS, Channel.EMAIL
PAYMENT = ProposedPayment(11, 5000, "GBP", "debit", "web")


def test_other_channel_waits_a_week_after_the_first_contact() -> None:
    """In Colombia a contact by another channel within seven days is put off to the seventh."""
    ana = Person("CO")
    first = ana.had("2026-11-02 10:00", "sms")
    known = replace(ana.facts, log=(first,))
    early = ana.ask("2026-11-05 10:00", known)
    assert (early.decision, early.reason_code) == (Decision.DEFER, ReasonCode.CHANNEL_LOCAL)
    assert early.earliest_allowed_at == ana.at("2026-11-09 00:00")
    assert ana.ask("2026-11-09 10:00", known).decision is Decision.ALLOW
    assert ana.ask("2026-11-05 10:00", known, SMS).decision is Decision.ALLOW


def test_no_channel_is_fixed_before_the_first_contact() -> None:
    """Calls that nobody took fix no channel, and count for no day."""
    ana = Person("CO")
    known = replace(ana.facts, log=(ana.had("2026-11-05 09:00"),))
    assert ana.ask("2026-11-05 10:00", known, EMAIL).decision is Decision.ALLOW


def test_channels_are_counted_only_where_the_zone_is_known() -> None:
    """Without a zone nothing can be counted, and the answer is no."""
    ana = Person("CO")
    known = replace(ana.facts, zones=(), log=(ana.had("2026-11-02 10:00", "sms"),))
    said = {f.rule_id: f.words for f in ana.ask("2026-11-05 10:00", known).findings}
    assert "not known" in said["CO-1-CHANNEL"]


def test_rule_of_some_channels_says_nothing_about_others() -> None:
    """A rule about calls and text messages lets an e-mail pass without a word."""
    row = """
- {id: T, version: 1, jurisdiction: CO, valid_from: 2020-01-01, valid_to: null, recorded_at:
   2026-11-22T00:00:00Z, moments: [PRESEND], predicate: one_medium, params: {days: 7, media:
   [call, sms]}, reason_code: CHANNEL_LOCAL, citation: c, evidence: design, signed_by: null}
"""
    ana = Person("CO")
    ana.rulebook = make_rulebook(read_rules("t.yaml", row), partial=True)
    known = replace(ana.facts, log=(ana.had("2026-11-05 09:00"),))
    assert ana.ask("2026-11-05 10:00", known, EMAIL).findings == ()
    assert ana.ask("2026-11-05 10:00", known, SMS).decision is Decision.DEFER


NOTICE: Mapping[str, Any] = {"notice": "initial"}


@pytest.mark.parametrize(
    ("told", "decision"),
    [
        (None, Decision.DENY),
        ({"notice": "initial", "undelivered": True}, Decision.DENY),
        ({"notice": "court"}, Decision.DENY),
        (NOTICE, Decision.DEFER),
    ],
)
def test_notice_comes_first(told: Mapping[str, Any] | None, decision: Decision) -> None:
    """In Ontario a debt without a delivered notice waits for one; with one, for the sixth day."""
    joe = Person("CA-ON")
    recorded = () if told is None else (joe.told("notice", "2026-09-02", **told),)
    known = replace(joe.facts, circumstances=recorded)
    verdict = joe.ask("2026-09-04 10:00", known)
    assert (verdict.decision, verdict.reason_code) == (decision, ReasonCode.NOTICE_WAIT)


def test_notice_waits_six_days() -> None:
    """The sixth day after sending is the first on which the consumer may be contacted."""
    joe = Person("CA-ON")
    known = replace(joe.facts, circumstances=(joe.told("notice", "2026-09-02", **NOTICE),))
    verdict = joe.ask("2026-09-05 10:00", known)
    assert verdict.earliest_allowed_at == joe.at("2026-09-08 00:00")
    assert joe.ask("2026-09-08 10:00", known).decision is Decision.ALLOW


def test_notice_itself_needs_no_notice() -> None:
    """The message that is the notice may be sent at once; without a zone days cannot be counted."""
    joe = Person("CA-ON")
    sent = joe.ask("2026-09-04 10:00", joe.facts, EMAIL, message="initial_notice")
    assert sent.decision is Decision.ALLOW
    lost = replace(joe.facts, zones=(), circumstances=(joe.told("notice", "2026-09-02", **NOTICE),))
    said = {f.rule_id: f.words for f in joe.ask("2026-09-14 10:00", lost).findings}
    assert "date is not known" in said["CA-ON-1-NOTICE"]


def test_only_the_debt_without_notice_drops_out() -> None:
    """With a notice about one of two debts the contact goes on about that one."""
    joe = Person("CA-ON")
    about_one = replace(joe.told("notice", "2026-09-02", **NOTICE), account_id=11)
    known = replace(joe.facts, accounts=(account(), account(12)), circumstances=(about_one,))
    verdict = joe.ask("2026-09-15 10:00", known, account_ids=(11, 12))
    assert (verdict.decision, verdict.account_ids) == (Decision.ALLOW, (11,))


def _moratorium(kim: Person, on: str, **data: Any) -> Circumstance:
    return kim.told("breathing_space", on, **{"sort": "standard", **data})


@pytest.mark.parametrize(
    ("data", "last"),
    [
        ({}, "2026-10-30"),
        ({"until": "2026-10-10"}, "2026-10-10"),
        ({"sort": "mental_health", "treatment_ended": "2026-09-20"}, "2026-10-20"),
        ({"sort": "mental_health", "treatment_ended": date(2026, 9, 20)}, "2026-10-20"),
    ],
)
def test_breathing_space_ends(data: Mapping[str, Any], last: str) -> None:
    """Sixty days with the first; what was recorded as its end; treatment and thirty days more."""
    kim = Person("GB")
    known = replace(kim.facts, circumstances=(_moratorium(kim, "2026-09-01", **data),))
    verdict = kim.ask("2026-09-15 10:00", known)
    assert (verdict.decision, verdict.reason_code) == (Decision.DEFER, ReasonCode.BREATHING_SPACE)
    after = date.fromisoformat(last) + timedelta(days=1)
    assert verdict.earliest_allowed_at == kim.at(f"{after} 00:00")
    assert kim.ask(f"{last} 19:00", known).decision is Decision.DEFER
    assert kim.ask(f"{after} 09:00", known).decision is Decision.ALLOW


def test_treatment_without_end_has_no_date() -> None:
    """While a mental-health crisis is treated nobody knows when contact is possible."""
    kim = Person("GB")
    known = replace(
        kim.facts, circumstances=(_moratorium(kim, "2026-01-01", sort="mental_health"),)
    )
    assert kim.ask("2026-09-15 10:00", known).decision is Decision.DENY
    lost = replace(known, zones=(), circumstances=(_moratorium(kim, "2026-09-01"),))
    assert kim.ask("2026-09-15 10:00", lost).decision is Decision.DENY


@pytest.mark.parametrize(
    ("first", "second", "again"),
    [
        ("2025-12-01", "2026-09-01", True),
        ("2025-07-01", "2026-09-01", False),
        ("2026-08-31", "2026-09-01", False),
    ],
)
def test_second_breathing_space_within_a_year(first: str, second: str, again: bool) -> None:
    """A second one is kept as well, and says that its review may be asked for if it is too soon."""
    kim = Person("GB")
    both = (_moratorium(kim, first), _moratorium(kim, second))
    verdict = kim.ask("2026-09-15 10:00", replace(kim.facts, circumstances=both))
    assert verdict.reason_code == ReasonCode.BREATHING_SPACE
    [failing] = [f for f in verdict.findings if not f.passed]
    assert ("within a year" in failing.words) is again


def test_crisis_moratoria_may_follow_each_other() -> None:
    """For a mental-health crisis there is no such limit, and it starts none."""
    kim = Person("GB")
    both = (
        _moratorium(kim, "2026-02-28", sort="mental_health", until="2026-03-31"),
        _moratorium(kim, "2026-09-01", sort="mental_health", until="2026-10-01"),
        _moratorium(kim, "2026-09-02"),
    )
    verdict = kim.ask("2026-09-15 10:00", replace(kim.facts, circumstances=both))
    [failing] = [f for f in verdict.findings if not f.passed]
    assert "within a year" not in failing.words


def test_shorter_month_ends_the_year() -> None:
    """Twelve months after the 29th of February end with that month."""
    kim = Person("GB")
    leap = (_moratorium(kim, "2023-12-20", until="2024-02-29"), _moratorium(kim, "2025-02-27"))
    verdict = kim.ask("2025-03-01 10:00", replace(kim.facts, circumstances=leap))
    [failing] = [f for f in verdict.findings if not f.passed]
    assert "within a year" in failing.words


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        ({}, Decision.ALLOW),
        ({"fee_minor": 100}, Decision.DEFER),
        ({"surcharge_minor": 1}, Decision.DEFER),
        ({"channel": "scheduled"}, Decision.DEFER),
    ],
)
def test_payment_during_breathing_space(change: Mapping[str, Any], decision: Decision) -> None:
    """What is paid of one's own accord may be taken; no fee, and nothing scheduled."""
    kim = Person("GB")
    known = replace(kim.facts, circumstances=(_moratorium(kim, "2026-09-01"),))
    payment = replace(PAYMENT, **change)
    answer = kim.other(Moment.PAY, payment, "2026-09-15 10:00", known)
    assert answer.decision is decision


def test_difficulty_is_referred_until_a_person_looked() -> None:
    """In the UK signs of difficulty need a person's decision, which then holds."""
    kim = Person("GB")
    signs = kim.told("vulnerability", "2026-09-01")
    verdict = kim.ask("2026-09-15 10:00", replace(kim.facts, circumstances=(signs,)))
    assert (verdict.decision, verdict.reason_code) == (Decision.REFER, ReasonCode.FORBEARANCE)
    approved = kim.told("referral_approved", "2026-09-14", reason_code="FORBEARANCE")
    known = replace(kim.facts, circumstances=(signs, approved))
    assert kim.ask("2026-09-15 10:00", known).decision is Decision.ALLOW


def test_oral_request_at_work_lasts_ten_days() -> None:
    """In Massachusetts an oral request holds for ten days, a written one until withdrawn."""
    lee = Person("US-MA")
    work = replace(POINT, place="work")
    oral = lee.told("employer_prohibits", "2026-09-01", oral=True)
    known = replace(lee.facts, point=work, circumstances=(oral,))
    verdict = lee.ask("2026-09-05 10:00", known)
    assert (verdict.decision, verdict.reason_code) == (Decision.DEFER, ReasonCode.WORK_PROHIBITED)
    assert verdict.earliest_allowed_at == lee.at("2026-09-12 00:00")
    assert lee.ask("2026-09-11 20:00", known).decision is Decision.DEFER
    assert lee.ask("2026-09-12 09:00", known).decision is Decision.ALLOW
    assert lee.ask("2026-09-05 10:00", replace(known, point=POINT)).decision is Decision.ALLOW
    written = replace(known, circumstances=(lee.told("employer_prohibits", "2026-01-01"),))
    assert lee.ask("2026-09-05 10:00", written).decision is Decision.DENY
    nowhere = replace(known, zones=())
    assert lee.ask("2026-09-05 10:00", nowhere).decision is Decision.DENY


def test_request_about_another_debt_does_not_matter() -> None:
    """What is recorded about a debt that the contact does not name stops nothing."""
    kim = Person("EU")
    request = replace(kim.told("review_requested", "2026-09-01"), account_id=12)
    known = replace(kim.facts, circumstances=(request,))
    assert kim.ask("2026-09-15 10:00", known).decision is Decision.ALLOW
    mine = replace(known, circumstances=(replace(request, account_id=11),))
    verdict = kim.ask("2026-09-15 10:00", mine)
    assert (verdict.decision, verdict.reason_code) == (Decision.REFER, ReasonCode.HUMAN_REVIEW)
    assert kim.other(Moment.PAY, PAYMENT, "2026-09-15 10:00", mine).decision is Decision.REFER


def _agreed(dee: Person, channel: str, purpose: str = "contact") -> ConsentFact:
    return ConsentFact(channel, purpose, granted=True, at=dee.at("2026-09-01 09:00"))


def test_messages_need_consent_in_the_district() -> None:
    """In DC e-messages need the consumer's consent; the request for it does not."""
    dee = Person("US-DC")
    refused = dee.ask("2026-09-15 10:00", dee.facts, SMS)
    assert (refused.decision, refused.reason_code) == (Decision.DENY, ReasonCode.NO_PEC)
    for word in (_agreed(dee, "sms"), _agreed(dee, "all")):
        known = replace(dee.facts, consents=(word,))
        assert dee.ask("2026-09-15 10:00", known, SMS).decision is Decision.ALLOW
    wrong = replace(dee.facts, consents=(_agreed(dee, "sms", "automated"),))
    assert dee.ask("2026-09-15 10:00", wrong, SMS).decision is Decision.DENY
    asking = dee.ask("2026-09-15 10:00", dee.facts, SMS, message="consent_request")
    assert asking.decision is Decision.ALLOW
    assert dee.ask("2026-09-15 10:00", dee.facts).decision is Decision.ALLOW


def test_consent_at_other_hours_in_florida() -> None:
    """In Florida the night is open to who agreed to it."""
    flo = Person("US-FL")
    assert flo.ask("2026-09-15 21:30", flo.facts).decision is Decision.DEFER
    known = replace(flo.facts, consents=(_agreed(flo, "call", "hours"),))
    assert flo.ask("2026-09-15 21:30", known).decision is Decision.ALLOW


def test_creditor_is_shown_in_brazil() -> None:
    """What is written in Brazil names the creditor; a call has no such duty."""
    rui = Person("BR")
    written = rui.ask("2026-09-15 10:00", rui.facts, EMAIL)
    assert written.obligations == (Obligation.SHOW_CREDITOR,)
    assert rui.ask("2026-09-15 10:00", rui.facts).obligations == ()
    plan = Activation("campaign", "September", channel="sms")
    answer = rui.other(Moment.PUBLISH, plan, "2026-09-15 10:00", rui.facts)
    assert answer.obligations == (Obligation.SHOW_CREDITOR,)
    calls = replace(plan, channel="call")
    assert rui.other(Moment.PUBLISH, calls, "2026-09-15 10:00", rui.facts).obligations == ()


@pytest.mark.parametrize("held", ["EU", "PL"])
def test_licence_is_asked_for_before_publishing(held: str) -> None:
    """A campaign in the European Union needs a licence there, of the Union or of the country."""
    ewa = Person("EU")
    plan = Activation("campaign", "September")
    refused = ewa.other(Moment.PUBLISH, plan, "2026-09-15 10:00", ewa.facts)
    assert (refused.decision, refused.reason_code) == (Decision.DENY, ReasonCode.LICENCE_MISSING)
    licensed = replace(ewa.facts, licences=(held,))
    assert ewa.other(Moment.PUBLISH, plan, "2026-09-15 10:00", licensed).decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("change", "decision", "duties"),
    [
        ({}, Decision.ALLOW, ()),
        ({"automated": True}, Decision.REFER, ()),
        ({"automated": True, "reviewable": True}, Decision.ALLOW, (Obligation.REVIEW_BY_PERSON,)),
        ({"automated": True, "kind": "wording"}, Decision.ALLOW, ()),
    ],
)
def test_machine_alone_decides_nothing(
    change: Mapping[str, Any], decision: Decision, duties: tuple[str, ...]
) -> None:
    """What decides against people by itself offers a person's review, or is looked at first."""
    ewa = Person("EU", licences=("PL",))
    plan = replace(Activation("policy", "Instalments"), **change)
    answer = ewa.other(Moment.PUBLISH, plan, "2026-09-15 10:00", ewa.facts)
    assert (answer.decision, answer.obligations) == (decision, duties)


@pytest.mark.parametrize(
    ("rate", "on", "passed"),
    [
        ("", "2025-06-01", True),
        ("21.50", "2025-06-01", True),
        ("21.51", "2025-06-01", False),
        ("19.00", "2025-12-31", True),
        ("19.01", "2025-12-31", False),
        ("1.00", "2026-11-25", False),
    ],
)
def test_interest_has_a_cap(rate: str, on: str, passed: bool) -> None:
    """In Poland twice the delay interest is the most; of an unknown rate nothing is taken."""
    ewa = Person("PL")
    payment = replace(PAYMENT, interest_rate=rate)
    answer = ewa.other(Moment.PAY, payment, f"{on} 12:00", ewa.facts)
    assert (answer.decision is Decision.ALLOW) is passed


def test_rates_are_read_by_date() -> None:
    """The delay interest of a date comes from its row; none before the first and after the last."""
    found = interest_rates(US, "PL", date(2025, 5, 8))
    assert found is not None
    assert (found.delay, found.most) == (Decimal("10.75"), Decimal("21.50"))
    assert interest_rates(US, "PL", date(2025, 5, 7)) != found
    assert interest_rates(US, "PL", date(2023, 10, 4)) is None
    assert interest_rates(US, "PL", date(2026, 1, 1)) is None
    assert interest_rates(US, "DE", date(2025, 5, 8)) is None


def test_every_known_calendar_is_in_the_library() -> None:
    """Each calendar that our rows may name has holidays, and an unknown one is refused."""
    for name in KNOWN:
        assert is_holiday(name, date(2026, 12, 25)) or name == "RU"
    assert is_holiday("RU", date(2026, 1, 7))
    assert is_calendar("DE-BY")
    assert not is_calendar("ZZ")
    assert not is_calendar("DE-XX")


@pytest.mark.parametrize(
    ("predicate", "params", "says"),
    [
        ("barred_while", "{kinds: [weather]}", "a list of some of"),
        ("barred_while", "{kinds: [attorney], where: []}", "what the fact must say"),
        ("barred_while", "{kinds: [attorney], where: {name: 3}}", "texts, true or false"),
        ("oblige", "{duties: [SING]}", "a list of some of"),
        ("interest_cap", "{reference_rate: 4.0, margin: '5.5', times: 2}", "an exact number"),
        ("interest_cap", "{reference_rate: '4', margin: '5', times: 2, checked_until: '1'}",
         "a date in quotes"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(predicate: str, params: str, says: str) -> None:
    """A row with parameters that mean nothing is refused with what to write instead."""
    moment = "PAY" if predicate == "interest_cap" else "PREDIAL"
    row = f"""
- {{id: T, version: 1, jurisdiction: CO, valid_from: 2020-01-01, valid_to: null, recorded_at:
   2026-11-22T00:00:00Z, moments: [{moment}], predicate: {predicate}, params: {params},
   reason_code: CHANNEL_LOCAL, citation: c, evidence: design, signed_by: null}}
"""
    with pytest.raises(RulebookError, match=says):
        read_rules("t.yaml", row)


def test_region_without_law_of_ours_is_refused() -> None:
    """In a country of which only other regions are in the rulebook nobody is contacted."""
    joe = Person("CA-ON")
    away = replace(joe.facts, region="AB", zones=("America/Edmonton",))
    verdict = gate(
        replace(joe.ask("2026-09-15 10:00", away).contact), away, US,
        datetime(2026, 9, 15, 18, tzinfo=UTC),
    )  # fmt: skip
    assert verdict.decision is Decision.DENY
    assert ReasonCode.RULE_MISSING in {f.reason_code for f in verdict.findings if not f.passed}


def test_every_place_has_its_pack() -> None:
    """Each place of the reference has rows, each with a title, and no unread one is asked."""
    for place in ("US-MA", "US-NYC", "US-DC", "US-WA", "US-FL", "GB", "EU", "PL", "RU", "IN",
                  "CO", "CA-ON", "CA-QC", "AU", "BR"):  # fmt: skip
        assert pack(place).rules, place
    assert all(rule.title for rule in US.rules)
    unread = [rule for rule in US.rules if rule.id.startswith("US-XX-")]
    assert {rule.jurisdiction for rule in unread} == {
        f"US-{state}" for state in ("NH", "OR", "NC", "WV", "MI", "PA", "CO", "NV", "TX", "CA")
    }
    assert all(not rule.enabled and rule.evidence == "unverified" for rule in unread)


def test_reach_decides_what_counts_in_massachusetts() -> None:
    """Attempts that reached nobody do not count there; a mailbox and a text message do."""
    lee = Person("US-MA")
    nobody = tuple(
        lee.had(f"2026-09-1{day} 10:00", reach=reach)
        for day, reach in enumerate((Reach.RANG, Reach.DIALED, Reach.RANG))
    )
    assert lee.ask("2026-09-15 10:00", replace(lee.facts, log=nobody)).decision is Decision.ALLOW
    reached = (lee.had("2026-09-11 10:00", "sms"), lee.had("2026-09-12 10:00", reach=Reach.MACHINE))
    verdict = lee.ask("2026-09-15 10:00", replace(lee.facts, log=reached))
    assert (verdict.decision, verdict.reason_code) == (Decision.DEFER, ReasonCode.FREQ_LOCAL)
    assert verdict.earliest_allowed_at == lee.at("2026-09-18 00:00")
