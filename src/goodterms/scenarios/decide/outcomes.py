"""How far a contact got, from the words, causes and dispositions people write it with."""

from __future__ import annotations

from goodterms.calls.decide import outcome_of_causes, reach_disposed, reach_of
from goodterms.calls.model import Disposition, Outcome
from goodterms.compliance.decide.counting import REACHES
from goodterms.compliance.model import Reach
from goodterms.scenarios.decide.nodes import Fields, Node

_D, _R, _M, _L, _P, _C = (
    Reach.DIALED, Reach.RANG, Reach.MACHINE, Reach.MESSAGE, Reach.PERSON, Reach.CONVERSATION,
)  # fmt: skip
OUTCOMES: dict[str, tuple[Reach, str]] = {
    "busy": (_D, Outcome.BUSY),
    "not_in_service": (_D, Outcome.UNALLOCATED),
    "unallocated": (_D, Outcome.UNALLOCATED),
    "congested": (_D, Outcome.CONGESTED),
    "failed": (_D, Outcome.FAILED),
    "not_placed": (Reach.NOT_PLACED, Outcome.CANCELLED),
    "cancelled": (_D, Outcome.CANCELLED),
    "rings_out": (_R, Outcome.NO_ANSWER),
    "rang": (_R, Outcome.NO_ANSWER),
    "no_answer": (_R, Outcome.NO_ANSWER),
    "unavailable": (_R, Outcome.UNAVAILABLE),
    "declined": (_R, Outcome.REFUSED),
    "refused": (_R, Outcome.REFUSED),
    "voicemail": (_M, Outcome.MACHINE),
    "machine": (_M, Outcome.MACHINE),
    "mailbox_full": (_M, Outcome.MACHINE),
    "full_mailbox": (_M, Outcome.MACHINE),
    "message_left": (_L, Outcome.MACHINE),
    "voicemail_left": (_L, Outcome.MACHINE),
    "answered": (_P, Outcome.HUNG_UP),
    "person": (_P, Outcome.HUNG_UP),
    "hung_up": (_P, Outcome.HUNG_UP),
    "dropped": (_P, Outcome.ABANDONED),
    "dropped_after_answer": (_P, Outcome.ABANDONED),
    "abandoned": (_P, Outcome.ABANDONED),
    "third_party": (_P, Outcome.CONVERSATION),
    "wrong_number": (_P, Outcome.CONVERSATION),
    "conversation": (_C, Outcome.CONVERSATION),
    "spoke": (_C, Outcome.CONVERSATION),
    "talked": (_C, Outcome.CONVERSATION),
    "interrupted": (_P, Outcome.INTERRUPTED),
    "sent": (_L, ""),
    "delivered": (_L, ""),
    "undelivered": (_D, ""),
    "bounced": (_D, ""),
}
"""What each word for an outcome means: how far it got, and the outcome as the product names it."""

_USUAL = {
    "call": (_R, str(Outcome.NO_ANSWER)),
    "meeting": (_C, ""),
}


def read_reach(medium: str, fields: Fields) -> tuple[Reach, str]:
    """Take how a contact went, from its outcome, causes, disposition or reach.

    The most exact word wins: reach, then conversation and message left, then disposition, then
    outcome, then causes. A call of which nothing is said rang out; a message was delivered.
    """
    reach, outcome = _USUAL.get(medium, (_L, ""))
    rang = fields.flag("rang", "ringing")
    sip = fields.take("sip", "sip_cause", "sip_code")
    cause = fields.take("q850", "cause")
    if sip or cause:
        reach, outcome = _by_cause(sip, cause, rang=rang)
    elif rang:
        reach, outcome = _R, str(Outcome.NO_ANSWER)
    named = fields.take("outcome", "result")
    if named is not None:
        reach, outcome = OUTCOMES[named.choice(OUTCOMES)]
    disposed = fields.take("disposition", "disposed")
    if disposed is not None:
        reach, outcome = _by_disposition(disposed, outcome)
    if (left := fields.take("message_left", "left_message", "voicemail_left")) and left.flag():
        reach, outcome = max(reach, _L), outcome if reach >= _M else str(Outcome.MACHINE)
    if talked := fields.take("conversation"):
        talking = talked.flag()
        reach = _C if talking else min(reach, _P)
        outcome = str(Outcome.CONVERSATION) if talking else outcome
    if exact := fields.take("reach", "reached"):
        reach = _exact(exact, reach)
    return reach, str(outcome)


def _by_cause(sip: Node | None, cause: Node | None, *, rang: bool) -> tuple[Reach, str]:
    code = sip.whole(100) if sip else None
    if code == 200:  # noqa: PLR2004 - SIP: answered
        return _P, str(Outcome.HUNG_UP)
    outcome = outcome_of_causes(cause.whole(1) if cause else None, code, rang=rang)
    return reach_of(outcome, placed=True, rang=rang), str(outcome)


def _by_disposition(node: Node, outcome: str) -> tuple[Reach, str]:
    words = {"promise_to_pay": "promise", "ptp": "promise", "callback": "call_back",
             "no_answer": "no_contact", "voicemail": "machine"}  # fmt: skip
    disposition = Disposition(node.choice([*Disposition], words))
    if disposition is Disposition.NO_CONTACT:
        return _R, outcome
    if disposition is Disposition.HUNG_UP:
        return _P, str(Outcome.HUNG_UP)
    reach = reach_disposed(disposition)
    return reach, str(Outcome.MACHINE if reach is _M else Outcome.CONVERSATION)


def _exact(node: Node, otherwise: Reach) -> Reach:
    if node.is_plain:
        return max(otherwise, _P) if node.flag() else min(otherwise, _M)
    return REACHES[node.choice(REACHES)]
