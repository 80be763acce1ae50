"""The words of Asterisk's REST interface over one WebSocket, without any socket.

Requests and events share the WebSocket. A request carries an id of ours, its reply repeats it, and
events may come in between, even before the reply to the request that caused them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

Event = Mapping[str, Any]
"""An event as Asterisk sends it; its ``type`` says which."""

_MISSING = 404
_LOWEST_REFUSAL = 400


@dataclass(frozen=True, slots=True)
class Request:
    """One request: ``path`` below ``/ari/`` without a leading slash, query and JSON body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer to a request: HTTP status, its words, and the decoded body or None."""

    request_id: str
    status: int
    reason: str
    body: Any = None

    @property
    def accepted(self) -> bool:
        """Whether Asterisk did, or began, what was asked."""
        return self.status < _LOWEST_REFUSAL

    @property
    def about_nothing(self) -> bool:
        """Whether what the request was about is gone, or never was."""
        return self.status == _MISSING


class MalformedMessageError(ValueError):
    """Asterisk sent something that is not a message of its protocol."""


class Conversation:
    """One WebSocket's worth of requests, replies and events; knows which replies are awaited."""

    def __init__(self) -> None:
        self._ids: Iterator[int] = count(1)
        self._awaited: set[str] = set()

    def ask(self, request: Request) -> tuple[str, str]:
        """Return the request's id and the text to send; from now on its reply is awaited."""
        request_id = str(next(self._ids))
        self._awaited.add(request_id)
        message: dict[str, Any] = {
            "type": "RESTRequest",
            "transaction_id": request_id,
            "request_id": request_id,
            "method": request.method,
            "uri": request.path,
        }
        if request.query:
            message["query_strings"] = [{"name": k, "value": v} for k, v in request.query.items()]
        if request.body is not None:
            message["content_type"] = "application/json"
            message["message_body"] = json.dumps(request.body)
        return request_id, json.dumps(message)

    def hear(self, text: str | bytes) -> Reply | Event | None:
        """Return the reply or event in a received text; None for a reply nobody awaits.

        Raises:
            MalformedMessageError: the text is no JSON object with a type.
        """
        try:
            message = json.loads(text)
        except ValueError as e:
            raise MalformedMessageError(f"Asterisk sent no JSON: {e}") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise MalformedMessageError("Asterisk sent a message without a type")
        if message["type"] != "RESTResponse":
            return message
        return self._reply(message)

    def forget(self, request_id: str) -> None:
        """Stop awaiting a reply: it came too late for whoever asked."""
        self._awaited.discard(request_id)

    def _reply(self, message: Event) -> Reply | None:
        request_id = str(message.get("request_id", ""))
        if request_id not in self._awaited:
            return None
        self._awaited.discard(request_id)
        try:
            body = message.get("message_body")
            return Reply(
                request_id,
                int(message["status_code"]),
                str(message.get("reason_phrase", "")),
                json.loads(body) if body else None,
            )
        except (KeyError, TypeError, ValueError) as e:
            raise MalformedMessageError(f"Asterisk sent an unreadable reply: {e}") from None


def part(text: str) -> str:
    """Return a text made safe to stand as one part of a path."""
    return quote(text, safe="")
