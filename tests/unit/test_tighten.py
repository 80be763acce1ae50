"""Overlays: what makes the law stricter is taken, what would loosen it is refused with a remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fakes.contacts import US, facts, judge

from goodterms.compliance.decide import RulebookError
from goodterms.compliance.decide.predicates import PREDICATES
from goodterms.compliance.decide.tighten import _WAYS, read_overlay, with_overlay
from goodterms.compliance.model import Decision

ROW = """\
- id: OWN-1
  version: 1
  title: "Ours"
  jurisdiction: US
  valid_from: 2026-01-01
  valid_to: null
  recorded_at: 2026-11-22T00:00:00Z
  moments: [PREDIAL]
  predicate: {predicate}
  params: {params}
  reason_code: {code}
  citation: "house policy"
  evidence: design
  tightens: {tightens}
  signed_by: null
"""
SEVEN = (
    "{unit: [collector, person, debt], window_days: 7, max: 7, media: [call],"
    " consent_excludes: true}"
)
HOURS = '{from: "08:00", until: "21:00", consumer_may_widen: true}'


def _row(tightens: str, predicate: str, params: str, code: str) -> str:
    text = ROW.replace("{predicate}", predicate).replace("{params}", params)
    return text.replace("{code}", code).replace("{tightens}", tightens)


def _seven(params: str) -> str:
    return _row("REGF-FREQ-1", "rolling_count", params, "REGF_7IN7")


def _hours(params: str) -> str:
    return _row("REGF-TIME-1", "local_hours", params, "TIME_OUTSIDE")


@pytest.mark.parametrize(
    "text",
    [
        _seven(SEVEN),
        _seven(SEVEN.replace("max: 7", "max: 3")),
        _seven(SEVEN.replace("window_days: 7", "window_days: 10")),
        _seven(SEVEN.replace("[call]", "[call, sms]")),
        _seven(SEVEN.replace("consent_excludes: true", "consent_excludes: false")),
        _seven(SEVEN.replace(", consent_excludes: true", "")),
        _hours(HOURS.replace("08:00", "09:00")),
        _hours(HOURS.replace("21:00", "19:00").replace(", consumer_may_widen: true", "")),
        _hours('{days: {mon-fri: ["09:00", "20:00"], sat: ["10:00", "14:00"], sun: null}}'),
        _hours('{days: {mon-sun: ["08:00", "21:00"], holiday: null}, calendar: US}'),
        _row("HOUSE-GAP", "minimum_gap", "{unit: [collector, person], minutes: 600, media: [call]}",
             "MIN_GAP"),
    ],
)  # fmt: skip
def test_stricter_row_is_taken(text: str) -> None:
    """A lower cap, a longer window or gap, narrower hours, fewer exceptions: all are taken."""
    [rule] = read_overlay("own.yaml", text, US)
    assert rule.id == "OWN-1"
    assert rule in with_overlay(US, (rule,)).rules


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (_seven(SEVEN.replace("max: 7", "max: 8")), 10,
         "loosens REGF-FREQ-1: max is 8, where the law says 7: write at most 7 for max"),
        (_seven(SEVEN.replace("window_days: 7", "window_days: 6")), 10, "write at least 7"),
        (_seven(SEVEN.replace("[call]", "[sms]")), 10, "name at least ['call'] for media"),
        (_seven(SEVEN.replace("}", ", places: [home]}")), 10, "leave places out"),
        (_seven(SEVEN.replace("[collector, person, debt]", "[collector, person]")), 10,
         "for unit"),
        (_hours(HOURS.replace("08:00", "07:59")), 10, "stay within 08:00 to 21:00"),
        (_hours(HOURS.replace("21:00", "21:01")), 10, "its window is open when the law's is"),
        (_hours('{days: {mon-sat: ["08:00", "21:00"], sun: ["08:00", "22:00"]}}'), 10,
         "stay within"),
        (_hours(HOURS.replace("true", "true, unless_consent: hours")), 10,
         "leave unless_consent out"),
        (_row("HOUSE-GAP", "minimum_gap",
              "{unit: [collector, person], minutes: 239, media: [call]}", "MIN_GAP"), 10,
         "write at least 240 for minutes"),
        (_seven(SEVEN).replace("OWN-1", "REGF-FREQ-1"), 1, "give it one of its own"),
        (_seven(SEVEN).replace("tightens: REGF-FREQ-1", "tightens: REGF-FREQ-9"), 14,
         "no rule of law"),
        (_seven(SEVEN).replace("tightens: REGF-FREQ-1", "tightens: REGF-TIME-1"), 9,
         "write local_hours"),
        (_seven(SEVEN).replace("  tightens", "  enabled: false\n  tightens"), 14,
         "leave the row out"),
    ],
)  # fmt: skip
def test_looser_row_is_refused(text: str, line: int, says: str) -> None:
    """Whatever is looser than the law is refused with row, parameter and remedy."""
    with pytest.raises(RulebookError) as caught:
        read_overlay("own.yaml", text, US)
    assert f"own.yaml, line {line}: " in str(caught.value)
    assert says in str(caught.value)


def test_holidays_of_the_law_stay_closed() -> None:
    """Where the law closes on holidays, an overlay without that calendar is looser."""
    law = _hours('{days: {mon-sun: ["08:00", "21:00"], holiday: null}, calendar: US}')
    [closed] = read_overlay("own.yaml", law, US)
    strict = with_overlay(US, (replace(closed, tightens=None),))
    with pytest.raises(RulebookError, match="loosens OWN-1"):
        read_overlay("b.yaml", _tightening("OWN-1", '{from: "09:00", until: "20:00"}'), strict)
    same = '{days: {mon-sun: ["09:00", "20:00"], holiday: null}, calendar: US}'
    assert read_overlay("b.yaml", _tightening("OWN-1", same), strict)


def _tightening(law: str, params: str) -> str:
    return _hours(params).replace("id: OWN-1", "id: OWN-2").replace("REGF-TIME-1", law)


def test_new_stop_needs_no_law() -> None:
    """A row that tightens no rule of law is a stop of our own."""
    text = _seven(SEVEN.replace("max: 7", "max: 1")).replace("  tightens: REGF-FREQ-1\n", "")
    assert read_overlay("own.yaml", text, US)[0].tightens is None


def test_overlay_decides_beside_the_law() -> None:
    """The law stays in force; the stricter of both decides."""
    text = _hours('{from: "12:00", until: "20:00"}')
    strict = with_overlay(US, read_overlay("own.yaml", text, US))
    assert judge(facts()).decision is Decision.ALLOW
    verdict = judge(facts(), rulebook=strict)
    assert verdict.decision is Decision.DEFER
    assert [f.rule_id for f in verdict.findings if not f.passed] == ["OWN-1"]


@pytest.mark.parametrize("name", PREDICATES)
def test_every_way_of_tightening_is_known(name: str) -> None:
    """A predicate names only its own parameters and the ways that can be compared."""
    predicate = PREDICATES[name]
    assert set(predicate.tightens) <= set(predicate.params)
    assert set(predicate.tightens.values()) <= {*_WAYS, "narrower"}
