"""What follows from a disposition."""

from __future__ import annotations

import pytest

from goodterms.accounts.decide.circumstances import check_data
from goodterms.accounts.model import HoldKind
from goodterms.calls.decide.consequences import Consequence, consequence
from goodterms.calls.model import Disposition, Particulars

WRITTEN = Particulars(written=True)


def test_an_oral_dispute_is_recorded_and_stops_nothing() -> None:
    """By word of mouth a dispute is on record for whoever furnishes the debt; contact goes on."""
    oral = consequence(Disposition.DISPUTE)
    assert (oral.hold, oral.fact, oral.data["written"]) == (None, "dispute", False)


def test_a_written_dispute_holds_the_debt_until_it_is_verified() -> None:
    """In writing it stops contact about the debt; a part of it is recorded as such."""
    written = consequence(Disposition.DISPUTE, Particulars(written=True, amount="35.50"))
    assert (written.hold, written.whole_person) == (HoldKind.DISPUTED, False)
    assert written.data == {"written": True, "about": "amount", "amount": "35.50"}


def test_a_spoken_wish_closes_the_telephone_and_a_written_one_everything() -> None:
    """Oral: the medium is closed. Written: contact ceases with the person."""
    assert consequence(Disposition.CEASE) == Consequence(opt_out=True)
    written = consequence(Disposition.CEASE, WRITTEN)
    assert (written.hold, written.whole_person) == (HoldKind.CEASE, True)


def test_an_attorney_is_recorded_with_what_is_known() -> None:
    """The person is held, and the attorney's name and address are on record where given."""
    known = consequence(Disposition.ATTORNEY, Particulars(name="Ann Roe", address="1 Court Sq"))
    assert (known.hold, known.whole_person, known.fact) == (HoldKind.ATTORNEY, True, "attorney")
    assert known.data == {"name": "Ann Roe", "address": "1 Court Sq"}
    assert consequence(Disposition.ATTORNEY).data == {}


@pytest.mark.parametrize("disposition", Disposition)
def test_what_follows_can_be_recorded(disposition: Disposition) -> None:
    """No disposition leads to a fact that the registry would refuse."""
    for told in (Particulars(), WRITTEN, Particulars(amount="1", name="A", address="B")):
        follows = consequence(disposition, told)
        if follows.fact:
            check_data(follows.fact, follows.data)


def test_the_others_have_their_consequences() -> None:
    """Bankruptcy and death hold the person, a wrong number is marked; a promise does nothing."""
    assert consequence(Disposition.BANKRUPTCY).hold is HoldKind.BANKRUPTCY
    assert consequence(Disposition.DECEASED).whole_person
    assert consequence(Disposition.WRONG_NUMBER).wrong_number
    assert consequence(Disposition.OPT_OUT).opt_out
    assert consequence(Disposition.PROMISE) == Consequence()
