"""Predicates about how people, numbers and debts stand: holds, opt-outs, balances, hosts."""

from __future__ import annotations

from collections.abc import Sequence

from goodterms.accounts.model import HoldKind
from goodterms.compliance.decide import words
from goodterms.compliance.decide.case import Case, Check, Debts, Level, Predicate, Voice, always
from goodterms.compliance.decide.readers import one_of, texts, whole
from goodterms.compliance.model import HOST_CONTACTABLE, AccountFacts, Finding, Rule

_POINT = {
    "wrong": "The number leads to somebody else.",
    "disconnected": "The number is not in service.",
    "retired": "The number is no longer used for this consumer.",
}
_POINT_STATUSES = frozenset({"active", *_POINT})


def _point_belongs(rule: Rule) -> Check:
    voice = Voice(rule)
    fine = (voice.passes("The number is on record for this consumer."),)
    stop = (voice.fails("The number is not on record for this consumer."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        status = case.facts.point.status
        return fine if case.facts.point.belongs and status in _POINT_STATUSES else stop

    return check


def _point_not(rule: Rule) -> Check:
    voice = Voice(rule)
    status = rule.params["status"]
    fine = (voice.passes(f"The number is not marked as {status}."),)
    stop = (voice.fails(_POINT[status]),)
    return lambda case, _debts: stop if case.facts.point.status == status else fine


def _caller_id_owned(rule: Rule) -> Check:
    voice = Voice(rule)
    fine = (voice.passes("The caller ID is ours."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        if case.facts.caller.owned:
            return fine
        shown = case.proposed.caller_id
        if shown is None:
            return (voice.fails("No caller ID is given: choose one that is registered."),)
        return (voice.fails(f"{shown} is not registered as ours, in use and attested A."),)

    return check


def _no_live_attempt(rule: Rule) -> Check:
    voice = Voice(rule)
    fine = (voice.passes("No other attempt is under way."),)

    def check(case: Case, _debts: Debts) -> tuple[Finding, ...]:
        others = [a for a in case.facts.live_attempts if a != case.proposed.attempt_id]
        if not others:
            return fine
        return (voice.fails(f"Attempt {others[0]} is under way or not yet wrapped up."),)

    return check


def _no_hold(rule: Rule) -> Check:
    voice = Voice(rule)
    kind = rule.params["kind"]
    says, no = words.HOLDS[HoldKind(kind)]
    fine = (voice.passes(f"{no}."),)
    person_stop = (voice.fails(f"{says[0].upper()}{says[1:]}."),)
    reaches_person = rule.params["reach"] == "person"
    answers = frozenset(rule.params.get("except_messages") or ())

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if kind not in case.held or case.message in answers:
            return fine
        facts = case.facts
        on_person = kind in (facts.holds_anywhere if reaches_person else facts.holds)
        held = tuple(
            voice.fails(_about(account, says), account_id=account.account_id)
            for account in debts
            if kind in account.holds
        )
        if on_person or kind in facts.holds:
            return person_stop + held
        return held or fine

    return check


def _no_holds(checks: Sequence[Check], rules: Sequence[Rule]) -> Check:
    """Ask all rules about holds at once: most people have none."""
    fine = tuple(
        Voice(rule).passes(f"{words.HOLDS[HoldKind(rule.params['kind'])][1]}.") for rule in rules
    )

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not case.held:
            return fine
        return tuple([finding for one in checks for finding in one(case, debts)])

    return check


def _about(account: AccountFacts, says: str) -> str:
    return f"About {words.debt(account)}, {says}."


def _debt_known(rule: Rule) -> Check:
    voice = Voice(rule)
    fine = (voice.passes("Each debt named is this consumer's."),)

    def check(case: Case, debts: Debts) -> tuple[Finding, ...]:
        named = case.proposed.account_ids
        if not named:
            return (voice.fails("The contact names no debt."),)
        if len(named) == len(debts):  # the debts are some of those named
            return fine
        # Other law may apply to a debt of the same person: it is known all the same.
        known = {account.account_id for account in case.facts.accounts}
        strange = [account_id for account_id in named if account_id not in known]
        return (
            tuple(
                voice.fails(f"Account number {a} is not this consumer's.", account_id=a)
                for a in strange
            )
            or fine
        )

    return check


def _something_owed(rule: Rule) -> Check:
    voice = Voice(rule)
    fine = (voice.passes("Something is owed on each debt."),)

    def judge(account: AccountFacts) -> Finding:
        unknown = account.balance_minor is None
        says = "the balance is not known" if unknown else "nothing is owed"
        return voice.fails(_about(account, says), account_id=account.account_id)

    def check(_case: Case, debts: Debts) -> tuple[Finding, ...]:
        clear = [a for a in debts if a.balance_minor is None or a.balance_minor <= 0]
        return tuple(judge(account) for account in clear) or fine

    return check


def _account_open(rule: Rule) -> Check:
    voice = Voice(rule)
    statuses = frozenset(rule.params["statuses"])
    fine = (voice.passes("Each account is open."),)

    def check(_case: Case, debts: Debts) -> tuple[Finding, ...]:
        shut = [account for account in debts if account.status not in statuses]
        return (
            tuple(
                voice.fails(_about(a, f"the account is {a.status}"), account_id=a.account_id)
                for a in shut
            )
            or fine
        )

    return check


def _host_answered(rule: Rule) -> Check:
    voice = Voice(rule)
    most = int(rule.params["max_age_seconds"])
    fine = (voice.passes("No host system is silent."),)

    def silent(account: AccountFacts) -> bool:
        age = account.host_age_seconds
        return account.lives_in_host and (
            age is None or age > most or account.host_answer is None or _no_answer(account)
        )

    def check(_case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not _hosted(debts):
            return fine
        says = f"its host system has not answered in the last {most} seconds"
        quiet = [account for account in debts if silent(account)]
        return tuple(voice.fails(_about(a, says), account_id=a.account_id) for a in quiet) or fine

    return check


def _hosted(debts: Debts) -> bool:
    """Tell whether any of the debts lives in a host system; a plain loop, for each call asks."""
    for account in debts:  # noqa: SIM110 - any() costs three times as much
        if account.lives_in_host:
            return True
    return False


def _no_answer(account: AccountFacts) -> bool:
    return (account.host_answer or "").startswith("silent")


def _host_agrees(rule: Rule) -> Check:
    voice = Voice(rule)
    fine = (voice.passes("No host system says no."),)

    def refuses(account: AccountFacts) -> bool:
        answer = account.host_answer
        heard = account.lives_in_host and answer is not None and not _no_answer(account)
        return heard and answer != HOST_CONTACTABLE

    def check(_case: Case, debts: Debts) -> tuple[Finding, ...]:
        if not _hosted(debts):
            return fine
        return (
            tuple(
                voice.fails(
                    _about(a, f"its host system answered: {a.host_answer}"),
                    account_id=a.account_id,
                )
                for a in debts
                if refuses(a)
            )
            or fine
        )

    return check


def _statuses(value: object) -> object:
    known = {"placed", "active", "arranged"}
    if not isinstance(value, list) or not value or not set(value) <= known:
        raise ValueError("write a list of some of: placed, active, arranged")
    return value


_person, _drop = always(Level.PERSON), always(Level.DROP)

STANDING = {
    "point_belongs": Predicate(_person, {}, _point_belongs),
    "point_not": Predicate(_person, {"status": one_of([*_POINT])}, _point_not),
    "caller_id_owned": Predicate(_person, {}, _caller_id_owned),
    "no_live_attempt": Predicate(_person, {}, _no_live_attempt),
    "no_hold": Predicate(
        _drop,
        {
            "kind": one_of([kind.value for kind in HoldKind]),
            "reach": one_of(["debt", "person"]),
            "except_messages": texts,
        },
        _no_hold,
        fuse=_no_holds,
        optional=frozenset({"except_messages"}),
    ),
    "debt_known": Predicate(_drop, {}, _debt_known),
    "something_owed": Predicate(_drop, {}, _something_owed),
    "account_open": Predicate(_drop, {"statuses": _statuses}, _account_open),
    "host_answered": Predicate(_drop, {"max_age_seconds": whole(1, 3600)}, _host_answered),
    "host_agrees": Predicate(_drop, {}, _host_agrees),
}
