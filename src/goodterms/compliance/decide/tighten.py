"""Overlays: rows of a tenant that make the law stricter, and never anything looser.

The law's own rows stay in force beside an overlay, so it could not open anything. It is compared
with the law all the same, dimension by dimension: whoever writes a looser number is mistaken, and
is told so before anybody relies on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from goodterms.compliance.decide.hours import opening_of
from goodterms.compliance.decide.predicates import PREDICATES
from goodterms.compliance.decide.rows import Row, make_rulebook, read_rules
from goodterms.compliance.decide.windows import Opening, Spans
from goodterms.compliance.model import Rule, Rulebook

_WINDOW = frozenset({"from", "until", "days", "calendar"})


def read_overlay(file: str, text: str, law: Rulebook) -> tuple[Rule, ...]:
    """Read the rows of an overlay; each is a new stop, or makes the rule stricter it ``tightens``.

    Raises:
        RulebookError: a row cannot be read, or is looser than the law; the text names file,
            line, row, parameter and remedy.
    """
    return tuple(read_rules(file, text, also=lambda row, rule: _check(row, rule, law)))


def with_overlay(law: Rulebook, overlay: tuple[Rule, ...]) -> Rulebook:
    """Put an overlay on the law: both are asked, and the stricter decides."""
    return make_rulebook((*law.rules, *overlay), partial=law.partial) if overlay else law


def _check(row: Row, rule: Rule, law: Rulebook) -> None:
    if any(one.id == rule.id for one in law.rules):
        row.refuse("id", "is that of a rule of law", f"give it one of its own, e.g. OWN-{rule.id}")
    if not rule.enabled:
        row.refuse("enabled", "is false", "leave the row out instead")
    if rule.tightens is None:
        return
    versions = [
        one
        for one in law.rules
        if one.id == rule.tightens and (one.valid_to is None or one.valid_to > rule.valid_from)
    ]
    if not versions:
        row.refuse("tightens", f"names {rule.tightens}, which is no rule of law then", "mend it")
    for version in versions:
        _compare(row, rule, version)


def _compare(row: Row, rule: Rule, law: Rule) -> None:
    """Refuse the first dimension in which a row is looser than the law."""
    if rule.predicate != law.predicate:
        row.refuse("predicate", f"is not that of {law.id}", f"write {law.predicate}")
    if found := loosened(rule, law):
        problem, remedy = found
        row.refuse("params", f"loosens {law.id}: {problem}", remedy)


def loosened(rule: Rule, law: Rule) -> tuple[str, str] | None:
    """Say in which parameter a row is looser than a rule of its predicate, and the remedy.

    None: it is at least as strict in each.
    """
    predicate = PREDICATES[law.predicate]
    ways = predicate.tightens
    window = _WINDOW if "from" in predicate.params else frozenset()
    if window and not _within_everywhere(opening_of(rule.params), opening_of(law.params)):
        words = f"stay within {_window_words(law.params)}"
        return "its window is open when the law's is closed", words
    for name in dict.fromkeys([*law.params, *rule.params]):
        if name in window:
            continue
        ours, theirs = rule.params.get(name), law.params.get(name)
        way = ways.get(name, "same")
        if not _WAYS[way](ours, theirs):
            problem = f"{name} is {_shown(ours)}, where the law says {_shown(theirs)}"
            return problem, _remedy(name, way, theirs)
    return None


def _shown(value: Any) -> str:
    return "missing" if value is None else str(value)


def _remedy(name: str, way: str, law: Any) -> str:
    if law is None:
        return f"leave {name} out"
    words = {
        "down": f"write at most {law}",
        "up": f"write at least {law}",
        "more": f"name at least {law}",
        "fewer": f"name none beside {law}",
        "later": f"write {law} or later",
        "earlier": f"write {law} or earlier",
        "off": "write false",
    }
    return f"{words.get(way, f'write {law}')} for {name}"


def _window_words(params: Mapping[str, Any]) -> str:
    if "days" in params:
        return f"{params['days']}"
    return f"{params['from']} to {params['until']}"


def _within_everywhere(ours: Opening, law: Opening) -> bool:
    """Tell whether one opening is inside another on each weekday and holiday."""
    if not all(_within(mine, its) for mine, its in zip(ours.week, law.week, strict=True)):
        return False
    if law.calendar and law.calendar != ours.calendar:
        # On the law's holidays ours is open as on any weekday.
        return all(_within(mine, law.holiday) for mine in ours.week)
    if law.calendar:
        return _within(ours.holiday, law.holiday)
    return not ours.calendar or all(_within(ours.holiday, its) for its in law.week)


def _within(ours: Spans, law: Spans) -> bool:
    return all(any(lo <= opens and closes <= hi for lo, hi in law) for opens, closes in ours)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _at_most(ours: Any, law: Any) -> bool:
    """Compare numbers, or numbers by name with the same names."""
    if isinstance(law, Mapping) and isinstance(ours, Mapping):
        return set(ours) == set(law) and all(_at_most(ours[key], law[key]) for key in law)
    mine, its = _number(ours), _number(law)
    return _same(ours, law) or (mine is not None and its is not None and mine <= its)


def _at_least(ours: Any, law: Any) -> bool:
    return _at_most(law, ours)


def _covers(ours: Any, law: Any) -> bool:
    """Compare lists. Where the law names none, to name some would say something else."""
    if ours is None or law is None:
        return ours is law
    return {str(one) for one in law} <= {str(one) for one in ours}


def _is_covered(ours: Any, law: Any) -> bool:
    """Compare lists of exceptions: to name none is as strict as can be."""
    return ours is None or (law is not None and _covers(law, ours))


def _not_before(ours: Any, law: Any) -> bool:
    """Compare times of day or dates; both are written so that they order as texts."""
    return _same(ours, law) or (ours is not None and law is not None and _order(ours, law))


def _order(later: Any, earlier: Any) -> bool:
    same_sort = isinstance(later, date) == isinstance(earlier, date)
    return same_sort and str(later) >= str(earlier)


def _same(ours: Any, law: Any) -> bool:
    return bool(ours == law)


_WAYS: Mapping[str, Callable[[Any, Any], bool]] = {
    "down": _at_most,
    "up": _at_least,
    "more": _covers,
    "fewer": _is_covered,
    "later": _not_before,
    "earlier": lambda ours, law: _not_before(law, ours),
    "off": lambda ours, law: not ours or bool(law),
    "same": _same,
}
"""What makes a parameter stricter; one that has no way may not differ from the law's."""
