"""A file of scenarios, from its text to checks that can be run; and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import yaml

from goodterms.arrangements.decide.book import PolicyBook
from goodterms.compliance.model import Rulebook
from goodterms.scenarios.decide import questions, sums
from goodterms.scenarios.decide.amounts import missed
from goodterms.scenarios.decide.cast import Cast
from goodterms.scenarios.decide.circumstances import located
from goodterms.scenarios.decide.clock import Clock
from goodterms.scenarios.decide.expect import read_expectation
from goodterms.scenarios.decide.nodes import Fields, Node, documents
from goodterms.scenarios.decide.people import (
    read_callers,
    read_debts,
    read_person,
    read_role,
    read_zones,
)
from goodterms.scenarios.decide.questions import Asking, Stage
from goodterms.scenarios.decide.schedules import ALL_PRICES
from goodterms.scenarios.decide.timeline import read_events
from goodterms.scenarios.model import Check, Person, Reply, Result, Scenario, World

_TITLES = ("scenario", "title", "name")
_PROSE = ("rule", "rules", "citation", "reference", "note", "about", "source", "evidence", "id")


def read_scenarios(file: str, text: str) -> list[Scenario]:
    """Read all scenarios of a YAML text: one, a list, several documents, or a shared ``given``.

    Raises:
        ScenarioError: something cannot be read; says file, line, field and remedy.
    """
    found: list[Scenario] = []
    for document in documents(file, text):
        for node, shared in _scenarios(document):
            found.append(_read(node, shared))
    return found


def _scenarios(document: Node) -> list[tuple[Node, tuple[Node, ...]]]:
    """Give each scenario with the ``given`` it shares with others."""
    if document.is_list:
        return [(item, ()) for item in document.items()]
    fields = document.fields()
    if "scenarios" not in fields:
        return [(document, ())]
    shared = fields.take("given")
    several = fields.need("scenarios")
    _prose(fields)
    fields.done()
    return [(item, (shared,) if shared else ()) for item in several.items()]


def _prose(fields: Fields) -> str:
    """Take what is there for people, and return the title."""
    title = fields.text(*_TITLES)
    for name in _PROSE:
        fields.take(name)
    return title


Kind = Callable[[Fields, Sequence[Fields]], tuple[list[Check], "Packs"]]
"""Reads the checks of one kind of scenario from its own fields and its ``given`` fields."""


@dataclass(frozen=True, slots=True)
class Packs:
    """The packs in force, and rows that tighten them."""

    names: tuple[str, ...] = ()
    overlay: str = ""
    policies: str = ""


def _read(node: Node, shared: Sequence[Node]) -> Scenario:
    fields = node.fields()
    title = _prose(fields) or f"line {node.line}"
    kind = fields.get(lambda n: n.choice(KINDS), "contact", "kind")
    own = fields.take("given")
    givens = [one.fields() for one in (*shared, own) if one is not None and not one.is_null]
    checks, packs = KINDS[kind](fields, givens)
    fields.done()
    if not checks:
        node.refuse("asks nothing", "add 'when' and 'expect', or 'cases'")
    return Scenario(
        node.file, node.line, title, packs.names, tuple(checks), packs.overlay, kind,
        packs.policies,
    )  # fmt: skip


def _contact_kind(fields: Fields, givens: Sequence[Fields]) -> tuple[list[Check], Packs]:
    packs = _packs(fields, givens)
    stage = _stage(givens)
    checks = []
    for entry in _cases(fields):
        checks += _checks(entry, stage)
    return checks, packs


def _cases(fields: Fields) -> list[Fields]:
    """Give each ``when`` with its ``expect``: beside each other, or in a list of cases."""
    found = []
    if "when" in fields or "expect" in fields:
        found.append(fields)
    several = fields.take("cases", "then")
    if several is not None:
        found += [item.fields() for item in several.items()]
    return found


def _checks(entry: Fields, stage: Stage) -> list[Check]:
    """Read the questions of a ``when``; a case may add to what is given."""
    case = entry.node.name in ("cases", "then")
    title = ""
    if case:
        title = entry.text(*_TITLES, "case")
        entry.take("note")
        more = entry.take("given", "events", "also")
        stage = stage if more is None else _also(stage, more)
    when = entry.need("when", "ask")
    expect = entry.take("expect")
    if case or expect is None:
        entry.done()  # first, for a slip of the pen may be why it is not there
    asked = when.items()
    if expect is not None and len(asked) > 1:
        expect.refuse("belongs to several questions", "write 'expect' in each of them")
    return [_check(title, one, expect, stage) for one in asked]


def _check(title: str, node: Node, expect: Node | None, stage: Stage) -> Check:
    fields = node.fields()
    inline = fields.take("expect")
    if expect is not None and inline is not None:
        inline.refuse("is written twice", "keep one of them")
    expected = expect or inline
    if expected is None:
        node.refuse("expects nothing", "add 'expect' with a decision, a date or a count")
    label = fields.text("case", "title") or title
    ask, main, values = _question(fields, stage)
    fields.done()
    test = read_expectation(expected, stage.cast.clock, main, values)
    return Check(node.line, label, ask, test)


_Question = Callable[[str, Fields, Stage], Asking]
_QUESTIONS: dict[str, _Question] = {
    **dict.fromkeys(questions.CONTACTS, questions.contact_question),
    **dict.fromkeys(questions.PROGRESS, questions.progress_question),
    **dict.fromkeys(("pay", "take_payment"), questions.payment_question),
    "pace": questions.pace_question,
    "report": questions.report_question,
    "erase": questions.erasure_question,
    "publish": questions.publish_question,
}


def _question(fields: Fields, stage: Stage) -> tuple[Asking, str, Iterable[str]]:
    """Read the question: what is asked, what a single word means, and the values it gives."""
    for name in fields.names:
        if name in sums.SUMS:
            one = sums.SUMS[name]
            return one.read(fields.need(name), fields, stage), one.values[0], one.values
    asked = [name for name in fields.names if name in _QUESTIONS]
    if not asked:
        known = ", ".join([*_QUESTIONS, *sums.SUMS])
        fields.node.refuse(
            f"asks nothing ('{fields.first}' is no question)", f"ask one of: {known}"
        )
    return _QUESTIONS[asked[0]](asked[0], fields, stage), "decision", ()


def _merged(givens: Sequence[Fields], *names: str) -> Node | None:
    """Take a field of the last ``given`` that has it."""
    found = None
    for fields in givens:
        found = fields.take(*names) or found
    return found


def _stage(givens: Sequence[Fields]) -> Stage:
    tenant = _merged(givens, "tenant", "we_are", "role", "we")
    role, licences = _tenant(tenant)
    more = _merged(givens, "licences")
    if more is not None:
        licences = tuple(more.texts())
    person = read_person(_merged(givens, "consumer", "person"))
    zones = _merged(givens, "clock", "timezone")
    clock = Clock(read_zones(zones)[0] if zones else _clock_of(person))
    debts = read_debts(_merged(givens, "debts", "debt", "accounts"), role)
    callers = read_callers(_merged(givens, "caller_ids", "caller_id"), clock)
    cast = Cast(person, debts.by_name, debts.currency, callers, clock)
    location = _merged(givens, "location", "locations")
    events = [] if location is None else located(location, cast)
    for fields in givens:
        events += read_events(fields.take("events", "timeline", "history"), cast)
        fields.text("note")
        fields.done()
    ordered = tuple(sorted(events, key=lambda event: event.at))
    world = World(person, debts.by_name, callers, licences, ordered, clock.name, debts.currency)
    return Stage(world, cast)


def _also(stage: Stage, node: Node) -> Stage:
    """Let more have happened for one case."""
    if not node.is_list:
        fields = node.fields()
        inner = fields.take("events", "timeline", "history")
        fields.done()
        if inner is None:
            return stage
        node = inner
    events = (*stage.world.events, *read_events(node, stage.cast))
    ordered = tuple(sorted(events, key=lambda event: event.at))
    world = stage.world
    return Stage(
        World(world.person, world.debts, world.callers, world.licences, ordered, world.clock,
              world.currency),
        stage.cast,
    )  # fmt: skip


def _tenant(node: Node | None) -> tuple[str, tuple[str, ...]]:
    if node is None or node.is_null:
        return "collector", ()
    if node.is_text:
        return read_role(node), ()
    fields = node.fields()
    role = fields.get(read_role, "collector", "role", "is")
    licences = tuple(fields.get(Node.texts, list[str](), "licences", "licenses"))
    fields.text("name")
    fields.done()
    return role, licences


def _clock_of(person: Person) -> str:
    """Choose the zone in which times are read: the first that is given or derived."""
    candidates = [*(person.zones or ()), *person.address_zones]
    for point in person.points.values():
        candidates += point.zones
    return candidates[0] if candidates else "UTC"


def _packs(fields: Fields, givens: Sequence[Fields]) -> Packs:
    node = fields.take("packs", "rulebook") or _merged(
        givens, "packs", "rulebook", "packs_in_force"
    )
    overlay = fields.take("overlay") or _merged(givens, "overlay")
    names: tuple[str, ...] = ()
    if node is not None and not node.is_null:
        words = node.texts()
        names = () if [word.lower() for word in words] == ["all"] else tuple(words)
    rows = yaml.serialize(overlay.raw) if overlay is not None else ""
    return Packs(names, rows)


def _money_kind(fields: Fields, givens: Sequence[Fields]) -> tuple[list[Check], Packs]:
    """Read questions of money: each asks the policies, not the rulebook."""
    node = _merged(givens, "policies")
    for given in givens:
        given.text("note")
        given.done()
    checks = []
    for entry in _cases(fields):
        title = "" if entry is fields else entry.text(*_TITLES, "case")
        when, expect = entry.need("when", "ask"), entry.need("expect")
        if entry is not fields:
            entry.take("note")
            entry.done()
        checks.append(_priced(title, when, expect))
    return checks, Packs(policies="" if node is None else node.text())


def _priced(title: str, when: Node, expect: Node) -> Check:
    fields = when.fields()
    asked = [name for name in fields.names if name in ALL_PRICES]
    if not asked:
        when.refuse(
            f"asks nothing ('{fields.first}' is no question of money)",
            f"ask one of: {', '.join(ALL_PRICES)}",
        )
    one = ALL_PRICES[asked[0]]
    priced = one.read(fields.need(asked[0]), fields)
    fields.done()
    return Check(when.line, title, unasked, lambda reply: missed(expect, one.main, reply), priced)


def unasked(_rulebook: Rulebook) -> Reply:
    """Answer nothing: a question of money is asked of the policies."""
    return Reply()


KINDS: dict[str, Kind] = {"contact": _contact_kind, "money": _money_kind}
"""Every kind of scenario by the name in its field ``kind``; add a kind by adding its reader."""


def run_priced(scenario: Scenario, check: Check, book: PolicyBook) -> Result:
    """Ask one question of money and compare the reply with what is expected."""
    assert check.priced is not None, "the reader of money makes no other"
    reply = check.priced(book)
    return Result(scenario, check, tuple(check.expect(reply)), reply)


def run_check(scenario: Scenario, check: Check, rulebook: Rulebook) -> Result:
    """Ask one question and compare the reply with what is expected."""
    reply = check.ask(rulebook)
    return Result(scenario, check, tuple(check.expect(reply)), reply)
