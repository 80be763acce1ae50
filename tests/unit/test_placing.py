"""Places, forms and disclosures: where the consumer is reached, and what must be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.fakes.contacts import NOON, POINT, account, contact, facts, logged
from tests.fakes.rules import Given, Many, asked, circumstance, codes, judged, only, word

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import make_rulebook
from goodterms.compliance.model import CallProgress, Facts, Moment, Obligation, Reach

WORK = replace(POINT, place="work")
LETTER, EMAIL, SMS = Channel.LETTER, Channel.EMAIL, Channel.SMS
PLACES = only("REGF-PLACE-1*")


@pytest.mark.parametrize(
    ("changes", "how", "expected"),
    [
        ({"point": WORK}, {}, set()),
        ({"point": WORK, "circumstances": (circumstance("employer_prohibits"),)}, {},
         {"WORK_PROHIBITED"}),
        ({"point": WORK, "circumstances": (circumstance("employer_prohibits", 90, oral=True),)},
         {}, {"WORK_PROHIBITED"}),
        ({"point": WORK, "circumstances": (circumstance("employer_prohibits", point=5),)}, {},
         {"WORK_PROHIBITED"}),
        ({"point": WORK, "circumstances": (circumstance("employer_prohibits", point=6),)}, {},
         set()),
        ({"circumstances": (circumstance("employer_prohibits"),)}, {}, set()),
        ({"point": WORK, "circumstances": (circumstance("employer_prohibits"),),
          "consents": (word("work"),)}, {}, set()),
        ({"point": WORK, "circumstances": (circumstance("employer_prohibits"),),
          "consents": (word("work", direct=False),)}, {}, {"WORK_PROHIBITED"}),
        ({"point": WORK}, {"channel": EMAIL}, {"WORK_EMAIL"}),
        ({"point": WORK}, {"channel": SMS}, set()),
        ({"point": WORK, "consents": (word("work", channel="email"),)}, {"channel": EMAIL}, set()),
        ({"point": WORK, "consents": (word("work", channel="email", granted=False),)},
         {"channel": EMAIL}, {"WORK_EMAIL"}),
        ({"point": WORK, "circumstances": (
            circumstance("address_provenance", point=5, basis="consumer_used"),)},
         {"channel": EMAIL}, set()),
        ({"point": WORK, "circumstances": (
            circumstance("address_provenance", point=5, basis="prior_collector"),)},
         {"channel": EMAIL}, {"WORK_EMAIL"}),
        ({"point": WORK, "log": (logged(NOON, medium="email", direction="in",
                                        number=contact().number),)}, {"channel": EMAIL}, set()),
        ({}, {"channel": LETTER, "text_form": "postcard"}, {"POSTCARD"}),
        ({}, {"channel": Channel.SOCIAL, "text_form": "public"}, {"SOCIAL_PUBLIC"}),
        ({}, {"channel": Channel.SOCIAL, "text_form": "private"}, set()),
        ({}, {"channel": LETTER}, set()),
    ],
)  # fmt: skip
def test_place_and_form(changes: Given, how: Given, expected: set[str]) -> None:
    """Work numbers, work addresses, postcards and public posts are closed as the law says."""
    assert codes(judged(PLACES, facts(**changes), **how)) == expected


def test_oral_word_about_work_may_wear_off() -> None:
    """Where the row says so an oral request binds for its days, a written one for good."""
    rule = next(r for r in PLACES.rules if r.predicate == "work_allowed")
    ten = make_rulebook([replace(rule, params={**rule.params, "oral_days": 10})], partial=True)

    def at_work(days: float, **data: Any) -> Facts:
        return facts(point=WORK, circumstances=(circumstance("employer_prohibits", days, **data),))

    assert codes(judged(ten, at_work(9, oral=True))) == {"WORK_PROHIBITED"}
    assert not codes(judged(ten, at_work(10, oral=True)))
    assert codes(judged(ten, at_work(10))) == {"WORK_PROHIBITED"}
    assert codes(judged(ten, replace(at_work(10, oral=True), zones=()))) == {"WORK_PROHIBITED"}


@pytest.mark.parametrize(
    ("wishes", "place", "allowed"),
    [
        ((), "home", True),
        ((circumstance("inconvenient_place", place="home"),), "home", False),
        ((circumstance("inconvenient_place", place="home"),), "mobile", True),
        ((circumstance("only_place", place="mobile"),), "mobile", True),
        ((circumstance("only_place", place="mobile"),), "work", False),
        ((circumstance("only_place", place="mobile"), circumstance("only_place", place="home")),
         "home", True),
        ((circumstance("only_place", place="mobile"),
          circumstance("inconvenient_place", place="mobile")), "mobile", False),
        ((circumstance("opted_out", channel="sms"),), "other", True),
    ],
)  # fmt: skip
def test_place_preferences_are_kept(wishes: Many, place: str, allowed: bool) -> None:
    """A place called inconvenient is closed; naming the only convenient ones closes the others."""
    known = facts(point=replace(POINT, place=place), circumstances=wishes)
    verdict = judged(only("HOUSE-PLACE-WISH"), known)
    assert codes(verdict) == (set() if allowed else {"PLACE_PREF"})


@pytest.mark.parametrize(
    ("wishes", "how", "allowed"),
    [
        ((), {}, True),
        ((circumstance("only_channel", channel="sms"),), {}, False),
        ((circumstance("only_channel", channel="sms"),), {"channel": SMS}, True),
        ((circumstance("only_channel", channel="sms"),
          circumstance("only_channel", channel="call")), {}, True),
        ((circumstance("only_channel", channel="sms"),),
         {"channel": LETTER, "message": "validation_notice"}, True),
        ((circumstance("only_channel", channel="sms"),),
         {"channel": EMAIL, "message": "validation_notice"}, False),
        ((circumstance("only_channel", channel="sms"),), {"channel": LETTER}, False),
        ((circumstance("opted_out", channel="sms"),), {}, True),
    ],
)  # fmt: skip
def test_channel_preferences_are_kept(wishes: Many, how: Given, allowed: bool) -> None:
    """Only the ways of contact the consumer chose, but for letters that the law obliges us to."""
    verdict = judged(only("HOUSE-CHANNEL-WISH"), facts(circumstances=wishes), **how)
    assert codes(verdict) == (set() if allowed else {"CHANNEL_PREF"})


ID_1 = only("REGF-ID-1")
BEGAN = circumstance("initial_communication", account=11, medium="call")
WRITTEN = circumstance("initial_communication", account=11, medium="letter")
NOTICE = circumstance("notice", account=11, notice="validation")


@pytest.mark.parametrize(
    ("changes", "duty"),
    [
        ({}, "DISCLOSE_INITIAL"),
        ({"circumstances": (BEGAN,)}, "DISCLOSE_COLLECTOR"),
        ({"circumstances": (BEGAN,), "accounts": (account(11), account(12))}, "DISCLOSE_INITIAL"),
        ({"log": (logged(NOON - timedelta(days=2), reach=Reach.CONVERSATION),)},
         "DISCLOSE_COLLECTOR"),
        ({"log": (logged(NOON - timedelta(days=2), reach=Reach.PERSON),)}, "DISCLOSE_INITIAL"),
    ],
)  # fmt: skip
def test_calls_disclose(changes: Given, duty: str) -> None:
    """In a call: all of it the first time, who it is from afterwards; always who is calling."""
    known = replace(facts(), **changes)
    proposed = contact(*[a.account_id for a in known.accounts])
    answer = asked(ID_1, Moment.INCALL, CallProgress(agent=True), known, proposed=proposed)
    assert answer.obligations == ("IDENTIFY", "SPEAK_LANGUAGE", duty)


@pytest.mark.parametrize(
    ("changes", "duty"),
    [
        ({}, "DISCLOSE_INITIAL"),
        ({"circumstances": (BEGAN,)}, "DISCLOSE_INITIAL"),
        ({"circumstances": (BEGAN, NOTICE)}, "DISCLOSE_COLLECTOR"),
        ({"circumstances": (WRITTEN,)}, "DISCLOSE_COLLECTOR"),
        ({"circumstances": (BEGAN,), "log": (
            logged(NOON - timedelta(days=1), medium="email", reach=Reach.MESSAGE),)},
         "DISCLOSE_COLLECTOR"),
    ],
)  # fmt: skip
def test_first_written_communication_discloses_again(changes: Given, duty: str) -> None:
    """If the first communication was oral, the first written one says all of it again."""
    verdict = judged(ID_1, replace(facts(), **changes), channel=EMAIL)
    assert verdict.obligations == ("IDENTIFY", "SPEAK_LANGUAGE", duty)


def test_nothing_is_disclosed_to_strangers_or_in_limited_content() -> None:
    """A third party and a limited-content message hear nothing of a debt."""
    stranger = facts(point=replace(POINT, relation="third_party"))
    call = CallProgress(agent=True)
    assert not asked(ID_1, Moment.INCALL, call, stranger, proposed=contact()).obligations
    assert not asked(ID_1, Moment.INCALL, call).obligations
    assert not judged(ID_1, channel=SMS, message="limited_content").obligations


def test_a_row_may_ask_for_less() -> None:
    """A row that names its duties asks for those only."""
    rule = replace(ID_1.rules[0], params={"duties": ["IDENTIFY"]})
    book = make_rulebook([rule], partial=True)
    assert judged(book, channel=SMS).obligations == (Obligation.IDENTIFY,)
