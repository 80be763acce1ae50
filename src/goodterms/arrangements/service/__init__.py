"""Quotes and promises: load, decide, record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from goodterms.accounts.model import AccountStatus, Happening
from goodterms.arrangements import decide, store
from goodterms.arrangements.model import (
    PROMISE,
    ArrangementPolicy,
    Position,
    Promise,
    PromiseEvent,
    PromiseState,
)
from goodterms.arrangements.service.arranging import Arranging
from goodterms.arrangements.service.quotes import load_policies
from goodterms.kit.ids import new_id
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection

__all__ = ["ArrangementService", "load_policies"]

_SWEEP = 200
_EVENTS = {PromiseState.KEPT: "promise.kept", PromiseState.BROKEN: "promise.broken"}


class ArrangementService(Arranging):
    """What may be paid, and what was promised. Methods run in the caller's transaction."""

    @property
    def policy(self) -> ArrangementPolicy:
        """The house's limits for promises, as the policies that cover everybody set them."""
        return decide.everyday(self.policies, self._house)

    async def promise(
        self,
        conn: Connection,
        account_id: int,
        amount: Money,
        due_on: date,
        *,
        attempt_id: str | None = None,
        actor: str,
        now: datetime,
    ) -> Promise:
        """Record a consumer's word to pay an amount by a date, under the account lock.

        Raises:
            NotFound: there is no such account.
            Refusal: the amount or the date is outside the limits, or nothing is owed.
        """
        consumer_id = await self._accounts.lock_of_account(conn, account_id)
        account = await self._accounts.account(conn, account_id)
        balance = await self._ledger.balance(conn, account_id)
        before = await store.promises_of_account(conn, account_id)
        waiting = [p.amount for p in before if p.state is PromiseState.OPEN]
        promised = sum(waiting, Money.zero(account.currency))
        await self.check_unarranged(conn, account_id)
        position = Position(account, balance, promised)
        decide.check_promise(position, amount, due_on, self.policy, today=now.date())
        promise = Promise(
            new_id("ptp", now), account_id, consumer_id, attempt_id, amount, due_on,
            PROMISE.start, actor, now,
        )  # fmt: skip
        await store.insert_promise(conn, promise)
        await self._tell(conn, "promise.made", promise, actor=actor, now=now)
        if account.status in (AccountStatus.PLACED, AccountStatus.ACTIVE):
            await self._accounts.set_status(conn, account_id, AccountStatus.ARRANGED, now=now)
        return promise

    async def promises(self, conn: Connection, consumer_id: int) -> list[Promise]:
        """Return a consumer's promises, newest first."""
        return await store.promises_of_consumer(conn, consumer_id)

    async def after_payment(
        self, conn: Connection, account_id: int, *, actor: str, now: datetime
    ) -> list[Promise]:
        """Close the promises and arrangements that payments have kept; return the promises."""
        await self._accounts.lock_of_account(conn, account_id)
        await self.review_arrangements(conn, account_id, actor=actor, now=now)
        return await self._review(conn, account_id, actor=actor, now=now)

    async def after_reversal(
        self, conn: Connection, account_id: int, *, actor: str, now: datetime
    ) -> list[Promise]:
        """Open the promises again that a payment taken back had kept; return those reopened.

        A promise whose grace has ended meanwhile is broken at once.
        """
        await self._accounts.lock_of_account(conn, account_id)
        promises = await store.promises_of_account(conn, account_id)
        kept = decide.kept(promises, await self._ledger.entries(conn, account_id), self.policy)
        reopened = []
        for promise in promises:
            if promise.state is PromiseState.KEPT and promise.id not in kept:
                event = PromiseEvent.RETURNED
                reopened.append(replace(promise, state=PROMISE.step(promise.state, event)))
                await store.reopen_promise(conn, promise.id)
                await self._tell(conn, "promise.reopened", reopened[-1], actor=actor, now=now)
        account = await self._accounts.account(conn, account_id)
        if reopened and account.status is AccountStatus.ACTIVE:
            await self._accounts.set_status(conn, account_id, AccountStatus.ARRANGED, now=now)
        await self._review(conn, account_id, actor=actor, now=now)
        await self.reopen_arrangements(conn, account_id, actor=actor, now=now)
        await self.review_arrangements(conn, account_id, actor=actor, now=now)
        return reopened

    async def sweep_broken(self, conn: Connection, *, now: datetime) -> list[Promise]:
        """Close promises whose grace has ended, in batches; return those closed now.

        Takes the account locks in the order of consumers. Call it until it returns nothing.
        """
        before = now.date() - timedelta(days=self.policy.grace_days)
        closed = []
        for account_id in await store.overdue_accounts(conn, before, _SWEEP):
            closed += await self._review(conn, account_id, actor="system:worker", now=now)
        return closed

    async def _review(
        self, conn: Connection, account_id: int, *, actor: str, now: datetime
    ) -> list[Promise]:
        await self._accounts.lock_of_account(conn, account_id)
        promises = await store.promises_of_account(conn, account_id)
        if all(promise.state is not PromiseState.OPEN for promise in promises):
            return []
        entries = await self._ledger.entries(conn, account_id)
        balance = await self._ledger.balance(conn, account_id)
        kept = decide.kept(promises, entries, self.policy)
        waiting = [promise for promise in promises if promise.state is PromiseState.OPEN]
        closed = []
        for promise in waiting:
            event = decide.fate(promise, promise.id in kept, balance, self.policy, today=now.date())
            if event is None:
                continue
            done = replace(promise, state=PROMISE.step(promise.state, event))
            await store.close_promise(conn, done.id, done.state, now)
            if done.state in _EVENTS:
                await self._tell(conn, _EVENTS[done.state], done, actor=actor, now=now)
            closed.append(done)
        account = await self._accounts.account(conn, account_id)
        if len(closed) == len(waiting) and account.status is AccountStatus.ARRANGED:
            await self._accounts.set_status(conn, account_id, AccountStatus.ACTIVE, now=now)
        return closed

    async def _tell(
        self, conn: Connection, kind: str, promise: Promise, *, actor: str, now: datetime
    ) -> None:
        data = {
            "promise": promise.id,
            "amount": promise.amount.amount,
            "currency": promise.amount.currency,
            "due_on": promise.due_on,
        }
        await self._accounts.record(
            conn,
            Happening(
                kind, now, actor, promise.consumer_id, promise.account_id, promise.attempt_id,
                data=data,
            ),
        )  # fmt: skip
