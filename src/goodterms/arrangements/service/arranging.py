"""Plans and settlements: agreed from a quote, followed by the ledger, paused, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from goodterms.accounts.model import AccountStatus, Happening
from goodterms.arrangements import store
from goodterms.arrangements.decide import arranging
from goodterms.arrangements.model import (
    Arrangement,
    ArrangementEvent,
    ArrangementKind,
    ArrangementState,
    OptionKind,
    Progress,
    PromiseState,
)
from goodterms.arrangements.service.allocating import Allocating, order_of
from goodterms.kit.errors import Conflict, NotFound
from goodterms.kit.ids import new_id
from goodterms.kit.sql import Connection

_LIVE = (ArrangementState.OPEN, ArrangementState.PAUSED)
_TOLD = {
    ArrangementEvent.PAID: "arrangement.kept",
    ArrangementEvent.MISSED: "arrangement.broken",
    ArrangementEvent.PAUSED: "arrangement.paused",
    ArrangementEvent.RESUMED: "arrangement.resumed",
    ArrangementEvent.CANCELLED: "arrangement.cancelled",
    ArrangementEvent.RETURNED: "arrangement.reopened",
}
_REPORTED = 600
"""From this amount on, forgiven debt is reported on a form 1099-C (United States)."""


class Arranging(Allocating):
    """What was agreed beside promises."""

    async def agree(
        self,
        conn: Connection,
        quote_id: str,
        kind: OptionKind,
        *,
        instalments: int | None = None,
        attempt_id: str | None = None,
        actor: str,
        now: datetime,
    ) -> Arrangement:
        """Agree a plan or settlement that a quote offers, under the account lock.

        What the quote added is posted; what a settlement forgives is not, until it is paid. One
        arrangement at a time: an open promise or another arrangement must end first.

        Raises:
            NotFound: there is no such quote.
            Refusal: the quote does not offer this.
            Conflict: the quote no longer holds, or something is agreed already.
        """
        quote = await self.get_quote(conn, quote_id)
        await self._accounts.lock_of_account(conn, quote.account_id)
        arranging.check_quote(quote, await self._ledger.balance(conn, quote.account_id), now)
        option = arranging.chosen(quote, kind, instalments)
        await self._check_free(conn, quote.account_id)
        await self.honour(conn, quote, actor=actor, now=now)
        _, under = await self._terms(conn, quote.account_id, now)
        made = arranging.agreed(
            new_id("arr", now), quote, option, under.chosen,
            attempt_id=attempt_id, actor=actor, now=now,
        )  # fmt: skip
        await store.insert_arrangement(conn, made)
        await self._happened(conn, "arrangement.made", made, actor=actor, now=now)
        account = await self._accounts.account(conn, quote.account_id)
        if account.status in (AccountStatus.PLACED, AccountStatus.ACTIVE):
            await self._accounts.set_status(conn, account.id, AccountStatus.ARRANGED, now=now)
        return made

    async def _check_free(self, conn: Connection, account_id: int) -> None:
        promises = await store.promises_of_account(conn, account_id)
        if any(promise.state is PromiseState.OPEN for promise in promises):
            raise Conflict(
                "PROMISE_OPEN",
                "A promise is open on this account: it must be kept or end before a plan or"
                " settlement is agreed.",
            )
        await self.check_unarranged(conn, account_id)

    async def check_unarranged(self, conn: Connection, account_id: int) -> None:
        """Let pass an account on which no plan or settlement is alive.

        Raises:
            Conflict: there is one; says which.
        """
        for other in await store.arrangements_of_account(conn, account_id):
            if other.state in _LIVE:
                raise Conflict(
                    "ARRANGED",
                    f"A {other.kind.value} is agreed on this account ({other.id}): end it first.",
                )

    async def arrangement(self, conn: Connection, arrangement_id: str) -> Arrangement:
        """Return a plan or settlement.

        Raises:
            NotFound: there is none of this id.
        """
        found = await store.arrangement(conn, arrangement_id)
        if found is None:
            raise NotFound("NO_ARRANGEMENT", f"There is no arrangement '{arrangement_id}'.")
        return found

    async def arrangements(self, conn: Connection, consumer_id: int) -> list[Arrangement]:
        """Return a consumer's plans and settlements, newest first."""
        return await store.arrangements_of_consumer(conn, consumer_id)

    async def progress(
        self, conn: Connection, found: Sequence[Arrangement], *, now: datetime
    ) -> dict[str, Progress]:
        """Tell how far arrangements have come, by id."""
        entries = {
            account_id: await self._ledger.entries(conn, account_id)
            for account_id in {one.account_id for one in found}
        }
        return {
            one.id: arranging.progress(one, entries[one.account_id], now.date()) for one in found
        }

    async def change(
        self,
        conn: Connection,
        arrangement_id: str,
        event: ArrangementEvent,
        *,
        reason: str,
        actor: str,
        now: datetime,
    ) -> Arrangement:
        """Pause, resume or cancel an arrangement, with the reason.

        Raises:
            NotFound: there is none of this id.
            IllegalTransition: it cannot take this step as it stands.
        """
        found = await self.arrangement(conn, arrangement_id)
        await self._accounts.lock(conn, found.consumer_id)
        found = await self.arrangement(conn, arrangement_id)
        after = await self._step(conn, found, event, reason=reason, actor=actor, now=now)
        if after.state not in _LIVE:
            await self._back_to_work(conn, after, now=now)
        return after

    async def review_arrangements(
        self, conn: Connection, account_id: int, *, actor: str, now: datetime
    ) -> list[Arrangement]:
        """Bring an account's live arrangement to where the ledger says it stands.

        Posts the interest that fell due, and what a paid settlement forgives. The caller holds
        the account lock. Returns what ended now.
        """
        ended = []
        for found in await store.arrangements_of_account(conn, account_id):
            if found.state not in _LIVE:
                continue
            due = arranging.accruals(found, actor=actor, today=now.date())
            await self._ledger.post(conn, due, now=now)
            so_far = arranging.progress(
                found, await self._ledger.entries(conn, account_id), now.date()
            )
            balance = await self._ledger.balance(conn, account_id)
            event = arranging.fate(found, so_far, balance)
            await store.reviewed(conn, found.id, now.date())
            if event is not None:
                ended.append(await self._end(conn, found, event, actor=actor, now=now))
        return ended

    async def reopen_arrangements(
        self, conn: Connection, account_id: int, *, actor: str, now: datetime
    ) -> None:
        """Open the arrangement again that a payment taken back had kept; restore the forgiven."""
        entries = await self._ledger.entries(conn, account_id)
        for found in await store.arrangements_of_account(conn, account_id):
            so_far = arranging.progress(found, entries, now.date())
            enough = found.total.amount * found.tolerance
            if found.state is not ArrangementState.KEPT or so_far.paid.amount >= enough:
                continue
            cause = f"arrangement:{found.id}"
            for posted in entries:
                if posted.entry.cause == cause:
                    await self._ledger.reverse(
                        conn, posted.id, cause=f"{cause}:restored", actor=actor, now=now
                    )
            await self._step(
                conn, found, ArrangementEvent.RETURNED, reason="", actor=actor, now=now
            )

    async def sweep_arrangements(self, conn: Connection, *, now: datetime) -> int:
        """Review a batch of open arrangements not looked at today; return how many there were.

        Takes the account locks in the order of consumers. Call it until it returns 0.
        """
        waiting = await store.arrangements_to_review(conn, now.date())
        for account_id in waiting:
            await self._accounts.lock_of_account(conn, account_id)
            await self.review_arrangements(conn, account_id, actor="system:worker", now=now)
        return len(waiting)

    async def _end(
        self,
        conn: Connection,
        found: Arrangement,
        event: ArrangementEvent,
        *,
        actor: str,
        now: datetime,
    ) -> Arrangement:
        after = await self._step(conn, found, event, reason="", actor=actor, now=now)
        if event is ArrangementEvent.PAID and after.kind is ArrangementKind.SETTLEMENT:
            _, under = await self._terms(conn, after.account_id, now)
            entry = arranging.forgiveness(
                after, await self._ledger.balance(conn, after.account_id), order_of(under),
                actor=actor, today=now.date(),
            )  # fmt: skip
            await self._ledger.post(conn, [] if entry is None else [entry], now=now)
        await self._back_to_work(conn, after, now=now)
        return after

    async def _back_to_work(self, conn: Connection, after: Arrangement, *, now: datetime) -> None:
        account = await self._accounts.account(conn, after.account_id)
        if account.status is AccountStatus.ARRANGED:
            await self._accounts.set_status(conn, account.id, AccountStatus.ACTIVE, now=now)

    async def _step(
        self,
        conn: Connection,
        found: Arrangement,
        event: ArrangementEvent,
        *,
        reason: str,
        actor: str,
        now: datetime,
    ) -> Arrangement:
        after = arranging.step(found, event, now, reason)
        await store.save_arrangement(conn, after)
        await self._happened(conn, _TOLD[event], after, actor=actor, now=now)
        return after

    async def _happened(
        self, conn: Connection, kind: str, one: Arrangement, *, actor: str, now: datetime
    ) -> None:
        data = {
            "arrangement": one.id, "sort": one.kind, "amount": one.total.amount,
            "currency": one.total.currency, "instalments": len(one.instalments),
        }  # fmt: skip
        if one.kind is ArrangementKind.SETTLEMENT:
            data["forgiven"] = one.forgiven.amount
            data["form_1099c"] = one.forgiven.amount >= _REPORTED
        if one.reason:
            data["reason"] = one.reason
        await self._accounts.record(
            conn,
            Happening(kind, now, actor, one.consumer_id, one.account_id, one.attempt_id, data=data),
        )
