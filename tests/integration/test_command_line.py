"""The commands of the command line on a real database."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.postgres

HEADER = (
    "creditor,creditor_name,placement,account,consumer,given_name,family_name,postal_code,"
    "principal,due_on,phone_mobile\n"
)
GOOD = "mercy,Mercy Hospital,p1,A-1,C-1,Ann,Example,10001,120.50,2026-06-01,+12125550123\n"
BAD = "mercy,Mercy Hospital,p1,A-2,C-2,Bob,Example,10001,-5,2026-06-01,+12125550124\n"


async def goodterms(*arguments: str, url: str | None, home: Path, **extra: str) -> tuple[int, str]:
    """Run the program as a person would; return its exit code and all it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GOODTERMS_")}
    environment |= {"GOODTERMS_HOME": str(home), "COLUMNS": "200", **extra}
    if url is not None:
        environment["GOODTERMS_DATABASE_URL"] = url
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "goodterms", *arguments,
        env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await running.communicate()
    assert running.returncode is not None
    text = output.decode()
    assert "Traceback" not in text, text
    return running.returncode, text


def _refused(folder: Path) -> str:
    return next(folder.glob("*refused*.csv")).read_text()


async def test_import_takes_what_is_right_and_names_what_is_not(
    database_url: str, tmp_path: Path
) -> None:
    """One row is placed, one is refused into a file with the reason, and why answers on it."""
    file = tmp_path / "debts.csv"
    file.write_text(HEADER + GOOD + BAD)
    code, said = await goodterms("import", str(file), url=database_url, home=tmp_path)
    assert code == 0, said
    assert "new accounts" in said
    assert "row 3" in said or "row 2" in said
    refused = _refused(tmp_path)
    assert "A-2" in refused
    assert "A-1" not in refused

    code, said = await goodterms("why", "A-1", url=database_url, home=tmp_path)
    assert code == 0, said
    assert "CID_NOT_OWNED" in said or "caller ID" in said  # no number is registered yet

    code, said = await goodterms("check", url=database_url, home=tmp_path)
    assert code == 0, said
    assert "Every invariant holds" in said


async def test_importing_again_changes_nothing(database_url: str, tmp_path: Path) -> None:
    """The same file twice leaves one account."""
    file = tmp_path / "debts.csv"
    file.write_text(HEADER + GOOD)
    await goodterms("import", str(file), url=database_url, home=tmp_path)
    code, said = await goodterms("import", str(file), url=database_url, home=tmp_path)
    assert code == 0, said
    row = next(line for line in said.splitlines() if "unchanged" in line)
    assert "1" in row


async def test_an_unreachable_database_is_one_sentence(tmp_path: Path) -> None:
    """A database that is not there is said with its remedy, and the exit code is 2."""
    url = "postgresql://nobody@127.0.0.1:1/none"
    code, said = await goodterms("check", url=url, home=tmp_path)
    assert code == 2
    assert "cannot be reached" in said
    assert "goodterms up" in said


async def test_an_unknown_account_is_one_sentence(database_url: str, tmp_path: Path) -> None:
    """Asking why about nobody says how to ask."""
    code, said = await goodterms("why", "NOBODY", url=database_url, home=tmp_path)
    assert code == 2
    assert "There is no account and no campaign 'NOBODY'" in said


async def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    """A misspelt setting stops every command with its name."""
    code, said = await goodterms("migrate", url=None, home=tmp_path, GOODTERMS_PROT="1")
    assert code == 2
    assert "GOODTERMS_PROT is no setting" in said


@pytest.mark.parametrize(
    "command", ["up", "demo", "web", "engine", "worker", "import", "migrate", "doctor", "why"]
)
async def test_each_command_has_help(command: str, tmp_path: Path) -> None:
    """Every command explains itself."""
    code, said = await goodterms(command, "--help", url=None, home=tmp_path)
    assert code == 0
    assert "Usage" in said
    assert len(said) > 200


async def test_quote_explains_an_account_twice(database_url: str, tmp_path: Path) -> None:
    """The quote has every line and option with both explanations, and any day as JSON."""
    file = tmp_path / "debts.csv"
    file.write_text(HEADER + GOOD)
    await goodterms("import", str(file), url=database_url, home=tmp_path)
    code, said = await goodterms("quote", "A-1", url=database_url, home=tmp_path)
    assert code == 0, said
    assert "Principal: 120.50 USD, as posted in the ledger." in said
    assert "The amount you owe Mercy Hospital" in said
    assert "FEE_NOT_AUTHORISED" in said
    assert "plan 120.50 USD" in said
    before = ["quote", "A-1", "--json", "--as-of", "2026-06-30"]
    code, said = await goodterms(*before, url=database_url, home=tmp_path)
    assert code == 0, said
    assert json.loads(said)["total"] == {"amount": "0.00", "currency": "USD"}


async def test_policies_are_compared_over_the_live_portfolio(
    database_url: str, tmp_path: Path
) -> None:
    """The shipped policies against themselves affect nobody."""
    await goodterms("migrate", url=database_url, home=tmp_path)
    words = ["policy", "diff", "shipped", "shipped"]
    code, said = await goodterms(*words, url=database_url, home=tmp_path)
    assert code == 0, said
    assert "affected" in said
