"""Settings are read strictly, and filters are said in words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from goodterms.campaigns.decide import (
    check_lines,
    check_members,
    policy_of,
    publications,
    refuse_publication,
    summary,
)
from goodterms.campaigns.model import Members
from goodterms.compliance.model import Answer, CallerId, Decision, Finding, Moment
from goodterms.dialing.model import Mode, Retry
from goodterms.kit.errors import Refusal

LEAST: dict[str, Any] = {"trunk": "carrier", "caller_ids": ["+12025550100"]}


def test_what_is_left_out_is_usual() -> None:
    """Trunk and caller ID are enough: progressive, one line per agent, the law's hours."""
    policy = policy_of(3, LEAST, running=True)
    assert (policy.campaign_id, policy.running, policy.mode) == (3, True, Mode.PROGRESSIVE)
    assert policy.caller_ids == ("+12025550100",)


def test_every_setting_is_read() -> None:
    """Numbers exact, hours by weekday, retries by outcome."""
    policy = policy_of(
        3,
        {
            **LEAST,
            "mode": "ratio",
            "ratio": "2.5",
            "max_per_second": "0.5",
            "hours": {"0": ["09:00", "18:00"]},
            "retry": {"busy": {"after_seconds": 600, "at_most": 2}},
            "amd": True,
        },
        running=False,
    )
    assert (policy.ratio, policy.max_per_second) == (Decimal("2.5"), Decimal("0.5"))
    assert policy.hours == {"0": ("09:00", "18:00")}
    assert policy.retry == {"busy": Retry(600, 2)}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("colour", "red", "no setting"),
        ("mode", "psychic", "progressive, ratio or predictive"),
        ("trunk", "", "trunk"),
        ("caller_ids", [], "at least one"),
        ("caller_ids", "+12025550100", "at least one"),
        ("amd", "yes", "true or false"),
        ("abandon_prompt", "../x", "prompt's name"),
        ("ratio", "0.5", "from 1 to 10"),
        ("ratio", "much", "a number such as"),
        ("ratio", "NaN", "from 1 to 10"),
        ("max_concurrent", 0, "from 1 to"),
        ("max_concurrent", "many", "whole number"),
        ("max_concurrent", True, "whole number"),
        ("max_concurrent", 2.5, "whole number"),
        ("ring_seconds", 4, "from 5 to 120"),
        ("purpose", "fun", "collection, service, sales"),
        ("abandon_text", "x" * 1001, "up to 1000"),
        ("abandon_text", 5, "what the prompt says"),
        ("hours", "always", "weekday"),
        ("hours", {"7": ["09:00", "18:00"]}, "0 (Monday) to 6"),
        ("hours", {"0": "09:00-18:00"}, "two times"),
        ("hours", {"0": ["9", "18:00"]}, "09:00"),
        ("hours", {"0": ["18:00", "09:00"]}, "not before"),
        ("retry", [], "outcome"),
        ("retry", {"bored": {}}, "known are"),
        ("retry", {"busy": {"after": 5}}, "after_seconds and at_most"),
        ("retry", {"busy": {"after_seconds": -1, "at_most": 1}}, "from 0"),
    ],
)
def test_wrong_settings_are_named_with_the_remedy(field: str, value: object, words: str) -> None:
    """The refusal names the field and says what is possible."""
    with pytest.raises(Refusal) as refused:
        policy_of(3, {**LEAST, field: value}, running=False)
    assert refused.value.field == field
    assert words in refused.value.message


def test_trunk_and_caller_ids_must_be_ours() -> None:
    """Unknown trunk, unknown number, number of another trunk: each is told apart."""
    policy = policy_of(3, LEAST, running=False)
    check_lines(policy, {"carrier"}, {"+12025550100": "carrier"})
    for trunks, callers, words in (
        ({"other"}, {"+12025550100": "carrier"}, "known are other"),
        (set[str](), {"+12025550100": "carrier"}, "none yet"),
        ({"carrier"}, {}, "not a registered"),
        ({"carrier"}, {"+12025550100": "other"}, "belongs to trunk"),
    ):
        with pytest.raises(Refusal, match=words):
            check_lines(policy, trunks, callers)


def test_bounds_must_be_in_order() -> None:
    """A lowest above the highest reaches nobody and is refused."""
    check_members(Members(min_balance_minor=100, max_balance_minor=100))
    with pytest.raises(Refusal, match="lowest balance"):
        check_members(Members(min_balance_minor=2, max_balance_minor=1))
    with pytest.raises(Refusal, match="lowest age"):
        check_members(Members(min_days_past_due=2, max_days_past_due=1))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (Members(), "All open debts"),
        (Members(creditor_ids=(1, 2)), "Open debts owed to Hill Hospital or creditor 2"),
        (Members(regions=("CO", "TX")), "Open debts living in CO, TX"),
        (Members(placement_ids=(4,)), "Open debts of placement 4"),
        (Members(min_balance_minor=10000), "Open debts owing at least 100.00 USD"),
        (Members(max_days_past_due=90), "Open debts past due at most 90 days"),
        (
            Members(min_days_past_due=30, max_days_past_due=90),
            "Open debts past due 30 days to 90 days",
        ),
    ],
)
def test_a_filter_is_said_in_words(members: Members, words: str) -> None:
    """One line that a manager can read."""
    assert summary(members, {1: "Hill Hospital"}) == words


def test_start_publishes_the_campaign_and_its_prompt() -> None:
    """What is asked about is the campaign, and the words told to who finds no agent."""
    policy = policy_of(1, LEAST, running=False)
    ours = [
        CallerId(number, "Main", "contract", "carrier", "A", active=True, pool=pool, presence=here)
        for number, pool, here in ((policy.caller_ids[0], "main", False), ("+1999", "far", True))
    ]
    campaign, wording = publications(
        "Autumn", LEAST, policy, {"abandoned": "This is {name}."}, ours
    )
    assert (campaign.strategy, campaign.sticky_days) == ("sticky", 30)
    assert (campaign.pools, campaign.presence) == (("main",), False)
    assert (campaign.kind, campaign.ring_seconds, campaign.caller_ids) == (
        "campaign", policy.ring_seconds, policy.caller_ids,
    )  # fmt: skip
    assert wording.wording
    assert wording.wording.text == "This is {name}."
    own = publications("Autumn", {**LEAST, "abandon_text": "Ours."}, policy, {}, ours)[1]
    assert own.wording
    assert own.wording.text == "Ours."


def answer(decision: Decision, *findings: Finding) -> Answer:
    """Give what the rules said about a publication."""
    return Answer(Moment.PUBLISH, decision, "", findings, "", datetime(2026, 11, 25, tzinfo=UTC))


def test_every_reason_is_told_once() -> None:
    """A refusal names each rule that speaks against it, wherever it was asked."""
    fine = Finding("R-1", 1, True, "ALLOWED", "It rings.")
    short = Finding("R-2", 1, False, "RING_SHORT", "It rings for 9 seconds.")
    other = Finding("R-3", 1, False, "LICENCE_MISSING", "No licence.")
    refuse_publication("Autumn", [answer(Decision.ALLOW, fine)])
    with pytest.raises(Refusal) as refused:
        refuse_publication(
            "Autumn", [answer(Decision.DENY, fine, short), answer(Decision.DENY, short, other)]
        )
    assert refused.value.field == "ring_seconds"
    assert refused.value.message.count("It rings for 9 seconds.") == 1
    assert "R-3" in refused.value.message
    with pytest.raises(Refusal) as licence:
        refuse_publication("Autumn", [answer(Decision.DENY, other)])
    assert licence.value.field is None
