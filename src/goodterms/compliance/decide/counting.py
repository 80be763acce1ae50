"""Which contacts of the log a rule counts, about which debt, and since when.

Counts are folds over the log: nothing is kept that could go stale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from goodterms.compliance.decide.case import Case
from goodterms.compliance.model import AccountFacts, LoggedContact, Reach

REACHES = {
    "dialed": Reach.DIALED,
    "rang": Reach.RANG,
    "machine": Reach.MACHINE,
    "message": Reach.MESSAGE,
    "person": Reach.PERSON,
    "conversation": Reach.CONVERSATION,
}
"""From which reach on a rule counts a contact; see ``Reach``."""
_LISTS = (
    "media", "places", "voices", "purposes", "messages", "except_messages", "line_types",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Which contacts a rule counts, and so which proposals it is about. Empty: any.

    ``key`` names what several rules may count alike: media, reach, direction and to whom;
    ``choosy``: this one looks at more than that.
    """

    media: frozenset[str]
    reach: Reach
    places: frozenset[str]
    voices: frozenset[str]
    purposes: frozenset[str]
    messages: frozenset[str]
    spared: frozenset[str]
    line_types: frozenset[str]
    ways: frozenset[str]
    to: str
    key: str
    choosy: bool

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Counted:
        """Read it from a rule's parameters."""
        media, places, voices, purposes, messages, spared, line_types = (
            frozenset(params.get(name) or ()) for name in _LISTS
        )
        reach = REACHES[params.get("count_from", "rang")]
        ways = frozenset(("out", "in") if params.get("both_ways") else ("out",))
        to = params.get("to", "consumer")
        return cls(
            media, reach, places, voices, purposes, messages, spared, line_types, ways, to,
            key=f"{sorted(media)}{int(reach)}{len(ways)}{to}",
            choosy=bool(places or voices or purposes or messages or spared),
        )  # fmt: skip

    def concerns(self, case: Case) -> bool:
        """Tell whether the proposed contact is one that the rule would count."""
        contact, point = case.proposed, case.facts.point
        return (
            contact.channel in self.media
            and (not self.places or point.place in self.places)
            and (not self.voices or contact.voice in self.voices)
            and (not self.purposes or contact.purpose in self.purposes)
            and (not self.messages or contact.message in self.messages)
            and contact.message not in self.spared
            and (not self.line_types or point.line_type in self.line_types)
            and self.to == ("consumer" if point.relation in CONSUMERS else point.relation)
        )

    def among(self, case: Case) -> list[LoggedContact]:
        """Return the logged contacts that count, newest first."""
        found: list[LoggedContact] | None = case.memo.get(self.key)
        if found is None:
            media, reach, ways, to = self.media, self.reach, self.ways, self.to
            found = [
                one
                for one in case.facts.log
                if one.reach >= reach
                and one.medium in media
                and one.direction in ways
                and one.to == to
            ]
            case.memo[self.key] = found
        return [one for one in found if self._chosen(one)] if self.choosy else found

    def recent(self, case: Case, first: date) -> list[LoggedContact]:
        """Return those that count and may have been on this date or later, newest first.

        Rules that count alike over the same days look through the log once.
        """
        found: list[LoggedContact] | None = case.memo.get((self.key, first))
        if found is None:
            media, reach, ways, to = self.media, self.reach, self.ways, self.to
            found = [
                one
                for one in case.facts.log
                if one.day >= first
                and one.reach >= reach
                and one.medium in media
                and one.direction in ways
                and one.to == to
            ]
            case.memo[self.key, first] = found
        return [one for one in found if self._chosen(one)] if self.choosy else found

    def _chosen(self, one: LoggedContact) -> bool:
        return (
            (not self.places or one.place in self.places)
            and (not self.voices or one.voice in self.voices)
            and (not self.purposes or one.purpose in self.purposes)
            and (not self.messages or one.message in self.messages)
            and one.message not in self.spared
        )


CONSUMERS = frozenset(
    {"consumer", "spouse", "parent", "guardian", "executor", "administrator", "successor"}
)
"""Who the law takes for the consumer. Reference: 12 CFR 1006.6(a)."""


def same_debt(case: Case, account: AccountFacts) -> frozenset[int]:
    """Return the accounts that are one debt with this one, itself among them.

    Reference: 12 CFR 1006.14(b)(4): student loans serviced under one account number.
    """
    if not account.group:
        return frozenset((account.account_id,))
    named = [a.account_id for a in case.facts.accounts if a.group == account.group]
    return frozenset((*named, *account.siblings))


def about(case: Case, contacts: Sequence[LoggedContact], debt: AccountFacts) -> list[LoggedContact]:
    """Return the contacts that were about this debt."""
    if not debt.group:
        number = debt.account_id
        return [one for one in contacts if number in one.account_ids]
    ids = same_debt(case, debt)
    return [one for one in contacts if not ids.isdisjoint(one.account_ids)]


def consented(case: Case, one: LoggedContact | None, debt: AccountFacts | None) -> bool:
    """Tell whether a contact (None: the proposed one) came within seven days of a direct consent.

    The consent's own date is day one; a conversation after it spends it.
    Reference: 12 CFR 1006.14(b)(3)(i).
    """
    if not case.facts.consents:
        return False
    at, day = (case.now, case.days[-1]) if one is None else (one.at, one.day)
    ids = same_debt(case, debt) if debt else frozenset()
    for word in case.facts.consents:
        if word.purpose != "call" or not (word.granted and word.direct) or word.at > at:
            continue
        given = min(word.at.astimezone(place).date() for place in case.zones)
        if day >= given + timedelta(days=7):
            continue
        if not any(
            word.at < talk.at < at
            for talk in case.facts.log
            if talk.reach is Reach.CONVERSATION
            and (debt is None or not ids.isdisjoint(talk.account_ids))
        ):
            return True
    return False


def since_first(
    case: Case,
    contacts: Sequence[LoggedContact],
    since: str | None,
    debt: AccountFacts | None,
    *,
    itself: bool = False,
) -> Sequence[LoggedContact]:
    """Return the contacts after the first conversation or contact, if the rule starts there.

    ``itself``: the first one is counted, too.
    """
    if since is None:
        return contacts
    first = first_of(case, since, debt)
    if first is None:
        return ()
    return [one for one in contacts if one.at > first or (itself and one.at == first)]


def first_of(case: Case, kind: str, debt: AccountFacts | None) -> datetime | None:
    """Return when the first contact or conversation was: as recorded, or as the log shows."""
    recorded = case.circumstances(kind, debt.account_id if debt else None)
    least = Reach.CONVERSATION if kind == "first_conversation" else Reach.MESSAGE
    logged = [
        one.at
        for one in case.facts.log
        if one.reach >= least and (debt is None or debt.account_id in one.account_ids)
    ]
    return min([*[one.at for one in recorded], *logged], default=None)
