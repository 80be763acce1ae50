"""One proposed contact judged by the pure gate, against the same frequency rules in CEL.

Ours: ``compliance.decide.gate`` with every pack that ships for the United States, a person in
New York City with six numbers and forty contacts on record; nothing is kept from one judgement to
the next but what depends on the rules, the zones and the instant.
The peer: the five frequency rules of Reg F alone, as compiled CEL expressions in Google's C++
evaluator, over the same forty contacts as plain data. Of what the package index offers it is the
fastest: rule-engine and cel-python are written in Python, and the evaluator in Rust copies more.
One core, no database.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.report import Result, report
from cel_expr_python import cel

from goodterms.accounts.model import Channel
from goodterms.compliance.decide import gate
from goodterms.compliance.decide.rows import make_rulebook
from goodterms.compliance.model import (
    AccountFacts,
    CallerFacts,
    Circumstance,
    ConsentFact,
    Decision,
    Facts,
    LoggedContact,
    PointFacts,
    ProposedContact,
    Reach,
    Rulebook,
)
from goodterms.compliance.service import load_rulebook

NOON = datetime(2026, 9, 15, 16, 0, tzinfo=UTC)
EVENTS, NUMBERS, CASES = 40, 6, 24
MOST = 150.0
FIVE = ("REGF-FREQ-1", "REGF-FREQ-2", "REGF-FREQ-3", "HOUSE-GAP", "HOUSE-DAY-CAP")
# Seven in seven days, seven days' wait, the person's total, the gap, the day's cap.
RULES = (
    "log.filter(e, e.medium == 'call' && e.reach >= 2 && debt in e.debts && e.day > today - 7).size() < 7",  # noqa: E501 - one expression
    "!log.exists(e, e.medium == 'call' && e.reach == 6 && debt in e.debts && e.day > today - 7)",
    "log.filter(e, e.medium == 'call' && e.reach >= 2 && e.day > today - 7).size() < 10",
    "!log.exists(e, e.medium == 'call' && e.reach >= 2 && now - e.at < 14400)",
    "log.filter(e, e.medium == 'call' && e.reach >= 2 && e.day == today).size() < 2",
)


def _contact(case: int, number: int) -> LoggedContact:
    """One of a person's contacts: calls that rang or met a machine, a text now and then."""
    at = NOON - timedelta(days=3 + number, hours=case % 5, minutes=number)
    talked = number == EVENTS - 1
    reach = Reach.CONVERSATION if talked else (Reach.RANG, Reach.MACHINE, Reach.DIALED)[number % 3]
    medium = "sms" if number % 5 == 4 else "call"
    return LoggedContact(at, at.date(), medium, (11 + number % 3,), reach, f"+1917555{number:04d}")


def _facts(case: int) -> Facts:
    debts = tuple(
        AccountFacts(11 + n, "active", 100_000 + case, reference=f"A{n}") for n in range(3)
    )
    return Facts(
        consumer_id=case,
        country="US",
        region="NY",
        city="New York",
        postal_code="10001",
        zones=("America/Chicago", "America/New_York"),
        point=PointFacts(line_type="mobile"),
        accounts=debts,
        consents=(
            ConsentFact("call", "automated", True, NOON - timedelta(days=200)),
            ConsentFact("all", "recording", True, NOON - timedelta(days=200)),
        ),
        circumstances=(
            *(_fact("notice", 90, debt.account_id, notice="validation") for debt in debts),
            _fact("inconvenient_time", 20, None, **{"from": "06:00", "until": "09:00"}),
        ),
        log=tuple(_contact(case, n) for n in range(EVENTS)),
        caller=CallerFacts(tested_at=NOON - timedelta(hours=5)),
        licences=("US-NYC",),
    )


def _fact(kind: str, days: int, account_id: int | None, **data: str) -> Circumstance:
    at = NOON - timedelta(days=days)
    return Circumstance(kind, at.date(), at, account_id, data=data)


def _proposal(case: int) -> ProposedContact:
    number = f"+1917555{case % NUMBERS:04d}"
    return ProposedContact(f"att_{case}", case, (11,), 1 + case % NUMBERS, number, Channel.CALL,
                           "+12025550100", 7)  # fmt: skip


def _plain(facts: Facts) -> dict[str, Any]:
    """The facts as a rule engine takes them: lists of maps, days and instants as numbers."""
    return {
        "log": [
            {"medium": one.medium, "reach": int(one.reach), "debts": list(one.account_ids),
             "at": int(one.at.timestamp()), "day": one.day.toordinal()}
            for one in facts.log
        ],
        "now": int(NOON.timestamp()),
        "today": NOON.date().toordinal(),
        "debt": 11,
    }  # fmt: skip


def _each(work: Callable[[int], Any], runs: int) -> float:
    """Return the seconds of one call: the best of many short runs, the rest is others' noise."""
    best = float("inf")
    gc.collect()
    for _ in range(runs):
        begun = time.perf_counter()
        for case in range(CASES):
            work(case)
        best = min(best, (time.perf_counter() - begun) / CASES)
    return best


def _ours(rulebook: Rulebook, *, expect: Decision = Decision.ALLOW) -> Callable[[int], Any]:
    cases = [(_proposal(case), _facts(case)) for case in range(CASES)]
    times = [NOON + timedelta(seconds=n) for n in range(CASES)]
    for (contact, facts), now in zip(cases, times, strict=True):
        verdict = gate(contact, facts, rulebook, now, terse=True)
        failing = [f.words for f in verdict.findings if not f.passed]
        assert verdict.decision is expect, failing

    def judge(case: int) -> None:
        contact, facts = cases[case]
        gate(contact, facts, rulebook, times[case], terse=True)

    return judge


def _peer() -> Callable[[int], Any]:
    dyn = cel.Type.List(cel.Type.DYN)
    names = {"log": dyn, "now": cel.Type.INT, "today": cel.Type.INT, "debt": cel.Type.INT}
    env = cel.NewEnv(variables=names)
    rules = [env.compile(rule) for rule in RULES]
    cases = [_plain(_facts(case)) for case in range(CASES)]
    assert all(rule.eval(data=case).value() for rule in rules for case in cases)

    def judge(case: int) -> None:
        known = env.Activation(cases[case])
        for rule in rules:
            rule.eval(known)

    return judge


def measure(runs: int) -> list[Result]:
    """Measure all packs, and the five rules alone, against the peer in the same run."""
    whole = load_rulebook()
    five = make_rulebook([r for r in whole.rules if r.id in FIVE], partial=True)
    ours, alone, peer = [_each(work, runs) * 1e6 for work in (_ours(whole), _ours(five), _peer())]
    name = "CEL (cel-expr-python), 5 rules"
    return [
        Result("gate_pure", "every US pack", "µs", ours, name, peer, peer / ours,
               f"< {MOST:g} µs", ours < MOST),
        Result("gate_pure", "five frequency rules", "µs", alone, name, peer, peer / alone,
               ">= 5", peer / alone >= 5),
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    report(measure(parser.parse_args(arguments).runs))


if __name__ == "__main__":
    main()
