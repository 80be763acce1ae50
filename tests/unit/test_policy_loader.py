"""The loader: what it refuses, and that each fault says file, line, field and remedy."""

from __future__ import annotations

import re

import pytest
from ops.docs import DOCS
from tests.fakes.policies import HEAD, SET, book, faults, files, sample, shipped_book

from goodterms.arrangements.decide.book import PolicyBookError, build
from goodterms.arrangements.decide.functions import FUNCTIONS
from goodterms.kit.places import shipped

GOOD = """
inputs: {a: money}
formula: a
tests: [{given: {a: "1.00"}, expect: "1.00"}]
"""


def test_the_shipped_policies_are_the_catalogue() -> None:
    """All thirty rows of the catalogue ship, each once, each with examples and both words."""
    policies = shipped_book().policies.values()
    assert sorted(policy.row for policy in policies) == list(range(1, 31))
    for policy in policies:
        assert policy.tests
        assert policy.explain.agent
        assert policy.explain.consumer
        assert policy.citation


def test_the_hash_is_of_the_content() -> None:
    """The same files give the same hash, another amount another."""
    folder = files(shipped("rulebook") / "policy")
    assert build(folder).hash == shipped_book().hash
    name = "catalogue/01-late-fee-flat.yaml"
    changed = {**folder, name: folder[name].replace("within the", "inside the")}
    assert build(changed).hash != shipped_book().hash


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ("params: {p: {rate: 0.05}}\n" + GOOD, "params.p.rate", "0.05 is a float"),
        ("params: {p: {rate: 5}}\n" + GOOD, "params.p.rate", "in quotes"),
        ("params: {p: {rat: '5'}}\n" + GOOD, "params.p", "no parameter"),
        ("params: [1]\n" + GOOD, "params", "no mapping"),
        ("params: {a: '1'}\n" + GOOD, "params.a", "is an input"),
        ("parms: {}\n" + GOOD, "parms", "not known"),
        ("inputs: {a: mony}\nformula: a\ntests: [1]", "inputs.a", "no input"),
        ("inputs: [a]\nformula: '0'\ntests: [{given: {}, expect: '0'}]", "inputs", "no mapping"),
        (GOOD.replace("formula: a", "formula: a + b"), "formula", "'b' is not known"),
        (GOOD.replace("formula: a", "formula: a > a"), "formula", "yields a flag"),
        (GOOD.replace("formula: a", "when: a > 0"), "formula", "nothing yields"),
        ("when: a > 0\n" + GOOD, "explain.absent", "missing"),
        (GOOD.replace('expect: "1.00"', 'expect: "2.00"'), "tests.0", "value is 1.00, expected 2"),
        (GOOD.replace('"1.00"}, e', "1.00}, e"), "tests.0.given.a", "float"),
        (GOOD.replace('{a: "1.00"}', '{z: "1.00"}'), "tests.0.given.z", "neither"),
        (GOOD.replace('{a: "1.00"}', "{a: one}"), "tests.0.given.a", "not a money"),
        (GOOD.replace('{a: "1.00"}', "{}"), "tests.0", "needs 'a'"),
        ("inputs: {a: money}\nformula: a\ntests: []", "tests", "no examples"),
        ("inputs: {a: money}\nformula: a\ntests: [1]", "tests.0", "no mapping"),
        ("limits: [NO_SUCH]\n" + GOOD, "tests.0", "limited by 'NO_SUCH'"),
        ("rounding: {mode: SOMEHOW}\n" + GOOD, "rounding", "use one of"),
        ("rounding: {multiple: x}\n" + GOOD, "rounding.multiple", "not a money"),
        ("rounding: {multiple: '0'}\n" + GOOD, "rounding.multiple", "not positive"),
        ("rounding: 2\n" + GOOD, "rounding", "no mapping"),
        ("valid_to: 2023-01-01\n" + GOOD, "valid_to", "not after"),
        ("steps: {s: {formula: a}}\n" + GOOD, "steps.s.unit", "missing"),
        ("steps: {a: {formula: a, unit: money}}\n" + GOOD, "steps.a", "new name"),
        ("exceptions: [{id: x, when: 'True', value: '0.00', authority: nobody,"
         " reason_code: W, explain: {agent: a, consumer: c}}]\n" + GOOD,
         "exceptions.0.authority", "nobody"),
        ("exceptions: [{id: x, when: 'True', value: '0.00', reason_code: W,"
         " explain: {agent: a, consumer: c}}]\n" + GOOD, "exceptions.0.authority", "missing"),
        ("waterfall: {order: [past_due.fee]}\n" + GOOD, "waterfall.order", "twelve cells"),
        ("waterfall: {across: mine}\n" + GOOD, "waterfall.across", "no rule"),
        ("waterfall: {direction: up}\n" + GOOD, "waterfall.direction", "horizontal"),
        ("waterfall: {future: never}\n" + GOOD, "waterfall.future", "reamortise"),
        ("waterfall: 1\n" + GOOD, "waterfall", "no mapping"),
    ],
)  # fmt: skip
def test_faults_say_where_and_what(body: str, field: str, said: str) -> None:
    """Each fault of a policy is found, with its field and a remedy, on its own line."""
    found = [f for f in faults(sample(body)) if f.field == field]
    assert found, faults(sample(body))
    assert said in f"{found[0].problem} {found[0].remedy}"
    assert found[0].file == "p0.yaml"
    assert found[0].remedy


def test_a_fault_names_its_line() -> None:
    """The line is the one the value stands on."""
    [fault] = faults(sample("params:\n  grace: 10\n  p: {rate: 0.05}\n" + GOOD))
    assert fault.line == sample("params:\n  grace: 10\n  p: ").count("\n") + 1
    assert str(fault).startswith(f"p0.yaml, line {fault.line}, params.p.rate: 0.05 is a float")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("evidence: design", "evidence: hearsay", "is not known"),
        ("kind: fee", "kind: gift", "is not known"),
        ("reason_code: SAMPLE", "reason_code: sample", "not written like"),
        ("policy: sample", "policy: Sample Policy", "not written like"),
        ('citation: "clause 7"', "citation: ''", "is missing"),
        ("valid_from: 2024-01-01", "valid_from: '2024'", "is no date"),
        ("It is {value}.", "It is {vlue}.", "names no value"),
        ("It is {value}.", "It is {value.", "placeholders"),
        ('consumer: "You pay {value}."', "consumer: ''", "is missing"),
    ],
)
def test_heads_are_checked(old: str, new: str, said: str) -> None:
    """Evidence, kind, codes, citation, dates and both explanations are needed and known."""
    found = faults(HEAD.replace(old, new) + GOOD)
    assert any(said in f"{fault.problem} {fault.remedy}" for fault in found), found


ROWS = """
inputs: {n: count, who: text}
table:
  hit: UNIQUE
  columns: {n: "[0, )"}
  sets: {value: money}
  rows:
    - {id: low, when: {n: "[0, 10)"}, value: "1.00"}
    - {id: high, when: {n: "[10, )"}, value: "2.00"}
tests: [{given: {n: 3, who: x}, expect: "1.00"}]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[0, 10)", "[0, 9)", "gap: no row accepts n 9"),
        ("[0, 10)", "[0, 10]", "overlap: rows 'low' and 'high' both accept n 10"),
        ("hit: UNIQUE", "hit: SOME", "use one of"),
        ('columns: {n: "[0, )"}', 'columns: {m: "-"}', "neither input"),
        ('columns: {n: "[0, )"}', "columns: {n: some}", "not a count"),
        ('columns: {n: "[0, )"}', "columns: {}", "has no columns"),
        ("sets: {value: money}", "sets: {value: gold}", "known unit"),
        ("sets: {value: money}", "sets: {n: money}", "new name"),
        ('value: "1.00"', "value: 1.00", "float"),
        ('value: "1.00"', "value: one", "not a money"),
        ("id: high", "id: low", "stands twice"),
        ('{n: "[10, )"}', '{m: "[10, )"}', "is no column"),
        ('{n: "[10, )"}', '{n: "soon"}', "not a count"),
        ("hit: UNIQUE", "hit: UNIQUE\n  collect: all", "use one of"),
    ],
)
def test_tables_are_proved(old: str, new: str, said: str) -> None:
    """Gaps, overlaps, unknown columns, bad cells and floats are found."""
    assert not faults(sample(ROWS))
    found = faults(sample(ROWS.replace(old, new, 1)))
    assert any(said in f"{fault.problem} {fault.remedy}" for fault in found), found


def test_unreachable_rows_are_found() -> None:
    """A row of a FIRST table that rows above it cover is named, on its line."""
    text = sample(ROWS.replace("UNIQUE", "FIRST").replace('"[0, 10)"', '"-"'))
    [fault] = faults(text)
    assert "row 'high' is unreachable" in fault.problem
    assert text.splitlines()[fault.line - 1].strip().startswith("- {id: high")


def test_text_columns_need_a_row_for_the_rest() -> None:
    """A text that no row names falls through unless the column says which texts there are."""
    rows = ROWS.replace('{n: "[0, )"}', "{who: '-'}", 1)
    rows = rows.replace('{n: "[0, 10)"}', "{who: a}").replace('{n: "[10, )"}', "{who: [b, c]}")
    [gap] = faults(sample(rows.replace("who: x", "who: a")))
    assert "any other text" in gap.problem
    assert not faults(sample(rows.replace("{who: '-'}", "{who: [a, b, c]}").replace("x}", "a}")))


def test_collected_tables_set_numbers() -> None:
    """Texts cannot be summed."""
    text = ROWS.replace("UNIQUE", "COLLECT").replace("{value: money}", "{value: money, t: text}")
    text = text.replace('"1.00"}\n    -', '"1.00", t: a}\n    -').replace(
        '"2.00"}', '"2.00", t: b}'
    )
    found = faults(sample(text))
    assert any("cannot be collected" in fault.problem for fault in found)


def test_large_tables_are_refused_rather_than_unproved() -> None:
    """A table with too many combinations must be split."""
    columns = ", ".join(f'c{n}: "-"' for n in range(12))
    inputs = ", ".join(f"c{n}: count" for n in range(12))
    when = ", ".join(f'c{n}: "> 5"' for n in range(12))
    text = f"""
inputs: {{{inputs}}}
table:
  hit: FIRST
  columns: {{{columns}}}
  sets: {{value: money}}
  rows:
    - {{id: a, when: {{{when}}}, value: "1.00"}}
    - {{id: b, value: "2.00"}}
tests: [{{given: {{}}, expect: "2.00"}}]
"""
    assert any("combinations" in fault.problem for fault in faults(sample(text)))


DATED = """
params:
  fee:
    money:
      - {from: 2020-01-01, to: 2024-01-01, value: "1.00", citation: "first"}
      - {from: 2024-01-01, value: "2.00", citation: "second"}
formula: fee
tests:
  - {given: {on: 2023-12-31}, expect: "1.00"}
  - {given: {on: 2024-01-01}, expect: "2.00"}
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to: 2024-01-01", "to: 2023-12-01", "gap: nothing is in force from 2023-12-01"),
        ("to: 2024-01-01", "to: 2024-02-01", "overlap: the row before runs to 2024-02-01"),
        ("to: 2024-01-01, ", "", "overlap: the row before runs to for ever"),
        ("to: 2024-01-01", "to: 2019-01-01", "not after"),
        (', citation: "first"', "", "citation: is missing"),
        ('value: "1.00"', "value: 1.00", "float"),
        ('value: "1.00"', "value: one", "not a money"),
        ("on: 2023-12-31", "on: 2019-12-31", "has no value on 2019-12-31"),
    ],
)
def test_dated_parameters_are_proved(old: str, new: str, said: str) -> None:
    """Rows of a dated parameter adjoin, cite their source, and cover the day asked for."""
    assert not faults(sample(DATED))
    found = faults(sample(DATED.replace(old, new, 1)))
    assert any(said in str(fault) for fault in found), found


def test_a_dated_parameter_needs_rows() -> None:
    """An empty list is no parameter."""
    body = 'params: {fee: {money: []}}\nformula: "0"\ntests: [{given: {}, expect: "0"}]'
    assert any("has no rows" in fault.problem for fault in faults(sample(body)))


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ("[{up_to: '5', rate: '0.1'}]", "gap"),
        ("[{up_to: '5', rate: '0.1'}, {up_to: '4', rate: '0.1'}, {rate: '0.1'}]", "overlap"),
        ("[{rate: '0.1'}, {rate: '0.2'}]", "overlap"),
        ("[{rate: x}]", "not a rate"),
        ("[{up_to: '5'}]", "missing"),
        ("5", "gap"),
    ],
)
def test_bands_are_proved(bands: str, said: str) -> None:
    """Bands rise without overlap, and the last has no end."""
    body = f'params: {{b: {{bands: {bands}}}}}\nformula: "0"\ntests: [{{given: {{}}, expect: "0"}}]'
    assert any(said in str(fault) for fault in faults(sample(body)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is no YAML"),
        ("- a", "holds no mapping"),
        ("", "is missing"),
        ("a: 1\na: 2", "'a' stands twice"),
        ("a: &x 1\nb: *x", "repeats a part"),
        ("a: !!binary aGk=", "'binary' is not allowed"),
    ],
)
def test_unreadable_files_are_faults(text: str, said: str) -> None:
    """Broken YAML, doubled keys, aliases and odd tags are refused with the line."""
    assert any(said in fault.problem for fault in faults(text))


def test_names_stand_once() -> None:
    """Two policies of one name are refused."""
    assert any("stands twice" in f.problem for f in faults(sample(GOOD), sample(GOOD)))


def test_all_faults_come_at_once() -> None:
    """The error names every fault of every file, in order."""
    with pytest.raises(PolicyBookError) as refused:
        book(sample("a: 1\n" + GOOD), sample("b: 1\n" + GOOD))
    assert [fault.file for fault in refused.value.faults] == ["p0.yaml", "p1.yaml"]
    assert "p1.yaml, line" in refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("use: {}", "use: {plan: nothing}", "'nothing' is no policy"),
        ("use: {}", "use: {hats: sample}", "not known"),
        ("use: {}", "", "missing"),
        ("use: {}", "use: {}\nchange: {nothing: {x: 1}}", "is no policy"),
        ("use: {}", "use: {}\nchange: {sample: {x: 1}}", "no constant parameter"),
        ("use: {}", "use: {}\nchange: {sample: {p: x}}", "not a money"),
        ("valid_from: 2020-01-01", "valid_from: soon", "no date"),
    ],
)
def test_sets_are_checked(old: str, new: str, said: str) -> None:
    """A set names policies of the folder and parameters they have."""
    policy = sample("params: {p: {money: '1.00'}}\n" + GOOD)
    with pytest.raises(PolicyBookError, match=said):
        build({"p.yaml": policy, "s.yaml": SET.replace(old, new)})


def test_every_jurisdiction_is_covered() -> None:
    """A policy or permission for a country that no set covers is refused."""
    policy = sample("jurisdiction: UK\n" + GOOD)
    us = SET.replace('"*"', "US")
    with pytest.raises(PolicyBookError, match="no set covers UK"):
        build({"p.yaml": policy, "s.yaml": us})
    assert build({"p.yaml": policy, "s.yaml": us, "t.yaml": us.replace("US", "UK")})


def test_a_set_changes_parameters_and_the_hash() -> None:
    """A set's change makes another policy with another hash; the most particular set counts."""
    policy = sample("params: {p: {money: '1.00'}}\n" + GOOD.replace("formula: a", "formula: a + p"))
    policy = policy.replace('expect: "1.00"', 'expect: "2.00"')
    special = SET.replace("everywhere", "special").replace('"*"', "US-TX") + "client: ACME\n"
    special += "change: {sample: {p: '5.00'}}\n"
    found = build({"p.yaml": policy, "s.yaml": SET, "t.yaml": special})
    day = found.sets[0].valid_from
    general = found.chosen("US-CA", "ACME", "", day)
    chosen = found.chosen("US-TX", "ACME", "", day)
    assert general is not None
    assert chosen is not None
    assert (general.name, chosen.name) == ("everywhere", "special")
    changed, kept = chosen.policies["sample"], general.policies["sample"]
    assert changed.constants["p"] == 5
    assert changed.hash != kept.hash
    assert found.chosen("US-TX", "ACME", "", day.replace(year=2019)) is None


def test_catalogue_codes_and_functions_are_documented() -> None:
    """The page of policies lists each shipped policy, reason code and function, and no other."""
    page = (DOCS / "reference" / "policies.md").read_text(encoding="utf-8")
    policies = shipped_book().policies.values()
    rows = {(str(p.row), p.name, p.kind.value, p.reason_code, p.evidence) for p in policies}
    row = r"^\| (\d+) \| `([\w-]+)` \| (\w+) \| `(\w+)` \| (\w+) \|$"
    assert set(re.findall(row, page, re.MULTILINE)) == rows
    codes = {code for p in policies for code in (p.reason_code, p.else_code)}
    codes |= {exemption.reason_code for p in policies for exemption in p.exemptions}
    section = page.split("## Reason codes")[1]
    assert set(re.findall(r"^\| `([A-Z0-9_]+)` \|", section, re.MULTILINE)) == codes
    functions = page.split("## Expressions")[1].split("Day counts")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", functions, re.MULTILINE)) == set(FUNCTIONS)
