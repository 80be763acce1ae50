"""What changes when history is judged again: counted as it streams by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal

from goodterms.compliance.model import (
    Comparison,
    Decision,
    Difference,
    ReasonCount,
    ReplayReport,
    StoredVerdict,
    Verdict,
)

_EXAMPLES = 50


class Replaying:
    """Counts stored verdicts that come out the same or another way; ``seen`` is how many."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._judged = self._same = 0
        self._changes: Counter[tuple[str, str]] = Counter()
        self._examples: list[Difference] = []

    @property
    def seen(self) -> int:
        """How many verdicts were looked at."""
        return self._judged + self.unreadable

    def take(self, row: StoredVerdict, decision: str, reason_code: str, digest: str) -> None:
        """Take what judging again gave; an empty digest compares the answers alone."""
        self._judged += 1
        alike = (row.decision, row.reason_code) == (decision, reason_code)
        if alike and digest in ("", row.digest):
            self._same += 1
            return
        was = f"{row.decision} {row.reason_code}"
        now = "the same in other bytes" if alike else f"{decision} {reason_code}"
        self._changes[was, now] += 1
        if len(self._examples) < _EXAMPLES:
            self._examples.append(Difference(row.id, row.attempt_id, row.decided_at, was, now))

    def report(self) -> ReplayReport:
        """Say what was found."""
        return ReplayReport(
            self._judged, self._same, self.unreadable, dict(self._changes), tuple(self._examples)
        )


class Comparing:
    """Counts by reason what two rulebooks refuse. ``money`` is what followed each verdict."""

    def __init__(self, money: Mapping[int, Mapping[str, Decimal]]) -> None:
        self._money = money
        self.seen = 0
        self._allowed = [0, 0]
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()
        self._newly: Counter[str] = Counter()
        self._no_longer: Counter[str] = Counter()
        self._paid: dict[str, dict[str, Decimal]] = defaultdict(dict)
        self._examples: list[Difference] = []

    def take(self, row: StoredVerdict, before: Verdict, after: Verdict) -> None:
        """Count one contact under both rulebooks."""
        self.seen += 1
        first, second = before.decision is Decision.ALLOW, after.decision is Decision.ALLOW
        self._allowed[0] += first
        self._allowed[1] += second
        if not first:
            self._before[before.reason_code] += 1
        if not second:
            self._after[after.reason_code] += 1
        if first and not second:
            self._newly[after.reason_code] += 1
            for currency, amount in self._money.get(row.id, {}).items():
                paid = self._paid[after.reason_code]
                paid[currency] = paid.get(currency, Decimal(0)) + amount
        if second and not first:
            self._no_longer[before.reason_code] += 1
        if (first, before.reason_code) != (second, after.reason_code):
            self._example(row, before, after)

    def _example(self, row: StoredVerdict, before: Verdict, after: Verdict) -> None:
        if len(self._examples) < _EXAMPLES:
            was = f"{before.decision} {before.reason_code}"
            now = f"{after.decision} {after.reason_code}"
            self._examples.append(Difference(row.id, row.attempt_id, row.decided_at, was, now))

    def report(self) -> Comparison:
        """Say what was found, the reasons that change most first."""
        codes = {*self._before, *self._after}
        reasons = [
            ReasonCount(
                code, self._before[code], self._after[code], self._newly[code],
                self._no_longer[code], dict(self._paid.get(code, {})),
            )
            for code in codes
        ]  # fmt: skip
        reasons.sort(key=lambda r: (-(r.newly + r.no_longer), -r.after, r.reason_code))
        return Comparison(
            self.seen, 0, self._allowed[0], self._allowed[1], tuple(reasons),
            tuple(self._examples),
        )  # fmt: skip
