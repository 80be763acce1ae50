"""The scenarios of the law, each of its questions a test; and how scenarios are read."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from goodterms.app.scenarios import run_scenarios
from goodterms.scenarios.decide import read_scenarios
from goodterms.scenarios.model import Check, Result, Scenario, ScenarioError
from goodterms.scenarios.service import Runner, files_of, read_file

HOME = Path(__file__).parents[1] / "scenario"
RUNNER = Runner()
ALL = [
    pytest.param(scenario, check, id=f"{Path(scenario.file).relative_to(HOME)}:{check.line}")
    for file in files_of([HOME])
    for scenario in read_file(file)
    for check in scenario.checks
]


@pytest.mark.parametrize(("scenario", "check"), ALL)
def test_scenario_comes_out(scenario: Scenario, check: Check) -> None:
    """Every question of every scenario gets the reply that counsel expects."""
    result = next(r for r in RUNNER.run(scenario) if r.check is check)
    missed = "\n".join(f"{m.field}: {m.expected}, given {m.given}" for m in result.mismatches)
    assert result.passed, "\n".join(
        [f"{scenario.title} {check.title}", missed, *result.reply.trace]
    )


def _run(text: str) -> list[Result]:
    return [result for one in read_scenarios("a.yaml", text) for result in RUNNER.run(one)]


def _given(text: str) -> Sequence[Result]:
    """Run questions about a consumer in Denver under the US pack."""
    head = (
        "given:\n  packs: [US]\n  consumer: {residence: US-CO, numbers: {cell: '+13035550123'}}\n"
    )
    return _run(f"{head}{text}")


WHEN = "when: {call: cell, at: 2026-11-24 11:00}\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (f"{WHEN}expect: MAYBE", 2, "write ALLOW, ALLOW_WITH, BLOCK, REFER, DEFER or DENY"),
        (f"{WHEN}expect: BLOCK REGF_8IN7", 2, "REGF_7IN7"),
        (f"{WHEN}expect: {{desision: BLOCK}}", 2, "did you mean 'decision'?"),
        (f"{WHEN}expext: BLOCK", 2, "did you mean 'expect'?"),
        (WHEN, 1, "expects nothing: add 'expect'"),
        ("expect: BLOCK", 1, "lacks 'when': add it"),
        ("title: x", 1, "asks nothing: add 'when' and 'expect', or 'cases'"),
        ("when: {phone: cell, at: 2026-11-24}\nexpect: BLOCK", 1, "asks nothing ('phone'"),
        ("when: {call: cel, at: 2026-11-24}\nexpect: BLOCK", 1, "write one of: cell"),
        ("when: {call: cell}\nexpect: BLOCK", 1, "has no time, or several"),
        ("when: {call: cell, at: soon}\nexpect: BLOCK", 1, "write a date such as 2026-09-07"),
        ("when: {call: cell, at: 2026-02-30}\nexpect: BLOCK", 1, "write a date such as"),
        ("when: {call: cell, at: Mon 2026-11-24}\nexpect: BLOCK", 1, "2026-11-24 is a Tuesday"),
        ("when: {call: cell, at: 2026-11-24, about: B}\nexpect: BLOCK", 1, "write one of: A"),
        (f"given: {{debts: {{A: 1.005}}}}\n{WHEN}expect: BLOCK", 1, "an amount that USD"),
        (f"given: {{events: [{{fax: cell}}]}}\n{WHEN}expect: BLOCK", 1, "'fax' is no event"),
        (f"given: {{events: [{{call: cell}}]}}\n{WHEN}expect: BLOCK", 1, "has no time: add 'at'"),
        (f"given: {{events: [{{call: cell, at: 2026-01-01, outcome: bus}}]}}\n{WHEN}expect: BLOCK",
         1, "'busy'?"),
        (f"given: {{events: [{{notice: maybe, sent: 2026-01-01}}]}}\n{WHEN}expect: BLOCK", 1,
         "validation"),
        (f"given: {{consumer: {{numbers: {{cell: 12}}}}}}\n{WHEN}expect: BLOCK", 1,
         "write a telephone number"),
        (f"given: {{consumer: {{residense: US}}}}\n{WHEN}expect: BLOCK", 1, "'residence'?"),
        (f"given: {{consumer: {{residence: Narnia}}}}\n{WHEN}expect: BLOCK", 1, "such as US-MA"),
        (f"given: {{consumer: {{zones: [Mars/North]}}}}\n{WHEN}expect: BLOCK", 1, "IANA zones"),
        (f"kind: song\n{WHEN}expect: BLOCK", 1, "write one of: contact"),
        (f"given: [\n{WHEN}", 3, "this is no YAML"),
        (f"{WHEN}{WHEN}expect: BLOCK", 2, "is written twice: keep one of them"),
        (f"given: {{events: [{{call: cell, at: 2026-01-01, fone: 1}}]}}\n{WHEN}expect: BLOCK", 1,
         "is not known here"),
    ],
)  # fmt: skip
def test_unreadable_scenario_is_refused(text: str, line: int, says: str) -> None:
    """What cannot be read is refused with file, line, field and remedy."""
    with pytest.raises(ScenarioError) as caught:
        read_scenarios("a.yaml", text)
    assert f"a.yaml, line {line}: " in str(caught.value)
    assert says in str(caught.value)


def test_unknown_pack_is_refused() -> None:
    """A pack that does not exist is refused with those that do."""
    with pytest.raises(ScenarioError, match="names 'XX', which there is not: write house, a place"):
        _run(f"packs: [XX]\n{WHEN}expect: BLOCK")


@pytest.mark.parametrize(
    ("expect", "field"),
    [
        ("BLOCK", "decision"),
        ("REFER", "decision"),
        ("{permit: no}", "permit"),
        ("{reasons: [REGF_7IN7]}", "reasons"),
        ("{reasons: {includes: [REGF_7IN7]}}", "reasons"),
        ("{rules: [REGF-FREQ-1]}", "rules"),
        ("{earliest: 2026-11-24 12:00}", "earliest"),
        ("{debts: [B]}", "debts"),
        ("{obligations: [SAY_LICENCE]}", "obligations"),
        ("{words: nonsense}", "words"),
    ],
)
def test_wrong_expectation_fails(expect: str, field: str) -> None:
    """An expectation that is not met is told with what was expected and given."""
    debts = "given: {packs: [REGF-FREQ-1], debts: [A, B]}\n"
    [result] = _run(
        f"{debts}when: {{call: cell, about: A, at: 2026-11-24 11:00}}\nexpect: {expect}"
    )
    assert [missed.field for missed in result.mismatches] == [field]


def test_events_after_the_question_do_not_count() -> None:
    """What happens later changes nothing; what happens at that very time does."""
    events = "  events: [{revoke: call, at: 2026-11-24 11:00}]\n"
    for at, expect in (("10:59:59", "ALLOW"), ("11:00", "BLOCK MEDIUM_OPTOUT")):
        [result] = _given(f"{events}when: {{call: cell, at: 2026-11-24 {at}}}\nexpect: {expect}")
        assert result.passed, result.mismatches


def test_zones_are_derived() -> None:
    """Zones come from residence, numbers and location, unless they are given."""
    ask = "when: {call: home, at: 2026-11-24 11:00 America/New_York}\nexpect: %s\n"
    two = "given: {packs: [US], consumer: {residence: US-NY, numbers: {home: '+1 415 555 0123'}}}\n"
    given = two.replace("numbers", "zones: [America/New_York], numbers")
    early = ask.replace("11:00", "10:59")
    for text in (two + ask % "ALLOW", two + early % "BLOCK TIME_OUTSIDE", given + early % "ALLOW"):
        [result] = _run(text)
        assert result.passed, result.mismatches


def test_cases_share_what_is_given() -> None:
    """Each case has its own events beside those given; a shared given serves several scenarios."""
    text = """
given: {packs: [REGF-FREQ-1], consumer: {residence: US-CO, numbers: {cell: '+13035550123'}}}
scenarios:
  - scenario: first
    given: {events: [{call: cell, at: 2026-11-18..2026-11-23 10:00}]}
    cases:
      - {when: {call: cell, at: 2026-11-24 10:00}, expect: ALLOW}
      - case: one more
        events: [{call: cell, at: 2026-11-24 09:00}]
        when: {call: cell, at: 2026-11-24 10:00}
        expect: BLOCK REGF_7IN7
  - scenario: second
    when: {call: cell, at: 2026-11-24 10:00}
    expect: {decision: ALLOW, permit: yes}
"""
    results = _run(text)
    assert [(r.passed, r.scenario.title, r.check.title) for r in results] == [
        (True, "first", ""), (True, "first", "one more"), (True, "second", ""),
    ]  # fmt: skip


def _printed(paths: list[Path]) -> tuple[int, str]:
    out = StringIO()
    code = run_scenarios(Console(file=out, width=200), paths)
    return code, out.getvalue()


def test_command_prints_failures_with_their_trace(tmp_path: Path) -> None:
    """The command says what was expected and given with the trace, and its exit code tells."""
    good, bad, broken = (tmp_path / f"{name}.yaml" for name in ("good", "bad", "broken"))
    good.write_text(f"packs: [REGF-FREQ-1]\n{WHEN}expect: ALLOW\n", encoding="utf-8")
    assert _printed([good]) == (0, "1 questions in 1 files: 1 as expected.\n")
    bad.write_text(f"packs: [REGF-FREQ-1]\n{WHEN}expect: BLOCK\n", encoding="utf-8")
    code, text = _printed([tmp_path])
    assert code == 1
    for part in ("bad.yaml, line 2", "expected: BLOCK", "given:    ALLOW", "passes  REGF-FREQ-1"):
        assert part in text
    broken.write_text("when: 3", encoding="utf-8")
    code, text = _printed([tmp_path])
    assert code == 2
    assert "broken.yaml, line 1: " in text
    assert _printed([tmp_path / "none"])[0] == 2
