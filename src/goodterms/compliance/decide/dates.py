"""Dates that the law counts: notices, receipt, periods, reporting, keeping, limitation.

Each function takes dates and a rulebook and gives a date; the numbers are those of the rows in
force on the day that the count begins. Where several rows apply, the one that asks more of us
counts. ``where`` are the jurisdictions as ``decide.places`` names them.

Everything is a local date where the consumer is; nothing here knows an instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from goodterms.compliance.decide.calendars import is_business_day, plus_business_days
from goodterms.compliance.model import EVERYWHERE, Rule, Rulebook

US = ("US",)
_DAY = timedelta(days=1)


class NoRowError(LookupError):
    """No row in force says how to count; tells which predicate is missing, where and when."""


def in_force(
    rulebook: Rulebook, predicate: str, on: date, where: tuple[str, ...] = US
) -> tuple[Rule, ...]:
    """Return the rows of a predicate in force on a day in a place, the newest version of each."""
    chosen = {
        rule.id: rule
        for rule in rulebook.rules
        if rule.predicate == predicate
        and rule.enabled
        and (rule.jurisdiction == EVERYWHERE or rule.jurisdiction in where)
        and rule.valid_from <= on
        and (rule.valid_to is None or on < rule.valid_to)
    }
    return tuple(chosen.values())


def rows(
    rulebook: Rulebook, predicate: str, on: date, where: tuple[str, ...] = US
) -> tuple[Rule, ...]:
    """Return the rows in force, of which there must be one.

    Raises:
        NoRowError: there is none.
    """
    chosen = in_force(rulebook, predicate, on, where)
    if not chosen:
        place = where[-1] if where else "an unknown place"
        raise NoRowError(f"No row of '{predicate}' is in force in {place} on {on}: add one.")
    return chosen


def validation_notice_due(
    rulebook: Rulebook, initial_communication: date, where: tuple[str, ...] = US
) -> date:
    """Return the last day on which the validation information may be sent.

    Reference: 12 CFR 1006.34(a)(1)(i)(B): within five days of the initial communication.
    """
    found = rows(rulebook, "validation_notice", initial_communication, where)
    return min(notice_due(rule.params, initial_communication) for rule in found)


def notice_due(params: Mapping[str, Any], initial_communication: date) -> date:
    """Count calendar days from the initial communication, its own date not counted."""
    return initial_communication + timedelta(days=int(params["within_days"]))


def assumed_receipt(rulebook: Rulebook, sent: date, where: tuple[str, ...] = US) -> date:
    """Return the day on which a validation notice may be assumed to have been received.

    Reference: 12 CFR 1006.34(b)(5): at least five days after sending, not counting legal public
    holidays, Saturdays and Sundays.
    """
    found = rows(rulebook, "validation_period", sent, where)
    return max(receipt_of(rule.params, sent) for rule in found)


def receipt_of(params: Mapping[str, Any], sent: date) -> date:
    """Count business days after sending."""
    return plus_business_days(str(params["calendar"]), sent, int(params["receipt_days"]))


def validation_period_ends(
    rulebook: Rulebook, sent: date, where: tuple[str, ...] = US, *, received: date | None = None
) -> date:
    """Return the last day of the validation period of a notice sent, or known to be received.

    A notice sent again after it came back undelivered begins a period of its own: ask with the
    day on which it was sent again.

    Reference: 12 CFR 1006.34(b)(5): 30 days after receipt or assumed receipt.
    """
    found = rows(rulebook, "validation_period", sent, where)
    return max(period_end(rule.params, sent, received) for rule in found)


def period_end(params: Mapping[str, Any], sent: date, received: date | None = None) -> date:
    """Count calendar days from receipt, which is assumed unless it is known."""
    begins = received or receipt_of(params, sent)
    return begins + timedelta(days=int(params["period_days"]))


def dispute_in_time(
    rulebook: Rulebook, dispute: date, notice_sent: date | None, where: tuple[str, ...] = US
) -> bool:
    """Tell whether a dispute came within the validation period; before any notice it did.

    Reference: 12 CFR 1006.38(c), (d).
    """
    if notice_sent is None:
        return True
    return dispute <= validation_period_ends(rulebook, notice_sent, where)


def furnishable_from(
    rulebook: Rulebook,
    notice_sent: date | None = None,
    conversation: date | None = None,
    where: tuple[str, ...] = US,
    *,
    undelivered: bool = False,
) -> date | None:
    """Return the first day on which a debt may be reported; None: not until something happens.

    Either somebody spoke with the consumer about the debt, or a notice was sent and a reasonable
    time passed without word that it could not be delivered.

    Reference: 12 CFR 1006.30(a)(1).
    """
    begins = [day for day in (notice_sent, conversation) if day is not None]
    if not begins:
        return None
    found = rows(rulebook, "furnish_wait", min(begins), where)
    days = [furnish_from(rule.params, notice_sent, conversation, undelivered) for rule in found]
    return None if None in days else max(day for day in days if day is not None)


def furnish_from(
    params: Mapping[str, Any], sent: date | None, conversation: date | None, undelivered: bool
) -> date | None:
    """Take the earlier of the conversation and the end of the wait after the notice."""
    after = None
    if sent is not None and not undelivered:
        after = sent + timedelta(days=int(params["wait_days"]))
    return min([day for day in (after, conversation) if day is not None], default=None)


def kept_until(
    rulebook: Rulebook, what: str, since: date, where: tuple[str, ...] = US
) -> tuple[date, Rule]:
    """Return the last day on which records or recordings must be kept, and the row that says so.

    ``what`` is ``records`` (``since`` the last collection activity) or ``recordings`` (the
    call). The longest duty counts; of two that end alike the law is named, not the house rule.

    Reference: 12 CFR 1006.100(a), (b).

    Raises:
        NoRowError: no row says how long; then nothing may be erased.
    """
    found = [r for r in rows(rulebook, "keep", since, where) if what in r.params["what"]]
    if not found:
        raise NoRowError(f"No row says how long {what} are kept: add one of 'keep'.")
    ends = [(keep_end(rule.params, since), rule) for rule in found]
    return max(ends, key=lambda end: (end[0], end[1].jurisdiction != EVERYWHERE))


def keep_end(params: Mapping[str, Any], since: date) -> date:
    """Count years and days from the event."""
    return plus_years(since, int(params["years"])) + timedelta(days=int(params.get("days_more", 0)))


def reportable_until(
    rulebook: Rulebook, first_delinquency: date, where: tuple[str, ...] = US
) -> date:
    """Return the last day on which a delinquency may stand in a consumer report.

    Reference: 15 USC 1681c(a)(4), (c)(1): seven years, beginning 180 days after the delinquency
    that led to the collection.
    """
    found = rows(rulebook, "reporting_period", first_delinquency, where)
    return min(report_end(rule.params, first_delinquency) for rule in found)


def report_end(params: Mapping[str, Any], first_delinquency: date) -> date:
    """Count the days first, then the years."""
    begins = first_delinquency + timedelta(days=int(params["after_days"]))
    return plus_years(begins, int(params["years"]))


def bureau_answer_due(
    rulebook: Rulebook, received: date, where: tuple[str, ...] = US, *, more_came: bool = False
) -> date:
    """Return the last day to answer a dispute that came through a consumer reporting agency.

    ``more_came``: the consumer sent more within the period, which lengthens it.

    Reference: 15 USC 1681i(a)(1), 1681s-2(b)(2).
    """
    found = rows(rulebook, "bureau_answer", received, where)
    name = "extended_days" if more_came else "answer_days"
    return min(received + timedelta(days=int(rule.params[name])) for rule in found)


def post_dated_notice(
    rulebook: Rulebook, accepted: date, deposit: date, where: tuple[str, ...] = US
) -> tuple[date, date] | None:
    """Return the first and the last day to send the notice of a post-dated payment.

    None: it is not dated far enough ahead to need one.

    Reference: 15 USC 1692f(2): not more than ten nor less than three business days before.
    """
    found = rows(rulebook, "postdated_notice", accepted, where)
    spans = [
        notice_span(rule.params, deposit)
        for rule in found
        if deposit - accepted > timedelta(days=int(rule.params["over_days"]))
    ]
    if not spans:
        return None
    return max(first for first, _ in spans), min(last for _, last in spans)


def notice_span(params: Mapping[str, Any], deposit: date) -> tuple[date, date]:
    """Count business days back from the deposit."""
    calendar = str(params["calendar"])
    return (
        minus_business_days(calendar, deposit, int(params["most"])),
        minus_business_days(calendar, deposit, int(params["least"])),
    )


def time_barred_from(
    rulebook: Rulebook,
    accrued: date,
    where: tuple[str, ...],
    contract: str = "written",
    *,
    asked: date = date.max,
) -> date:
    """Return the first day on which nobody may sue any more: the claim's age is the limit.

    The clock runs from the day on which the claim accrued, which is not the last payment. Of
    several places the shortest period counts. The rows are those in force when ``asked``, by
    default the newest: a law that shortens a period does so for claims that accrued before.

    Reference: 12 CFR 1006.26(b); the states' statutes that the rows cite.
    """
    found = [r for r in rows(rulebook, "time_barred", asked, where) if "years" in r.params]
    if not found:
        raise NoRowError(f"No row says after how many years {where[-1]} bars a suit: add one.")
    return min(barred_from(rule.params, accrued, contract) for rule in found)


def barred_from(params: Mapping[str, Any], accrued: date, contract: str) -> date:
    """Add the years of this kind of contract; on the day after the last one it is too late."""
    years = params["years"]
    shortest = min(int(number) for number in years.values())
    return plus_years(accrued, int(years.get(contract, shortest))) + _DAY


def plus_years(day: date, years: int) -> date:
    """Return the same day some years on; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def minus_business_days(calendar: str, day: date, number: int) -> date:
    """Return the date so many business days before, the day itself not counted."""
    while number > 0:
        day -= _DAY
        number -= is_business_day(calendar, day)
    return day
