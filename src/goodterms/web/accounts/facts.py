"""Recorded facts on the pages: what each is called, what it means, and the form to record one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from goodterms.accounts.model import (
    CIRCUMSTANCES,
    Channel,
    Consent,
    ConsentState,
    Purpose,
    RecordedCircumstance,
)
from goodterms.kit.errors import Refusal
from goodterms.web.forms import Form
from goodterms.web.languages import later

WISHES = (
    "inconvenient_time",
    "only_time",
    "convenient_time",
    "inconvenient_place",
    "only_place",
    "only_channel",
    "stated_location",
    "vulnerability",
)
"""What an agent may record and, when the consumer says otherwise, end again."""
GROUPS = (
    (later("Wishes and needs"), WISHES),
    (
        later("Restrictions"),
        (
            "attorney",
            "dispute",
            "employer_prohibits",
            "breathing_space",
            "blocked_us",
            "review_requested",
        ),
    ),
    (
        later("Numbers and addresses"),
        ("number_check", "line_check", "address_provenance", "asked_back"),
    ),
    (
        later("Letters and dates"),
        ("verification", "notice", "time_barred_on", "claim_accrued", "first_delinquency"),
    ),
)
"""What the pages let people record; the rest is recorded by the system as it happens."""
OFFERED = frozenset(kind for _, kinds in GROUPS for kind in kinds)

KINDS = {
    "inconvenient_time": later("Inconvenient time"),
    "only_time": later("Only at this time"),
    "convenient_time": later("Convenient time"),
    "inconvenient_place": later("Inconvenient place"),
    "only_place": later("Only at this place"),
    "only_channel": later("Only this way"),
    "employer_prohibits": later("No calls at work"),
    "attorney": later("Attorney"),
    "dispute": later("Dispute"),
    "verification": later("Verification sent"),
    "initial_communication": later("First communication about the debt"),
    "first_contact": later("First contact"),
    "first_conversation": later("First conversation"),
    "notice": later("Notice sent"),
    "address_provenance": later("Why the address may be used"),
    "number_check": later("Check of the number"),
    "line_check": later("Check of the line"),
    "stated_location": later("Where the consumer is"),
    "asked_back": later("Third party may be asked again"),
    "consumer_wrote": later("The consumer wrote in"),
    "opted_out": later("Opt-out received"),
    "breathing_space": later("Breathing space"),
    "vulnerability": later("Needs care"),
    "time_barred_on": later("Too old to sue for"),
    "referral_approved": later("Let through by a person"),
    "blocked_us": later("Blocked our number"),
    "review_requested": later("A person must review"),
    "third_party_asked": later("Third party asked"),
    "claim_accrued": later("The claim accrued"),
    "first_delinquency": later("First delinquency"),
    "reported": later("Reported to an agency"),
    "bureau_dispute": later("Dispute through an agency"),
}
MEANS = {
    "inconvenient_time": later("No contact then, by the consumer's own clock."),
    "only_time": later("Contact at this time only, by the consumer's own clock."),
    "convenient_time": later("Contact is allowed then too, outside the usual hours."),
    "inconvenient_place": later("No contact at this place."),
    "only_place": later("Contact at this place only."),
    "only_channel": later("Contact this way only."),
    "employer_prohibits": later("No calls to work."),
    "attorney": later("Only the attorney is contacted, as long as they act."),
    "dispute": later(
        "In writing it stops contact about the debt until verification is sent; by word of mouth"
        " it stops nothing, and the debt is reported as disputed."
    ),
    "verification": later("Contact that waited for it may go on."),
    "initial_communication": later("The validation notice is due from then on."),
    "first_contact": later("Some periods run from it."),
    "first_conversation": later("Some limits begin with it."),
    "notice": later("Waits and periods run from it."),
    "address_provenance": later("The address may be written to for this reason."),
    "number_check": later("A reassigned number is left alone; texts need a recent check."),
    "line_check": later("Rules about mobile lines look at it."),
    "stated_location": later("The hours and the law there count as well."),
    "asked_back": later("The third party may be contacted once more."),
    "consumer_wrote": later("One reply in the same medium is allowed."),
    "opted_out": later("One confirmation in the same medium is allowed."),
    "breathing_space": later("No contact until its last day is over."),
    "vulnerability": later("Take care; nothing stops by itself."),
    "time_barred_on": later("From then on nobody threatens to sue, or sues."),
    "referral_approved": later("A contact that a person had to look at is let through."),
    "blocked_us": later("No other number is shown to get around it."),
    "review_requested": later("No decision against the consumer without a person."),
    "third_party_asked": later("It is not asked again, unless it asks for that."),
    "claim_accrued": later("The time to sue runs from it."),
    "first_delinquency": later("The time a report may stand runs from it."),
    "reported": later("Disputes are passed on to the agency."),
    "bureau_dispute": later("It is to be investigated in time."),
}
FIELDS = {
    "weekdays": later("Weekdays"),
    "from": later("From"),
    "until": later("Until"),
    "channel": later("Way of contact"),
    "place": later("Place"),
    "oral": later("Said by the consumer"),
    "name": later("Name"),
    "address": later("Address and telephone"),
    "asked_on": later("Asked on"),
    "answered": later("Answered"),
    "consents": later("Allows direct contact"),
    "written": later("In writing"),
    "amount": later("Disputed part"),
    "duplicative": later("The same as before"),
    "about": later("About"),
    "medium": later("Sent by"),
    "direction": later("Direction"),
    "validation_given": later("Validation information given"),
    "notice": later("Which notice"),
    "undelivered": later("Came back undelivered"),
    "opt_out_until": later("Opt-out until"),
    "basis": later("Reason"),
    "opt_out_days": later("Days to opt out"),
    "result": later("Result"),
    "consent_on": later("Consent of"),
    "line_type": later("Kind of line"),
    "reachable": later("Reachable"),
    "ported": later("Ported"),
    "roaming": later("Roaming in"),
    "zones": later("Time zones"),
    "why": later("Why"),
    "sort": later("Kind"),
    "law": later("Law"),
    "reason_code": later("Reason code"),
    "number": later("Number"),
    "agency": later("Agency"),
    "more_came": later("More information came"),
    "treatment_ended": later("Treatment ended on"),
    "contract": later("Kind of contract"),
}
VALUES = {
    "call": later("Calls"),
    "sms": later("Texts"),
    "email": later("E-mail"),
    "letter": later("Letter"),
    "meeting": later("Meeting"),
    "social": later("Social media"),
    "all": later("All ways"),
    "home": later("Home"),
    "mobile": later("Mobile"),
    "work": later("Work"),
    "other": later("Elsewhere"),
    "debt": later("The debt"),
    "original_creditor": later("The original creditor"),
    "out": later("From us"),
    "in": later("To us"),
    "validation": later("Validation notice"),
    "initial": later("First notice"),
    "post_dated": later("Post-dated payment"),
    "debit_amount": later("Amount of a debit"),
    "creditor_email": later("The creditor's e-mail notice"),
    "licence": later("Licence notice"),
    "court": later("Court paper"),
    "consumer_used": later("The consumer used it with us"),
    "consented": later("The consumer agreed to it"),
    "creditor_notice": later("The creditor gave notice"),
    "prior_collector": later("A prior collector used it"),
    "not_reassigned": later("Not reassigned"),
    "reassigned": later("Reassigned"),
    "no_data": later("No data"),
    "standard": later("Standard"),
    "mental_health": later("Mental-health crisis"),
    "amount": later("The amount"),
    "written": later("Written"),
    "oral": later("By word of mouth"),
    "open": later("Open account"),
    "note": later("Promissory note"),
    "sale": later("Sale of goods"),
    "duplicative": later("The same dispute as before"),
    "cease_exc_1": later("That efforts end"),
    "cease_exc_2": later("That a remedy may be invoked"),
    "cease_exc_3": later("That a remedy will be invoked"),
}
RELATIONS = {
    "consumer": later("The consumer's own"),
    "spouse": later("Spouse"),
    "parent": later("Parent"),
    "guardian": later("Legal guardian"),
    "executor": later("Executor"),
    "administrator": later("Administrator"),
    "successor": later("Successor"),
    "attorney": later("Attorney"),
    "employer": later("Employer"),
    "third_party": later("Somebody else"),
}
PURPOSES = {
    Purpose.CONTACT: later("To be contacted"),
    Purpose.AUTOMATED: later("Automated calls, recorded voices and texts"),
    Purpose.CALL: later("Calls beyond the usual number"),
    Purpose.HOURS: later("Contact outside the usual hours"),
    Purpose.WORK: later("Contact at work"),
    Purpose.ESIGN: later("Notices by e-mail"),
    Purpose.RECORDING: later("Recording of calls"),
    Purpose.DEBIT: later("Debits from the account"),
}
DAYS = (
    later("Mon"), later("Tue"), later("Wed"), later("Thu"), later("Fri"), later("Sat"),
    later("Sun"),
)  # fmt: skip
TABLES = {
    "facts": KINDS,
    "fact_means": MEANS,
    "fact_fields": FIELDS,
    "fact_values": VALUES,
    "relations": RELATIONS,
    "purposes": PURPOSES,
    "channels": {channel.value: VALUES[channel.value] for channel in Channel},
    "days": DAYS,
}
_NOON = time(12)


@dataclass(frozen=True, slots=True)
class Entered:
    """A fact as it was entered on a form."""

    kind: str
    whole_person: bool
    contact_point_id: int | None
    on: date | None
    at: datetime | None
    data: dict[str, Any]
    source: str


def entered(form: Form, zone: str, now: datetime) -> Entered:
    """Read the form; what its kind does not know is left out.

    Raises:
        Refusal: no kind was chosen, or the date is none.
    """
    kind = form.text("kind")
    if kind not in OFFERED:
        raise Refusal("NO_SUCH_FACT", "Choose what is to be recorded.", field="kind")
    fields = CIRCUMSTANCES[kind].fields
    data: dict[str, Any] = {
        name: form.text(name) for name, sort in fields.items() if sort not in ("day_list", "flag")
    }
    for name, sort in fields.items():
        if sort == "day_list":
            data[name] = [day for day in range(7) if form.text(f"day{day}")]
        elif sort == "flag":
            data[name] = bool(form.text(name))
    on = form.day("on") if form.text("on") else None
    return Entered(
        kind=kind,
        whole_person=form.text("scope") != "account",
        contact_point_id=form.number("point"),
        on=on,
        at=_instant(on, zone, now),
        data=data,
        source=form.text("source"),
    )


def _instant(on: date | None, zone: str, now: datetime) -> datetime | None:
    """Return the noon of another day than today where the consumer is; None is now."""
    place = ZoneInfo(zone) if zone else UTC
    if on is None or on == now.astimezone(place).date():
        return None
    return datetime.combine(on, _NOON, place)


def said(consents: Sequence[Consent]) -> list[Consent]:
    """Return the newest word on each channel, purpose and contact point, newest first."""
    newest = {(one.channel, one.purpose, one.contact_point_id): one for one in consents}
    return sorted(newest.values(), key=lambda one: one.recorded_at, reverse=True)


def closes(consent: Consent) -> bool:
    """Tell whether this word closes a channel."""
    return consent.state is ConsentState.REVOKED and consent.purpose is Purpose.CONTACT


def newest_of(
    facts: Sequence[RecordedCircumstance], kind: str, point_id: int
) -> RecordedCircumstance | None:
    """Return the newest fact in force of a kind about a number or address."""
    return next(
        (
            one
            for one in facts
            if one.kind == kind and one.contact_point_id == point_id and one.ended_at is None
        ),
        None,
    )


SHOWN = {
    "fact_kinds": CIRCUMSTANCES,
    "fact_groups": GROUPS,
    "fact_wishes": WISHES,
    "parse_date": date.fromisoformat,
}
"""What the templates need besides the person to show facts."""
