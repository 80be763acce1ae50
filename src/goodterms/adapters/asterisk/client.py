"""One Asterisk's WebSocket: connected, reconnected, and spoken over."""

from __future__ import annotations

import asyncio
import contextlib
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from goodterms.adapters.asterisk.ari import (
    Conversation,
    Event,
    MalformedMessageError,
    Reply,
    Request,
)

_log = structlog.get_logger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_OPEN_SECONDS = 5.0
_PING_SECONDS = 5.0
_PONG_SECONDS = 10.0


class Listener(Protocol):
    """What a client tells: the connection's coming and going, and the events on it."""

    async def connected(self) -> None:
        """Learn what is going on; requests work from now. Runs while events are already heard."""
        ...

    def heard(self, event: Event) -> None:
        """Take an event, in the order Asterisk sent them."""
        ...

    def lost(self) -> None:
        """Know that nothing can be heard or asked until ``connected`` again."""
        ...


class AriClient:
    """Speaks ARI with one Asterisk for one application, over a connection it keeps up by itself.

    Args:
        url: root of the ARI, such as ``http://127.0.0.1:8088/ari``.
        user: an ARI user.
        password: that user's.
        app: the Stasis application whose events are wanted.
        request_seconds: how long a reply may take before the request counts as lost.
    """

    def __init__(
        self, url: str, user: str, password: str, app: str, *, request_seconds: float = 3.0
    ) -> None:
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        query = urlencode({"app": app, "subscribeAll": "false"})
        self._url = urlunsplit(
            (scheme, parts.netloc, f"{parts.path.rstrip('/')}/events", query, "")
        )
        secret = b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {secret}"}
        self._request_seconds = request_seconds
        self._socket: ClientConnection | None = None
        self._conversation = Conversation()
        self._waiting: dict[str, asyncio.Future[Reply]] = {}

    async def request(self, *requests: Request) -> list[Reply]:
        """Send requests in this order, without waiting between them, and return their replies.

        A refusal is a reply too.

        Raises:
            ConnectionError: there is no connection, it broke, or a reply did not come in time;
                what became of the requests is not known.
        """
        ids = []
        try:
            for request in requests:
                request_id, text = self._conversation.ask(request)
                # The waiter is there before the request leaves: its reply may come at once.
                self._waiting[request_id] = asyncio.get_running_loop().create_future()
                ids.append(request_id)
                await self._send(text)
            async with asyncio.timeout(self._request_seconds):
                return [await self._waiting[request_id] for request_id in ids]
        except TimeoutError:
            raise ConnectionError(
                f"Asterisk did not answer {requests[-1].method} within {self._request_seconds:g} s"
            ) from None
        finally:
            for request_id in ids:
                self._conversation.forget(request_id)
                waiter = self._waiting.pop(request_id)
                if not waiter.cancel() and not waiter.cancelled():
                    waiter.exception()  # known to whoever asked by the first that failed

    async def run(self, listener: Listener) -> None:
        """Stay connected until cancelled, telling the listener."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async with self._connection() as socket:
                    pause = _FIRST_PAUSE
                    await self._converse(socket, listener)
                _log.warning("Asterisk closed the connection")
            except (OSError, WebSocketException, TimeoutError, MalformedMessageError) as e:
                _log.warning("no connection to Asterisk", reason=str(e) or type(e).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[ClientConnection]:
        async with connect(
            self._url,
            additional_headers=self._headers,
            compression=None,
            proxy=None,
            open_timeout=_OPEN_SECONDS,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PONG_SECONDS,
            close_timeout=1.0,
            max_size=None,
            max_queue=None,
        ) as socket:
            yield socket

    async def _converse(self, socket: ClientConnection, listener: Listener) -> None:
        self._socket = socket
        learning = asyncio.create_task(self._learn(socket, listener))
        try:
            async for text in socket:
                self._dispatch(self._conversation.hear(text), listener)
        finally:
            self._socket = None
            for waiter in self._waiting.values():
                if not waiter.done():
                    waiter.set_exception(ConnectionError("the connection to Asterisk broke"))
            learning.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await learning
            listener.lost()

    async def _learn(self, socket: ClientConnection, listener: Listener) -> None:
        try:
            await listener.connected()
        except OSError as e:
            _log.warning("could not learn what Asterisk is doing; reconnecting", reason=str(e))
            await socket.close()
        except Exception:
            await socket.close()  # a fault of ours: it surfaces where this task is awaited
            raise

    def _dispatch(self, message: Reply | Event | None, listener: Listener) -> None:
        if isinstance(message, Reply):
            waiter = self._waiting.get(message.request_id)
            if waiter is not None and not waiter.done():
                waiter.set_result(message)
        elif message is not None:
            listener.heard(message)

    async def _send(self, text: str) -> None:
        if self._socket is None:
            raise ConnectionError("there is no connection to Asterisk")
        try:
            await self._socket.send(text)
        except WebSocketException as e:
            raise ConnectionError(f"the connection to Asterisk broke: {e}") from None


def refusals(requests: Sequence[Request], replies: Sequence[Reply]) -> list[str]:
    """Name the refused requests in words that hold no personal data.

    A request about something that is gone is not among them.
    """
    return [
        f"{request.method} {request.path.split('/')[0]}: {reply.status} {reply.reason}"
        for request, reply in zip(requests, replies, strict=True)
        if not reply.accepted and not reply.about_nothing
    ]
