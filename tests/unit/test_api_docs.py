"""The API reference names every call with its scope, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI

from goodterms.access.model import Scope
from goodterms.web import api
from goodterms.web.api.openapi import describe

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
ROW = re.compile(r"^\| `([A-Z]+) (\S+)` \| `(\S+)` \|", re.MULTILINE)


def test_each_call_is_in_the_reference() -> None:
    """The table of calls is the API's own, scope by scope."""
    app = FastAPI()
    app.include_router(api.router)
    own = {
        (method.upper(), path.removeprefix("/api/v1"), operation["security"][0]["key"][0])
        for path, methods in describe(app)["paths"].items()
        for method, operation in methods.items()
    }
    written = set(ROW.findall(PAGE.read_text()))
    assert written == own
    assert {scope for _, _, scope in own} == {scope.value for scope in Scope}
