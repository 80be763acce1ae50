"""Predicates about how often and how early money is taken: tries again, authority, notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from goodterms.compliance.decide import words
from goodterms.compliance.decide.calendars import plus_business_days
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.readers import calendar, some_of, texts, whole
from goodterms.compliance.decide.windows import day_begins
from goodterms.compliance.model import Finding, Moment, ProposedPayment, Rule

PAY = frozenset({Moment.PAY})
INSTRUMENTS = ("credit", "debit", "prepaid", "card", "ach", "cheque", "wallet")
CHANNELS = ("agent", "ivr", "web", "link", "scheduled")
CARDS = frozenset({"credit", "debit", "prepaid"})
VAGUE = frozenset({"", "card", "wallet"})
"""Instruments that do not tell which kind of card or account is behind them."""

channels = some_of(CHANNELS)
Judge = Callable[[Case, ProposedPayment], tuple[Finding, ...]]
_DAY_HOURS = 24


def about_payments(judge: Judge) -> Check:
    """Make a check that asks only about payments."""

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        payment = case.about(ProposedPayment)
        return judge(case, payment) if payment is not None else ()

    return check


def could_be(payment: ProposedPayment, instruments: frozenset[str]) -> bool:
    """Tell whether a payment is, or may be, by one of these instruments."""
    held = payment.instrument
    if held in instruments:
        return True
    return held in VAGUE and bool(instruments & CARDS)


def _today(case: Case) -> date:
    """Return the earliest date it may be where the consumer is."""
    return case.days[0] if case.days else (case.now - timedelta(hours=12)).date()


def _begins(case: Case, day: date) -> datetime:
    """Return when a date has begun wherever the consumer may be."""
    if case.zones:
        return day_begins(case.zones, day)
    return datetime.combine(day, time(), UTC) + timedelta(hours=12)


def _tries(case: Case, payment: ProposedPayment) -> list[datetime]:
    """Return when the payment failed, the latest first; a date counts as its very end."""
    ends = [_begins(case, day + timedelta(days=1)) for day in payment.failed_on]
    return sorted([*payment.tried_at, *ends], reverse=True)


def _newly_authorised(case: Case, since: datetime) -> bool:
    """Tell whether the consumer authorised debits anew after an instant."""
    newest = max((c for c in case.facts.consents if c.purpose == "debit"),
                 key=lambda c: c.at, default=None)  # fmt: skip
    return newest is not None and newest.granted and newest.at > since


def _debit_again(rule: Rule) -> Check:
    """A bank debit that came back for lack of funds is presented again at most ``max`` times.

    ``again_codes`` are the returns it may be after, within ``within_days`` of the first; one that
    came back for any other reason needs a new authorisation.

    Reference: Nacha Operating Rules 2.12.4 (reinitiation), 3.12.2 (R07, R08, R10).
    """
    voice = Voice(rule)
    codes = frozenset(rule.params["again_codes"])
    most, days = int(rule.params["max"]), int(rule.params["within_days"])
    instruments = frozenset(rule.params["instruments"])
    fine = (voice.passes("The debit was not returned before."),)

    def wrong(case: Case, payment: ProposedPayment, failed: list[datetime]) -> str:
        if payment.return_code not in codes:
            why = payment.return_code or "a reason that is not known"
            return f"The debit came back for {why}: it needs a new authorisation."
        again = len(failed) - 1
        if again >= most:
            return f"The debit was presented again {words.times(again)}; {most} allowed."
        if case.now >= failed[-1] + timedelta(days=days):
            return f"The debit first came back more than {days} days ago."
        return ""

    def judge(case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        if payment.instrument not in instruments:
            return ()
        failed = _tries(case, payment)
        if not failed:
            return fine
        if _newly_authorised(case, failed[0]):
            return (voice.passes("The consumer authorised debits anew since it came back."),)
        if told := wrong(case, payment, failed):
            return (voice.fails(told),)
        return (voice.passes(f"It is presented again, {len(failed)} of {most} allowed."),)

    return about_payments(judge)


def _card_again(rule: Rule) -> Check:
    """A card that was declined is tried at most ``max`` times within ``window_hours``.

    A network that is not known counts as one of ``networks``.

    Reference: Visa Core Rules 5.9.1 (15 in 30 days); Mastercard Transaction Processing Rules,
    excessive authorisation attempts (10 in 24 hours).
    """
    voice = Voice(rule)
    networks = frozenset(rule.params["networks"])
    most, hours = int(rule.params["max"]), int(rule.params["window_hours"])
    window = timedelta(hours=hours)
    span = f"{hours // 24} days" if hours % 24 == 0 and hours > 24 else f"{hours} hours"  # noqa: PLR2004 - a day
    fine = (voice.passes("The card was not declined before."),)

    def judge(case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        if payment.instrument not in CARDS and payment.instrument not in VAGUE:
            return ()
        if payment.network and payment.network not in networks:
            return ()
        inside = [at for at in _tries(case, payment) if at + window > case.now]
        if not inside:
            return fine
        told = (
            f"The card was declined {words.times(len(inside))} within {span}; {most} tries allowed."
        )
        if len(inside) < most:
            return (voice.passes(told),)
        free = inside[most - 1] + window
        return (voice.fails(f"{told} {words.next_possible(free, case.now, case.zones)}", free),)

    return about_payments(judge)


def _debit_authorised(rule: Rule) -> Check:
    """A preauthorised debit is authorised by a writing signed or similarly authenticated.

    If its amount varies, a written notice of it is sent ``notice_days`` days before.

    Reference: 12 CFR 1005.10(b), (d); 15 USC 7001(c).
    """
    voice = Voice(rule)
    channels, instruments = (frozenset(rule.params[name]) for name in ("channels", "instruments"))
    days = int(rule.params["notice_days"])
    unwritten = (voice.fails("The consumer has not authorised this debit in writing."),)
    unnoticed = (voice.fails(f"The amount varies: send its notice {days} days before."),)
    fine = (voice.passes("The debit is authorised in writing."),)

    def judge(case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        if payment.channel not in channels or not could_be(payment, instruments):
            return ()
        if not payment.mandate:
            return unwritten
        if not payment.varies:
            return fine
        if payment.noticed_on is None:
            return unnoticed
        free = _begins(case, payment.noticed_on + timedelta(days=days))
        if case.now >= free:
            return fine
        return (voice.fails(
            f"The notice of the amount was sent on {words.day_of(payment.noticed_on)}; {days} days"
            f" must pass. {words.next_possible(free, case.now, case.zones)}",
            free,
        ),)  # fmt: skip

    return about_payments(judge)


def _postdated_notice(rule: Rule) -> Check:
    """A post-dated cheque is not deposited before its date, nor without a notice shortly before.

    One accepted post-dated by more than ``over_days`` days needs a written notice ``least`` to
    ``most`` business days before its deposit. If nobody knows when it was accepted, it needs one.

    Reference: 15 USC 1692f(2), (4).
    """
    voice = Voice(rule)
    over, least, most = (int(rule.params[name]) for name in ("over_days", "least", "most"))
    name = rule.params["calendar"]
    fine = (voice.passes("The payment is not post-dated, or its date and its notice are kept."),)

    def judge(case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        dated = payment.post_dated_to
        if dated is None:
            return fine
        needs = payment.received_on is None or (dated - payment.received_on).days > over
        noticed = payment.noticed_on
        if needs and noticed is None:
            return (voice.fails(
                f"It is post-dated to {words.day_of(dated)}: send a written notice {least} to"
                f" {most} business days before the deposit."
            ),)  # fmt: skip
        opens = dated
        if needs and noticed is not None:
            opens = max(dated, plus_business_days(name, noticed, least))
            closes = plus_business_days(name, noticed, most)
            if _today(case) > closes or opens > closes:
                return (voice.fails(
                    f"Its notice of {words.day_of(noticed)} is more than {most} business days old"
                    " before a deposit could be: send it anew."
                ),)  # fmt: skip
        free = _begins(case, opens)
        if case.now >= free:
            return fine
        told = f"It may be deposited from {words.day_of(opens)} on."
        return (voice.fails(f"{told} {words.next_possible(free, case.now, case.zones)}", free),)

    return about_payments(judge)


def _authority_tries(rule: Rule) -> Check:
    """A continuous payment authority is not used again once ``max`` requests were refused.

    For these ``products``, unless the consumer agrees to it anew.

    Reference: FCA Handbook CONC 7.6.12R, 7.6.13R.
    """
    voice = Voice(rule)
    products = frozenset(rule.params["products"])
    most = int(rule.params["max"])

    def judge(case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        if payment.product not in products or payment.channel != "scheduled":
            return ()
        failed = _tries(case, payment)
        if failed and _newly_authorised(case, failed[0]):
            return (voice.passes("The consumer agreed to it anew."),)
        told = f"The payment authority was refused {len(failed)} of {most} times."
        return (voice.passes(told) if len(failed) < most else voice.fails(told),)

    return about_payments(judge)


_person = always(Level.PERSON)
_instruments = some_of(INSTRUMENTS)

DEBITS = {
    "debit_again": Predicate(
        _person,
        {"instruments": _instruments, "again_codes": texts, "max": whole(0, 10),
         "within_days": whole(1, 366)},
        _debit_again, PAY,
        tightens={"instruments": "more", "again_codes": "fewer", "max": "down",
                  "within_days": "down"},
    ),
    "card_again": Predicate(
        _person,
        {"networks": texts, "max": whole(1, 100), "window_hours": whole(1, 2400)},
        _card_again, PAY,
        tightens={"networks": "more", "max": "down", "window_hours": "up"},
    ),
    "debit_authorised": Predicate(
        _person,
        {"channels": channels, "instruments": _instruments, "notice_days": whole(0, 60)},
        _debit_authorised, PAY,
        tightens={"channels": "more", "instruments": "more", "notice_days": "up"},
    ),
    "postdated_notice": Predicate(
        _person,
        {"over_days": whole(0, 60), "least": whole(0, 30), "most": whole(1, 60),
         "calendar": calendar},
        _postdated_notice, PAY,
        tightens={"over_days": "down", "least": "up", "most": "down"},
    ),
    "authority_tries": Predicate(
        _person, {"products": texts, "max": whole(0, 10)}, _authority_tries, PAY,
        tightens={"products": "more", "max": "down"},
    ),
}  # fmt: skip
