"""Signing in and out, and the guard before every page: session, CSRF token, role, audit."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from goodterms.access.model import Actor, Role, Session
from goodterms.kit.errors import Forbidden, NotFound, Refusal
from goodterms.web.context import Signed, Web, address_of, route_of, web_of
from goodterms.web.desk.agents import find_agent, leave, view
from goodterms.web.errors import SignInNeeded
from goodterms.web.pages import page
from goodterms.web.security import same_origin
from goodterms.web.shell import AgentView, rail

COOKIE = "gt_session"
DEMO_PEOPLE = {
    Role.AGENT: "Alex Morgan",
    Role.SUPERVISOR: "Sam Rivera",
    Role.MANAGER: "Maya Okafor",
    Role.COMPLIANCE: "Chris Lindqvist",
}
"""Who the one-click sign-in makes of somebody, by role; invented names."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# They read no cookie: a key, a signature or the secret address itself speaks there.
_UNGUARDED = ("/api/", "/webhooks/", "/pay/")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

router = APIRouter(include_in_schema=False)


async def guard(request: Request) -> None:
    """Find the session; refuse an unsafe request that does not come from our own page.

    Raises:
        Forbidden: foreign origin, or a missing or wrong CSRF token.
    """
    if request.url.path.startswith(_UNGUARDED):
        return
    session = await _session(request)
    request.state.session = session
    request.state.agent = await _agent(request, session)
    if request.method in SAFE:
        return
    if not same_origin(request, web_of(request).settings.url):
        raise Forbidden("FOREIGN_ORIGIN", "This request comes from another site.")
    if session is None:
        return
    given = request.headers.get("x-csrf-token") or await _form_token(request)
    if not secrets.compare_digest(given.encode(), session.csrf_token.encode()):
        raise Forbidden("CSRF", "This page is out of date: load it again and repeat what you did.")
    await audit_request(request, _actor(request, session))


def signed_in(*roles: Role) -> Callable[[Request], Awaitable[Signed]]:
    """Make a dependency that lets in people with any of the roles; without roles, everybody.

    Use it as ``signed: Annotated[Signed, Depends(signed_in(Role.AGENT))]``.
    """

    async def check(request: Request) -> Signed:
        session: Session | None = getattr(request.state, "session", None)
        if session is None:
            raise SignInNeeded
        if roles and not session.person.roles.intersection(roles):
            wanted = " or ".join(role.value for role in roles)
            raise Forbidden("ROLE", f"This is for the role {wanted}; ask a manager for it.")
        return Signed(session=session, actor=_actor(request, session))

    return check


async def still_signed_in(request: Request) -> bool:
    """Tell whether the request's session is still in force; for long streams."""
    return await _session(request) is not None


async def audit_request(request: Request, actor: Actor) -> None:
    """Write into the audit trail who asks for which change; written before it is done."""
    web = web_of(request)
    subject = " ".join(
        f"{name}:{value}" for name, value in request.path_params.items() if name != "token"
    )
    async with web.pool.connection() as conn:
        await web.access.audit(
            conn,
            actor.name,
            f"{request.method} {route_of(request.scope)}",
            subject,
            {},
            now=web.clock.now(),
            address=actor.address,
        )


@router.get("/", name="home")
async def home(
    request: Request, signed: Annotated[Signed, Depends(signed_in())]
) -> RedirectResponse:
    """Lead a person to the first part that is theirs."""
    entries = rail(signed.person.roles, request.app.state.parts)
    if not entries:
        raise NotFound("NO_PART", "There is no page for your role here yet.")
    return RedirectResponse(entries[0].href, status_code=303)


@router.get("/sign-in", name="sign_in_page")
async def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Show the form."""
    if request.state.session is not None:
        return RedirectResponse(_local(next), status_code=303)
    web = web_of(request)
    if not web.settings.demo:
        async with web.pool.connection() as conn:
            if not await web.access.anybody(conn):
                return RedirectResponse("/first-run", status_code=303)
    return _form(request, next=next)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    web: Annotated[Web, Depends(web_of)],
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Check name and password; a wrong one shows the form again with a sentence."""
    try:
        async with web.pool.connection() as conn:
            token, _ = await web.access.sign_in(
                conn,
                username.strip().replace("\0", ""),
                password,
                now=web.clock.now(),
                address=address_of(request),
            )
    except Refusal as refusal:
        return _form(request, next=next, problem=refusal.message, status=422)
    return enter(web, token, next)


@router.post("/demo/sign-in/{role}")
async def demo_sign_in(role: str, web: Annotated[Web, Depends(web_of)]) -> Response:
    """Sign in as the demo's person of a role, without a password; only in the demo.

    Raises:
        NotFound: this is no demo, or no such role.
    """
    if not web.settings.demo or role not in DEMO_PEOPLE:
        raise NotFound("NO_DEMO", "There is no sign-in without a password here.")
    now = web.clock.now()
    async with web.pool.connection() as conn, conn.transaction():
        username = f"demo-{role}"
        person = await web.access.find_person(conn, username)
        if person is None:
            person = await web.access.create_person(
                conn, username, DEMO_PEOPLE[Role(role)], [Role(role)], None, now=now
            )
        token, _ = await web.access.sign_in_as(conn, person.id, now=now)
    return enter(web, token, "/")


@router.post("/sign-out")
async def sign_out(request: Request, web: Annotated[Web, Depends(web_of)]) -> Response:
    """End the session and forget its cookie."""
    token = request.cookies.get(COOKIE)
    if token:
        session: Session | None = request.state.session
        async with web.pool.connection() as conn, conn.transaction():
            if session is not None:
                await leave(web, conn, session.person.id, now=web.clock.now())
            await web.access.sign_out(conn, token)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


async def _session(request: Request) -> Session | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    web = web_of(request)
    async with web.pool.connection() as conn:
        return await web.access.session(conn, token, now=web.clock.now())


async def _agent(request: Request, session: Session | None) -> AgentView | None:
    """Find the state of an agent at work: their telephone is on every page."""
    if session is None or Role.AGENT not in session.person.roles:
        return None
    web = web_of(request)
    async with web.pool.connection() as conn:
        return view(await find_agent(web, conn, session.person))


async def _form_token(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    token = (await request.form()).get("csrf_token", "")
    return token if isinstance(token, str) else ""


def _actor(request: Request, session: Session) -> Actor:
    person = session.person
    return Actor(name=f"person:{person.id}", roles=person.roles, address=address_of(request))


def _form(request: Request, *, next: str, problem: str = "", status: int = 200) -> Response:  # noqa: A002
    roles = tuple(DEMO_PEOPLE) if web_of(request).settings.demo else ()
    return page(
        request,
        "sign_in.html",
        status=status,
        next=_local(next),
        problem=problem,
        demo_roles=[role.value for role in roles],
        organisation=web_of(request).settings.organisation,
    )


def enter(web: Web, token: str, next: str) -> Response:  # noqa: A002
    """Give the browser its session and lead it on."""
    response = RedirectResponse(_local(next), status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="lax",
        secure=web.settings.secure,
        max_age=12 * 3600,
    )
    return response


def _local(address: str) -> str:
    """Keep the way back inside our own pages."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and address.isprintable() and "\\" not in address else "/"
