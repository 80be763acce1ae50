"""The rulebook to read: rows by place with their evidence, and each row's full text."""

from __future__ import annotations

import csv
import inspect
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import yaml
from babel import Locale
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from goodterms.access.model import Role
from goodterms.compliance.decide.catalogue import (
    STATES,
    Sought,
    found,
    places_in,
    state_of,
    versions_of,
)
from goodterms.compliance.decide.predicates import PREDICATES
from goodterms.compliance.decide.rows import content_of
from goodterms.compliance.model import EVERYWHERE, Moment, ReasonCode, Rule
from goodterms.kit.errors import NotFound
from goodterms.web.context import Signed, Web, web_of
from goodterms.web.languages import later
from goodterms.web.listing import Column, Listing
from goodterms.web.pages import page
from goodterms.web.sessions import signed_in

router = APIRouter(include_in_schema=False)
WebHere = Annotated[Web, Depends(web_of)]
Reader = Annotated[
    Signed, Depends(signed_in(Role.AGENT, Role.COMPLIANCE, Role.SUPERVISOR, Role.MANAGER))
]
PAGE = 50

COLUMNS = (
    Column("rule", later("Rule"), essential=True),
    Column("place", later("Place")),
    Column("valid", later("In force")),
    Column("evidence", later("Evidence")),
    Column("signed", later("Signed by")),
    Column("asked", later("Asked")),
)
EVIDENCE = {
    "verified": (later("Verified"), "go", later("The text of the law was read.")),
    "secondary": (later("Secondary"), "", later("A secondary source was read, not the law.")),
    "unverified": (later("Unverified"), "wait", later("From memory: nobody has read the law yet.")),
    "design": (later("House rule"), "act", later("A rule of the house, not of the law.")),
}
LOOKS = {
    "in_force": (later("Yes"), "go"),
    "not_yet": (later("Not yet"), "wait"),
    "ended": (later("No longer"), ""),
    "disabled": (later("Disabled"), "stop"),
}
_FIELDS = ("id", "version", "jurisdiction", "valid_from", "valid_to", "moments", "predicate",
           "reason_code", "citation", "evidence", "enabled", "signed_by", "title")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to, as the address says it; what is not known narrows nothing."""

    place: str = ""
    evidence: str = ""
    moment: str = ""
    state: str = ""
    signed: str = ""
    q: str = ""
    after: str = ""
    format: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The filters in force, as they stand in addresses."""
        return {
            "place": self.place.replace("\0", "")[:20],
            "evidence": self.evidence if self.evidence in EVIDENCE else "",
            "moment": self.moment if self.moment in set(Moment) else "",
            "state": self.state if self.state in STATES else "",
            "signed": self.signed if self.signed in ("yes", "no") else "",
            "q": self.q.replace("\0", "").strip()[:80],
        }

    def rows(self, web: Web, today: date) -> list[Rule]:
        """Return the rows that match."""
        said = self.query
        sought = Sought(said["place"], said["evidence"], said["moment"], said["state"],
                        said["signed"], said["q"])  # fmt: skip
        return found(web.compliance.rulebook, sought, today)


@router.get("/audit/rulebook")
async def rows(
    request: Request,
    web: WebHere,
    signed: Reader,  # noqa: ARG001 - only for staff
    wanted: Annotated[Wanted, Depends()],
) -> Response:
    """List the rules by place."""
    today = web.clock.now().date()
    matching = wanted.rows(web, today)
    if wanted.format == "csv":
        return _csv(matching, today)
    keys = [_key(rule) for rule in matching]
    start = keys.index(wanted.after) + 1 if wanted.after in keys else 0
    shown = matching[start : start + PAGE]
    last = _key(shown[-1]) if start + PAGE < len(matching) else None
    query = wanted.query
    return page(
        request,
        "audit/rulebook.html",
        listing=Listing("rulebook", "/audit/rulebook", COLUMNS, query, after=last, later=start > 0),
        rows=[(rule, state_of(rule, today)) for rule in shown],
        total=len(matching),
        query=query,
        filtered=any(query.values()),
        places=places_in(web.compliance.rulebook),
        moments=list(Moment),
        evidence=EVIDENCE,
        looks=LOOKS,
        place_name=place_name,
        rulebook=web.compliance.rulebook,
    )


@router.get("/audit/rulebook/{rule_id}")
async def row(
    request: Request,
    web: WebHere,
    signed: Reader,  # noqa: ARG001 - only for staff
    rule_id: str,
) -> Response:
    """Show one rule with all that its row says, in every version."""
    versions = versions_of(web.compliance.rulebook, rule_id)
    if not versions:
        raise NotFound("RULE", f"There is no rule {rule_id}: look for it in the rulebook.")
    today = web.clock.now().date()
    return page(
        request,
        "audit/rule.html",
        versions=[(rule, state_of(rule, today), _yaml(rule)) for rule in versions],
        rule=versions[0],
        test=_test(versions[0]),
        meaning=ReasonCode(versions[0].reason_code).meaning,
        evidence=EVIDENCE,
        looks=LOOKS,
        place_name=place_name,
    )


def place_name(jurisdiction: str, language: str) -> str:
    """Name a place in the reader's language: its country, with the code of what is below it."""
    land, _, area = jurisdiction.partition("-")
    if jurisdiction == EVERYWHERE:
        return ""
    name = Locale.parse(language).territories.get(land, land)
    return f"{name}, {area}" if area else str(name)


def _test(rule: Rule) -> str:
    """Say what the rule's predicate tests, in the words it is documented with."""
    said = PREDICATES[rule.predicate].make.__doc__ or ""
    return inspect.cleandoc(said).replace("``", "")


def _key(rule: Rule) -> str:
    return f"{rule.id}/{rule.version}"


def _yaml(rule: Rule) -> str:
    """Write a row as it stands in a file of the rulebook."""
    whole = content_of([rule])[0]
    order = [*_FIELDS, *(name for name in whole if name not in _FIELDS)]
    held = {
        name: sorted(str(one) for one in value)
        if isinstance(value := whole[name], frozenset)
        else value
        for name in order
    }
    return yaml.safe_dump([held], sort_keys=False, allow_unicode=True, width=76,
                          default_flow_style=None)  # fmt: skip


def _csv(matching: Sequence[Rule], today: date) -> Response:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["id", "version", "jurisdiction", "title", "valid_from", "valid_to", "evidence",
         "citation", "signed_by", "state"]
    )  # fmt: skip
    for rule in matching:
        writer.writerow(
            [rule.id, rule.version, rule.jurisdiction, rule.title, rule.valid_from,
             rule.valid_to or "", rule.evidence, rule.citation, rule.signed_by or "",
             state_of(rule, today)]
        )  # fmt: skip
    head = {"Content-Disposition": 'attachment; filename="rulebook.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=head)
