"""The kit's promises about money, ids, phones and life cycles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from goodterms.arrangements.model import PROMISE, PromiseEvent, PromiseState
from goodterms.calls.live import LiveCall
from goodterms.calls.model import Phase
from goodterms.kit import plainjson
from goodterms.kit.change import changed
from goodterms.kit.errors import IllegalTransition
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money, MoneyError
from goodterms.kit.phone import PhoneError, masked, parse_phone
from goodterms.kit.sql import id_array, text_array

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_money_adds_exactly() -> None:
    """Ten cents added three times are thirty cents."""
    dime = Money.of("0.10")
    assert dime + dime + dime == Money.of("0.30")
    assert (dime - Money.of("0.30")).minor == -20


@pytest.mark.parametrize("text", ["1.005", "NaN", "ten", ""])
def test_money_refuses_what_is_not_exact(text: str) -> None:
    """An amount with excess decimals, or none at all, is refused."""
    with pytest.raises(MoneyError):
        Money.of(text)


def test_money_refuses_floats() -> None:
    """A float is refused even when it looks harmless."""
    with pytest.raises(MoneyError):
        Money.of(12.5)  # type: ignore[arg-type]
    with pytest.raises(MoneyError):
        Money(12.5)  # type: ignore[arg-type]


def test_money_does_not_mix_currencies() -> None:
    """Dollars and euros are not added."""
    with pytest.raises(MoneyError):
        Money.of("1.00") + Money.of("1.00", "EUR")


def test_money_keeps_each_currency_to_its_minor_unit() -> None:
    """A yen has no cents and a dinar has a thousand fils."""
    assert Money.of("100", "JPY").minor == 100
    assert Money.of("1.234", "KWD").minor == 1234
    assert str(Money.from_minor(123456)) == "1,234.56 USD"


def test_ids_sort_by_time() -> None:
    """An identifier made a millisecond later sorts later."""
    first = new_id("att", NOON)
    second = new_id("att", NOON + timedelta(milliseconds=1))
    assert first < second
    assert first.startswith("att_")
    assert len(first) == 30


def test_phone_reads_what_people_write() -> None:
    """A national number becomes E.164 with its zones."""
    phone = parse_phone("(212) 555-0123")
    assert phone.e164 == "+12125550123"
    assert phone.zones == ("America/New_York",)
    assert masked(phone.e164) == "+1212•••0123"


@pytest.mark.parametrize("text", ["123", "call me", "+1 111 555 0123", ""])
def test_phone_refuses_what_is_no_number(text: str) -> None:
    """A text that is no number in use is refused with an example."""
    with pytest.raises(PhoneError, match=r"e\.g\."):
        parse_phone(text)


def test_life_cycle_refuses_what_its_table_lacks() -> None:
    """A promise that was kept cannot be broken afterwards."""
    kept = PROMISE.step(PromiseState.OPEN, PromiseEvent.PAID)
    assert kept is PromiseState.KEPT
    with pytest.raises(IllegalTransition, match="kept cannot take the step 'missed'"):
        PROMISE.step(kept, PromiseEvent.MISSED)


def test_json_keeps_money_exact() -> None:
    """Decimals become text and keys are in order in the canonical form."""
    assert plainjson.canonical({"b": Decimal("1.10"), "a": NOON}) == (
        b'{"a":"2026-11-22T12:00:00+00:00","b":"1.10"}'
    )
    with pytest.raises(TypeError):
        plainjson.dumps(object())


def test_arrays_as_one_parameter() -> None:
    """Lists are written as one text; what would split a text in two is refused."""
    assert id_array([1, None, 3]) == "{1,NULL,3}"
    assert id_array([]) == "{}"
    assert text_array(["a,b", None, 'c"']) == f'a,b{chr(30)}{chr(30)}c"'
    assert text_array([]) == ""
    for texts in ([f"a{chr(30)}b"], ["a", f"{chr(30)}b"]):
        with pytest.raises(ValueError, match="30"):
            text_array(texts)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("120", "120.00"),
        ("$1,240.50", "1240.50"),
        ("1,240", "1240.00"),
        ("120,50", "120.50"),
        (" 7.5 USD ", "7.50"),
    ],
)
def test_money_is_read_as_people_write_it(text: str, amount: str) -> None:
    """Points and commas are understood where they can mean one thing only."""
    assert Money.written(text) == Money(Decimal(amount))


@pytest.mark.parametrize("text", ["", "1.000,00", "12,5", "1,24,0", "1e3", "NaN", "12.345"])
def test_money_that_could_mean_two_things_is_refused(text: str) -> None:
    """An amount is never guessed."""
    with pytest.raises(MoneyError):
        Money.written(text)


def test_a_changed_copy_is_what_replace_makes() -> None:
    """The copy differs in the fields named only, the original in none; others are refused."""
    call = LiveCall("att_1", 1, 1, "carrier", 25, amd=False, deadline=NOON)
    copy = changed(call, phase=Phase.RINGING, rung_out=True)
    assert copy == replace(call, phase=Phase.RINGING, rung_out=True)
    assert (call.phase, call.rung_out) == (Phase.WAITING, False)
    with pytest.raises(TypeError, match="no field 'colour'"):
        changed(call, colour="red")
