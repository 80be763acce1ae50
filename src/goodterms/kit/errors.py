"""Errors that are meant for people: what happened, to which record, and what to do next."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - the glossary's word; not every refusal is an error
    """A request that cannot be done; carries a code for programs and a sentence for people."""

    status = 422

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NotFound(Refusal):
    """The record named does not exist."""

    status = 404


class Conflict(Refusal):
    """The record is in a state that does not allow the request."""

    status = 409


class Forbidden(Refusal):
    """The person or key has not the right to do this."""

    status = 403


class IllegalTransition(Refusal):
    """A life cycle has no such step; nothing was changed."""

    status = 409

    def __init__(self, what: str, state: str, event: str) -> None:
        super().__init__(
            "ILLEGAL_TRANSITION", f"A {what} that is {state} cannot take the step '{event}'."
        )
        self.state = state
        self.event = event
