"""The rulebook to read: rows by place, narrowed to what somebody looks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from goodterms.compliance.model import EVERYWHERE, Rule, Rulebook

STATES = ("in_force", "not_yet", "ended", "disabled")
"""How a row stands on a date; a disabled one is shown and never asked."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What rows are looked for; an empty field narrows nothing.

    ``place`` finds the places below it, too: ``US`` finds ``US-MA``. ``text`` is looked for in
    id, title, citation and reason code. ``signed``: yes or no.
    """

    place: str = ""
    evidence: str = ""
    moment: str = ""
    state: str = ""
    signed: str = ""
    text: str = ""


def state_of(rule: Rule, today: date) -> str:
    """Tell how a row stands on a date; see ``STATES``."""
    if not rule.enabled:
        return "disabled"
    if today < rule.valid_from:
        return "not_yet"
    return "ended" if rule.valid_to is not None and rule.valid_to <= today else "in_force"


def found(rulebook: Rulebook, sought: Sought, today: date) -> list[Rule]:
    """Return the rows that match, by place (house rules first), rule and version."""
    rows = [rule for rule in rulebook.rules if _matches(rule, sought, today)]
    return sorted(
        rows, key=lambda r: (r.jurisdiction != EVERYWHERE, r.jurisdiction, r.id, r.version)
    )


def _matches(rule: Rule, sought: Sought, today: date) -> bool:
    place, words = _spelt(sought.place), sought.text.casefold()
    held = (rule.id, rule.title, rule.citation, rule.reason_code)
    return (
        (not place or rule.jurisdiction == place or rule.jurisdiction.startswith(f"{place}-"))
        and (not sought.evidence or rule.evidence == sought.evidence)
        and (not sought.moment or sought.moment in rule.moments)
        and (not sought.state or state_of(rule, today) == sought.state)
        and (not sought.signed or (sought.signed == "yes") == (rule.signed_by is not None))
        and (not words or any(words in text.casefold() for text in held))
    )


def _spelt(place: str) -> str:
    """Spell a place as rows do: the UK is GB there."""
    land, dash, area = place.strip().upper().partition("-")
    return f"{'GB' if land == 'UK' else land}{dash}{area}"


def places_in(rulebook: Rulebook) -> list[str]:
    """Return the places whose law the rulebook holds, house rules first."""
    places = {rule.jurisdiction for rule in rulebook.rules}
    return sorted(places, key=lambda place: (place != EVERYWHERE, place))


def versions_of(rulebook: Rulebook, rule_id: str) -> list[Rule]:
    """Return all versions of a rule, the newest first; none if there is no such rule."""
    return [rule for rule in reversed(rulebook.rules) if rule.id == rule_id]
