"""What is expected of a reply, and whether it was met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from goodterms.compliance.model import Decision, Obligation, ReasonCode
from goodterms.scenarios.decide.clock import Clock, day_of
from goodterms.scenarios.decide.nodes import Node
from goodterms.scenarios.decide.rates import Rate
from goodterms.scenarios.model import Mismatch, Reply

Expecting = Callable[[Reply], Sequence[Mismatch]]
_DECISIONS = ("allow", "allow_with", "block", "refer", "defer", "deny")
_WORDS = {"allowed": "allow", "blocked": "block", "denied": "deny", "deferred": "defer",
          "referred": "refer", "refuse": "block", "refused": "block", "yes": "allow",
          "no": "block"}  # fmt: skip
_NEVER = frozenset({"never", "null", "none", "~", "unknown", ""})


def read_expectation(node: Node, clock: Clock, main: str, values: Iterable[str]) -> Expecting:
    """Read what is expected. ``main`` is the value meant by a single word; ``values`` all names.

    A decision may be followed by the reason code that must be among the reasons.
    """
    if node.is_text:
        return _short(node, clock, main)
    fields = node.fields()
    tests: list[Expecting] = []
    known = dict(_FIELDS)
    for name in values:
        known[name] = _value(name)
    for name, read in known.items():
        for alias in _ALIASES.get(name, (name,)):
            found = fields.take(alias)
            if found is not None:
                tests.append(read(found, clock))
    fields.text("note", "because")
    fields.done()
    if not tests:
        node.refuse("expects nothing", "write a decision, reasons, a date or a count")
    return _all(tests)


def _all(tests: Sequence[Expecting]) -> Expecting:
    return lambda reply: [missed for test in tests for missed in test(reply)]


def _short(node: Node, clock: Clock, main: str) -> Expecting:
    if main != "decision":
        return _value(main)(node, clock)
    first, _, rest = node.text().partition(" ")
    tests = [_decided(node, first)]
    if rest:
        tests.append(_reasons_of(node, [word for word in rest.replace(",", " ").split() if word]))
    return _all(tests)


def _decided(node: Node, text: str) -> Expecting:
    word = text.lower().replace("-", "_")
    word = _WORDS.get(word, word)
    if word not in _DECISIONS:
        node.refuse(f"is {text!r}", "write ALLOW, ALLOW_WITH, BLOCK, REFER, DEFER or DENY")

    def test(reply: Reply) -> list[Mismatch]:
        return [] if _is(word, reply) else [Mismatch("decision", word.upper(), decided(reply))]

    return test


def _is(word: str, reply: Reply) -> bool:
    if word == "allow_with":
        return reply.decision is Decision.ALLOW and bool(reply.obligations)
    if word == "block":
        return reply.decision in (Decision.DENY, Decision.DEFER)
    return reply.decision is not None and reply.decision.value == word


def decided(reply: Reply) -> str:
    """Write a reply's decision as scenarios name it, with its reasons."""
    if reply.decision is Decision.ALLOW:
        return "ALLOW_WITH " + " ".join(reply.obligations) if reply.obligations else "ALLOW"
    if reply.decision is None:
        return "no decision"
    block = {"deny": "BLOCK (DENY)", "defer": "BLOCK (DEFER)"}
    word = block.get(reply.decision.value, reply.decision.value.upper())
    return " ".join([word, *_codes(reply)])


def _codes(reply: Reply) -> list[str]:
    return sorted({f.reason_code for f in reply.findings if not f.passed})


def _rules(reply: Reply) -> list[str]:
    return sorted({f.rule_id for f in reply.findings if not f.passed})


def _reasons_of(node: Node, codes: Sequence[str]) -> Expecting:
    for code in codes:
        if code not in set(ReasonCode):
            node.refuse(
                f"names the reason code {code!r}, which there is not",
                f"write some of: {_few(frozenset(ReasonCode), code)}",
            )

    def test(reply: Reply) -> list[Mismatch]:
        given = _codes(reply)
        missing = [code for code in codes if code not in given]
        return [Mismatch("reasons", f"with {' '.join(missing)}", _joined(given))] if missing else []

    return test


def _joined(given: Iterable[str]) -> str:
    return " ".join(given) or "none"


def _set_of(
    name: str, give: Callable[[Reply], list[str]], allowed: Iterable[str] | None = None
) -> Callable[[Node, Clock], Expecting]:
    """Make the reader of a set: a list is exact; includes and excludes are not."""
    registry = None if allowed is None else frozenset(allowed)

    def words(node: Node) -> list[str]:
        found = node.texts() if not (node.is_text and node.text().lower() == "none") else []
        for word in found:
            if registry is not None and word not in registry:
                node.refuse(
                    f"names {word!r}, which there is not", f"write some of: {_few(registry, word)}"
                )
        return found

    def read(node: Node, _clock: Clock) -> Expecting:
        if node.is_text or node.is_list:
            return _exactly(name, give, words(node))
        fields = node.fields()
        exact = fields.take("exactly", "are", "is")
        tests = [] if exact is None else [_exactly(name, give, words(exact))]
        tests.append(_includes(name, give, fields.get(words, [], "includes", "include", "with")))
        tests.append(_excludes(name, give, fields.get(words, [], "excludes", "exclude", "without")))
        fields.done()
        return _all(tests)

    return read


def _few(registry: frozenset[str], word: str) -> str:
    return ", ".join(get_close_matches(word, registry, n=5, cutoff=0.3) or sorted(registry)[:5])


def _exactly(name: str, give: Callable[[Reply], list[str]], words: list[str]) -> Expecting:
    def test(reply: Reply) -> list[Mismatch]:
        given = give(reply)
        if sorted(set(words)) == sorted(set(given)):
            return []
        return [Mismatch(name, f"exactly {_joined(words)}", _joined(given))]

    return test


def _includes(name: str, give: Callable[[Reply], list[str]], words: list[str]) -> Expecting:
    def test(reply: Reply) -> list[Mismatch]:
        given = give(reply)
        missing = [word for word in words if word not in given]
        return [Mismatch(name, f"with {_joined(missing)}", _joined(given))] if missing else []

    return test


def _excludes(name: str, give: Callable[[Reply], list[str]], words: list[str]) -> Expecting:
    def test(reply: Reply) -> list[Mismatch]:
        given = give(reply)
        there = [word for word in words if word in given]
        return [Mismatch(name, f"without {_joined(there)}", _joined(given))] if there else []

    return test


def _earliest(node: Node, clock: Clock) -> Expecting:
    never = node.is_null or node.text().lower() in _NEVER
    wanted = None if never else clock.instant(node)

    def test(reply: Reply) -> list[Mismatch]:
        if reply.earliest == wanted:
            return []
        return [Mismatch("earliest", _at(wanted, clock), _at(reply.earliest, clock))]

    return test


def _at(at: datetime | None, clock: Clock) -> str:
    return "never" if at is None else clock.words(at)


def _permit(node: Node, _clock: Clock) -> Expecting:
    wanted = node.flag()

    def test(reply: Reply) -> list[Mismatch]:
        words = {True: "a permit", False: "no permit"}
        if reply.permit == wanted:
            return []
        return [Mismatch("permit", words[wanted], words[reply.permit])]

    return test


def _decision(node: Node, _clock: Clock) -> Expecting:
    return _decided(node, node.text())


def _reason(node: Node, _clock: Clock) -> Expecting:
    return _reasons_of(node, node.texts())


def _said(node: Node, _clock: Clock) -> Expecting:
    parts = [item.text() for item in node.items()]

    def test(reply: Reply) -> list[Mismatch]:
        said = " ".join(f.words for f in reply.findings)
        missing = [part for part in parts if part.lower() not in said.lower()]
        return [Mismatch("words", f"saying {missing[0]!r}", said or "nothing")] if missing else []

    return test


def _value(name: str) -> Callable[[Node, Clock], Expecting]:
    """Make the reader of a value: compared as what the reply holds, be it date, number or word."""

    def read(node: Node, clock: Clock) -> Expecting:
        def test(reply: Reply) -> list[Mismatch]:
            if name not in reply.values:
                return [Mismatch(name, node.text() if node.is_text else "", "nothing")]
            given = reply.values[name]
            if given is None and not _means_none(node):
                return [Mismatch(name, node.text() if node.is_text else "", "none")]
            if isinstance(given, Rate):
                same = node.is_text and given.matches(node)
                return [] if same else [Mismatch(name, node.text(), str(given))]
            wanted = _like(given, node, clock)
            if wanted == given:
                return []
            return [Mismatch(name, _written(wanted, clock), _written(given, clock))]

        return test

    return read


def _like(given: Any, node: Node, clock: Clock) -> Any:
    """Read what is expected as a value of the same sort as the one given."""
    if given is None or _means_none(node):
        return None if _means_none(node) else node.text()
    for sort, read in _SORTS:
        if isinstance(given, sort):
            return clock.instant(node) if sort is datetime else read(node)
    return node.text()


_SORTS: tuple[tuple[type[Any], Callable[[Node], Any]], ...] = (
    (datetime, day_of),
    (date, day_of),
    (bool, Node.flag),
    (Decimal, Node.number),
    (int, lambda node: node.whole(-(10**15))),
)
"""How each sort of value is read; a datetime is a date and a bool a number, so they are first."""


def _means_none(node: Node) -> bool:
    return node.is_null or (node.is_text and node.text().lower() in _NEVER)


def _written(value: Any, clock: Clock) -> str:
    if value is None:
        return "none"
    if isinstance(value, datetime):
        return clock.words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


_FIELDS: dict[str, Callable[[Node, Clock], Expecting]] = {
    "decision": _decision,
    "reason": _reason,
    "reasons": _set_of("reasons", _codes, ReasonCode),
    "rules": _set_of("rules", _rules),
    "obligations": _set_of("obligations", lambda r: list(r.obligations), Obligation),
    "earliest": _earliest,
    "debts": _set_of("debts", lambda r: list(r.debts)),
    "permit": _permit,
    "words": _said,
}
_ALIASES: dict[str, tuple[str, ...]] = {
    "decision": ("decision", "answer"),
    "reason": ("reason", "reason_code"),
    "reasons": ("reasons", "reason_codes"),
    "rules": ("rules", "rule", "rule_ids"),
    "obligations": ("obligations", "obligation"),
    "earliest": ("earliest", "earliest_allowed_at", "next_allowed"),
    "debts": ("debts", "debts_left"),
    "words": ("words", "says"),
}
