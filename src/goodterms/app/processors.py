"""The payment processors of this organisation, the one new payments go to first."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from goodterms.adapters.sandbox.processor import SandboxProcessor
from goodterms.app.settings import Settings
from goodterms.payments.ports import Processor


def sandbox_secret(settings: Settings) -> str:
    """Return the sandbox's key: the one set, or one made once and kept in the home folder."""
    if settings.sandbox_secret:
        return settings.sandbox_secret
    file = settings.home / "sandbox.key"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(base64.b64encode(secrets.token_bytes(32)).decode())
    return file.read_text().strip()


@asynccontextmanager
async def processors(settings: Settings) -> AsyncIterator[Mapping[str, Processor]]:
    """Give the processors by name, connected for the duration of the block."""
    url = f"http://{settings.host}:{settings.sandbox_port}"
    sandbox = SandboxProcessor(url, sandbox_secret(settings))
    try:
        yield {sandbox.name: sandbox}
    finally:
        await sandbox.close()
