"""Wordings: what they must say, may not say, in which order, and no more than that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml
from tests.fakes.contacts import NOON, account, contact, facts
from tests.fakes.rules import Given, asked, circumstance, codes, judged, only

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import make_rulebook, read_rules
from goodterms.compliance.decide.rows import RulebookError
from goodterms.compliance.model import (
    Activation,
    CallProgress,
    Decision,
    Moment,
    ProposedPace,
    Wording,
)
from goodterms.kit.places import shipped

EOPT, VAL_3, LCM = only("REGF-EOPT-1"), only("REGF-VAL-3"), only("REGF-LCM-1")
TCPA_3, TSR = only("TCPA-3"), only("TSR-1")
ABANDONED = only("HOUSE-ABN-MSG*")


def published(rulebook: Any, kind: str, text: str, message: str = "", **changes: Any) -> set[str]:
    """Give the codes of what stands against publishing a wording."""
    wording = Wording("autumn-1", kind, text, message, **changes)
    return codes(
        asked(rulebook, Moment.PUBLISH, Activation("wording", "autumn-1", wording=wording))
    )


@pytest.mark.parametrize(
    ("kind", "text", "good"),
    [
        ("sms", "Acme here. Call us at 800 555 0199. Reply STOP to opt out.", True),
        ("sms", "Acme here. Call us at 800 555 0199. Text stop to end.", True),
        ("sms", "Acme: STOP to unsubscribe.", True),
        ("sms", "Acme: please call 800 555 0199.", False),
        ("sms", "Acme: reply STOP and your account number to opt out.", False),
        ("sms", "Acme: reply STOP to opt out, a $1 fee applies.", False),
        ("sms", "Acme: reply STOP to opt out, no fee.", True),
        ("sms", "Acme: you cannot opt out of this.", False),
        ("sms", "Responda ALTO para no recibir mensajes.", True),
        ("sms", "Odpisz STOP, aby nie dostawać wiadomości.", True),
        ("email", "Hello.\nTo stop these e-mails, click unsubscribe below.", True),
        ("email", "Hello.\nOpt out here: {opt_out_link}", True),
        ("email", "Hello. Log in to unsubscribe.", False),
        ("letter", "No way out.", True),
        ("script", "No way out.", True),
    ],
)
def test_electronic_messages_say_how_to_opt_out(kind: str, text: str, good: bool) -> None:
    """E-mails and texts name a simple way out that costs nothing and asks for nothing."""
    assert published(EOPT, kind, text) == (set() if good else {"NO_OPTOUT_TEXT"})


def test_marking_an_element_does_not_replace_the_words() -> None:
    """An author who marks the opt-out as there must still have written it."""
    wording = Wording("t", "sms", "Call us.", says=frozenset({"opt_out"}))
    answer = asked(EOPT, Moment.PUBLISH, Activation("wording", "t", wording=wording))
    assert codes(answer) == {"NO_OPTOUT_TEXT"}
    assert "marked" in answer.findings[0].words


def test_at_sending_the_opt_out_is_owed_or_seen() -> None:
    """Without its text a message carries the obligation; with it the text is read."""
    assert judged(EOPT, channel=Channel.SMS).obligations == ("OFFER_OPT_OUT",)
    assert judged(EOPT, channel=Channel.LETTER).obligations == ()
    assert judged(EOPT, channel=Channel.SMS, message="opt_out_confirmation").obligations == ()
    plain = Wording("t", "sms", "Call us.")
    assert codes(judged(EOPT, channel=Channel.SMS, wording=plain)) == {"NO_OPTOUT_TEXT"}
    good = replace(plain, text="Call us. Reply STOP to opt out.")
    allowed = judged(EOPT, channel=Channel.SMS, wording=good)
    assert allowed.permit
    assert allowed.obligations == ()
    assert not asked(EOPT, Moment.PUBLISH, Activation("campaign", "c")).findings
    empty = Activation("wording", "t", wording=Wording("t", "sms", " "))
    assert not asked(EOPT, Moment.PUBLISH, empty).findings


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("Pay within 10 days to settle this.", False),
        ("Within ten days send us your payment.", False),
        ("Please pay immediately.", False),
        ("You must pay this.", False),
        ("Immediate payment is required.", False),
        ("FINAL NOTICE", False),
        ("We may sue unless we hear from you.", False),
        ("If you do not call, legal action follows.", False),
        ("You can no longer dispute this.", False),
        ("You may dispute this until 14 October. You can pay online.", True),
        ("Call us within 30 days to dispute the debt.", True),
    ],
)
def test_nothing_overshadows_the_right_to_dispute(text: str, good: bool) -> None:
    """Demands and threats that crowd out the right to dispute are found, with the sentence."""
    assert published(VAL_3, "letter", text) == (set() if good else {"OVERSHADOW"})


def test_overshadowing_ends_with_the_validation_period() -> None:
    """Sent after the last debt's validation period the same words are another matter."""
    wording = Wording("t", "letter", "Dear you,\nplease pay\nimmediately.")
    letter: Given = {
        "channel": Channel.LETTER,
        "wording": replace(wording, text="Pay immediately."),
    }

    def noticed(sent: date, number: int = 11, **data: Any) -> Any:
        one = circumstance("notice", account=number, notice="validation", **data)
        return replace(one, on=sent)

    assert codes(judged(VAL_3, **letter)) == {"OVERSHADOW"}
    # Receipt is assumed five business days after sending, and thirty days follow.
    over, running = date(2026, 10, 16), date(2026, 10, 19)
    assert judged(VAL_3, facts(circumstances=(noticed(over),)), **letter).permit
    assert not judged(VAL_3, facts(circumstances=(noticed(running),)), **letter).permit
    back = noticed(over, undelivered=True)
    assert not judged(VAL_3, facts(circumstances=(back,)), **letter).permit
    two = facts(account(11), account(12), circumstances=(noticed(over),))
    assert not judged(VAL_3, two, account_ids=(11, 12), **letter).permit
    nowhere = facts(circumstances=(noticed(over),), zones=())
    assert not judged(VAL_3, nowhere, **letter).permit
    assert judged(VAL_3, channel=Channel.LETTER).permit
    across: Given = {**letter, "wording": replace(wording, text="Please pay\nimmediately.")}
    assert codes(judged(VAL_3, **across)) == {"OVERSHADOW"}


LIMITED = "Hello. This is a message from Acme Services. Please call Dana at 800-555-0199."


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (LIMITED, True),
        (LIMITED + " You may also speak with any of our representatives. Thank you.", True),
        (LIMITED + " Today is Monday, 7 September. We are open from 9 to 5.", True),
        ("This is Dana Reed calling from Acme. Please call me back on 800 555 0199.", True),
        (LIMITED + " This is about your account.", False),
        (LIMITED + " It is important.", False),
        (LIMITED + " The weather is fine.", False),
        ("This is Acme Debt Collectors. Please call Dana at 800-555-0199.", False),
        ("Hello. This is a message from Acme. Please call 800-555-0199.", False),
        ("Hello. This is a message from Acme. Please call us at 800-555-0199.", False),
        ("Hello. This is a message from Acme. Please call Dana.", False),
        ("Hello. My name is Dana. My number is 800-555-0199.", False),
        ("", False),
    ],
)
def test_limited_content_is_all_and_only(text: str, good: bool) -> None:
    """All that is required, nothing but that and what is listed, nothing that reveals a debt."""
    expected = set() if good else {"LCM_IMPURE"}
    assert published(LCM, "voicemail", text, "limited_content") == expected


def test_marked_elements_count_too() -> None:
    """Elements beyond the list make it impure, and only the text shows that all are there."""
    told = published(LCM, "voicemail", LIMITED, "limited_content", says=frozenset({"state_notice"}))
    assert told == {"LCM_IMPURE"}
    marked = frozenset({"business_name", "reply_request", "person", "number"})
    assert not published(LCM, "voicemail", "", "limited_content", says=marked)
    assert not published(LCM, "voicemail", "Pay your debt.", "")


def test_limited_content_cut_off_loses_its_status() -> None:
    """Left whole it is an obligation; cut off it is a breach."""
    wording = Wording("vm", "voicemail", LIMITED, "limited_content")
    whole = CallProgress(machine=True, wording=wording)
    assert asked(LCM, Moment.ANSWER, whole).obligations == ("LIMITED_CONTENT",)
    assert codes(asked(LCM, Moment.ANSWER, replace(whole, cut_off=True))) == {"LCM_IMPURE"}
    named = judged(LCM, message="limited_content")
    assert named.obligations == ("LIMITED_CONTENT",)
    assert judged(LCM).obligations == ()
    impure = replace(wording, text="Pay your debt.", message="")
    assert codes(judged(LCM, message="limited_content", wording=impure)) == {"LCM_IMPURE"}


RECORDED = "This is Acme Services. To opt out, press 9. Please call 800-555-0199."


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (RECORDED, True),
        ("To opt out press 9. This is Acme. Call 800-555-0199.", False),
        ("Call 800-555-0199. This is Acme. To opt out press 9.", False),
        (("This is Acme Services. We would like to speak with you about something that matters to"
         " both of us. To opt out, press 9. Call 800-555-0199."), False),
        ("This is Acme Services. Please call 800-555-0199.", False),
        ("To opt out, press 9.", False),
        ("This is Acme Services. To opt out, press 9.", False),
    ],
)  # fmt: skip
def test_recorded_messages_have_their_order(text: str, good: bool) -> None:
    """Who is calling comes first, the way to opt out within two seconds of it, and the number."""
    assert published(TCPA_3, "prerecorded", text) == (set() if good else {"PREREC_NO_OPTOUT"})
    assert not published(TCPA_3, "script", text)


def test_recorded_messages_on_machines_name_a_toll_free_number() -> None:
    """A machine cannot press a key: the number to opt out is toll-free."""
    free = "This is Acme Services. To opt out call 1-800-555-0199."
    dear = "This is Acme Services. To opt out call 303-555-0199."
    assert not published(TCPA_3, "prerecorded", free, "voicemail")
    assert published(TCPA_3, "prerecorded", dear, "voicemail") == {"PREREC_NO_OPTOUT"}
    playing = CallProgress(machine=True, wording=Wording("m", "prerecorded", dear))
    assert codes(asked(TCPA_3, Moment.ANSWER, playing)) == {"PREREC_NO_OPTOUT"}
    assert not asked(TCPA_3, Moment.ANSWER, CallProgress()).findings


@pytest.mark.parametrize(
    ("planned", "decision"),
    [
        (Activation("campaign", "c"), Decision.ALLOW),
        (Activation("campaign", "c", purpose="sales"), Decision.REFER),
        (Activation("w", "w", wording=Wording("w", "sms", "Settle and get a new card!")),
         Decision.REFER),
        (Activation("w", "w", wording=Wording("w", "sms", "Please call.")), Decision.ALLOW),
        (ProposedPace(7, 0, 10), Decision.ALLOW),
    ],
)  # fmt: skip
def test_sales_are_referred(planned: Any, decision: Decision) -> None:
    """A purpose or an offer that sells is looked at by a person first."""
    answer = asked(TSR, Moment.PUBLISH, planned)
    assert answer.decision is decision
    assert codes(answer) == ({"PURPOSE_SALES"} if decision is Decision.REFER else set())


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("Hello. This is Acme. Our number is 800-555-0199.", True),
        ("Hello. This is {organisation}. Call {number}.", True),
        ("Hello. Our number is 800-555-0199.", False),
        ("Hello. This is Acme.", False),
        ("This is Acme, debt collectors. Our number is 800-555-0199.", False),
    ],
)
def test_abandoned_people_are_told_who_called(text: str, good: bool) -> None:
    """The message for whom no agent is free names the caller and a number, and no debt."""
    told = published(ABANDONED, "prerecorded", text, "abandoned")
    assert told == (set() if good else {"ABANDON_MSG"})


def test_shipped_prompts_pass() -> None:
    """What the platform itself says to strangers meets every rule on wordings."""
    prompts = yaml.safe_load((shipped("asterisk") / "prompts.yaml").read_text("utf-8"))["prompts"]
    everything = only("REGF*", "TCPA*", "HOUSE*", "TSR*")
    abandoned = prompts["abandoned"]["say"]
    assert not published(everything, "script", abandoned, "abandoned")
    limited = prompts["limited-content"]["say"]
    assert not published(everything, "voicemail", limited, "limited_content")


def test_long_sentences_are_quoted_in_short() -> None:
    """A finding quotes enough of the sentence to find it."""
    text = "Pay within 10 days " + "and so on " * 20
    answer = asked(VAL_3, Moment.PUBLISH,
                   Activation("w", "w", wording=Wording("w", "letter", text)))  # fmt: skip
    words = answer.findings[0].words
    assert "Pay within 10 days" in words
    assert "…" in words


ROW = """
- id: X-1
  version: 1
  jurisdiction: US
  valid_from: 2020-01-01
  valid_to: null
  recorded_at: 2026-11-22T00:00:00Z
  moments: [PUBLISH]
  predicate: {predicate}
  params: {params}
  reason_code: LCM_IMPURE
  citation: "x"
  evidence: design
  signed_by: null
"""


@pytest.mark.parametrize(
    ("predicate", "params", "remedy"),
    [
        ("limited_content", "{message: m, required: [], optional: {a: [b]}, never: [c]}",
         "the name of each element"),
        ("limited_content", "{message: m, required: {a: ['(']}, optional: {a: [b]}, never: [c]}",
         "no regular expression"),
        ("spoken_order", ("{identity: [a], number: [b], opt_out: [c], toll_free: [d],"
         " machine_message: m, seconds: 2, words_per_second: '0'}"), "words a second"),
        ("must_say", "{kinds: [sms], element: e, what: w, patterns: [a], duty: NOTHING}",
         "some of"),
        ("abandonment_cap", "{max_percent: '100', formula: us}", "percent below 100"),
        ("abandonment_cap", "{max_percent: '3', formula: uk, zone: Mars}", "time zone"),
    ],
)  # fmt: skip
def test_unusable_rows_are_refused(predicate: str, params: str, remedy: str) -> None:
    """A row whose patterns, rates or zones cannot be used says what to write instead."""
    row = ROW.replace("{predicate}", predicate).replace("{params}", params)
    moments = "[PACE]" if predicate == "abandonment_cap" else "[PUBLISH]"
    with pytest.raises(RulebookError, match=remedy):
        make_rulebook(read_rules("x.yaml", row.replace("[PUBLISH]", moments)), partial=True)


def test_contact_under_way_is_read_by_its_wording() -> None:
    """In a call the wording that was permitted is read where none is being played."""
    wording = Wording("m", "prerecorded", "To opt out, press 9.")
    proposed = contact(wording=wording, voice="prerecorded")
    answer = asked(TCPA_3, Moment.ANSWER, CallProgress(), proposed=proposed, now=NOON)
    assert codes(answer) == {"PREREC_NO_OPTOUT"}
