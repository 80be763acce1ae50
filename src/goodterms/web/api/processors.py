"""What payment processors tell us; each message is verified by its processor's adapter."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from goodterms.web.api.bodies import Name
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["Processors"], include_in_schema=False)


@router.post("/webhooks/{processor}")
async def notice(
    request: Request, web: Annotated[Web, Depends(web_of)], processor: Name
) -> dict[str, bool]:
    """Take a processor's webhook; told twice it counts once."""
    news = await web.payments.notice(processor, await request.body(), dict(request.headers))
    return {"news": news}
