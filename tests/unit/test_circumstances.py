"""What may be recorded about contact: the closed registry with its checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from goodterms.accounts.decide.circumstances import (
    check_about,
    check_data,
    check_date,
    kind_named,
    located,
    same_as,
    stop_of,
    superseded,
)
from goodterms.accounts.model import CIRCUMSTANCES, RecordedCircumstance
from goodterms.kit.errors import Refusal

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
RECORD = RecordedCircumstance(
    id=1, consumer_id=1, account_id=None, contact_point_id=7, kind="number_check",
    held_on=NOW.date(), held_at=NOW, data={"result": "no_data"}, source="vendor",
    release_rule="a newer check is recorded", actor="key:1", recorded_at=NOW,
)  # fmt: skip
SAMPLES = {
    "text": "Smith & Jones",
    "date": "2026-11-03",
    "time": "12:00",
    "day_list": [0, 4],
    "flag": True,
    "amount": 35,
    "zones": ["America/New_York"],
}


def _sample(sort: str) -> Any:
    return SAMPLES.get(sort, sort.split("|", maxsplit=1)[0])


@pytest.mark.parametrize("kind", CIRCUMSTANCES)
def test_every_kind_takes_all_its_fields(kind: str) -> None:
    """Each field of the registry has a sort that is read, and is stored as it is understood."""
    data = {name: _sample(sort) for name, sort in CIRCUMSTANCES[kind].fields.items()}
    assert check_data(kind, data) == data
    assert kind_named(kind).release_rule


@pytest.mark.parametrize(
    ("kind", "data", "stored"),
    [
        ("inconvenient_time", {"weekdays": ["Mon", "friday"], "from": "9:00"},
         {"weekdays": [0, 4], "from": "09:00"}),
        ("dispute", {"written": "no", "amount": "120.50"}, {"written": False, "amount": "120.50"}),
        ("dispute", {"written": "yes", "amount": ""}, {"written": True}),
        ("address_provenance", {"basis": "creditor_notice", "opt_out_days": "35"},
         {"basis": "creditor_notice", "opt_out_days": 35}),
        ("notice", {"notice": "validation", "opt_out_until": date(2026, 11, 3)},
         {"notice": "validation", "opt_out_until": "2026-11-03"}),
        ("stated_location", {"place": " US-MA ", "zones": "America/New_York, America/Chicago"},
         {"place": "US-MA", "zones": ["America/Chicago", "America/New_York"]}),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(
    kind: str, data: dict[str, Any], stored: dict[str, Any]
) -> None:
    """Names of days, plain times, words for yes and no: one form is stored; empty is left out."""
    assert check_data(kind, data) == stored


@pytest.mark.parametrize(
    ("kind", "data", "field", "words"),
    [
        ("dispute", {"writen": True}, "writen", "did you mean written"),
        ("verification", {"colour": "red"}, "colour", "it holds medium"),
        ("dispute", {}, "written", "needs written"),
        ("dispute", {"written": "perhaps"}, "written", "yes or no"),
        ("dispute", {"written": True, "amount": -1}, "amount", "zero or more"),
        ("dispute", {"written": True, "amount": "x"}, "amount", "write a number"),
        ("dispute", {"written": True, "amount": 1.5}, "amount", "zero or more"),
        ("dispute", {"written": True, "about": "taste"}, "about", "choose one of debt"),
        ("only_time", {"from": "25:00"}, "from", "time of day"),
        ("only_time", {"weekdays": ["someday"]}, "weekdays", "0 (Monday)"),
        ("only_time", {"channel": "sms"}, "from", "which weekdays"),
        ("notice", {"notice": "validation", "opt_out_until": "soon"}, "opt_out_until", "a date"),
        ("stated_location", {"place": "US-MA", "zones": ["Mars/Base"]}, "zones", "no time zone"),
        ("vulnerability", {"sort": "x" * 501}, "sort", "500 characters"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    kind: str, data: dict[str, Any], field: str, words: str
) -> None:
    """A refusal names the field and says what to write instead."""
    with pytest.raises(Refusal) as refused:
        check_data(kind, data)
    assert refused.value.field == field
    assert words in refused.value.message


def test_an_unknown_kind_is_refused_with_the_nearest() -> None:
    """The registry is closed; a typing error is answered with what was probably meant."""
    with pytest.raises(Refusal, match="did you mean attorney"):
        kind_named("atorney")
    with pytest.raises(Refusal, match="choose one of inconvenient_time"):
        kind_named("xyz")


@pytest.mark.parametrize(
    ("kind", "account", "point", "field"),
    [
        ("dispute", None, None, "account_id"),
        ("number_check", None, None, "contact_point_id"),
        ("only_channel", 1, None, "account_id"),
        ("attorney", None, 1, "contact_point_id"),
        ("referral_approved", 1, 1, "contact_point_id"),
    ],
)
def test_a_fact_is_about_what_it_can_be_about(
    kind: str, account: int | None, point: int | None, field: str
) -> None:
    """An account or number that is missing or one too many is refused by its field."""
    with pytest.raises(Refusal) as refused:
        check_about(kind, account, point)
    assert refused.value.field == field


def test_what_may_be_about_several_is_taken_either_way() -> None:
    """An attorney may act for the person or on one debt."""
    check_about("attorney", None, None)
    check_about("attorney", 1, None)


def test_a_date_that_has_not_come_is_refused() -> None:
    """What happened has a date that has come somewhere; only a limitation's end may lie ahead."""
    check_date("dispute", date(2026, 11, 26), NOW)
    check_date("time_barred_on", date(2029, 1, 1), NOW)
    with pytest.raises(Refusal, match="has not come yet"):
        check_date("dispute", date(2026, 11, 27), NOW)


def test_only_what_may_forbid_contact_stops_it() -> None:
    """A written dispute stops planned contact, an oral one and a plain notice do not."""
    assert stop_of("dispute", {"written": True})
    assert stop_of("dispute", {"written": False}) is None
    assert stop_of("notice", {"notice": "validation"}) is None
    assert stop_of("number_check", {"result": "reassigned"})
    assert stop_of("number_check", {"result": "not_reassigned"}) is None
    assert stop_of("inconvenient_time", {"from": "12:00"})


def test_the_newest_check_counts_and_a_late_one_is_history() -> None:
    """A newer check ends the older; a stale list that comes in late ends nothing."""
    newer = replace(RECORD, id=2, held_at=NOW + timedelta(days=1))
    assert superseded(newer, [RECORD]) == ((RECORD,), "a newer one was recorded", False)
    assert superseded(RECORD, [newer]) == ((), "a newer one was on record", True)


def test_of_firsts_the_earliest_counts() -> None:
    """A later first contact changes nothing; an earlier one takes its place."""
    first = replace(RECORD, kind="first_contact", contact_point_id=None, data={})
    later = replace(first, id=2, held_on=date(2026, 11, 26), held_at=NOW + timedelta(days=1))
    assert same_as(later, [first]) is first
    assert same_as(first, [later]) is None
    assert superseded(first, [later]) == ((later,), "an earlier one was recorded", False)


def test_wishes_stand_beside_each_other_and_are_not_doubled() -> None:
    """Two inconvenient times are both kept; the same one on the same day is there already."""
    noon = replace(RECORD, kind="inconvenient_time", contact_point_id=None, data={"from": "12:00"})
    night = replace(noon, id=2, data={"from": "20:00"})
    assert superseded(night, [noon]) == ((), "", False)
    assert same_as(night, [noon]) is None
    assert same_as(replace(noon, id=3), [noon]) is noon


def test_a_stated_place_has_its_zones() -> None:
    """The zones follow from the place where they can; where they do not they must be given."""
    assert located("stated_location", {"place": "US-MA"})["zones"] == ["America/New_York"]
    assert located("stated_location", {"place": "us-nyc"})["zones"] == ["America/New_York"]
    assert located("stated_location", {"place": "UK"})["zones"] == ["Europe/London"]
    assert len(located("stated_location", {"place": "US-TN"})["zones"]) > 1
    given = {"place": "CA", "zones": ["America/Toronto"]}
    assert located("stated_location", given) == given
    assert located("vulnerability", {}) == {}
    with pytest.raises(Refusal) as refused:
        located("stated_location", {"place": "CA"})
    assert refused.value.field == "zones"
