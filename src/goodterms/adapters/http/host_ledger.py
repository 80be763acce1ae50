"""Asking a host ledger about its accounts, signed both ways, within its time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from goodterms.accounts.model import Host
from goodterms.adapters.http.signing import is_signed, signed_headers
from goodterms.integration.model import HostAccount, HostSilent
from goodterms.kit import plainjson
from goodterms.kit.clock import Clock
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money, MoneyError
from goodterms.ledger.model import COMPONENTS, Book

_MOST_AT_ONCE = 200
_OK = 200
_LONGEST_SECONDS = 10.0


class _Account(BaseModel):
    """One account in a host's answer."""

    model_config = ConfigDict(strict=True)
    reference: str
    contactable: bool
    reason: Annotated[str, Field(max_length=200)] = ""
    currency: str
    components: dict[str, str]


class _Answer(BaseModel):
    """A host's answer."""

    model_config = ConfigDict(strict=True)
    accounts: list[_Account]


class HttpHostLedger:
    """Implements ``integration.ports.HostLedger``; close it with ``async with``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Each host's own time limit, at most these seconds, is kept around the whole exchange.
        self._client = httpx.AsyncClient(timeout=_LONGEST_SECONDS, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ask(self, host: Host, references: Sequence[str]) -> list[HostAccount | HostSilent]:
        """Return one answer per reference within the host's time limit; never raises."""
        parts = [
            references[start : start + _MOST_AT_ONCE]
            for start in range(0, len(references), _MOST_AT_ONCE)
        ]
        answers = await asyncio.gather(*(self._ask_part(host, part) for part in parts))
        return [answer for part in answers for answer in part]

    async def _ask_part(
        self, host: Host, references: Sequence[str]
    ) -> list[HostAccount | HostSilent]:
        heard = await self._exchange(host, references)
        if isinstance(heard, str):
            return [HostSilent(reference, heard) for reference in references]
        by_reference = {account.reference: account for account in heard.accounts}
        return [
            self._read(by_reference[reference])
            if reference in by_reference
            else HostSilent(reference, "the host does not know the account")
            for reference in references
        ]

    async def _exchange(self, host: Host, references: Sequence[str]) -> _Answer | str:
        """Ask and read; give the answer, or why there is none to be used."""
        message_id = new_id("ask", self._clock.now())
        answer = await self._post(host, message_id, references)
        if isinstance(answer, str):
            return answer
        same = answer.headers.get("webhook-id") == message_id
        if not same or not is_signed(host.secret, answer.headers, answer.content):
            return "the answer is not signed by the host"
        try:
            return _Answer.model_validate_json(answer.content)
        except ValidationError as error:
            first = error.errors()[0]
            return f"unusable answer at {'.'.join(str(p) for p in first['loc'])}: {first['msg']}"

    async def _post(
        self, host: Host, message_id: str, references: Sequence[str]
    ) -> httpx.Response | str:
        """Send the question; give the response, or why there is none."""
        now = self._clock.now()
        text = plainjson.dumps({"references": list(references), "asked_at": now})
        headers = signed_headers(host.secret, message_id, text, now)
        try:
            async with asyncio.timeout(host.timeout_ms / 1000):
                answer = await self._client.post(f"{host.url}/ask", content=text, headers=headers)
        except TimeoutError:
            return f"no answer within {host.timeout_ms} ms"
        except (httpx.HTTPError, ValueError, OSError) as error:
            return f"not reached ({type(error).__name__})"
        return answer if answer.status_code == _OK else f"answered {answer.status_code}"

    def _read(self, account: _Account) -> HostAccount | HostSilent:
        try:
            components = {}
            for book, amount in account.components.items():
                if book not in COMPONENTS:
                    words = f"{book!r} is no component"
                    return HostSilent(account.reference, words)
                components[Book(book).value] = Money.of(amount, account.currency)
        except MoneyError as error:
            return HostSilent(account.reference, str(error))
        return HostAccount(
            host_reference=account.reference,
            contactable=account.contactable,
            reason=account.reason,
            components=dict(components),
            answered_at=self._clock.now(),
        )
