"""Decisions per second against a bare claim of the same rows, with payments arriving.

Ours: four dialers run the dialing service's transaction (claim, lock, facts, gate, record, open
the attempt, commit), in batches. The peer: four clients claim the same people's rows one by one
with a bare ``UPDATE … SKIP LOCKED`` and commit. Both with fsync on, on the same server, in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import statistics
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from multiprocessing.synchronize import Barrier
from random import Random

import psycopg
from bench.million import CALLER_ID, NOON, OURS, database, server
from bench.report import Result, report

from goodterms.accounts.model import ContactRestricted
from goodterms.accounts.service import AccountService
from goodterms.calls.service import CallService
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.dialing.model import DialPolicy, Mode
from goodterms.dialing.service import DialingService
from goodterms.kit.events import Bus
from goodterms.kit.money import Money
from goodterms.kit.sql import Pool, make_pool, transaction
from goodterms.ledger.model import Book, Entry, EntryKind
from goodterms.ledger.service import LedgerService

DIALERS = 4
PAYMENTS_PER_SECOND = 20
WARM_UP = 2.0
_CLAIM = b"""
UPDATE dialing.due_attempt SET state = 'placed', updated_at = now() WHERE id = (
    SELECT id FROM dialing.due_attempt
    WHERE campaign_id = 2 AND state = 'waiting' AND due_at <= %s
    ORDER BY priority DESC, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING *
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one process did: decisions or claims, those permitted, seconds each, memory in KiB."""

    decided: int
    permitted: int
    latencies: list[float]
    resident: int


@dataclass(frozen=True, slots=True)
class Services:
    """The services of a dialer or of the one who posts payments."""

    dialing: DialingService
    ledger: LedgerService


def _services(pool: Pool) -> Services:
    bus = Bus()
    accounts = AccountService(bus)
    compliance = ComplianceService(load_rulebook())
    calls = CallService(accounts, compliance, bus)

    async def no_hosts(_ids: object) -> None:
        return None

    dialing = DialingService(pool, accounts, compliance, calls, no_hosts)
    bus.subscribe(ContactRestricted, dialing.withdraw)
    return Services(dialing, LedgerService(accounts, bus))


def _policy() -> DialPolicy:
    return DialPolicy(
        campaign_id=OURS, running=True, mode=Mode.PROGRESSIVE, ratio=Decimal(1),
        max_concurrent=100, max_per_second=Decimal(10000), trunk="carrier",
        caller_ids=(CALLER_ID,), ring_seconds=25, amd=False, hours={}, retry={}, max_attempts=7,
        rest_days=3, abandon_prompt="abandoned", version=1,
    )  # fmt: skip


def _instant(started: float) -> datetime:
    return NOON + timedelta(seconds=time.perf_counter() - started)


async def _dial(url: str, seconds: float, batch: int, barrier: Barrier) -> Measured:
    decided = permitted = 0
    latencies: list[float] = []
    async with make_pool(url, size=1) as pool:
        dialing, policy = _services(pool).dialing, _policy()
        await asyncio.to_thread(barrier.wait)
        started = time.perf_counter()
        while (begun := time.perf_counter()) - started < WARM_UP + seconds:
            async with transaction(pool) as conn:
                done = await dialing.decide_next(
                    conn, policy, batch, node="bench", now=_instant(started)
                )
            if begun - started < WARM_UP:
                continue
            # Every decision of the batch waits for the commit of all: that is its latency.
            latencies += [time.perf_counter() - begun] * len(done)
            decided += len(done)
            permitted += sum(d.verdict.permit is not None for d in done)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Measured(decided, permitted, latencies, resident)


def _claim(url: str, seconds: float, barrier: Barrier) -> Measured:
    latencies: list[float] = []
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(_CLAIM, (NOON,), prepare=True)
        barrier.wait()
        started = time.perf_counter()
        while (begun := time.perf_counter()) - started < WARM_UP + seconds:
            row = conn.execute(_CLAIM, (NOON,), prepare=True).fetchone()
            if row is None:
                raise SystemExit("All rows are claimed: raise --accounts or lower --seconds.")
            if begun - started >= WARM_UP:
                latencies.append(time.perf_counter() - begun)
    return Measured(len(latencies), len(latencies), latencies, 0)


async def _pay(url: str, accounts: int, seconds: float, barrier: Barrier) -> Measured:
    random = Random(7)  # noqa: S311 - a repeatable bench
    latencies: list[float] = []
    async with make_pool(url, size=1) as pool:
        ledger = _services(pool).ledger
        await asyncio.to_thread(barrier.wait)
        started = time.perf_counter()
        run = f"{time.time_ns()}"
        while (begun := time.perf_counter()) - started < WARM_UP + seconds:
            cent = Money.of("0.01")
            entry = Entry(
                random.randint(1, accounts), EntryKind.PAYMENT, NOON.date(),
                f"bench:{run}:{len(latencies)}", {Book.PRINCIPAL: -cent, Book.CASH: cent}, "bench",
            )  # fmt: skip
            async with transaction(pool) as conn:
                await ledger.post(conn, [entry], now=_instant(started))
            latencies.append(time.perf_counter() - begun)
            await asyncio.sleep(max(0.0, 1 / PAYMENTS_PER_SECOND - latencies[-1]))
    return Measured(len(latencies), 0, latencies, 0)


def _work(kind: str, url: str, number: int, seconds: float, barrier: Barrier) -> Measured:
    """Be one of the bench's processes; number is the batch of a dialer, or how many accounts."""
    if kind == "dial":
        return asyncio.run(_dial(url, seconds, number, barrier))
    if kind == "pay":
        return asyncio.run(_pay(url, number, seconds, barrier))
    return _claim(url, seconds, barrier)


def _round(kind: str, url: str, accounts: int, batch: int, seconds: float) -> list[Measured]:
    """Run four of a kind, and one who pays; give what the four measured."""
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        barrier = manager.Barrier(DIALERS + 1)
        jobs = [(kind, url, batch, seconds, barrier)] * DIALERS
        jobs.append(("pay", url, accounts, seconds, barrier))
        with context.Pool(len(jobs)) as workers:
            *measured, payer = workers.starmap(_work, jobs, chunksize=1)
    paid = statistics.median(payer.latencies) * 1000
    print(f"  {kind}: {sum(m.decided for m in measured):,} done, {payer.decided} payments arrived"
          f" (median {paid:.1f} ms)", flush=True)  # fmt: skip
    return measured


def _p99(measured: list[Measured]) -> float:
    latencies = sorted(x for m in measured for x in m.latencies)
    return latencies[int(len(latencies) * 0.99)] * 1000


def _compare(url: str, accounts: int, args: argparse.Namespace) -> tuple[list[Result], int]:
    ours: list[Measured] = []
    peers: list[Measured] = []
    for _ in range(args.rounds):
        peers += _round("claim", url, accounts, args.batch, args.seconds)
        ours += _round("dial", url, accounts, args.batch, args.seconds)
    seconds = args.seconds * args.rounds
    rate = sum(m.permitted for m in ours) / seconds
    claims = sum(m.decided for m in peers) / seconds
    slow, peer_slow = _p99(ours), _p99(peers)
    print(f"  of {sum(m.decided for m in ours):,} decisions {sum(m.permitted for m in ours):,}"
          " were permits")  # fmt: skip
    bare = "bare one-by-one claim"
    return [
        Result("gate", f"permitted decisions, {accounts:,} accounts", "per second", rate, bare,
               claims, rate / claims, "≥ 1", rate >= claims),
        Result("gate", "p99 of a decision, begin to commit", "ms", slow, bare, peer_slow,
               slow / peer_slow, "< 20 ms", slow < 20),
    ], max(m.resident for m in ours)  # fmt: skip


async def _main(args: argparse.Namespace) -> None:
    async with server() as postgres:
        small = max(1000, args.accounts // 10)
        url = await asyncio.to_thread(database, postgres.url, small)
        few = await asyncio.to_thread(_round, "dial", url, small, args.batch, args.seconds / 2)
        url = await asyncio.to_thread(database, postgres.url, args.accounts)
        results, most = await asyncio.to_thread(_compare, url, args.accounts, args)
    least = max(m.resident for m in few)
    growth = most / least
    results.append(
        Result("gate", f"memory of a dialer, {args.accounts:,} accounts", "MiB", most / 1024,
               f"with {small:,} accounts", least / 1024, growth, "≤ 1.1", growth <= 1.1)
    )  # fmt: skip
    report(results)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="per measured round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--batch", type=int, default=24, help="due attempts per transaction")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
