"""What follows from a disposition, besides that the attempt is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goodterms.accounts.decide import VERIFIED
from goodterms.accounts.model import HoldKind
from goodterms.calls.model import Disposition, Particulars


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a disposition does besides closing the attempt.

    ``hold`` on the accounts spoken about (``whole_person``: on everything), until
    ``release_rule``; ``wrong_number`` marks the contact point; ``opt_out`` revokes calls.
    ``fact`` is the kind of circumstance to record, with its ``data``, on the same.
    """

    hold: HoldKind | None = None
    release_rule: str = ""
    whole_person: bool = False
    wrong_number: bool = False
    opt_out: bool = False
    fact: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


_NOTHING = Particulars()
_PLAIN: Mapping[Disposition, Consequence] = {
    Disposition.BANKRUPTCY: Consequence(
        HoldKind.BANKRUPTCY, "the case is dismissed or closed without discharge", whole_person=True
    ),
    Disposition.DECEASED: Consequence(
        HoldKind.DECEASED, "the report proves wrong", whole_person=True
    ),
    Disposition.WRONG_NUMBER: Consequence(wrong_number=True),
    Disposition.OPT_OUT: Consequence(opt_out=True),
}


def consequence(disposition: Disposition, told: Particulars = _NOTHING) -> Consequence:
    """Return what follows from a disposition; nothing, for most.

    A dispute is recorded either way; in writing it stops contact about the debt until it is
    verified. A wish to be left alone closes the telephone; in writing it ends contact altogether.

    Reference: 12 CFR 1006.38(d), 1006.6(c)(1), 1006.14(h).
    """
    if disposition is Disposition.DISPUTE:
        return _dispute(told)
    if disposition is Disposition.CEASE:
        return _cease(told)
    if disposition is Disposition.ATTORNEY:
        return _attorney(told)
    return _PLAIN.get(disposition, Consequence())


def _dispute(told: Particulars) -> Consequence:
    data: dict[str, Any] = {"written": told.written, "about": "amount" if told.amount else "debt"}
    if told.amount:
        data["amount"] = told.amount
    hold = HoldKind.DISPUTED if told.written else None
    return Consequence(hold, VERIFIED, fact="dispute", data=data)


def _cease(told: Particulars) -> Consequence:
    if not told.written:
        return Consequence(opt_out=True)
    return Consequence(
        HoldKind.CEASE, "the consumer takes the request back in writing", whole_person=True
    )


def _attorney(told: Particulars) -> Consequence:
    known = {"name": told.name, "address": told.address}
    data = {name: text for name, text in known.items() if text}
    return Consequence(
        HoldKind.ATTORNEY, "the attorney consents or no longer acts", whole_person=True,
        fact="attorney", data=data,
    )  # fmt: skip
