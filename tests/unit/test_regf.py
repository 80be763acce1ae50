"""The federal rules on notices, disputes, requests to stop, third parties and old debts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.contacts import DENVER, NOON, POINT, US, account, contact, facts, failing, logged

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import gate
from goodterms.compliance.decide.gate import ask
from goodterms.compliance.model import (
    Circumstance,
    Decision,
    Facts,
    Moment,
    ProposedContact,
    ProposedErasure,
    ProposedReport,
    Reach,
    Verdict,
    Wording,
)

TODAY = NOON.date()
SECOND = timedelta(seconds=1)


def said(kind: str, on: date, account_id: int | None = 11, **data: Any) -> Circumstance:
    """Give a circumstance recorded at noon of its date."""
    at = datetime(on.year, on.month, on.day, 12, tzinfo=DENVER).astimezone(UTC)
    return Circumstance(kind, on, at, account_id, None, data)


def ago(days: int) -> date:
    """Give the date so many days before the day of the tests."""
    return TODAY - timedelta(days=days)


def knowing(*circumstances: Circumstance, **changes: Any) -> Facts:
    """Give the facts of a person of whom this was recorded."""
    return facts(**{"circumstances": circumstances, **changes})


def judged(
    known: Facts, now: datetime = NOON, moment: Moment | None = None, **changes: Any
) -> Verdict:
    """Judge a contact about all debts of the facts."""
    proposed = contact(*[a.account_id for a in known.accounts], **changes)
    return gate(proposed, known, US, now, moment=moment)


def letter(text: str = "", message: str = "", **changes: Any) -> dict[str, Any]:
    """Give what makes a contact an e-mail with a text."""
    wording = Wording("draft", "email", text) if text else None
    return {"channel": Channel.EMAIL, "message": message, "wording": wording, **changes}


def codes(verdict: Verdict) -> set[str]:
    """Give the reason codes of all failing rules."""
    return set(failing(verdict))


# The validation notice


def test_first_contact_obliges_to_give_the_validation_information() -> None:
    """Before there was a first communication, the contact may be it, and says what is due."""
    verdict = judged(facts())
    assert verdict.decision is Decision.ALLOW
    assert "VALIDATION_NOTICE" in verdict.obligations


@pytest.mark.parametrize(("days", "blocked"), [(5, False), (6, True)])
def test_notice_is_overdue_after_the_fifth_day(days: int, blocked: bool) -> None:
    """Five calendar days after the first communication the notice may still go; then it must."""
    verdict = judged(knowing(said("initial_communication", ago(days))))
    assert ("VAL_MISSING" in codes(verdict)) is blocked
    if blocked:
        assert verdict.decision is Decision.DENY
        assert "A11, the validation notice was due on" in failing(verdict)["VAL_MISSING"].words


@pytest.mark.parametrize(
    "sent",
    [
        (said("initial_communication", ago(20)), said("notice", ago(16), notice="validation")),
        (said("initial_communication", ago(20), validation_given=True),),
    ],
)
def test_sent_notice_is_not_overdue(sent: tuple[Circumstance, ...]) -> None:
    """A notice sent, or the information in the first communication, is enough."""
    assert "VAL_MISSING" not in codes(judged(knowing(*sent)))


def test_overdue_notice_itself_may_go() -> None:
    """The message that is the notice is not stopped because the notice is missing."""
    known = knowing(said("initial_communication", ago(20)))
    assert "VAL_MISSING" in codes(judged(known, **letter()))
    sending = judged(known, **letter(message="validation_notice"))
    assert "VAL_MISSING" not in codes(sending)
    words = {f.rule_id: f.words for f in sending.findings}["REGF-VAL-2"]
    # Sent on Tue 24 Nov 2026; Thanksgiving, Saturday and Sunday do not count.
    assert words == (
        "Receipt may be assumed on 2026-12-02; print 2027-01-01 as the last day to dispute."
    )


def test_period_needs_a_local_date() -> None:
    """Without a place no date is printed on the notice."""
    verdict = judged(facts(zones=()), **letter(message="validation_notice"))
    assert {f.rule_id for f in verdict.findings if f.reason_code == "VAL_MISSING"} == {"REGF-VAL-2"}


def test_unknown_date_makes_an_open_notice_overdue() -> None:
    """Where nobody knows the date, an unsent notice counts as overdue."""
    known = knowing(said("initial_communication", ago(1)), zones=())
    assert "VAL_MISSING" in codes(judged(known))


# Disputes


B5_SENT = said("notice", date(2026, 10, 2), notice="validation")
B5_BEGAN = said("initial_communication", date(2026, 10, 2))


@pytest.mark.parametrize(
    ("dispute", "stopped"),
    [
        (said("dispute", date(2026, 10, 20), written=True), True),
        (said("dispute", date(2026, 10, 20), written=False), False),
        (said("dispute", date(2026, 11, 8), written=True), True),
        (said("dispute", date(2026, 11, 20), written=True), False),
        (said("dispute", date(2026, 10, 20), written=True, about="original_creditor"), True),
        (said("dispute", date(2026, 10, 20), written=True, duplicative=True), True),
    ],
)
def test_written_dispute_in_time_stops_collection(dispute: Circumstance, stopped: bool) -> None:
    """B5: written and within the period stops; oral, or after 8 Nov, does not."""
    known = knowing(B5_BEGAN, B5_SENT, dispute)
    verdict = judged(known)
    assert ("DISPUTE_OPEN" in codes(verdict)) is stopped
    answer = judged(known, **letter(message="verification"))
    assert "DISPUTE_OPEN" not in codes(answer)


def test_verification_lets_collection_go_on() -> None:
    """B5: verification mailed on 5 Nov, a call on 6 Nov is allowed; on 4 Nov it was not."""
    dispute = said("dispute", date(2026, 10, 20), written=True)
    sent = said("verification", date(2026, 11, 5))
    before = datetime(2026, 11, 4, 19, tzinfo=UTC)
    assert "DISPUTE_OPEN" in codes(judged(knowing(B5_BEGAN, B5_SENT, dispute), before))
    after = knowing(B5_BEGAN, B5_SENT, dispute, sent)
    assert "DISPUTE_OPEN" not in codes(judged(after, datetime(2026, 11, 6, 19, tzinfo=UTC)))


def test_second_dispute_needs_a_second_answer() -> None:
    """A verification answers what was disputed before it, not after."""
    known = knowing(
        B5_SENT,
        B5_BEGAN,
        said("dispute", date(2026, 10, 10), written=True),
        said("verification", date(2026, 10, 15)),
        said("dispute", date(2026, 10, 20), written=True),
    )
    assert "DISPUTE_OPEN" in codes(judged(known))


def test_duplicative_dispute_is_answered_by_a_notice() -> None:
    """To a dispute that was answered before, a notice that says so is answer enough."""
    again = said("dispute", date(2026, 10, 20), written=True, duplicative=True)
    plain = said("dispute", date(2026, 10, 20), written=True)
    notice = said("notice", date(2026, 10, 22), notice="duplicative")
    assert "DISPUTE_OPEN" not in codes(judged(knowing(B5_BEGAN, B5_SENT, again, notice)))
    assert "DISPUTE_OPEN" in codes(judged(knowing(B5_BEGAN, B5_SENT, plain, notice)))


def test_undelivered_notice_ends_no_period() -> None:
    """A notice that came back starts no period; sent again, the period is that of the new one."""
    back = said("notice", date(2026, 9, 1), notice="validation", undelivered=True)
    dispute = said("dispute", date(2026, 11, 20), written=True)
    assert "DISPUTE_OPEN" in codes(judged(knowing(B5_BEGAN, back, dispute)))
    again = said("notice", date(2026, 10, 14), notice="validation")
    assert "DISPUTE_OPEN" in codes(judged(knowing(B5_BEGAN, back, again, dispute)))
    assert "DISPUTE_OPEN" not in codes(judged(knowing(B5_BEGAN, back, B5_SENT, dispute)))


@pytest.mark.parametrize(
    ("amount", "owed", "part"),
    [("4.00", 1000, True), ("10.00", 1000, False), ("4.00", None, False), ("much", 1000, False)],
)
def test_part_that_is_not_disputed_may_be_collected(
    amount: str, owed: int | None, part: bool
) -> None:
    """A dispute of a part stops that part; of the whole, or of an unknown part, everything."""
    dispute = said("dispute", date(2026, 10, 20), written=True, amount=amount)
    known = knowing(B5_BEGAN, B5_SENT, dispute, accounts=(account(balance_minor=owed),))
    verdict = judged(known)
    assert ("DISPUTE_OPEN" in codes(verdict)) is not part
    assert ("UNDISPUTED_PART" in verdict.obligations) is part


def test_part_is_counted_in_the_debts_currency() -> None:
    """An amount is one of the debt's currency: 500 yen of 1000 yen are a part."""
    dispute = said("dispute", date(2026, 10, 20), written=True, amount="500")
    yen = account(balance_minor=1000, currency="JPY")
    known = knowing(B5_BEGAN, B5_SENT, dispute, accounts=(yen,))
    assert "DISPUTE_OPEN" not in codes(judged(known))


def test_disputed_debt_drops_out_and_the_others_stay() -> None:
    """One of two debts is disputed: the contact goes on about the other."""
    known = knowing(
        B5_BEGAN,
        B5_SENT,
        said("initial_communication", date(2026, 10, 2), 12),
        said("notice", date(2026, 10, 2), 12, notice="validation"),
        said("dispute", date(2026, 10, 20), written=True),
        accounts=(account(11), account(12)),
    )
    verdict = judged(known)
    assert verdict.decision is Decision.ALLOW
    assert verdict.account_ids == (12,)


def test_hold_of_a_dispute_lets_its_answer_through() -> None:
    """A hold stops collection, not the verification that ends it."""
    held = facts(account(holds=("disputed",)))
    assert "DISPUTE_OPEN" in codes(judged(held, **letter()))
    assert "DISPUTE_OPEN" not in codes(judged(held, **letter(message="verification")))


# Requests to stop


CEASED = facts(account(holds=("cease",)))


@pytest.mark.parametrize("message", ["", "reminder", "CEASE_EXC_4"])
def test_written_cease_stops_everything(message: str) -> None:
    """After a written request to cease nothing else goes out."""
    assert "CEASE_WRITTEN" in codes(judged(CEASED, **letter(message=message)))
    assert "CEASE_WRITTEN" in codes(judged(CEASED))


@pytest.mark.parametrize("message", ["CEASE_EXC_1", "CEASE_EXC_2", "CEASE_EXC_3"])
def test_each_exception_goes_once(message: str) -> None:
    """Each of the three messages may go once: the log and the record both remember it."""
    for held in (CEASED, facts(holds=("cease",))):
        assert "CEASE_WRITTEN" not in codes(judged(held, **letter(message=message)))
    sent = logged(NOON - timedelta(days=3), medium="email", message=message, reach=Reach.MESSAGE)
    again = judged(replace(CEASED, log=(sent,)), **letter(message=message))
    assert "this one message was sent before" in failing(again)["CEASE_WRITTEN"].words
    failed = sent._replace(reach=Reach.NOT_PLACED)
    assert "CEASE_WRITTEN" not in codes(
        judged(replace(CEASED, log=(failed,)), **letter(message=message))
    )
    of_old = replace(CEASED, circumstances=(said("notice", ago(300), notice=message.lower()),))
    assert "CEASE_WRITTEN" in codes(judged(of_old, **letter(message=message)))
    other = {"CEASE_EXC_1": "CEASE_EXC_2"}.get(message, "CEASE_EXC_1")
    assert "CEASE_WRITTEN" not in codes(judged(of_old, **letter(message=other)))


# Attorneys


def attorney(**data: Any) -> Circumstance:
    """Give an attorney who represents the person on the debt."""
    return said("attorney", ago(60), name="Ada Law", **data)


def test_represented_consumer_is_not_contacted() -> None:
    """The refusal names the attorney and says to contact them instead."""
    for known in (knowing(attorney()), facts(account(holds=("attorney",)))):
        verdict = judged(known)
        assert verdict.reason_code == "ATTY_REP"
        assert verdict.obligations == ("ROUTE_ATTORNEY",)
        assert verdict.permit is None
    assert "Ada Law represents" in failing(judged(knowing(attorney())))["ATTY_REP"].words


def test_attorney_is_contacted() -> None:
    """The attorney's own number may be dialed."""
    known = knowing(attorney(), point=replace(POINT, relation="attorney"))
    assert "ATTY_REP" not in codes(judged(known))


def test_attorney_who_consents_opens_contact() -> None:
    """With the attorney's consent the consumer may be contacted."""
    assert "ATTY_REP" not in codes(judged(knowing(attorney(consents=True))))
    two = knowing(attorney(consents=True), attorney())
    assert "ATTY_REP" in codes(judged(two))


def test_silent_attorney_opens_contact_after_thirty_days() -> None:
    """Thirty full days after we asked contact opens, to the second; an answer keeps it shut."""
    asked = date(2026, 10, 25)
    known = knowing(attorney(asked_on=asked.isoformat()))
    opens = datetime(2026, 11, 25, 0, tzinfo=DENVER).astimezone(UTC)
    early = failing(judged(known, opens - SECOND))["ATTY_REP"]
    assert early.earliest_allowed_at == opens
    assert "ATTY_REP" not in codes(judged(known, opens))
    answered = knowing(attorney(asked_on=asked.isoformat(), answered=True))
    assert failing(judged(answered, opens))["ATTY_REP"].earliest_allowed_at is None
    nowhere = replace(known, zones=())
    assert failing(judged(nowhere, opens))["ATTY_REP"].earliest_allowed_at is None


def test_attorney_on_one_debt_leaves_the_others() -> None:
    """Representation on one debt drops that debt out, and no duty of it stays."""
    known = knowing(
        attorney(),
        said("initial_communication", ago(3), 12),
        accounts=(account(11), account(12)),
    )
    verdict = judged(known)
    assert (verdict.decision, verdict.account_ids) == (Decision.ALLOW, (12,))
    assert "ROUTE_ATTORNEY" not in verdict.obligations


# Third parties


NEIGHBOUR = replace(POINT, relation="third_party")


def locating(known: Facts, now: datetime = NOON, **changes: Any) -> Verdict:
    """Judge a call to a third party for location information."""
    return judged(known, now, **{"purpose": "location", **changes})


def test_third_party_is_asked_for_location_only() -> None:
    """A neighbour may be asked where the consumer is, never about the debt."""
    known = facts(point=NEIGHBOUR)
    verdict = locating(known)
    assert verdict.decision is Decision.ALLOW
    assert {"LOCATION_ONLY", "IDENTIFY"} <= set(verdict.obligations)
    assert "THIRD_PARTY_PURPOSE" in codes(judged(known))


def test_third_party_is_asked_once() -> None:
    """A second time is refused unless asked back since; a call nobody took does not count."""
    spoken = logged(NOON - timedelta(days=2), to="third_party", number="+13035550123",
                    reach=Reach.PERSON)  # fmt: skip
    known = facts(point=NEIGHBOUR, log=(spoken,))
    assert "THIRD_PARTY_REPEAT" in codes(locating(known))
    rang = spoken._replace(reach=Reach.RANG)
    assert "THIRD_PARTY_REPEAT" not in codes(locating(replace(known, log=(rang,))))
    other = spoken._replace(number="+13035550199")
    assert "THIRD_PARTY_REPEAT" not in codes(locating(replace(known, log=(other,))))
    back = replace(said("asked_back", ago(1), None), contact_point_id=5)
    assert "THIRD_PARTY_REPEAT" not in codes(locating(replace(known, circumstances=(back,))))
    stale = replace(said("asked_back", ago(9), None), contact_point_id=5)
    assert "THIRD_PARTY_REPEAT" in codes(locating(replace(known, circumstances=(stale,))))


def test_third_party_asked_long_ago_is_remembered() -> None:
    """What left the log is on record for the number."""
    once = replace(said("third_party_asked", ago(400), None), contact_point_id=5)
    elsewhere = replace(once, contact_point_id=6)
    assert "THIRD_PARTY_REPEAT" in codes(locating(facts(point=NEIGHBOUR, circumstances=(once,))))
    known = facts(point=NEIGHBOUR, circumstances=(elsewhere,))
    assert "THIRD_PARTY_REPEAT" not in codes(locating(known))


@pytest.mark.parametrize("relation", ["spouse", "parent", "guardian", "executor", "successor"])
def test_some_relations_are_the_consumer(relation: str) -> None:
    """Spouse, guardian, executor and the like are the consumer in the eyes of the law."""
    verdict = judged(facts(point=replace(POINT, relation=relation)))
    assert verdict.decision is Decision.ALLOW


# Frequency over debts, and messages


def test_many_calls_over_all_debts_are_looked_at_first() -> None:
    """Ten calls in a week over several debts: a person decides; an approval lets it through."""
    calls = tuple(logged(NOON - timedelta(hours=14 * n), 20 + n) for n in range(1, 11))
    known = facts(log=calls)
    verdict = judged(known)
    assert (verdict.decision, verdict.reason_code) == (Decision.REFER, "AGGREGATE_REVIEW")
    assert judged(facts(log=calls[:9])).decision is Decision.ALLOW
    approval = said("referral_approved", TODAY, None, reason_code="AGGREGATE_REVIEW")
    assert judged(replace(known, circumstances=(approval,))).decision is Decision.ALLOW


def test_message_cap_counts_texts_and_mails_of_the_day() -> None:
    """A third message of a day is refused until midnight; a reply or a confirmation is not."""
    sent = tuple(
        logged(NOON - timedelta(hours=n), 99, medium=medium, reach=Reach.MESSAGE)
        for n, medium in ((1, "sms"), (2, "email"))
    )
    known = facts(log=sent)
    cap = failing(judged(known, channel=Channel.SMS))["MSG_DAY_CAP"]
    midnight = datetime(2026, 11, 25, 0, tzinfo=DENVER).astimezone(UTC)
    assert cap.earliest_allowed_at == midnight
    assert "MSG_DAY_CAP" not in codes(judged(known))
    for message in ("opt_out_confirmation", "reply"):
        assert "MSG_DAY_CAP" not in codes(judged(known, channel=Channel.SMS, message=message))
    spared = (sent[0]._replace(message="reply"), sent[1])
    assert "MSG_DAY_CAP" not in codes(judged(facts(log=spared), channel=Channel.SMS))


def test_student_loans_of_one_servicer_are_one_debt() -> None:
    """Calls about any loan of the group count for all, also when the others are not named."""
    days = [NOON - timedelta(days=n) for n in range(7)]
    calls = tuple(logged(at - timedelta(hours=5), 12) for at in days)
    assert "REGF_7IN7" not in codes(judged(facts(account(11), log=calls)))
    loan = account(11, group="edu-1", siblings=(12,))
    assert "REGF_7IN7" in codes(judged(facts(loan, log=calls)))
    both = facts(account(11, group="edu-1"), account(12, group="edu-1"), log=calls)
    assert "REGF_7IN7" in codes(judged(both))


# Old debts


def suing(known: Facts, text: str = "We will file a lawsuit.", **changes: Any) -> set[str]:
    """Judge an e-mail that threatens a suit."""
    return codes(judged(known, **letter(text, **changes)))


def test_suit_is_threatened_only_while_it_is_known_to_be_possible() -> None:
    """Barred, or unknown whether barred, nothing is threatened; before that day it may be."""
    assert "TIME_BARRED" in suing(facts())
    assert "TIME_BARRED" in suing(facts(), "", message="suit")
    assert "TIME_BARRED" in suing(knowing(said("time_barred_on", TODAY)))
    assert "TIME_BARRED" not in suing(knowing(said("time_barred_on", TODAY + timedelta(days=1))))
    assert "TIME_BARRED" not in suing(facts(), "Please call us.")


@pytest.mark.parametrize(
    ("text", "threat"),
    [
        ("Our attorneys may start a lawsuit.", True),
        ("You may be sued.", True),
        ("Pay now to avoid legal action!", True),
        ("This debt will be taken to court.", True),
        ("Because of the age of your debt, we will not sue you for it.", False),
        ("The law limits how long you can be sued on a debt.", False),
        ("Write to us about suitable instalments.", False),
    ],
)
def test_threats_are_told_from_disclosures(text: str, threat: bool) -> None:
    """A threat of suit is seen as one; what the states want said is not."""
    barred = knowing(said("time_barred_on", ago(5)))
    assert ("TIME_BARRED" in suing(barred, text)) is threat


def test_state_counts_from_accrual_and_wants_its_words() -> None:
    """In California a written contract is too old four years after accrual; the text says so."""
    accrued = said("claim_accrued", date(2022, 11, 23), contract="written")
    known = knowing(accrued, region="CA", zones=("America/Los_Angeles",))
    assert "TIME_BARRED" in suing(known, "Please pay your debt.")
    proper = (
        "The law limits how long you can be sued on a debt. Because of the age of your debt,"
        " we will not sue you for it."
    )
    assert "TIME_BARRED" not in suing(known, proper)
    call = judged(known)
    assert "TIME_BARRED_NOTICE" in call.obligations
    younger = replace(accrued, on=date(2022, 11, 24))
    assert "TIME_BARRED" not in suing(replace(known, circumstances=(younger,)), "Please pay.")


# Reporting, keeping


def reported(known: Facts, now: datetime = NOON) -> Any:
    """Ask whether the debts of the facts may be reported."""
    return ask(Moment.PERIODIC, ProposedReport("Bureau"), known, US, now)


DELINQUENT = said("first_delinquency", date(2025, 3, 1))


def test_reporting_waits_for_conversation_or_notice() -> None:
    """Neither talk nor notice: no. A notice: 14 days later, to the second. A talk: at once."""
    assert reported(knowing(DELINQUENT)).reason_code == "FURNISH_WAIT"
    notice = said("notice", ago(13), notice="validation")
    waits = reported(knowing(DELINQUENT, notice))
    opens = datetime(2026, 11, 25, 0, tzinfo=DENVER).astimezone(UTC)
    assert (waits.decision, waits.earliest_allowed_at) == (Decision.DEFER, opens)
    assert reported(knowing(DELINQUENT, notice), opens).decision is Decision.ALLOW
    assert reported(knowing(DELINQUENT, notice), opens - SECOND).decision is Decision.DEFER
    back = said("notice", ago(30), notice="validation", undelivered=True)
    assert reported(knowing(DELINQUENT, back)).decision is Decision.DENY
    talk = said("first_conversation", TODAY)
    assert reported(knowing(DELINQUENT, back, talk)).decision is Decision.ALLOW
    assert reported(knowing(DELINQUENT, notice, zones=())).decision is Decision.DENY


def test_disputed_debt_is_reported_as_disputed() -> None:
    """Also an oral dispute marks the debt when it is reported."""
    known = knowing(DELINQUENT, said("first_conversation", ago(1)))
    assert reported(known).obligations == ()
    oral = said("dispute", ago(1), written=False)
    disputed = reported(replace(known, circumstances=(*known.circumstances, oral)))
    assert disputed.obligations == ("MARK_DISPUTED",)


def test_old_delinquency_is_not_reported() -> None:
    """After seven years and 180 days, or without a date, nothing is reported."""
    talk = said("first_conversation", ago(1))
    last = said("first_delinquency", date(2019, 5, 28))
    assert reported(knowing(talk, last)).decision is Decision.ALLOW
    assert reported(knowing(talk, replace(last, on=date(2019, 5, 27)))).reason_code == (
        "REPORT_TOO_OLD"
    )
    assert reported(knowing(talk)).reason_code == "REPORT_TOO_OLD"


def test_bureau_dispute_is_answered_before_more_is_reported() -> None:
    """Until the answer is due the debt is marked as disputed; after that it is not reported."""
    base = (DELINQUENT, said("first_conversation", ago(90)))
    fresh = reported(knowing(*base, said("bureau_dispute", ago(30))))
    assert (fresh.decision, fresh.obligations) == (Decision.ALLOW, ("MARK_DISPUTED",))
    late = reported(knowing(*base, said("bureau_dispute", ago(31))))
    assert late.reason_code == "BUREAU_ANSWER_DUE"
    longer = reported(knowing(*base, said("bureau_dispute", ago(45), more_came=True)))
    assert longer.decision is Decision.ALLOW


def erased(what: str, since: date | None, now: datetime = NOON, known: Facts | None = None) -> Any:
    """Ask whether something may be erased."""
    return ask(Moment.PERIODIC, ProposedErasure(what, since), known or facts(), US, now)


def test_records_are_kept_three_years() -> None:
    """Erasure is allowed on the day after the third anniversary, to the second."""
    opens = datetime(2026, 11, 25, 0, tzinfo=DENVER).astimezone(UTC)
    since = date(2023, 11, 24)
    waits = erased("recordings", since, opens - SECOND)
    assert (waits.reason_code, waits.earliest_allowed_at) == ("RETENTION", opens)
    assert erased("recordings", since, opens).decision is Decision.ALLOW
    assert erased("records", None).decision is Decision.DENY
    assert erased("records", since, known=facts(zones=())).decision is Decision.DENY


def test_rows_of_other_questions_say_nothing() -> None:
    """A report is not judged by how long records are kept, nor an erasure by what is reported."""
    rules = {f.rule_id for f in erased("records", date(2020, 1, 1)).findings}
    assert rules == {"REGF-RET-1", "HOUSE-RET-2"}
    asked = {f.rule_id for f in reported(knowing(DELINQUENT)).findings}
    assert asked == {"REGF-FURN-1", "US-CRA-1", "US-CRA-2"}


# As creditor, and in a call


def test_creditor_is_not_bound_by_the_collector_rules() -> None:
    """A creditor's own staff send no validation notice; house rules still bind."""
    known = knowing(said("initial_communication", ago(30)), accounts=(account(role="creditor"),))
    assert "VAL_MISSING" not in codes(judged(known))


def test_first_words_of_a_call_stay_bound() -> None:
    """While a call goes on, the same requests and disputes are asked about."""
    proposed: ProposedContact = contact(11)
    known = knowing(attorney(), B5_SENT, said("dispute", date(2026, 10, 20), written=True))
    answer = ask(Moment.INCALL, ProposedReport(), known, US, NOON, contact=proposed)
    assert {"ATTY_REP", "DISPUTE_OPEN"} <= {f.reason_code for f in answer.findings if not f.passed}
    neighbour = facts(point=NEIGHBOUR)
    asked = ask(
        Moment.INCALL, ProposedReport(), neighbour, US, NOON,
        contact=replace(proposed, purpose="location"),
    )  # fmt: skip
    assert "LOCATION_ONLY" in asked.obligations
