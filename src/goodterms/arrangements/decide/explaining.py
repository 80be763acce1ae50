"""A trace in words: one tree, rendered for the agent with numbers and for the consumer plainly."""

from __future__ import annotations

from goodterms.arrangements.decide.kinds import Unit, worded
from goodterms.arrangements.decide.policies import Outcome
from goodterms.arrangements.model import Told

_LONG = (Unit.SERIES, Unit.BANDS)


def told(outcome: Outcome, currency: str = "") -> Told:
    """Render a step and those it rests on, for both readers, from the same values."""
    policy = outcome.policy
    base = policy.explain if outcome.applies or policy.absent is None else policy.absent
    words = outcome.words or base
    names, shown = {}, {}
    for name, value in outcome.values.items():
        unit = policy.units.get(name)
        if unit is not None:
            names[name] = text = worded(value, unit, currency)
            if name != "value" and unit not in _LONG:
                shown[name] = text
    return Told(
        policy=policy.name,
        policy_hash=policy.hash,
        rule=outcome.rule,
        reason_code=outcome.reason_code,
        value=names["value"],
        inputs=shown,
        citation=outcome.citation,
        evidence=policy.evidence,
        agent=words.agent.format_map(names),
        consumer=words.consumer.format_map(names),
        authority=outcome.authority,
        because=tuple(told(step, currency) for step in outcome.because),
    )
