"""What a closed contact leaves on record: the facts that later rules count from."""

from __future__ import annotations

from collections.abc import Mapping

from goodterms.compliance.model import ContactClosed, Posted, Reach

_CONSUMER, _ATTORNEY = "consumer", "attorney"
# A message of this class says nothing of a debt, so it is no communication about one.
# Reference: 12 CFR 1006.2(d), (j).
_SAYS_NOTHING = frozenset({"limited_content", "opt_out_confirmation"})
_NOTICES: Mapping[str, str] = {
    "validation_notice": "validation",
    "duplicative_notice": "duplicative",
    "CEASE_EXC_1": "cease_exc_1",
    "CEASE_EXC_2": "cease_exc_2",
    "CEASE_EXC_3": "cease_exc_3",
}
_ANSWERS = frozenset({"verification", "original_creditor"})


def posted(closed: ContactClosed) -> tuple[Posted, ...]:
    """Return what follows from a contact, in the order in which it is recorded.

    A conversation with the consumer, or a message that says something of the debt, is a
    communication: the first one starts the five days of the validation notice. A third party
    that answered was asked; it is not asked again.

    Reference: 12 CFR 1006.2(d), 1006.34(a)(1), 1006.10(b).
    """
    medium = {"medium": closed.medium}
    if closed.recipient not in (_CONSUMER, _ATTORNEY):
        if closed.reach < Reach.PERSON or closed.contact_point_id is None:
            return ()
        return (Posted("third_party_asked", None, closed.contact_point_id, medium),)
    if closed.recipient == _ATTORNEY or not _is_communication(closed):
        return ()
    began = {**medium, "direction": closed.direction}
    found = [Posted("first_contact", None, None, medium)]
    for account_id in closed.account_ids:
        found.append(Posted("initial_communication", account_id, None, began))
        if closed.reach is Reach.CONVERSATION:
            found.append(Posted("first_conversation", account_id, None, medium))
        found += _sent(closed.message, account_id, medium)
    return tuple(found)


def _is_communication(closed: ContactClosed) -> bool:
    if closed.reach is Reach.CONVERSATION:
        return True
    return closed.reach is Reach.MESSAGE and closed.message not in _SAYS_NOTHING


def _sent(message: str, account_id: int, medium: Mapping[str, str]) -> list[Posted]:
    if message in _ANSWERS:
        return [Posted("verification", account_id, None, medium)]
    notice = _NOTICES.get(message)
    return [Posted("notice", account_id, None, {**medium, "notice": notice})] if notice else []
