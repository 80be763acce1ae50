"""Reading a campaign's settings, and saying in words whom it is for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from goodterms.calls.model import Outcome
from goodterms.campaigns.model import Members
from goodterms.compliance.model import (
    STICKY_DAYS,
    STRATEGIES,
    Activation,
    Answer,
    CallerId,
    Decision,
    Wording,
)
from goodterms.dialing.model import DialPolicy, Mode, Retry
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money

DEFAULTS: Mapping[str, Any] = {
    "mode": Mode.PROGRESSIVE.value,
    "ratio": "1",
    "max_concurrent": 20,
    "max_per_second": "5",
    "caller_ids": (),
    "ring_seconds": 25,
    "amd": False,
    "hours": {},
    "retry": {},
    "max_attempts": 7,
    "rest_days": 3,
    "abandon_prompt": "abandoned",
    "caller_strategy": "sticky",
    "sticky_days": STICKY_DAYS,
    "abandon_text": "",
    "purpose": "collection",
}
PURPOSES = ("collection", "service", "sales")
"""What a campaign's calls may be for; sales are judged by other law as well."""

_LONGEST = 1000
_NAMES = frozenset({*DEFAULTS, "trunk"})
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_DAYS = frozenset("0123456")
_PROMPT = re.compile(r"[a-z0-9_-]{1,64}")


def _bad(field: str, message: str) -> Refusal:
    return Refusal("SETTING_INVALID", message, field=field)


def _whole(settings: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = settings[name]
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise _bad(name, f"{name} is {value!r}: write a whole number.") from None
    if isinstance(value, bool) or not low <= number <= high or str(number) != str(value).strip():
        raise _bad(name, f"{name} is {value}: choose a whole number from {low} to {high}.")
    return number


def _exact(settings: Mapping[str, Any], name: str, low: Decimal, high: Decimal) -> Decimal:
    value = settings[name]
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _bad(name, f"{name} is {value!r}: write a number such as 1.5.") from None
    if not number.is_finite() or not low <= number <= high:
        raise _bad(name, f"{name} is {value}: choose a number from {low} to {high}.")
    return number


def _hours(value: Any) -> dict[str, tuple[str, str]]:
    if not isinstance(value, Mapping):
        raise _bad("hours", 'hours map a weekday ("0" is Monday) to two times "HH:MM".')
    hours: dict[str, tuple[str, str]] = {}
    for day, span in value.items():
        if str(day) not in _DAYS:
            raise _bad("hours", f"hours name the day {day!r}: use 0 (Monday) to 6 (Sunday).")
        if isinstance(span, str) or len(span) != len(("from", "until")):
            raise _bad("hours", f"hours of day {day}: give two times, e.g. 09:00 and 18:00.")
        start, end = (str(part) for part in span)
        if not _TIME.fullmatch(start) or not _TIME.fullmatch(end):
            raise _bad("hours", f"hours of day {day} are {start}-{end}: write times as 09:00.")
        if start >= end:
            raise _bad("hours", f"hours of day {day}: {start} is not before {end}.")
        hours[str(day)] = (start, end)
    return hours


def _retry(value: Any) -> dict[str, Retry]:
    if not isinstance(value, Mapping):
        raise _bad("retry", "retry maps an outcome to after_seconds and at_most.")
    rules: dict[str, Retry] = {}
    for outcome, rule in value.items():
        if outcome not in {known.value for known in Outcome}:
            known = ", ".join(known.value for known in Outcome)
            raise _bad("retry", f"retry names the outcome {outcome!r}: known are {known}.")
        if not isinstance(rule, Mapping) or set(rule) != {"after_seconds", "at_most"}:
            raise _bad("retry", f"retry of {outcome}: give after_seconds and at_most.")
        try:
            after = _whole(rule, "after_seconds", 0, 31 * 24 * 3600)
            most = _whole(rule, "at_most", 0, 100)
        except Refusal as refusal:
            raise _bad("retry", f"retry of {outcome}: {refusal.message}") from None
        rules[str(outcome)] = Retry(after, most)
    return rules


def _choices(given: Mapping[str, Any]) -> None:
    if given["mode"] not in {known.value for known in Mode}:
        raise _bad("mode", f"mode is {given['mode']!r}: choose progressive, ratio or predictive.")
    if not given.get("trunk"):
        raise _bad("trunk", "Choose the trunk that the calls leave by.")
    callers = given["caller_ids"]
    if isinstance(callers, str) or not callers:
        raise _bad("caller_ids", "Choose at least one caller ID to show.")
    if given["caller_strategy"] not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise _bad(
            "caller_strategy", f"caller_strategy is {given['caller_strategy']!r}: choose {known}."
        )
    if not isinstance(given["amd"], bool):
        raise _bad("amd", f"amd is {given['amd']!r}: choose true or false.")
    if not _PROMPT.fullmatch(str(given["abandon_prompt"])):
        raise _bad("abandon_prompt", "abandon_prompt is a prompt's name: a-z, 0-9, - and _.")
    if given["purpose"] not in PURPOSES:
        raise _bad(
            "purpose", f"purpose is {given['purpose']!r}: choose one of {', '.join(PURPOSES)}."
        )
    if not isinstance(given["abandon_text"], str) or len(given["abandon_text"]) > _LONGEST:
        raise _bad("abandon_text", f"abandon_text is what the prompt says, up to {_LONGEST} signs.")


def policy_of(campaign_id: int, settings: Mapping[str, Any], *, running: bool) -> DialPolicy:
    """Read a campaign's settings into what is asked of the dialer; what is left out is usual.

    Raises:
        Refusal: a setting is unknown or out of bounds; names it and says what is possible.
    """
    for name in settings:
        if name not in _NAMES:
            raise _bad(
                name, f"There is no setting {name!r}: known are {', '.join(sorted(_NAMES))}."
            )
    given = {**DEFAULTS, **settings}
    _choices(given)
    return DialPolicy(
        campaign_id=campaign_id,
        running=running,
        mode=Mode(given["mode"]),
        ratio=_exact(given, "ratio", Decimal(1), Decimal(10)),
        max_concurrent=_whole(given, "max_concurrent", 1, 10_000),
        max_per_second=_exact(given, "max_per_second", Decimal("0.01"), Decimal(1000)),
        trunk=str(given["trunk"]),
        caller_ids=tuple(str(number) for number in given["caller_ids"]),
        ring_seconds=_whole(given, "ring_seconds", 5, 120),
        amd=given["amd"],
        hours=_hours(given["hours"]),
        retry=_retry(given["retry"]),
        max_attempts=_whole(given, "max_attempts", 1, 100),
        rest_days=_whole(given, "rest_days", 0, 90),
        abandon_prompt=str(given["abandon_prompt"]),
        version=1,
        caller_strategy=str(given["caller_strategy"]),
        sticky_days=_whole(given, "sticky_days", 1, 366),
        purpose=str(given["purpose"]),
    )


def check_lines(policy: DialPolicy, trunks: Collection[str], callers: Mapping[str, str]) -> None:
    """Check that a policy's trunk exists and its caller IDs are ours; ``callers``: number to trunk.

    Raises:
        Refusal: names the trunk or number and says which there are.
    """
    if policy.trunk not in trunks:
        known = ", ".join(sorted(trunks)) or "none yet: add one first"
        raise _bad("trunk", f"There is no trunk {policy.trunk!r}; known are {known}.")
    for number in policy.caller_ids:
        if number not in callers:
            raise _bad(
                "caller_ids", f"{number} is not a registered caller ID of ours: register it first."
            )
        if callers[number] != policy.trunk:
            raise _bad(
                "caller_ids",
                f"{number} belongs to trunk {callers[number]!r}, not to {policy.trunk!r}.",
            )


def check_members(members: Members) -> None:
    """Check that a filter's bounds are in order.

    Raises:
        Refusal: names the field and what is wrong with it.
    """
    pairs = (
        ("min_balance_minor", members.min_balance_minor, members.max_balance_minor, "balance"),
        ("min_days_past_due", members.min_days_past_due, members.max_days_past_due, "age"),
    )
    for field, low, high, word in pairs:
        if low is not None and high is not None and low > high:
            raise Refusal(
                "FILTER_INVALID",
                f"The lowest {word} ({low}) is above the highest ({high}).",
                field=field,
            )


def summary(members: Members, creditors: Mapping[int, str]) -> str:
    """Say whom a filter is for, in one line; ``creditors`` names them by id."""
    parts = []
    if members.creditor_ids:
        names = [creditors.get(i, f"creditor {i}") for i in members.creditor_ids]
        parts.append("owed to " + " or ".join(names))
    if members.placement_ids:
        parts.append("of placement " + " or ".join(str(i) for i in members.placement_ids))
    if members.regions:
        parts.append("living in " + ", ".join(members.regions))
    low, high = members.min_balance_minor, members.max_balance_minor
    parts += _between(low, high, "owing", lambda minor: str(Money.from_minor(minor)))
    low, high = members.min_days_past_due, members.max_days_past_due
    parts += _between(low, high, "past due", lambda days: f"{days} days")
    return "Open debts " + ", ".join(parts) if parts else "All open debts"


def _between(low: int | None, high: int | None, word: str, say: Any) -> list[str]:
    if low is not None and high is not None:
        return [f"{word} {say(low)} to {say(high)}"]
    if low is not None:
        return [f"{word} at least {say(low)}"]
    return [f"{word} at most {say(high)}"] if high is not None else []


def publications(
    name: str,
    settings: Mapping[str, Any],
    policy: DialPolicy,
    prompts: Mapping[str, str],
    callers: Iterable[CallerId],
) -> tuple[Activation, ...]:
    """Return what starting a campaign publishes: itself, and what is told to who finds no agent.

    ``prompts`` are the texts of the prompts that are known by name, ``callers`` the numbers that
    are registered.

    Raises:
        Refusal: nobody knows what the prompt says.
    """
    said = str({**DEFAULTS, **settings}["abandon_text"]) or prompts.get(policy.abandon_prompt, "")
    if not said.strip():
        known = ", ".join(sorted(prompts))
        raise _bad(
            "abandon_text",
            f"Nobody knows what the prompt {policy.abandon_prompt!r} says: write its text as"
            f" abandon_text, or choose one of {known}.",
        )
    shown = [caller for caller in callers if caller.number in policy.caller_ids]
    told = Wording(policy.abandon_prompt, "script", said, "abandoned")
    return (
        Activation(
            "campaign", name, policy.purpose, caller_ids=policy.caller_ids,
            ring_seconds=policy.ring_seconds, amd=policy.amd, strategy=policy.caller_strategy,
            sticky_days=policy.sticky_days, pools=tuple(caller.pool for caller in shown),
            presence=all(caller.presence for caller in shown),
        ),
        Activation("wording", policy.abandon_prompt, policy.purpose, told),
    )  # fmt: skip


def refuse_publication(name: str, answers: Iterable[Answer]) -> None:
    """Refuse what a rule speaks against, with every reason.

    Raises:
        Refusal: at least one rule does; its message names them all.
    """
    against = dict.fromkeys(
        (finding.words, finding.rule_id, finding.reason_code)
        for answer in answers
        if answer.decision is not Decision.ALLOW
        for finding in answer.findings
        if not finding.passed
    )
    if not against:
        return
    told = " ".join(f"{words} ({rule}, {code})" for words, rule, code in against)
    code = next(iter(against))[2]
    raise Refusal(
        "CAMPAIGN_AGAINST_THE_RULES",
        f"Campaign {name!r} may not start. {told}",
        field=_FIELDS.get(code),
    )


_FIELDS = {
    "RING_SHORT": "ring_seconds",
    "ABANDON_MSG": "abandon_text",
    "PURPOSE_SALES": "purpose",
    "CID_MISLEADING": "caller_strategy",
    "CID_EVASION": "caller_strategy",
    "CID_HIDDEN": "caller_ids",
}
