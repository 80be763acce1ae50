"""The payment processors of this organisation, the one new payments go to first."""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from goodterms.adapters.sandbox.processor import SandboxProcessor
from goodterms.adapters.stripe.processor import StripeProcessor
from goodterms.app.settings import Settings
from goodterms.payments.ports import Processor


def sandbox_secret(settings: Settings) -> str:
    """Return the sandbox's key: the one set, or one made once and kept in the home folder."""
    if settings.sandbox_secret:
        return settings.sandbox_secret
    file = settings.home / "sandbox.key"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may start at once: whoever links its key first has made it.
        with tempfile.NamedTemporaryFile("w", dir=file.parent) as made:
            made.write(base64.b64encode(secrets.token_bytes(32)).decode())
            made.flush()
            with suppress(FileExistsError):
                os.link(made.name, file)
    return file.read_text().strip()


@asynccontextmanager
async def processors(settings: Settings) -> AsyncIterator[Mapping[str, Processor]]:
    """Give the processors by name, the chosen one first, for the duration of the block."""
    async with AsyncExitStack() as stack:
        found: dict[str, Processor] = {}
        if settings.processor == "sandbox":
            url = f"http://{settings.host}:{settings.sandbox_port}"
            sandbox = SandboxProcessor(url, sandbox_secret(settings))
            stack.push_async_callback(sandbox.close)
            found[sandbox.name] = sandbox
        if settings.stripe_key:
            stripe = StripeProcessor(
                settings.stripe_key,
                settings.stripe_webhook_secret,
                api=settings.stripe_api or None,
            )
            stack.push_async_callback(stripe.close)
            found[stripe.name] = stripe
        yield found
