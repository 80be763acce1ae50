"""Consent to machines, texts and addresses: given, missing, taken back, out of date."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.contacts import NOON, POINT, contact, facts, logged
from tests.fakes.rules import Given, Many, circumstance, codes, judged, only, word

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import make_rulebook
from goodterms.compliance.decide.case import Case
from goodterms.compliance.decide.consent import line_type_of
from goodterms.compliance.model import Decision, Moment, Obligation, Reach

TCPA_1, TCPA_2 = only("TCPA-1"), only("TCPA-2")
TCPA_4, TCPA_5 = only("TCPA-4"), only("TCPA-5")
CEASE_2, SMS_1, EADDR_1 = only("REGF-CEASE-2"), only("REGF-SMS-1"), only("REGF-EADDR-1")
SMS, EMAIL = Channel.SMS, Channel.EMAIL
NUMBER = contact().number


def line(line_type: str) -> Any:
    """Give a point whose number says what kind of line it is."""
    return replace(POINT, line_type=line_type)


@pytest.mark.parametrize(
    ("how", "line_type", "said", "expected"),
    [
        ({"autodialed": True}, "mobile", (), {"NO_PEC"}),
        ({"voice": "prerecorded"}, "mobile", (), {"NO_PEC"}),
        ({"voice": "artificial"}, "pager", (), {"NO_PEC"}),
        ({"voice": "artificial"}, "landline", (), set()),
        ({"autodialed": True}, "unknown", (), {"LINE_TYPE_UNKNOWN"}),
        ({"autodialed": True}, "unknown", (word("automated"),), set()),
        ({"autodialed": True}, "mobile", (word("automated", channel="all"),), set()),
        ({"autodialed": True}, "mobile", (word("automated", channel="sms"),), {"NO_PEC"}),
        ({"autodialed": True}, "mobile", (word("contact"),), {"NO_PEC"}),
        ({}, "mobile", (), set()),
    ],
)
def test_machines_need_consent(how: Given, line_type: str, said: Many, expected: set[str]) -> None:
    """An automatic system or a recorded voice to a wireless number needs express consent."""
    known = facts(point=line(line_type), consents=said)
    assert codes(judged(TCPA_1, known, **how)) == expected


def test_newest_word_counts_and_a_later_no_to_all_wins() -> None:
    """Consent for this number falls with a later no to everything, not with an earlier one."""
    yes, no = word("automated", 3, point=5), word("automated", 1, granted=False, channel="all")
    assert codes(judged(TCPA_1, facts(consents=(yes, no)), autodialed=True)) == {"NO_PEC"}
    early = replace(no, at=NOON - timedelta(days=9))
    assert not codes(judged(TCPA_1, facts(consents=(early, yes)), autodialed=True))
    elsewhere = word("automated", point=6)
    assert codes(judged(TCPA_1, facts(consents=(elsewhere,)), autodialed=True)) == {"NO_PEC"}
    twice = (word("automated", 3, point=5, granted=False), word("automated", 2, point=5))
    assert not codes(judged(TCPA_1, facts(consents=twice), autodialed=True))
    taken = judged(TCPA_1, facts(consents=(no,)), autodialed=True)
    assert "took back" in taken.findings[0].words


def test_line_type_that_was_looked_up_counts() -> None:
    """The newest look-up says what kind of line it is, whatever the number looks like."""
    checks = (
        circumstance("line_check", 9, point=5, line_type="landline"),
        circumstance("line_check", 2, point=5, line_type="mobile"),
        circumstance("line_check", 1, point=5, reachable=True),
        circumstance("line_check", 1, point=6, line_type="landline"),
    )
    known = facts(point=line("unknown"), circumstances=checks)
    assert codes(judged(TCPA_1, known, voice="prerecorded")) == {"NO_PEC"}
    none = facts(point=line("unknown"), circumstances=checks[2:])
    assert codes(judged(TCPA_1, none, voice="prerecorded")) == {"LINE_TYPE_UNKNOWN"}
    case = Case.of(Moment.PACE, None, known, NOON)
    assert line_type_of(case) == "unknown"


def test_fourth_recorded_call_in_thirty_days_needs_consent() -> None:
    """Three recorded calls within thirty days to a landline; more only with consent."""
    before = [
        logged(NOON - timedelta(days=days), voice="prerecorded", place="home")
        for days in (1, 10, 29)
    ]
    known = facts(point=line("landline"), log=tuple(before))
    blocked = judged(TCPA_2, known, voice="prerecorded")
    assert blocked.reason_code == "PREREC_3IN30"
    free = blocked.earliest_allowed_at
    assert free == datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert judged(TCPA_2, known, voice="prerecorded", now=free).permit
    assert not judged(TCPA_2, known, voice="prerecorded", now=free - timedelta(seconds=1)).permit
    assert judged(TCPA_2, known).permit
    assert judged(TCPA_2, replace(known, consents=(word("automated"),)), voice="prerecorded").permit


def test_recorded_call_offers_a_way_out() -> None:
    """A recorded call is allowed with an automated opt-out only, a live one without."""
    rule = only("TCPA-2-OPT-OUT")
    verdict = judged(rule, voice="prerecorded")
    assert verdict.obligations == (Obligation.AUTOMATED_OPT_OUT,)
    assert judged(rule).obligations == ()


@pytest.mark.parametrize(
    ("how", "revoked", "said", "expected"),
    [
        ({"channel": SMS}, ("sms",), (), {"CONSENT_REVOKED"}),
        ({"channel": SMS}, ("all",), (), {"CONSENT_REVOKED"}),
        ({"channel": SMS}, ("call",), (), set()),
        ({"channel": SMS}, (), (word("automated", granted=False, channel="sms"),),
         {"CONSENT_REVOKED"}),
        ({"channel": SMS}, (), (word("automated", granted=False),), set()),
        ({}, ("call",), (), set()),
        ({"autodialed": True}, (), (word("automated", granted=False),), {"CONSENT_REVOKED"}),
        ({"autodialed": True}, (), (word("automated"),), set()),
    ],
)  # fmt: skip
def test_revoked_consent_is_honoured(
    how: Given, revoked: Many, said: Many, expected: set[str]
) -> None:
    """What was taken back stays taken back, in its medium until the waiver ends."""
    known = facts(revoked=revoked, consents=said)
    assert codes(judged(TCPA_4, known, **how)) == expected


def test_from_2027_on_a_revocation_reaches_every_automated_contact() -> None:
    """The waiver of revocation across matters ends on 31 January 2027."""
    known = facts(revoked=("sms",), consents=(word("automated"),))
    last = datetime(2027, 1, 30, 18, tzinfo=UTC)
    assert not codes(judged(TCPA_4, known, autodialed=True, now=last))
    first = last + timedelta(days=1)
    assert codes(judged(TCPA_4, known, autodialed=True, now=first)) == {"CONSENT_REVOKED"}
    other = facts(consents=(word("automated", granted=False, channel="email"),))
    assert codes(judged(TCPA_4, other, autodialed=True, now=first)) == {"CONSENT_REVOKED"}


def test_grace_ends_with_its_last_business_day() -> None:
    """With days of grace a revocation binds after that many business days; elsewhere at once."""
    rule = next(r for r in TCPA_4.rules if r.version == 1)
    slow = make_rulebook(
        [replace(rule, params={**rule.params, "grace_business_days": 2})], partial=True
    )
    # Taken back on Monday; Wednesday is the last day, Thursday is Thanksgiving.
    known = facts(consents=(word("automated", 1, granted=False),))
    ends = datetime(2026, 11, 26, 7, tzinfo=UTC)
    assert codes(judged(slow, known, autodialed=True, now=ends)) == {"CONSENT_REVOKED"}
    assert not codes(judged(slow, known, autodialed=True, now=ends - timedelta(seconds=1)))
    nowhere = replace(known, zones=())
    assert codes(judged(slow, nowhere, autodialed=True)) == {"CONSENT_REVOKED"}


def test_opted_out_medium_is_closed_but_for_one_confirmation() -> None:
    """After STOP one confirmation may follow in the same medium, and nothing after it."""
    stop = circumstance("opted_out", 0.01, channel="sms")
    known = facts(revoked=("sms",), circumstances=(stop,))
    confirm = {"channel": SMS, "message": "opt_out_confirmation"}
    for rules in (CEASE_2, TCPA_4, only("HOUSE-OPT-OUT")):
        assert judged(rules, known, **confirm).permit
        assert not judged(rules, known, channel=SMS).permit
        assert not judged(rules, facts(revoked=("sms",)), **confirm).permit
        sent = logged(NOON - timedelta(minutes=5), medium="sms", message="opt_out_confirmation")
        assert not judged(rules, replace(known, log=(sent,)), **confirm).permit
    before = logged(NOON - timedelta(days=3), medium="sms", message="opt_out_confirmation")
    assert judged(CEASE_2, replace(known, log=(before,)), **confirm).permit
    assert judged(CEASE_2, known, channel=EMAIL).permit


def test_one_reply_to_who_writes_in() -> None:
    """Who writes in on a closed medium gets one reply in it, and not in another."""
    wrote = circumstance("consumer_wrote", 0.1, channel="email")
    known = facts(revoked=("email", "sms"), circumstances=(wrote,))
    assert judged(CEASE_2, known, channel=EMAIL, message="reply").permit
    assert codes(judged(CEASE_2, known, channel=SMS, message="reply")) == {"MEDIUM_OPTOUT"}
    sent = logged(NOON - timedelta(hours=1), medium="email", message="reply")
    assert not judged(CEASE_2, replace(known, log=(sent,)), channel=EMAIL, message="reply").permit
    later = circumstance("consumer_wrote", -1, channel="email")
    future = facts(revoked=("email",), circumstances=(later,))
    assert not judged(CEASE_2, future, channel=EMAIL, message="reply").permit


@pytest.mark.parametrize("channel", [Channel.LETTER, Channel.SOCIAL])
def test_every_medium_can_be_closed(channel: Channel) -> None:
    """A letter or a private message is closed like a call."""
    verdict = judged(CEASE_2, facts(revoked=("all",)), channel=channel)
    assert codes(verdict) == {"MEDIUM_OPTOUT"}


def inbound(days: float, number: str = NUMBER, medium: str = "sms") -> Any:
    """Give a message that came in."""
    at = NOON - timedelta(days=days)
    return logged(at, medium=medium, direction="in", number=number, reach=Reach.MESSAGE)


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, False),
        ({"log": (inbound(59.9),)}, True),
        ({"log": (inbound(60),)}, False),
        ({"log": (inbound(1, "+13035550199"),)}, False),
        ({"log": (inbound(1, medium="email"),)}, False),
        ({"consents": (word("contact", 10, channel="sms"),)}, True),
        ({"consents": (word("contact", 61, channel="sms"),)}, False),
        ({"consents": (word("automated", 10, channel="sms"),)}, True),
        ({"consents": (word("automated", 10, channel="sms", granted=False),)}, False),
        ({"circumstances": (circumstance("number_check", 3, point=5, result="not_reassigned"),)},
         False),
        ({"circumstances": (circumstance("number_check", 3, point=5, result="not_reassigned"),),
          "consents": (word("contact", 400, channel="sms"),)}, True),
        ({"circumstances": (circumstance("number_check", 61, point=5, result="not_reassigned"),),
          "consents": (word("contact", 400, channel="sms"),)}, False),
        ({"circumstances": (circumstance("number_check", 3, point=5, result="no_data"),),
          "consents": (word("contact", 400, channel="sms"),)}, False),
        ({"circumstances": (circumstance("number_check", 3, point=6, result="not_reassigned"),),
          "consents": (word("contact", 400, channel="sms"),)}, False),
        ({"circumstances": (circumstance("address_provenance", 5, point=5, basis="consented"),)},
         True),
    ],
)  # fmt: skip
def test_texts_go_to_fresh_numbers(changes: Given, allowed: bool) -> None:
    """The consumer texted or agreed, and within sixty days something confirmed the number."""
    verdict = judged(SMS_1, facts(**changes), channel=SMS)
    assert bool(verdict.permit) is allowed
    assert codes(verdict) == (set() if allowed else {"SMS_RND_STALE"})
    assert judged(SMS_1, facts(**changes), channel=EMAIL).permit


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, False),
        ({"log": (inbound(500, medium="email"),)}, True),
        ({"consents": (word("contact", 500, channel="email"),)}, True),
        ({"circumstances": (circumstance("address_provenance", point=5, basis="consumer_used"),)},
         True),
        ({"circumstances": (circumstance("address_provenance", point=5, basis="prior_collector"),)},
         True),
        ({"circumstances": (circumstance("address_provenance", point=6, basis="consented"),)},
         False),
        ({"circumstances": (circumstance("address_provenance", 36, point=5,
                                         basis="creditor_notice", opt_out_days="35"),)}, True),
        ({"circumstances": (circumstance("address_provenance", 35, point=5,
                                         basis="creditor_notice", opt_out_days="35"),)}, False),
        ({"circumstances": (circumstance("address_provenance", 90, point=5,
                                         basis="creditor_notice", opt_out_days="34"),)}, False),
        ({"circumstances": (circumstance("address_provenance", 90, point=5,
                                         basis="creditor_notice"),)}, False),
    ],
)  # fmt: skip
def test_addresses_have_a_provenance(changes: Given, allowed: bool) -> None:
    """An address that nobody can account for is referred to a person."""
    verdict = judged(EADDR_1, facts(**changes), channel=EMAIL)
    assert verdict.decision is (Decision.ALLOW if allowed else Decision.REFER)
    assert codes(verdict) == (set() if allowed else {"EMAIL_NO_PROVENANCE"})
    assert judged(EADDR_1, facts(**changes), channel=SMS).permit


def test_address_rule_may_block_outright() -> None:
    """Without ``refers`` an unknown address is a no."""
    rule = EADDR_1.rules[0]
    params = {k: v for k, v in rule.params.items() if k != "refers"}
    strict = make_rulebook([replace(rule, params=params)], partial=True)
    assert judged(strict, channel=EMAIL).decision is Decision.DENY


def test_reassigned_numbers_are_left_alone() -> None:
    """The newest look-up decides, until the consumer is heard from the number again."""
    gone = circumstance("number_check", 3, point=5, result="reassigned")
    known = facts(circumstances=(gone,))
    for how in ({}, {"channel": SMS}, {"moment": Moment.LOAD}):
        assert codes(judged(TCPA_5, known, **how)) == {"RND_REASSIGNED"}
    fresh = circumstance("number_check", 1, point=5, result="not_reassigned")
    assert judged(TCPA_5, facts(circumstances=(gone, fresh))).permit
    assert judged(TCPA_5, facts(circumstances=(fresh,))).permit
    assert judged(TCPA_5, facts()).permit
    assert judged(TCPA_5, replace(known, log=(inbound(1),))).permit
    assert not judged(TCPA_5, replace(known, log=(inbound(4),))).permit
    assert judged(TCPA_5, replace(known, consents=(word("contact", 1, point=5),))).permit
    assert not judged(TCPA_5, replace(known, consents=(word("contact", 1),))).permit
