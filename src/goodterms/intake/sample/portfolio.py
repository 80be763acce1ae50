"""Making invented portfolios: the same seed makes the same file, to the byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from goodterms.intake.sample.model import (
    CREDITORS,
    FAMILY_NAMES,
    FAR_PLACES,
    GIVEN_NAMES,
    HEADER,
    HOLDS,
    OPT_OUTS,
    PLACES,
    STREETS,
    WIDE_PLACES,
    Place,
    SampleCreditor,
)

Row = dict[str, str]

ACCOUNTS = 2_000
BAD_ROWS = 25
_SEED = 20261101
_TODAY = date(2026, 11, 1)
# The last two digits choose who answers; those from 96 on are kept for tests and benchmarks.
_ANSWERS = 96
_COMFORTABLE = (9, 18)
_LAWFUL = (8, 21)
# A demo runs for a while: whoever is called must still be awake at its end.
_MARGIN = timedelta(minutes=30)


@dataclass(slots=True)
class _Numbers:
    """Hands out fictional numbers of an area code in random order, each once per round."""

    dice: Random
    left: dict[str, list[int]] = field(default_factory=dict)

    def next(self, area_code: str) -> str:
        left = self.left.get(area_code)
        if not left:
            left = self.left[area_code] = list(range(_ANSWERS))
            self.dice.shuffle(left)
        if area_code.startswith("+"):
            return f"{area_code}0{left.pop():02}"
        return f"({area_code}) 555-01{left.pop():02}"


@dataclass(slots=True)
class _Maker:
    """Makes people and their debts."""

    dice: Random
    prefix: str
    today: date
    numbers: _Numbers
    people: int = 0
    debts: int = 0

    def person(self, place: Place, *, orderly: bool = False) -> Row:
        """Make a person of a place; an orderly one has only numbers of that place."""
        self.people += 1
        dice = self.dice
        given, family = dice.choice(GIVEN_NAMES), dice.choice(FAMILY_NAMES)
        row = dict.fromkeys(HEADER, "")
        row.update(
            consumer=f"{self.prefix}{self.people:05}",
            given_name=given,
            family_name=family,
            birth_date=(date(1945, 1, 1) + timedelta(days=dice.randrange(58 * 365))).isoformat(),
            language="es" if dice.random() < 0.1 else "en",  # noqa: PLR2004 - one in ten
            street=f"{dice.randrange(1, 990)} {dice.choice(STREETS)}",
            city=place.city,
            state=place.region,
            zip=dice.choice(place.zips),
            phone_mobile=self.numbers.next(dice.choice(place.area_codes)),
        )
        if dice.random() < 0.55:  # noqa: PLR2004 - about half
            row["phone_home"] = self.numbers.next(dice.choice(place.area_codes))
        if dice.random() < 0.2:  # noqa: PLR2004 - one in five
            row["phone_work"] = self.numbers.next(dice.choice(place.area_codes))
        if dice.random() < 0.6:  # noqa: PLR2004 - most
            row["email"] = f"{given}.{family}@example.{dice.choice(['com', 'org', 'net'])}".lower()
        if not orderly:
            self._complicate(row)
        return row

    def _complicate(self, row: Row) -> None:
        """Give some people what makes calling them difficult."""
        dice, chance = self.dice, self.dice.random()
        if chance < 0.04:  # noqa: PLR2004 - moved away and kept the number: two zones
            row["phone_mobile"] = self.numbers.next(dice.choice(dice.choice(PLACES).area_codes))
        elif chance < 0.06:  # noqa: PLR2004 - no address
            row.update(street="", city="", state="", zip="")
        elif chance < 0.08:  # noqa: PLR2004 - no number at all
            row.update(phone_mobile="", phone_home="", phone_work="")
        elif chance < 0.11:  # noqa: PLR2004 - opted out
            row["opt_out"] = dice.choice(OPT_OUTS)
        elif chance < 0.3:  # noqa: PLR2004 - agreed to calls
            row["consent_call"] = "yes"

    def debt(self, person: Row, creditor: SampleCreditor) -> Row:
        """Make a debt of a person."""
        self.debts += 1
        dice = self.dice
        principal = Decimal(dice.randrange(creditor.lowest * 100, creditor.highest * 100)).scaleb(
            -2
        )
        overdue = dice.randrange(35, 900)
        due_on = self.today - timedelta(days=overdue)
        row = dict(person)
        row.update(
            creditor=creditor.reference,
            creditor_name=creditor.name,
            creditor_spoken_name=creditor.spoken_name,
            placement=f"{creditor.reference}-{self.today:%Y-%m}",
            placed_on=self.today.isoformat(),
            account=f"{creditor.reference[:2]}-{self.prefix}{self.debts:06}",
            currency="USD",
            principal=f"{principal:.2f}",
            description=creditor.description,
            opened_on=(due_on - timedelta(days=dice.randrange(30, 1200))).isoformat(),
            due_on=due_on.isoformat(),
        )
        if creditor.interest_percent:
            yearly = principal * creditor.interest_percent / 100
            row["interest"] = f"{yearly * overdue / 365:.2f}"
        for fee in ("late_fee", "service_fee", "court_cost"):
            if dice.random() < 0.4:  # noqa: PLR2004 - some
                row[fee] = getattr(creditor, fee)
        return row


def portfolio() -> list[list[str]]:
    """Make the portfolio that ships: its header, 2,000 accounts, and 25 rows that are wrong."""
    dice = Random(_SEED)  # noqa: S311 - an invented portfolio, not a secret
    maker = _Maker(dice, "C", _TODAY, _Numbers(dice))
    rows: list[Row] = []
    places = [*PLACES, *WIDE_PLACES]
    weights = [place.weight for place in places]
    while len(rows) < ACCOUNTS:
        [place] = dice.choices(places, weights)
        person = maker.person(place)
        several = dice.choices((1, 2, 3, 4), (58, 27, 11, 4))[0]
        for creditor in dice.sample(CREDITORS, min(several, ACCOUNTS - len(rows))):
            rows.append(maker.debt(person, creditor))
            if dice.random() < 0.05:  # noqa: PLR2004 - one in twenty is on hold
                rows[-1]["hold"], rows[-1]["hold_source"] = dice.choice(HOLDS)
    lines = [list(row.values()) for row in rows]
    for bad in _bad_rows(maker, rows):
        # A duplicate comes after the row that it repeats: at the end.
        lines.insert(dice.randrange(len(lines)) if bad[1] else len(lines), bad[0])
    return [list(HEADER), *lines]


def _bad_rows(maker: _Maker, rows: Sequence[Row]) -> Iterator[tuple[list[str], bool]]:
    """Make the wrong rows; the flag tells those that may stand anywhere."""
    wrong = (
        *[("phone_mobile", text) for text in ("555-01", "unknown", "(212) 055-0199", "+1 999")],
        *[("principal", text) for text in ("-120.00", "(85.10)", "-0.01", "about 300", "1.234,50")],
        *[("account", ""), ("account", ""), ("family_name", "")],
        *[("currency", text) for text in ("XBT", "Dollars")],
        *[("due_on", text) for text in ("2026-02-30", "13/45/2025", "last spring")],
        *[("hold", text) for text in ("parked", "vip")],
        *[("email", text) for text in ("nobody at example.com", "ada@example")],
        ("zip", "ABCDE"),
    )
    for column, text in wrong:
        person = maker.person(maker.dice.choice(PLACES))
        row = maker.debt(person, maker.dice.choice(CREDITORS))
        row[column] = text
        yield list(row.values()), True
    person = maker.person(maker.dice.choice(PLACES))
    row = maker.debt(person, maker.dice.choice(CREDITORS))
    yield [*row.values(), "one cell too many"], True
    for original in maker.dice.sample(rows, BAD_ROWS - len(wrong) - 1):
        again = dict(original, principal="1.00")
        yield list(again.values()), False


@dataclass(frozen=True, slots=True)
class TopUp:
    """People for whom it is daytime: the rows of their file, and the zones they live in."""

    rows: list[list[str]]
    zones: tuple[str, ...]


def top_up(now: datetime, consumers: int = 200) -> TopUp:
    """Make people who live where it is daytime now; the same instant makes the same people."""
    places = _awake(now)
    stamp = f"{now:%y%m%d%H%M%S}"
    dice = Random(stamp)  # noqa: S311 - invented people, not a secret
    maker = _Maker(dice, f"T{stamp}-", now.date(), _Numbers(dice))
    rows = []
    for _ in range(consumers):
        person = maker.person(dice.choice(places), orderly=True)
        several = dice.choices((1, 2, 3), (70, 22, 8))[0]
        rows += [maker.debt(person, creditor) for creditor in dice.sample(CREDITORS, several)]
    lines = [list(HEADER), *(list(row.values()) for row in rows)]
    return TopUp(lines, tuple(sorted({place.zone for place in places})))


def _awake(at: datetime) -> list[Place]:
    """Return the places where people may be called, those in comfortable hours if any.

    Addresses abroad are chosen only if people in no other place may be called until the end.
    """
    for chosen, first, last, margin in (
        (PLACES, *_COMFORTABLE, _MARGIN),
        (PLACES, *_COMFORTABLE, timedelta(0)),
        (PLACES, *_LAWFUL, _MARGIN),
        (FAR_PLACES, *_LAWFUL, _MARGIN),
    ):
        found = [
            place
            for place in chosen
            if _between(at, place, first, last) and _between(at + margin, place, first, last)
        ]
        if found:
            return found
    return []


def _between(at: datetime, place: Place, first: int, last: int) -> bool:
    return first <= at.astimezone(ZoneInfo(place.zone)).hour < last


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """Write rows as the text of a CSV file."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
