"""The rulebook as its readers and programs find it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.fakes.desk import Desk, make_desk
from tests.fakes.web import browser, make_web, program

from goodterms.access.model import Role
from goodterms.kit.sql import Pool

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    """Give the pages with somebody who audits signed in."""
    made = make_desk(pool, browser)
    async with made.client:
        await made.enter(Role.COMPLIANCE)
        yield made


async def test_rows_are_narrowed_and_exported(desk: Desk) -> None:
    """The list narrows by place, evidence and words, and gives the same rows as CSV."""
    poland = (await desk.client.get("/audit/rulebook?place=PL")).text
    assert "PL-INT-1 v1" in poland
    assert "Disabled" in poland
    assert "UK-BS-1" not in poland
    unverified = (await desk.client.get("/audit/rulebook?place=GB&evidence=unverified")).text
    assert "UK-CONC-1 v1" in unverified
    assert "UK-BS-1 v1" not in unverified
    found = (await desk.client.get("/audit/rulebook?q=art.%20481&state=in_force")).text
    assert "PL-INT-1 v7" in found
    assert "PL-INT-1 v6" not in found
    export = await desk.client.get("/audit/rulebook?place=CA-ON&format=csv")
    assert export.headers["content-type"].startswith("text/csv")
    assert "CA-ON-1-NOTICE,1,CA-ON" in export.text
    assert "No rule matches" in (await desk.client.get("/audit/rulebook?q=zzz")).text


async def test_list_goes_on_by_key(desk: Desk) -> None:
    """A page shows fifty rows and leads to the next fifty; an unknown key begins anew."""
    first = (await desk.client.get("/audit/rulebook")).text
    assert first.count('data-col="rule"') == 51
    assert "Next page" in first
    some = (await desk.client.get("/audit/rulebook?after=US-NYC-1/1")).text
    assert "US-OK" in some or "Oklahoma" in some
    assert "First page" in some
    assert (await desk.client.get("/audit/rulebook?after=x")).text.count('data-col="rule"') == 51


@pytest.mark.parametrize(
    "query", ["after=%00", "place=%00", "q=%00", "evidence=x&moment=y&state=z"]
)
async def test_list_takes_any_address(desk: Desk, query: str) -> None:
    """An address that somebody changed by hand is answered calmly."""
    assert (await desk.client.get(f"/audit/rulebook?{query}")).status_code == 200


async def test_rule_is_shown_whole(desk: Desk) -> None:
    """A rule's page has its citation, its evidence, its row as text and what it tests."""
    page = (await desk.client.get("/audit/rulebook/UK-CONC-1")).text
    assert "CONC 7.9.4R" in page
    assert "Nobody has read the text of this law" in page
    assert "predicate: local_hours" in page
    assert "Only at a time that is convenient" in page
    assert "Version 7" in (await desk.client.get("/audit/rulebook/PL-INT-1")).text
    assert (await desk.client.get("/audit/rulebook/NO-SUCH")).status_code == 404


async def test_programs_read_the_same_rows(pool: Pool) -> None:
    """The API gives the rows with their evidence and state, and one rule in every version."""
    async with await program(make_web(pool)) as client:
        book = (await client.get("/rulebook", params={"place": "UK", "signed": "false"})).json()
        marks = {rule["id"]: (rule["evidence"], rule["state"]) for rule in book["rules"]}
        assert marks["UK-CONC-1"] == ("unverified", "in_force")
        assert len(book["hash"]) == 64
        versions = (await client.get("/rulebook/PL-INT-1")).json()
        assert [rule["version"] for rule in versions] == [7, 6, 5, 4, 3, 2, 1]
        assert (await client.get("/rulebook/NO-SUCH")).status_code == 404
        assert (await client.get("/rulebook", params={"evidence": "hearsay"})).status_code == 422
