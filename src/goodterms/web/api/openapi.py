"""The description of the API: what every error looks like, and repeats of POSTs."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

WORDS = """The contact centre for accounts receivable, by REST.

- **Key**: send `Authorization: Bearer gt_…`; each call names the scope it needs by its family.
- **Money** is text with a currency, never a float: `{"amount": "12.50", "currency": "USD"}`.
- **Errors** are `application/problem+json` (RFC 9457) with `code`, `detail`, `field`, `remedy`.
- **Repeats**: a POST with an `Idempotency-Key` may be sent again; it is done once and gets the
  first answer, marked by `Idempotency-Replayed: true`.
- **Pages**: hand `next` of a page back as `after`; null ends the list.
"""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong, for programs (`code`, `field`) and people.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["about:blank"]},
        "title": {"type": "string", "examples": ["Unprocessable Content"]},
        "status": {"type": "integer", "examples": [422]},
        "detail": {"type": "string", "examples": ["There is no account 7."]},
        "code": {"type": "string", "examples": ["INVALID"]},
        "field": {"type": "string"},
        "remedy": {"type": "string"},
        "reference": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Up to 200 characters; a repeat with the same key gets the first answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application; worked out once and kept."""
    if app.openapi_schema is None:
        schema = get_openapi(title="goodterms", version="1", description=WORDS, routes=app.routes)
        schema["components"]["schemas"]["Problem"] = PROBLEM
        for path in schema["paths"].values():
            if "post" in path:
                given = path["post"].setdefault("parameters", [])
                given[:] = [p for p in given if p["name"] != _KEY["name"]] + [_KEY]
        app.openapi_schema = schema
    return app.openapi_schema
