"""The invented portfolios: fictional, reproducible, and callable at any hour."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from goodterms.intake.decide.columns import find_columns
from goodterms.intake.decide.rows import RowReader
from goodterms.intake.model import RowRefused
from goodterms.intake.sample.model import PLACES
from goodterms.intake.sample.portfolio import ACCOUNTS, BAD_ROWS, as_csv, portfolio, top_up
from goodterms.kit.phone import parse_phone
from goodterms.kit.postcodes import zones_of

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "examples" / "portfolio.csv").read_text(encoding="utf-8")
FICTIONAL = re.compile(r"\(\d{3}\) 555-01\d\d$")


def _taken(rows: list[list[str]]) -> tuple[int, list[str]]:
    """Check rows as an import does; return how many are taken in, and the refusals."""
    reader = RowReader(find_columns(rows[0]), date(2026, 11, 22))
    seen, refusals = set(), []
    for number, cells in enumerate(rows[1:], start=2):
        try:
            row = reader.read(number, cells)
        except RowRefused as error:
            refusals.append(str(error))
            continue
        if (row.creditor_reference, row.account_reference) in seen:
            refusals.append("This account is in the file twice.")
        seen.add((row.creditor_reference, row.account_reference))
    return len(seen), refusals


def test_the_shipped_file_is_the_generated_one() -> None:
    """Whoever changes the generator ships its new file."""
    assert as_csv(portfolio()) == SHIPPED


def test_the_portfolio_has_its_accounts_and_its_bad_rows() -> None:
    """2,000 accounts are taken in, 25 rows are refused for many different reasons."""
    taken, refusals = _taken(portfolio())
    assert taken == ACCOUNTS
    assert len(refusals) == BAD_ROWS
    assert len({re.sub(r"'[^']*'", "…", text) for text in refusals}) >= 12


def test_every_number_is_fictional_and_every_persona_occurs() -> None:
    """Numbers lie in 555-01XX, and each way of answering has some."""
    rows = list(csv.DictReader(SHIPPED.splitlines()))
    columns = ("phone_mobile", "phone_home", "phone_work")
    numbers = [row[c] for row in rows for c in columns if row[c]]
    odd = [number for number in numbers if not FICTIONAL.match(number)]
    assert len(odd) == 4  # the bad ones
    used = {int(n[-2:]) for n in numbers if FICTIONAL.match(n)}
    assert used == set(range(96))


@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.city)
def test_area_codes_and_zip_codes_agree_on_one_zone(place: object) -> None:
    """In an orderly place nobody's zone is in doubt."""
    assert place in PLACES
    for known in (p for p in PLACES if p == place):
        for code in known.area_codes:
            assert parse_phone(f"+1{code}5550100").zones == (known.zone,), code
        for postal_code in known.zips:
            assert zones_of("US", postal_code) == (known.zone,), postal_code


@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize("hour", range(24))
def test_somebody_is_awake_at_every_hour(hour: int, month: int) -> None:
    """Topped-up people may lawfully be called now; from 11 to 12 UTC they live abroad."""
    now = datetime(2026, month, 22, hour, 20, tzinfo=UTC)
    made = top_up(now, consumers=40)
    # At 11:20 UTC 21:00 in Guam has passed and 8:00 in Puerto Rico has not come.
    assert (made.zones == ("Europe/Berlin",)) == (hour == 11)
    for zone in made.zones:
        local = now.astimezone(ZoneInfo(zone))
        assert 8 <= local.hour < 21, zone
    taken, refusals = _taken(made.rows)
    assert refusals == []
    assert taken >= 40


def test_a_demo_started_just_before_closing_time_has_time() -> None:
    """People whose day ends within the half hour are not chosen while others are awake."""
    now = datetime(2026, 11, 22, 22, 45, tzinfo=UTC)  # 17:45 in New York
    made = top_up(now, consumers=10)
    for zone in made.zones:
        assert (now + timedelta(minutes=30)).astimezone(ZoneInfo(zone)).hour < 18


def test_each_demo_tops_up_with_new_people() -> None:
    """Another instant makes other people, the same instant the same."""
    now = datetime(2026, 11, 22, 18, tzinfo=UTC)
    assert top_up(now).rows == top_up(now).rows
    people = {row[6] for row in top_up(now).rows[1:]}
    assert not people & {row[6] for row in top_up(now + timedelta(seconds=1)).rows[1:]}


def test_the_personas_of_the_carrier_cover_the_numbers() -> None:
    """Every number the portfolio uses is answered by a persona that is not kept for tests."""
    path = ROOT / "asterisk" / "carrier" / "personas.yaml"
    covered = set()
    for persona in yaml.safe_load(path.read_text(encoding="utf-8"))["personas"]:
        first, _, last = persona["slots"].partition("-")
        if not persona.get("reserved"):
            covered |= set(range(int(first), int(last) + 1))
    assert covered == set(range(96))
