"""What closed contacts leave on record, and what the rulebook makes due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.fakes.contacts import NOON, US, account, facts
from tests.unit.test_regf import ago, knowing, said

from goodterms.compliance.decide import make_rulebook
from goodterms.compliance.decide.posting import posted
from goodterms.compliance.decide.tasks import tasks
from goodterms.compliance.model import ContactClosed, Due, Facts, Posted, Reach, TaskKind

CLOSED = ContactClosed(
    "att_1", 1, (11, 12), 5, "call", "out", Reach.CONVERSATION, "consumer", "", NOON, NOON
)


def kinds(closed: ContactClosed) -> list[tuple[str, int | None]]:
    """Give what follows from a contact, each kind with its account."""
    return [(one.kind, one.account_id) for one in posted(closed)]


def test_conversation_begins_everything_for_each_debt() -> None:
    """A conversation about two debts is the first contact, communication and talk of both."""
    assert kinds(CLOSED) == [
        ("first_contact", None),
        ("initial_communication", 11),
        ("first_conversation", 11),
        ("initial_communication", 12),
        ("first_conversation", 12),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"reach": Reach.RANG},
        {"reach": Reach.PERSON},
        {"reach": Reach.MESSAGE, "message": "limited_content"},
        {"reach": Reach.CONVERSATION, "recipient": "attorney"},
        {"reach": Reach.MACHINE, "recipient": "third_party"},
        {"reach": Reach.PERSON, "recipient": "third_party", "contact_point_id": None},
    ],
)
def test_what_says_nothing_of_the_debt_begins_nothing(changes: dict[str, Any]) -> None:
    """Ringing, a limited-content message, the attorney: no communication about the debt."""
    assert posted(replace(CLOSED, **changes)) == ()


def test_message_begins_without_a_conversation() -> None:
    """A text about the debt is a communication, and no conversation."""
    sent = replace(CLOSED, account_ids=(11,), medium="sms", reach=Reach.MESSAGE)
    assert kinds(sent) == [("first_contact", None), ("initial_communication", 11)]


@pytest.mark.parametrize(
    ("message", "follows"),
    [
        (
            "validation_notice",
            Posted("notice", 11, None, {"medium": "email", "notice": "validation"}),
        ),
        ("CEASE_EXC_2", Posted("notice", 11, None, {"medium": "email", "notice": "cease_exc_2"})),
        ("verification", Posted("verification", 11, None, {"medium": "email"})),
        ("original_creditor", Posted("verification", 11, None, {"medium": "email"})),
    ],
)  # fmt: skip
def test_notice_that_was_sent_is_on_record(message: str, follows: Posted) -> None:
    """What a message was is recorded, so that rules remember it after the log forgets."""
    sent = replace(CLOSED, account_ids=(11,), medium="email", reach=Reach.MESSAGE, message=message)
    assert posted(sent)[-1] == follows


def test_third_party_that_answered_was_asked() -> None:
    """Who answered is on record as asked, by the number and not by the debt."""
    asked = replace(CLOSED, reach=Reach.PERSON, recipient="third_party")
    assert posted(asked) == (Posted("third_party_asked", None, 5, {"medium": "call"}),)


def due(known: Facts, **changes: Any) -> dict[TaskKind, Due]:
    """Give what is due by its kind."""
    return {one.kind: one for one in tasks(known, changes.pop("rules", US), NOON, **changes)}


def test_validation_notice_is_due_in_five_days() -> None:
    """B3: first contact on 14 Oct 2026 makes the notice due on 19 Oct, until it is sent."""
    began = said("initial_communication", date(2026, 10, 14))
    task = due(knowing(began))[TaskKind.VALIDATION_NOTICE]
    assert (task.on, task.rule_id, task.account_id) == (date(2026, 10, 19), "REGF-VAL-1", 11)
    sent = said("notice", date(2026, 10, 19), notice="validation")
    assert TaskKind.VALIDATION_NOTICE not in due(knowing(began, sent))
    closed = knowing(began, accounts=(account(status="paid"),))
    assert TaskKind.VALIDATION_NOTICE not in due(closed)
    ours = knowing(began, accounts=(account(role="creditor"),))
    assert TaskKind.VALIDATION_NOTICE not in due(ours)


def test_written_dispute_wants_an_answer() -> None:
    """An open dispute is due from its day on, until verification is sent."""
    dispute = said("dispute", ago(5), written=True)
    assert due(knowing(dispute))[TaskKind.DISPUTE_ANSWER].on == ago(5)
    assert TaskKind.DISPUTE_ANSWER not in due(knowing(said("dispute", ago(5), written=False)))
    assert TaskKind.DISPUTE_ANSWER not in due(knowing(dispute, said("verification", ago(1))))


def test_agency_dispute_is_due_in_30_or_45_days() -> None:
    """The day to answer an agency is the earliest of its disputes."""
    one = said("bureau_dispute", date(2026, 11, 2))
    other = said("bureau_dispute", date(2026, 10, 20), more_came=True)
    assert due(knowing(one, other))[TaskKind.BUREAU_ANSWER].on == date(2026, 12, 2)
    assert due(knowing(other))[TaskKind.BUREAU_ANSWER].on == date(2026, 12, 4)


def test_report_is_possible_after_the_wait() -> None:
    """Who records delinquencies is told from when on a debt may be reported, until it was."""
    delinquent, sent = (
        said("first_delinquency", ago(200)),
        said("notice", ago(3), notice="validation"),
    )
    assert due(knowing(delinquent, sent))[TaskKind.REPORT].on == ago(3) + timedelta(days=14)
    assert TaskKind.REPORT not in due(knowing(sent))
    assert TaskKind.REPORT not in due(knowing(delinquent))
    assert TaskKind.REPORT not in due(knowing(delinquent, sent, said("reported", ago(1))))


def test_erasure_waits_for_the_longest_duty() -> None:
    """Records of an ended account may be erased after three years, and no day before."""
    ended = facts(account(status="closed"))
    old = {11: date(2023, 11, 23)}
    task = due(ended, last_activity=old)[TaskKind.ERASE]
    assert task.on == date(2026, 11, 24)
    assert "until 2026-11-23" in task.words
    assert not due(ended, last_activity={11: date(2023, 11, 24)})
    assert not due(facts(), last_activity=old)
    without = make_rulebook([r for r in US.rules if r.predicate != "keep"])
    assert not due(ended, last_activity=old, rules=without)


def test_nothing_is_due_where_nothing_is_known() -> None:
    """Without facts nothing is due, and an unknown place changes nothing."""
    assert due(facts()) == {}
    assert due(facts(zones=())) == {}
