"""Verdicts in plain words with their numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from goodterms.accounts.model import HoldKind
from goodterms.compliance.decide.windows import DAY_MINUTES
from goodterms.compliance.model import (
    CHOICES,
    AccountFacts,
    Answer,
    Decision,
    Duty,
    Explanation,
    Finding,
    Obligation,
    ProposedContact,
    Reason,
    Rulebook,
    Verdict,
)

_HOUR, _DAY = 3600, 86400
_SHORT_LIST = 2

HOLDS = {
    HoldKind.DISPUTED: ("the debt is disputed and not yet verified", "No dispute is open"),
    HoldKind.CEASE: ("the consumer asked in writing that contact stops", "No cease request"),
    HoldKind.ATTORNEY: ("an attorney represents the consumer", "No attorney is on record"),
    HoldKind.BANKRUPTCY: ("the consumer is protected by a bankruptcy", "No bankruptcy is known"),
    HoldKind.DECEASED: ("the consumer is recorded as deceased", "Not recorded as deceased"),
    HoldKind.HARDSHIP: ("contact is paused because of hardship", "No hardship pause"),
    HoldKind.BREATHING_SPACE: ("a legal breathing space is running", "No breathing space"),
    HoldKind.FRAUD: ("the debt may stem from fraud", "No suspicion of fraud"),
    HoldKind.TIME_BARRED: ("the debt is too old to be pursued", "Not marked as time-barred"),
    HoldKind.LEGAL: ("the matter is with the courts or our lawyers", "No legal stop"),
    HoldKind.COMPLAINT: ("a complaint is being looked into", "No open complaint"),
    HoldKind.CLIENT: ("the creditor asked for contact to stop", "No stop by the creditor"),
}


def city(place: ZoneInfo) -> str:
    """Name a zone by its city."""
    return place.key.rsplit("/", 1)[-1].replace("_", " ")


def clock(at: datetime, place: ZoneInfo) -> str:
    """Write the local time of day, e.g. ``7:42``."""
    local = at.astimezone(place)
    return f"{local.hour}:{local.minute:02d}"


def clock_of(minute: int) -> str:
    """Write minutes after midnight as a time of day."""
    return "midnight" if minute == DAY_MINUTES else f"{minute // 60}:{minute % 60:02d}"


def lasting(span: timedelta) -> str:
    """Write a length of time rounded up, in its two largest units: ``3 hours 20 minutes``."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return _many(seconds, "second")
    minutes = -(-seconds // 60)
    if minutes * 60 < _HOUR:
        return _many(minutes, "minute")
    days, rest = divmod(minutes * 60, _DAY)
    hours, left = divmod(rest, _HOUR)
    if days:
        return _many(days, "day") + (f" {_many(hours, 'hour')}" if hours else "")
    return _many(hours, "hour") + (f" {_many(left // 60, 'minute')}" if left else "")


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def next_possible(at: datetime | None, now: datetime, places: tuple[ZoneInfo, ...]) -> str:
    """Write when it is possible next, at the consumer's place if that is known."""
    if at is None:
        return "Not possible until something changes."
    wait = lasting(at - now)
    if not places:
        return f"Next possible in {wait}."
    place = min(places, key=lambda z: at.astimezone(z).replace(tzinfo=None))
    then = at.astimezone(place)
    day = "" if then.date() == now.astimezone(place).date() else f"{then:%a} {then.day} {then:%b} "
    where = f" in {city(place)}" if len(places) > 1 else ""
    return f"Next possible: {day}{clock(at, place)}{where}, in {wait}."


def debt(account: AccountFacts) -> str:
    """Name a debt as people know it."""
    return account.reference or f"number {account.account_id}"


def day_of(day: date) -> str:
    """Write a date as ``Mon 7 Sep``."""
    return f"{day:%a} {day.day} {day:%b}"


def times(number: int) -> str:
    """Write how often: ``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def zones_in_words(places: Iterable[ZoneInfo]) -> str:
    """List cities: ``Denver``, ``Denver or Phoenix``, ``Denver, Phoenix or Guam``."""
    names = [city(place) for place in places]
    if len(names) < _SHORT_LIST:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def headline(verdict: Verdict) -> str:
    """Say the verdict in one sentence."""
    if verdict.decision is Decision.ALLOW:
        return "Allowed: every rule that applies lets this contact through."
    first = deciding(verdict)
    word = _HEADS[verdict.decision]
    return f"{word}: {first.words}" if first else f"{word}."


_HEADS = {
    Decision.REFER: "A person must decide",
    Decision.DEFER: "Not now",
    Decision.DENY: "Not allowed",
}


def deciding(verdict: Verdict) -> Finding | None:
    """Return the failing finding whose reason the verdict carries."""
    for finding in verdict.findings:
        if not finding.passed and finding.reason_code == verdict.reason_code:
            return finding
    return None


def explain(verdict: Verdict, rulebook: Rulebook) -> Explanation:
    """Make a verdict readable with the sources of its rules."""
    rules = {(rule.id, rule.version): rule for rule in rulebook.rules}
    reasons = []
    for finding in verdict.findings:
        rule = rules.get((finding.rule_id, finding.rule_version))
        reasons.append(
            Reason(
                passed=finding.passed,
                words=finding.words or (rule.title if rule else ""),
                rule=f"{finding.rule_id} v{finding.rule_version}",
                title=rule.title if rule else "",
                reason_code=finding.reason_code,
                citation=rule.citation if rule else "the gate itself",
                evidence=rule.evidence if rule else "design",
                earliest_allowed_at=finding.earliest_allowed_at,
                signed_by=rule.signed_by if rule else None,
            )
        )
    return Explanation(
        attempt_id=verdict.contact.attempt_id,
        decision=verdict.decision,
        headline=headline(verdict),
        reasons=tuple(reasons),
        rulebook_hash=verdict.rulebook_hash,
        decided_at=verdict.decided_at,
        digest=verdict.digest,
        obligations=tuple(Obligation(duty).meaning for duty in verdict.obligations),
        shown=_shown(verdict.contact),
    )


def _shown(contact: ProposedContact) -> str:
    because = CHOICES.get(contact.caller_because, "")
    return f"{contact.caller_id} is shown. {because}" if contact.caller_id and because else ""


def duties(answer: Answer, rulebook: Rulebook) -> tuple[Duty, ...]:
    """Say what an answer asks to be done, each thing once, and first what is in the way."""
    rules = {(rule.id, rule.version): rule for rule in rulebook.rules}
    found: dict[str, Duty] = {}
    for finding in sorted(answer.findings, key=lambda f: f.passed):
        rule = rules.get((finding.rule_id, finding.rule_version))
        name, source = finding.rule_id, rule.citation if rule else "the gate itself"
        if not finding.passed:
            found.setdefault(finding.words, Duty(finding.words, name, source, stops=True))
        for duty in finding.obligations:
            words = Obligation(duty).meaning
            found.setdefault(words, Duty(words, name, source))
    return tuple(found.values())
