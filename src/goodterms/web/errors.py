"""One style of errors: a calm page for people, problem+json (RFC 9457) for programs."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from goodterms.kit.errors import Refusal
from goodterms.kit.money import MoneyError
from goodterms.kit.phone import PhoneError
from goodterms.web.context import web_of
from goodterms.web.pages import render
from goodterms.web.shell import Firm

PROBLEM = "application/problem+json"
_REMEDIES = {
    400: "Send the body as the API reference describes it.",
    401: "Send a valid key: 'Authorization: Bearer gt_…'.",
    403: "Use a key with the scope this call needs; a manager or operator makes keys.",
    404: "Check the id or the reference.",
    405: "Use one of the methods the API reference names for this address.",
    409: "Read the record again and decide anew.",
    413: "Send less at once.",
    422: "Correct the field named and send the request again.",
    429: "Wait for the seconds that 'Retry-After' says.",
    503: "Send the same request again in a few seconds.",
}
_TITLES = {
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Not possible now",
    413: "Too large",
    422: "Please check",
    429: "A little slower, please",
    500: "Something went wrong on our side",
    503: "Back in a moment",
}
_GONE = 409
_LINK = (404, _GONE)
_PLAIN = {
    404: "There is nothing at this address.",
    405: "This address does not take such a request.",
}


class SignInNeeded(Exception):  # noqa: N818 - not an error, a detour
    """A page was asked for without a session."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in the parts both styles show."""

    status: int
    code: str
    message: str
    field: str | None = None
    errors: tuple[dict[str, str], ...] = ()
    reference: str = ""

    def body(self) -> dict[str, Any]:
        """Return the RFC 9457 members and ours: code, field, remedy, errors, reference."""
        members: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        }
        if self.field:
            members["field"] = self.field
        if self.status in _REMEDIES:
            members["remedy"] = _REMEDIES[self.status]
        if self.errors:
            members["errors"] = list(self.errors)
        if self.reference:
            members["reference"] = self.reference
        return members


def for_program(request: Request) -> bool:
    """Tell whether the one who asks is a program rather than a person with a browser."""
    if request.url.path.startswith(("/api/", "/webhooks/", "/healthz", "/readyz", "/metrics")):
        return True
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Answer a problem in the style of the one who asks."""
    if for_program(request):
        return JSONResponse(
            problem.body(), status_code=problem.status, media_type=PROBLEM, headers=headers
        )
    consumer = request.url.path.startswith(("/pay/", "/portal"))
    html = render(
        request,
        "portal_error.html" if consumer else "error.html",
        title=_title(problem.status, consumer=consumer),
        text=problem.message,
        status=problem.status,
        reference=problem.reference,
        firm=_firm(request),
    )
    if consumer:
        headers = {"Referrer-Policy": "no-referrer", **(headers or {})}
    return HTMLResponse(html, status_code=problem.status, headers=headers)


def _title(status: int, *, consumer: bool) -> str:
    if consumer and status in _LINK:
        return "This link does not work any more" if status == _GONE else "This link does not work"
    return _TITLES.get(status, "This did not work")


def _firm(request: Request) -> Firm:
    settings = web_of(request).settings
    return Firm(settings.organisation, settings.phone, settings.address)


def install(app: FastAPI) -> None:
    """Let the application answer every foreseen error in this style."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in (MoneyError, PhoneError, psycopg.DataError):
        app.add_exception_handler(kind, _unstorable)
    for busy in (psycopg.OperationalError, PoolTimeout):
        app.add_exception_handler(busy, _busy)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return answer(request, Problem(error.status, error.code, error.message, error.field))


async def _sign_in(request: Request, _error: Exception) -> Response:
    if for_program(request):
        return answer(request, Problem(401, "SIGN_IN", "Sign in first."))
    back = request.url.path if request.method == "GET" else "/"
    address = request.url_for("sign_in_page").include_query_params(next=back)
    local = f"{address.path}?{address.query}"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": local})
    return RedirectResponse(local, status_code=303)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = []
    for found in error.errors():
        place = [str(part) for part in found["loc"]]
        field = ".".join(place[1:] if len(place) > 1 else place)
        errors.append({"field": field, "message": str(found["msg"])})
    first = errors[0]
    words = f"{first['field']}: {first['message']}."
    problem = Problem(422, "INVALID", words, first["field"], errors=tuple(errors[:50]))
    return answer(request, problem)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    plain = _PLAIN.get(error.status_code, f"{phrase}.")
    words = error.detail if error.detail and error.detail != phrase else plain
    code = phrase.upper().replace(" ", "_").replace("-", "_")
    headers = dict(error.headers) if error.headers else None
    return answer(request, Problem(error.status_code, code, words), headers)


async def _unstorable(request: Request, error: Exception) -> Response:
    words = (
        str(error)
        if isinstance(error, MoneyError | PhoneError)
        else ("A value is out of range, or holds characters that cannot be stored.")
    )
    return answer(request, Problem(422, "INVALID", words))


async def _busy(request: Request, _error: Exception) -> Response:
    problem = Problem(503, "BUSY", "The database does not answer just now; nothing was changed.")
    return answer(request, problem, {"Retry-After": "2"})
