"""Who calls the API: a key in the Authorization header, with the scope the call needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request, Security
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from goodterms.access.model import Actor, Scope
from goodterms.kit.errors import Forbidden
from goodterms.web.context import address_of, web_of
from goodterms.web.sessions import SAFE, audit_request

BEARER = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key, `gt_…`, with the scope needed."
)
_PREFIX = "bearer "


async def authenticate(request: Request) -> Actor:
    """Tell whose key a request carries; asked once per request.

    Raises:
        HTTPException: 401 without a key.
        Forbidden: the key is not in force.
    """
    known: Actor | None = getattr(request.state, "key_actor", None)
    if known is not None:
        return known
    header = request.headers.get("authorization", "")
    if not header.lower().startswith(_PREFIX):
        words = "Send a key as 'Authorization: Bearer gt_…'."
        raise HTTPException(401, words, {"WWW-Authenticate": "Bearer"})
    web = web_of(request)
    async with web.pool.connection() as conn:
        actor = await web.access.authenticate_key(
            conn,
            header[len(_PREFIX) :].strip().replace("\0", ""),
            now=web.clock.now(),
            address=address_of(request),
        )
    request.state.key_actor = actor
    return actor


def key_for(scope: Scope) -> Callable[[Request, object], Awaitable[Actor]]:
    """Make a dependency that lets in keys with a scope, and audits what changes something."""

    async def check(
        request: Request,
        _: object = Security(BEARER, scopes=[scope.value]),
    ) -> Actor:
        actor = await authenticate(request)
        if scope not in actor.scopes:
            raise Forbidden("SCOPE", f"This key lacks the scope {scope.value}.")
        if request.method not in SAFE:
            await audit_request(request, actor)
        return actor

    return check
