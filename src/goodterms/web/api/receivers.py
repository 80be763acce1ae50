"""Webhooks that are told, hosts that are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from goodterms.access.model import Actor, Scope
from goodterms.integration.model import Delivery, DeliveryState, Receiver
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Before, Body, Id, Limit, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Webhooks and hosts"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.EVENTS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.INTEGRATION_WRITE))]
Services = Annotated[Web, Depends(web_of)]
Url = Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^[^\x00]*$")]
Kinds = Annotated[tuple[Short, ...], Field(min_length=1, max_length=50)]


class WebhookBody(Body):
    """Where to tell, and which kinds of events (`payment.succeeded`, `hold.*`, `*`)."""

    url: Url = Field(examples=["https://erp.example.org/goodterms"])
    kinds: Kinds = ("*",)


class WebhookChange(Body):
    """What changes; what is left out stays. Any change also tries the webhook again at once."""

    url: Url | None = None
    kinds: Kinds | None = None
    active: bool | None = None


class HostBody(Body):
    """A host ledger: its base address and how long to wait for its answer."""

    name: Short
    url: Url = Field(examples=["https://ledger.example.org/goodterms"])
    timeout_ms: Annotated[int, Field(ge=100, le=10_000)] = 1500


@dataclass(frozen=True, slots=True)
class WebhookMade:
    """A new webhook; the secret that signs its messages is shown this once."""

    webhook: Receiver
    secret: str


@dataclass(frozen=True, slots=True)
class HostOut:
    """A host ledger."""

    id: int
    name: str
    url: str
    timeout_ms: int
    active: bool


@dataclass(frozen=True, slots=True)
class HostMade:
    """A host ledger; the secret that signs both ways is shown this once."""

    host: HostOut
    secret: str


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """Deliveries, newest first; ``next`` is handed back as ``after``."""

    deliveries: list[Delivery]
    next: int | None


@dataclass(frozen=True, slots=True)
class Tested:
    """What came of a test message: the status, or why there is none."""

    taken: bool
    answer: str


@dataclass(frozen=True, slots=True)
class Again:
    """How many given-up deliveries wait again."""

    waiting: int


@router.get("/webhooks")
async def webhooks(web: Services, _: Reading) -> list[Receiver]:
    """List webhooks and hosts with how they do: failing since when, waiting, given up."""
    async with web.pool.connection() as conn:
        return await web.integration.receivers(conn)


@router.post("/webhooks", status_code=201)
async def subscribe(web: Services, actor: Writing, body: WebhookBody) -> WebhookMade:
    """Tell an address what happens from now on, signed as https://www.standardwebhooks.com says."""
    async with transaction(web.pool) as conn:
        receiver, secret = await web.integration.subscribe(
            conn, body.url, body.kinds, actor=actor.name, now=web.clock.now()
        )
    return WebhookMade(receiver, secret)


@router.get("/webhooks/{webhook_id}")
async def webhook(web: Services, _: Reading, webhook_id: Id) -> Receiver:
    """Read one webhook."""
    async with web.pool.connection() as conn:
        return await web.integration.receiver(conn, webhook_id)


@router.patch("/webhooks/{webhook_id}")
async def change(web: Services, _: Writing, webhook_id: Id, body: WebhookChange) -> Receiver:
    """Change a webhook, put it to sleep or wake it."""
    async with transaction(web.pool) as conn:
        return await web.integration.change_receiver(
            conn, webhook_id, url=body.url, kinds=body.kinds, active=body.active
        )


@router.get("/webhooks/{webhook_id}/deliveries")
async def deliveries(
    web: Services,
    _: Reading,
    webhook_id: Id,
    *,
    state: DeliveryState | None = None,
    after: Before = None,
    limit: Limit = 100,
) -> DeliveryPage:
    """Read what a webhook was sent or is still to be sent, newest first."""
    async with web.pool.connection() as conn:
        found = await web.integration.deliveries(
            conn, webhook_id, state=state, before=after, limit=limit
        )
    return DeliveryPage(found, found[-1].id if len(found) == limit else None)


@router.post("/webhooks/{webhook_id}/test")
async def test(web: Services, _: Writing, webhook_id: Id) -> Tested:
    """Send a signed `goodterms.ping` at once and say what came of it."""
    answer = await web.integration.send_test(webhook_id, now=web.clock.now())
    return Tested(taken=isinstance(answer, int) and 200 <= answer < 300, answer=str(answer))  # noqa: PLR2004 - HTTP's success


@router.post("/webhooks/{webhook_id}/deliver-again")
async def deliver_again(web: Services, _: Writing, webhook_id: Id) -> Again:
    """Let what was given up wait again, in its order."""
    async with transaction(web.pool) as conn:
        waiting = await web.integration.deliver_again(conn, webhook_id, now=web.clock.now())
    return Again(waiting)


@router.get("/hosts")
async def hosts(web: Services, _: Reading) -> list[HostOut]:
    """List the host ledgers."""
    async with web.pool.connection() as conn:
        found = await web.integration.hosts(conn)
    return [HostOut(h.id, h.name, h.url, h.timeout_ms, h.active) for h in found]


@router.post("/hosts", status_code=201)
async def add_host(web: Services, _: Writing, body: HostBody) -> HostMade:
    """Add a host ledger, or renew the address and secret of a known one."""
    async with transaction(web.pool) as conn:
        host = await web.integration.add_host(
            conn, body.name, body.url, timeout_ms=body.timeout_ms, now=web.clock.now()
        )
    shown = HostOut(host.id, host.name, host.url, host.timeout_ms, host.active)
    return HostMade(shown, host.secret)
