"""The API against its own description, with requests nobody would think of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.fakes.servers import WithPool, serve
from tests.fakes.web import key_of, make_web

from goodterms.kit.sql import make_pool
from goodterms.web import api
from goodterms.web.api.openapi import describe
from goodterms.web.app import make_app

pytestmark = pytest.mark.postgres

EXAMPLES = 15
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SEED = {
    "creditor": "LAKESIDE",
    "account": "A-1",
    "family_name": "Quill",
    "due_on": "2026-09-01",
    "components": {"principal": "120.00"},
    "phones": [{"number": "+12125550123"}],
}


async def _key(url: str) -> str:
    async with make_pool(url, size=1) as pool:
        return await key_of(make_web(pool))


@pytest.fixture(scope="module")
def server(module_database_url: str) -> Iterator[tuple[str, str]]:
    """Give the address of a running API with one account in it, and a key for everything."""
    key = asyncio.run(_key(module_database_url))
    pool = make_pool(module_database_url, size=4)
    with serve(WithPool(make_app(make_web(pool)), pool), lifespan="on") as url:
        headers = {"authorization": f"Bearer {key}"}
        httpx.put(f"{url}/api/v1/accounts", json=SEED, headers=headers).raise_for_status()
        yield url, key


def _operations() -> dict[str, Any]:
    app = FastAPI()
    app.include_router(api.router)
    schema = schemathesis.openapi.from_dict(describe(app))
    found = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        found[f"{operation.method.upper()} {operation.path}"] = operation
    del found["GET /api/v1/events/stream"]  # it never ends; test_live.py follows it
    return found


OPERATIONS = _operations()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_breaks_the_api(name: str, server: tuple[str, str]) -> None:
    """Whatever a program sends, the answer is one the description names, and never a 500."""
    url, key = server
    headers = {"authorization": f"Bearer {key}"}

    @given(case=OPERATIONS[name].as_strategy(), known=booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def ask(case: Any, *, known: bool) -> None:
        if known:  # half of the time the records exist, so that the bodies matter
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, 1)
        response = case.call(base_url=url, headers=headers)
        case.validate_response(response, checks=CHECKS, headers=headers)

    ask()
