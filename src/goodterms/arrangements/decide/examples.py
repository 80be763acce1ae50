"""The examples inside policies, run when a policy is read: a wrong one refuses the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from goodterms.arrangements.decide import sharing, waterfall
from goodterms.arrangements.decide.explaining import told
from goodterms.arrangements.decide.kinds import Unit, read
from goodterms.arrangements.decide.policies import Policy, PolicyError, evaluate
from goodterms.arrangements.decide.reading import Document
from goodterms.arrangements.decide.sharing import Debt
from goodterms.arrangements.decide.waterfall import Owed, Part
from goodterms.kit.errors import Refusal


def check(doc: Document, policy: Policy, limits: Mapping[str, Policy]) -> None:
    """Run the examples of a policy; note each that fails, with what came out instead."""
    for n, example in enumerate(policy.tests):
        try:
            found = results(policy, example.given, limits)
        except (PolicyError, Refusal, ValueError, KeyError, TypeError) as error:
            doc.fault(("tests", n), f"fails: {error}", "correct the example or the policy")
            continue
        for key, expected in example.expect.items():
            got = found.get(key)
            if got is None or not _same(got, expected):
                shown = "nothing" if got is None else got
                doc.fault(
                    ("tests", n), f"fails: {key} is {shown}, expected {expected}",
                    "correct the example or the policy",
                )  # fmt: skip


def results(
    policy: Policy, given: Mapping[str, Any], limits: Mapping[str, Policy]
) -> Mapping[str, Any]:
    """Return all an example may expect: the value, the reason code, named values, shares."""
    if policy.waterfall is not None:
        return _flow(policy.waterfall, given)
    if policy.sharing is not None:
        return _shared(policy.sharing, given)
    day = given.get("on", policy.valid_from)
    rest = {name: value for name, value in given.items() if name != "on"}
    outcome = evaluate(policy, rest, on=day, limits=limits)
    words = told(outcome)
    return {
        **outcome.values,
        "value": outcome.value,
        "reason": outcome.reason_code,
        "authority": outcome.authority,
        "rule": outcome.rule,
        "agent": words.agent,
        "consumer": words.consumer,
    }


def _same(got: Any, expected: Any) -> bool:
    if isinstance(got, Decimal) and not isinstance(expected, bool):
        return got == Decimal(str(expected))
    return bool(got == expected)


def _flow(order: waterfall.Waterfall, given: Mapping[str, Any]) -> Mapping[str, Any]:
    owed = [
        Owed(int(o.get("instalment", 1)), Part(o["part"]), o["due_on"], Decimal(o["amount"]))
        for o in given["owed"]
    ]
    day = given["on"]
    assert isinstance(day, date)
    shares, rest = waterfall.run(order, owed, read(given["amount"], Unit.MONEY), day)
    found: dict[str, Any] = {"credit": rest}
    for share in shares:
        for key in (f"{share.owed.instalment}.{share.owed.part}", share.owed.part.value):
            found[key] = found.get(key, Decimal(0)) + share.amount
    return found


def _shared(rule: sharing.Sharing, given: Mapping[str, Any]) -> Mapping[str, Any]:
    debts = [
        Debt(
            int(d["id"]), Decimal(d["owed"]), d["since"], Decimal(d.get("rate", "0")),
            bool(d.get("disputed", False)),
        )
        for d in given["debts"]
    ]  # fmt: skip
    direction = {int(k): Decimal(v) for k, v in (given.get("direction") or {}).items()}
    shares = sharing.share(debts, read(given["amount"], Unit.MONEY), rule, direction)
    return {**{str(d.account_id): shares.amounts.get(d.account_id, Decimal(0)) for d in debts},
            "credit": shares.rest}  # fmt: skip
