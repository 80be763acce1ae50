"""From a due attempt to a dialed number: claim, lock, judge, write, dial; and back again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from goodterms.accounts.model import Channel, ContactRestricted
from goodterms.accounts.service import AccountService
from goodterms.calls.model import (
    Attempt,
    AttemptDisposed,
    AttemptEnded,
    CallOrder,
    Opening,
)
from goodterms.calls.ports import Telephony
from goodterms.calls.service import CallService
from goodterms.compliance.decide.callers import Person
from goodterms.compliance.decide.terms import CallTerms
from goodterms.compliance.model import Decision, Permit, ProposedContact, Verdict
from goodterms.compliance.registry import CallerRegistry, Offer
from goodterms.compliance.service import ComplianceService
from goodterms.dialing import store
from goodterms.dialing.callers import stop_calls
from goodterms.dialing.decide import (
    after_disposition,
    after_end,
    after_verdict,
    caller_id,
    point_to_dial,
    without_number,
)
from goodterms.dialing.loading import sift
from goodterms.dialing.model import (
    Claimed,
    Decided,
    DialPolicy,
    DueState,
    LoadReport,
    Member,
    Mode,
    Next,
    Pace,
    Past,
    Rates,
    Snapshot,
    StartResult,
    Trunk,
)
from goodterms.dialing.pace_rules import PaceRules
from goodterms.kit.errors import Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.sql import DATABASE_AWAY, Connection, Pool, transaction
from goodterms.kit.wake import Topic, notify

log = structlog.get_logger(__name__)

AskHosts = Callable[[Sequence[int]], Awaitable[object]]
HOST_FRESH = timedelta(seconds=20)
ABANDON_WINDOW = timedelta(days=30)
ORIGINATE_SECONDS = 2.0
DUE_COUNTED = 2_000
PAST_LINES, PAST_TALKS = 1_500, 600


class DialingService:
    """Decides about due attempts and gives the orders to dial."""

    def __init__(
        self,
        pool: Pool,
        accounts: AccountService,
        compliance: ComplianceService,
        calls: CallService,
        ask_hosts: AskHosts,
    ) -> None:
        self._pool = pool
        self._accounts = accounts
        self._compliance = compliance
        self.pace_rules = PaceRules(compliance)
        self._calls = calls
        self._ask_hosts = ask_hosts

    async def decide(
        self,
        policy: DialPolicy,
        limit: int,
        *,
        node: str,
        now: Callable[[], datetime],
        look: int = 0,
    ) -> list[Decided]:
        """Ask the hosts that own the next accounts, then decide about them in one transaction.

        At most ``limit`` are allowed; up to ``look`` are looked at until so many are. No
        transaction is open while hosts are asked; time is read again after they answered.
        """
        started = now()
        async with self._pool.connection() as conn:
            hosted = await store.hosts_to_ask(
                conn, policy.campaign_id, max(limit, look), started, started - HOST_FRESH
            )
        if hosted:
            await self._ask_hosts(hosted)
        async with transaction(self._pool) as conn:
            return await self.decide_next(conn, policy, limit, node=node, now=now(), look=look)

    async def decide_next(
        self,
        conn: Connection,
        policy: DialPolicy,
        limit: int,
        *,
        node: str,
        now: datetime,
        look: int = 0,
    ) -> list[Decided]:
        """Claim due attempts, lock their people, judge them all and write what follows.

        The allowed ones have their attempts opened and their permits recorded when this
        transaction commits; the others are due later, or withdrawn. People locked by somebody
        else (a payment that is being posted) are left for the next time; so are those behind
        the last one allowed, where more were looked at than may be placed.
        """
        claimed = await store.claim(conn, policy.campaign_id, max(limit, look), now)
        if not claimed:
            return []
        judged = [c for c in claimed if c.points]
        nexts = [without_number(c.due, now) for c in claimed if not c.points]
        people = [c.due.consumer_id for c in judged]
        offer = await self._compliance.callers.offer(conn, policy.caller_ids, people, now=now)
        if not any(line.usable for line in offer.chosen(policy.caller_ids)):
            return []  # nobody is refused for what is no matter of theirs: they stay due
        async with conn.pipeline():
            contacts = [_proposed(c, policy, offer, now) for c in judged]
            verdicts = await self._compliance.judge(conn, contacts, now=now, most=limit)
            pairs = list(zip(judged, verdicts, strict=False))
            await store.settle(conn, nexts + [after_verdict(c, v, now) for c, v in pairs], now)
            openings = [
                _opening(c, v, policy, node, self.terms(v))
                for c, v in pairs
                if v.decision is Decision.ALLOW
            ]
            attempts = {a.id: a for a in await self._calls.open(conn, openings, now=now)}
        return [Decided(c, v, attempts.get(v.contact.attempt_id)) for c, v in pairs]

    def terms(self, verdict: Verdict) -> CallTerms:
        """Return what the rules ask of a call while it goes on."""
        return self._compliance.call_terms(verdict)

    async def start(
        self,
        telephony: Telephony,
        permit: Permit,
        order: CallOrder,
        *,
        now: Callable[[], datetime],
    ) -> StartResult:
        """Give the order to dial, or refuse it if contact became stale since it was allowed.

        First the order is written and committed; then it is given while the account lock is
        held: a payment either came before, and nothing is dialed, or comes after, and cancels.
        """
        try:
            async with transaction(self._pool) as conn:
                if await self._calls.place(conn, order.attempt_id, now=now()) is None:
                    return StartResult.STALE
        except (Refusal, *DATABASE_AWAY) as refused:
            log.warning("dialing.not_placed", attempt=order.attempt_id, reason=str(refused))
            return StartResult.REFUSED
        try:
            async with transaction(self._pool) as conn:
                await self._accounts.lock(conn, permit.consumer_id)
                if not await self._calls.still_wanted(conn, order.attempt_id):
                    return StartResult.STALE
                async with asyncio.timeout(ORIGINATE_SECONDS):
                    await telephony.originate(permit, order)
        except PermissionError as refused:
            log.warning("dialing.refused", attempt=order.attempt_id, reason=str(refused))
            return StartResult.REFUSED
        except (ConnectionError, TimeoutError, *DATABASE_AWAY) as lost:
            log.warning("dialing.unknown", attempt=order.attempt_id, error=str(lost))
            return StartResult.UNKNOWN
        return StartResult.ORIGINATED

    async def withdraw(self, conn: Connection, event: ContactRestricted) -> None:
        """Handle ContactRestricted: take back what is due and stop what is on its way."""
        reason = f"RESTRICTED:{event.restriction.value}"
        if event.contact_point_id is not None:
            await store.withdraw_numberless(
                conn, event.consumer_id, event.contact_point_id, reason, event.at
            )
        else:
            await store.withdraw(conn, event.consumer_id, event.account_id, reason, event.at)
        await self._calls.request_cancel(
            conn,
            event.consumer_id,
            event.restriction.value,
            event.message,
            account_id=event.account_id,
            contact_point_id=event.contact_point_id,
            now=event.at,
        )

    async def stop_calls(
        self, conn: Connection, caller: str, number: str, *, now: datetime
    ) -> list[int]:
        """Stop calls to whoever pressed the key after calling our ``number``; see there."""
        return await stop_calls(self._accounts, conn, caller, number, now=now)

    async def on_ended(self, conn: Connection, event: AttemptEnded) -> None:
        """Handle AttemptEnded: apply the campaign's rule for the outcome."""
        found = await self._due_of(conn, event.attempt)
        if found is None:
            return
        claimed, policy = found
        same = await store.same_outcome(conn, claimed.due.id, event.outcome)
        following = after_end(
            claimed.due,
            policy,
            event.outcome,
            placed=event.placed,
            same_outcome=same,
            points=[point for point, _ in claimed.points],
            now=event.at,
        )
        await self._settle(conn, following, event.at)

    async def on_disposed(self, conn: Connection, event: AttemptDisposed) -> None:
        """Handle AttemptDisposed: try again if the consumer was not reached after all."""
        found = await self._due_of(conn, event.attempt)
        if found is None or found[0].due.state is not DueState.DONE:
            return
        claimed, policy = found
        following = after_disposition(
            claimed.due,
            policy,
            event.disposition,
            points=[point for point, _ in claimed.points],
            now=event.at,
        )
        await self._settle(conn, following, event.at)

    async def _due_of(
        self, conn: Connection, attempt: Attempt
    ) -> tuple[Claimed, DialPolicy] | None:
        if attempt.due_attempt_id is None:
            return None
        claimed = await store.due_locked(conn, attempt.due_attempt_id)
        if claimed is None:
            return None
        policy = await store.policy(conn, claimed.due.campaign_id)
        return (claimed, policy) if policy else None

    async def _settle(self, conn: Connection, following: Next, now: datetime) -> None:
        await store.settle(conn, [following], now)
        if following.state is DueState.WAITING and following.due_at <= now:
            await notify(conn, Topic.DUE, following.due_id)

    @property
    def callers(self) -> CallerRegistry:
        """The numbers that may be shown."""
        return self._compliance.callers

    async def set_policy(self, conn: Connection, policy: DialPolicy) -> DialPolicy:
        """Write what a campaign asks of the dialer and wake the engine."""
        written = await store.set_policy(conn, policy)
        await notify(conn, Topic.CAMPAIGN, policy.campaign_id)
        return written

    async def policies(self, conn: Connection) -> list[DialPolicy]:
        """Read what every campaign asks of the dialer."""
        return await store.policies(conn)

    async def policy(self, conn: Connection, campaign_id: int) -> DialPolicy | None:
        """Read what one campaign asks of the dialer, if it asks."""
        return await store.policy(conn, campaign_id)

    async def add_trunk(self, conn: Connection, trunk: Trunk) -> None:
        """Add a trunk, or renew a known one."""
        await store.add_trunk(conn, trunk)
        await notify(conn, Topic.CAMPAIGN)

    async def trunks(self, conn: Connection) -> list[Trunk]:
        """Read the trunks in use."""
        return await store.trunks(conn)

    async def rates(
        self, conn: Connection, campaign_ids: Sequence[int], *, now: datetime
    ) -> dict[int, Rates]:
        """Count answered and abandoned calls per campaign over the last 30 days.

        Reference: 47 CFR 64.1200(a)(7)(i).
        """
        return await store.rates(conn, campaign_ids, now - ABANDON_WINDOW)

    async def due_now(
        self, conn: Connection, campaign_ids: Sequence[int], *, now: datetime
    ) -> dict[int, int]:
        """Count who is due now per campaign; what is beyond ``DUE_COUNTED`` is not counted."""
        return await store.due_now(conn, campaign_ids, now, DUE_COUNTED)

    async def past(self, conn: Connection, campaign_id: int) -> Past:
        """Read what became of a campaign's latest lines, for pacing to learn from."""
        return await store.past(conn, campaign_id, lines=PAST_LINES, talks=PAST_TALKS)

    async def record_pace(
        self, conn: Connection, snapshot: Snapshot, pace: Pace, *, now: datetime
    ) -> None:
        """Note the last pace of a campaign for the floor."""
        await store.record_pace(conn, snapshot, pace, now)

    async def load_due(
        self,
        conn: Connection,
        campaign_id: int,
        members: Sequence[Member],
        *,
        after: int,
        until: int | None,
        rest_days: int,
        now: datetime,
    ) -> LoadReport:
        """Bring the due attempts of the people with ids in (after, until] up to date.

        New members become due; withdrawn ones return after ``rest_days``; who is waiting and no
        member any more is withdrawn. Who may not be contacted whatever the hour is left out.
        """
        rested = now - timedelta(days=rest_days)
        sifted = await sift(
            conn, self._compliance, campaign_id, members, rested_since=rested, now=now
        )
        report = await store.load(conn, campaign_id, sifted.kept, rested_since=rested, now=now)
        if sifted.removed:
            await store.set_aside(conn, campaign_id, sifted.removed, now)
        ids = [member.consumer_id for member in members]
        left = await store.leave(conn, campaign_id, ids, after=after, until=until, now=now)
        await notify(conn, Topic.DUE, campaign_id)
        reasons = Counter(sifted.removed.values())
        return report + LoadReport(withdrawn=left, removed=len(sifted.removed), reasons=reasons)

    async def left_out(self, conn: Connection, campaign_id: int) -> dict[str, int]:
        """Count who is kept off a campaign's list, by reason code, most frequent first."""
        return await store.set_aside_because(conn, campaign_id)

    async def counts(
        self, conn: Connection, campaign_id: int
    ) -> dict[DueState, tuple[int, datetime]]:
        """Count a campaign's due attempts by state, with the earliest due time of each."""
        return await store.counts(conn, campaign_id)


def _proposed(claimed: Claimed, policy: DialPolicy, offer: Offer, now: datetime) -> ProposedContact:
    point = point_to_dial(claimed)
    assert point is not None  # those without a number were set aside
    due = claimed.due
    person = Person(due.consumer_id, offer.shown.get(due.consumer_id), claimed.region, point[1])
    number, because = caller_id(policy, offer.chosen(policy.caller_ids), person, now)
    return ProposedContact(
        attempt_id=new_id("att", now),
        consumer_id=due.consumer_id,
        account_ids=due.account_ids,
        contact_point_id=point[0],
        number=point[1],
        channel=Channel.CALL,
        caller_id=number,
        campaign_id=due.campaign_id,
        hours=policy.hours,
        caller_because=because,
        purpose=policy.purpose,
        agent_guaranteed=policy.mode is Mode.PROGRESSIVE,
    )


def _opening(
    claimed: Claimed, verdict: Verdict, policy: DialPolicy, node: str, terms: CallTerms
) -> Opening:
    contact = verdict.contact
    assert verdict.id is not None  # judged verdicts are recorded
    assert contact.caller_id is not None  # without one the gate refuses
    return Opening(
        attempt_id=contact.attempt_id,
        campaign_id=contact.campaign_id,
        due_attempt_id=claimed.due.id,
        consumer_id=contact.consumer_id,
        account_ids=verdict.account_ids,
        contact_point_id=contact.contact_point_id,
        number=contact.number,
        caller_id=contact.caller_id,
        trunk=policy.trunk,
        node=node,
        verdict_id=verdict.id,
        ring_seconds=max(policy.ring_seconds, terms.ring_seconds),
        amd=policy.amd,
    )
