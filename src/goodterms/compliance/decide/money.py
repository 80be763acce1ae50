"""Predicates about what may be taken: fees, surcharges, the cost of credit, authentication.

A consumer may always pay what is owed. What these refuse is more than that. What is not known
counts as the stricter case. How often and how early is in ``debits``.
"""

from __future__ import annotations

from decimal import Decimal

from goodterms.compliance.decide.case import Case, Check, Level, Predicate, Voice, always
from goodterms.compliance.decide.debits import (
    DEBITS,
    INSTRUMENTS,
    PAY,
    about_payments,
    channels,
    could_be,
)
from goodterms.compliance.decide.readers import decimal, flag, some_of, texts, whole
from goodterms.compliance.model import Finding, Obligation, ProposedPayment, Rule
from goodterms.kit.money import Money

BASES = ("agreement", "law")


def _minor(payment: ProposedPayment, minor: int) -> str:
    return f"{Money.from_minor(minor, payment.currency)}"


def _fee_authorised(rule: Rule) -> Check:
    """No fee, for paying or else, that neither the agreement nor the law expressly authorises.

    A positive table: what is not of one of the ``bases``, with its clause or citation, is not
    permitted; nor is more than ``most_minor`` where that is given.

    Reference: 12 CFR 1006.22(b); 15 USC 1692f(1).
    """
    voice = Voice(rule)
    bases = frozenset(rule.params["bases"])
    most = rule.params.get("most_minor")
    fine = (voice.passes("No fee is taken."),)

    def judge(_case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        if payment.fee_minor == 0:
            return fine
        fee = _minor(payment, payment.fee_minor)
        basis, _, cited = (payment.fee_basis or "").partition(":")
        if payment.fee_minor < 0 or basis.strip() not in bases or not cited.strip():
            known = " or ".join(sorted(bases))
            return (voice.fails(
                f"A fee of {fee} is authorised by neither {known}, clause or citation named:"
                " take no fee."
            ),)  # fmt: skip
        if most is not None and payment.fee_minor > most:
            return (voice.fails(f"A fee of {fee} is above {_minor(payment, most)}."),)
        return (voice.passes(f"A fee of {fee}, authorised by {payment.fee_basis}."),)

    return about_payments(judge)


def _surcharge_allowed(rule: Rule) -> Check:
    """No surcharge above ``max_percent`` of what is paid (0: none) on these ``instruments``.

    With ``networks`` on theirs only. An instrument or network that is not known counts as if it
    were one of them.

    Reference: C.G.S. 42-133ff (CT); M.G.L. c. 140D s. 28A(a)(2) (MA); C.R.S. 5-2-212 (CO);
    15 USC 1693o-2; Visa Core Rules 5.5.1; Directive (EU) 2015/2366 art. 62(4); SI 2012/3110 (UK).
    """
    voice = Voice(rule)
    instruments = frozenset(rule.params["instruments"])
    networks = frozenset(rule.params.get("networks") or ())
    percent = Decimal(rule.params["max_percent"])
    fine = (voice.passes("No surcharge is taken."),)

    def judge(_case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        if payment.surcharge_minor == 0:
            return fine
        if not could_be(payment, instruments):
            return ()
        if networks and payment.network not in (*networks, ""):
            return ()
        taken = _minor(payment, payment.surcharge_minor)
        if payment.surcharge_minor * 100 > percent * payment.amount_minor:
            bound = f"at most {percent} %" if percent else "none"
            return (voice.fails(f"A surcharge of {taken}: {bound} may be taken on this payment."),)
        return (voice.passes(f"A surcharge of {taken} is at most {percent} %."),)

    return about_payments(judge)


def _cost_cap(rule: Rule) -> Check:
    """High-cost short-term credit costs no more than its cap, per day, in fees and in all.

    At most ``daily_percent`` of what was lent a day in interest, ``default_fees_minor`` in default
    fees, and ``total_percent`` altogether.

    Reference: FCA Handbook CONC 5A.2.3R, 5A.2.14R.
    """
    voice = Voice(rule)
    products = frozenset(rule.params["products"])
    daily, total = Decimal(rule.params["daily_percent"]), Decimal(rule.params["total_percent"])
    fees = int(rule.params["default_fees_minor"])
    fine = (voice.passes("The credit costs no more than it may."),)

    def judge(_case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        if payment.product not in products:
            return ()
        lent = payment.principal_minor
        if lent <= 0:
            return (voice.fails("What was lent is not known, so its cost cannot be capped."),)
        cost = payment.charged_minor + payment.fee_minor
        if cost * 100 > total * lent:
            return (voice.fails(
                f"{_minor(payment, cost)} would be charged in all on {_minor(payment, lent)} lent;"
                f" at most {total} % may."
            ),)  # fmt: skip
        if payment.fee_minor > fees:
            return (voice.fails(f"Default fees of {_minor(payment, payment.fee_minor)} are above"
                                f" {_minor(payment, fees)}."),)  # fmt: skip
        if payment.interest_minor and (
            payment.days is None or payment.interest_minor * 100 > daily * lent * payment.days
        ):
            return (voice.fails(f"Interest of {_minor(payment, payment.interest_minor)} is above"
                                f" {daily} % a day of what was lent."),)  # fmt: skip
        return fine

    return about_payments(judge)


def _strong_authentication(rule: Rule) -> Check:
    """The consumer strongly authenticates a payment started on these ``channels``.

    Orders taken by telephone are outside; a debit that is started by us follows one
    authentication, that of its mandate (``first_of_mandate``).

    Reference: Directive (EU) 2015/2366 art. 97; Delegated Regulation (EU) 2018/389;
    SI 2017/752 reg. 100 (UK).
    """
    voice = Voice(rule)
    channels = frozenset(rule.params["channels"])
    first = bool(rule.params.get("first_of_mandate"))
    duty = (voice.passes("The consumer authenticates this payment.",
                         obligations=(Obligation.STRONG_AUTHENTICATION,)),)  # fmt: skip
    fine = (voice.passes("This payment is outside strong authentication."),)

    def judge(_case: Case, payment: ProposedPayment) -> tuple[Finding, ...]:
        begun = first and payment.channel == "scheduled" and not payment.mandate
        return duty if payment.channel in channels or begun else fine

    return about_payments(judge)


_person = always(Level.PERSON)
_instruments = some_of(INSTRUMENTS)

MONEY = {
    **DEBITS,
    "fee_authorised": Predicate(
        _person, {"bases": some_of(BASES), "most_minor": whole(0, 10**9)}, _fee_authorised, PAY,
        optional=frozenset({"most_minor"}), tightens={"bases": "fewer", "most_minor": "down"},
    ),
    "surcharge_allowed": Predicate(
        _person,
        {"instruments": _instruments, "networks": texts, "max_percent": decimal},
        _surcharge_allowed, PAY, optional=frozenset({"networks"}),
        tightens={"instruments": "more", "networks": "more", "max_percent": "down"},
    ),
    "cost_cap": Predicate(
        _person,
        {"products": texts, "daily_percent": decimal, "default_fees_minor": whole(0, 10**6),
         "total_percent": decimal},
        _cost_cap, PAY,
        tightens={"products": "more", "daily_percent": "down", "default_fees_minor": "down",
                  "total_percent": "down"},
    ),
    "strong_authentication": Predicate(
        _person, {"channels": channels, "first_of_mandate": flag}, _strong_authentication, PAY,
        optional=frozenset({"first_of_mandate"}), tightens={"channels": "more"},
    ),
}  # fmt: skip
