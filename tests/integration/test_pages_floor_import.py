"""Importing a file through the pages: upload, columns, the worker's run, the refused rows."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient, Response
from tests.fakes.web import browser, make_web, sign_in

from goodterms.access.model import Role
from goodterms.intake.jobs import import_file
from goodterms.kit.sql import Connection, Pool
from goodterms.web.context import Web

pytestmark = pytest.mark.postgres

HEADER = "Account No,Surname,Balance,Due,Cell,Remark\n"
FILE = HEADER + "A1,Quill,120.00,2026-09-01,(212) 555-0101,x\nA2,Reed,none,2026-09-01,,y\n"


class Desk:
    """A manager's browser and the jobs that were enqueued by it."""

    def __init__(self, pool: Pool) -> None:
        self.jobs: list[dict[str, Any]] = []
        self.web: Web = make_web(pool, enqueue=self._enqueue)
        self.client: AsyncClient = browser(self.web)
        self.token = ""

    async def _enqueue(self, conn: Connection, job: str, arguments: dict[str, Any]) -> None:
        assert job == "intake.import"
        self.jobs.append(arguments)

    async def upload(self, content: str, name: str = "accounts.csv") -> Response:
        """Sign in as a manager and send a file."""
        self.token = self.token or await sign_in(self.web, self.client, Role.MANAGER)
        return await self.client.post(
            "/import", data={"csrf_token": self.token}, files={"file": (name, content.encode())}
        )

    async def work(self) -> None:
        """Do what a worker does."""
        for job in self.jobs:
            await import_file(self.web.intake, **job)


COLUMNS = {
    "column_0": "account",
    "column_1": "family_name",
    "column_2": "balance",
    "column_3": "due_on",
    "column_4": "phone_mobile",
    "column_5": "",
    "fixed_creditor": "HILL",
}


async def test_file_is_matched_run_and_reported(pool: Pool) -> None:
    """Known columns are filled in; the worker takes rows in; refused ones can be downloaded."""
    desk = Desk(pool)
    kept = await desk.upload(FILE)
    assert kept.status_code == 303, kept.text
    asked = await desk.client.get(kept.headers["location"])
    assert '<option value="account" selected>' in asked.text
    assert '<option value="phone_mobile" selected>' in asked.text
    assert "(212) 555-0101" in asked.text
    form = {"csrf_token": desk.token, **COLUMNS}
    begun = await desk.client.post(kept.headers["location"], data=form)
    assert begun.status_code == 303, begun.text
    assert "Waiting for the worker" in (await desk.client.get(begun.headers["location"])).text
    await desk.work()
    done = await desk.client.get(begun.headers["location"])
    assert "Download the refused rows" in done.text
    rows = await desk.client.get(f"{begun.headers['location']}/refused")
    assert "refused_because" in rows.text
    assert "A2" in rows.text
    async with pool.connection() as conn:
        assert (await desk.web.accounts.find_account(conn, "HILL", "A1")).reference == "A1"
    await desk.work()  # the same job again changes nothing
    assert (await desk.client.get("/import")).text.count("accounts.csv") == 1


async def test_column_left_out_stays_out(pool: Pool) -> None:
    """A column that people leave unused is not taken by its name."""
    desk = Desk(pool)
    kept = await desk.upload(FILE)
    form = {"csrf_token": desk.token, **COLUMNS, "column_4": ""}
    await desk.client.post(kept.headers["location"], data=form)
    await desk.work()
    async with pool.connection() as conn:
        account = await desk.web.accounts.find_account(conn, "HILL", "A1")
        assert await desk.web.accounts.contact_points(conn, account.consumer_id) == []


@pytest.mark.parametrize(
    "change", [{"column_0": ""}, {"fixed_creditor": ""}, {"column_1": "account"}]
)
async def test_columns_that_cannot_work_are_said(pool: Pool, change: dict[str, str]) -> None:
    """What is missing or chosen twice is said, and the choices stay as they were."""
    desk = Desk(pool)
    kept = await desk.upload(FILE)
    form = {"csrf_token": desk.token, **COLUMNS, **change}
    answer = await desk.client.post(kept.headers["location"], data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert '<option value="balance" selected>' in answer.text
    assert desk.jobs == []


@pytest.mark.parametrize(("content", "name"), [("", "a.csv"), ("no workbook", "a.xlsx")])
async def test_file_that_is_none_is_said(pool: Pool, content: str, name: str) -> None:
    """An empty file, or one that is no workbook, is refused with a sentence at the field."""
    answer = await Desk(pool).upload(content, name)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text


async def test_import_is_for_managers(pool: Pool) -> None:
    """A supervisor sees neither the form nor a run; a made-up upload is not found."""
    web = make_web(pool)
    async with browser(web) as client:
        await sign_in(web, client, Role.SUPERVISOR)
        for part in ("", "/files/upl_12345678", "/runs/1", "/runs/1/refused"):
            assert (await client.get(f"/import{part}")).status_code == 403
    async with browser(web) as client:
        await sign_in(web, client, Role.MANAGER, username="mia")
        for part in ("/files/upl_12345678", "/files/%2e%2e", "/runs/1", "/runs/1/refused"):
            assert (await client.get(f"/import{part}")).status_code == 404
