"""Messages from consumers, handed in by whoever receives them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field, StringConstraints

from goodterms.access.model import Actor, Scope
from goodterms.accounts.model import Channel
from goodterms.kit.sql import transaction
from goodterms.messaging.model import InboundMessage, Received
from goodterms.web.api.bodies import Body, Short
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Messages"], route_class=IdempotentRoute)

Services = Annotated[Web, Depends(web_of)]
_EARLIEST = datetime.fromisoformat("1900-01-01T00:00:00+00:00")
_LATEST = datetime.fromisoformat("2200-01-01T00:00:00+00:00")


class MessageChannel(StrEnum):
    """How a message came."""

    SMS = "sms"
    EMAIL = "email"


class MessageBody(Body):
    """A message as it was received. `id` is the provider's own: a repeat does nothing."""

    id: Annotated[Short, Field(examples=["SM8f2c"])]
    channel: MessageChannel
    sender: Short = Field(examples=["+12125550123"], description="A number or e-mail address.")
    text: Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")] = Field(
        examples=["STOP"]
    )
    received_at: Annotated[AwareDatetime, Field(ge=_EARLIEST, le=_LATEST)] | None = Field(
        default=None, description="Now, if left out."
    )


@router.post("/messages/inbound", status_code=201)
async def inbound(
    web: Services, _: Annotated[Actor, Depends(key_for(Scope.HOLDS_WRITE))], body: MessageBody
) -> Received:
    """Log a consumer's message and stop at once what it asks to stop.

    The answer tells whether one confirmation is due, whether a reply is allowed on a channel that
    was closed before, and whether a person must read the message.
    """
    message = InboundMessage(
        body.id,
        Channel(body.channel.value),
        body.sender,
        body.text,
        body.received_at or web.clock.now(),
    )
    async with transaction(web.pool) as conn:
        return await web.messaging.receive(conn, message)
