"""Replies in words: the trace of findings that shows how a decision came about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from goodterms.compliance.model import Finding
from goodterms.scenarios.decide.clock import Clock


def told(findings: Iterable[Finding], at: datetime, clock: Clock) -> tuple[str, ...]:
    """Say what each rule said, those that fail first."""
    ordered = sorted(findings, key=lambda finding: finding.passed)
    lines = [_line(finding, clock) for finding in ordered]
    return (f"asked for {clock.words(at)}", *(lines or ["no rule in force concerns this"]))


def _line(finding: Finding, clock: Clock) -> str:
    rule = f"{finding.rule_id} v{finding.rule_version}"
    if finding.passed:
        duties = f" [{', '.join(finding.obligations)}]" if finding.obligations else ""
        return f"  passes  {rule}: {finding.words or 'not in the way'}{duties}"
    word = "refers " if finding.refers else "fails  "
    until = finding.earliest_allowed_at
    then = f" Passes from {clock.words(until)}." if until else ""
    return f"  {word} {rule} {finding.reason_code}: {finding.words}{then}"
