"""The ARI conversation: requests, replies and events on one WebSocket."""

from __future__ import annotations

import json

import pytest

from goodterms.adapters.asterisk.ari import (
    Conversation,
    MalformedMessageError,
    Reply,
    Request,
    part,
)


def _reply(request_id: str, status: int = 200, body: str | None = None) -> str:
    return json.dumps(
        {
            "type": "RESTResponse",
            "request_id": request_id,
            "status_code": status,
            "reason_phrase": "words",
            "message_body": body,
        }
    )


def test_a_request_carries_its_id_query_and_body() -> None:
    """What is sent names the method, the place, the query and the JSON body."""
    request_id, text = Conversation().ask(Request("POST", "channels", {"a": "1"}, {"b": 2}))
    sent = json.loads(text)
    assert sent["type"] == "RESTRequest"
    assert sent["request_id"] == request_id
    assert (sent["method"], sent["uri"]) == ("POST", "channels")
    assert sent["query_strings"] == [{"name": "a", "value": "1"}]
    assert json.loads(sent["message_body"]) == {"b": 2}


def test_a_reply_is_matched_by_its_id_once() -> None:
    """A reply is heard once; the same again, or one nobody asked for, is nothing."""
    conversation = Conversation()
    first, _ = conversation.ask(Request("GET", "channels"))
    second, _ = conversation.ask(Request("GET", "bridges"))
    assert conversation.hear(_reply(second, 404)) == Reply(second, 404, "words")
    assert conversation.hear(_reply(first, body="[1]")) == Reply(first, 200, "words", [1])
    assert conversation.hear(_reply(first)) is None
    assert conversation.hear(_reply("99")) is None


def test_a_forgotten_request_has_no_reply() -> None:
    """A reply after its request timed out is nothing."""
    conversation = Conversation()
    request_id, _ = conversation.ask(Request("GET", "channels"))
    conversation.forget(request_id)
    assert conversation.hear(_reply(request_id)) is None


def test_an_event_is_given_as_it_came() -> None:
    """Events pass through between replies."""
    event = {"type": "StasisStart", "channel": {"id": "x"}}
    assert Conversation().hear(json.dumps(event)) == event


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"type": 1}', b"\xff\xfe"])
def test_what_is_no_message_is_an_error(text: str | bytes) -> None:
    """Garbage is refused in words, never a stray exception."""
    with pytest.raises(MalformedMessageError):
        Conversation().hear(text)


@pytest.mark.parametrize("status", ["nonsense", None])
def test_an_unreadable_reply_is_an_error(status: object) -> None:
    """A reply without a readable status is refused in words."""
    conversation = Conversation()
    request_id, _ = conversation.ask(Request("GET", "channels"))
    text = json.dumps({"type": "RESTResponse", "request_id": request_id, "status_code": status})
    with pytest.raises(MalformedMessageError):
        conversation.hear(text)


def test_what_replies_mean() -> None:
    """Below 400 is accepted; 404 is about nothing."""
    assert Reply("1", 204, "").accepted
    assert not Reply("1", 422, "").accepted
    assert Reply("1", 404, "").about_nothing


def test_a_part_of_a_path_cannot_leave_its_place() -> None:
    """Slashes and questions in ids are made harmless."""
    assert part("a/b?c") == "a%2Fb%3Fc"
