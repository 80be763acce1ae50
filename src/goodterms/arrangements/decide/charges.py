"""Charges: what a fee or interest policy yields, once the permission table has allowed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from goodterms.arrangements.decide.exact import ZERO
from goodterms.arrangements.decide.permissions import (
    NOT_AUTHORISED,
    Permission,
    Ruling,
    Situation,
    ruling,
)
from goodterms.arrangements.decide.policies import Outcome, Policy, evaluate


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee or interest as it may be charged: never more than the policy or the permission says."""

    outcome: Outcome
    amount: Decimal
    reason_code: str
    ruling: Ruling


def charge(
    policy: Policy,
    given: Mapping[str, Any],
    permissions: tuple[Permission, ...],
    situation: Situation,
    *,
    on: date,
    limits: Mapping[str, Policy],
) -> Charge:
    """Evaluate a charge where, for whom and how it is asked; without permission it is zero.

    A fee is named by its policy's ``permission`` (late_fee, convenience_fee, …).

    Reference: 15 USC 1692f(1); 12 CFR 1006.22(b).
    """
    allowed = ruling(permissions, policy.permission or policy.component, situation, on)
    cap = ZERO if allowed.cap is None else allowed.cap
    outcome = evaluate(
        policy, {"permitted": allowed.permitted, "cap": cap, **given}, on=on, limits=limits
    )
    if not allowed.permitted:
        return Charge(outcome, ZERO, NOT_AUTHORISED, allowed)
    amount = outcome.value if allowed.cap is None else min(outcome.value, allowed.cap)
    return Charge(outcome, amount, outcome.reason_code, allowed)
