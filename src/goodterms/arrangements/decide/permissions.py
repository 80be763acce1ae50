"""Fees that may not exist: no fee, interest or expense without a positive permission.

Reference: 15 USC 1692f(1); 12 CFR 1006.22(b).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from goodterms.arrangements.decide.kinds import Unit, read
from goodterms.arrangements.decide.reading import Document, Path

NOT_AUTHORISED = "FEE_NOT_AUTHORISED"
ANY = "*"
_NEEDED = ("id", "fee", "jurisdiction", "actor", "permitted", "citation", "valid_from", "evidence")
_ALLOWED = ("client", "product", "channel", "instrument", "cap", "basis", "valid_to", "signed_by")
_ACTORS = ("creditor", "first_party", "debt_collector", ANY)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where, for whom and how money is asked for."""

    jurisdiction: str = ""
    client: str = ""
    product: str = ""
    actor: str = "debt_collector"
    channel: str = ""
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """A row of the fee-permission table, with its provenance."""

    id: str
    fee: str
    jurisdiction: str
    client: str
    product: str
    actor: str
    channel: str
    instrument: str
    permitted: bool
    cap: Decimal | None
    basis: str
    citation: str
    evidence: str
    signed_by: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a fee may be taken, up to what, by which rows, and why not."""

    permitted: bool
    cap: Decimal | None
    rows: tuple[Permission, ...]
    because: str


def ruling(rows: Iterable[Permission], fee: str, situation: Situation, on: date) -> Ruling:
    """Rule on a fee: a prohibition beats a permission, the lowest cap counts, silence is no."""
    found = [row for row in rows if _matches(row, fee, situation, on)]
    forbidden = tuple(row for row in found if not row.permitted)
    if forbidden:
        return Ruling(False, None, forbidden, f"{forbidden[0].citation} forbids it")
    if not found:
        return Ruling(False, None, (), "no row of the permission table allows it")
    good = tuple(row for row in found if row.basis and row.signed_by)
    if not good:
        lacks = "no clause or statute" if not found[0].basis else "no signature"
        return Ruling(False, None, tuple(found), f"row {found[0].id} has {lacks}")
    caps = [row.cap for row in good if row.cap is not None]
    return Ruling(True, min(caps, default=None), good, good[0].basis)


def _matches(row: Permission, fee: str, situation: Situation, on: date) -> bool:
    if row.fee not in (fee, ANY) or on < row.valid_from:
        return False
    if row.valid_to is not None and on >= row.valid_to:
        return False
    within = row.jurisdiction == ANY or (situation.jurisdiction + "-").startswith(
        row.jurisdiction + "-"
    )
    return within and all(
        said in (ANY, asked)
        for said, asked in (
            (row.client, situation.client),
            (row.product, situation.product),
            (row.actor, situation.actor),
            (row.channel, situation.channel),
            (row.instrument, situation.instrument),
        )
    )


def build(doc: Document) -> tuple[Permission, ...]:
    """Read a file of permissions; a row without a citation and date does not load."""
    found: list[Permission] = []
    raw = doc.content.get("permissions")
    if not isinstance(raw, list):
        doc.fault(("permissions",), "is no list", "write '- id: …' rows")
        return ()
    for n, item in enumerate(raw):
        row = _row(doc, ("permissions", n), item)
        if row is not None:
            found.append(row)
    return tuple(found)


def _row(doc: Document, path: Path, item: Any) -> Permission | None:
    if not doc.keys(path, item, _ALLOWED, _NEEDED):
        return None
    if not isinstance(item["permitted"], bool) or item["actor"] not in _ACTORS:
        doc.fault(path, f"permitted '{item['permitted']}' for '{item['actor']}'",
                  f"write true or false, for one of {', '.join(_ACTORS)}")  # fmt: skip
        return None
    start = doc.day((*path, "valid_from"), item["valid_from"])
    end = None if item.get("valid_to") is None else doc.day((*path, "valid_to"), item["valid_to"])
    try:
        cap = None if item.get("cap") is None else read(item["cap"], Unit.MONEY)
    except ValueError as error:
        doc.fault((*path, "cap"), str(error), "write it in quotes, e.g. '3.00'")
        return None
    if start is None:
        return None
    texts = {k: item.get(k) or ANY for k in ("client", "product", "channel", "instrument")}
    return Permission(
        id=item["id"], fee=item["fee"], jurisdiction=item["jurisdiction"], actor=item["actor"],
        permitted=item["permitted"], cap=cap, basis=item.get("basis") or "",
        citation=item["citation"], evidence=item["evidence"],
        signed_by=item.get("signed_by") or "", valid_from=start, valid_to=end, **texts,
    )  # fmt: skip
