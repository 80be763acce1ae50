"""The closed registry of circumstances: recorded facts that bear on contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class CircumstanceKind:
    """What a kind of circumstance means, and what its data may hold.

    ``about`` is what it can be about: person, account, point. ``fields`` map each name in the
    data to the sort of its value: text, date, day_list, time, flag, amount, zones, or the
    choices divided by bars; those in ``needed`` must be there.
    """

    meaning: str
    about: frozenset[str]
    fields: Mapping[str, str] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    release_rule: str = "the consumer says otherwise"


_PERSON, _ACCOUNT, _POINT = frozenset({"person"}), frozenset({"account"}), frozenset({"point"})
_TIME = {"weekdays": "day_list", "from": "time", "until": "time", "channel": "call|sms|email"}
_MEDIA = "call|sms|email|letter|meeting"
_PLACES = "home|mobile|work|other"

CIRCUMSTANCES: Final[Mapping[str, CircumstanceKind]] = {
    "inconvenient_time": CircumstanceKind(
        "The consumer said that this time is inconvenient.", _PERSON, _TIME
    ),
    "only_time": CircumstanceKind(
        "The consumer said that only this time is convenient.", _PERSON, _TIME
    ),
    "convenient_time": CircumstanceKind(
        "The consumer said that this time is convenient although the law assumes otherwise.",
        _PERSON,
        _TIME,
    ),
    "inconvenient_place": CircumstanceKind(
        "The consumer said that contact at this place is inconvenient.",
        _PERSON,
        {"place": _PLACES},
        frozenset({"place"}),
    ),
    "only_place": CircumstanceKind(
        "The consumer said that only this place is convenient.",
        _PERSON,
        {"place": _PLACES},
        frozenset({"place"}),
    ),
    "only_channel": CircumstanceKind(
        "The consumer wants to be contacted this way only.",
        _PERSON,
        {"channel": "call|sms|email|letter"},
        frozenset({"channel"}),
    ),
    "employer_prohibits": CircumstanceKind(
        "The employer is known, or there is reason to know, to prohibit contact at work.",
        _PERSON | _POINT,
        {"oral": "flag"},
        frozenset(),
        "the employer is known to allow it",
    ),
    "attorney": CircumstanceKind(
        "An attorney represents the consumer on this debt.",
        _PERSON | _ACCOUNT,
        {
            "name": "text",
            "address": "text",
            "asked_on": "date",
            "answered": "flag",
            "consents": "flag",
        },
        frozenset(),
        "the attorney consents, does not answer, or no longer acts",
    ),
    "dispute": CircumstanceKind(
        "The consumer disputes the debt or a part of it.",
        _ACCOUNT,
        {
            "written": "flag",
            "amount": "amount",
            "duplicative": "flag",
            "about": "debt|amount|original_creditor",
        },
        frozenset({"written"}),
        "verification is sent",
    ),
    "verification": CircumstanceKind(
        "Verification of the debt, or the original creditor's details, were sent.",
        _ACCOUNT,
        {"medium": _MEDIA},
        frozenset(),
        "never",
    ),
    "initial_communication": CircumstanceKind(
        "The first communication about the debt.",
        _ACCOUNT,
        {"medium": _MEDIA, "direction": "out|in", "validation_given": "flag"},
        frozenset(),
        "never",
    ),
    "first_contact": CircumstanceKind(
        "The first time the consumer was reached.",
        _PERSON | _ACCOUNT,
        {"medium": _MEDIA},
        frozenset(),
        "never",
    ),
    "first_conversation": CircumstanceKind(
        "The first conversation with the consumer.",
        _PERSON | _ACCOUNT,
        {"medium": _MEDIA},
        frozenset(),
        "never",
    ),
    "notice": CircumstanceKind(
        "A notice was sent.",
        _PERSON | _ACCOUNT,
        {
            "notice": "validation|initial|post_dated|debit_amount|creditor_email|licence|court"
            "|duplicative|cease_exc_1|cease_exc_2|cease_exc_3",
            "medium": _MEDIA,
            "undelivered": "flag",
            "opt_out_until": "date",
        },
        frozenset({"notice"}),
        "it comes back undelivered and is sent again",
    ),
    "address_provenance": CircumstanceKind(
        "Why this address may be used.",
        _POINT,
        {
            "basis": "consumer_used|consented|creditor_notice|prior_collector",
            "opt_out_days": "amount",
        },
        frozenset({"basis"}),
        "the consumer opts out or another person has the address",
    ),
    "number_check": CircumstanceKind(
        "The reassigned numbers database was asked about this number.",
        _POINT,
        {"result": "not_reassigned|reassigned|no_data", "consent_on": "date"},
        frozenset({"result"}),
        "a newer check is recorded",
    ),
    "line_check": CircumstanceKind(
        "The kind and state of this line were looked up.",
        _POINT,
        {"line_type": "text", "reachable": "flag", "ported": "flag", "roaming": "text"},
        frozenset(),
        "a newer check is recorded",
    ),
    "stated_location": CircumstanceKind(
        "Where the consumer said to be, or is known to be.",
        _PERSON,
        {"place": "text", "zones": "zones", "until": "date"},
        frozenset({"place"}),
    ),
    "asked_back": CircumstanceKind(
        "A third party asked to be contacted again, or its answer is believed wrong.",
        _POINT | _PERSON,
        {"why": "text"},
        frozenset(),
        "it was contacted again",
    ),
    "consumer_wrote": CircumstanceKind(
        "The consumer wrote in on a medium that was closed; one reply in it is due.",
        _PERSON,
        {"channel": "sms|email"},
        frozenset({"channel"}),
        "the reply was sent",
    ),
    "opted_out": CircumstanceKind(
        "An opt-out was just received; one confirmation in the same medium is due.",
        _PERSON,
        {"channel": "sms|email"},
        frozenset({"channel"}),
        "the confirmation was sent",
    ),
    "breathing_space": CircumstanceKind(
        "A statutory moratorium runs.",
        _PERSON,
        {"sort": "standard|mental_health", "until": "date", "treatment_ended": "date"},
        frozenset({"sort"}),
        "its last day is over",
    ),
    "vulnerability": CircumstanceKind(
        "The consumer shows signs of difficulty that need care.", _PERSON, {"sort": "text"}
    ),
    "review_requested": CircumstanceKind(
        "The consumer asked that a person reviews an automated decision.",
        _PERSON | _ACCOUNT,
        {"about": "text"},
        frozenset(),
        "a person has reviewed it",
    ),
    "time_barred_on": CircumstanceKind(
        "From this date on the debt is too old to be sued for.",
        _ACCOUNT,
        {"law": "text"},
        frozenset(),
        "the limitation is computed anew",
    ),
    "referral_approved": CircumstanceKind(
        "A person looked at a referral and let the contact through for now.",
        _PERSON | _ACCOUNT | _POINT,
        {"reason_code": "text", "until": "date"},
        frozenset({"reason_code"}),
        "its last day is over",
    ),
    "blocked_us": CircumstanceKind(
        "The consumer blocked our number or asked that it stops calling.",
        _PERSON | _POINT,
        {"number": "text"},
    ),
    "third_party_asked": CircumstanceKind(
        "This third party was asked for location information.",
        _POINT,
        {"medium": _MEDIA},
        frozenset(),
        "never",
    ),
    "claim_accrued": CircumstanceKind(
        "The claim accrued: from this day on it could have been sued for.",
        _ACCOUNT,
        {"contract": "written|oral|open|note|sale"},
        frozenset(),
        "the date proves wrong",
    ),
    "first_delinquency": CircumstanceKind(
        "The delinquency began that led to the collection.",
        _ACCOUNT,
        {},
        frozenset(),
        "the date proves wrong",
    ),
    "reported": CircumstanceKind(
        "The debt was reported to a consumer reporting agency.",
        _ACCOUNT,
        {"agency": "text"},
        frozenset(),
        "the report is deleted",
    ),
    "bureau_dispute": CircumstanceKind(
        "A dispute came through a consumer reporting agency.",
        _ACCOUNT,
        {"agency": "text", "more_came": "flag"},
        frozenset(),
        "the answer was sent",
    ),
}
"""Every kind of circumstance; nothing else can be recorded. Names in the data as given there."""
